#include "protocol/cbor.h"

#include <string.h>

enum major { MAJOR_UINT, MAJOR_NEGATIVE, MAJOR_BYTES, MAJOR_TEXT, MAJOR_ARRAY, MAJOR_MAP, MAJOR_TAG, MAJOR_SIMPLE };
enum { SIMPLE_FALSE = 20, SIMPLE_TRUE = 21, SIMPLE_NULL = 22 };

static void put_head(struct bytes *b, enum major major, uint64_t value)
{
	if (value < 24) {
		bytes_put_u8(b, (uint8_t)((unsigned)major << 5 | value));
		return;
	}
	size_t extra = value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8;
	uint8_t *head = bytes_grow(b, 1 + extra);
	if (head == NULL)
		return;
	uint8_t info = extra == 1 ? 24 : extra == 2 ? 25 : extra == 4 ? 26 : 27;
	head[0] = (uint8_t)((unsigned)major << 5 | info);
	for (size_t i = 0; i < extra; i++)
		head[1 + i] = (uint8_t)(value >> (8 * (extra - 1 - i)));
}

void cbor_put_uint(struct bytes *b, uint64_t value)
{
	put_head(b, MAJOR_UINT, value);
}

void cbor_put_int(struct bytes *b, int64_t value)
{
	if (value >= 0)
		put_head(b, MAJOR_UINT, (uint64_t)value);
	else
		put_head(b, MAJOR_NEGATIVE, (uint64_t)(-(value + 1)));
}

void cbor_put_bytes(struct bytes *b, const void *data, size_t len)
{
	put_head(b, MAJOR_BYTES, len);
	bytes_put(b, data, len);
}

void cbor_put_text(struct bytes *b, const char *text, size_t len)
{
	put_head(b, MAJOR_TEXT, len);
	bytes_put(b, text, len);
}

void cbor_put_array(struct bytes *b, size_t items)
{
	put_head(b, MAJOR_ARRAY, items);
}

void cbor_put_map(struct bytes *b, size_t pairs)
{
	put_head(b, MAJOR_MAP, pairs);
}

void cbor_put_null(struct bytes *b)
{
	put_head(b, MAJOR_SIMPLE, SIMPLE_NULL);
}

void cbor_put_bool(struct bytes *b, bool value)
{
	put_head(b, MAJOR_SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void cbor_put_tag(struct bytes *b, uint64_t tag)
{
	put_head(b, MAJOR_TAG, tag);
}

struct cbor cbor_reader(const void *data, size_t len)
{
	/* An empty input may come with a NULL pointer; NULL + 0 is avoided for UBSan's sake. */
	static const uint8_t nothing[1];
	const uint8_t *start = len == 0 ? nothing : data;
	return (struct cbor){.next = start, .end = start + len};
}

static size_t left_in(const struct cbor *r)
{
	return (size_t)(r->end - r->next);
}

void cbor_fail(struct cbor *r)
{
	if (r->error == STATUS_OK)
		r->error = STATUS_MALFORMED;
	r->next = r->end;
}

/* Reads one head of the given major type in its shortest form. */
static uint64_t take_head(struct cbor *r, enum major major)
{
	if (r->error != STATUS_OK || left_in(r) == 0 || *r->next >> 5 != (uint8_t)major) {
		cbor_fail(r);
		return 0;
	}
	uint8_t info = *r->next & 31U;
	if (info < 24) {
		r->next++;
		return info;
	}
	size_t extra = info == 24 ? 1 : info == 25 ? 2 : info == 26 ? 4 : info == 27 ? 8 : 0;
	if (extra == 0 || left_in(r) - 1 < extra) {
		cbor_fail(r);
		return 0;
	}
	uint64_t value = 0;
	for (size_t i = 0; i < extra; i++)
		value = value << 8 | r->next[1 + i];
	uint64_t least = extra == 1 ? 24 : UINT64_C(1) << (8 * extra / 2);
	if (value < least) {
		cbor_fail(r);
		return 0;
	}
	r->next += 1 + extra;
	return value;
}

static bool next_is(const struct cbor *r, enum major major)
{
	return r->error == STATUS_OK && left_in(r) > 0 && *r->next >> 5 == (uint8_t)major;
}

uint64_t cbor_uint(struct cbor *r, uint64_t max)
{
	uint64_t value = take_head(r, MAJOR_UINT);
	if (value <= max)
		return value;
	cbor_fail(r);
	return 0;
}

int64_t cbor_int(struct cbor *r, int64_t min, int64_t max)
{
	bool negative = next_is(r, MAJOR_NEGATIVE);
	uint64_t magnitude = take_head(r, negative ? MAJOR_NEGATIVE : MAJOR_UINT);
	if (magnitude > INT64_MAX) {
		cbor_fail(r);
		return 0;
	}
	int64_t value = negative ? -(int64_t)magnitude - 1 : (int64_t)magnitude;
	if (r->error == STATUS_OK && value >= min && value <= max)
		return value;
	cbor_fail(r);
	return 0;
}

static struct slice take_string(struct cbor *r, enum major major, size_t max)
{
	uint64_t len = take_head(r, major);
	if (r->error != STATUS_OK || len > max || len > left_in(r)) {
		cbor_fail(r);
		return (struct slice){0};
	}
	struct slice s = slice_of(r->next, (size_t)len);
	r->next += len;
	return s;
}

struct slice cbor_bytes(struct cbor *r, size_t max)
{
	return take_string(r, MAJOR_BYTES, max);
}

struct slice cbor_text(struct cbor *r, size_t max)
{
	struct slice s = take_string(r, MAJOR_TEXT, max);
	if (r->error == STATUS_OK && !utf8_valid(s.data, s.len)) {
		cbor_fail(r);
		return (struct slice){0};
	}
	return s;
}

void cbor_fixed(struct cbor *r, uint8_t *out, size_t len)
{
	struct slice s = cbor_bytes(r, len);
	if (r->error == STATUS_OK && s.len == len)
		memcpy(out, s.data, len);
	else
		cbor_fail(r);
}

static size_t take_count(struct cbor *r, enum major major, size_t max, size_t least_bytes)
{
	uint64_t count = take_head(r, major);
	if (count <= max && count <= left_in(r) / least_bytes)
		return (size_t)count;
	cbor_fail(r);
	return 0;
}

size_t cbor_array(struct cbor *r, size_t max)
{
	return take_count(r, MAJOR_ARRAY, max, 1);
}

size_t cbor_map(struct cbor *r, size_t max)
{
	return take_count(r, MAJOR_MAP, max, 2);
}

void cbor_array_of(struct cbor *r, size_t items)
{
	if (cbor_array(r, items) != items)
		cbor_fail(r);
}

static bool take_simple(struct cbor *r, uint8_t value)
{
	if (r->error != STATUS_OK || left_in(r) == 0 || *r->next != (MAJOR_SIMPLE << 5 | value))
		return false;
	r->next++;
	return true;
}

bool cbor_bool(struct cbor *r)
{
	if (take_simple(r, SIMPLE_TRUE))
		return true;
	if (!take_simple(r, SIMPLE_FALSE))
		cbor_fail(r);
	return false;
}

bool cbor_take_null(struct cbor *r)
{
	return take_simple(r, SIMPLE_NULL);
}

void cbor_tag(struct cbor *r, uint64_t tag)
{
	if (take_head(r, MAJOR_TAG) != tag)
		cbor_fail(r);
}

bool cbor_next_is_bytes(const struct cbor *r)
{
	return next_is(r, MAJOR_BYTES);
}

bool cbor_key(struct cbor *r, size_t *left, uint64_t key)
{
	if (r->error != STATUS_OK || *left == 0)
		return false;
	struct cbor ahead = *r;
	if (take_head(&ahead, MAJOR_UINT) != key || ahead.error != STATUS_OK)
		return false;
	*r = ahead;
	(*left)--;
	return true;
}

void cbor_need(struct cbor *r, size_t *left, uint64_t key)
{
	if (!cbor_key(r, left, key))
		cbor_fail(r);
}

void cbor_map_end(struct cbor *r, size_t left)
{
	if (left != 0)
		cbor_fail(r);
}

enum status cbor_status(const struct cbor *r)
{
	return r->error;
}

enum status cbor_end(const struct cbor *r)
{
	if (r->error != STATUS_OK)
		return r->error;
	return r->next == r->end ? STATUS_OK : STATUS_MALFORMED;
}

/* How many continuation bytes follow, and the range of the first of them (RFC 3629 section 4). */
static size_t utf8_tail(uint8_t lead, uint8_t *ret_low, uint8_t *ret_high)
{
	*ret_low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
	*ret_high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
	if (lead >= 0xC2 && lead <= 0xDF)
		return 1;
	if (lead >= 0xE0 && lead <= 0xEF)
		return 2;
	return lead >= 0xF0 && lead <= 0xF4 ? 3 : 0;
}

bool utf8_valid(const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x80)
			continue;
		uint8_t low = 0;
		uint8_t high = 0;
		size_t tail = utf8_tail(text[i], &low, &high);
		if (tail == 0 || tail > len - i - 1)
			return false;
		for (size_t k = 1; k <= tail; k++, low = 0x80, high = 0xBF)
			if (text[i + k] < low || text[i + k] > high)
				return false;
		i += tail;
	}
	return true;
}
