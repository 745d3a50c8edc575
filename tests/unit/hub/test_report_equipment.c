#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/messages.h"
#include "hub/report_equipment.h"
#include "reading_fixture.h"

/* Present on a day: "2024-05-01:yes", for one asset whose changes are told in order, each with its own time. */
struct life {
	const char *name;
	const char *changes[4][2]; /* time, fields */
	const char *present;       /* first day on which it is there, NULL: never */
	const char *gone;          /* first day after that on which it is not, NULL: never */
};

static bool is_present(const struct life *life, const char *date)
{
	struct hub_tables h = tables_new();
	for (size_t i = 0; i < 4 && life->changes[i][0] != NULL; i++)
		tell(&h, 1, KIND_EQUIPMENT, "A1", life->changes[i][0], life->changes[i][1]);
	struct thing thing = thing_new(KIND_EQUIPMENT);
	struct resolved asset;
	struct scope scope = registry_scope(h.registry);
	bool present = false;
	struct query q = query_start(h.db, "SELECT writes FROM thing WHERE kind = 2 AND key = 'A1'");
	assert_true(query_row(&q));
	assert_int_equal(thing_read(query_get_blob(&q, 0), &thing), STATUS_OK);
	assert_int_equal(fold_resolve(&thing, &scope, &asset), STATUS_OK);
	assert_int_equal(equipment_is_present(&asset, day(date), &present), STATUS_OK);
	assert_int_equal(query_finish(&q), STATUS_OK);
	resolved_free(&asset);
	thing_free(&thing);
	tables_free(&h);
	return present;
}

static void test_events_decide_whether_an_asset_is_there(void **state)
{
	(void)state;
	static const struct life lives[] = {
		{"by state", {{"2024-03-01T08:00:00", "state=in_use"}}, "2024-03-01", NULL},
		{"by date", {{"2024-03-01T08:00:00", "installed_on=2024-02-01"}}, "2024-02-01", NULL},
		{"in use by date", {{"2024-03-01T08:00:00", "in_use_on=2024-02-03"}}, "2024-02-03", NULL},
		{"retired by state",
		 {{"2024-03-01T08:00:00", "state=installed"}, {"2024-06-01T08:00:00", "state=retired"}},
		 "2024-03-01",
		 "2024-06-01"},
		{"retired by date",
		 {{"2024-03-01T08:00:00", "installed_on=2024-02-01 retired_on=2024-06-05"}},
		 "2024-02-01",
		 "2024-06-05"},
		{"only planned", {{"2024-03-01T08:00:00", "state=planned"}}, NULL, NULL},
		{"condition says nothing", {{"2024-03-01T08:00:00", "condition=ok type=computer"}}, NULL, NULL},
		{"taken back",
		 {{"2024-03-01T08:00:00", "state=in_use"}, {"2024-04-01T08:00:00", "state=ordered"}},
		 "2024-03-01",
		 "2024-04-01"},
		{"both writes taken back",
		 {{"2024-03-01T08:00:00", "state=installed"},
		  {"2024-03-05T08:00:00", "state=in_use"},
		  {"2024-04-01T08:00:00", "state=delivered"}},
		 "2024-03-01",
		 "2024-04-01"},
		{"a date is not taken back by a state",
		 {{"2024-03-01T08:00:00", "installed_on=2024-02-01 state=in_use"},
		  {"2024-04-01T08:00:00", "state=planned"}},
		 "2024-02-01",
		 NULL},
		{"retired stays retired when planned again",
		 {{"2024-03-01T08:00:00", "state=in_use"},
		  {"2024-04-01T08:00:00", "state=retired"},
		  {"2024-05-01T08:00:00", "state=planned"}},
		 "2024-03-01",
		 "2024-04-01"},
		{"the same day: the date first, then the write",
		 {{"2024-03-01T08:00:00", "state=in_use"},
		  {"2024-06-01T08:00:00", "state=retired installed_on=2024-06-01"}},
		 "2024-03-01",
		 "2024-06-01"},
		{"the same day: writes by time",
		 {{"2024-03-01T08:00:00", "state=retired"}, {"2024-03-01T09:00:00", "state=in_use"}},
		 "2024-03-01",
		 NULL},
		{"installed and retired on one day",
		 {{"2024-03-01T08:00:00", "installed_on=2024-03-01 retired_on=2024-03-01"}},
		 NULL,
		 NULL},
		{"a cleared date is none",
		 {{"2024-03-01T08:00:00", "installed_on=2024-02-01"}, {"2024-03-02T08:00:00", "installed_on="}},
		 NULL,
		 NULL},
		{"a cleared state says nothing",
		 {{"2024-03-01T08:00:00", "state=in_use"}, {"2024-04-01T08:00:00", "state="}},
		 "2024-03-01",
		 NULL},
	};
	for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]); i++) {
		const struct life *life = &lives[i];
		char before[DATE_TEXT];
		print_message("%s\n", life->name);
		assert_false(is_present(life, "2024-01-01"));
		assert_int_equal(is_present(life, "2030-01-01"), life->present != NULL && life->gone == NULL);
		if (life->present != NULL) {
			assert_false(is_present(life, date_format(day(life->present) - 1, before)));
			assert_true(is_present(life, life->present));
		}
		if (life->gone != NULL) {
			assert_true(is_present(life, date_format(day(life->gone) - 1, before)));
			assert_false(is_present(life, life->gone));
		}
	}
}

static struct equipment_query query_on(const struct hub_tables *h, const char *date, const char *required)
{
	struct equipment_query query = {.as_of = day(date),
					.today = day("2026-01-01"),
					.level = LEVEL_COMMUNE,
					.unit = unit_index(h, "27")};
	assert_int_equal(equipment_required_parse(required, query.required), STATUS_OK);
	return query;
}

static struct equipment_report report_on(const struct hub_tables *h, const struct equipment_query *query)
{
	struct equipment_report report;
	assert_int_equal(equipment_compute(h->db, h->registry, query, &report), STATUS_OK);
	assert_int_equal(report.units, report.complete + report.partial + report.none + report.not_reporting);
	return report;
}

static int64_t of_type(const struct equipment_report *report, const char *word)
{
	int64_t type = 0;
	assert_int_equal(schema_word(schema_field(FIELD_TYPE), word, strlen(word), &type), STATUS_OK);
	return report->by_type[type];
}

/* 05801 has all, 05802 a scanner, 05901 a printer; 05803 nothing at all, 05804 nothing and is silent. */
static struct hub_tables stocked(void)
{
	struct hub_tables h = tables_new();
	add_unit(h.db, "05803", LEVEL_COMMUNE, "058", NULL, NULL);
	add_unit(h.db, "05804", LEVEL_COMMUNE, "058", NULL, NULL);
	add_device(h.db, 5, "05803", "2025-01-01");
	read_registry(&h);
	tell(&h, 1, KIND_EQUIPMENT, "A1", "2024-01-01T08:00:00", "type=computer state=in_use");
	tell(&h, 1, KIND_EQUIPMENT, "A2", "2024-01-01T08:00:00", "type=scanner state=in_use");
	tell(&h, 1, KIND_EQUIPMENT, "A3", "2024-01-01T08:00:00", "type=computer state=in_use void=true");
	tell(&h, 4, KIND_EQUIPMENT, "A4", "2024-01-01T08:00:00", "unit=05802 type=scanner state=in_use");
	tell(&h, 2, KIND_EQUIPMENT, "A5", "2024-01-01T08:00:00", "type=computer state=ordered");
	tell(&h, 3, KIND_EQUIPMENT, "A6", "2024-01-01T08:00:00", "type=printer state=in_use");
	tell(&h, 3, KIND_EQUIPMENT, "A7", "2024-01-01T08:00:00", "state=in_use");
	tell(&h, 4, KIND_EQUIPMENT, "A8", "2024-01-01T08:00:00", "type=camera state=in_use");
	return h;
}

static void test_units_are_sorted_by_what_they_have(void **state)
{
	(void)state;
	struct hub_tables h = stocked();
	struct equipment_query query = query_on(&h, "2024-06-30", "computer=1,scanner=1");
	struct equipment_report report = report_on(&h, &query);
	assert_int_equal(report.units, 5);
	assert_int_equal(report.complete, 1);
	assert_int_equal(report.partial, 1);
	assert_int_equal(report.none, 2);
	assert_int_equal(report.not_reporting, 1);
	assert_int_equal(of_type(&report, "computer"), 1);
	assert_int_equal(of_type(&report, "scanner"), 2);
	assert_int_equal(of_type(&report, "printer"), 1);
	assert_int_equal(of_type(&report, "camera"), 0); /* the district's */
	assert_int_equal(report.by_type[0], 1);
	tables_free(&h);
}

static void test_more_of_a_type_can_be_required(void **state)
{
	(void)state;
	struct hub_tables h = stocked();
	tell(&h, 1, KIND_EQUIPMENT, "B1", "2024-02-01T08:00:00", "type=computer state=in_use");
	struct equipment_query query = query_on(&h, "2024-06-30", "computer=2");
	assert_int_equal(report_on(&h, &query).complete, 1);
	query = query_on(&h, "2024-01-31", "computer=2");
	assert_int_equal(report_on(&h, &query).complete, 0);
	assert_int_equal(report_on(&h, &query).partial, 1);
	tables_free(&h);
}

static void test_level_and_unit_choose_who_is_counted(void **state)
{
	(void)state;
	struct hub_tables h = stocked();
	struct equipment_query query = query_on(&h, "2024-06-30", "camera=1");
	query.level = LEVEL_DISTRICT;
	struct equipment_report report = report_on(&h, &query);
	assert_int_equal(report.units, 2);
	assert_int_equal(report.complete, 1);
	query.level = LEVEL_COMMUNE;
	query.unit = unit_index(&h, "059");
	report = report_on(&h, &query);
	assert_int_equal(report.units, 1);
	assert_int_equal(of_type(&report, "printer"), 1);
	assert_int_equal(of_type(&report, "scanner"), 0);
	tables_free(&h);
}

static void test_required_is_read_strictly(void **state)
{
	(void)state;
	int64_t required[EQUIPMENT_TYPES];
	static const char *const wrong[] = {"",
					    "computer",
					    "computer=",
					    "computer=0",
					    "computer=x",
					    "computer=-1",
					    "computer=1,",
					    "tractor=1",
					    "=1",
					    "computer=1001",
					    "computer=1,computer=2",
					    "computer=10000000"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(equipment_required_parse(wrong[i], required), STATUS_USAGE);
	assert_int_equal(equipment_required_parse("computer=1000,other=2", required), STATUS_OK);
}

static void print_json(const void *context, FILE *out)
{
	equipment_print_json(context, out);
}

static void print_text(const void *context, FILE *out)
{
	const void *const *pair = context;
	assert_int_equal(equipment_print(pair[0], NULL, pair[1], REPORT_TABLE, out), STATUS_OK);
}

static void test_printed_as_document_and_as_table(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct hub_tables h = stocked();
	struct equipment_query query = query_on(&h, "2024-06-30", "computer=1,kiosk=1");
	struct equipment_report report = report_on(&h, &query);
	char *json = printed(print_json, &report);
	assert_string_equal(json,
			    "{\"units\":5,\"complete\":0,\"partial\":1,\"none\":3,\"not_reporting\":1,\"by_type\":"
			    "{\"unstated\":1,\"computer\":1,\"scanner\":2,\"printer\":1,\"kiosk\":0}}\n");
	free(json);
	const void *pair[] = {&report, h.registry};
	char *text = printed(print_text, pair);
	assert_non_null(strstr(text, "Equipment on 2024-06-30, units of level commune"));
	assert_non_null(strstr(text, "kiosk"));
	assert_null(strstr(text, "camera"));
	free(text);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events_decide_whether_an_asset_is_there),
		cmocka_unit_test(test_units_are_sorted_by_what_they_have),
		cmocka_unit_test(test_more_of_a_type_can_be_required),
		cmocka_unit_test(test_level_and_unit_choose_who_is_counted),
		cmocka_unit_test(test_required_is_read_strictly),
		cmocka_unit_test(test_printed_as_document_and_as_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
