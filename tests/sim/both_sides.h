/*
 * What an agent and the hub have of one device, as the simulator reads it itself: for judge_compare.c, in words of
 * its own. Texts are the reading's.
 */
#ifndef MOTCUA_TESTS_BOTH_SIDES_H
#define MOTCUA_TESTS_BOTH_SIDES_H

#include "reading.h"

/* One field as one side has it of a device: what the words of PROTOCOL.md section 12 are made of. */
struct token {
	enum kind kind;
	struct slice key;
	enum field field;
	struct value value;
	int64_t changed_at;
	bool time_stated;
};

/* One side's, in the order of kind and key, each once. */
struct tokens {
	size_t n;
	struct token *list;
};

/* Both sides of one device, and the device. */
struct sides {
	struct reading *r;
	struct party *p;
	struct tokens here;
	struct tokens there;
	struct tokens waiting; /* what this PC made and the hub does not speak of: it may have it all the same */
};

/* A thing of one side: so many words from here on. */
struct group {
	const struct token *first;
	size_t n;
};

/* Free with sides_clear. */
void sides_read(struct reading *r, struct party *p, struct sides *ret_sides);
void sides_clear(struct sides *s);

/* Kind and key alone; everything. */
int token_compare_things(const struct token *a, const struct token *b);
int token_compare(const void *one, const void *other);

/* Among so many tokens in order: a side, or a thing of it. */
bool token_is_among(const struct token *one, const struct token *list, size_t n);

/* The thing that the token at a place is of. */
struct group sides_group(const struct tokens *tokens, size_t at);
/* The day it belongs to, as PROTOCOL.md section 12 says it. */
int32_t sides_day(const struct group *g);

#endif
