/*
 * What needs a person (fold rules 5 and 6): one code about which devices say what cannot all be true. Pure, any
 * thread.
 */
#ifndef MOTCUA_PROTOCOL_CONFLICT_H
#define MOTCUA_PROTOCOL_CONFLICT_H

#include "protocol/fold.h"

enum conflict_reason {
	CONFLICT_UNIT = 1,      /* devices, neither above the other, state different units */
	CONFLICT_PROCEDURE = 2, /* two devices state different procedures */
	CONFLICT_RECEIVED = 4,  /* two devices state different local dates of receipt */
	CONFLICT_NO_SAY = 8     /* a device without a say in the dossier writes to it: kept, not counted */
};

struct conflict {
	unsigned reasons; /* 0: none */
	/*
	 * SHA-256 over what the devices say of these fields, in the order of devices: an operator's "accept" holds
	 * as long as nobody says anything else.
	 */
	uint8_t fingerprint[HASH_LEN];
};

MUST_CHECK enum status conflict_find(const struct resolved *r, const struct scope *scope,
				     struct conflict *ret_conflict);

#endif
