#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/schedule.h"
#include "protocol/calendar.h"

static int64_t at(const char *text)
{
	int64_t ms = TIME_UNSET;
	assert_int_equal(time_parse(text, strlen(text), &ms), STATUS_OK);
	return ms;
}

static void working_time_is_monday_to_saturday_seven_to_half_past_five(void **state)
{
	(void)state;
	assert_true(schedule_is_working_time(at("2024-05-22T07:00:00+07:00")));
	assert_true(schedule_is_working_time(at("2024-05-22T17:29:59+07:00")));
	assert_false(schedule_is_working_time(at("2024-05-22T06:59:59+07:00")));
	assert_false(schedule_is_working_time(at("2024-05-22T17:30:00+07:00")));
	assert_true(schedule_is_working_time(at("2024-05-25T09:00:00+07:00")));
	assert_false(schedule_is_working_time(at("2024-05-26T09:00:00+07:00")));
	assert_true(schedule_is_working_time(at("2024-05-27T09:00:00+07:00")));
	assert_false(schedule_is_working_time(at("1969-12-28T09:00:00+07:00")));
}

static void it_is_hourly_outside_working_time(void **state)
{
	(void)state;
	int64_t day = at("2024-05-22T09:00:00+07:00");
	int64_t night = at("2024-05-22T22:00:00+07:00");
	assert_int_equal(schedule_interval_ms(day, 15), 15 * 60 * 1000);
	assert_int_equal(schedule_interval_ms(night, 15), SCHEDULE_IDLE_MS);
	assert_int_equal(schedule_interval_ms(night, 240), 240 * 60 * 1000);
}

static void back_off_doubles_to_an_hour_with_full_jitter(void **state)
{
	(void)state;
	assert_int_equal(schedule_backoff_ms(1, -1, 0), 0);
	assert_int_equal(schedule_backoff_ms(1, -1, SCHEDULE_BACKOFF_MS), SCHEDULE_BACKOFF_MS);
	assert_int_equal(schedule_backoff_ms(1, -1, SCHEDULE_BACKOFF_MS + 1), 0);
	assert_int_equal(schedule_backoff_ms(3, -1, 4 * SCHEDULE_BACKOFF_MS), 4 * SCHEDULE_BACKOFF_MS);
	assert_int_equal(schedule_backoff_ms(1000000, -1, SCHEDULE_BACKOFF_MAX_MS), SCHEDULE_BACKOFF_MAX_MS);
	assert_true(schedule_backoff_ms(1000000, -1, UINT64_MAX) <= SCHEDULE_BACKOFF_MAX_MS);
}

static void what_the_hub_asks_for_is_kept_within_a_day(void **state)
{
	(void)state;
	assert_int_equal(schedule_backoff_ms(1, 30, 0), 30000);
	assert_int_equal(schedule_backoff_ms(1, 1, 4000), 4000);
	assert_int_equal(schedule_backoff_ms(1, INT64_MAX, 0), INT64_C(24) * 3600 * 1000);
}

static void a_sign_of_life_is_due_once_a_local_day(void **state)
{
	(void)state;
	int64_t now = at("2024-05-22T00:10:00+07:00");
	assert_true(schedule_heartbeat_due(now, TIME_UNSET));
	assert_true(schedule_heartbeat_due(now, at("2024-05-21T23:50:00+07:00")));
	assert_false(schedule_heartbeat_due(now, at("2024-05-22T00:01:00+07:00")));
}

static void what_is_left_of_a_plan_is_waited_for(void **state)
{
	(void)state;
	int64_t now = at("2024-05-22T10:00:00+07:00");
	assert_int_equal(schedule_resume_ms(now, now + 1, 77), 1);
	assert_int_equal(schedule_resume_ms(now, now + SCHEDULE_BACKOFF_MAX_MS, 77), SCHEDULE_BACKOFF_MAX_MS);
	assert_int_equal(schedule_resume_ms(now, now, 77), 77);
}

static void ti_08_a_plan_from_before_the_clock_was_set_is_drawn_anew(void **state)
{
	(void)state;
	int64_t now = at("2024-05-22T10:00:00+07:00");
	static const int64_t elsewhere[] = {TIME_MIN, 0, INT64_C(4102444800000)};
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++) {
		assert_int_equal(schedule_resume_ms(now, elsewhere[i], 77), 77);
		assert_true(schedule_resume_ms(now, elsewhere[i], UINT64_MAX) <= SCHEDULE_BACKOFF_MS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(working_time_is_monday_to_saturday_seven_to_half_past_five),
		cmocka_unit_test(it_is_hourly_outside_working_time),
		cmocka_unit_test(back_off_doubles_to_an_hour_with_full_jitter),
		cmocka_unit_test(what_the_hub_asks_for_is_kept_within_a_day),
		cmocka_unit_test(a_sign_of_life_is_due_once_a_local_day),
		cmocka_unit_test(what_is_left_of_a_plan_is_waited_for),
		cmocka_unit_test(ti_08_a_plan_from_before_the_clock_was_set_is_drawn_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
