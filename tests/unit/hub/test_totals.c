#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "totals_fixture.h"

static const struct totals_group *group(const struct totals *t, const struct hub_tables *h, const char *code)
{
	for (size_t i = 0; i < t->n_groups; i++)
		if (t->groups[i].unit == unit_index(h, code))
			return &t->groups[i];
	fail_msg("no group %s", code);
	return NULL;
}

/* One of each sort in 2024, told by the computers of the three communes and of the district. */
static void fill_2024(struct hub_tables *h)
{
	static const struct told_dossier told[] = {
		{1, "D01",
		 "channel=online status=done received_at=2024-01-10 due_at=2024-01-20 finished_at=2024-01-15"},
		{1, "D02",
		 "channel=counter status=returned received_at=2024-02-10 due_at=2024-02-20"
		 " finished_at=2024-02-18 returned_at=2024-02-20 rating=5"},
		{1, "D03",
		 "channel=counter status=done received_at=2024-03-10 due_at=2024-03-20 finished_at=2024-04-15"
		 " fee=5000 paid=online"},
		{2, "D04", "channel=postal status=done received_at=2023-12-10 finished_at=2024-01-15 rating=2"},
		{2, "D05", "status=in_progress received_at=2024-05-10 due_at=2024-06-10 fee=1 paid=counter"},
		{2, "D06", "status=need_docs status_at=2024-05-12 received_at=2024-05-10 due_at=2024-06-10"},
		{3, "D07", "status=refused status_at=2024-05-12 submitted_at=2024-05-10"},
		{3, "D08",
		 "channel=online status=withdrawn status_at=2024-06-01 received_at=2024-05-20 due_at=2024-05-21"},
		{3, "D09", "channel=online status=done received_at=2024-06-20"},
		{4, "D10", "channel=counter status=accepted received_at=2024-07-01 due_at=2025-06-01"},
		{4, "D11", "channel=counter status=accepted received_at=2024-07-01 void=true"},
		{4, "D12", "status=accepted"},
	};
	tell_dossiers(h, "2024-07-02T08:00:00", told, sizeof(told) / sizeof(told[0]));
}

static void test_cells_of_a_year(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals t = count_2024(&h, "27", TOTALS_BY_NONE);
	const struct cells *c = &t.total.cells;
	assert_int_equal(t.as_of, day("2024-12-31"));
	assert_int_equal(t.n_groups, 1);
	assert_memory_equal(&t.groups[0].cells, c, sizeof(*c));
	assert_int_equal(c->received, 8);
	assert_int_equal(c->received_online, 3);
	assert_int_equal(c->received_counter, 3);
	assert_int_equal(c->received_postal, 0);
	assert_int_equal(c->received_unstated, 2);
	assert_int_equal(c->carried_in, 1);
	assert_int_equal(c->done, 5);
	assert_int_equal(c->done_early, 1);
	assert_int_equal(c->done_on_time, 2); /* one to the day, one withdrawn */
	assert_int_equal(c->done_late, 1);
	assert_int_equal(c->done_no_due, 1);
	assert_int_equal(c->open, 3);
	assert_int_equal(c->open_in_time, 2);
	assert_int_equal(c->open_late, 1);
	assert_int_equal(c->open_paused, 1);
	assert_int_equal(c->refused, 1);
	assert_int_equal(c->withdrawn, 1);
	assert_int_equal(c->incomplete, 2);
	assert_int_equal(cells_gap(c), 1);
	assert_int_equal(c->fee_received, 2);
	assert_int_equal(c->rate_paid_online, 1);
	assert_int_equal(c->rated_done, 2);
	assert_int_equal(c->rate_satisfied, 1);
	totals_clear(&t);
	tables_free(&h);
}

static void test_groups_by_unit_sum_to_the_total(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals t = count_2024(&h, "27", TOTALS_BY_UNIT);
	struct totals whole = count_2024(&h, "27", TOTALS_BY_NONE);
	struct cells sum = {0};
	static const char *const order[] = {"058", "059", "H27", "27"};
	assert_int_equal(t.n_groups, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_string_equal(registry_unit(h.registry, t.groups[i].unit)->code, order[i]);
		cells_add(&sum, &t.groups[i].cells);
	}
	assert_memory_equal(&sum, &t.total.cells, sizeof(sum));
	assert_memory_equal(&whole.total.cells, &t.total.cells, sizeof(sum));
	assert_int_equal(group(&t, &h, "058")->cells.received, 6);
	assert_int_equal(group(&t, &h, "059")->cells.received, 2);
	assert_int_equal(group(&t, &h, "27")->cells.received, 0);
	totals_clear(&t);
	totals_clear(&whole);
	tables_free(&h);
}

static void test_a_units_own_records_are_a_group_and_others_do_not_count(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals t = count_2024(&h, "058", TOTALS_BY_UNIT);
	assert_int_equal(t.n_groups, 3);
	assert_int_equal(group(&t, &h, "05801")->cells.received, 3);
	assert_int_equal(group(&t, &h, "05802")->cells.received, 2);
	assert_int_equal(group(&t, &h, "058")->cells.received, 1);
	assert_int_equal(t.total.cells.received, 6);
	totals_clear(&t);
	t = count_2024(&h, "05801", TOTALS_BY_UNIT);
	assert_int_equal(t.n_groups, 1);
	assert_int_equal(t.total.cells.received, 3);
	assert_int_equal(t.total.units_expected, 1);
	totals_clear(&t);
	tables_free(&h);
}

static void test_what_comes_after_today_has_not_happened(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "D1", "2024-07-02T08:00:00",
	     "status=done received_at=2024-01-10 due_at=2024-03-01 finished_at=2024-05-01");
	tell(&h, 1, KIND_DOSSIER, "D2", "2024-07-02T08:00:00", "status=accepted received_at=2024-05-10");
	struct totals t = count(&h, "2024-01-01", "2024-12-31", "2024-04-01", "27", TOTALS_BY_NONE);
	assert_int_equal(t.as_of, day("2024-04-01"));
	assert_int_equal(t.total.cells.received, 1);
	assert_int_equal(t.total.cells.done, 0);
	assert_int_equal(t.total.cells.open_late, 1);
	totals_clear(&t);
	tables_free(&h);
}

static void heard_of(const struct hub_tables *h, const char *unit, const char *date)
{
	struct query q = query_start(h->db, "UPDATE device SET heard_day = ?2 WHERE unit = ?1");
	query_str(&q, 1, unit);
	query_int(&q, 2, day(date));
	assert_int_equal(query_run(&q), STATUS_OK);
}

static void test_silent_units_are_named(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	heard_of(&h, "05801", "2024-12-31");
	heard_of(&h, "05802", "2024-12-30");
	heard_of(&h, "058", "2025-02-01");
	read_registry(&h);
	struct totals t = count_2024(&h, "27", TOTALS_BY_UNIT);
	assert_int_equal(t.total.units_expected, 4);
	assert_int_equal(t.total.units_reporting, 1);
	assert_int_equal(t.n_silent, 3);
	assert_string_equal(registry_unit(h.registry, t.silent[0])->code, "05802");
	assert_string_equal(registry_unit(h.registry, t.silent[2])->code, "H27");
	assert_int_equal(group(&t, &h, "058")->units_expected, 2);
	assert_int_equal(group(&t, &h, "058")->units_reporting, 1);
	assert_int_equal(group(&t, &h, "H27")->units_expected, 1);
	assert_int_equal(group(&t, &h, "27")->units_expected, 0);
	totals_clear(&t);
	tables_free(&h);
}

static void test_a_running_period_asks_for_the_last_three_days(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	heard_of(&h, "05801", "2024-05-19");
	heard_of(&h, "05802", "2024-05-18");
	read_registry(&h);
	struct totals t = count(&h, "2024-01-01", "2024-12-31", "2024-05-22", "058", TOTALS_BY_NONE);
	assert_int_equal(t.total.units_reporting, 1);
	totals_clear(&t);
	t = count(&h, "2024-01-01", "2024-05-22", "2024-05-22", "058", TOTALS_BY_NONE);
	assert_int_equal(t.total.units_reporting, 1);
	totals_clear(&t);
	t = count(&h, "2024-01-01", "2024-05-21", "2024-05-22", "058", TOTALS_BY_NONE);
	assert_int_equal(t.total.units_reporting, 0);
	totals_clear(&t);
	tables_free(&h);
}

static void test_a_record_from_above_dated_in_the_period_breaks_silence(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	add_device(h.db, 9, "27", NULL);
	read_registry(&h);
	mention(&h, 4, "05801", "2024-01-01");
	mention(&h, 4, "05802", "2023-12-31");
	mention(&h, 3, "05901", "2024-06-01"); /* its own */
	mention(&h, 4, "05901", "2024-07-01"); /* another district's */
	struct totals before = count_2024(&h, "27", TOTALS_BY_NONE);
	assert_int_equal(before.total.units_reporting, 1);
	totals_clear(&before);
	mention(&h, 9, "05901", "2024-12-31");
	mention(&h, 4, "gone", "2024-10-04");
	struct totals t = count_2024(&h, "27", TOTALS_BY_NONE);
	assert_int_equal(t.total.units_reporting, 2);
	totals_clear(&t);
	tables_free(&h);
}

static void test_only_units_valid_on_the_day_are_expected(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	add_unit(h.db, "05803", LEVEL_COMMUNE, "058", NULL, "2024-12-30");
	add_unit(h.db, "05804", LEVEL_COMMUNE, "058", "2024-12-31", NULL);
	read_registry(&h);
	struct totals t = count_2024(&h, "058", TOTALS_BY_NONE);
	assert_int_equal(t.total.units_expected, 3);
	totals_clear(&t);
	tables_free(&h);
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

static void test_the_document_is_the_contracts(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "D1", "2024-07-02T08:00:00",
	     "channel=online status=done received_at=2024-01-10 due_at=2024-01-20 finished_at=2024-01-15 rating=5"
	     " input_digitised=true fee=1 paid=online");
	struct totals t = count(&h, "2024-01-01", "2024-05-22", "2024-05-22", "05801", TOTALS_BY_NONE);
	const void *pair[] = {&t, h.registry};
	char *json = printed(print_json, pair);
#define GROUP                                                                                                      \
	"{\"key\":\"05801\",\"name\":\"Unit 05801\",\"received\":1,\"received_online\":1,\"received_counter\":0,"  \
	"\"received_postal\":0,\"received_unstated\":0,\"carried_in\":0,\"total_in\":1,\"done\":1,\"done_early\":" \
	"1,"                                                                                                       \
	"\"done_on_time\":0,\"done_late\":0,\"done_no_due\":0,\"open\":0,\"open_in_time\":0,\"open_late\":0,"      \
	"\"open_paused\":0,\"refused\":0,\"withdrawn\":0,\"incomplete\":0,\"gap\":0,\"rates\":{\"online\":[1,1],"  \
	"\"on_time\":[1,1],\"input_digitised\":[1,1],\"result_digitised\":[0,1],\"paid_online\":[1,1],"            \
	"\"satisfied\":[1,1]},\"units_expected\":1,\"units_reporting\":0}"
	assert_string_equal(json,
			    "{\"schema\":1,\"from\":\"2024-01-01\",\"to\":\"2024-05-22\",\"as_of\":\"2024-05-22\","
			    "\"rule\":\"form06\",\"as_known_at\":null,\"groups\":[" GROUP "],\"total\":" GROUP
			    ",\"rule_version\":1,\"rule_hash\":\"built in\"}\n");
	free(json);
	totals_clear(&t);
	tables_free(&h);
}

static void test_the_table_shows_what_is_not_zero(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct hub_tables h = tables_new();
	fill_2024(&h);
	struct totals t = count_2024(&h, "27", TOTALS_BY_UNIT);
	const void *pair[] = {&t, h.registry};
	char *text = printed(print_text, pair);
	static const char *const wanted[] = {
		"From 2024-01-01 to 2024-12-31, as of 2024-12-31, rule form06 version 1 (built in)",
		"gap",
		"unstated",
		"refused",
		"058",
		"its own records",
		"total",
		"0/4",
		"submitted online: 3 of 8 (37.5%)",
		"Silent units (4)",
		"H27 Unit H27"};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_non_null(strstr(text, wanted[i]));
	assert_null(strstr(text, "postal"));
	free(text);
	totals_clear(&t);
	t = count_2024(&h, "05801", TOTALS_BY_NONE);
	text = printed(print_text, pair);
	assert_null(strstr(text, "gap"));
	assert_null(strstr(text, "refused"));
	free(text);
	totals_clear(&t);
	tables_free(&h);
}

static void test_many_silent_units_are_cut_to_twenty(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct hub_tables h = tables_new();
	for (int i = 10; i < 40; i++) {
		char code[8];
		(void)snprintf(code, sizeof(code), "059%d", i);
		add_unit(h.db, code, LEVEL_COMMUNE, "059", NULL, NULL);
	}
	read_registry(&h);
	struct totals t = count_2024(&h, "059", TOTALS_BY_NONE);
	const void *pair[] = {&t, h.registry};
	char *text = printed(print_text, pair);
	assert_non_null(strstr(text, "05928 Unit 05928"));
	assert_null(strstr(text, "05929"));
	assert_non_null(strstr(text, "and 11 more"));
	free(text);
	totals_clear(&t);
	tables_free(&h);
}

static void test_a_rule_is_found_by_its_name(void **state)
{
	(void)state;
	struct count_rule rule = {0};
	struct rule_fault fault;
	assert_int_equal(totals_rule("form06", "/nonexistent", &rule, &fault), STATUS_OK);
	assert_string_equal(rule.name, "form06");
	assert_int_equal(totals_rule("form", "/nonexistent", &rule, &fault), STATUS_EMPTY);
	assert_int_equal(totals_rule("../form06", "/nonexistent", &rule, &fault), STATUS_EMPTY);
}

static void test_a_wrong_rule_file_of_the_hub_is_named(void **state)
{
	(void)state;
	char dir[] = "/tmp/motcua-rules-XXXXXX";
	char path[64];
	struct count_rule rule = {.version = 7};
	struct rule_fault fault;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/rules", dir);
	assert_int_equal(datadir_create(path), STATUS_OK);
	(void)snprintf(path, sizeof(path), "%s/rules/form06.ini", dir);
	assert_int_equal(file_write(path, slice_str("[rule]\nname = form06\nend = never\n"), 0644), STATUS_OK);
	assert_int_equal(totals_rule("form06", dir, &rule, &fault), STATUS_SETTINGS);
	assert_string_equal(fault.path, path);
	assert_non_null(strstr(fault.settings.what, "end"));
	assert_int_equal(rule.version, 7);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/rules", dir);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells_of_a_year),
		cmocka_unit_test(test_groups_by_unit_sum_to_the_total),
		cmocka_unit_test(test_a_units_own_records_are_a_group_and_others_do_not_count),
		cmocka_unit_test(test_what_comes_after_today_has_not_happened),
		cmocka_unit_test(test_silent_units_are_named),
		cmocka_unit_test(test_a_running_period_asks_for_the_last_three_days),
		cmocka_unit_test(test_a_record_from_above_dated_in_the_period_breaks_silence),
		cmocka_unit_test(test_only_units_valid_on_the_day_are_expected),
		cmocka_unit_test(test_the_document_is_the_contracts),
		cmocka_unit_test(test_the_table_shows_what_is_not_zero),
		cmocka_unit_test(test_many_silent_units_are_cut_to_twenty),
		cmocka_unit_test(test_a_rule_is_found_by_its_name),
		cmocka_unit_test(test_a_wrong_rule_file_of_the_hub_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
