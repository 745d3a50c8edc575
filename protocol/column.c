#include "protocol/column.h"

enum { SCALE_MAX = 1000000, LEB_MAX = 10, DIVISORS_TRIED = 64 };

/* How the values of a column become bytes. */
struct coding {
	int64_t scale;
	bool signless; /* no value but the first is below 0, and only the first is zig-zag coded */
};

static uint64_t coded(const struct coding *c, const int64_t *values, size_t i)
{
	int64_t value = c->scale == 1 ? values[i] : values[i] / c->scale;
	if (c->signless && i > 0)
		return (uint64_t)value;
	return (uint64_t)value << 1 ^ (uint64_t)(value < 0 ? -1 : 0);
}

static size_t leb_len(uint64_t value)
{
	size_t len = 1;
	for (; value > 127; value >>= 7)
		len++;
	return len;
}

/* Writes a number; returns the place behind it. */
static uint8_t *leb_put(uint8_t *out, uint64_t value)
{
	for (; value > 127; value >>= 7)
		*out++ = (uint8_t)(value & 127U) | 128U;
	*out++ = (uint8_t)value;
	return out;
}

static bool is_plain(const struct coding *c)
{
	return c->scale == 1 && !c->signless;
}

static void put_coding(struct bytes *out, const struct coding *c)
{
	if (is_plain(c))
		return;
	cbor_put_array(out, 2);
	cbor_put_int(out, c->signless ? -c->scale : c->scale);
}

/* Bytes of the head of an item of CBOR. */
static size_t head_len(uint64_t value)
{
	return value < 24 ? 1 : value <= UINT8_MAX ? 2 : value <= UINT16_MAX ? 3 : 5;
}

static size_t body_len(const struct coding *c, const int64_t *values, size_t n)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += leb_len(coded(c, values, i));
	return len;
}

/* The whole column: scale, head of the byte string, and what is in it. */
static size_t length_of(const struct coding *c, const int64_t *values, size_t n)
{
	size_t body = body_len(c, values, n);
	/* CBOR writes -n as n - 1. */
	uint64_t scale = (uint64_t)c->scale - (c->signless ? 1 : 0);
	return (is_plain(c) ? 0 : 1 + head_len(scale)) + head_len(body) + body;
}

static bool all_equal(const int64_t *values, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (values[i] != values[0])
			return false;
	return n > 0;
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* The greatest number that divides all values and may be a scale; of a large divisor what is left by a small one.
 */
static int64_t common_scale(const int64_t *values, size_t n)
{
	uint64_t common = 0;
	for (size_t i = 0; i < n && common != 1; i++)
		for (uint64_t rest = magnitude(values[i]); rest != 0;) {
			uint64_t left = common % rest;
			common = rest;
			rest = left;
		}
	uint64_t least = common / SCALE_MAX + (common % SCALE_MAX == 0 ? 0 : 1);
	for (uint64_t by = least; by > 0 && by < least + DIVISORS_TRIED; by++)
		if (common % by == 0)
			return (int64_t)(common / by);
	return 1;
}

static bool can_be_signless(const int64_t *values, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (values[i] < 0)
			return false;
	return true;
}

/* With and without signs, scaled and not: the coding of the fewest bytes, of two the simpler one. */
static struct coding choose(const int64_t *values, size_t n)
{
	struct coding best = {.scale = 1};
	size_t least = length_of(&best, values, n);
	const int64_t scales[] = {1, common_scale(values, n)};
	bool no_signs = can_be_signless(values, n);
	for (size_t i = 1; i < (scales[1] == 1 ? 2 : 4); i++) {
		struct coding c = {.scale = scales[i / 2], .signless = i % 2 == 1};
		size_t len = c.signless && !no_signs ? SIZE_MAX : length_of(&c, values, n);
		if (len < least) {
			least = len;
			best = c;
		}
	}
	return best;
}

void column_put(struct bytes *out, const int64_t *values, size_t n)
{
	if (all_equal(values, n)) {
		cbor_put_int(out, values[0]);
		return;
	}
	struct coding coding = choose(values, n);
	size_t len = body_len(&coding, values, n);
	struct bytes body = bytes_new(len);
	uint8_t *next = n == 0 ? NULL : bytes_grow(&body, len);
	for (size_t i = 0; i < n && next != NULL; i++)
		next = leb_put(next, coded(&coding, values, i));
	if (bytes_status(&body) != STATUS_OK)
		out->error = bytes_status(&body);
	put_coding(out, &coding);
	cbor_put_bytes(out, body.data, body.len);
	bytes_free(&body);
}

/* One number in its shortest form; false if there is none. */
static bool leb_take(struct slice *s, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (unsigned i = 0; i < LEB_MAX && i < s->len; i++) {
		uint8_t byte = s->data[i];
		if (i == LEB_MAX - 1 && byte > 1)
			return false;
		value |= (uint64_t)(byte & 127U) << (7 * i);
		if (byte < 128) {
			if (byte == 0 && i > 0)
				return false;
			*s = slice_of(s->data + i + 1, s->len - i - 1);
			*ret_value = value;
			return true;
		}
	}
	return false;
}

static void take_values(struct cbor *r, const struct coding *c, int64_t *values, size_t n)
{
	struct slice body = cbor_bytes(r, n * LEB_MAX);
	int64_t most = INT64_MAX / c->scale;
	int64_t least = INT64_MIN / c->scale;
	for (size_t i = 0; i < n; i++) {
		uint64_t number = 0;
		bool sound = leb_take(&body, &number);
		int64_t value = (int64_t)number;
		if (!c->signless || i == 0)
			value = (int64_t)(number >> 1) ^ ((number & 1U) != 0 ? -1 : 0);
		else
			sound = sound && number <= INT64_MAX;
		if (!sound || value > most || value < least) {
			cbor_fail(r);
			return;
		}
		values[i] = value * c->scale;
	}
	if (body.len != 0)
		cbor_fail(r);
}

static struct coding take_coding(struct cbor *r, bool signless)
{
	int64_t scale = cbor_int(r, signless ? -SCALE_MAX : 0, SCALE_MAX);
	if (scale == 0 || scale == 1) { /* 1 has a form of its own */
		cbor_fail(r);
		return (struct coding){.scale = 1};
	}
	return (struct coding){.scale = scale < 0 ? -scale : scale, .signless = scale < 0};
}

void column_take(struct cbor *r, bool signless, int64_t *values, size_t n)
{
	if (n == 0 || cbor_next_is_bytes(r)) {
		const struct coding plain = {.scale = 1};
		take_values(r, &plain, values, n);
		return;
	}
	struct cbor ahead = *r;
	if (cbor_array(&ahead, 2) == 2 && cbor_status(&ahead) == STATUS_OK) {
		*r = ahead;
		struct coding coding = take_coding(r, signless);
		if (cbor_status(r) == STATUS_OK)
			take_values(r, &coding, values, n);
		return;
	}
	int64_t value = cbor_int(r, INT64_MIN, INT64_MAX);
	for (size_t i = 0; i < n; i++)
		values[i] = value;
}
