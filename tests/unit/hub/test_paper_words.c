#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/messages.h"
#include "hub/paper_words.h"

static void assert_named(const char *from, const char *to, const char *wanted)
{
	struct period period;
	char text[PAPER_PERIOD_TEXT];
	assert_int_equal(date_parse(from, strlen(from), &period.from), STATUS_OK);
	assert_int_equal(date_parse(to, strlen(to), &period.to), STATUS_OK);
	assert_string_equal(paper_words_period(period, text), wanted);
}

static void test_a_period_of_the_calendar_has_its_name(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	assert_named("2024-02-01", "2024-02-29",
		     "Reporting period: month 2 of 2024 (from 2024-02-01 to 2024-02-29)");
	assert_named("2024-10-01", "2024-12-31",
		     "Reporting period: quarter IV of 2024 (from 2024-10-01 to 2024-12-31)");
	assert_named("2024-01-01", "2024-06-30",
		     "Reporting period: first half of 2024 (from 2024-01-01 to 2024-06-30)");
	assert_named("2024-07-01", "2024-12-31",
		     "Reporting period: second half of 2024 (from 2024-07-01 to 2024-12-31)");
	assert_named("2024-01-01", "2024-12-31", "Reporting period: year 2024 (from 2024-01-01 to 2024-12-31)");
}

/* From the 15th of the month before to the 14th (domain facts: Nghị định 09/2019/NĐ-CP). */
static void test_a_period_of_the_reports_has_the_same_name(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	assert_named("2023-12-15", "2024-01-14",
		     "Reporting period: month 1 of 2024 (from 2023-12-15 to 2024-01-14)");
	assert_named("2023-12-15", "2024-03-14",
		     "Reporting period: quarter I of 2024 (from 2023-12-15 to 2024-03-14)");
	assert_named("2023-12-15", "2024-06-14",
		     "Reporting period: first half of 2024 (from 2023-12-15 to 2024-06-14)");
	assert_named("2023-12-15", "2024-09-14",
		     "Reporting period: nine months of 2024 (from 2023-12-15 to 2024-09-14)");
	assert_named("2023-12-15", "2024-12-14", "Reporting period: year 2024 (from 2023-12-15 to 2024-12-14)");
}

static void test_any_other_period_is_its_days(void **state)
{
	(void)state;
	assert_int_equal(messages_open("en"), STATUS_OK);
	assert_named("2024-01-01", "2024-05-22", "Reporting period: from 2024-01-01 to 2024-05-22");
	assert_named("2024-02-01", "2024-03-31", "Reporting period: from 2024-02-01 to 2024-03-31");
	assert_named("2024-02-01", "2024-04-30", "Reporting period: from 2024-02-01 to 2024-04-30");
	assert_named("2024-02-02", "2024-02-29", "Reporting period: from 2024-02-02 to 2024-02-29");
	assert_named("2024-02-01", "2025-01-31", "Reporting period: from 2024-02-01 to 2025-01-31");
	assert_named("2024-05-14", "2024-05-14", "Reporting period: from 2024-05-14 to 2024-05-14");
	assert_named("2023-11-15", "2024-02-14", "Reporting period: from 2023-11-15 to 2024-02-14");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_period_of_the_calendar_has_its_name),
		cmocka_unit_test(test_a_period_of_the_reports_has_the_same_name),
		cmocka_unit_test(test_any_other_period_is_its_days),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
