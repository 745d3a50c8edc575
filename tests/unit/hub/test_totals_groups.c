#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/messages.h"
#include "protocol/tables/totals_view.h"
#include "totals_fixture.h"

static const struct totals_group *group(const struct totals *t, const char *key)
{
	for (size_t i = 0; i < t->n_groups; i++)
		if (strcmp(t->groups[i].key, key) == 0)
			return &t->groups[i];
	fail_msg("no group %s", key);
	return NULL;
}

static void fill_2024(struct hub_tables *h)
{
	static const struct told_dossier told[] = {
		{1, "D1",
		 "channel=online status=done received_at=2024-01-10 due_at=2024-01-20 finished_at=2024-02-15"
		 " domain=Land procedure=1.001612.000.00.00.H48"},
		{1, "D2",
		 "channel=counter status=returned received_at=2024-02-10 due_at=2024-02-20 finished_at=2024-02-18"
		 " returned_at=2024-02-20 domain=Land procedure=1.001612"},
		{2, "D3",
		 "channel=counter status=done received_at=2023-12-10 finished_at=2024-03-01 domain=Birth"
		 " procedure=TS_lop1.000.00.00.H22"},
		{3, "D4", "status=in_progress received_at=2024-05-31 due_at=2024-06-10"},
		{4, "D5",
		 "channel=postal status=accepted received_at=2023-11-01 domain=Birth procedure=1.0016125.000"},
		{4, "D6", "status=done received_at=2024-03-05 domain=Birth"},
		{4, "D7", "status=refused status_at=2024-04-05 submitted_at=2024-04-04"},
		{1, "D8", "status=accepted"},
		{1, "D9", "channel=online status=done received_at=2024-03-10 finished_at=2024-01-15"},
		{1, "D0", "channel=online status=done received_at=2022-03-10 finished_at=2023-01-15 domain=Gone"},
	};
	tell_dossiers(h, "2024-07-02T08:00:00", told, sizeof(told) / sizeof(told[0]));
}

static void test_groups_sum_to_the_total_whatever_they_are(void **state)
{
	(void)state;
	static const enum totals_by ways[] = {
		TOTALS_BY_NONE,      TOTALS_BY_UNIT,    TOTALS_BY_LEVEL,           TOTALS_BY_DOMAIN,
		TOTALS_BY_PROCEDURE, TOTALS_BY_CHANNEL, TOTALS_BY_LEVEL_AND_DOMAIN};
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals whole = count_2024(&h, "27", TOTALS_BY_NONE);
	assert_int_equal(whole.total.cells.received, 5);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct totals t = count_2024(&h, "27", ways[i]);
		struct cells sum = {0};
		for (size_t g = 0; g < t.n_groups; g++)
			cells_add(&sum, &t.groups[g].cells);
		assert_memory_equal(&sum, &whole.total.cells, sizeof(sum));
		assert_memory_equal(&t.total.cells, &whole.total.cells, sizeof(sum));
		assert_int_equal(t.total.units_expected, 4);
		totals_clear(&t);
	}
	totals_clear(&whole);
	tables_free(&h);
}

static void test_the_level_is_that_of_the_dossiers_unit(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals t = count_2024(&h, "27", TOTALS_BY_LEVEL);
	static const char *const order[] = {"province", "department", "district", "commune"};
	assert_int_equal(t.n_groups, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(t.groups[i].key, order[i]);
	assert_int_equal(group(&t, "district")->cells.received, 1);
	assert_int_equal(group(&t, "commune")->cells.received, 4);
	assert_int_equal(group(&t, "commune")->units_expected, 3);
	assert_int_equal(group(&t, "department")->units_expected, 1);
	totals_clear(&t);
	t = count_later(&h, "2024-01-01", "2024-12-31", "058", TOTALS_BY_LEVEL);
	assert_int_equal(t.n_groups, 2);
	totals_clear(&t);
	tables_free(&h);
}

static void test_what_is_not_stated_is_a_group_and_the_last(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals t = count_2024(&h, "27", TOTALS_BY_DOMAIN);
	static const char *const order[] = {"Birth", "Land", ""};
	assert_int_equal(t.n_groups, 3); /* what ended before the year makes no group */
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(t.groups[i].key, order[i]);
		assert_int_equal(t.groups[i].units_expected, TOTALS_UNITS_UNKNOWN);
	}
	assert_int_equal(group(&t, "Land")->cells.received, 2);
	assert_int_equal(group(&t, "")->cells.refused, 1);
	totals_clear(&t);
	t = count_2024(&h, "27", TOTALS_BY_CHANNEL);
	assert_int_equal(group(&t, "postal")->cells.carried_in, 1);
	assert_int_equal(group(&t, "")->cells.received_unstated, 2);
	totals_clear(&t);
	tables_free(&h);
}

static void test_local_codes_count_under_the_national_one(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals t = count_2024(&h, "27", TOTALS_BY_PROCEDURE);
	assert_int_equal(group(&t, "1.001612")->cells.received, 2);
	assert_int_equal(group(&t, "TS_lop1.000.00.00.H22")->cells.carried_in, 1);
	assert_int_equal(group(&t, "1.0016125.000")->cells.carried_in, 1);
	totals_clear(&t);
	tables_free(&h);
}

static void assert_code(const char *procedure, const char *national)
{
	struct slice code = count_national_code(slice_str(procedure));
	assert_int_equal(code.len, strlen(national));
	assert_memory_equal(code.data, national, code.len);
}

static void test_only_codes_of_the_national_form_are_cut(void **state)
{
	(void)state;
	assert_code("2.000635.000.00.00.H48", "2.000635");
	assert_code("2.000635", "2.000635");
	assert_code("2.000635.", "2.000635");
	assert_code("12.00635.000", "12.00635.000");
	assert_code("2.00063a.000", "2.00063a.000");
	assert_code("2.000635x", "2.000635x");
	assert_code("x.000635.000", "x.000635.000");
}

/* Each row as it would be counted alone. */
static void assert_rows_are_periods(const struct hub_tables *h, const struct totals *t)
{
	for (size_t i = 0; i < t->n_groups; i++) {
		char from[DATE_TEXT];
		char to[DATE_TEXT];
		struct totals alone = count_later(h, date_format(t->groups[i].period.from, from),
						  date_format(t->groups[i].period.to, to), "27", TOTALS_BY_NONE);
		assert_memory_equal(&alone.total.cells, &t->groups[i].cells, sizeof(alone.total.cells));
		assert_int_equal(alone.total.units_reporting, t->groups[i].units_reporting);
		assert_int_equal(alone.total.units_expected, t->groups[i].units_expected);
		if (i > 0)
			assert_int_equal(t->groups[i - 1].cells.open + cells_gap(&t->groups[i - 1].cells),
					 t->groups[i].cells.carried_in);
		totals_clear(&alone);
	}
}

static void assert_flows_sum(const struct totals *t)
{
	struct cells sum = {0};
	for (size_t i = 0; i < t->n_groups; i++)
		cells_add(&sum, &t->groups[i].cells);
	const struct cells *total = &t->total.cells;
	assert_int_equal(total->received, sum.received);
	assert_int_equal(total->done, sum.done);
	assert_int_equal(total->done_late, sum.done_late);
	assert_int_equal(total->refused, sum.refused);
	assert_int_equal(total->carried_in, t->groups[0].cells.carried_in);
	assert_int_equal(total->open, t->groups[t->n_groups - 1].cells.open);
	assert_int_equal(total->open_late, t->groups[t->n_groups - 1].cells.open_late);
}

static void test_months_are_periods_of_their_own_whose_flows_sum(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	tell(&h, 1, KIND_DOSSIER, "D9", "2024-07-03T08:00:00", "void=true"); /* ended before it was received */
	mention(&h, 4, "05801", "2024-01-18");
	struct totals t = count_later(&h, "2024-01-10", "2024-06-14", "27", TOTALS_BY_MONTH);
	assert_int_equal(t.n_groups, 6);
	assert_string_equal(t.groups[0].key, "2024-01");
	assert_int_equal(t.groups[0].period.from, day("2024-01-10"));
	assert_int_equal(t.groups[0].period.to, day("2024-01-31"));
	assert_int_equal(t.groups[5].period.to, day("2024-06-14"));
	assert_int_equal(t.groups[0].units_reporting, 1);
	assert_int_equal(t.groups[1].units_reporting, 0);
	assert_int_equal(group(&t, "2024-03")->cells.done, 1);
	assert_rows_are_periods(&h, &t);
	assert_flows_sum(&t);
	totals_clear(&t);
	t = count_later(&h, "2024-02-28", "2024-03-02", "27", TOTALS_BY_DAY);
	assert_int_equal(t.n_groups, 4);
	assert_string_equal(t.groups[1].key, "2024-02-29");
	assert_rows_are_periods(&h, &t);
	assert_flows_sum(&t);
	totals_clear(&t);
	tables_free(&h);
}

static void test_flows_sum_even_where_the_dates_are_wrong(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals t = count_2024(&h, "27", TOTALS_BY_MONTH);
	assert_flows_sum(&t);
	assert_int_equal(t.total.cells.incomplete, 3);
	totals_clear(&t);
	tables_free(&h);
}

static void test_too_many_days_are_refused(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct totals_query query = {.period = {.from = day("2010-01-01"), .to = day("2024-12-31")},
				     .today = day("2026-01-01"),
				     .unit = unit_index(&h, "27"),
				     .by = TOTALS_BY_DAY,
				     .rule = &COUNT_FORM06};
	struct totals totals;
	assert_int_equal(totals_compute(h.db, h.registry, &query, &totals), STATUS_LIMIT);
	assert_int_equal(totals_period_rows(query.period, TOTALS_BY_MONTH), 180);
	assert_int_equal(totals_period_rows(query.period, TOTALS_BY_UNIT), 0);
	tables_free(&h);
}

static void test_the_words_of_by(void **state)
{
	(void)state;
	enum totals_by by = TOTALS_BY_NONE;
	assert_int_equal(totals_by_parse("unit", &by), STATUS_OK);
	assert_int_equal(by, TOTALS_BY_UNIT);
	assert_int_equal(totals_by_parse("day", &by), STATUS_OK);
	assert_int_equal(by, TOTALS_BY_DAY);
	assert_int_equal(totals_by_parse("moon", &by), STATUS_USAGE);
	assert_int_equal(totals_by_parse("", &by), STATUS_USAGE);
	assert_int_equal(by, TOTALS_BY_DAY);
}

static void print_json(const void *context, FILE *out)
{
	const void *const *pair = context;
	assert_int_equal(totals_print(pair[0], pair[1], REPORT_JSON, out), STATUS_OK);
}

static void print_text(const void *context, FILE *out)
{
	const void *const *pair = context;
	assert_int_equal(totals_print(pair[0], pair[1], REPORT_TABLE, out), STATUS_OK);
}

static void test_groups_have_names(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals t = count_later(&h, "2024-01-10", "2024-02-29", "27", TOTALS_BY_MONTH);
	const void *pair[] = {&t, h.registry};
	char *text = printed(print_json, pair);
	assert_non_null(strstr(text, "{\"key\":\"2024-01\",\"name\":\"2024-01-10/2024-01-31\","));
	assert_non_null(strstr(text, "\"total\":{\"key\":\"27\",\"name\":\"Unit 27\","));
	free(text);
	totals_clear(&t);
	t = count_2024(&h, "27", TOTALS_BY_DOMAIN);
	text = printed(print_json, pair);
	assert_non_null(strstr(text, "{\"key\":\"\",\"name\":\"unstated\","));
	assert_non_null(strstr(text, "\"units_expected\":null,\"units_reporting\":null}"));
	free(text);
	text = printed(print_text, pair);
	assert_non_null(strstr(text, "domain"));
	free(text);
	totals_clear(&t);
	t = count_2024(&h, "27", TOTALS_BY_CHANNEL);
	text = printed(print_json, pair);
	assert_non_null(strstr(text, "{\"key\":\"counter\",\"name\":\"counter\","));
	free(text);
	totals_clear(&t);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups_sum_to_the_total_whatever_they_are),
		cmocka_unit_test(test_the_level_is_that_of_the_dossiers_unit),
		cmocka_unit_test(test_what_is_not_stated_is_a_group_and_the_last),
		cmocka_unit_test(test_local_codes_count_under_the_national_one),
		cmocka_unit_test(test_only_codes_of_the_national_form_are_cut),
		cmocka_unit_test(test_months_are_periods_of_their_own_whose_flows_sum),
		cmocka_unit_test(test_flows_sum_even_where_the_dates_are_wrong),
		cmocka_unit_test(test_too_many_days_are_refused),
		cmocka_unit_test(test_the_words_of_by),
		cmocka_unit_test(test_groups_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
