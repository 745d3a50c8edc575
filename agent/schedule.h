/*
 * When the service exchanges with the hub. Pure: times come in, times go out.
 */
#ifndef MOTCUA_AGENT_SCHEDULE_H
#define MOTCUA_AGENT_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SCHEDULE_IDLE_MS = 60 * 60 * 1000, /* outside working hours */
	SCHEDULE_BACKOFF_MS = 5 * 1000,    /* after the first failure, at most */
	SCHEDULE_BACKOFF_MAX_MS = 60 * 60 * 1000
};

/* Monday to Saturday, 7:00 to 17:30 local time. */
bool schedule_is_working_time(int64_t now);
/* How long to wait after a good exchange. */
int64_t schedule_interval_ms(int64_t now, int64_t sync_minutes);
/*
 * How long to wait after so many failures in a row (at least 1): anything up to a bound that doubles each time,
 * drawn by random over its full range, so that many PCs do not come back at once. Not less than what the hub asked
 * for (retry_after_s, -1: nothing).
 */
int64_t schedule_backoff_ms(int64_t failures, int64_t retry_after_s, uint64_t random);
/*
 * How long a service that was cut short waits before its first exchange: what is left of its plan (planned, by the
 * wall clock), or, where nothing is left of it or the clock was set, a moment drawn by random as after a first
 * failure.
 */
int64_t schedule_resume_ms(int64_t now, int64_t planned, uint64_t random);
/* True if the day of the last sealed batch (TIME_UNSET: none) is over: a sign of life is due. */
bool schedule_heartbeat_due(int64_t now, int64_t last_sealed_at);

#endif
