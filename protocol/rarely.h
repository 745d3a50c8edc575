/*
 * Branches that a commune sees once in ten years: an answer that is full, a block of counters that is used up, a
 * courier file that needs another. Behind each stands a limit. A program takes it as it is; a simulation lowers it
 * through its world (agent.h, hub.h), so that the branch is taken every day.
 */
#ifndef MOTCUA_PROTOCOL_RARELY_H
#define MOTCUA_PROTOCOL_RARELY_H

#include <stddef.h>

enum rarely {
	RARELY_BATCH_FULL,   /* changes in one batch */
	RARELY_SEALED_AHEAD, /* batches sealed for one request */
	RARELY_REQUEST_FULL, /* items beside the request: a batch, or its old receipt and a batch */
	RARELY_FILE_FULL,    /* batches in one courier file */
	RARELY_ANSWER_FULL,  /* receipts in one answer */
	RARELY_BLOCK_USED,   /* counters of heads that are reserved at once */
	RARELY_RANGE_ENDS,   /* entries of the log that are verified in one snapshot */
	RARELY_THING_FULL,   /* changes of one thing, when a batch is judged */
	RARELY_COUNT
};

/* lower answers 1 to limit; NULL: the limit stands. The context is the caller's. */
struct rarely_seam {
	size_t (*lower)(void *context, enum rarely which, size_t limit);
	void *context;
};

static inline size_t rarely_limit(const struct rarely_seam *seam, enum rarely which, size_t limit)
{
	return seam->lower == NULL ? limit : seam->lower(seam->context, which, limit);
}

#endif
