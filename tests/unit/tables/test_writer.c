#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tables/writer.h"

/* A stream in memory, and what was written to it. */
struct page {
	FILE *out;
	char *text;
	size_t len;
};

static int set_up(void **state)
{
	struct page *p = calloc(1, sizeof *p);
	if (p == NULL)
		return -1;
	p->out = open_memstream(&p->text, &p->len);
	*state = p;
	return p->out != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	struct page *p = *state;
	(void)fclose(p->out);
	free(p->text);
	free(p);
	return 0;
}

static void expect(struct page *p, const char *text)
{
	assert_int_equal(writer_status(p->out), STATUS_OK);
	assert_string_equal(p->text, text);
}

static void test_json_keeps_commas_and_nesting(void **state)
{
	struct page *p = *state;
	struct json_writer w = json_writer_new(p->out);
	json_object(&w);
	json_member_str(&w, "a", "x");
	json_member_int(&w, "b", INT64_MIN);
	json_key(&w, "c");
	json_array(&w);
	json_int(&w, 1);
	json_array(&w);
	json_array_end(&w);
	json_object(&w);
	json_object_end(&w);
	json_bool(&w, true);
	json_null(&w);
	json_array_end(&w);
	json_member_str(&w, "d", NULL);
	json_object_end(&w);
	json_end_line(&w);
	json_object(&w);
	json_key(&w, "e");
	json_bool(&w, false);
	json_object_end(&w);
	json_end_line(&w);
	expect(p, "{\"a\":\"x\",\"b\":-9223372036854775808,\"c\":[1,[],{},true,null],\"d\":null}\n{\"e\":false}\n");
}

static void test_json_text_is_escaped_and_always_utf_8(void **state)
{
	struct page *p = *state;
	struct json_writer w = json_writer_new(p->out);
	json_text(&w, slice_of("\"\\\b\f\n\r\t\x01\x7f\0/ \xc6\xa1\xf0\x9f\x98\x80\xc2\x9b" "2J", 22));
	json_end_line(&w);
	json_str(&w, "a\xff" "b\xc6");
	json_end_line(&w);
	expect(p, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u007f\\u0000/ ơ\xf0\x9f\x98\x80\\u009b2J\"\n\"a\\ufffdb\\ufffd\"\n");
}

static void test_a_decimal_is_exact(void **state)
{
	struct page *p = *state;
	struct json_writer w = json_writer_new(p->out);
	json_array(&w);
	json_decimal(&w, 1897, 2);
	json_decimal(&w, -5, 3);
	json_decimal(&w, 7, 0);
	json_decimal(&w, INT64_MIN, 18);
	json_decimal(&w, INT64_MAX, 1);
	json_array_end(&w);
	expect(p, "[18.97,-0.005,7,-9.223372036854775808,922337203685477580.7]");
	char text[DECIMAL_TEXT];
	assert_string_equal(decimal_format(5000, 2, ',', text), "50,00");
}

static struct table *sample(void)
{
	static const char *const headings[] = {"Đơn vị", "Số", "Ghi chú"};
	static const bool numeric[] = {false, true, false};
	struct table *t = table_new(3, headings, numeric);
	assert_non_null(t);
	table_row(t);
	table_cell(t, "Bắc Kạn");
	table_cell_int(t, 1608);
	table_cell(t, "=1+1");
	table_row(t);
	table_cell(t, "Ba\xcc\x86\xcc\x81" "c");
	table_cell_int(t, -1234567);
	table_row(t);
	table_cell(t, NULL);
	table_cell(t, "-");
	table_cell(t, "a, \"b\"\nc");
	table_cell(t, "one too many");
	return t;
}

static void test_a_table_is_aligned_by_what_is_seen(void **state)
{
	struct page *p = *state;
	struct table *t = sample();
	table_print_text(t, p->out);
	expect(p, "Đơn vị           Số  Ghi chú\n"
		  "-------  ----------  --------\n"
		  "Bắc Kạn       1.608  =1+1\n"
		  "Ba\xcc\x86\xcc\x81" "c      -1.234.567\n"
		  "                  -  a, \"b\" c\n");
	table_free(t);
}

static void test_thousands_are_grouped_in_text_only(void **state)
{
	struct page *p = *state;
	static const int64_t numbers[] = {0, 7, -7, 999, -999, 1000, -1000, 999999, 1000000, INT64_MIN};
	static const char *const heading[] = {"n"};
	struct table *t = table_new(1, heading, NULL);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		table_row(t);
		table_cell_int(t, numbers[i]);
	}
	table_print_text(t, p->out);
	table_print_csv(t, p->out);
	expect(p, "n\n--------------------------\n0\n7\n-7\n999\n-999\n1.000\n-1.000\n999.999\n1.000.000\n"
		  "-9.223.372.036.854.775.808\n"
		  "\xef\xbb\xbfn\r\n0\r\n7\r\n-7\r\n999\r\n-999\r\n1000\r\n-1000\r\n999999\r\n1000000\r\n"
		  "-9223372036854775808\r\n");
	table_free(t);
}

static void test_csv_is_quoted_and_runs_no_formula(void **state)
{
	struct page *p = *state;
	struct table *t = sample();
	table_print_csv(t, p->out);
	expect(p, "\xef\xbb\xbfĐơn vị,Số,Ghi chú\r\n"
		  "Bắc Kạn,1608,'=1+1\r\n"
		  "Ba\xcc\x86\xcc\x81" "c,-1234567,\r\n"
		  ",'-,\"a, \"\"b\"\"\nc\"\r\n");
	table_free(t);
}

static void in_05_every_beginning_of_a_formula_is_guarded(void **state)
{
	struct page *p = *state;
	static const char *const headings[] = {"@h", "n"};
	static const bool numeric[] = {false, true};
	static const char *const cells[] = {"=a", "+a", "-a", "@a", "\ta", "\ra", "-5", "a=", " =a"};
	struct table *t = table_new(2, headings, numeric);
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
		table_row(t);
		table_cell(t, cells[i]);
		table_cell(t, cells[i]);
	}
	table_print_csv(t, p->out);
	expect(p, "\xef\xbb\xbf'@h,n\r\n'=a,'=a\r\n'+a,'+a\r\n'-a,'-a\r\n'@a,'@a\r\n\"'\ta\",\"'\ta\"\r\n"
		  "\"'\ra\",\"'\ra\"\r\n'-5,-5\r\na=,a=\r\n\" =a\",\" =a\"\r\n");
	table_free(t);
}

static void test_a_table_without_rows_has_its_heading(void **state)
{
	struct page *p = *state;
	static const char *const headings[] = {"a", "b"};
	struct table *t = table_new(2, headings, NULL);
	table_cell(t, "before any row");
	table_cell_int(t, 5);
	table_print_text(t, p->out);
	table_print_csv(t, p->out);
	expect(p, "a  b\n-  -\n\xef\xbb\xbf" "a,b\r\n");
	table_free(t);
}

static void test_a_missing_table_does_nothing(void **state)
{
	struct page *p = *state;
	table_row(NULL);
	table_cell(NULL, "x");
	table_cell_int(NULL, 1);
	table_print_text(NULL, p->out);
	table_print_csv(NULL, p->out);
	table_free(NULL);
	assert_int_equal(table_status(NULL), STATUS_NO_MEMORY);
	expect(p, "");
}

static void test_a_table_over_its_limit_says_so_and_prints_nothing(void **state)
{
	struct page *p = *state;
	enum { CELL = 1024 * 1024 };
	static const char *const heading[] = {"a"};
	char *text = malloc(CELL + 1);
	assert_non_null(text);
	memset(text, 'x', CELL);
	text[CELL] = '\0';
	struct table *t = table_new(1, heading, NULL);
	for (int i = 0; i < TABLE_TEXT / CELL; i++) {
		assert_int_equal(table_status(t), STATUS_OK);
		table_row(t);
		table_cell(t, text);
	}
	assert_int_equal(table_status(t), STATUS_LIMIT);
	table_row(t);
	table_cell(t, "a");
	table_print_text(t, p->out);
	table_print_csv(t, p->out);
	expect(p, "");
	table_free(t);
	free(text);
}

static void test_a_full_disk_is_told_at_the_end(void **state)
{
	(void)state;
	FILE *full = fopen("/dev/full", "w");
	if (full == NULL)
		skip();
	(void)fputs("x", full);
	assert_int_equal(writer_status(full), STATUS_DISK_FULL);
	/* The stream remembers, though nothing is left to flush. */
	enum status again = writer_status(full);
	assert_true(again == STATUS_DISK || again == STATUS_DISK_FULL);
	(void)fclose(full);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_json_keeps_commas_and_nesting),
		CASE(test_json_text_is_escaped_and_always_utf_8),
		CASE(test_a_decimal_is_exact),
		CASE(test_a_table_is_aligned_by_what_is_seen),
		CASE(test_thousands_are_grouped_in_text_only),
		CASE(test_csv_is_quoted_and_runs_no_formula),
		CASE(in_05_every_beginning_of_a_formula_is_guarded),
		CASE(test_a_table_without_rows_has_its_heading),
		CASE(test_a_missing_table_does_nothing),
		CASE(test_a_table_over_its_limit_says_so_and_prints_nothing),
		cmocka_unit_test(test_a_full_disk_is_told_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
