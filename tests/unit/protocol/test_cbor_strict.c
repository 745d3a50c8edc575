#include "cbor_fixture.h"

enum { ROOM = 4096 };

static void test_longer_heads_than_needed_are_refused(void **state)
{
	(void)state;
	static const taker takers[] = {take_uint, take_int, take_bytes, take_text, take_array, take_map, take_tag};
	static const unsigned majors[] = {0, 1, 2, 3, 4, 5, 6};
	static const uint8_t tails[][9] = {{24, 23},
					   {24, 0},
					   {25, 0, 255},
					   {25, 0, 0},
					   {26, 0, 0, 255, 255},
					   {26, 0, 0, 0, 0},
					   {27, 0, 0, 0, 0, 255, 255, 255, 255},
					   {27, 0, 0, 0, 0, 0, 0, 0, 0}};
	for (size_t m = 0; m < sizeof(majors) / sizeof(majors[0]); m++)
		for (size_t t = 0; t < sizeof(tails) / sizeof(tails[0]); t++) {
			uint8_t item[128] = {0};
			memcpy(item, tails[t], sizeof(tails[t]));
			item[0] = (uint8_t)(item[0] | majors[m] << 5);
			struct cbor r = cbor_reader(item, sizeof(item));
			takers[m](&r);
			assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
		}
}

static void test_reserved_and_indefinite_lengths_are_refused(void **state)
{
	(void)state;
	static const taker takers[] = {take_uint, take_int, take_bytes, take_text, take_array, take_map, take_tag};
	for (unsigned major = 0; major < 7; major++)
		for (unsigned info = 28; info <= 31; info++) {
			/* Content and a break follow, so that only the head can be at fault. */
			uint8_t item[16] = {0};
			item[0] = (uint8_t)(major << 5 | info);
			item[1] = 0x40;
			item[2] = 0xFF;
			struct cbor r = cbor_reader(item, sizeof(item));
			takers[major](&r);
			assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
		}
	assert_refused("5f 41 00 ff", take_bytes);
	assert_refused("7f 61 61 ff", take_text);
	assert_refused("9f ff", take_array);
	assert_refused("bf ff", take_map);
	assert_refused("ff", take_uint);
}

static void test_an_item_of_another_type_is_refused(void **state)
{
	(void)state;
	static const char *const items[] = {"00", "20", "40", "60", "80", "a0", "c0", "f4"};
	static const taker takers[] = {take_uint,  take_int, take_bytes, take_text,
				       take_array, take_map, take_tag,   take_bool};
	for (size_t i = 0; i < 8; i++)
		for (size_t t = 0; t < 8; t++) {
			/* An integer may be of either sign. */
			bool fits = i == t || (i == 0 && t == 1);
			assert_int_equal(outcome(items[i], takers[t]), fits ? STATUS_OK : STATUS_MALFORMED);
		}
}

static void test_floats_and_unknown_simple_values_are_refused(void **state)
{
	(void)state;
	static const taker takers[] = {take_uint, take_int, take_bytes, take_text, take_array,
				       take_map,  take_tag, take_bool,  take_fixed};
	static const char *const items[] = {"f9 3c 00",
					    "fa 47 c3 50 00",
					    "fb 3f f1 99 99 99 99 99 9a",
					    "f9 7e 00",
					    "e0",
					    "f3",
					    "f7",
					    "f8 14",
					    "f8 18",
					    "f8 ff",
					    "fc",
					    "ff"};
	for (size_t t = 0; t < sizeof(takers) / sizeof(takers[0]); t++)
		for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
			assert_refused(items[i], takers[t]);
	/* null with a head one byte too long. */
	struct input in = input_of("f8 16");
	struct cbor r = cbor_reader(in.data, in.len);
	assert_false(cbor_take_null(&r));
	free(in.data);
}

static void test_integers_beyond_64_bits_signed_are_refused(void **state)
{
	(void)state;
	assert_refused("1b 80 00 00 00 00 00 00 00", take_int);
	assert_refused("1b ff ff ff ff ff ff ff ff", take_int);
	assert_refused("3b 80 00 00 00 00 00 00 00", take_int);
	assert_refused("3b ff ff ff ff ff ff ff ff", take_int);
	assert_taken("1b 80 00 00 00 00 00 00 00", take_uint);
}

static void test_huge_declared_lengths_are_refused_before_anything_is_made(void **state)
{
	(void)state;
	static const char *const lengths[] = {"01",
					      "18 20",
					      "19 ff ff",
					      "1a ff ff ff ff",
					      "1b 00 00 00 01 00 00 00 00",
					      "1b 7f ff ff ff ff ff ff ff",
					      "1b ff ff ff ff ff ff ff ff"};
	static const taker takers[] = {take_bytes, take_text, take_array, take_map};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (unsigned t = 0; t < 4; t++) {
			struct input in = input_of(lengths[i]);
			in.data[0] = (uint8_t)(in.data[0] | (t + 2) << 5);
			struct cbor r = cbor_reader(in.data, in.len);
			takers[t](&r);
			assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
			free(in.data);
		}
}

static void test_nesting_is_no_deeper_than_the_reader_asks(void **state)
{
	(void)state;
	enum { DEEP = 100000 };
	uint8_t *deep = malloc(DEEP);
	assert_non_null(deep);
	memset(deep, 0x81, DEEP);
	static const taker takers[] = {take_uint, take_int, take_bytes, take_text, take_map, take_tag, take_bool};
	for (size_t t = 0; t < sizeof(takers) / sizeof(takers[0]); t++) {
		struct cbor r = cbor_reader(deep, DEEP);
		takers[t](&r);
		assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	}
	struct cbor r = cbor_reader(deep, DEEP);
	assert_int_equal(cbor_array(&r, 1), 1);
	assert_ptr_equal(r.next, deep + 1);
	free(deep);
}

static enum status read_sample(const uint8_t *data, size_t len)
{
	struct cbor r = cbor_reader(data, len);
	uint8_t fixed[4] = {0};
	cbor_tag(&r, 18);
	cbor_array_of(&r, 7);
	(void)cbor_uint(&r, UINT64_MAX);
	(void)cbor_int(&r, INT64_MIN, INT64_MAX);
	cbor_fixed(&r, fixed, sizeof(fixed));
	(void)cbor_text(&r, 300);
	size_t left = cbor_map(&r, 2);
	cbor_need(&r, &left, 1);
	(void)cbor_bool(&r);
	cbor_map_end(&r, left);
	if (!cbor_take_null(&r))
		cbor_fail(&r);
	(void)cbor_bytes(&r, 70000);
	return cbor_end(&r);
}

static void test_every_truncation_is_refused(void **state)
{
	(void)state;
	static const char blank[300];
	struct bytes b = bytes_new(ROOM);
	cbor_put_tag(&b, 18);
	cbor_put_array(&b, 7);
	cbor_put_uint(&b, UINT64_MAX);
	cbor_put_int(&b, -70000);
	cbor_put_bytes(&b, "abcd", 4);
	cbor_put_text(&b, blank, 30);
	cbor_put_map(&b, 1);
	cbor_put_uint(&b, 1);
	cbor_put_bool(&b, true);
	cbor_put_null(&b);
	cbor_put_bytes(&b, blank, sizeof(blank));
	assert_int_equal(read_sample(b.data, b.len), STATUS_OK);
	for (size_t len = 0; len < b.len; len++) {
		uint8_t *copy = malloc(len == 0 ? 1 : len);
		assert_non_null(copy);
		memcpy(copy, b.data, len);
		assert_int_equal(read_sample(copy, len), STATUS_MALFORMED);
		free(copy);
	}
	bytes_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longer_heads_than_needed_are_refused),
		cmocka_unit_test(test_reserved_and_indefinite_lengths_are_refused),
		cmocka_unit_test(test_an_item_of_another_type_is_refused),
		cmocka_unit_test(test_floats_and_unknown_simple_values_are_refused),
		cmocka_unit_test(test_integers_beyond_64_bits_signed_are_refused),
		cmocka_unit_test(test_huge_declared_lengths_are_refused_before_anything_is_made),
		cmocka_unit_test(test_nesting_is_no_deeper_than_the_reader_asks),
		cmocka_unit_test(test_every_truncation_is_refused),
	};
	return cmocka_run_group_tests_name("cbor, strictness", tests, NULL, NULL);
}
