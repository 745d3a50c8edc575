#include "cbor_fixture.h"

enum { ROOM = 4096 };

static void assert_put(const struct bytes *b, const char *text)
{
	struct input in = input_of(text);
	assert_int_equal(bytes_status(b), STATUS_OK);
	assert_true(slice_equal(bytes_slice(b), slice_of(in.data, in.len)));
	free(in.data);
}

/* Values and encodings of RFC 8949 appendix A, and the edges between the lengths of a head. */
static const struct {
	int64_t value;
	const char *encoding;
} INTEGERS[] = {
	{0, "00"},
	{1, "01"},
	{10, "0a"},
	{23, "17"},
	{24, "18 18"},
	{25, "18 19"},
	{100, "18 64"},
	{255, "18 ff"},
	{256, "19 01 00"},
	{1000, "19 03 e8"},
	{65535, "19 ff ff"},
	{65536, "1a 00 01 00 00"},
	{1000000, "1a 00 0f 42 40"},
	{INT64_C(4294967295), "1a ff ff ff ff"},
	{INT64_C(4294967296), "1b 00 00 00 01 00 00 00 00"},
	{INT64_C(1000000000000), "1b 00 00 00 e8 d4 a5 10 00"},
	{INT64_MAX, "1b 7f ff ff ff ff ff ff ff"},
	{-1, "20"},
	{-10, "29"},
	{-24, "37"},
	{-25, "38 18"},
	{-100, "38 63"},
	{-256, "38 ff"},
	{-257, "39 01 00"},
	{-1000, "39 03 e7"},
	{INT64_MIN, "3b 7f ff ff ff ff ff ff ff"},
};

static void test_integers_have_their_shortest_form_and_come_back(void **state)
{
	(void)state;
	struct bytes b = bytes_new(ROOM);
	for (size_t i = 0; i < sizeof(INTEGERS) / sizeof(INTEGERS[0]); i++) {
		bytes_clear(&b);
		cbor_put_int(&b, INTEGERS[i].value);
		assert_put(&b, INTEGERS[i].encoding);
		struct cbor r = cbor_reader(b.data, b.len);
		assert_true(cbor_int(&r, INT64_MIN, INT64_MAX) == INTEGERS[i].value);
		assert_int_equal(cbor_end(&r), STATUS_OK);
		if (INTEGERS[i].value < 0)
			continue;
		bytes_clear(&b);
		cbor_put_uint(&b, (uint64_t)INTEGERS[i].value);
		assert_put(&b, INTEGERS[i].encoding);
		r = cbor_reader(b.data, b.len);
		assert_true(cbor_uint(&r, UINT64_MAX) == (uint64_t)INTEGERS[i].value);
		assert_int_equal(cbor_end(&r), STATUS_OK);
	}
	bytes_clear(&b);
	cbor_put_uint(&b, UINT64_MAX);
	assert_put(&b, "1b ff ff ff ff ff ff ff ff");
	struct cbor r = cbor_reader(b.data, b.len);
	assert_true(cbor_uint(&r, UINT64_MAX) == UINT64_MAX);
	assert_int_equal(cbor_end(&r), STATUS_OK);
	bytes_free(&b);
}

static void test_other_items_are_those_of_rfc_8949(void **state)
{
	(void)state;
	struct bytes b = bytes_new(ROOM);
	cbor_put_tag(&b, 18);
	cbor_put_array(&b, 4);
	cbor_put_bytes(&b, "\1\2\3\4", 4);
	cbor_put_text(&b, "\xC3\xBC", 2);
	cbor_put_map(&b, 1);
	cbor_put_uint(&b, 1);
	cbor_put_null(&b);
	cbor_put_array(&b, 2);
	cbor_put_bool(&b, true);
	cbor_put_bool(&b, false);
	assert_put(&b, "d2 84 44 01 02 03 04 62 c3 bc a1 01 f6 82 f5 f4");
	bytes_free(&b);
}

static void test_a_full_buffer_is_asked_once(void **state)
{
	(void)state;
	struct bytes b = bytes_new(2);
	cbor_put_uint(&b, 1);
	cbor_put_uint(&b, 1000);
	cbor_put_uint(&b, 1);
	assert_int_equal(bytes_status(&b), STATUS_LIMIT);
	assert_int_equal(b.len, 1);
	bytes_free(&b);
}

static void test_integers_outside_their_range_are_refused(void **state)
{
	(void)state;
	struct cbor r = cbor_reader("\x18\x64", 2);
	assert_int_equal(cbor_uint(&r, 100), 100);
	r = cbor_reader("\x18\x64", 2);
	assert_int_equal(cbor_uint(&r, 99), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	r = cbor_reader("\x18\x64", 2);
	assert_int_equal(cbor_int(&r, 100, 100), 100);
	r = cbor_reader("\x18\x64", 2);
	assert_int_equal(cbor_int(&r, 101, 200), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	r = cbor_reader("\x18\x64", 2);
	assert_int_equal(cbor_int(&r, -5, 99), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	/* Zero stands for a failure: it must not slip through where it is out of range itself. */
	r = cbor_reader("\x00", 1);
	assert_int_equal(cbor_int(&r, 1, 9), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
}

static void test_strings_are_slices_of_the_input(void **state)
{
	(void)state;
	struct input in = input_of("43 01 02 03 62 61 62 40 60");
	struct cbor r = cbor_reader(in.data, in.len);
	struct slice s = cbor_bytes(&r, 3);
	assert_ptr_equal(s.data, in.data + 1);
	assert_int_equal(s.len, 3);
	s = cbor_text(&r, 2);
	assert_ptr_equal(s.data, in.data + 5);
	assert_int_equal(s.len, 2);
	assert_int_equal(cbor_bytes(&r, 0).len, 0);
	assert_int_equal(cbor_text(&r, 0).len, 0);
	assert_int_equal(cbor_end(&r), STATUS_OK);
	free(in.data);
}

static void test_strings_over_their_maximum_are_refused(void **state)
{
	(void)state;
	struct cbor r = cbor_reader("\x43\1\2\3", 4);
	assert_int_equal(cbor_bytes(&r, 2).len, 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	r = cbor_reader("\x63"
			"abc",
			4);
	assert_int_equal(cbor_text(&r, 2).len, 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
}

static void test_fixed_strings_have_exactly_their_length(void **state)
{
	(void)state;
	assert_taken("42 01 02", take_fixed);
	assert_refused("41 01", take_fixed);
	assert_refused("43 01 02 03", take_fixed);
	assert_refused("40", take_fixed);
	assert_refused("62 61 62", take_fixed);
	uint8_t out[2] = {7, 7};
	struct cbor r = cbor_reader("\x41\1", 2);
	cbor_fixed(&r, out, sizeof(out));
	assert_int_equal(out[0], 7); /* untouched on failure */
}

static void test_counts_never_exceed_the_bytes_left_or_the_maximum(void **state)
{
	(void)state;
	struct cbor r = cbor_reader("\x83\0\0\0", 4);
	assert_int_equal(cbor_array(&r, 3), 3);
	r = cbor_reader("\x83\0\0\0", 4);
	assert_int_equal(cbor_array(&r, 2), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	r = cbor_reader("\x83\0\0", 3);
	assert_int_equal(cbor_array(&r, 9), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	r = cbor_reader("\xA2\0\0\0\0", 5);
	assert_int_equal(cbor_map(&r, 2), 2);
	r = cbor_reader("\xA2\0\0\0\0", 5);
	assert_int_equal(cbor_map(&r, 1), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	r = cbor_reader("\xA2\0\0\0", 4);
	assert_int_equal(cbor_map(&r, 9), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
}

static void test_an_array_of_another_size_is_refused(void **state)
{
	(void)state;
	for (size_t wanted = 0; wanted < 5; wanted++) {
		struct cbor r = cbor_reader("\x82\0\0\0\0", 5);
		cbor_array_of(&r, wanted);
		assert_int_equal(cbor_status(&r), wanted == 2 ? STATUS_OK : STATUS_MALFORMED);
	}
}

static void test_booleans_null_and_tags(void **state)
{
	(void)state;
	struct cbor r = cbor_reader("\xF5\xF4\xF6\xD2\x00", 5);
	assert_false(cbor_take_null(&r));
	assert_true(cbor_bool(&r));
	assert_false(cbor_bool(&r));
	assert_int_equal(cbor_status(&r), STATUS_OK);
	assert_true(cbor_take_null(&r));
	cbor_tag(&r, 18);
	assert_false(cbor_take_null(&r));
	assert_int_equal(cbor_uint(&r, 0), 0);
	assert_int_equal(cbor_end(&r), STATUS_OK);
	assert_false(cbor_take_null(&r)); /* nothing is left */
	assert_refused("f6", take_bool);
	assert_refused("", take_bool);
	assert_refused("d2 00", take_tag);
	r = cbor_reader("\xD2", 1);
	cbor_tag(&r, 17);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
}

static void test_the_next_item_can_be_told_without_taking_it(void **state)
{
	(void)state;
	struct cbor r = cbor_reader("\x41\1\1", 3);
	assert_true(cbor_next_is_bytes(&r));
	assert_int_equal(cbor_bytes(&r, 1).len, 1);
	assert_false(cbor_next_is_bytes(&r));
	assert_int_equal(cbor_uint(&r, 1), 1);
	assert_false(cbor_next_is_bytes(&r));
	r = cbor_reader("\x41\1", 2);
	cbor_fail(&r);
	assert_false(cbor_next_is_bytes(&r));
}

/* {1: uint, 2: uint (may be absent), 3: uint} */
static enum status read_map(const char *text, bool *ret_second)
{
	struct input in = input_of(text);
	struct cbor r = cbor_reader(in.data, in.len);
	size_t left = cbor_map(&r, 8);
	cbor_need(&r, &left, 1);
	(void)cbor_uint(&r, 9);
	*ret_second = cbor_key(&r, &left, 2);
	if (*ret_second)
		(void)cbor_uint(&r, 9);
	cbor_need(&r, &left, 3);
	(void)cbor_uint(&r, 9);
	cbor_map_end(&r, left);
	enum status s = cbor_end(&r);
	free(in.data);
	return s;
}

static void test_keys_come_ascending_once_and_known(void **state)
{
	(void)state;
	bool second = false;
	assert_int_equal(read_map("a3 01 05 02 06 03 07", &second), STATUS_OK);
	assert_true(second);
	assert_int_equal(read_map("a2 01 05 03 07", &second), STATUS_OK);
	assert_false(second);
	static const char *const wrong[] = {
		"a0",                         /* none */
		"a1 01 05",                   /* a needed one is missing */
		"a2 02 06 03 07",             /* the first one is missing */
		"a3 02 06 01 05 03 07",       /* not ascending */
		"a3 01 05 03 07 02 06",       /* an optional one too late */
		"a3 01 05 01 05 03 07",       /* twice */
		"a3 01 05 03 07 03 07",       /* twice at the end */
		"a3 01 05 03 07 04 00",       /* unknown at the end */
		"a3 00 00 01 05 03 07",       /* unknown at the start */
		"a3 01 05 02 06 18 03 07",    /* the key not in its shortest form */
		"a3 01 05 20 06 03 07",       /* a negative key */
		"a3 01 05 61 32 06 03 07",    /* a text for a key */
		"a2 01 05 03 07 00",          /* bytes after the map */
		"a4 01 05 02 06 03 07",       /* fewer pairs than declared */
		"a2 01 05 02 06 03 07",       /* more pairs than declared */
		"a9 01 05 02 06 03 07 04 00", /* more pairs than the reader allows */
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (read_map(wrong[i], &second) != STATUS_MALFORMED)
			fail_msg("%s was taken", wrong[i]);
}

static void test_a_key_that_is_not_next_is_not_consumed(void **state)
{
	(void)state;
	struct cbor r = cbor_reader("\xA1\x02\x00", 3);
	size_t left = cbor_map(&r, 1);
	assert_false(cbor_key(&r, &left, 1));
	assert_int_equal(left, 1);
	assert_int_equal(cbor_status(&r), STATUS_OK);
	assert_true(cbor_key(&r, &left, 2));
	assert_int_equal(left, 0);
	assert_false(cbor_key(&r, &left, 0)); /* the value is no key: all pairs are counted down */
}

static void test_after_an_error_everything_is_empty(void **state)
{
	(void)state;
	uint8_t out[1] = {9};
	size_t left = 3;
	struct cbor r = cbor_reader("\x01\x02\x03", 3);
	cbor_fail(&r);
	assert_int_equal(cbor_uint(&r, 9), 0);
	assert_int_equal(cbor_int(&r, 1, 9), 0);
	assert_int_equal(cbor_bytes(&r, 9).len, 0);
	assert_int_equal(cbor_text(&r, 9).len, 0);
	cbor_fixed(&r, out, 1);
	assert_int_equal(out[0], 9);
	assert_int_equal(cbor_array(&r, 9), 0);
	assert_int_equal(cbor_map(&r, 9), 0);
	assert_false(cbor_bool(&r));
	assert_false(cbor_take_null(&r));
	assert_false(cbor_key(&r, &left, 1));
	assert_int_equal(left, 3);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	assert_int_equal(cbor_end(&r), STATUS_MALFORMED);
}

static void test_the_first_error_stays(void **state)
{
	(void)state;
	struct cbor r = cbor_reader("\x01", 1);
	r.error = STATUS_VERSION;
	cbor_fail(&r);
	assert_int_equal(cbor_status(&r), STATUS_VERSION);
	assert_int_equal(cbor_end(&r), STATUS_VERSION);
}

static void test_an_empty_input_has_no_item(void **state)
{
	(void)state;
	struct cbor r = cbor_reader(NULL, 0);
	assert_int_equal(cbor_end(&r), STATUS_OK);
	assert_int_equal(cbor_uint(&r, 9), 0);
	assert_int_equal(cbor_end(&r), STATUS_MALFORMED);
}

static void test_bytes_left_over_are_malformed_at_the_end_only(void **state)
{
	(void)state;
	struct cbor r = cbor_reader("\x01\x02", 2);
	assert_int_equal(cbor_uint(&r, 9), 1);
	assert_int_equal(cbor_status(&r), STATUS_OK);
	assert_int_equal(cbor_end(&r), STATUS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers_have_their_shortest_form_and_come_back),
		cmocka_unit_test(test_other_items_are_those_of_rfc_8949),
		cmocka_unit_test(test_a_full_buffer_is_asked_once),
		cmocka_unit_test(test_integers_outside_their_range_are_refused),
		cmocka_unit_test(test_strings_are_slices_of_the_input),
		cmocka_unit_test(test_strings_over_their_maximum_are_refused),
		cmocka_unit_test(test_fixed_strings_have_exactly_their_length),
		cmocka_unit_test(test_counts_never_exceed_the_bytes_left_or_the_maximum),
		cmocka_unit_test(test_an_array_of_another_size_is_refused),
		cmocka_unit_test(test_booleans_null_and_tags),
		cmocka_unit_test(test_the_next_item_can_be_told_without_taking_it),
		cmocka_unit_test(test_keys_come_ascending_once_and_known),
		cmocka_unit_test(test_a_key_that_is_not_next_is_not_consumed),
		cmocka_unit_test(test_after_an_error_everything_is_empty),
		cmocka_unit_test(test_the_first_error_stays),
		cmocka_unit_test(test_an_empty_input_has_no_item),
		cmocka_unit_test(test_bytes_left_over_are_malformed_at_the_end_only),
	};
	return cmocka_run_group_tests_name("cbor", tests, NULL, NULL);
}
