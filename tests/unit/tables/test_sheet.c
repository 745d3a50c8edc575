#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tables/column_map.h"
#include "sample_table.h"

/* What motcua-tables might say, or a CSV, with the header searched for. */
static struct sample read_as(enum table_format format, struct slice table, const struct column_map *map,
			     enum status wanted)
{
	const struct reader_form form = {
		.format = format, .search = true, .map = map, .translated = format != FORMAT_CSV};
	struct sample s = sample_of(table, 7);
	assert_int_equal(reader_run_form(form, sample_source, &s, sample_row, &s, &s.report), wanted);
	bytes_put_u8(&s.seen, '\0');
	return s;
}

static void expect_form(enum table_format format, const char *table, const char *seen)
{
	struct sample s = read_as(format, slice_str(table), NULL, STATUS_OK);
	assert_null(s.report.reason);
	assert_string_equal((const char *)s.seen.data, seen);
	bytes_free(&s.seen);
}

static void expect(const char *table, const char *seen)
{
	expect_form(FORMAT_CSV, table, seen);
}

static void expect_refused(enum table_format format, const char *table, const char *reason)
{
	struct sample s = read_as(format, slice_str(table), NULL, STATUS_REFUSED);
	assert_string_equal(s.report.reason, reason);
	bytes_free(&s.seen);
}

static void expect_skipped(const char *table, enum skipped what, int64_t count)
{
	struct sample s = read_as(FORMAT_CSV, slice_str(table), NULL, STATUS_OK);
	for (unsigned i = 0; i < SKIPPED_COUNT; i++)
		assert_int_equal(s.report.skipped[i], i == what ? count : 0);
	bytes_free(&s.seen);
}

static void test_the_header_is_the_first_row_with_the_key(void **state)
{
	(void)state;
	expect("a title\nunit,1\ncode,x\n1,2\n", "4 ok code=1|x=2\n");
	expect("domain,fee\ncode,x\n1,2\n", "3 ok code=1|x=2\n");
	expect_refused(FORMAT_CSV, "domain,received_at\n1,2\n", "header-no-key");
	expect_refused(FORMAT_CSV, "domain,x\n1,2\n", "header-unknown");
	expect_refused(FORMAT_CSV, "\n\n", "empty");
}

static void test_the_first_oddity_is_the_reason_where_no_header_comes(void **state)
{
	(void)state;
	expect_refused(FORMAT_CSV, "\xff,1\n\"x\n", "not-utf-8");
	expect_refused(FORMAT_CSV, "a,\"x\n1,2\n", "header-quote");
	expect("\xff,1\ncode,unit\n1,2\n", "3 ok code=1|unit=2\n");
}

static void test_two_rows_make_one_header_where_more_is_known_so(void **state)
{
	(void)state;
	expect("code,Ngày,\n,nhận,trả\n7,8,9\n", "3 ok code=7|Ngày nhận=8|Ngày trả=9\n");
	expect("code,Ngày,\ncode,nhận,trả\n7,8,9\n", "3 ok code=7|Ngày nhận=8|Ngày trả=9\n");
	expect("code,unit\n,a name\n1,2\n", "3 ok code=1|unit=2\n");
	/* The upper half has no code; without its names those of whole columns would be missing. */
	expect("Tổ,Hồ sơ,,unit\n,code,domain,\n7,8,9,5\n", "3 ok Tổ=7|code=8|domain=9|unit=5\n");
	expect_skipped("unit,Hồ sơ,\n,code,domain\n7,8,9\n", SKIPPED_TITLE, 0);
	expect_skipped("a,b,c\n,code,domain\n,8,9\n", SKIPPED_TITLE, 1);
	expect_skipped("unit,a,b\n\n,code,domain\n,8,9\n", SKIPPED_TITLE, 1);
	/* A code is no name. */
	expect("code,unit\ndomain,fee\n", "2 ok code=domain|unit=fee\n");
}

static void test_what_is_no_record_is_counted_for_what_it_is(void **state)
{
	(void)state;
	expect_skipped("a\nb\ncode,fee,unit\n7,8,9\n", SKIPPED_TITLE, 2);
	expect_skipped("code,fee,unit\n7,8,9\ncode,fee,unit\n4,5,6\n", SKIPPED_HEADER, 1);
	expect_skipped("code,fee,unit\n(1),(2),(3)=1+2\n7,8,9\n", SKIPPED_HEADER, 1);
	expect_skipped("code,fee,unit\nA,B,1,2\n7,8,9\n", SKIPPED_HEADER, 1);
	expect_skipped("stt,code,unit\n1,1,x\n,,a name\nII,a name\n,,\n3\n", SKIPPED_BANNER, 3);
	expect_skipped("stt,code,unit\n1,1,x\nTổng cộng,3,5\n,Cộng,7\n,,Tổng số: 8\n", SKIPPED_TOTAL, 3);
	expect_skipped("code,fee,unit\n7,8,9\n,,\"Ngày 1 tháng 2 năm 2024\"\n,Người lập,\nA B,A B,\n",
		       SKIPPED_SIGNATURE, 3);
}

static void test_numbers_of_columns_stand_below_a_header_only(void **state)
{
	(void)state;
	expect("code,fee,unit\n9,2,3\n1,2,3\n", "2 ok code=9|fee=2|unit=3\n3 ok code=1|fee=2|unit=3\n");
}

static void test_records_are_never_taken_for_something_else(void **state)
{
	(void)state;
	/* No code, but more than one text. */
	expect("code,fee,unit\n,2,3\n", "2 ok code=empty|fee=2|unit=3\n");
	/* A code alone, and one like a word for sums. */
	expect("code,fee\nB-1,\nTong,5\n", "2 ok code=B-1|fee=empty\n3 ok code=Tong|fee=5\n");
	/* A record behind the signatures is one. */
	expect("code,fee\n,Giám đốc\nB-2,5\n", "3 ok code=B-2|fee=5\n");
	/* A director among the cells of a record that lacks its code. */
	expect("code,fee,domain,x\n,5,Giám đốc,01/02/2024\n",
	       "2 ok code=empty|fee=5|domain=Giám đốc|x=01/02/2024\n");
	/* Indicators are called by phrases, and some of them are sums. */
	expect("name,period,value\nTổng số hồ sơ,2024,5\nCộng,2024,\n",
	       "2 ok name=Tổng số hồ sơ|period=2024|value=5\n3 ok name=Cộng|period=2024|value=empty\n");
}

static void test_a_title_does_not_decide_the_separator(void **state)
{
	(void)state;
	expect("a,b,c,d,e\ncode;unit\n1;2\n", "3 ok code=1|unit=2\n");
	expect("a;b;c\n\"co\"\"de\"\tcode\tunit\n7\t8\t9\n", "3 ok co\"de=7|code=8|unit=9\n");
}

static struct column_map *map_of(const char *text)
{
	struct column_map *map = NULL;
	enum map_fault fault = MAP_OK;
	int line = 0;
	assert_int_equal(column_map_read(slice_str(text), &map, &fault, &line), STATUS_OK);
	return map;
}

static void test_a_banner_is_a_cell_of_the_rows_below_where_the_map_says_so(void **state)
{
	(void)state;
	struct column_map *map = map_of("[map]\nkind = dossier\nbanner = unit\n[columns]\n\"Số\" = code\n");
	struct sample s =
		read_as(FORMAT_CSV, slice_str("Số,fee\n1,2\nXã A\n3,4\n\n5,6\nXã B\n7,8\n"), map, STATUS_OK);
	assert_string_equal((const char *)s.seen.data, "2 ok Số=1|fee=2\n4 ok Số=3|fee=4|unit=Xã A\n"
						       "6 ok Số=5|fee=6|unit=Xã A\n8 ok Số=7|fee=8|unit=Xã B\n");
	bytes_free(&s.seen);
	column_map_free(map);
}

static const char BOOK[] = "{\"sheet\":1,\"name\":\"Bìa\"}\n[\"a\"]\n{\"sheet\":2,\"name\":\"Hai\"}\n"
			   "{\"row\":3}\n[\"code\",\"unit\",\"fee\"]\n[\"1\",null,\"\"]\n{\"row\":9}\n"
			   "{\"fault\":\"too-long\"}\n{\"fault\":\"too-wide\"}\n[\"2\",\"3\"]\n"
			   "{\"sheet\":3,\"name\":\"\"}\n[\"code\",\"unit\",\"fee\"]\n[\"7\",\"8\",\"9\"]\n"
			   "{\"end\":true}\n";

static void test_a_workbook_is_read_from_its_first_header_to_the_end_of_that_sheet(void **state)
{
	(void)state;
	struct sample s = read_as(FORMAT_XLSX, slice_str(BOOK), NULL, STATUS_OK);
	assert_string_equal((const char *)s.seen.data,
			    "4 ok code=1|unit=other|fee=empty\n9 too-long \n10 too-wide \n11 ok code=2|unit=3\n");
	assert_int_equal(s.report.sheet, 2);
	assert_string_equal(s.report.sheet_name, "Hai");
	assert_int_equal(s.report.header, 3);
	assert_int_equal(s.report.unread, 1);
	assert_int_equal(s.report.skipped[SKIPPED_TITLE], 1);
	bytes_free(&s.seen);
}

static void expect_name(const char *said, const char *name)
{
	char table[512];
	(void)snprintf(table, sizeof(table), "{\"sheet\":1,\"name\":\"%s\"}\n[\"code\",\"unit\"]\n{\"end\":true}\n",
		       said);
	struct sample s = read_as(FORMAT_XLSX, slice_str(table), NULL, STATUS_OK);
	assert_string_equal(s.report.sheet_name, name);
	bytes_free(&s.seen);
}

static void test_the_name_of_a_sheet_is_fit_for_a_screen(void **state)
{
	(void)state;
	char longest[LIMIT_SHEET_NAME + 1];
	memset(longest, 'x', LIMIT_SHEET_NAME);
	longest[LIMIT_SHEET_NAME] = '\0';
	expect_name("Tha\xcc\x81ng 5", "Tháng 5");
	expect_name("\\u001b[31m", "");
	expect_name(longest, longest);
	char longer[LIMIT_SHEET_NAME + 2];
	memset(longer, 'x', LIMIT_SHEET_NAME + 1);
	longer[LIMIT_SHEET_NAME + 1] = '\0';
	expect_name(longer, "");
}

static void test_a_page_goes_on_where_the_header_comes_again(void **state)
{
	(void)state;
	struct sample s = read_as(FORMAT_HTML, slice_str(BOOK), NULL, STATUS_OK);
	assert_non_null(strstr((const char *)s.seen.data, "2 ok code=7|unit=8|fee=9\n"));
	assert_int_equal(s.report.unread, 0);
	bytes_free(&s.seen);
}

static void test_motcua_tables_is_not_believed_more_than_a_file(void **state)
{
	(void)state;
	static const char *const damaged[] = {"x\n",
					      "[1]\n",
					      "[[]]\n",
					      "{}\n",
					      "{\"end\":false}\n",
					      "{\"end\":true}\n[]\n",
					      "{\"refused\":\"what it likes\"}\n",
					      "{\"row\":0}\n",
					      "{\"row\":1,\"row\":2}\n",
					      "{\"sheet\":\"1\",\"name\":\"\"}\n",
					      "{\"refused\":\"damaged\"}\n"};
	for (size_t i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++)
		expect_refused(FORMAT_XLSX, damaged[i], "damaged");
	expect_refused(FORMAT_XLSX, "", "cut-off");
	expect_refused(FORMAT_XLSX, "[\"code\",\"unit\"]\n[\"1\",\"2\"]\n", "cut-off");
	expect_refused(FORMAT_HTML, "{\"refused\":\"no-table\"}\n", "no-table");
	expect_refused(FORMAT_XLSX, "{\"end\":true}\n", "empty");
	expect_refused(FORMAT_HTML, "{\"bytes\":true}\n[\"code\",\"unit\"]\n{\"end\":true}\n", "not-utf-8");
}

static void test_a_line_and_a_row_over_the_limits_are_damage(void **state)
{
	(void)state;
	struct bytes table = bytes_new(16 * LIMIT_LINE);
	bytes_put_str(&table, "[\"");
	uint8_t *letters = bytes_grow(&table, 9 * LIMIT_LINE);
	assert_non_null(letters);
	memset(letters, 'x', 9 * LIMIT_LINE);
	bytes_put_str(&table, "\"]\n{\"end\":true}\n");
	struct sample s = read_as(FORMAT_XLSX, bytes_slice(&table), NULL, STATUS_REFUSED);
	assert_string_equal(s.report.reason, "damaged");
	bytes_free(&s.seen);
	bytes_clear(&table);
	for (int i = 0; i <= LIMIT_COLUMNS; i++)
		bytes_put_str(&table, i == 0 ? "[\"\"" : ",\"\"");
	bytes_put_str(&table, "]\n{\"end\":true}\n");
	s = read_as(FORMAT_XLSX, bytes_slice(&table), NULL, STATUS_REFUSED);
	assert_string_equal(s.report.reason, "damaged");
	bytes_free(&s.seen);
	bytes_free(&table);
}

static void test_the_beginning_of_a_file_shows_its_format(void **state)
{
	(void)state;
	static const struct {
		const char *head;
		enum table_format format;
		const char *reason;
	} files[] = {
		{"PK\3\4", FORMAT_XLSX, NULL},
		{"\xef\xbb\xbf \r\n<!DOCTYPE html>", FORMAT_HTML, NULL},
		{" {\"a\":1}", FORMAT_NDJSON, NULL},
		{"code,unit", FORMAT_CSV, NULL},
		{"", FORMAT_CSV, NULL},
		{"\xff\xfe<", FORMAT_AUTO, "utf-16"},
		{"\xd0\xcf\x11\xe0", FORMAT_AUTO, "excel-97"},
	};
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const char *reason = "x";
		assert_int_equal(reader_sniff(slice_str(files[i].head), &reason), files[i].format);
		assert_true(files[i].reason == NULL ? reason == NULL : strcmp(reason, files[i].reason) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_header_is_the_first_row_with_the_key),
		cmocka_unit_test(test_the_first_oddity_is_the_reason_where_no_header_comes),
		cmocka_unit_test(test_two_rows_make_one_header_where_more_is_known_so),
		cmocka_unit_test(test_what_is_no_record_is_counted_for_what_it_is),
		cmocka_unit_test(test_numbers_of_columns_stand_below_a_header_only),
		cmocka_unit_test(test_records_are_never_taken_for_something_else),
		cmocka_unit_test(test_a_title_does_not_decide_the_separator),
		cmocka_unit_test(test_a_banner_is_a_cell_of_the_rows_below_where_the_map_says_so),
		cmocka_unit_test(test_a_workbook_is_read_from_its_first_header_to_the_end_of_that_sheet),
		cmocka_unit_test(test_the_name_of_a_sheet_is_fit_for_a_screen),
		cmocka_unit_test(test_a_page_goes_on_where_the_header_comes_again),
		cmocka_unit_test(test_motcua_tables_is_not_believed_more_than_a_file),
		cmocka_unit_test(test_a_line_and_a_row_over_the_limits_are_damage),
		cmocka_unit_test(test_the_beginning_of_a_file_shows_its_format),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
