#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample_table.h"

/* Reads the table in pieces of several sizes; what is seen must not depend on them. */
static void expect_rows(struct slice table, const char *seen)
{
	static const size_t pieces[] = {1, 3, 1000000};
	for (size_t i = 0; i < 3; i++) {
		struct sample s = sample_of(table, pieces[i]);
		assert_int_equal(sample_run(&s, FORMAT_CSV), STATUS_OK);
		assert_null(s.report.reason);
		bytes_put_u8(&s.seen, '\0');
		assert_string_equal((const char *)s.seen.data, seen);
		bytes_free(&s.seen);
	}
}

static void expect(const char *table, const char *seen)
{
	expect_rows(slice_str(table), seen);
}

static void expect_refused(struct slice table, const char *reason, const char *column)
{
	struct sample s = sample_of(table, 5);
	assert_int_equal(sample_run(&s, FORMAT_CSV), STATUS_REFUSED);
	assert_string_equal(s.report.reason, reason);
	assert_string_equal(s.report.column, column);
	assert_int_equal(s.report.rows, 0);
	bytes_free(&s.seen);
}

static void test_the_separator_is_guessed_from_the_header(void **state)
{
	(void)state;
	expect("code,unit\n1,2\n", "2 ok code=1|unit=2\n");
	expect("code;unit;a, b\n1;2;3,4\n", "2 ok code=1|unit=2|a, b=3,4\n");
	expect("code\tunit\n1\t2\n", "2 ok code=1|unit=2\n");
	expect("\t\n\ncode\tunit\n\t2\n", "4 ok code=empty|unit=2\n");
	expect("\"a,b,c\";d\n1;2\n", "2 ok a,b,c=1|d=2\n");
	expect("code\n1\n", "2 ok code=1\n");
}

static void test_line_ends_of_any_system_are_read(void **state)
{
	(void)state;
	expect("a,b\r\n1,2\r\n3,4", "2 ok a=1|b=2\n3 ok a=3|b=4\n");
	expect("a,b\r1,2\r3,4\r", "2 ok a=1|b=2\n3 ok a=3|b=4\n");
	expect("\xef\xbb\xbf" "a,b\n1,2\n", "2 ok a=1|b=2\n");
}

static void test_quoted_cells_hold_separators_quotes_and_newlines(void **state)
{
	(void)state;
	expect("a,b\r\n\"x, \"\"y\"\"\",\"1\r\n2\"\r\n3,4\r\n", "2 ok a=x, \"y\"|b=1\r\n2\n3 ok a=3|b=4\n");
	expect("a,b\n5\" wide,x\n", "2 ok a=5\" wide|b=x\n");
	expect("a,b\n\"\",x\n", "2 ok a=empty|b=x\n");
}

static void test_rows_with_nothing_in_them_are_skipped_but_numbered(void **state)
{
	(void)state;
	expect("\r\n\r\na,b\r\n\r\n1,2\r\n,\r\n  \r\n3,4\r\n", "5 ok a=1|b=2\n8 ok a=3|b=4\n");
}

static void test_a_short_row_is_read_and_a_long_one_is_a_fault(void **state)
{
	(void)state;
	expect("a,b\n1\n1,2,3\n1,2,,\n5,6\n", "2 ok a=1\n3 shape a=1|b=2\n4 ok a=1|b=2\n5 ok a=5|b=6\n");
}

static void in_03_an_unterminated_quote_is_a_fault_of_the_row_it_begins_in(void **state)
{
	(void)state;
	expect("a,b\n1,2\n3,\"4\n5,6\n", "2 ok a=1|b=2\n3 shape a=3\n");
	expect("a,b\n1,2\n\"", "2 ok a=1|b=2\n3 shape \n");
}

static void test_empty_columns_after_the_last_name_are_no_columns(void **state)
{
	(void)state;
	expect("a,b,,\n1,2,,\n1,2,3,\n", "2 ok a=1|b=2\n3 shape a=1|b=2\n");
}

static void in_04_a_header_that_cannot_be_used_refuses_the_table(void **state)
{
	(void)state;
	expect_refused(slice_str("code,unit,Code \n1,2,3\n"), "header-repeated", "Code");
	expect_refused(slice_str("Mã hồ sơ;Ma\xcc\x83 HỒ SƠ\n1;2\n"), "header-repeated", "Ma\xcc\x83 HỒ SƠ");
	/* A name that is not the record table's may be a person's, in a file without a header. */
	expect_refused(slice_str("code,a person,A  Person\n1,2,3\n"), "header-repeated", "3");
	expect_refused(slice_str("code,,unit\n1,2,3\n"), "header-empty", "2");
	expect_refused(slice_str("code,\"\xc2\xa0\"\n1,2\n"), "header-empty", "2");
	expect_refused(slice_str("code,a\x01\n1,2\n"), "header-not-text", "2");
	expect_refused(slice_str("code,\"a\n1,2\n"), "header-quote", "");
	expect_refused(slice_str(""), "empty", "");
	expect_refused(slice_str("\n\r\n ,,\n"), "empty", "");
}

static void test_a_long_repeated_name_is_cut_between_letters(void **state)
{
	(void)state;
	static const char beginning[] = "\xe2\x80\x8b" "code";
	struct bytes table = bytes_new(1024);
	for (int i = 0; i < 2; i++) {
		bytes_put_str(&table, beginning);
		for (int k = 0; k < LIMIT_NAME / 2; k++)
			bytes_put_str(&table, "\xc2\xa0");
		bytes_put_str(&table, i == 0 ? "," : "\n1,2\n");
	}
	char name[LIMIT_NAME];
	memcpy(name, table.data, LIMIT_NAME - 1);
	name[LIMIT_NAME - 1] = '\0';
	expect_refused(bytes_slice(&table), "header-repeated", name);
	bytes_free(&table);
}

static void in_02_encodings_that_are_not_utf_8_are_recognised(void **state)
{
	(void)state;
	expect_refused(slice_of("\xff\xfe" "a\0,\0b\0", 8), "utf-16", "");
	expect_refused(slice_of("\xfe\xff\0a\0,\0b", 8), "utf-16", "");
	expect_refused(slice_of("a\0,\0b\0", 6), "utf-16", "");
	expect_refused(slice_str("code,M\xb7 h\xe5 s\xac\n1,2\n"), "not-utf-8", "2");
}

static void test_other_kinds_of_file_are_recognised(void **state)
{
	(void)state;
	expect_refused(slice_str("PK\x03\x04xxxx"), "spreadsheet", "");
	expect_refused(slice_str("\xd0\xcf\x11\xe0\xa1\xb1"), "excel-97", "");
	expect_refused(slice_str(" <html><table>"), "html", "");
}

static void in_02_a_row_may_hold_bytes_that_are_no_text(void **state)
{
	(void)state;
	expect("a,b\n\xff,2\n", "2 ok a=\xff|b=2\n");
}

/* A header of two columns, a row with a cell of len letters between others, and a row after it. */
static struct bytes table_with_cell(size_t len, bool quoted)
{
	struct bytes table = bytes_new(1024 * 1024);
	bytes_put_str(&table, quoted ? "a,b\n1,\"" : "a,b\n1,");
	uint8_t *letters = bytes_grow(&table, len);
	assert_non_null(letters);
	memset(letters, 'z', len);
	/* Blanks and a newline are what a bounded field must not stumble over. */
	for (size_t i = 100; quoted && i < len; i += 700)
		letters[i] = i % 1400 == 100 ? '\n' : ' ';
	bytes_put_str(&table, quoted ? "\"\n3,4\n" : "\n3,4\n");
	return table;
}

static void expect_too_long(size_t len, bool quoted)
{
	struct bytes table = table_with_cell(len, quoted);
	struct sample s = sample_of(bytes_slice(&table), 100000);
	assert_int_equal(sample_run(&s, FORMAT_CSV), STATUS_OK);
	bytes_put_u8(&s.seen, '\0');
	assert_memory_equal(s.seen.data, "2 too-long a=1", 14);
	assert_non_null(strstr((const char *)s.seen.data, "\n3 ok a=3|b=4\n"));
	assert_int_equal(s.report.rows, 2);
	bytes_free(&s.seen);
	bytes_free(&table);
}

static void in_03_a_row_over_the_limit_is_a_fault_and_reading_goes_on(void **state)
{
	(void)state;
	expect_too_long(LIMIT_LINE, false);
	expect_too_long(LIMIT_LINE + 1, true);
	expect_too_long(LIMIT_LINE * 5, false);
	expect_too_long(LIMIT_LINE * 5, true);
	struct bytes table = table_with_cell(LIMIT_LINE - 1, false);
	struct sample s = sample_of(bytes_slice(&table), 100000);
	assert_int_equal(sample_run(&s, FORMAT_CSV), STATUS_OK);
	assert_memory_equal(s.seen.data, "2 ok a=1|b=zzz", 14);
	bytes_free(&s.seen);
	bytes_free(&table);
}

static void test_a_long_run_of_blanks_does_not_confuse_the_bounds(void **state)
{
	(void)state;
	for (int quoted = 0; quoted < 2; quoted++) {
		struct bytes table = bytes_new(1024 * 1024);
		bytes_put_str(&table, quoted ? "a,b\n\"x\"" : "a,b\nx");
		uint8_t *blanks = bytes_grow(&table, LIMIT_LINE * 2);
		assert_non_null(blanks);
		memset(blanks, ' ', LIMIT_LINE * 2);
		bytes_put_str(&table, ",2\n3,4\n");
		struct sample s = sample_of(bytes_slice(&table), 100000);
		assert_int_equal(sample_run(&s, FORMAT_CSV), STATUS_OK);
		assert_int_equal(s.report.rows, 2);
		bytes_put_u8(&s.seen, '\0');
		assert_non_null(strstr((const char *)s.seen.data, "\n3 ok a=3|b=4\n"));
		bytes_free(&s.seen);
		bytes_free(&table);
	}
}

/* Two rows of count cells, the first of them the header. */
static struct bytes wide_table(size_t header, size_t cells)
{
	struct bytes table = bytes_new(64 * 1024);
	for (size_t i = 0; i < header; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "%sc%zu", i > 0 ? "," : "", i);
		bytes_put_str(&table, name);
	}
	bytes_put_str(&table, "\n");
	for (size_t i = 0; i < cells; i++)
		bytes_put_str(&table, i > 0 ? ",1" : "1");
	bytes_put_str(&table, "\n2\n");
	return table;
}

static void in_03_a_row_too_wide_is_a_fault_and_a_header_too_wide_refuses(void **state)
{
	(void)state;
	struct bytes table = wide_table(LIMIT_COLUMNS, LIMIT_COLUMNS);
	struct sample s = sample_of(bytes_slice(&table), 100000);
	assert_int_equal(sample_run(&s, FORMAT_CSV), STATUS_OK);
	assert_memory_equal(s.seen.data, "2 ok c0=1|", 10);
	bytes_free(&s.seen);
	bytes_free(&table);
	table = wide_table(LIMIT_COLUMNS, LIMIT_COLUMNS + 1);
	s = sample_of(bytes_slice(&table), 100000);
	assert_int_equal(sample_run(&s, FORMAT_CSV), STATUS_OK);
	assert_memory_equal(s.seen.data, "2 too-wide c0=1|", 16);
	assert_int_equal(s.report.rows, 2);
	bytes_free(&s.seen);
	bytes_free(&table);
	table = wide_table(LIMIT_COLUMNS + 1, 1);
	expect_refused(bytes_slice(&table), "too-wide", "");
	bytes_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_separator_is_guessed_from_the_header),
		cmocka_unit_test(test_line_ends_of_any_system_are_read),
		cmocka_unit_test(test_quoted_cells_hold_separators_quotes_and_newlines),
		cmocka_unit_test(test_rows_with_nothing_in_them_are_skipped_but_numbered),
		cmocka_unit_test(test_a_short_row_is_read_and_a_long_one_is_a_fault),
		cmocka_unit_test(in_03_an_unterminated_quote_is_a_fault_of_the_row_it_begins_in),
		cmocka_unit_test(test_empty_columns_after_the_last_name_are_no_columns),
		cmocka_unit_test(in_04_a_header_that_cannot_be_used_refuses_the_table),
		cmocka_unit_test(test_a_long_repeated_name_is_cut_between_letters),
		cmocka_unit_test(in_02_encodings_that_are_not_utf_8_are_recognised),
		cmocka_unit_test(test_other_kinds_of_file_are_recognised),
		cmocka_unit_test(in_02_a_row_may_hold_bytes_that_are_no_text),
		cmocka_unit_test(in_03_a_row_over_the_limit_is_a_fault_and_reading_goes_on),
		cmocka_unit_test(test_a_long_run_of_blanks_does_not_confuse_the_bounds),
		cmocka_unit_test(in_03_a_row_too_wide_is_a_fault_and_a_header_too_wide_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
