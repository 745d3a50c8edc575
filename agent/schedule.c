#include "agent/schedule.h"

#include "protocol/calendar.h"

enum {
	MINUTE_MS = 60 * 1000,
	OPENING_MS = 7 * 60 * MINUTE_MS,
	CLOSING_MS = (17 * 60 + 30) * MINUTE_MS,
	DAYS_OF_WEEK = 7,
	SUNDAY = 0,
	FIRST_WEEKDAY = 4, /* 1970-01-01 was a Thursday */
	RETRY_AFTER_MAX_S = 24 * 60 * 60,
};

bool schedule_is_working_time(int64_t now)
{
	int32_t day = date_of(now);
	int64_t of_day = now - date_start(day);
	int weekday = (int)((((int64_t)day + FIRST_WEEKDAY) % DAYS_OF_WEEK + DAYS_OF_WEEK) % DAYS_OF_WEEK);
	return weekday != SUNDAY && of_day >= OPENING_MS && of_day < CLOSING_MS;
}

int64_t schedule_interval_ms(int64_t now, int64_t sync_minutes)
{
	int64_t interval_ms = sync_minutes * MINUTE_MS;
	if (schedule_is_working_time(now) || interval_ms > SCHEDULE_IDLE_MS)
		return interval_ms;
	return SCHEDULE_IDLE_MS;
}

int64_t schedule_backoff_ms(int64_t failures, int64_t retry_after_s, uint64_t random)
{
	int64_t bound_ms = SCHEDULE_BACKOFF_MS;
	for (int64_t i = 1; i < failures && bound_ms < SCHEDULE_BACKOFF_MAX_MS; i++)
		bound_ms *= 2;
	if (bound_ms > SCHEDULE_BACKOFF_MAX_MS)
		bound_ms = SCHEDULE_BACKOFF_MAX_MS;
	int64_t wait_ms = (int64_t)(random % ((uint64_t)bound_ms + 1));
	int64_t asked_s = retry_after_s < RETRY_AFTER_MAX_S ? retry_after_s : RETRY_AFTER_MAX_S;
	int64_t asked_ms = asked_s > 0 ? asked_s * 1000 : 0;
	return wait_ms > asked_ms ? wait_ms : asked_ms;
}

int64_t schedule_resume_ms(int64_t now, int64_t planned, uint64_t random)
{
	/* No plan that matters is longer; asked to wait for a day, the hub says so again. */
	if (planned > now && planned - now <= SCHEDULE_BACKOFF_MAX_MS)
		return planned - now;
	return schedule_backoff_ms(1, -1, random);
}

bool schedule_heartbeat_due(int64_t now, int64_t last_sealed_at)
{
	return last_sealed_at == TIME_UNSET || date_of(last_sealed_at) != date_of(now);
}
