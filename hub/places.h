/*
 * Places of records in the log, as a set: which refused records an operator had judged again and taken, and the
 * form of such a set in the body of ACT_RETRY: [[entry, [index …]] …], both ascending. Pure, one thread.
 */
#ifndef MOTCUA_HUB_PLACES_H
#define MOTCUA_HUB_PLACES_H

#include "protocol/bytes.h"

struct record_place {
	int64_t entry;  /* of the log */
	uint32_t index; /* of the record in its batch, from 0 */
};

struct places {
	size_t count;
	size_t cap;
	struct record_place *at; /* ascending after places_sort */
};

void places_free(struct places *places);
MUST_CHECK enum status places_add(struct places *places, struct record_place place);
void places_sort(struct places *places);
/* Of a sorted set. */
bool places_has(const struct places *places, struct record_place place);

/* Appends the form of a sorted set. */
void places_put(const struct places *places, struct bytes *out);
/* Adds what a form holds. STATUS_MALFORMED, STATUS_NO_MEMORY: some of it may have been added. */
MUST_CHECK enum status places_take(struct slice body, struct places *places);

#endif
