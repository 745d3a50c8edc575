#include "protocol/calendar.h"

#include <stdio.h>

#define LOCAL_OFFSET_MS (INT64_C(7) * 3600 * 1000)
#define DAY_MS          (INT64_C(24) * 3600 * 1000)

int32_t date_from(int year, int month, int day)
{
	/* Days from civil: counts from 1 March, so that the leap day is the year's last. */
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

void date_split(int32_t day, int *ret_year, int *ret_month, int *ret_day)
{
	int z = day + 719468;
	int era = (z >= 0 ? z : z - 146096) / 146097;
	int day_of_era = z - era * 146097;
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int month_index = (5 * day_of_year + 2) / 153;
	*ret_day = day_of_year - (153 * month_index + 2) / 5 + 1;
	*ret_month = month_index < 10 ? month_index + 3 : month_index - 9;
	*ret_year = year_of_era + era * 400 + (*ret_month <= 2);
}

int32_t date_month_end(int32_t day)
{
	int year = 0;
	int month = 0;
	int of_month = 0;
	date_split(day, &year, &month, &of_month);
	return (month == 12 ? date_from(year + 1, 1, 1) : date_from(year, month + 1, 1)) - 1;
}

static bool is_day(int year, int month, int day)
{
	static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	if (year < 1900 || year > 9999 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1])
		return false;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month != 2 || day < 29 || leap;
}

int64_t time_bounded(int64_t ms)
{
	if (ms < TIME_MIN)
		return TIME_MIN;
	return ms > TIME_MAX ? TIME_MAX : ms;
}

int32_t date_of(int64_t ms)
{
	if (ms == TIME_UNSET)
		return DAY_UNSET;
	int64_t local = ms + LOCAL_OFFSET_MS;
	int64_t day = local / DAY_MS - (local % DAY_MS < 0);
	return (int32_t)day;
}

int64_t date_start(int32_t day)
{
	return day * DAY_MS - LOCAL_OFFSET_MS;
}

/* A cursor over text; digits and marks are taken or the whole is refused. */
struct scan {
	const char *next;
	const char *end;
	bool bad;
};

static int take_digits(struct scan *s, size_t count)
{
	int value = 0;
	for (size_t i = 0; i < count; i++) {
		if (s->bad || s->next == s->end || *s->next < '0' || *s->next > '9') {
			s->bad = true;
			return 0;
		}
		value = value * 10 + (*s->next++ - '0');
	}
	return value;
}

static bool take_mark(struct scan *s, char mark)
{
	if (s->bad || s->next == s->end || *s->next != mark)
		return false;
	s->next++;
	return true;
}

static void need_mark(struct scan *s, char mark)
{
	if (!take_mark(s, mark))
		s->bad = true;
}

static int32_t take_iso_date(struct scan *s)
{
	int year = take_digits(s, 4);
	need_mark(s, '-');
	int month = take_digits(s, 2);
	need_mark(s, '-');
	int day = take_digits(s, 2);
	if (s->bad || !is_day(year, month, day)) {
		s->bad = true;
		return 0;
	}
	return date_from(year, month, day);
}

/* One or two digits, as people write 5/3/2024. */
static int take_short(struct scan *s)
{
	int value = take_digits(s, 1);
	if (!s->bad && s->next != s->end && *s->next >= '0' && *s->next <= '9')
		value = value * 10 + (*s->next++ - '0');
	return value;
}

static int32_t take_office_date(struct scan *s)
{
	int day = take_short(s);
	need_mark(s, '/');
	int month = take_short(s);
	need_mark(s, '/');
	int year = take_digits(s, 4);
	if (s->bad || !is_day(year, month, day)) {
		s->bad = true;
		return 0;
	}
	return date_from(year, month, day);
}

static bool is_office_form(const char *text, size_t len)
{
	return (len > 1 && text[1] == '/') || (len > 2 && text[2] == '/');
}

/* HH:MM[:SS[.fraction]] as milliseconds of the day. */
static int64_t take_clock(struct scan *s, bool seconds_required)
{
	int hour = take_digits(s, 2);
	need_mark(s, ':');
	int minute = take_digits(s, 2);
	int second = 0;
	int milli = 0;
	bool has_seconds = take_mark(s, ':');
	if (has_seconds)
		second = take_digits(s, 2);
	else if (seconds_required)
		s->bad = true;
	if (has_seconds && take_mark(s, '.')) {
		int weight = 100;
		size_t digits = 0;
		for (; s->next != s->end && *s->next >= '0' && *s->next <= '9'; s->next++, digits++, weight /= 10)
			milli += (*s->next - '0') * weight;
		s->bad = s->bad || digits == 0;
	}
	if (hour > 23 || minute > 59 || second > 60)
		s->bad = true;
	return ((hour * INT64_C(60) + minute) * 60 + second) * 1000 + milli;
}

/* "Z", "+07:00" or nothing (local), as milliseconds east of UTC. */
static int64_t take_offset(struct scan *s)
{
	if (s->next == s->end)
		return LOCAL_OFFSET_MS;
	if (take_mark(s, 'Z') || take_mark(s, 'z'))
		return 0;
	bool west = take_mark(s, '-');
	if (!west)
		need_mark(s, '+');
	int hour = take_digits(s, 2);
	need_mark(s, ':');
	int minute = take_digits(s, 2);
	if (hour > 23 || minute > 59)
		s->bad = true;
	int64_t offset = (hour * INT64_C(60) + minute) * 60 * 1000;
	return west ? -offset : offset;
}

enum status time_parse(const char *text, size_t len, int64_t *ret_ms)
{
	struct scan s = {.next = text, .end = text + len};
	bool office = is_office_form(text, len);
	int32_t day = office ? take_office_date(&s) : take_iso_date(&s);
	int64_t clock = 0;
	int64_t offset = LOCAL_OFFSET_MS;
	if (!s.bad && s.next != s.end) {
		bool mark = take_mark(&s, ' ') || (!office && (take_mark(&s, 'T') || take_mark(&s, 't')));
		s.bad = s.bad || !mark;
		clock = take_clock(&s, !office);
		if (!office)
			offset = take_offset(&s);
	}
	int64_t ms = day * DAY_MS + clock - offset;
	if (s.bad || s.next != s.end || ms < TIME_MIN || ms > TIME_MAX)
		return STATUS_REFUSED;
	*ret_ms = ms;
	return STATUS_OK;
}

enum status date_parse(const char *text, size_t len, int32_t *ret_day)
{
	struct scan s = {.next = text, .end = text + len};
	int32_t day = is_office_form(text, len) ? take_office_date(&s) : take_iso_date(&s);
	if (s.bad || s.next != s.end)
		return STATUS_REFUSED;
	*ret_day = day;
	return STATUS_OK;
}

const char *date_format(int32_t day, char out[static DATE_TEXT])
{
	out[0] = '\0';
	if (day == DAY_UNSET)
		return out;
	int y = 0;
	int m = 0;
	int d = 0;
	date_split(day, &y, &m, &d);
	(void)snprintf(out, DATE_TEXT, "%04u-%02u-%02u", (unsigned)y % 10000, (unsigned)m % 100, (unsigned)d % 100);
	return out;
}

const char *time_format(int64_t ms, char out[static INSTANT_TEXT])
{
	out[0] = '\0';
	if (ms == TIME_UNSET)
		return out;
	int32_t day = date_of(ms);
	char date[DATE_TEXT];
	unsigned of_day = (unsigned)(ms - date_start(day)) % (unsigned)DAY_MS;
	unsigned second = of_day / 1000;
	unsigned milli = of_day % 1000;
	int used = snprintf(out, INSTANT_TEXT, "%sT%02u:%02u:%02u", date_format(day, date), second / 3600 % 24,
			    second / 60 % 60, second % 60);
	if (milli != 0)
		used += snprintf(out + used, INSTANT_TEXT - (size_t)used, ".%03u", milli);
	(void)snprintf(out + used, INSTANT_TEXT - (size_t)used, "+07:00");
	return out;
}

static struct period months(int year, int first, int count)
{
	int end = first + count;
	int32_t after = end > 12 ? date_from(year + 1, end - 12, 1) : date_from(year, end, 1);
	return (struct period){.from = date_from(year, first, 1), .to = after - 1};
}

enum status period_parse(const char *text, size_t len, struct period *ret_period)
{
	int32_t day = 0;
	if (len == 10 && text[4] == '-' && date_parse(text, len, &day) == STATUS_OK) {
		*ret_period = (struct period){.from = day, .to = day};
		return STATUS_OK;
	}
	struct scan s = {.next = text, .end = text + len};
	int year = take_digits(&s, 4);
	if (s.bad || year < 1900 || year > 9998)
		return STATUS_REFUSED;
	struct period p = months(year, 1, 12);
	if (len == 7 && text[4] == '-' && text[5] != 'Q' && text[5] != 'H') {
		s.next++;
		int month = take_digits(&s, 2);
		if (s.bad || month < 1 || month > 12)
			return STATUS_REFUSED;
		p = months(year, month, 1);
	} else if (len == 7 && take_mark(&s, '-')) {
		int span = take_mark(&s, 'Q') ? 3 : 6;
		if (span == 6)
			need_mark(&s, 'H');
		int part = take_digits(&s, 1);
		if (s.bad || part < 1 || part > 12 / span)
			return STATUS_REFUSED;
		p = months(year, (part - 1) * span + 1, span);
	}
	if (s.next != s.end)
		return STATUS_REFUSED;
	*ret_period = p;
	return STATUS_OK;
}
