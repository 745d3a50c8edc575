/*
 * Where a device's chains stand, and the batches that wait for a predecessor: the tables chain, batch and
 * pending, as intake and answer ask them. Inside the caller's transaction.
 */
#ifndef MOTCUA_HUB_CHAIN_H
#define MOTCUA_HUB_CHAIN_H

#include "config/database.h"
#include "protocol/reply.h"

struct chain_state {
	uint64_t have; /* 0: nothing yet */
	uint8_t hash[HASH_LEN];
	int64_t accepted_at; /* of batch `have` */
};
MUST_CHECK enum status chain_get(struct database *db, const uint8_t device[static DEVICE_ID_LEN],
				 const struct incarnation *incarnation, struct chain_state *ret_chain);

/* Moves a chain's end forward; one that lies not beyond it leaves it where it is. */
struct chain_end {
	uint64_t have;
	const uint8_t *hash;
	int64_t accepted_at; /* never less than it was */
};
MUST_CHECK enum status chain_move(struct database *db, const uint8_t device[static DEVICE_ID_LEN],
				  const struct incarnation *incarnation, const struct chain_end *end);

/* The hash under which (device, incarnation, seq) was accepted; STATUS_EMPTY if it was not. */
MUST_CHECK enum status chain_hash(struct database *db, const struct batch_head *head,
				  uint8_t ret_hash[static HASH_LEN]);

enum pending_fate {
	PENDING_KEPT,
	PENDING_SAME,  /* it waits there already */
	PENDING_OTHER, /* another batch waits in its place; the first one stays and is judged when its turn comes */
	PENDING_FULL   /* the device has LIMIT_PENDING already, none of an older incarnation */
};
struct waiting_batch {
	struct slice sealed;
	struct slice receipt; /* what it had from this hub before, sealed; empty if none */
};
/* Keeps a batch that came before its predecessor; at the limit one of an older incarnation gives way. */
MUST_CHECK enum status pending_put(struct database *db, const struct batch_head *head,
				   const struct waiting_batch *batch, enum pending_fate *ret_fate);
/* Gives a batch its receipt where this very one waits already, perhaps without it. */
MUST_CHECK enum status pending_add_receipt(struct database *db, const struct batch_head *head,
					   const struct waiting_batch *batch);
/* True if a batch waits at this place. */
MUST_CHECK enum status pending_find(struct database *db, const struct batch_head *head, bool *ret_found);
/* A copy of the batch waiting at a place, appended to out. STATUS_EMPTY if there is none. */
MUST_CHECK enum status pending_copy(struct database *db, const struct batch_head *head, struct bytes *out);
/* Takes the batch waiting at a place out of the table into out, and its receipt. STATUS_EMPTY if there is none. */
MUST_CHECK enum status pending_take(struct database *db, const uint8_t device[static DEVICE_ID_LEN],
				    const struct incarnation *incarnation, uint64_t seq, struct bytes *out,
				    struct bytes *ret_receipt);

/* Numbers that the operator had the chain go on without. */
struct skipped_run {
	uint64_t first;
	uint64_t last;
	uint8_t hash[HASH_LEN]; /* of the last one, as the batch behind it names it */
};
/* The run in which the place lies; STATUS_EMPTY. */
MUST_CHECK enum status skipped_find(struct database *db, const struct batch_head *head,
				    struct skipped_run *ret_run);

/*
 * Fills in the chains and the pending list of head->device: first those of the chains its request names (NULL:
 * none) that are known, then the newest. However many lives it had, it hears of the one it lives in.
 */
struct request;
MUST_CHECK enum status chain_head_fill(struct database *db, const struct request *request, struct head *head);

#endif
