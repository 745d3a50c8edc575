/*
 * The distinct texts of a batch in order of first appearance, found by hash while writing, and their coding: a
 * pattern for each word, its digit runs as columns of differences (PROTOCOL.md section 4), because the codes of an
 * office count up. Pure; a dictionary belongs to one thread.
 */
#ifndef MOTCUA_PROTOCOL_WORDS_H
#define MOTCUA_PROTOCOL_WORDS_H

#include "protocol/cbor.h"

struct words {
	struct bytes pool; /* the texts one after the other */
	uint32_t *ends;    /* where each ends in pool */
	size_t count;
	size_t cap;
	uint32_t *slots; /* open addressing: index + 1 */
	size_t n_slots;
};

struct words words_new(void);
void words_free(struct words *w);
/* Finds or adds a text. STATUS_NO_MEMORY, STATUS_LIMIT. */
MUST_CHECK enum status words_index(struct words *w, struct slice text, uint32_t *ret_index, bool *ret_new);
/* Adds a text without looking: for a reader, which asks words_distinct() in the end. Not to be mixed with
 * words_index. */
MUST_CHECK enum status words_append(struct words *w, struct slice text);
/* STATUS_MALFORMED if two words read the same. Sorts, so that no choice of words makes it slow. */
MUST_CHECK enum status words_distinct(const struct words *w);
/* Borrowed until the next words_index or words_append. */
struct slice words_get(const struct words *w, size_t index);

/* Appends the coding of all words to out. STATUS_NO_MEMORY; errors of out stick in out. */
MUST_CHECK enum status words_put(const struct words *w, struct bytes *out);
/*
 * Reads a coding of exactly count words of at most max_len bytes each into an empty dictionary; its columns as
 * column_take().
 */
MUST_CHECK enum status words_take(struct cbor *r, bool signless, size_t count, size_t max_len, struct words *w);

#endif
