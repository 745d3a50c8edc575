/*
 * Where a batch stands in its device's chain (PROTOCOL.md section 5), as intake asks before it takes one and verify
 * after. Inside the caller's transaction or snapshot.
 */
#ifndef MOTCUA_HUB_CHAIN_PLACE_H
#define MOTCUA_HUB_CHAIN_PLACE_H

#include "hub/chain.h"

enum place {
	PLACE_NEXT,  /* it continues the chain */
	PLACE_KNOWN, /* the chain has it */
	PLACE_EARLY, /* one before it has not come yet */
	PLACE_LATE,  /* the operator had the chain go on without it, and it fits in */
	PLACE_FORK   /* it contradicts the chain */
};

struct chain_place {
	enum place place;
	struct chain_state chain;
	int64_t not_before; /* PLACE_NEXT, PLACE_LATE: accepted_at of the batch before it, TIME_MIN if that is not
			       known */
};

/* The tables are those of db; what batches name is read from the log in log_db, which may be another. */
MUST_CHECK enum status chain_place(struct database *db, struct database *log_db, const struct batch_head *head,
				   const uint8_t hash[static HASH_LEN], struct chain_place *ret_place);

#endif
