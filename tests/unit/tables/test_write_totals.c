#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tables/totals_view.h"

static const struct cells SOME = {.received = 8,
				  .received_online = 3,
				  .received_counter = 5,
				  .carried_in = 2,
				  .done = 6,
				  .done_early = 4,
				  .done_on_time = 1,
				  .done_late = 1,
				  .open = 3,
				  .open_in_time = 3,
				  .rate_satisfied = 1,
				  .rated_done = 3};

/* One group that the total repeats. */
static struct totals_view view_of(const struct totals_group_view *group)
{
	return (struct totals_view){.period = {.from = 0, .to = 30},
				    .as_of = 30,
				    .rule = &COUNT_FORM06,
				    .rule_hash = "0123456789ab",
				    .subject = "27 Province",
				    .n_groups = 1,
				    .groups = group,
				    .total = *group};
}

static struct totals_labels labels_in_capitals(void)
{
	struct totals_labels labels = {.key = "KEY",
				       .name = "NAME",
				       .units_heard = "HEARD",
				       .total = "TOTAL",
				       .of = "OF",
				       .decimal = ",",
				       .gap = "GAP!",
				       .span = "SPAN"};
	for (int i = 0; i < TOTALS_COLUMNS; i++)
		labels.columns[i] = i == TOTALS_RECEIVED_POSTAL ? "POSTAL" : "C";
	for (int i = 0; i < TOTALS_RATES; i++)
		labels.rates[i] = i == TOTALS_RATE_ONLINE ? "ONLINE" : "R";
	return labels;
}

enum form { AS_TEXT, AS_CSV, AS_JSON };

static char *printed(const struct totals_view *v, enum form form)
{
	char *text = NULL;
	size_t len = 0;
	struct totals_labels labels = labels_in_capitals();
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	if (form == AS_TEXT)
		assert_int_equal(totals_view_text(v, &labels, out), STATUS_OK);
	else if (form == AS_CSV)
		assert_int_equal(totals_view_csv(v, out), STATUS_OK);
	else
		totals_view_json(v, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_has(const char *text, const char *wanted)
{
	if (strstr(text, wanted) == NULL)
		fail_msg("%s is not in %s", wanted, text);
}

static void test_people_see_names_rates_and_units_heard_of(void **state)
{
	(void)state;
	struct totals_group_view group = {
		.key = "058", .name = "District", .cells = &SOME, .units_expected = 8, .units_reporting = 7};
	struct totals_view v = view_of(&group);
	char *text = printed(&v, AS_TEXT);
	assert_has(text, "27 Province\nSPAN\n\n");
	assert_has(text, "7/8");
	assert_has(text, "\nONLINE: 3 OF 8 (37,5%)\n");
	assert_has(text, "\nR: 1 OF 3 (33,3%)\n");
	assert_has(text, "TOTAL");
	assert_has(text, "GAP!"); /* 10 came in, 9 are told of */
	assert_null(strstr(text, "POSTAL"));
	free(text);
}

static void test_a_title_stands_for_the_name_before_people_only(void **state)
{
	(void)state;
	struct totals_group_view group = {.key = "27", .name = "Province", .title = "its own", .cells = &SOME};
	struct totals_view v = view_of(&group);
	char *text = printed(&v, AS_TEXT);
	assert_has(text, "its own");
	free(text);
	text = printed(&v, AS_JSON);
	assert_null(strstr(text, "its own"));
	assert_has(text, "\"name\":\"Province\"");
	free(text);
}

static void test_unknown_units_are_null_and_no_column(void **state)
{
	(void)state;
	struct totals_group_view group = {.key = "",
					  .name = "unstated",
					  .cells = &SOME,
					  .units_expected = TOTALS_UNITS_UNKNOWN,
					  .units_reporting = TOTALS_UNITS_UNKNOWN};
	struct totals_view v = view_of(&group);
	char *text = printed(&v, AS_JSON);
	assert_has(text, "\"units_expected\":null,\"units_reporting\":null}");
	free(text);
	text = printed(&v, AS_TEXT);
	assert_null(strstr(text, "HEARD"));
	free(text);
	text = printed(&v, AS_CSV);
	assert_has(text, ",3,,,1970-01-01,1970-01-31,1970-01-31,form06,1,0123456789ab\r\n");
	free(text);
}

static void test_the_rule_stands_in_the_document(void **state)
{
	(void)state;
	struct totals_group_view group = {.key = "058", .name = "District", .cells = &SOME};
	struct totals_view v = view_of(&group);
	char *text = printed(&v, AS_JSON);
	assert_has(text, "{\"schema\":1,\"from\":\"1970-01-01\",\"to\":\"1970-01-31\",\"as_of\":\"1970-01-31\","
			 "\"rule\":\"form06\",\"as_known_at\":null,\"groups\":[{\"key\":\"058\"");
	assert_has(text, "\"total_in\":10,");
	assert_has(text, "\"gap\":1,\"rates\":{\"online\":[3,8],\"on_time\":[5,6],");
	assert_has(text, "},\"rule_version\":1,\"rule_hash\":\"0123456789ab\"}\n");
	free(text);
}

static void in_05_spreadsheets_get_every_number_and_no_formula(void **state)
{
	(void)state;
	struct totals_group_view group = {
		.key = "058", .name = "=1+1", .cells = &SOME, .units_expected = 8, .units_reporting = 7};
	struct totals_view v = view_of(&group);
	char *text = printed(&v, AS_CSV);
	assert_has(text, "\xEF\xBB\xBFkey,name,received,received_online,received_counter,received_postal,");
	assert_has(text, ",gap,rate_online,rate_online_of,rate_on_time,rate_on_time_of,");
	assert_has(text, "\r\n058,'=1+1,8,3,5,0,0,2,10,6,4,1,1,0,3,3,0,0,0,0,0,1,3,8,5,6,0,8,0,6,0,0,1,3,8,7,");
	assert_has(text, "\r\ntotal,'=1+1,8,");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_people_see_names_rates_and_units_heard_of),
		cmocka_unit_test(test_a_title_stands_for_the_name_before_people_only),
		cmocka_unit_test(test_unknown_units_are_null_and_no_column),
		cmocka_unit_test(test_the_rule_stands_in_the_document),
		cmocka_unit_test(in_05_spreadsheets_get_every_number_and_no_formula),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
