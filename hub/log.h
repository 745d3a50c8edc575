/*
 * The truth: one numbered, hash-chained log of batches (the signed envelope exactly as it came, when it was
 * accepted, the verdict on each refused record) and acts. Entries are appended and never changed.
 *
 * chain(n) = SHA-256(chain(n-1) ‖ n ‖ type ‖ accepted_at ‖ SHA-256(body) ‖ SHA-256(verdicts)), integers as 8 bytes
 * big-endian, chain(0) = 32 zeros.
 */
#ifndef MOTCUA_HUB_LOG_H
#define MOTCUA_HUB_LOG_H

#include "config/database.h"
#include "protocol/sign.h"

/* LOG_AGAIN: a batch that came a second time with its receipt, after the log had lost it, and keeps what that says.
 */
enum log_type { LOG_BATCH = 1, LOG_ACT = 2, LOG_AGAIN = 3 };

struct log_entry {
	int64_t n; /* from 1, without gaps */
	enum log_type type;
	int64_t accepted_at;
	struct slice body;     /* the sealed envelope */
	struct slice verdicts; /* protocol/reply.h; empty for acts */
	uint8_t chain[HASH_LEN];
};

/* Appends inside the caller's transaction; fills entry->n and entry->chain. */
MUST_CHECK enum status log_append(struct database *db, struct log_entry *entry);

/* The last number and chain hash; 0 and zeros for an empty log. STATUS_CORRUPT if the last hash is no hash (L9). */
MUST_CHECK enum status log_last(struct database *db, int64_t *ret_n, uint8_t ret_chain[static HASH_LEN]);

/* The last number and chain hash as one value. */
enum { LOG_END_LEN = 8 + HASH_LEN };
MUST_CHECK enum status log_end(struct database *db, uint8_t ret_end[static LOG_END_LEN]);

/* What the chain hash of an entry must be after the one before. */
void log_chain(const uint8_t before[static HASH_LEN], const struct log_entry *entry,
	       uint8_t ret_chain[static HASH_LEN]);

/* Calls each(context, entry) for every entry from number `from` on, in order; slices live for the call. */
typedef enum status (*log_each)(void *context, const struct log_entry *entry);
MUST_CHECK enum status log_walk(struct database *db, int64_t from, log_each each, void *context);

/*
 * The whole log in ranges, each in a snapshot of its own, so that a serving hub can move its WAL meanwhile. If all
 * went well the last snapshot, which reaches the end of the log, stays open: the log only grows, so it has all that
 * was walked over.
 */
enum { LOG_RANGE = 100 /* entries of the log in one snapshot: the range of programs */ };
MUST_CHECK enum status log_walk_ranges(struct database *db, size_t range, log_each each, void *context);

#endif
