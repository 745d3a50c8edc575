#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/deflate.h"

enum { ROOM = 64 * 1024 };

static const char SAMPLE[] = "H01-240522-0001 H01-240522-0002 H01-240522-0003 H01-240522-0004 H01-240522-0005";

static struct bytes packed(struct slice data)
{
	struct bytes out = bytes_new(ROOM);
	assert_int_equal(deflate_pack(data, NULL, &out), STATUS_OK);
	return out;
}

/* Unpacks from memory of exactly that size; out must not change unless it went well. */
static enum status unpack_with(struct slice dictionary, struct slice from, size_t raw_len, struct bytes *out)
{
	uint8_t *copy = malloc(from.len == 0 ? 1 : from.len);
	assert_non_null(copy);
	if (from.len > 0)
		memcpy(copy, from.data, from.len);
	size_t before = out->len;
	enum status s = deflate_unpack(slice_of(copy, from.len), dictionary, raw_len, out);
	free(copy);
	assert_int_equal(out->len, s == STATUS_OK ? before + raw_len : before);
	return s;
}

static enum status unpack(struct slice from, size_t raw_len, struct bytes *out)
{
	return unpack_with((struct slice){0}, from, raw_len, out);
}

static void assert_comes_back(struct slice data)
{
	struct bytes z = packed(data);
	struct bytes raw = bytes_new(ROOM);
	bytes_put_str(&raw, "before");
	assert_int_equal(unpack(bytes_slice(&z), data.len, &raw), STATUS_OK);
	assert_int_equal(raw.len, 6 + data.len);
	assert_memory_equal(raw.data, "before", 6);
	assert_true(slice_equal(slice_of(raw.data + 6, data.len), data));
	bytes_free(&raw);
	bytes_free(&z);
}

static void test_what_is_packed_comes_back(void **state)
{
	(void)state;
	static uint8_t noise[20000];
	uint32_t x = 1;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
	assert_comes_back(slice_str(SAMPLE));
	assert_comes_back(slice_str(""));
	assert_comes_back(slice_str("a"));
	assert_comes_back(slice_of(noise, sizeof(noise)));
}

static void test_parts_are_packed_in_blocks_and_come_back(void **state)
{
	(void)state;
	static uint8_t data[4000];
	const size_t cuts[] = {0, 1, 2000, 2000, sizeof(data)};
	const struct deflate_hints hints = {.cuts = cuts, .n_cuts = 5, .noisy = true};
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i < 2000 ? i * i % 7 : 200 + i * i % 11);
	struct bytes raw = bytes_new(ROOM);
	struct bytes z = bytes_new(ROOM);
	assert_int_equal(deflate_pack(slice_of(data, sizeof(data)), &hints, &z), STATUS_OK);
	assert_int_equal(unpack(bytes_slice(&z), sizeof(data), &raw), STATUS_OK);
	assert_memory_equal(raw.data, data, sizeof(data));
	bytes_free(&raw);
	bytes_free(&z);
}

static void test_a_dictionary_is_asked_for_by_its_name(void **state)
{
	(void)state;
	struct slice known = slice_str("H01-240522-0000 H01-");
	const struct deflate_hints hints = {.dictionary = known};
	struct bytes plain = packed(slice_str(SAMPLE));
	struct bytes raw = bytes_new(ROOM);
	struct bytes z = bytes_new(ROOM);
	size_t len = strlen(SAMPLE);
	assert_int_equal(deflate_pack(slice_str(SAMPLE), &hints, &z), STATUS_OK);
	assert_true(z.len < plain.len);
	assert_int_equal(unpack(bytes_slice(&z), len, &raw), STATUS_MALFORMED);
	assert_int_equal(unpack_with(slice_str("H01-240522-0000 H01+"), bytes_slice(&z), len, &raw),
			 STATUS_MALFORMED);
	assert_int_equal(unpack_with(known, bytes_slice(&z), len - 1, &raw), STATUS_MALFORMED);
	assert_int_equal(unpack_with(known, slice_of(z.data, z.len - 1), len, &raw), STATUS_MALFORMED);
	assert_int_equal(unpack_with(known, bytes_slice(&z), len, &raw), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&raw), slice_str(SAMPLE)));
	/* One that was packed without needs none. */
	bytes_clear(&raw);
	assert_int_equal(unpack_with(known, bytes_slice(&plain), len, &raw), STATUS_OK);
	bytes_free(&raw);
	bytes_free(&plain);
	bytes_free(&z);
}

static void test_packing_appends_and_makes_repetition_small(void **state)
{
	(void)state;
	static const uint8_t zeros[60000];
	struct bytes out = bytes_new(2 * ROOM);
	bytes_put_str(&out, "head");
	assert_int_equal(deflate_pack(slice_of(zeros, sizeof(zeros)), NULL, &out), STATUS_OK);
	assert_true(out.len < 200);
	assert_memory_equal(out.data, "head", 4);
	bytes_free(&out);
}

static void test_packing_over_the_limit_leaves_the_buffer_as_it_was(void **state)
{
	(void)state;
	struct bytes out = bytes_new(20);
	bytes_put_str(&out, "head");
	assert_int_equal(deflate_pack(slice_str(SAMPLE), NULL, &out), STATUS_LIMIT);
	assert_true(slice_equal(bytes_slice(&out), slice_str("head")));
	bytes_free(&out);
}

static void test_a_wrong_declared_size_is_refused(void **state)
{
	(void)state;
	struct bytes z = packed(slice_str(SAMPLE));
	struct bytes raw = bytes_new(ROOM);
	size_t len = strlen(SAMPLE);
	assert_int_equal(unpack(bytes_slice(&z), len - 1, &raw), STATUS_MALFORMED);
	assert_int_equal(unpack(bytes_slice(&z), len + 1, &raw), STATUS_MALFORMED);
	assert_int_equal(unpack(bytes_slice(&z), 0, &raw), STATUS_MALFORMED);
	assert_int_equal(unpack(bytes_slice(&z), ROOM - 1, &raw), STATUS_MALFORMED);
	assert_int_equal(unpack(bytes_slice(&z), len, &raw), STATUS_OK);
	bytes_free(&raw);
	bytes_free(&z);
}

static void test_a_bomb_stops_at_the_declared_size(void **state)
{
	(void)state;
	enum { BOMB = 16 * 1024 * 1024, DECLARED = 1000 };
	uint8_t *zeros = calloc(1, BOMB);
	assert_non_null(zeros);
	struct bytes z = bytes_new(2 * (size_t)BOMB);
	assert_int_equal(deflate_pack(slice_of(zeros, BOMB), NULL, &z), STATUS_OK);
	assert_true(z.len < BOMB / 900);
	struct bytes raw = bytes_new(ROOM);
	assert_int_equal(unpack(bytes_slice(&z), DECLARED, &raw), STATUS_MALFORMED);
	assert_true(raw.cap <= 2 * DECLARED);
	bytes_free(&raw);
	bytes_free(&z);
	free(zeros);
}

static void test_a_declared_size_over_the_limit_is_refused_before_any_memory_is_taken(void **state)
{
	(void)state;
	struct bytes z = packed(slice_str(SAMPLE));
	struct bytes raw = bytes_new(ROOM);
	assert_int_equal(unpack(bytes_slice(&z), ROOM + 1, &raw), STATUS_LIMIT);
	assert_null(raw.data);
	bytes_free(&raw);
	bytes_free(&z);
}

static void test_every_truncation_is_refused(void **state)
{
	(void)state;
	struct bytes z = packed(slice_str(SAMPLE));
	struct bytes raw = bytes_new(ROOM);
	for (size_t len = 0; len < z.len; len++)
		assert_int_equal(unpack(slice_of(z.data, len), strlen(SAMPLE), &raw), STATUS_MALFORMED);
	bytes_free(&raw);
	bytes_free(&z);
}

static void test_bytes_after_the_stream_are_refused(void **state)
{
	(void)state;
	struct bytes z = packed(slice_str(SAMPLE));
	struct bytes raw = bytes_new(ROOM);
	bytes_put_u8(&z, 0);
	assert_int_equal(unpack(bytes_slice(&z), strlen(SAMPLE), &raw), STATUS_MALFORMED);
	z.len--;
	/* A second stream after the first is no part of it either. */
	struct bytes twice = bytes_new(ROOM);
	bytes_put(&twice, z.data, z.len);
	bytes_put(&twice, z.data, z.len);
	assert_int_equal(unpack(bytes_slice(&twice), strlen(SAMPLE), &raw), STATUS_MALFORMED);
	assert_int_equal(unpack(bytes_slice(&twice), 2 * strlen(SAMPLE), &raw), STATUS_MALFORMED);
	bytes_free(&twice);
	bytes_free(&raw);
	bytes_free(&z);
}

static void test_a_wrong_check_value_is_refused(void **state)
{
	(void)state;
	struct bytes z = packed(slice_str(SAMPLE));
	struct bytes raw = bytes_new(ROOM);
	for (size_t bit = 0; bit < 32; bit++) {
		z.data[z.len - 1 - bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(unpack(bytes_slice(&z), strlen(SAMPLE), &raw), STATUS_MALFORMED);
		z.data[z.len - 1 - bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	bytes_free(&raw);
	bytes_free(&z);
}

static void test_other_containers_are_refused(void **state)
{
	(void)state;
	/* "hi" as gzip (RFC 1952), and as deflate without a container. */
	static const uint8_t gzip[] = {0x1f, 0x8b, 8, 0,    0,    0,    0,    0, 2, 3, 0xcb,
				       0xc8, 4,    0, 0xac, 0x2a, 0x93, 0xd8, 2, 0, 0, 0};
	static const uint8_t bare[] = {0xcb, 0xc8, 0x04, 0x00};
	struct bytes raw = bytes_new(ROOM);
	assert_int_equal(unpack(slice_of(gzip, sizeof(gzip)), 2, &raw), STATUS_MALFORMED);
	assert_int_equal(unpack(slice_of(bare, sizeof(bare)), 2, &raw), STATUS_MALFORMED);
	bytes_free(&raw);
}

static void test_a_stream_that_needs_a_dictionary_is_refused(void **state)
{
	(void)state;
	/* FDICT set and the header's check right, a dictionary's identifier, an empty last block, its Adler-32. */
	static const uint8_t stream[] = {0x78, 0x20, 0, 0, 0, 1, 3, 0, 0, 0, 0, 1};
	assert_int_equal((0x78 * 256 + 0x20) % 31, 0);
	struct bytes raw = bytes_new(ROOM);
	assert_int_equal(unpack(slice_of(stream, sizeof(stream)), 0, &raw), STATUS_MALFORMED);
	assert_int_equal(unpack_with(slice_str("other"), slice_of(stream, sizeof(stream)), 0, &raw),
			 STATUS_MALFORMED);
	bytes_free(&raw);
}

static void test_no_damaged_bit_gives_other_content(void **state)
{
	(void)state;
	struct bytes z = packed(slice_str(SAMPLE));
	struct bytes raw = bytes_new(ROOM);
	for (size_t bit = 0; bit < 8 * z.len; bit++) {
		z.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		bytes_clear(&raw);
		/* A flipped bit of the header's hints may leave the content as it is; nothing else may pass. */
		if (unpack(bytes_slice(&z), strlen(SAMPLE), &raw) == STATUS_OK)
			assert_true(slice_equal(bytes_slice(&raw), slice_str(SAMPLE)));
		z.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	bytes_free(&raw);
	bytes_free(&z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_packed_comes_back),
		cmocka_unit_test(test_parts_are_packed_in_blocks_and_come_back),
		cmocka_unit_test(test_a_dictionary_is_asked_for_by_its_name),
		cmocka_unit_test(test_packing_appends_and_makes_repetition_small),
		cmocka_unit_test(test_packing_over_the_limit_leaves_the_buffer_as_it_was),
		cmocka_unit_test(test_a_wrong_declared_size_is_refused),
		cmocka_unit_test(test_a_bomb_stops_at_the_declared_size),
		cmocka_unit_test(test_a_declared_size_over_the_limit_is_refused_before_any_memory_is_taken),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_bytes_after_the_stream_are_refused),
		cmocka_unit_test(test_a_wrong_check_value_is_refused),
		cmocka_unit_test(test_other_containers_are_refused),
		cmocka_unit_test(test_a_stream_that_needs_a_dictionary_is_refused),
		cmocka_unit_test(test_no_damaged_bit_gives_other_content),
	};
	return cmocka_run_group_tests_name("deflate", tests, NULL, NULL);
}
