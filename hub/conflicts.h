/*
 * What needs a person (fold rule 6), and what a person decides about it, as acts.
 */
#ifndef MOTCUA_HUB_CONFLICTS_H
#define MOTCUA_HUB_CONFLICTS_H

#include "hub/hub.h"
#include "protocol/conflict.h"

struct conflict_row {
	struct slice code;
	unsigned reasons;  /* enum conflict_reason */
	struct slice unit; /* of the dossier as it counts now; empty if it does not */
};

/* Calls each for every conflict nobody has accepted as it stands, by code. The row lives for the call. */
MUST_CHECK enum status conflicts_list(struct hub *hub,
				      enum status (*each)(void *context, const struct conflict_row *row),
				      void *context);

/* Accepts the conflict about a code as it stands: it is listed again when somebody says something else.
 * STATUS_EMPTY. */
MUST_CHECK enum status conflicts_accept(struct hub *hub, const char *code, const char *who);

/*
 * From now on what a device says under a code is another dossier, "CODE@device". STATUS_EMPTY: no such dossier,
 * STATUS_UNKNOWN_DEVICE: it wrote nothing to it.
 */
MUST_CHECK enum status conflicts_split(struct hub *hub, const char *code,
				       const uint8_t device[static DEVICE_ID_LEN], const char *who);

/* The stable word of one reason bit: "unit", "procedure", "received", "no-say". */
const char *conflict_reason_name(enum conflict_reason reason);

#endif
