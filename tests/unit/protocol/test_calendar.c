#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/calendar.h"

#define DAY  INT64_C(86400000)
#define HOUR INT64_C(3600000)

static int64_t instant(const char *text)
{
	int64_t ms = 0;
	if (time_parse(text, strlen(text), &ms) != STATUS_OK)
		fail_msg("%s was refused", text);
	return ms;
}

static void assert_no_instant(const char *text)
{
	int64_t ms = 42;
	if (time_parse(text, strlen(text), &ms) != STATUS_REFUSED || ms != 42)
		fail_msg("%s was taken", text);
}

static int32_t date(const char *text)
{
	int32_t day = 0;
	if (date_parse(text, strlen(text), &day) != STATUS_OK)
		fail_msg("%s was refused", text);
	return day;
}

static void assert_no_date(const char *text)
{
	int32_t day = 42;
	if (date_parse(text, strlen(text), &day) != STATUS_REFUSED || day != 42)
		fail_msg("%s was taken", text);
}

static void assert_period(const char *text, const char *from, const char *to)
{
	struct period p = {0};
	if (period_parse(text, strlen(text), &p) != STATUS_OK)
		fail_msg("%s was refused", text);
	assert_int_equal(p.from, date(from));
	assert_int_equal(p.to, date(to));
}

static void assert_no_period(const char *text)
{
	struct period p = {0};
	if (period_parse(text, strlen(text), &p) != STATUS_REFUSED)
		fail_msg("%s was taken", text);
}

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static void ti_03_every_day_from_1900_to_9999_is_the_one_after_the_day_before(void **state)
{
	(void)state;
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int32_t expected = date_from(1900, 1, 1);
	for (int year = 1900; year <= 9999; year++)
		for (int month = 1; month <= 12; month++) {
			int last = lengths[month - 1] + (month == 2 && is_leap(year));
			for (int day = 1; day <= last; day++, expected++) {
				int y = 0;
				int m = 0;
				int d = 0;
				date_split(expected, &y, &m, &d);
				if (date_from(year, month, day) != expected || y != year || m != month || d != day)
					fail_msg("%d-%d-%d", year, month, day);
			}
		}
	assert_int_equal(date_from(1970, 1, 1), 0);
	assert_int_equal(expected - 1, date_from(9999, 12, 31));
}

static void test_leap_days_exist_only_in_leap_years(void **state)
{
	(void)state;
	assert_int_equal(date("2024-02-29") + 1, date("2024-03-01"));
	assert_int_equal(date("2000-02-29") + 1, date("2000-03-01"));
	assert_int_equal(date("2023-02-28") + 1, date("2023-03-01"));
	assert_no_date("2023-02-29");
	assert_no_date("1900-02-29");
	assert_no_date("2100-02-29");
	assert_no_date("2024-02-30");
	assert_no_instant("2023-02-29T08:00:00Z");
	assert_no_date("29/02/2023");
}

static void test_days_outside_their_month_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"2024-00-10", "2024-13-10", "2024-04-31", "2024-06-31", "2024-09-31",
					    "2024-11-31", "2024-01-00", "2024-01-32", "1899-12-31", "0000-01-01"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_no_date(wrong[i]);
		assert_no_instant(wrong[i]);
	}
}

static void test_dates_have_two_spellings_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(date("22/05/2024"), date("2024-05-22"));
	assert_int_equal(date("5/3/2024"), date("2024-03-05"));
	assert_int_equal(date("05/3/2024"), date("2024-03-05"));
	assert_int_equal(date("5/03/2024"), date("2024-03-05"));
	static const char *const wrong[] = {
		"",           "2024",       "2024-5-22",   "24-05-22",    "2024/05/22", "22-05-2024",
		"22.05.2024", "22/05/24",   "22/05/02024", "022/05/2024", "2/005/2024", "/05/2024",
		"22//2024",   "22/05/",     "2024-05-22 ", " 2024-05-22", "2024-05-2x", "2024-05-22T",
		"13/13/2024", "32/01/2024", "+024-05-22",  "-2024-05-22", "2024-05",    "22/05/2024 08:00"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_no_date(wrong[i]);
}

static void test_offsets_lead_to_one_instant(void **state)
{
	(void)state;
	int64_t expected = date_from(2024, 5, 22) * DAY + HOUR;
	assert_int_equal(instant("2024-05-22T01:00:00Z"), expected);
	assert_int_equal(instant("2024-05-22t01:00:00z"), expected);
	assert_int_equal(instant("2024-05-22T08:00:00+07:00"), expected);
	assert_int_equal(instant("2024-05-21T20:30:00-04:30"), expected);
	assert_int_equal(instant("2024-05-22T01:00:00-00:00"), expected);
	assert_int_equal(instant("2024-05-22T08:00:00"), expected);
	assert_int_equal(instant("2024-05-22 08:00:00"), expected);
	assert_int_equal(instant("22/05/2024 08:00"), expected);
	assert_int_equal(instant("22/5/2024 08:00:00"), expected);
	assert_int_equal(instant("2024-05-22") + 8 * HOUR, expected);
	assert_int_equal(instant("22/05/2024") + 8 * HOUR, expected);
}

static void test_instants_of_another_form_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",
					    "08:00:00",
					    "2024-05-22T",
					    "2024-05-22T08",
					    "2024-05-22T08:00",
					    "2024-05-22T8:00:00",
					    "2024-05-22T08:00:00+7",
					    "2024-05-22T08:00:00+07",
					    "2024-05-22T08:00:00+0700",
					    "2024-05-22T08:00:00+24:00",
					    "2024-05-22T08:00:00+07:60",
					    "2024-05-22T08:00:00 +07:00",
					    "2024-05-22T08:00:00ZZ",
					    "2024-05-22T08:00:00.Z",
					    "2024-05-22T08:00:00,5Z",
					    "2024-05-22T08:00:00.",
					    "2024-05-22T24:00:00Z",
					    "2024-05-22T08:60:00Z",
					    "2024-05-22T08:00:61Z",
					    "2024-05-22_08:00:00Z",
					    "2024-05-2208:00:00Z",
					    "22/05/2024T08:00",
					    "22/05/2024 08:00Z",
					    "22/05/2024 08:00+07:00",
					    "22/05/2024 8:00",
					    "22/05/2024 08:00:",
					    "22/05/2024 "};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_no_instant(wrong[i]);
}

static void test_only_the_given_length_is_read(void **state)
{
	(void)state;
	static const char text[] = "2024-05-22T08:00:00+07:00";
	int64_t ms = 0;
	assert_int_equal(time_parse(text, 10, &ms), STATUS_OK);
	assert_int_equal(ms, date_start(date("2024-05-22")));
	for (size_t len = 0; len < strlen(text); len++) {
		/* The whole date and the local time without offset are forms of their own. */
		enum status expected = len == 10 || len == 19 ? STATUS_OK : STATUS_REFUSED;
		assert_int_equal(time_parse(text, len, &ms), expected);
	}
}

static void test_fractions_are_kept_to_milliseconds(void **state)
{
	(void)state;
	int64_t whole = instant("2024-05-22T08:00:00Z");
	assert_int_equal(instant("2024-05-22T08:00:00.1Z"), whole + 100);
	assert_int_equal(instant("2024-05-22T08:00:00.12Z"), whole + 120);
	assert_int_equal(instant("2024-05-22T08:00:00.123Z"), whole + 123);
	assert_int_equal(instant("2024-05-22T08:00:00.123999999999Z"), whole + 123);
	assert_int_equal(instant("2024-05-22T08:00:00.0009Z"), whole);
	assert_int_equal(instant("2024-05-22T15:00:00.5"), whole + 500);
}

static void ti_05_second_60_is_the_next_minutes_first(void **state)
{
	(void)state;
	assert_int_equal(instant("2016-12-31T23:59:60Z"), instant("2017-01-01T00:00:00Z"));
	assert_int_equal(instant("31/12/2016 23:59:60"), instant("01/01/2017"));
}

static void test_years_end_where_the_calendar_does(void **state)
{
	(void)state;
	assert_int_equal(instant("1900-01-01T00:00:00+07:00"), TIME_MIN);
	assert_int_equal(instant("01/01/1900"), TIME_MIN);
	assert_int_equal(instant("9999-12-31T23:59:59.999+07:00"), TIME_MAX);
	assert_no_instant("1900-01-01T00:00:00+08:00");
	assert_no_instant("1899-12-31T23:59:59+07:00");
	assert_no_instant("9999-12-31T23:59:59+06:59");
	assert_no_instant("9999-12-31T23:59:60+07:00");
	assert_no_instant("9999-12-31T17:00:00Z");
	assert_int_equal(date("1900-01-01"), date_of(TIME_MIN));
	assert_int_equal(date("9999-12-31"), date_of(TIME_MAX));
}

static void ti_03_any_clock_is_moved_into_the_calendar(void **state)
{
	(void)state;
	assert_int_equal(time_bounded(INT64_MIN), TIME_MIN);
	assert_int_equal(time_bounded(TIME_MIN - 1), TIME_MIN);
	assert_int_equal(time_bounded(TIME_MAX + 1), TIME_MAX);
	assert_int_equal(time_bounded(INT64_MAX), TIME_MAX);
	static const int64_t within[] = {TIME_MIN, -1, 0, INT32_MAX * INT64_C(1000) + 1000, TIME_MAX};
	for (size_t i = 0; i < sizeof(within) / sizeof(within[0]); i++)
		assert_int_equal(time_bounded(within[i]), within[i]);
}

static void ti_04_the_local_date_begins_at_17_utc(void **state)
{
	(void)state;
	assert_int_equal(date_of(instant("2024-05-21T16:59:59.999Z")), date("2024-05-21"));
	assert_int_equal(date_of(instant("2024-05-21T17:00:00Z")), date("2024-05-22"));
	assert_int_equal(date_start(date("2024-05-22")), instant("2024-05-21T17:00:00Z"));
	assert_int_equal(date_of(TIME_UNSET), DAY_UNSET);
}

static void test_instants_before_1970_have_their_own_day(void **state)
{
	(void)state;
	assert_int_equal(date_of(0), 0);
	assert_int_equal(date_of(-7 * HOUR), 0);
	assert_int_equal(date_of(-7 * HOUR - 1), -1);
	assert_int_equal(date_of(-7 * HOUR - DAY), -1);
	assert_int_equal(date_of(-7 * HOUR - DAY - 1), -2);
	assert_int_equal(instant("1969-12-31T23:59:59.999Z"), -1);
	assert_int_equal(date_start(-1), -7 * HOUR - DAY);
}

static void assert_written(int64_t ms, const char *expected)
{
	char text[INSTANT_TEXT];
	assert_string_equal(time_format(ms, text), expected);
	if (ms != TIME_UNSET)
		assert_int_equal(instant(text), ms);
}

static void test_instants_are_written_in_local_time(void **state)
{
	(void)state;
	assert_written(0, "1970-01-01T07:00:00+07:00");
	assert_written(-1, "1970-01-01T06:59:59.999+07:00");
	assert_written(instant("2024-05-21T17:00:00Z"), "2024-05-22T00:00:00+07:00");
	assert_written(instant("2024-05-22T08:09:10.011+07:00"), "2024-05-22T08:09:10.011+07:00");
	assert_written(TIME_MIN, "1900-01-01T00:00:00+07:00");
	assert_written(TIME_MAX, "9999-12-31T23:59:59.999+07:00");
	assert_written(TIME_UNSET, "");
}

static void test_dates_are_written_as_they_are_read(void **state)
{
	(void)state;
	static const char *const days[] = {"1900-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "9999-12-31"};
	char text[DATE_TEXT];
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		assert_string_equal(date_format(date(days[i]), text), days[i]);
	assert_string_equal(date_format(DAY_UNSET, text), "");
}

static void test_periods_cover_their_days_inclusively(void **state)
{
	(void)state;
	assert_period("2024", "2024-01-01", "2024-12-31");
	assert_period("1900", "1900-01-01", "1900-12-31");
	assert_period("2024-02", "2024-02-01", "2024-02-29");
	assert_period("2023-02", "2023-02-01", "2023-02-28");
	assert_period("2024-12", "2024-12-01", "2024-12-31");
	assert_period("2024-Q1", "2024-01-01", "2024-03-31");
	assert_period("2024-Q2", "2024-04-01", "2024-06-30");
	assert_period("2024-Q3", "2024-07-01", "2024-09-30");
	assert_period("2024-Q4", "2024-10-01", "2024-12-31");
	assert_period("2024-H1", "2024-01-01", "2024-06-30");
	assert_period("2024-H2", "2024-07-01", "2024-12-31");
	assert_period("2024-05-22", "2024-05-22", "2024-05-22");
	assert_period("9998", "9998-01-01", "9998-12-31");
}

static void test_other_periods_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",           "2",        "202",      "20244",   "2024-",
					    "2024-0",     "2024-00",  "2024-13",  "2024-5",  "2024-Q",
					    "2024-Q0",    "2024-Q5",  "2024-H0",  "2024-H3", "2024-q1",
					    "2024-X1",    "2024-Q11", "2024-05-", "1899",    "2024-05-32",
					    "22/05/2024", "2024 Q1",  "2024-1Q",  " 2024",   "2024-M05"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_no_period(wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ti_03_every_day_from_1900_to_9999_is_the_one_after_the_day_before),
		cmocka_unit_test(test_leap_days_exist_only_in_leap_years),
		cmocka_unit_test(test_days_outside_their_month_are_refused),
		cmocka_unit_test(test_dates_have_two_spellings_and_no_other),
		cmocka_unit_test(test_offsets_lead_to_one_instant),
		cmocka_unit_test(test_instants_of_another_form_are_refused),
		cmocka_unit_test(test_only_the_given_length_is_read),
		cmocka_unit_test(test_fractions_are_kept_to_milliseconds),
		cmocka_unit_test(ti_05_second_60_is_the_next_minutes_first),
		cmocka_unit_test(test_years_end_where_the_calendar_does),
		cmocka_unit_test(ti_03_any_clock_is_moved_into_the_calendar),
		cmocka_unit_test(ti_04_the_local_date_begins_at_17_utc),
		cmocka_unit_test(test_instants_before_1970_have_their_own_day),
		cmocka_unit_test(test_instants_are_written_in_local_time),
		cmocka_unit_test(test_dates_are_written_as_they_are_read),
		cmocka_unit_test(test_periods_cover_their_days_inclusively),
		cmocka_unit_test(test_other_periods_are_refused),
	};
	return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
