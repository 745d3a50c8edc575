/*
 * The changes of one device that were refused when they came, by where they stood: what an operator had taken after
 * all (retry.h) bears the same place. One thread.
 */
#ifndef MOTCUA_HUB_REFUSED_SET_H
#define MOTCUA_HUB_REFUSED_SET_H

#include "config/database.h"
#include "protocol/fold.h"

struct refused_place {
	struct incarnation incarnation;
	uint64_t seq;
	uint32_t index;
};

struct refused_set {
	size_t count;
	size_t cap;
	struct refused_place *at; /* ascending */
};

/* Reads the verdicts of all its batches. On failure the set is empty. */
MUST_CHECK enum status refused_set_read(struct database *db, const uint8_t device[static DEVICE_ID_LEN],
					struct refused_set *ret_set);
void refused_set_free(struct refused_set *set);
/* Whether the change of this origin, of the same device, is one of them. */
bool refused_set_has(const struct refused_set *set, const struct origin *origin);

#endif
