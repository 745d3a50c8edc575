#include "cbor_fixture.h"
#include "random_fixture.h"

#include "protocol/column.h"

enum { VALUES_MAX = 300, COLUMN_ROOM = 64 * 1024 };

static struct bytes column_of(const int64_t *values, size_t n, bool scaled)
{
	struct bytes out = bytes_new(COLUMN_ROOM);
	column_put(&out, values, n, scaled);
	assert_int_equal(bytes_status(&out), STATUS_OK);
	return out;
}

static void assert_column(const int64_t *values, size_t n, bool scaled, const char *expected)
{
	struct bytes out = column_of(values, n, scaled);
	struct input in = input_of(expected);
	assert_int_equal(out.len, in.len);
	assert_memory_equal(out.data, in.data, in.len);
	free(in.data);
	bytes_free(&out);
}

static void assert_reads_back(const int64_t *values, size_t n, bool scaled)
{
	struct bytes out = column_of(values, n, scaled);
	int64_t *read = calloc(n + 1, sizeof(*read));
	assert_non_null(read);
	struct cbor r = cbor_reader(out.data, out.len);
	column_take(&r, read, n);
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
	assert_column(same, 3, false, "05");
	assert_column(same, 1, true, "05");
	assert_column(least, 2, false, "3b 7f ff ff ff ff ff ff ff");
}

static void test_other_values_are_zigzag_leb128(void **state)
{
	(void)state;
	static const int64_t values[] = {0, -1, 1, 63, -64, 64, 300};
	static const int64_t ends[] = {INT64_MAX, INT64_MIN};
	assert_column(values, 7, false, "49 00 01 02 7e 7f 80 01 d8 04");
	assert_column(ends, 2, false, "54 fe ff ff ff ff ff ff ff ff 01 ff ff ff ff ff ff ff ff ff 01");
}

static void test_whole_thousands_are_scaled_where_asked(void **state)
{
	(void)state;
	static const int64_t values[] = {1000, -2000};
	static const int64_t others[] = {1000, -2001};
	assert_column(values, 2, true, "82 19 03 e8 42 02 03");
	assert_column(values, 2, false, "44 d0 0f 9f 1f");
	assert_column(others, 2, true, "44 d0 0f a1 1f");
}

static void test_no_values_are_an_empty_string(void **state)
{
	(void)state;
	assert_column(NULL, 0, false, "40");
	assert_column(NULL, 0, true, "40");
	assert_reads_back(NULL, 0, true);
}

static void test_columns_read_back(void **state)
{
	(void)state;
	static const int64_t ends[] = {INT64_MAX, INT64_MIN, 0, INT64_MIN + 1, INT64_MAX - 1, -1, 1};
	int64_t values[VALUES_MAX];
	struct random r = {1};
	assert_reads_back(ends, sizeof(ends) / sizeof(ends[0]), false);
	assert_reads_back(ends, sizeof(ends) / sizeof(ends[0]), true);
	for (size_t round = 0; round < 500; round++) {
		size_t n = random_below(&r, VALUES_MAX);
		unsigned bits = (unsigned)random_below(&r, 64);
		int64_t scale = bits < 50 && random_below(&r, 2) == 1 ? 1000 : 1;
		for (size_t i = 0; i < n; i++) {
			int64_t size = (int64_t)(random_next(&r) >> (63 - bits) >> 1);
			values[i] = (random_below(&r, 2) == 1 ? -size - 1 : size) * scale;
		}
		assert_reads_back(values, n, random_below(&r, 2) == 1);
	}
}

static void test_what_the_buffer_cannot_hold_is_an_error(void **state)
{
	(void)state;
	static const int64_t values[] = {1, 2, 3};
	for (size_t limit = 0; limit < 4; limit++) {
		struct bytes out = bytes_new(limit);
		column_put(&out, values, 3, false);
		assert_int_equal(bytes_status(&out), STATUS_LIMIT);
		bytes_free(&out);
	}
}

/* Reads two values. */
static void take_two(struct cbor *r)
{
	int64_t values[2] = {0};
	column_take(r, values, 2);
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
		"82 20 42 00 00",             /* scale -1 */
		"82 1a 00 0f 42 41 42 00 00", /* scale 1,000,001 */
		"82 02 00",                   /* scale of an integer */
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
	assert_taken("82 02 4a 00 fe ff ff ff ff ff ff ff 7f", take_two);
	assert_taken("82 02 4a 00 ff ff ff ff ff ff ff ff 7f", take_two);
}

static void test_every_truncation_is_refused(void **state)
{
	(void)state;
	static const int64_t values[] = {1000, -2000, 3000000};
	for (unsigned scaled = 0; scaled < 2; scaled++) {
		struct bytes out = column_of(values, 3, scaled == 1);
		for (size_t len = 0; len < out.len; len++) {
			int64_t read[3] = {0};
			uint8_t *copy = malloc(len + 1);
			assert_non_null(copy);
			memcpy(copy, out.data, len);
			struct cbor r = cbor_reader(copy, len);
			column_take(&r, read, 3);
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
	column_take(&r, values, 2);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_values_are_one_integer),
		cmocka_unit_test(test_other_values_are_zigzag_leb128),
		cmocka_unit_test(test_whole_thousands_are_scaled_where_asked),
		cmocka_unit_test(test_no_values_are_an_empty_string),
		cmocka_unit_test(test_columns_read_back),
		cmocka_unit_test(test_what_the_buffer_cannot_hold_is_an_error),
		cmocka_unit_test(test_what_is_no_column_is_refused),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_a_failed_reader_stays_failed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
