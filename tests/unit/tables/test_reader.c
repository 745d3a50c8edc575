#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample_table.h"

static void expect_format(const char *table, enum table_format format, char separator)
{
	struct sample s = sample_of(slice_str(table), 2);
	assert_int_equal(sample_run(&s, FORMAT_AUTO), STATUS_OK);
	assert_int_equal(s.report.format, format);
	assert_int_equal(s.report.separator, separator);
	assert_int_equal(s.report.rows, 1);
	bytes_free(&s.seen);
}

static void test_the_format_is_told_by_the_first_letter(void **state)
{
	(void)state;
	expect_format("{\"a\":1}\n", FORMAT_NDJSON, '\0');
	expect_format("\xef\xbb\xbf \r\n\t{\"a\":1}\n", FORMAT_NDJSON, '\0');
	expect_format("a;b\n1;2\n", FORMAT_CSV, ';');
	expect_format("\xef\xbb\xbf" "a\tb\n1\t2\n", FORMAT_CSV, '\t');
}

static void test_utf_16_is_no_ndjson_either(void **state)
{
	(void)state;
	struct sample s = sample_of(slice_of("\xff\xfe{\0", 4), 4);
	assert_int_equal(sample_run(&s, FORMAT_NDJSON), STATUS_REFUSED);
	assert_string_equal(s.report.reason, "utf-16");
	bytes_free(&s.seen);
}

static void test_a_source_that_fails_ends_the_reading_with_its_status(void **state)
{
	(void)state;
	static const char *const tables[] = {"a,b\n1,2\n", "{\"a\":1}\n"};
	for (size_t i = 0; i < 2; i++) {
		struct sample s = sample_of(slice_str(tables[i]), 100);
		s.fail = STATUS_DISK;
		assert_int_equal(sample_run(&s, FORMAT_AUTO), STATUS_DISK);
		bytes_free(&s.seen);
	}
}

static void test_the_row_function_may_stop_the_reading(void **state)
{
	(void)state;
	static const char *const tables[] = {"a,b\n1,2\n3,4\n5,6\n", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n"};
	for (size_t i = 0; i < 2; i++) {
		struct sample s = sample_of(slice_str(tables[i]), 100);
		s.stop_at = 2;
		assert_int_equal(sample_run(&s, FORMAT_AUTO), STATUS_STOPPED);
		assert_int_equal(s.report.rows, 2);
		bytes_free(&s.seen);
	}
}

static void test_a_table_of_many_pieces_loses_no_row(void **state)
{
	(void)state;
	enum { ROWS = 20000 };
	struct bytes table = bytes_new(1024 * 1024);
	bytes_put_str(&table, "code,domain\r\n");
	for (int i = 0; i < ROWS; i++)
		bytes_put_str(&table, i % 3 == 0 ? "1,\"a\"\"b\"\r\n" : "12,\"đất, \r\nđai\"\r\n");
	struct sample s = sample_of(bytes_slice(&table), 4099);
	assert_int_equal(sample_run(&s, FORMAT_AUTO), STATUS_OK);
	assert_int_equal(s.report.rows, ROWS);
	bytes_free(&s.seen);
	bytes_free(&table);
}

/* A source without an end, of one line, which is skipped quickly. */
static enum status endless(void *context, void *buf, size_t len, size_t *ret_len)
{
	(void)context;
	memset(buf, 'x', len);
	*ret_len = len;
	return STATUS_OK;
}

static enum status no_row(void *context, const struct row *row, enum row_fault fault)
{
	(void)context;
	(void)row;
	(void)fault;
	return STATUS_CORRUPT;
}

static void test_the_limit_of_an_import_holds(void **state)
{
	(void)state;
	struct reader_report report;
	assert_int_equal(reader_run(FORMAT_NDJSON, endless, NULL, no_row, NULL, &report), STATUS_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_format_is_told_by_the_first_letter),
		cmocka_unit_test(test_utf_16_is_no_ndjson_either),
		cmocka_unit_test(test_a_source_that_fails_ends_the_reading_with_its_status),
		cmocka_unit_test(test_the_row_function_may_stop_the_reading),
		cmocka_unit_test(test_a_table_of_many_pieces_loses_no_row),
		cmocka_unit_test(test_the_limit_of_an_import_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
