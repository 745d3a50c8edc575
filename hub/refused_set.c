#include "hub/refused_set.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/batch_form.h"
#include "protocol/reply.h"

/* Verdicts that refuse nothing: [0, []]. */
enum { NOTHING_REFUSED_LEN = 3, PLACES_FIRST = 64 };

static int compare_places(const void *a, const void *b)
{
	const struct refused_place *x = a;
	const struct refused_place *y = b;
	int order = incarnation_compare(&x->incarnation, &y->incarnation);
	if (order != 0)
		return order;
	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static enum status add_place(struct refused_set *set, const struct refused_place *place)
{
	if (set->count == set->cap) {
		size_t cap = set->cap == 0 ? PLACES_FIRST : 2 * set->cap;
		struct refused_place *grown = realloc(set->at, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		set->at = grown;
		set->cap = cap;
	}
	set->at[set->count++] = *place;
	return STATUS_OK;
}

static enum status add_verdicts(struct refused_set *set, struct slice data, struct refused_place place)
{
	struct verdicts verdicts;
	enum verdict why = VERDICT_TAKEN;
	enum status s = verdicts_read(data, &verdicts);
	while (s == STATUS_OK && verdict_next(&verdicts, &place.index, &why))
		s = add_place(set, &place);
	return s == STATUS_MALFORMED ? STATUS_CORRUPT : s;
}

enum status refused_set_read(struct database *db, const uint8_t device[static DEVICE_ID_LEN],
			     struct refused_set *ret_set)
{
	struct refused_set set = {0};
	struct query q =
		query_start(db, "SELECT ordinal, bits, seq, verdicts FROM batch JOIN log ON n = entry"
				" WHERE device = ?1 AND length(verdicts) > ?2 ORDER BY ordinal, bits, seq");
	query_blob(&q, 1, slice_of(device, DEVICE_ID_LEN));
	query_int(&q, 2, NOTHING_REFUSED_LEN);
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct refused_place place = {.seq = (uint64_t)query_get_int(&q, 2)};
		struct slice bits = query_get_blob(&q, 1);
		place.incarnation.ordinal = (uint64_t)query_get_int(&q, 0);
		s = bits.len == 8 ? STATUS_OK : STATUS_CORRUPT;
		if (s == STATUS_OK) {
			place.incarnation.bits = bits_take(bits.data);
			s = add_verdicts(&set, query_get_blob(&q, 3), place);
		}
	}
	enum status end = query_finish(&q);
	s = s == STATUS_OK ? end : s;
	if (s != STATUS_OK) {
		refused_set_free(&set);
		return s;
	}
	if (set.count > 0)
		qsort(set.at, set.count, sizeof(*set.at), compare_places);
	*ret_set = set;
	return STATUS_OK;
}

void refused_set_free(struct refused_set *set)
{
	free(set->at);
	*set = (struct refused_set){0};
}

bool refused_set_has(const struct refused_set *set, const struct origin *o)
{
	const struct refused_place place = {.incarnation = o->incarnation, .seq = o->seq, .index = o->index};
	return set->count > 0 && bsearch(&place, set->at, set->count, sizeof(place), compare_places) != NULL;
}
