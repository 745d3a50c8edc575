/*
 * The hub's log, read once by the simulator's own walk: what judge_*.c judge by.
 */
#ifndef MOTCUA_TESTS_READING_H
#define MOTCUA_TESTS_READING_H

#include "hub/log.h"
#include "hub/totals.h"
#include "protocol/fold.h"
#include "protocol/reply.h"
#include "sim.h"

/* One change as the log holds it. */
struct logged {
	struct origin origin;
	struct change change;
	enum verdict verdict; /* at its arrival */
	bool counts;          /* it was taken then, or by a retry since */
	bool queued;          /* an agent has it under the same number */
};

/* One batch; its place in the log is entry. */
struct logged_batch {
	struct batch_head head;
	size_t entry;
	size_t first; /* its first change in the list of all */
	uint8_t hash[HASH_LEN];
};

struct reading {
	struct sim *sim;
	size_t n_entries;
	struct log_entry *entries; /* bodies and verdicts are its own */
	size_t n_batches;
	struct logged_batch *batches;
	size_t n;
	struct logged *logged;
	struct logged **by_key; /* the same by kind and key, then as in the log */
	struct texts *texts;    /* that changes borrow from */
};

void reading_take(struct sim *sim, struct reading *ret_reading);
void reading_clear(struct reading *r);
/* Room for one more in a list of count that grows one by one; never fails. */
void *reading_more(struct sim *sim, void *list, size_t count, size_t size);

/* Copies what a change borrows into the reading. */
void reading_keep(struct reading *r, struct change *c);

/* judge_order.c: each thing's changes in another order, some twice, are the same thing, and rule 2 names its
 * winners (L5). */
void order_check_things(struct reading *r);
/* The batches in another order give the same tables and totals; their digest. */
void order_check_tables(struct reading *r, uint8_t ret_digest[static HASH_LEN]);

/* judge_known.c: appends the totals of the year by the form of 06, as JSON, as they are on the day of an instant.
 */
void judge_put_totals(struct sim *sim, struct database *db, const struct registry *registry, enum totals_by by,
		      int64_t at, struct bytes *out);
/* judge_said.c: all that was told to be kept is in the log, as it was said, with the verdict that stands at the
 * agent, by the key of the machine where it was said (L7), for a unit that this machine may write for. */
void said_check(struct reading *r);
/* judge_compare.c: asked to compare, agent and hub say that they match if and only if they do, and name what
 * differs. */
void compare_check(struct reading *r);
/* judge_receipts.c: a batch that comes again with its receipt is dated as it was (HB-04). */
void dates_check(struct reading *r);
/* judge_chains.c: each life of each machine is there without a gap, but for what an operator passed over, and each
 * batch names the one before it (L3). */
void chains_check(struct reading *r);

#endif
