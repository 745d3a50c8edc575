#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/messages.h"
#include "hub/report_indicators.h"
#include "reading_fixture.h"

static struct indicator_report report_of(const struct hub_tables *h, const char *unit)
{
	struct indicator_query query = {
		.name = "trained", .period = "2024-Q2", .as_of = day("2024-06-30"), .unit = unit_index(h, unit)};
	struct indicator_report report;
	assert_int_equal(indicator_compute(h->db, h->registry, &query, &report), STATUS_OK);
	return report;
}

static void tell_count(struct hub_tables *h, int device, const char *key, const char *fields)
{
	tell(h, device, KIND_INDICATOR, key, "2024-07-01T08:00:00", fields);
}

static void test_children_sum_up_through_the_tree(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell_count(&h, 1, "05801|2024-Q2|trained", "value=3 of=5");
	tell_count(&h, 2, "05802|2024-Q2|trained", "value=4 of=6");
	tell_count(&h, 3, "05901|2024-Q2|trained", "value=10 of=20");
	struct indicator_report report = report_of(&h, "27");
	struct indicator_count chosen = indicator_chosen(&report.total);
	assert_true(chosen.known && chosen.of_known);
	assert_int_equal(chosen.value, 17);
	assert_int_equal(chosen.of, 31);
	assert_false(report.total.own.known);
	assert_int_equal(report.units_expected, 4);
	assert_int_equal(report.units_reporting, 3);
	assert_int_equal(report.n_lines, 3);
	assert_int_equal(report.lines[0].unit, unit_index(&h, "058"));
	assert_int_equal(report.lines[0].children.value, 7);
	assert_int_equal(report.lines[1].children.value, 10);
	assert_false(indicator_chosen(&report.lines[2]).known);
	indicator_clear(&report);
	tables_free(&h);
}

static void test_an_own_report_stands_before_the_sum(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell_count(&h, 1, "05801|2024-Q2|trained", "value=3 of=5");
	tell_count(&h, 2, "05802|2024-Q2|trained", "value=4 of=6");
	tell_count(&h, 4, "058|2024-Q2|trained", "value=9");
	struct indicator_report report = report_of(&h, "27");
	struct indicator_count chosen = indicator_chosen(&report.total);
	assert_int_equal(chosen.value, 9);
	assert_false(chosen.of_known); /* from the same level as the value */
	assert_int_equal(report.lines[0].own.value, 9);
	assert_int_equal(report.lines[0].children.value, 7);
	assert_int_equal(report.units_reporting, 2);
	indicator_clear(&report);
	tables_free(&h);
}

static void test_a_sum_has_a_denominator_only_if_each_part_has(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell_count(&h, 1, "05801|2024-Q2|trained", "value=3 of=5");
	tell_count(&h, 2, "05802|2024-Q2|trained", "value=4");
	struct indicator_report report = report_of(&h, "058");
	assert_int_equal(report.total.children.value, 7);
	assert_false(report.total.children.of_known);
	indicator_clear(&report);
	tables_free(&h);
}

static void test_other_names_periods_voids_and_cleared_values_do_not_count(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell_count(&h, 1, "05801|2024-06|trained", "value=1");
	tell_count(&h, 1, "05801|2024-Q2|trained well", "value=2");
	tell_count(&h, 2, "05802|2024-Q2|trained", "value=4 void=true");
	tell_count(&h, 3, "05901|2024-Q2|trained", "value=5");
	tell(&h, 3, KIND_INDICATOR, "05901|2024-Q2|trained", "2024-07-02T08:00:00", "value=");
	struct indicator_report report = report_of(&h, "27");
	assert_false(indicator_chosen(&report.total).known);
	assert_int_equal(report.units_reporting, 0);
	indicator_clear(&report);
	tables_free(&h);
}

static void test_the_latest_report_of_a_unit_wins(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_INDICATOR, "05801|2024-Q2|trained", "2024-07-02T08:00:00", "value=8");
	tell(&h, 4, KIND_INDICATOR, "05801|2024-Q2|trained", "2024-07-01T08:00:00", "value=3 of=9");
	struct indicator_report report = report_of(&h, "05801");
	assert_int_equal(report.total.own.value, 8);
	assert_int_equal(report.total.own.of, 9);
	assert_int_equal(report.units_expected, 1);
	assert_int_equal(report.n_lines, 0);
	indicator_clear(&report);
	tables_free(&h);
}

static void print_json(const void *context, FILE *out)
{
	const void *const *pair = context;
	indicator_print_json(pair[0], pair[1], out);
}

static void print_text(const void *context, FILE *out)
{
	const void *const *pair = context;
	assert_int_equal(indicator_print(pair[0], pair[1], REPORT_TABLE, out), STATUS_OK);
}

static void test_printed_as_document(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct indicator_report report = report_of(&h, "058");
	const void *pair[] = {&report, h.registry};
	char *json = printed(print_json, pair);
	assert_string_equal(json, "{\"value\":null,\"of\":null,\"units_reporting\":0,\"units_expected\":2}\n");
	free(json);
	indicator_clear(&report);
	tell_count(&h, 1, "05801|2024-Q2|trained", "value=3 of=5");
	report = report_of(&h, "058");
	json = printed(print_json, pair);
	assert_string_equal(json, "{\"value\":3,\"of\":5,\"units_reporting\":1,\"units_expected\":2}\n");
	free(json);
	indicator_clear(&report);
	tell_count(&h, 4, "058|2024-Q2|trained", "value=1 of=9");
	report = report_of(&h, "058");
	json = printed(print_json, pair);
	assert_string_equal(
		json, "{\"value\":1,\"of\":9,\"units_reporting\":1,\"units_expected\":2,"
		      "\"own\":{\"value\":1,\"of\":9},\"children\":{\"value\":3,\"of\":5},\"difference\":-2}\n");
	free(json);
	indicator_clear(&report);
	tables_free(&h);
}

static void test_printed_with_where_the_target_is_met(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct hub_tables h = tables_new();
	tell_count(&h, 1, "05801|2024-Q2|trained", "value=19 of=20");
	tell_count(&h, 2, "05802|2024-Q2|trained", "value=9 of=10");
	tell_count(&h, 4, "058|2024-Q2|trained", "value=7");
	struct indicator_report report = report_of(&h, "058");
	const void *pair[] = {&report, h.registry};
	report.query.has_target = true;
	report.query.target = 9500;
	char *json = printed(print_json, pair);
	assert_non_null(strstr(json, "\"target\":[9500,10000],\"met\":null,\"units\":["
				     "{\"unit\":\"05801\",\"value\":19,\"of\":20,\"met\":true},"
				     "{\"unit\":\"05802\",\"value\":9,\"of\":10,\"met\":false}]}"));
	free(json);
	char *text = printed(print_text, pair);
	static const char *const wanted[] = {"Target: 95.00 percent", " met\n", "not met\n", "unknown\n"};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_non_null(strstr(text, wanted[i]));
	free(text);
	indicator_clear(&report);
	tables_free(&h);
}

static void test_printed_as_table(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct hub_tables h = tables_new();
	tell_count(&h, 1, "05801|2024-Q2|trained", "value=1203 of=5000");
	tell_count(&h, 4, "058|2024-Q2|trained", "value=1205");
	struct indicator_report report = report_of(&h, "27");
	const void *pair[] = {&report, h.registry};
	char *text = printed(print_text, pair);
	static const char *const wanted[] = {"Indicator trained, period 2024-Q2", "1.205", "1.203", "difference",
					     "Units with a report of their own: 1 of 4"};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_non_null(strstr(text, wanted[i]));
	free(text);
	indicator_clear(&report);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_children_sum_up_through_the_tree),
		cmocka_unit_test(test_an_own_report_stands_before_the_sum),
		cmocka_unit_test(test_a_sum_has_a_denominator_only_if_each_part_has),
		cmocka_unit_test(test_other_names_periods_voids_and_cleared_values_do_not_count),
		cmocka_unit_test(test_the_latest_report_of_a_unit_wins),
		cmocka_unit_test(test_printed_as_document),
		cmocka_unit_test(test_printed_as_table),
		cmocka_unit_test(test_printed_with_where_the_target_is_met),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
