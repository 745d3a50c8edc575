/*
 * The set of entries of the log behind a closing (closing.h): which batches, by where each chain of each computer
 * stood, and which acts. It does not depend on the order in which they stand in the log, so that a hub that was put
 * back, whose computers send again, finds the same set.
 */
#ifndef MOTCUA_HUB_CLOSING_SET_H
#define MOTCUA_HUB_CLOSING_SET_H

#include "config/database.h"
#include "protocol/batch.h"
#include "protocol/cbor.h"

/* Numbers of a chain up to its `have` that had not come: the operator had the chain go on without them. */
struct closing_gap {
	uint64_t first;
	uint64_t last;
};

struct closing_chain {
	uint8_t device[DEVICE_ID_LEN];
	struct incarnation incarnation;
	uint64_t have;
	uint8_t hash[HASH_LEN]; /* of that batch */
	size_t first_gap;       /* in the set's gaps */
	size_t n_gaps;
};

struct closing_set {
	int64_t entry;              /* the last one of the log when it was closed … */
	uint8_t chain[HASH_LEN];    /* … and its chain hash: evidence, not needed to find the set */
	int64_t acts;               /* all before the closing */
	uint8_t last_act[HASH_LEN]; /* SHA-256 of the last one, as sealed */
	size_t n_chains;
	struct closing_chain *chains; /* ascending by computer and incarnation */
	size_t n_gaps;
	struct closing_gap *gaps; /* of a chain ascending */
};

/* All that stands in the log now. Inside the caller's transaction; free with closing_set_clear. */
MUST_CHECK enum status closing_set_read(struct database *db, struct closing_set *ret_set);
void closing_set_clear(struct closing_set *set);

bool closing_set_has(const struct closing_set *set, const struct batch_head *head);
/*
 * False for a batch at the end of its chain that is not the one that stood there: a doubled computer may have taken
 * its place in a hub that was put back. Each batch names the one before, so that the last one stands for all.
 */
bool closing_set_has_sealed(const struct closing_set *set, const struct batch_head *head, struct slice sealed);
/* Whether two sets have the same batches. */
bool closing_set_same_batches(const struct closing_set *a, const struct closing_set *b);
/* How many batches there are in it. */
uint64_t closing_set_batches(const struct closing_set *set);

/* [entry, chain hash, acts, hash of the last act, [[device, ordinal, bits, have, hash, [first, last, …]] …]] */
void closing_set_put(const struct closing_set *set, struct bytes *out);
/* Into an empty set; errors stick in r, or STATUS_NO_MEMORY. Free it in any case. */
MUST_CHECK enum status closing_set_take(struct cbor *r, struct closing_set *set);

#endif
