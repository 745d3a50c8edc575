#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/messages.h"
#include "hub/report_form06a.h"
#include "totals_fixture.h"

static void fill_2024(struct hub_tables *h)
{
	static const struct told_dossier told[] = {
		{1, "D1",
		 "channel=online status=done received_at=2024-01-10 due_at=2024-01-20 finished_at=2024-01-15 "
		 "domain=Land"},
		{1, "D2",
		 "channel=counter status=done received_at=2024-02-10 due_at=2024-02-11 finished_at=2024-02-18"
		 " domain=Birth"},
		{2, "D3", "channel=postal status=done received_at=2023-12-10 finished_at=2024-03-01 domain=Birth"},
		{3, "D4", "status=in_progress received_at=2024-05-31 due_at=2024-06-10"},
		{4, "D5", "channel=postal status=accepted received_at=2024-11-01 domain=Birth"},
		{4, "D6", "channel=online status=done received_at=2024-03-05 domain=Birth"},
	};
	tell_dossiers(h, "2024-12-02T08:00:00", told, sizeof(told) / sizeof(told[0]));
}

struct printing {
	const struct totals *totals;
	const struct registry *registry;
	enum report_format format;
};

static void print(const void *context, FILE *out)
{
	const struct printing *p = context;
	assert_int_equal(form06a_print(p->totals, p->registry, p->format, out), STATUS_OK);
}

static char *form(const struct hub_tables *h, enum totals_by by, enum report_format format)
{
	assert_int_equal(messages_open("en"), STATUS_OK);
	struct totals t = count_2024(h, "27", by);
	struct printing p = {.totals = &t, .registry = h->registry, .format = format};
	char *text = printed(print, &p);
	totals_clear(&t);
	return text;
}

static void assert_has(const char *text, const char *wanted)
{
	if (strstr(text, wanted) == NULL)
		fail_msg("%s is not in %s", wanted, text);
}

static void test_columns_are_those_of_the_form(void **state)
{
	(void)state;
	struct cells c = {.received = 10,
			  .received_online = 1,
			  .received_counter = 2,
			  .received_postal = 3,
			  .received_unstated = 4,
			  .carried_in = 5,
			  .done = 10,
			  .done_early = 1,
			  .done_on_time = 2,
			  .done_late = 3,
			  .done_no_due = 4,
			  .open = 5,
			  .open_in_time = 2,
			  .open_late = 3};
	static const int64_t wanted[FORM06A_COLUMNS] = {0, 0, 0, 15, 1, 9, 5, 10, 1, 6, 3, 5, 2, 3};
	int64_t columns[FORM06A_COLUMNS];
	form06a_columns(&c, columns);
	assert_memory_equal(columns, wanted, sizeof(wanted));
}

static void test_each_balance_sees_its_own_columns(void **state)
{
	(void)state;
	static const char *const rules[] = {"3=4+5+6", "7=8+9+10", "11=12+13", "3=7+11"};
	static const int64_t balanced[FORM06A_COLUMNS] = {0, 0, 0, 15, 1, 9, 5, 10, 1, 6, 3, 5, 2, 3};
	/* Per column: what one more does to each balance. */
	static const int moves[FORM06A_COLUMNS][FORM06A_CHECKS] = {
		[3] = {1, 0, 0, 1},   [4] = {-1, 0, 0, 0},  [5] = {-1, 0, 0, 0},  [6] = {-1, 0, 0, 0},
		[7] = {0, 1, 0, -1},  [8] = {0, -1, 0, 0},  [9] = {0, -1, 0, 0},  [10] = {0, -1, 0, 0},
		[11] = {0, 0, 1, -1}, [12] = {0, 0, -1, 0}, [13] = {0, 0, -1, 0},
	};
	for (int column = 2; column < FORM06A_COLUMNS; column++) {
		int64_t columns[FORM06A_COLUMNS];
		struct form06a_check checks[FORM06A_CHECKS];
		memcpy(columns, balanced, sizeof(columns));
		columns[column]++;
		form06a_check(columns, checks);
		for (int i = 0; i < FORM06A_CHECKS; i++) {
			assert_string_equal(checks[i].rule, rules[i]);
			assert_int_equal(checks[i].gap, moves[column][i]);
		}
	}
}

static void test_rows_by_level_and_domain(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	char *json = form(&h, TOTALS_BY_LEVEL_AND_DOMAIN, REPORT_JSON);
	assert_has(json,
		   "{\"schema\":1,\"form\":\"II.06a/VPCP/KSTT\",\"from\":\"2024-01-01\",\"to\":\"2024-12-31\","
		   "\"as_of\":\"2024-12-31\",\"rule\":\"form06\",\"by\":\"domain\",\"rows\":["
		   "{\"row\":\"level\",\"level\":\"district\",\"key\":\"district\",\"name\":\"district\","
		   "\"col3\":2,\"col4\":1,\"col5\":1,\"col6\":0,\"col7\":0,");
	assert_has(json,
		   "{\"row\":\"level\",\"level\":\"commune\",\"key\":\"commune\",\"name\":\"commune\",\"col3\":4,"
		   "\"col4\":1,\"col5\":2,\"col6\":1,\"col7\":3,\"col8\":1,\"col9\":1,\"col10\":1,\"col11\":1,"
		   "\"col12\":0,\"col13\":1,\"unstated\":1,\"no_due\":1},"
		   "{\"row\":\"domain\",\"level\":\"commune\",\"key\":\"Birth\",");
	assert_has(json,
		   "{\"row\":\"domain\",\"level\":\"commune\",\"key\":\"\",\"name\":\"unstated\",\"col3\":1,");
	assert_has(json, "],\"total\":{\"level\":\"province\",\"key\":\"27\",\"name\":\"Unit 27\",\"col3\":6,");
	assert_has(json, "\"checks\":[{\"rule\":\"3=4+5+6\",\"gap\":0},{\"rule\":\"7=8+9+10\",\"gap\":0},"
			 "{\"rule\":\"11=12+13\",\"gap\":0},{\"rule\":\"3=7+11\",\"gap\":1}],"
			 "\"units_expected\":4,\"units_reporting\":0,\"rule_version\":1,\"rule_hash\":\"built "
			 "in\",\"as_known_at\":null}\n");
	free(json);
	tables_free(&h);
}

static void test_rows_by_unit(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	char *json = form(&h, TOTALS_BY_UNIT, REPORT_JSON);
	assert_has(json, "\"by\":\"unit\",\"rows\":[{\"row\":\"unit\",\"level\":\"district\",\"key\":\"058\","
			 "\"name\":\"Unit 058\",\"col3\":5,");
	assert_has(json,
		   "{\"row\":\"unit\",\"level\":\"province\",\"key\":\"27\",\"name\":\"Unit 27\",\"col3\":0,");
	free(json);
	char *text = form(&h, TOTALS_BY_UNIT, REPORT_TABLE);
	assert_has(text, "its own records");
	free(text);
	tables_free(&h);
}

static void test_the_form_for_people_tells_its_gaps(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	char *text = form(&h, TOTALS_BY_LEVEL_AND_DOMAIN, REPORT_TABLE);
	assert_has(text, "Form II.06a/VPCP/KSTT");
	assert_has(text, "rule form06 version 1 (built in)");
	assert_has(text, "(13) Overdue");
	assert_has(text, "3=4+5+6: agrees\n7=8+9+10: agrees\n11=12+13: agrees\n3=7+11: gap of 1\n");
	assert_has(text, "Column 5 holds 1 ");
	assert_has(text, "Column 9 holds 1 ");
	assert_has(text, "Silent units (4)");
	free(text);
	tables_free(&h);
}

static void test_the_form_for_spreadsheets(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	fill_2024(&h);
	char *text = form(&h, TOTALS_BY_LEVEL_AND_DOMAIN, REPORT_CSV);
	assert_has(text, "\xEF\xBB\xBF(1) No.,(2) Domain or unit,");
	assert_has(text, ",(13) Overdue,unstated,no_due,from,to,as_of,rule,rule_version,rule_hash\r\nA,");
	assert_has(text,
		   "\r\n1,Birth,2,1,1,0,0,0,0,0,1,1,0,0,0,2024-01-01,2024-12-31,2024-12-31,form06,1,built in\r\n");
	assert_has(text, "\r\n,total,6,2,3,1,3,1,1,1,2,1,1,1,1,");
	free(text);
	tables_free(&h);
}

static void test_nothing_counted_is_a_total_of_zeros(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	char *json = form(&h, TOTALS_BY_LEVEL_AND_DOMAIN, REPORT_JSON);
	assert_has(json,
		   "\"rows\":[],\"total\":{\"level\":\"province\",\"key\":\"27\",\"name\":\"Unit 27\",\"col3\":0,");
	assert_has(json, "{\"rule\":\"3=7+11\",\"gap\":0}");
	free(json);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_are_those_of_the_form),
		cmocka_unit_test(test_each_balance_sees_its_own_columns),
		cmocka_unit_test(test_rows_by_level_and_domain),
		cmocka_unit_test(test_rows_by_unit),
		cmocka_unit_test(test_the_form_for_people_tells_its_gaps),
		cmocka_unit_test(test_the_form_for_spreadsheets),
		cmocka_unit_test(test_nothing_counted_is_a_total_of_zeros),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
