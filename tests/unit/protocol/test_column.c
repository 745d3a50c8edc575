#include "cbor_fixture.h"
#include "random_fixture.h"

#include "protocol/column.h"

enum { VALUES_MAX = 300, COLUMN_ROOM = 64 * 1024 };

static struct bytes column_of(const int64_t *values, size_t n)
{
	struct bytes out = bytes_new(COLUMN_ROOM);
	column_put(&out, values, n);
	assert_int_equal(bytes_status(&out), STATUS_OK);
	return out;
}

static void assert_column(const int64_t *values, size_t n, const char *expected)
{
	struct bytes out = column_of(values, n);
	struct input in = input_of(expected);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.data, in.data, in.len);
	free(in.data);
	bytes_free(&out);
}

static void assert_reads_back(const int64_t *values, size_t n)
{
	struct bytes out = column_of(values, n);
	int64_t *read = calloc(n + 1, sizeof(*read));
	assert_non_null(read);
	struct cbor r = cbor_reader(out.data, out.len);
	column_take(&r, true, read, n);
	assert_int_equal(cbor_end(&r), STATUS_OK);
	if (n > 0)
		assert_memory_equal(read, values, n * sizeof(*read));
	free(read);
	bytes_free(&out);
}

static void test_equal_values_are_one_integer(void **state)
{
	(void)state;
	static const int64_t same[] = {5, 5, 5};
	static const int64_t least[] = {INT64_MIN, INT64_MIN};
	assert_column(same, 3, "05");
	assert_column(same, 1, "05");
	assert_column(least, 2, "3b 7f ff ff ff ff ff ff ff");
}

static void test_other_values_are_zigzag_leb128(void **state)
{
	(void)state;
	static const int64_t values[] = {0, -1, 1, 63, -64, 64, 300};
	static const int64_t ends[] = {INT64_MAX, INT64_MIN};
	assert_column(values, 7, "49 00 01 02 7e 7f 80 01 d8 04");
	assert_column(ends, 2, "54 fe ff ff ff ff ff ff ff ff 01 ff ff ff ff ff ff ff ff ff 01");
}

static void test_multiples_are_scaled_where_that_is_shorter(void **state)
{
	(void)state;
	static const int64_t two[] = {1000, -2000};
	static const int64_t six[] = {1000, -2000, 3000, -4000, 5000, -6000};
	static const int64_t odd[] = {1000, -2000, 3000, -4000, 5000, -6001};
	/* 17:00 of three days: 900 s is the greatest divisor that may be a scale. */
	static const int64_t due[] = {61200000, 147600000, -25200000};
	assert_column(two, 2, "44 d0 0f 9f 1f");
	assert_column(six, 6, "82 19 03 e8 46 02 03 06 07 0a 0b");
	assert_column(odd, 6, "4c d0 0f 9f 1f f0 2e bf 3e 90 4e e1 5d");
	assert_column(due, 3, "82 1a 00 0d bb a0 45 88 01 c8 02 37");
}

static void test_signs_are_left_out_where_that_is_shorter(void **state)
{
	(void)state;
	static const int64_t few[] = {-1, 1, 127, 63};
	static const int64_t many[] = {-1, 1, 127, 63, 127, 64, 0};
	static const int64_t one_more[] = {-1, 1, 127, 63, 127, -64, 0};
	static const int64_t seconds[] = {-3000, 90000, 127000, 64000};
	static const int64_t ends[] = {INT64_MIN, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX};
	assert_column(few, 4, "45 01 02 fe 01 7e");
	assert_column(many, 7, "82 20 47 01 01 7f 3f 7f 40 00");
	assert_column(one_more, 7, "49 01 02 fe 01 7e fe 01 7f 00");
	assert_column(seconds, 4, "82 39 03 e7 44 05 5a 7f 40");
	assert_column(ends, 5,
		      "82 20 58 2e ff ff ff ff ff ff ff ff ff 01 "
		      "ff ff ff ff ff ff ff ff 7f ff ff ff ff ff ff ff ff 7f "
		      "ff ff ff ff ff ff ff ff 7f ff ff ff ff ff ff ff ff 7f");
}

/* Each choice is one that leaving a head out, or counting -scale for -scale - 1, would make otherwise. */
static void test_heads_count_where_forms_are_compared(void **state)
{
	(void)state;
	static const int64_t head_of_string[22] = {[20] = 100, [21] = 101};
	static const int64_t signless_24[] = {24, 24 * 3, 24 * 64, 24 * 65};
	assert_column(head_of_string, 22,
		      "82 20 56 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 64 65");
	assert_column(signless_24, 4, "82 37 44 02 03 40 41");
}

/* Takes no value at all. */
static void take_none(struct cbor *r)
{
	column_take(r, true, NULL, 0);
}

static void test_no_values_are_an_empty_string(void **state)
{
	(void)state;
	static const char *const others[] = {"00", "05", "41 00", "82 02 40", "82 20 40", "80", "60", "f6"};
	assert_column(NULL, 0, "40");
	assert_reads_back(NULL, 0);
	assert_taken("40", take_none);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_refused(others[i], take_none);
}

static void test_columns_read_back(void **state)
{
	(void)state;
	static const int64_t ends[] = {INT64_MAX, INT64_MIN, 0, INT64_MIN + 1, INT64_MAX - 1, -1, 1};
	int64_t values[VALUES_MAX];
	struct random r = {1};
	assert_reads_back(ends, sizeof(ends) / sizeof(ends[0]));
	for (size_t round = 0; round < 500; round++) {
		size_t n = random_below(&r, VALUES_MAX);
		unsigned bits = (unsigned)random_below(&r, 64);
		int64_t scale = bits < 40 && random_below(&r, 2) == 1 ? 1 + (int64_t)random_below(&r, 1 << 23) : 1;
		uint64_t signs = random_below(&r, 3);
		for (size_t i = 0; i < n; i++) {
			int64_t size = (int64_t)(random_next(&r) >> (63 - bits) >> 1);
			bool below = signs == 0 ? random_below(&r, 2) == 1 : signs == 1 && i == 0;
			values[i] = (below ? -size - 1 : size) * scale;
		}
		assert_reads_back(values, n);
	}
}

static void test_what_the_buffer_cannot_hold_is_an_error(void **state)
{
	(void)state;
	static const int64_t values[] = {1, 2, 3};
	for (size_t limit = 0; limit < 4; limit++) {
		struct bytes out = bytes_new(limit);
		column_put(&out, values, 3);
		assert_int_equal(bytes_status(&out), STATUS_LIMIT);
		bytes_free(&out);
	}
}

/* Reads two values. */
static void take_two(struct cbor *r)
{
	int64_t values[2] = {0};
	column_take(r, true, values, 2);
}

static void test_what_is_no_column_is_refused(void **state)
{
	(void)state;
	static const char *const hostile[] = {
		"",   /* nothing */
		"40", /* too few */
		"41 00",
		"43 00 00 00", /* too many */
		"42 00 80",    /* a value without an end */
		"42 80 80",
		"43 80 00 00",                            /* two bytes for 0 */
		"43 00 81 00",                            /* two bytes for -1 */
		"4b 00 ff ff ff ff ff ff ff ff ff 02",    /* 65 bits */
		"4c 00 ff ff ff ff ff ff ff ff ff 81 00", /* eleven bytes */
		"43 00 00",                               /* string longer than the input */
		"5b ff ff ff ff ff ff ff ff 00",
		"58 02 00 00",       /* long head for a short string */
		"5f 41 00 41 00 ff", /* indefinite length */
		"62 00 00",
		"f6",
		"f5",
		"f9 00 00",
		"a0",                         /* other types */
		"1b ff ff ff ff ff ff ff ff", /* beyond 64 bits with a sign */
		"3b 80 00 00 00 00 00 00 00",
		"80",
		"81 42 00 00",
		"83 02 42 00 00 00",          /* not two parts */
		"82 00 42 00 00",             /* scale 0 */
		"82 01 42 00 00",             /* scale 1 */
		"82 1a 00 0f 42 41 42 00 00", /* scale 1,000,001 */
		"82 3a 00 0f 42 40 42 00 00", /* scale -1,000,001 */
		"82 02 00",                   /* scale of an integer */
		"82 20 00",
		"82 20 42 00 80", /* a value without an end */
		"82 20 43 00 80 00",
		"82 20 4b 00 80 80 80 80 80 80 80 80 80 01", /* 2^63 */
		"82 21 4a 00 80 80 80 80 80 80 80 80 40",    /* twice 2^62 */
		"82 02 41 00",
		"82 02 43 00 00 00",
		"82 02 4b 00 fe ff ff ff ff ff ff ff ff 01", /* twice the greatest */
		"82 02 4b 00 ff ff ff ff ff ff ff ff ff 01",
		"9f 02 42 00 00 ff",
	};
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		assert_refused(hostile[i], take_two);
	assert_taken("82 02 42 00 00", take_two);
	assert_taken("82 1a 00 0f 42 40 42 00 02", take_two);
	assert_taken("82 20 42 00 00", take_two);
	assert_taken("82 20 4a 00 ff ff ff ff ff ff ff ff 7f", take_two);
	assert_taken("82 21 4a 00 ff ff ff ff ff ff ff ff 3f", take_two);
	assert_taken("82 3a 00 0f 42 3f 42 01 02", take_two);
	assert_taken("82 02 4a 00 fe ff ff ff ff ff ff ff 7f", take_two);
	assert_taken("82 02 4a 00 ff ff ff ff ff ff ff ff 7f", take_two);
}

static void take_two_with_signs(struct cbor *r)
{
	int64_t values[2] = {0};
	column_take(r, false, values, 2);
}

static void test_signless_columns_are_read_only_where_they_may_be(void **state)
{
	(void)state;
	assert_taken("82 20 42 00 01", take_two);
	assert_taken("82 39 03 e7 42 00 01", take_two);
	assert_refused("82 20 42 00 01", take_two_with_signs);
	assert_refused("82 39 03 e7 42 00 01", take_two_with_signs);
	assert_taken("82 19 03 e8 42 00 01", take_two_with_signs);
	assert_taken("42 00 01", take_two_with_signs);
	assert_taken("20", take_two_with_signs);
}

static void test_every_truncation_is_refused(void **state)
{
	(void)state;
	static const int64_t columns[][3] = {{1000, -2001, 3000000},
					     {1000000, -2000000, 3000000},
					     {-1, 8191, 8191},
					     {-9000000, 9000000, 8191000000}};
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		struct bytes out = column_of(columns[i], 3);
		for (size_t len = 0; len < out.len; len++) {
			int64_t read[3] = {0};
			uint8_t *copy = malloc(len + 1);
			assert_non_null(copy);
			memcpy(copy, out.data, len);
			struct cbor r = cbor_reader(copy, len);
			column_take(&r, true, read, 3);
			assert_int_equal(cbor_end(&r), STATUS_MALFORMED);
			free(copy);
		}
		bytes_free(&out);
	}
}

static void test_a_failed_reader_stays_failed(void **state)
{
	(void)state;
	struct cbor r = cbor_reader("\x05", 1);
	cbor_fail(&r);
	int64_t values[2] = {7, 7};
	column_take(&r, true, values, 2);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_values_are_one_integer),
		cmocka_unit_test(test_other_values_are_zigzag_leb128),
		cmocka_unit_test(test_multiples_are_scaled_where_that_is_shorter),
		cmocka_unit_test(test_signs_are_left_out_where_that_is_shorter),
		cmocka_unit_test(test_heads_count_where_forms_are_compared),
		cmocka_unit_test(test_no_values_are_an_empty_string),
		cmocka_unit_test(test_columns_read_back),
		cmocka_unit_test(test_what_the_buffer_cannot_hold_is_an_error),
		cmocka_unit_test(test_what_is_no_column_is_refused),
		cmocka_unit_test(test_signless_columns_are_read_only_where_they_may_be),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_a_failed_reader_stays_failed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
