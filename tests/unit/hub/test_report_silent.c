#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/messages.h"
#include "hub/report_silent.h"
#include "tests/unit/hub/reading_fixture.h"

static void hear(struct hub_tables *h, int device, const char *date)
{
	uint8_t id[DEVICE_ID_LEN];
	device_id(device, id);
	struct query q = query_start(h->db, "UPDATE device SET heard_day = ?2 WHERE id = ?1");
	query_blob(&q, 1, slice_of(id, sizeof(id)));
	query_int(&q, 2, day(date));
	assert_int_equal(query_run(&q), STATUS_OK);
	read_registry(h);
}

static struct silent_report report_of(const struct hub_tables *h, const char *unit, const char *from,
				      const char *to)
{
	struct silent_query query = {.period = {.from = day(from), .to = day(to)},
				     .today = day("2024-06-10"),
				     .unit = unit_index(h, unit)};
	struct silent_report report;
	assert_int_equal(silent_compute(h->db, h->registry, &query, &report), STATUS_OK);
	return report;
}

static const char *code_of(const struct hub_tables *h, const struct silent_report *report, size_t line)
{
	assert_true(line < report->n_lines);
	return registry_unit(h->registry, report->lines[line].unit)->code;
}

static void test_longest_silence_stands_first_and_never_before_it(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	hear(&h, 1, "2024-06-09");
	hear(&h, 2, "2024-05-30");
	hear(&h, 3, "2024-05-01");
	struct silent_report report = report_of(&h, "27", "2024-01-01", "2024-06-10");
	assert_true(report.expected == 4);
	assert_int_equal(report.n_lines, 3);
	assert_string_equal(code_of(&h, &report, 0), "H27");
	assert_int_equal(report.lines[0].last, DAY_UNSET);
	assert_int_equal(report.lines[0].device, -1);
	assert_string_equal(code_of(&h, &report, 1), "05901");
	assert_int_equal(report.as_of - report.lines[1].last, 40);
	assert_int_equal(registry_device(h.registry, report.lines[1].device)->id[0], 3);
	assert_string_equal(code_of(&h, &report, 2), "05802");
	silent_clear(&report);
	tables_free(&h);
}

static void test_period_that_ended_is_asked_as_of_its_end(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	hear(&h, 1, "2024-04-30");
	hear(&h, 2, "2024-04-29");
	add_device(h.db, 9, "27", NULL);
	read_registry(&h);
	mention(&h, 9, "05901", "2024-03-31");
	mention(&h, 9, "05901", "2024-05-02");
	struct silent_report report = report_of(&h, "27", "2024-04-01", "2024-04-30");
	assert_int_equal(report.n_lines, 3);
	assert_string_equal(code_of(&h, &report, 1), "05901");
	assert_int_equal(report.as_of - report.lines[1].last, 30);
	/* Its own computer was never heard of, and it has one. */
	assert_int_equal(registry_device(h.registry, report.lines[1].device)->id[0], 3);
	assert_string_equal(code_of(&h, &report, 2), "05802");
	assert_int_equal(report.as_of - report.lines[2].last, 1);
	silent_clear(&report);
	tables_free(&h);
}

static void test_of_two_computers_the_one_heard_last_is_named(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	add_device(h.db, 5, "05802", "2024-05-20");
	add_device(h.db, 6, "05802", "2024-05-10");
	read_registry(&h);
	struct silent_report report = report_of(&h, "05802", "2024-06-01", "2024-06-10");
	assert_int_equal(report.n_lines, 1);
	assert_int_equal(registry_device(h.registry, report.lines[0].device)->id[0], 5);
	assert_int_equal(report.lines[0].last, day("2024-05-20"));
	silent_clear(&report);
	tables_free(&h);
}

static void test_only_leaves_that_stand_on_the_day_are_expected(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	add_unit(h.db, "05803", LEVEL_COMMUNE, "058", NULL, "2024-05-31");
	add_unit(h.db, "05804", LEVEL_COMMUNE, "058", "2024-07-01", NULL);
	read_registry(&h);
	struct silent_report report = report_of(&h, "058", "2024-06-01", "2024-06-10");
	assert_true(report.expected == 2);
	silent_clear(&report);
	report = report_of(&h, "058", "2024-05-01", "2024-05-31");
	assert_true(report.expected == 3);
	silent_clear(&report);
	tables_free(&h);
}

struct shown {
	const struct silent_report *report;
	const struct registry *registry;
};

static void print_json(const void *context, FILE *out)
{
	const struct shown *shown = context;
	assert_int_equal(silent_print(shown->report, shown->registry, REPORT_JSON, out), STATUS_OK);
}

static void print_text(const void *context, FILE *out)
{
	const struct shown *shown = context;
	assert_int_equal(silent_print(shown->report, shown->registry, REPORT_TABLE, out), STATUS_OK);
}

static void test_printed_one_object_a_line_and_as_table(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct hub_tables h = tables_new();
	assert_int_equal(database_script(h.db, "UPDATE unit SET phone = '0209 123' WHERE code = '05901'"),
			 STATUS_OK);
	hear(&h, 3, "2024-06-01");
	struct silent_report report = report_of(&h, "059", "2024-06-01", "2024-06-10");
	struct shown shown = {.report = &report, .registry = h.registry};
	char *json = printed(print_json, &shown);
	assert_string_equal(json, "{\"unit\":\"05901\",\"name\":\"Unit 05901\",\"last_heard\":\"2024-06-01\","
				  "\"days\":9,\"device\":\"0303030303030303\",\"state\":\"active\","
				  "\"phone\":\"0209 123\"}\n");
	free(json);
	char *text = printed(print_text, &shown);
	assert_non_null(strstr(text, "Units not heard of, 2024-06-01 to 2024-06-10: 1 of 1 expected"));
	assert_non_null(strstr(text, "0209 123"));
	free(text);
	silent_clear(&report);
	report = report_of(&h, "H27", "2024-06-01", "2024-06-10");
	json = printed(print_json, &shown);
	assert_string_equal(json, "{\"unit\":\"H27\",\"name\":\"Unit H27\",\"last_heard\":null,\"days\":null,"
				  "\"device\":null,\"state\":null,\"phone\":null}\n");
	free(json);
	silent_clear(&report);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest_silence_stands_first_and_never_before_it),
		cmocka_unit_test(test_period_that_ended_is_asked_as_of_its_end),
		cmocka_unit_test(test_of_two_computers_the_one_heard_last_is_named),
		cmocka_unit_test(test_only_leaves_that_stand_on_the_day_are_expected),
		cmocka_unit_test(test_printed_one_object_a_line_and_as_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
