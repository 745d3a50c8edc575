/* Papers: what was said stands in every format, numbers are as people write them, and no failure is half printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/cbor.h"
#include "protocol/tables/html_parts.h"
#include "tests/support/failing_memory.h"

static const struct paper_words VIETNAMESE = {.language = "vi",
					      .nation = "NATION",
					      .motto = "MOTTO",
					      .code = "CODE ",
					      .notes = "NOTES",
					      .of = "OF",
					      .total = "IN ALL",
					      .greatest = "MOST",
					      .dated = "DATED",
					      .signers = {"ONE", "TWO"},
					      .signing = {"(SIGNED)", "(STAMPED)"},
					      .untitled = "UNTITLED"};

typedef enum status (*writing)(const struct paper *p, FILE *out);

static char *written(const struct paper *p, writing write, enum status wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	assert_int_equal(write(p, out), wanted);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void expect(const struct paper *p, writing write, const char *wanted)
{
	char *text = written(p, write, STATUS_OK);
	assert_string_equal(text, wanted);
	free(text);
}

static void expect_in(const struct paper *p, writing write, const char *wanted)
{
	char *text = written(p, write, STATUS_OK);
	if (strstr(text, wanted) == NULL)
		fail_msg("%s is not in %s", wanted, text);
	free(text);
}

/* One of everything. */
static void say_all(struct paper *p)
{
	const struct paper_column columns[] = {
		{.key = "name", .title = "name"},
		{.key = "n",
		 .title = "đã đếm",
		 .brief = "n",
		 .above = {"both"},
		 .number = "(2)",
		 .kind = PAPER_COUNT},
		{.key = "day", .title = "day", .above = {"both"}, .kind = PAPER_DATE},
		{.key = "share", .title = "share", .kind = PAPER_RATE},
		{.key = "score", .title = "score", .kind = PAPER_DECIMAL},
	};
	const char *const series[] = {"in", "out"};
	const int64_t values[] = {3, -1};
	paper_line(p, PAPER_ABOVE, "Above");
	paper_line(p, PAPER_CODE, "27");
	paper_line(p, PAPER_OFFICE, "Office");
	paper_line(p, PAPER_TITLE, "Title");
	paper_figure(p, "figure", 1608, "note", PAPER_BAD);
	paper_figure_rate(p, "rate", 1599, 1604, PAPER_PLAIN);
	paper_chart(p, PAPER_FLOW, "flow", 2, series);
	paper_point(p, "1", values, PAPER_PLAIN);
	paper_remark(p, "remark");
	paper_table(p, PAPER_EVERYWHERE, "caption", 5, columns);
	paper_row(p, PAPER_ROW);
	paper_word(p, "word", "title");
	paper_count(p, 1608);
	paper_day(p, date_from(2024, 5, 22));
	paper_rate(p, 1, 3);
	paper_decimal(p, -1234567, 3);
	paper_text(p, "dropped: the row is full");
	paper_row(p, PAPER_ROW_TOTAL);
	paper_capital(p, "đủ");
	paper_note(p, "note of %d", 1);
	paper_signatures(p);
}

static struct paper *all(void)
{
	struct paper *p = paper_new(&VIETNAMESE);
	assert_non_null(p);
	say_all(p);
	return p;
}

static void test_text_has_what_people_read_in_the_order_it_was_said(void **state)
{
	(void)state;
	struct paper *p = all();
	expect(p, paper_print_text,
	       "27 Office\nTitle\n\nCaption\nname       n  day          share       score\n"
	       "-----  -----  ----------  ------  ----------\n"
	       "title  1.608  2024-05-22  33,33%  -1.234,567\nĐủ\n\nnote of 1\n");
	paper_free(p);
}

static void test_csv_has_words_and_both_numbers_of_a_rate(void **state)
{
	(void)state;
	struct paper *p = all();
	expect(p, paper_print_csv,
	       "\xEF\xBB\xBFname,n,day,share,share_of,score\r\nword,1608,2024-05-22,1,3,-1234.567\r\n"
	       "Đủ,,,,,\r\n");
	const struct paper_column bare = {.key = "bare"};
	paper_table(p, PAPER_DATA, NULL, 1, &bare);
	expect(p, paper_print_csv,
	       "\xEF\xBB\xBF"
	       "bare\r\n");
	paper_free(p);
}

static void test_html_has_headings_over_their_columns(void **state)
{
	(void)state;
	struct paper *p = all();
	expect_in(p, paper_print_html,
		  "<tr><th scope=\"col\" rowspan=\"2\">Name</th><th scope=\"colgroup\" colspan=\"2\">Both</th>"
		  "<th scope=\"col\" rowspan=\"2\">Share</th><th scope=\"col\" rowspan=\"2\">Score</th></tr>\n"
		  "<tr><th scope=\"col\">Đã đếm</th><th scope=\"col\">Day</th></tr>\n"
		  "<tr class=\"no\"><td></td><td>(2)</td><td></td><td></td><td></td></tr>\n");
	expect_in(p, paper_print_html,
		  "<tr><th scope=\"row\">title</th><td class=\"n\">1.608</td>"
		  "<td><time datetime=\"2024-05-22\">22/05/2024</time></td><td class=\"n\">33,33%</td>"
		  "<td class=\"n\">-1.234,567</td></tr>\n");
	expect_in(p, paper_print_html, "99,69%</dd><dd class=\"note\">1.599 OF 1.604</dd>");
	expect_in(p, paper_print_html, "<title>1: in 3, out 0</title>");
	paper_free(p);
}

static void assert_count(const char *language, int64_t value, const char *wanted)
{
	const struct paper_words words = {.language = language};
	char text[PAPER_NUMBER];
	assert_string_equal(paper_format_count(&words, value, text), wanted);
}

static void test_thousands_have_their_mark(void **state)
{
	(void)state;
	assert_count("vi", 0, "0");
	assert_count("vi", 999, "999");
	assert_count("vi", 1000, "1.000");
	assert_count("en", 1234567, "1,234,567");
	assert_count("vi", -100, "-100");
	assert_count("vi", -1000, "-1.000");
	assert_count("en", INT64_MIN, "-9,223,372,036,854,775,808");
}

static void assert_rate(int64_t part, int64_t of, const char *wanted)
{
	char text[PAPER_NUMBER];
	assert_string_equal(paper_format_rate(&VIETNAMESE, part, of, text), wanted);
}

static void test_a_rate_is_never_rounded_to_all_or_nothing(void **state)
{
	(void)state;
	assert_rate(0, 0, "–");
	assert_rate(0, 7, "0,00%");
	assert_rate(7, 7, "100,00%");
	assert_rate(99999, 100000, "99,99%");
	assert_rate(1, 100000, "0,01%");
	assert_rate(1599, 1604, "99,69%");
	assert_rate(3, 2, "150,00%"); /* shown as it is: it is not for a writer to mend */
	assert_rate(INT64_MAX / 4, INT64_MAX / 2, "50,00%");
}

static void test_days_and_decimals(void **state)
{
	(void)state;
	const struct paper_words english = {.language = "en"};
	char text[PAPER_NUMBER];
	assert_string_equal(paper_format_day(&VIETNAMESE, date_from(2024, 2, 29), text), "29/02/2024");
	assert_string_equal(paper_format_day(&english, date_from(2024, 2, 29), text), "2024-02-29");
	assert_string_equal(paper_format_day(&VIETNAMESE, DAY_UNSET, text), "");
	assert_string_equal(paper_format_decimal(&VIETNAMESE, 1234567, 2, text), "12.345,67");
	assert_string_equal(paper_format_decimal(&english, -5, 2, text), "-0.05");
	assert_string_equal(paper_format_decimal(NULL, 1234567, 2, text), "12345.67");
	assert_string_equal(paper_format_decimal(NULL, -7, 0, text), "-7");
	assert_string_equal(paper_format_decimal(NULL, INT64_MIN, 6, text), "-9223372036854.775808");
}

static void assert_escaped(const char *text, const char *wanted)
{
	char *html = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&html, &len);
	assert_non_null(out);
	html_text(out, text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(html, wanted);
	free(html);
}

#define INSTEAD "\xEF\xBF\xBD"

static void test_nothing_in_a_text_is_markup_or_turns_its_neighbours(void **state)
{
	(void)state;
	assert_escaped("<a href=\"x\">&'", "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
	assert_escaped("Đất đai 😀", "Đất đai 😀");
	assert_escaped("a\x01\x1B\x7F\xC2\x85z", "a" INSTEAD INSTEAD INSTEAD INSTEAD "z");
	assert_escaped("\xE2\x80\xAE"
		       "a\xE2\x81\xA6"
		       "b\xE2\x80\x8F",
		       INSTEAD "a" INSTEAD "b" INSTEAD);
	assert_escaped("\xEF\xBF\xBE \xEF\xBF\xBF", INSTEAD " " INSTEAD);
	assert_escaped("\xC3(\xFF\xE1\xBA", INSTEAD "(" INSTEAD INSTEAD INSTEAD);
}

static void test_what_is_said_nowhere_is_dropped(void **state)
{
	(void)state;
	const int64_t value = 1;
	struct paper *p = paper_new(&VIETNAMESE);
	paper_text(p, "no table");
	paper_row(p, PAPER_ROW);
	paper_point(p, "no chart", &value, PAPER_PLAIN);
	paper_remark(p, "no chart");
	const struct paper_column column = {.key = "k", .title = "t"};
	paper_table(p, PAPER_EVERYWHERE, NULL, 1, &column);
	paper_text(p, "no row");
	assert_int_equal(paper_status(p), STATUS_OK);
	expect(p, paper_print_csv, "\xEF\xBB\xBFk\r\n");
	expect(p, paper_print_text, "");
	expect_in(p, paper_print_html, "<h1>UNTITLED</h1>");
	paper_free(p);
}

static void test_what_is_kept_can_stand_in_every_format(void **state)
{
	(void)state;
	const struct paper_column column = {.key = "k", .title = "t"};
	struct paper *p = paper_new(&VIETNAMESE);
	paper_table(p, PAPER_EVERYWHERE, NULL, 1, &column);
	paper_row(p, PAPER_ROW);
	paper_text(p, "a\xC3|\xEF\xBF\xBF|\xE1\xBA");
	char longest[3000];
	memset(longest, 'n', sizeof(longest));
	for (size_t i = 1; i + 3 < sizeof(longest); i += 3) /* a note that is cut must not end amid a letter */
		memcpy(longest + i, "\xE1\xBA\xA0", 3);
	longest[sizeof(longest) - 1] = '\0';
	paper_note(p, "%s", longest);
	expect(p, paper_print_csv,
	       "\xEF\xBB\xBFk\r\na" INSTEAD "|" INSTEAD INSTEAD INSTEAD "|" INSTEAD INSTEAD "\r\n");
	char *html = written(p, paper_print_html, STATUS_OK);
	assert_true(utf8_valid((const uint8_t *)html, strlen(html)));
	free(html);
	paper_free(p);
}

static void test_no_paper_is_no_memory(void **state)
{
	(void)state;
	say_all(NULL);
	paper_take(NULL, PAPER_DATA, NULL, NULL);
	paper_date(NULL, 0);
	paper_free(NULL);
	assert_int_equal(paper_status(NULL), STATUS_NO_MEMORY);
	const writing writers[] = {paper_print_text, paper_print_csv, paper_print_html};
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		char *text = written(NULL, writers[i], STATUS_NO_MEMORY);
		assert_string_equal(text, "");
		free(text);
	}
}

/* True once everything went without a failure. */
static bool write_with_failure(long nth, writing write, const char *wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	countdown = nth;
	struct paper *p = paper_new(&VIETNAMESE);
	say_all(p);
	enum status s = write(p, out);
	bool failed = countdown == 0;
	countdown = 0;
	paper_free(p);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(s, failed ? STATUS_NO_MEMORY : STATUS_OK);
	if (!failed)
		assert_string_equal(text, wanted);
	free(text);
	return !failed;
}

static void test_whichever_allocation_fails_it_is_said(void **state)
{
	(void)state;
	const writing writers[] = {paper_print_text, paper_print_csv, paper_print_html};
	struct paper *p = all();
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		char *wanted = written(p, writers[i], STATUS_OK);
		long nth = 1;
		while (!write_with_failure(nth, writers[i], wanted))
			nth++;
		assert_true(nth > 5);
		free(wanted);
	}
	paper_free(p);
}

static void test_more_text_than_a_report_has_is_a_limit(void **state)
{
	(void)state;
	static char long_text[1 << 20];
	const struct paper_column column = {.key = "k"};
	struct paper *p = paper_new(&VIETNAMESE);
	memset(long_text, 'x', sizeof(long_text) - 1);
	paper_table(p, PAPER_EVERYWHERE, NULL, 1, &column);
	for (size_t i = 0; i <= TABLE_TEXT / sizeof(long_text); i++) {
		paper_row(p, PAPER_ROW);
		paper_text(p, long_text);
	}
	assert_int_equal(paper_status(p), STATUS_LIMIT);
	char *text = written(p, paper_print_html, STATUS_LIMIT);
	assert_string_equal(text, "");
	free(text);
	paper_free(p);
}

static void test_what_has_nothing_to_show_is_no_chart(void **state)
{
	(void)state;
	static const enum paper_chart kinds[] = {PAPER_FLOW, PAPER_RANKING, PAPER_AMOUNTS, PAPER_PARTS};
	const char *const series[] = {"n", "of"};
	const int64_t nothing[] = {0, 0};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct paper *p = paper_new(&VIETNAMESE);
		paper_chart(p, kinds[i], "chart", 2, series);
		char *text = written(p, paper_print_html, STATUS_OK);
		assert_null(strstr(text, "<figure"));
		free(text);
		paper_point(p, "point", nothing, PAPER_PLAIN);
		text = written(p, paper_print_html, STATUS_OK);
		assert_int_equal(strstr(text, "<figure") != NULL, kinds[i] != PAPER_PARTS);
		free(text);
		paper_free(p);
		p = paper_new(&VIETNAMESE);
		paper_chart(p, kinds[i], "chart of no series", 0, NULL);
		paper_point(p, "point", nothing, PAPER_PLAIN);
		text = written(p, paper_print_html, STATUS_OK);
		assert_null(strstr(text, "<figure"));
		free(text);
		paper_free(p);
	}
}

static void test_more_columns_or_series_than_there_may_be_are_a_limit(void **state)
{
	(void)state;
	struct paper_column columns[PAPER_COLUMNS + 1];
	const char *headings[PAPER_COLUMNS + 1];
	for (size_t i = 0; i <= PAPER_COLUMNS; i++) {
		columns[i] = (struct paper_column){.key = "k"};
		headings[i] = "k";
	}
	struct paper *p = paper_new(&VIETNAMESE);
	paper_table(p, PAPER_EVERYWHERE, NULL, PAPER_COLUMNS, columns);
	paper_chart(p, PAPER_FLOW, NULL, PAPER_SERIES, headings);
	assert_int_equal(paper_status(p), STATUS_OK);
	paper_chart(p, PAPER_FLOW, NULL, PAPER_SERIES + 1, headings);
	assert_int_equal(paper_status(p), STATUS_LIMIT);
	paper_free(p);
	p = paper_new(&VIETNAMESE);
	struct table *t = table_new(PAPER_COLUMNS + 1, headings, NULL);
	paper_take(p, PAPER_DATA, NULL, t);
	assert_int_equal(paper_status(p), STATUS_LIMIT);
	table_free(t);
	paper_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_has_what_people_read_in_the_order_it_was_said),
		cmocka_unit_test(test_csv_has_words_and_both_numbers_of_a_rate),
		cmocka_unit_test(test_html_has_headings_over_their_columns),
		cmocka_unit_test(test_thousands_have_their_mark),
		cmocka_unit_test(test_a_rate_is_never_rounded_to_all_or_nothing),
		cmocka_unit_test(test_days_and_decimals),
		cmocka_unit_test(test_nothing_in_a_text_is_markup_or_turns_its_neighbours),
		cmocka_unit_test(test_what_is_said_nowhere_is_dropped),
		cmocka_unit_test(test_what_is_kept_can_stand_in_every_format),
		cmocka_unit_test(test_no_paper_is_no_memory),
		cmocka_unit_test(test_whichever_allocation_fails_it_is_said),
		cmocka_unit_test(test_more_text_than_a_report_has_is_a_limit),
		cmocka_unit_test(test_what_has_nothing_to_show_is_no_chart),
		cmocka_unit_test(test_more_columns_or_series_than_there_may_be_are_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
