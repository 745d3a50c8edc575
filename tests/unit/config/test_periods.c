#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config/periods.h"

static const char TODAY[] = "2024-05-22";

static int32_t day(const char *text)
{
	int32_t value = 0;
	assert_int_equal(date_parse(text, strlen(text), &value), STATUS_OK);
	return value;
}

static void assert_period(const struct period_request *request, const char *from, const char *to)
{
	struct period period;
	const char *problem = NULL;
	assert_int_equal(period_choose(request, day(TODAY), &period, &problem), STATUS_OK);
	assert_int_equal(period.from, day(from));
	assert_int_equal(period.to, day(to));
	assert_null(problem);
}

static void assert_refused(const struct period_request *request)
{
	struct period period;
	const char *problem = NULL;
	assert_int_equal(period_choose(request, day(TODAY), &period, &problem), STATUS_USAGE);
	assert_non_null(problem);
}

static void test_nothing_given_is_this_year_until_today(void **state)
{
	(void)state;
	assert_period(&(struct period_request){0}, "2024-01-01", TODAY);
}

static void test_from_and_to(void **state)
{
	(void)state;
	assert_period(&(struct period_request){.from = "2024-02-03", .to = "2024-03-04"}, "2024-02-03",
		      "2024-03-04");
	assert_period(&(struct period_request){.from = "2023-02-03"}, "2023-02-03", TODAY);
	assert_period(&(struct period_request){.to = "2023-06-30"}, "2023-01-01", "2023-06-30");
	assert_period(&(struct period_request){.from = TODAY, .to = TODAY}, TODAY, TODAY);
}

static void test_calendar_periods(void **state)
{
	(void)state;
	assert_period(&(struct period_request){.named[PERIOD_MONTH] = "2024-02"}, "2024-02-01", "2024-02-29");
	assert_period(&(struct period_request){.named[PERIOD_QUARTER] = "2024-Q4"}, "2024-10-01", "2024-12-31");
	assert_period(&(struct period_request){.named[PERIOD_HALF] = "2024-H1"}, "2024-01-01", "2024-06-30");
	assert_period(&(struct period_request){.named[PERIOD_YEAR] = "2023"}, "2023-01-01", "2023-12-31");
}

static void test_report_periods_run_from_the_15th_to_the_14th(void **state)
{
	(void)state;
	static const struct {
		enum period_option option;
		const char *text;
		const char *from;
		const char *to;
	} cases[] = {
		{PERIOD_REPORT_MONTH, "2024-01", "2023-12-15", "2024-01-14"},
		{PERIOD_REPORT_MONTH, "2024-03", "2024-02-15", "2024-03-14"},
		{PERIOD_REPORT_QUARTER, "2024-Q1", "2023-12-15", "2024-03-14"},
		{PERIOD_REPORT_QUARTER, "2024-Q4", "2024-09-15", "2024-12-14"},
		{PERIOD_REPORT_HALF, "2024-H1", "2023-12-15", "2024-06-14"},
		{PERIOD_REPORT_HALF, "2024-H2", "2024-06-15", "2024-12-14"},
		{PERIOD_REPORT_NINE_MONTHS, "2024", "2023-12-15", "2024-09-14"},
		{PERIOD_REPORT_YEAR, "2024", "2023-12-15", "2024-12-14"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct period_request request = {0};
		request.named[cases[i].option] = cases[i].text;
		assert_period(&request, cases[i].from, cases[i].to);
	}
}

static void test_a_period_of_another_form_is_refused(void **state)
{
	(void)state;
	static const char *const forms[PERIOD_OPTION_COUNT] = {"2024-02", "2024-Q1", "2024-H1", "2024", "2024-02",
							       "2024-Q1", "2024-H1", "2024",    "2024"};
	for (int option = 0; option < PERIOD_OPTION_COUNT; option++)
		for (int form = 0; form < PERIOD_OPTION_COUNT; form++) {
			struct period_request request = {0};
			request.named[option] = forms[form];
			if (strcmp(forms[option], forms[form]) != 0)
				assert_refused(&request);
		}
	assert_refused(&(struct period_request){.named[PERIOD_MONTH] = "2024-13"});
	assert_refused(&(struct period_request){.named[PERIOD_QUARTER] = "2024-Q5"});
	assert_refused(&(struct period_request){.named[PERIOD_YEAR] = "24"});
	assert_refused(&(struct period_request){.named[PERIOD_YEAR] = ""});
}

static void test_days_that_are_none_or_in_the_wrong_order_are_refused(void **state)
{
	(void)state;
	assert_refused(&(struct period_request){.from = "2024-02-30"});
	assert_refused(&(struct period_request){.to = "soon"});
	assert_refused(&(struct period_request){.from = "2024-03-04", .to = "2024-03-03"});
	assert_refused(&(struct period_request){.from = "2024-05-23"});
}

static void test_two_ways_at_once_are_refused(void **state)
{
	(void)state;
	assert_refused(&(struct period_request){.named = {[PERIOD_MONTH] = "2024-02", [PERIOD_YEAR] = "2024"}});
	assert_refused(
		&(struct period_request){.named = {[PERIOD_MONTH] = "2024-02", [PERIOD_REPORT_MONTH] = "2024-02"}});
	assert_refused(&(struct period_request){.to = "2024-02-01", .named[PERIOD_YEAR] = "2024"});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_given_is_this_year_until_today),
		cmocka_unit_test(test_from_and_to),
		cmocka_unit_test(test_calendar_periods),
		cmocka_unit_test(test_report_periods_run_from_the_15th_to_the_14th),
		cmocka_unit_test(test_a_period_of_another_form_is_refused),
		cmocka_unit_test(test_days_that_are_none_or_in_the_wrong_order_are_refused),
		cmocka_unit_test(test_two_ways_at_once_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
