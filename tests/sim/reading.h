/*
 * The hub's log, read once by the simulator's own walk: what check.c and order.c judge by.
 */
#ifndef MOTCUA_TESTS_READING_H
#define MOTCUA_TESTS_READING_H

#include "hub/log.h"
#include "protocol/fold.h"
#include "protocol/reply.h"
#include "sim.h"

/* One change as the log holds it. */
struct logged {
	struct origin origin;
	struct change change;
	enum verdict verdict;
};

/* The log read once, by the simulator's own walk. */
struct reading {
	struct sim *sim;
	size_t n_entries;
	struct log_entry *entries; /* bodies and verdicts are its own */
	size_t n_batches;
	struct batch **batches;
	size_t n;
	struct logged *logged;
};

/* Room for one more in a list of count; never fails. */
void *reading_more(struct sim *sim, void *list, size_t count, size_t size);

/* order.c: each thing's changes in another order, some twice, are the same thing, and rule 2 names its winners
 * (L5). */
void order_check_things(struct reading *r);
/* The batches in another order give the same tables and totals; their digest. */
void order_check_tables(struct reading *r, uint8_t ret_digest[static HASH_LEN]);

#endif
