#include "protocol/tables/paper.h"

#include <inttypes.h>
#include <string.h>

static bool is_vietnamese(const struct paper_words *w)
{
	return strcmp(w->language, "vi") == 0;
}

const char *paper_format_count(const struct paper_words *w, int64_t value, char out[static PAPER_NUMBER])
{
	char digits[24];
	(void)snprintf(digits, sizeof(digits), "%" PRId64, value);
	size_t n = strlen(digits);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0 && digits[i - 1] != '-')
			out[at++] = is_vietnamese(w) ? '.' : ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

const char *paper_format_rate(const struct paper_words *w, int64_t part, int64_t of, char out[static PAPER_NUMBER])
{
	enum { WHOLE = 10000 /* hundredths of a percent */ };
	if (of <= 0) {
		(void)snprintf(out, PAPER_NUMBER, "–");
		return out;
	}
	bool large = part > INT64_MAX / WHOLE / 2 || of > INT64_MAX / 2;
	int64_t share = large ? (int64_t)((double)part / (double)of * WHOLE + 0.5) : (part * WHOLE + of / 2) / of;
	if (share >= WHOLE && part < of)
		share = WHOLE - 1;
	if (share == 0 && part > 0)
		share = 1;
	(void)snprintf(out, PAPER_NUMBER, "%" PRId64 "%c%02d%%", share / 100, is_vietnamese(w) ? ',' : '.',
		       (int)(share % 100));
	return out;
}

const char *paper_format_decimal(const struct paper_words *w, int64_t value, unsigned places,
				 char out[static PAPER_NUMBER])
{
	char whole[PAPER_NUMBER];
	uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	uint64_t unit = 1;
	for (unsigned i = 0; i < places; i++)
		unit *= 10;
	if (w == NULL)
		(void)snprintf(whole, sizeof(whole), "%" PRIu64, size / unit);
	else
		(void)paper_format_count(w, (int64_t)(size / unit), whole);
	if (places == 0)
		(void)snprintf(out, PAPER_NUMBER, "%s%.30s", value < 0 ? "-" : "", whole);
	else
		(void)snprintf(out, PAPER_NUMBER, "%s%.30s%c%0*" PRIu64, value < 0 ? "-" : "", whole,
			       w != NULL && is_vietnamese(w) ? ',' : '.', (int)places, size % unit);
	return out;
}

const char *paper_format_day(const struct paper_words *w, int32_t day, char out[static PAPER_NUMBER])
{
	char iso[DATE_TEXT];
	int year = 0;
	int month = 0;
	int of_month = 0;
	if (day == DAY_UNSET || !is_vietnamese(w)) {
		(void)snprintf(out, PAPER_NUMBER, "%s", date_format(day, iso));
		return out;
	}
	date_split(day, &year, &month, &of_month);
	(void)snprintf(out, PAPER_NUMBER, "%02d/%02d/%04d", of_month, month, year);
	return out;
}
