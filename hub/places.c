#include "hub/places.h"

#include <stdlib.h>

#include "protocol/cbor.h"
#include "protocol/limits.h"

void places_free(struct places *places)
{
	free(places->at);
	*places = (struct places){0};
}

enum status places_add(struct places *places, struct record_place place)
{
	if (places->count == places->cap) {
		size_t cap = places->cap == 0 ? 64 : places->cap * 2;
		struct record_place *at = realloc(places->at, cap * sizeof(*at));
		if (at == NULL)
			return STATUS_NO_MEMORY;
		places->at = at;
		places->cap = cap;
	}
	places->at[places->count++] = place;
	return STATUS_OK;
}

static int compare(const void *left, const void *right)
{
	const struct record_place *a = left;
	const struct record_place *b = right;
	if (a->entry != b->entry)
		return a->entry < b->entry ? -1 : 1;
	return (a->index > b->index) - (a->index < b->index);
}

void places_sort(struct places *places)
{
	if (places->count > 0)
		qsort(places->at, places->count, sizeof(*places->at), compare);
}

bool places_has(const struct places *places, struct record_place place)
{
	return places->count > 0 && bsearch(&place, places->at, places->count, sizeof(place), compare) != NULL;
}

/* How many places from the first on stand in one entry. */
static size_t same_entry(const struct places *places, size_t first)
{
	size_t n = 1;
	while (first + n < places->count && places->at[first + n].entry == places->at[first].entry)
		n++;
	return n;
}

void places_put(const struct places *places, struct bytes *out)
{
	size_t entries = 0;
	for (size_t i = 0; i < places->count; i += same_entry(places, i))
		entries++;
	cbor_put_array(out, entries);
	for (size_t i = 0; i < places->count;) {
		size_t n = same_entry(places, i);
		cbor_put_array(out, 2);
		cbor_put_int(out, places->at[i].entry);
		cbor_put_array(out, n);
		for (size_t end = i + n; i < end; i++)
			cbor_put_uint(out, places->at[i].index);
	}
}

static enum status take_entry(struct cbor *r, int64_t *last_entry, struct places *places)
{
	cbor_array_of(r, 2);
	int64_t entry = cbor_int(r, *last_entry + 1, INT64_MAX);
	size_t n = cbor_array(r, LIMIT_BATCH_CHANGES);
	int64_t last = -1;
	enum status s = cbor_status(r);
	for (size_t i = 0; i < n && s == STATUS_OK; i++) {
		int64_t index = cbor_int(r, last + 1, LIMIT_BATCH_CHANGES - 1);
		s = cbor_status(r);
		if (s == STATUS_OK)
			s = places_add(places, (struct record_place){.entry = entry, .index = (uint32_t)index});
		last = index;
	}
	*last_entry = entry;
	return s;
}

enum status places_take(struct slice body, struct places *places)
{
	struct cbor r = cbor_reader(body.data, body.len);
	size_t n = cbor_array(&r, body.len);
	int64_t entry = 0;
	enum status s = cbor_status(&r);
	for (size_t i = 0; i < n && s == STATUS_OK; i++)
		s = take_entry(&r, &entry, places);
	return s == STATUS_OK ? cbor_end(&r) : s;
}
