/*
 * Instants and local dates. An instant is int64 milliseconds since 1970-01-01T00:00Z. A local date is int32 days
 * since 1970-01-01 in UTC+07:00, which is fixed: Vietnam has one zone and no summer time, and the machine's own
 * zone is never asked (contract section 3). Pure functions, any thread.
 */
#ifndef MOTCUA_PROTOCOL_CALENDAR_H
#define MOTCUA_PROTOCOL_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/status.h"

#define TIME_UNSET INT64_MIN /* no instant */
#define DAY_UNSET INT32_MIN  /* no date */

/* Years 1900 to 9999; what is outside is no date of an office. */
#define TIME_MIN INT64_C(-2209014000000) /* 1900-01-01T00:00+07:00 */
#define TIME_MAX INT64_C(253402275599999)/* 9999-12-31T23:59:59.999+07:00 */

enum {
	DATE_TEXT = 11,    /* "2024-05-22" and its NUL */
	INSTANT_TEXT = 30  /* "2024-05-22T08:00:00.123+07:00" and its NUL */
};

/*
 * An instant from RFC 3339 text ("2024-05-22T08:00:00+07:00", "…Z", fraction up to milliseconds kept), the same
 * without offset (local), "2024-05-22" (local midnight), "DD/MM/YYYY" or "DD/MM/YYYY HH:MM[:SS]".
 * STATUS_REFUSED if it is none of these or no day of the calendar. Second 60 reads as the next minute's first.
 */
MUST_CHECK enum status time_parse(const char *text, size_t len, int64_t *ret_ms);

/* A local date from "YYYY-MM-DD" or "DD/MM/YYYY". STATUS_REFUSED as above. */
MUST_CHECK enum status date_parse(const char *text, size_t len, int32_t *ret_day);

/* What a clock says, moved into the calendar where it lies outside: no clock is a reason to stop (L12). */
int64_t time_bounded(int64_t ms);
/* The local date of an instant; DAY_UNSET for TIME_UNSET. */
int32_t date_of(int64_t ms);
/* The first millisecond of a local date. */
int64_t date_start(int32_t day);
/* The local date of year, month (1 to 12), day (1 to 31); no check. */
int32_t date_from(int year, int month, int day);
/* The last day of the month a local date lies in. */
int32_t date_month_end(int32_t day);
void date_split(int32_t day, int *ret_year, int *ret_month, int *ret_day);

/* "2024-05-22", or "" for DAY_UNSET. Returns out. */
const char *date_format(int32_t day, char out[static DATE_TEXT]);
/* "2024-05-22T08:00:00+07:00", with milliseconds where there are any; "" for TIME_UNSET. Returns out. */
const char *time_format(int64_t ms, char out[static INSTANT_TEXT]);

/* A span of local dates, both inclusive. */
struct period {
	int32_t from;
	int32_t to;
};

/*
 * Calendar periods as reports and indicators name them: "2024", "2024-05", "2024-Q2", "2024-H1", "2024-05-22".
 * STATUS_REFUSED for anything else.
 */
MUST_CHECK enum status period_parse(const char *text, size_t len, struct period *ret_period);

#endif
