#include "protocol/column.h"

enum { SCALE = 1000, SCALE_MAX = 1000000, LEB_MAX = 10 };

static size_t leb_put(uint8_t out[static LEB_MAX], int64_t value)
{
	uint64_t zigzag = (uint64_t)value << 1 ^ (uint64_t)(value < 0 ? -1 : 0);
	size_t len = 0;
	do {
		out[len] = (uint8_t)(zigzag & 127U) | (zigzag > 127 ? 128U : 0U);
		zigzag >>= 7;
		len++;
	} while (zigzag != 0);
	return len;
}

static bool all_equal(const int64_t *values, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (values[i] != values[0])
			return false;
	return n > 0;
}

static int64_t common_scale(const int64_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (values[i] % SCALE != 0)
			return 1;
	return SCALE;
}

void column_put(struct bytes *out, const int64_t *values, size_t n, bool scaled)
{
	if (all_equal(values, n)) {
		cbor_put_int(out, values[0]);
		return;
	}
	int64_t scale = scaled && n > 0 ? common_scale(values, n) : 1;
	uint8_t leb[LEB_MAX];
	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += leb_put(leb, values[i] / scale);
	if (scale != 1) {
		cbor_put_array(out, 2);
		cbor_put_int(out, scale);
	}
	/* The head first: the length is known, the content follows value by value. */
	struct bytes body = bytes_new(len);
	for (size_t i = 0; i < n; i++)
		bytes_put(&body, leb, leb_put(leb, values[i] / scale));
	if (bytes_status(&body) != STATUS_OK)
		out->error = bytes_status(&body);
	cbor_put_bytes(out, body.data, body.len);
	bytes_free(&body);
}

/* One value in its shortest form; false if there is none. */
static bool leb_take(struct slice *s, int64_t *ret_value)
{
	uint64_t zigzag = 0;
	for (unsigned i = 0; i < LEB_MAX && i < s->len; i++) {
		uint8_t byte = s->data[i];
		if (i == LEB_MAX - 1 && byte > 1)
			return false;
		zigzag |= (uint64_t)(byte & 127U) << (7 * i);
		if (byte < 128) {
			if (byte == 0 && i > 0)
				return false;
			*s = slice_of(s->data + i + 1, s->len - i - 1);
			*ret_value = (int64_t)(zigzag >> 1) ^ ((zigzag & 1U) != 0 ? -1 : 0);
			return true;
		}
	}
	return false;
}

static void take_values(struct cbor *r, int64_t scale, int64_t *values, size_t n)
{
	struct slice body = cbor_bytes(r, n * LEB_MAX);
	int64_t most = INT64_MAX / scale;
	int64_t least = INT64_MIN / scale;
	for (size_t i = 0; i < n; i++) {
		if (!leb_take(&body, &values[i]) || values[i] > most || values[i] < least) {
			cbor_fail(r);
			return;
		}
		values[i] *= scale;
	}
	if (body.len != 0)
		cbor_fail(r);
}

void column_take(struct cbor *r, int64_t *values, size_t n)
{
	if (cbor_next_is_bytes(r)) {
		take_values(r, 1, values, n);
		return;
	}
	struct cbor ahead = *r;
	if (cbor_array(&ahead, 2) == 2 && cbor_status(&ahead) == STATUS_OK) {
		*r = ahead;
		int64_t scale = cbor_int(r, 2, SCALE_MAX);
		if (cbor_status(r) == STATUS_OK)
			take_values(r, scale, values, n);
		return;
	}
	int64_t value = cbor_int(r, INT64_MIN, INT64_MAX);
	for (size_t i = 0; i < n; i++)
		values[i] = value;
}
