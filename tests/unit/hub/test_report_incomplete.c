#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/messages.h"
#include "hub/report_incomplete.h"
#include "reading_fixture.h"

struct printing {
	const struct hub_tables *tables;
	struct totals_query query;
	enum report_format format;
};

static void print(const void *context, FILE *out)
{
	const struct printing *p = context;
	assert_int_equal(incomplete_print(p->tables->db, p->tables->registry, &p->query, p->format, out),
			 STATUS_OK);
}

static struct totals_query query_of(const struct hub_tables *h, const char *unit)
{
	return (struct totals_query){.period = {.from = day("2024-01-01"), .to = day("2024-12-31")},
				     .today = day("2026-01-01"),
				     .unit = unit_index(h, unit),
				     .rule = &COUNT_FORM06};
}

static char *listed(const struct hub_tables *h, const char *unit, enum report_format format)
{
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct printing p = {.tables = h, .query = query_of(h, unit), .format = format};
	return printed(print, &p);
}

/* One for each reason, one with two reasons, and some that are complete, void or of another time. */
static void fill_2024(struct hub_tables *h)
{
	static const struct told_dossier told[] = {
		{1, "A1", "status=accepted submitted_at=2024-03-01"},
		{1, "A2", "status=done received_at=2024-03-10 finished_at=2024-03-01"},
		{1, "A3", "status=done received_at=2024-03-10 due_at=2024-04-01"},
		{2, "A4", "status=withdrawn received_at=2024-03-10"},
		{2, "A5", "status=in_progress status_at=2025-03-10 received_at=2024-03-10"},
		{3, "A6", "status=in_progress status_at=2024-06-01 received_at=2024-03-10 returned_at=2024-05-01"},
		{3, "A7", "status=returned"},
		{3, "B1", "status=done received_at=2024-03-10 finished_at=2024-03-11"},
		{3, "B2", "status=done received_at=2025-03-10"},
		{3, "B3", "status=done received_at=2024-03-10 void=true"},
	};
	tell_dossiers(h, "2024-07-02T08:00:00", told, sizeof(told) / sizeof(told[0]));
	/* The fold gives every status a time; a row without one is counted all the same. */
	assert_int_equal(database_script(h->db, "UPDATE dossier SET status_at = NULL WHERE code = 'A4'"),
			 STATUS_OK);
}

static void assert_has(const char *text, const char *wanted)
{
	if (strstr(text, wanted) == NULL)
		fail_msg("%s is not in %s", wanted, text);
}

static void in_12_each_dossier_is_a_line_with_its_reasons(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	char *text = listed(&h, "27", REPORT_JSON);
	assert_has(
		text,
		"{\"code\":\"A1\",\"unit\":\"05801\",\"status\":\"accepted\",\"reasons\":[\"no-receipt-date\"],"
		"\"status_at\":\"2024-07-02\",\"submitted_at\":\"2024-03-01\",\"received_at\":null,\"due_at\":null,"
		"\"finished_at\":null,\"returned_at\":null,\"rule\":\"form06\",\"rule_version\":1,"
		"\"rule_hash\":\"built in\"}\n");
	static const char *const lines[] = {
		"\"A2\",\"unit\":\"05801\",\"status\":\"done\",\"reasons\":[\"end-before-receipt\"],",
		"\"A3\",\"unit\":\"05801\",\"status\":\"done\",\"reasons\":[\"closed-without-date\"],",
		"\"A4\",\"unit\":\"05802\",\"status\":\"withdrawn\",\"reasons\":[\"withdrawn-without-date\"],",
		"\"A5\",\"unit\":\"05802\",\"status\":\"in_progress\",\"reasons\":[\"status-in-future\"],",
		"\"A6\",\"unit\":\"05901\",\"status\":\"in_progress\",\"reasons\":[\"reopened\"],",
		"\"A7\",\"unit\":\"05901\",\"status\":\"returned\",\"reasons\":[\"no-receipt-date\",\"closed",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_has(text, lines[i]);
	assert_null(strstr(text, "\"B"));
	free(text);
	tables_free(&h);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;
	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void test_there_are_as_many_as_the_totals_say(void **state)
{
	(void)state;
	static const char *const units[] = {"27", "058", "05802", "H27"};
	struct hub_tables h = tables_new();
	fill_2024(&h);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		struct totals totals;
		struct totals_query query = query_of(&h, units[i]);
		assert_int_equal(totals_compute(h.db, h.registry, &query, &totals), STATUS_OK);
		char *text = listed(&h, units[i], REPORT_JSON);
		assert_int_equal(count_lines(text), totals.total.cells.incomplete);
		free(text);
		totals_clear(&totals);
	}
	tables_free(&h);
}

static void test_people_see_how_many_of_each_reason(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	char *text = listed(&h, "27", REPORT_TABLE);
	assert_has(text, "rule form06 version 1 (built in)");
	assert_has(text, "Incomplete dossiers: 7\n  no receipt date: 2\n  ended before it was received: 1\n"
			 "  closed without a date: 2\n");
	assert_has(text, "no receipt date, closed without a date");
	free(text);
	text = listed(&h, "H27", REPORT_TABLE);
	assert_has(text, "Incomplete dossiers: 0\n");
	assert_null(strstr(text, "submitted"));
	free(text);
	tables_free(&h);
}

static void test_spreadsheets_get_the_stable_words(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	char *text = listed(&h, "05901", REPORT_CSV);
	assert_has(text, "\xEF\xBB\xBF"
			 "code,unit,status,reasons,status_at,submitted_at,received_at,due_at,finished_at,"
			 "returned_at,rule,rule_version,rule_hash\r\n");
	assert_has(text, "\r\nA7,05901,returned,\"no-receipt-date, "
			 "closed-without-date\",2024-07-02,,,,,,form06,1,built in\r\n");
	free(text);
	tables_free(&h);
}

static void test_every_reason_has_a_word_and_a_title(void **state)
{
	(void)state;
	for (int i = 0; i < INCOMPLETE_REASONS; i++) {
		assert_true(strlen(incomplete_word(i)) > 0);
		assert_string_not_equal(incomplete_word(i), incomplete_title(i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(incomplete_word(i), incomplete_word(j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_12_each_dossier_is_a_line_with_its_reasons),
		cmocka_unit_test(test_there_are_as_many_as_the_totals_say),
		cmocka_unit_test(test_people_see_how_many_of_each_reason),
		cmocka_unit_test(test_spreadsheets_get_the_stable_words),
		cmocka_unit_test(test_every_reason_has_a_word_and_a_title),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
