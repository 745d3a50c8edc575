/*
 * A batch: up to LIMIT_BATCH_CHANGES changes of one device in their order, as columns (PROTOCOL.md section 4).
 * Changes are grouped by shape (kind, fields, cleared fields, flags); each field is a column ordered by shape, so
 * that a column holds values of one habit; keys and texts are dictionaries whose digit runs are delta-coded.
 * Pure, any thread; one writer or reader belongs to one thread at a time.
 */
#ifndef MOTCUA_PROTOCOL_BATCH_H
#define MOTCUA_PROTOCOL_BATCH_H

#include "protocol/envelope.h"
#include "protocol/record.h"

/* Of the batches that are written; from 1 on all are read. */
enum { BATCH_VERSION = 2 };

/* A life of a device's database: new at creation, after a restore, a clone. Ordered by ordinal, then bits. */
struct incarnation {
	uint64_t ordinal; /* from 1 */
	uint64_t bits;    /* random */
};
int incarnation_compare(const struct incarnation *a, const struct incarnation *b);

struct batch_head {
	uint8_t device[DEVICE_ID_LEN];
	struct incarnation incarnation;
	uint64_t seq;           /* from 1, contiguous */
	uint8_t prev[HASH_LEN]; /* SHA-256 of the previous envelope; of the last known one of the incarnation before
				   at seq 1, zeros at the very first */
	int64_t sealed_at;      /* the device's clock */
	uint64_t head_epoch;    /* the last head this device has seen; zeros if none */
	uint64_t head_counter;
	int64_t head_time;
	size_t count; /* changes; 0 is a heartbeat */
};

/* --- writing --- */
struct batch_writer; /* opaque */

/* NULL on no memory. */
struct batch_writer *batch_writer_new(void);
void batch_writer_free(struct batch_writer *w);

/*
 * Adds a checked change (change_check). Its text is copied. STATUS_LIMIT when the batch is full: the change was not
 * added, finish this batch and begin another. STATUS_NO_MEMORY leaves the writer fit to be freed only.
 */
MUST_CHECK enum status batch_writer_add(struct batch_writer *w, const struct change *c);
size_t batch_writer_count(const struct batch_writer *w);

/*
 * Appends the signed envelope of the batch to out (limit at least LIMIT_BATCH_SEALED). head->count is ignored, the
 * writer counts. STATUS_LIMIT if it came out larger than an envelope may be: write fewer changes.
 */
MUST_CHECK enum status batch_seal(struct batch_writer *w, const struct batch_head *head,
				  const uint8_t hub_id[static HUB_ID_LEN], const struct signing_key *key,
				  struct bytes *out);

/* --- reading --- */

/* The head of a batch, which stands in the clear before the compressed rows. STATUS_VERSION, STATUS_MALFORMED. */
MUST_CHECK enum status batch_peek(struct slice payload, struct batch_head *ret_head);

struct batch; /* opaque: a decoded batch */

/*
 * Inflates and decodes the payload of a verified envelope: the caller has checked its signature on these very
 * bytes. STATUS_VERSION, STATUS_MALFORMED, STATUS_NO_MEMORY. Borrows nothing from payload afterwards.
 */
MUST_CHECK enum status batch_read(struct slice payload, struct batch **ret_batch);
void batch_free(struct batch *b);
const struct batch_head *batch_get_head(const struct batch *b);

/*
 * The next change, false at the end. Its text borrows from the batch. The values are well-formed but not yet
 * checked for meaning: call change_check.
 */
bool batch_next(struct batch *b, struct change *ret_change);
/* Back to the first change. */
void batch_rewind(struct batch *b);

#endif
