/*
 * One CBOR item of any kind, taken as the readers of messages take theirs: what they do not expect fails. What was
 * taken is written again into `again`, if there is one.
 */
#ifndef MOTCUA_TESTS_CBOR_WALK_H
#define MOTCUA_TESTS_CBOR_WALK_H

#include "protocol/cbor.h"

enum { WALK_KEYS = 256, WALK_TAG = 18 };

static inline void walk_string(struct cbor *r, bool text, struct bytes *again)
{
	struct slice s = text ? cbor_text(r, SIZE_MAX) : cbor_bytes(r, SIZE_MAX);
	if (again != NULL && text)
		cbor_put_text(again, (const char *)s.data, s.len);
	else if (again != NULL)
		cbor_put_bytes(again, s.data, s.len);
}

static inline void walk_number(struct cbor *r, bool negative, struct bytes *again)
{
	uint64_t number = negative ? 0 : cbor_uint(r, UINT64_MAX);
	int64_t below = negative ? cbor_int(r, INT64_MIN, -1) : 0;
	if (again != NULL && negative)
		cbor_put_int(again, below);
	else if (again != NULL)
		cbor_put_uint(again, number);
}

static inline void walk_simple(struct cbor *r, struct bytes *again)
{
	bool null = cbor_take_null(r);
	bool value = !null && cbor_bool(r);
	if (again != NULL && null)
		cbor_put_null(again);
	else if (again != NULL)
		cbor_put_bool(again, value);
}

static inline void walk_item(struct cbor *r, unsigned depth, struct bytes *again);

static inline void walk_array(struct cbor *r, unsigned depth, struct bytes *again)
{
	size_t items = cbor_array(r, SIZE_MAX);
	if (again != NULL)
		cbor_put_array(again, items);
	for (size_t i = 0; i < items && cbor_status(r) == STATUS_OK; i++)
		walk_item(r, depth, again);
}

static inline void walk_map(struct cbor *r, unsigned depth, struct bytes *again)
{
	size_t left = cbor_map(r, WALK_KEYS);
	if (again != NULL)
		cbor_put_map(again, left);
	for (uint64_t key = 0; key < WALK_KEYS && left > 0; key++) {
		if (!cbor_key(r, &left, key))
			continue;
		if (again != NULL)
			cbor_put_uint(again, key);
		walk_item(r, depth, again);
	}
	cbor_map_end(r, left);
}

/* depth: how many arrays and maps there may be, one in the other. */
static inline void walk_item(struct cbor *r, unsigned depth, struct bytes *again)
{
	unsigned major = r->next < r->end ? *r->next >> 5 : 0;
	if (major <= 1)
		walk_number(r, major == 1, again);
	else if (major <= 3)
		walk_string(r, major == 3, again);
	else if (major == 7)
		walk_simple(r, again);
	else if (major == 6) {
		cbor_tag(r, WALK_TAG);
		if (again != NULL)
			cbor_put_tag(again, WALK_TAG);
		walk_item(r, depth, again);
	} else if (depth == 0)
		cbor_fail(r);
	else if (major == 4)
		walk_array(r, depth - 1, again);
	else
		walk_map(r, depth - 1, again);
}

#endif
