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
	int64_t share = part > INT64_MAX / WHOLE / 2 ? part / (of / WHOLE + 1) : (part * WHOLE + of / 2) / of;
	if (share >= WHOLE && part < of)
		share = WHOLE - 1;
	if (share == 0 && part > 0)
		share = 1;
	(void)snprintf(out, PAPER_NUMBER, "%" PRId64 "%c%02d%%", share / 100, is_vietnamese(w) ? ',' : '.',
		       (int)(share % 100));
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
