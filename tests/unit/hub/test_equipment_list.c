#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/messages.h"
#include "hub/equipment_list.h"
#include "tests/unit/hub/reading_fixture.h"

static struct equipment_query query_on(const struct hub_tables *h, const char *date)
{
	struct equipment_query query = {.as_of = day(date),
					.today = day("2026-01-01"),
					.level = LEVEL_COMMUNE,
					.unit = unit_index(h, "27")};
	assert_int_equal(equipment_required_parse("computer=1,scanner=1", query.required), STATUS_OK);
	return query;
}

static struct asset_list list_on(const struct hub_tables *h, const struct equipment_query *query,
				 enum equipment_choice choice, const char *warranty_until)
{
	struct asset_list list;
	int32_t until = warranty_until == NULL ? DAY_UNSET : day(warranty_until);
	assert_int_equal(equipment_list(h->db, h->registry, query, choice, until, &list), STATUS_OK);
	return list;
}

/* The keys of a list, joined by commas. */
static void assert_keys(const struct hub_tables *h, const char *date, enum equipment_choice choice,
			const char *warranty_until, const char *expected)
{
	char keys[400] = "";
	struct equipment_query query = query_on(h, date);
	struct asset_list list = list_on(h, &query, choice, warranty_until);
	for (size_t i = 0; i < list.count; i++) {
		size_t used = strlen(keys);
		(void)snprintf(keys + used, sizeof(keys) - used, "%s%s", i > 0 ? "," : "", list.lines[i].key);
	}
	asset_list_free(&list);
	assert_string_equal(keys, expected);
}

static const char *word(enum field field, int64_t value)
{
	return value == 0 ? "" : schema_word_name(schema_field(field), value);
}

static void test_computer_retired_later_is_there_when_asked_for_earlier(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_EQUIPMENT, "PC-1", "2024-01-10T08:00:00", "type=computer state=in_use condition=ok");
	tell(&h, 1, KIND_EQUIPMENT, "PC-1", "2024-03-01T08:00:00", "condition=faulty");
	tell(&h, 1, KIND_EQUIPMENT, "PC-1", "2024-04-01T08:00:00", "condition=ok");
	tell(&h, 1, KIND_EQUIPMENT, "PC-1", "2024-05-01T08:00:00", "state=retired");
	assert_keys(&h, "2024-01-09", EQUIPMENT_ALL, NULL, "");
	assert_keys(&h, "2024-04-30", EQUIPMENT_ALL, NULL, "PC-1");
	assert_keys(&h, "2024-05-01", EQUIPMENT_ALL, NULL, "");
	assert_keys(&h, "2024-02-29", EQUIPMENT_FAULTY, NULL, "");
	assert_keys(&h, "2024-03-31", EQUIPMENT_FAULTY, NULL, "PC-1");
	assert_keys(&h, "2024-04-01", EQUIPMENT_FAULTY, NULL, "");
	struct equipment_query query = query_on(&h, "2024-03-15");
	struct asset_list list = list_on(&h, &query, EQUIPMENT_ALL, NULL);
	assert_int_equal(list.count, 1);
	assert_string_equal(word(FIELD_STATE, list.lines[0].state), "in_use");
	assert_string_equal(word(FIELD_CONDITION, list.lines[0].condition), "faulty");
	asset_list_free(&list);
	/* And the summary says the same of each of these days. */
	struct equipment_report report;
	assert_int_equal(equipment_compute(h.db, h.registry, &query, &report), STATUS_OK);
	assert_true(report.partial == 1);
	query = query_on(&h, "2024-05-01");
	assert_int_equal(equipment_compute(h.db, h.registry, &query, &report), STATUS_OK);
	assert_true(report.partial == 0);
	tables_free(&h);
}

static void test_list_is_by_unit_and_holds_what_the_report_counts(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 3, KIND_EQUIPMENT, "A-9", "2024-01-10T08:00:00", "type=printer state=in_use condition=repair");
	tell(&h, 1, KIND_EQUIPMENT, "B-2", "2024-01-10T08:00:00", "type=computer installed_on=2024-01-01");
	tell(&h, 1, KIND_EQUIPMENT, "B-1", "2024-01-10T08:00:00", "type=scanner state=in_use condition=faulty");
	tell(&h, 4, KIND_EQUIPMENT, "C-1", "2024-01-10T08:00:00", "type=computer state=in_use"); /* a district's */
	tell(&h, 2, KIND_EQUIPMENT, "D-1", "2024-01-10T08:00:00", "type=computer state=ordered");
	tell(&h, 2, KIND_EQUIPMENT, "E-1", "2024-01-10T08:00:00", "type=computer state=in_use void=true");
	assert_keys(&h, "2024-02-01", EQUIPMENT_ALL, NULL, "B-1,B-2,A-9");
	assert_keys(&h, "2024-02-01", EQUIPMENT_FAULTY, NULL, "B-1,A-9");
	struct equipment_query query = query_on(&h, "2024-02-01");
	query.unit = unit_index(&h, "059");
	struct asset_list list = list_on(&h, &query, EQUIPMENT_ALL, NULL);
	assert_int_equal(list.count, 1);
	asset_list_free(&list);
	tables_free(&h);
}

static void test_warranties_end_from_the_day_asked_up_to_the_one_given(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_EQUIPMENT, "A-1", "2024-01-10T08:00:00", "state=in_use warranty_until=2024-05-31");
	tell(&h, 1, KIND_EQUIPMENT, "A-2", "2024-01-10T08:00:00", "state=in_use warranty_until=2024-06-01");
	tell(&h, 1, KIND_EQUIPMENT, "A-3", "2024-01-10T08:00:00",
	     "state=in_use warranty_until=2024-12-31 condition=faulty");
	tell(&h, 1, KIND_EQUIPMENT, "A-4", "2024-01-10T08:00:00", "state=in_use warranty_until=2025-01-01");
	tell(&h, 1, KIND_EQUIPMENT, "A-5", "2024-01-10T08:00:00", "state=in_use");
	assert_keys(&h, "2024-06-01", EQUIPMENT_ALL, "2024-12-31", "A-2,A-3");
	assert_keys(&h, "2024-06-01", EQUIPMENT_FAULTY, "2024-12-31", "A-3");
	tables_free(&h);
}

static enum status note_missing(void *context, const struct missing_line *line)
{
	char *text = context;
	size_t used = strlen(text);
	(void)snprintf(text + used, 400 - used, "%d %s %lld/%lld\n", line->unit, equipment_type_key(line->type),
		       (long long)line->present, (long long)line->required);
	return STATUS_OK;
}

static void test_what_units_lack_is_listed_by_type(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	char text[400] = "";
	char expected[400];
	tell(&h, 1, KIND_EQUIPMENT, "B-1", "2024-01-10T08:00:00", "type=scanner state=in_use");
	tell(&h, 2, KIND_EQUIPMENT, "B-2", "2024-01-10T08:00:00", "type=computer state=in_use");
	tell(&h, 2, KIND_EQUIPMENT, "B-3", "2024-01-10T08:00:00", "type=scanner state=in_use");
	struct equipment_query query = query_on(&h, "2024-02-01");
	assert_int_equal(equipment_missing(h.db, h.registry, &query, note_missing, text), STATUS_OK);
	int a = unit_index(&h, "05801");
	int c = unit_index(&h, "05901");
	(void)snprintf(expected, sizeof(expected), "%d computer 0/1\n%d computer 0/1\n%d scanner 0/1\n", a, c, c);
	assert_string_equal(text, expected);
	tables_free(&h);
}

struct shown {
	const struct asset_list *list;
	const struct hub_tables *tables;
	const struct equipment_query *query;
};

static void print_json(const void *context, FILE *out)
{
	const struct shown *shown = context;
	asset_list_print_json(shown->list, shown->tables->registry, out);
	assert_int_equal(missing_print(shown->tables->db, shown->tables->registry, shown->query, REPORT_JSON, out),
			 STATUS_OK);
}

static void print_text(const void *context, FILE *out)
{
	const struct shown *shown = context;
	assert_int_equal(asset_list_print(shown->list, shown->query, shown->tables->registry, REPORT_TABLE, out),
			 STATUS_OK);
	assert_int_equal(missing_print(shown->tables->db, shown->tables->registry, shown->query, REPORT_TABLE, out),
			 STATUS_OK);
}

static void test_printed_one_object_a_line_and_as_table(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct hub_tables h = tables_new();
	tell(&h, 3, KIND_EQUIPMENT, "A-1", "2024-01-10T08:00:00",
	     "type=computer state=in_use condition=repair warranty_until=2025-01-01");
	tell(&h, 3, KIND_EQUIPMENT, "A-2", "2024-01-10T08:00:00", "in_use_on=2024-01-01");
	struct equipment_query query = query_on(&h, "2024-02-01");
	query.unit = unit_index(&h, "059");
	struct asset_list list = list_on(&h, &query, EQUIPMENT_ALL, NULL);
	struct shown shown = {.list = &list, .tables = &h, .query = &query};
	char *json = printed(print_json, &shown);
	assert_string_equal(json,
			    "{\"unit\":\"05901\",\"asset\":\"A-1\",\"type\":\"computer\",\"state\":\"in_use\","
			    "\"condition\":\"repair\",\"warranty_until\":\"2025-01-01\"}\n"
			    "{\"unit\":\"05901\",\"asset\":\"A-2\",\"type\":null,\"state\":null,"
			    "\"condition\":null,\"warranty_until\":null}\n"
			    "{\"unit\":\"05901\",\"type\":\"scanner\",\"required\":1,\"present\":0}\n");
	free(json);
	char *text = printed(print_text, &shown);
	assert_non_null(strstr(text, "2025-01-01"));
	assert_non_null(strstr(text, "unstated"));
	assert_non_null(strstr(text, "required in each unit"));
	free(text);
	asset_list_free(&list);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_computer_retired_later_is_there_when_asked_for_earlier),
		cmocka_unit_test(test_list_is_by_unit_and_holds_what_the_report_counts),
		cmocka_unit_test(test_warranties_end_from_the_day_asked_up_to_the_one_given),
		cmocka_unit_test(test_what_units_lack_is_listed_by_type),
		cmocka_unit_test(test_printed_one_object_a_line_and_as_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
