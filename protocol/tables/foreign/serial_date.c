#include "protocol/tables/foreign/serial_date.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/calendar.h"

enum {
	DAY_S = 24 * 60 * 60,
	UNIX_1900 = 25569,    /* days from day 0 of 1900 to 1970 */
	FIRST_1904 = 1462,    /* days from day 0 of 1900 to day 0 of 1904 */
	LEAP_1900 = 60,       /* 29 February 1900, a day that was not: days before it are one less */
	LAST_SERIAL = 2958466 /* after 31 December 9999 */
};

/* The letters of a format code that say something about time, as bits. */
enum { HAS_DAY = 1, HAS_CLOCK = 2, HAS_M = 4 };

static unsigned letter_bits(char c)
{
	switch (tolower((unsigned char)c)) {
	case 'd':
	case 'y':
	case 'e':
		return HAS_DAY;
	case 'h':
	case 's':
		return HAS_CLOCK;
	case 'm':
		return HAS_M; /* a month, or minutes beside hours or seconds */
	default:
		return 0;
	}
}

/* Where the piece at i ends that says nothing about time: quoted text, an escape, a colour or language. */
static size_t skip(struct slice code, size_t i)
{
	uint8_t c = code.data[i];
	uint8_t close = 0;
	if (c == '\\' || c == '_' || c == '*')
		return i + 2;
	if (c == '"')
		close = '"';
	else if (c == '[')
		close = ']';
	else
		return i;
	/* [h], [mm] and [ss] count on beyond a day. */
	if (c == '[' && i + 1 < code.len && letter_bits((char)code.data[i + 1]) >= HAS_CLOCK &&
	    memchr(code.data + i, ']', code.len - i < 5 ? code.len - i : 5) != NULL)
		return i;
	for (i++; i < code.len && code.data[i] != close; i++)
		;
	return i + 1;
}

struct number_form number_form_of(struct slice code)
{
	unsigned bits = 0;
	size_t zeros = 0;
	bool general = code.len >= 7 && memcmp(code.data, "General", 7) == 0;
	for (size_t i = 0; i < code.len && code.data[i] != ';' && !general;) {
		size_t next = skip(code, i);
		if (next == i) {
			bits |= letter_bits((char)code.data[i]);
			zeros += code.data[i] == '0' && zeros == i;
			next = i + 1;
		}
		i = next;
	}
	struct number_form form = {.look = LOOK_PLAIN};
	if ((bits & HAS_DAY) != 0 || bits == HAS_M)
		form.look = LOOK_DATE;
	else if ((bits & HAS_CLOCK) != 0)
		form.look = LOOK_TIME;
	else if (zeros > 1 && zeros == code.len && zeros < NUMBER_TEXT / 2)
		form.width = (uint8_t)zeros;
	return form;
}

/* ECMA-376 18.8.30; 27 to 36 and 50 to 58 are dates of East Asian languages. */
struct number_form number_form_builtin(unsigned id)
{
	bool clock = (id >= 18 && id <= 21) || (id >= 45 && id <= 47);
	bool day = (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58);
	return (struct number_form){.look = day ? LOOK_DATE : clock ? LOOK_TIME : LOOK_PLAIN};
}

static size_t written(int len)
{
	return len > 0 && len < NUMBER_TEXT ? (size_t)len : 0;
}

static size_t clock_text(int64_t seconds, char out[static NUMBER_TEXT])
{
	return written(snprintf(out, NUMBER_TEXT, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600,
				seconds / 60 % 60, seconds % 60));
}

static size_t date_text(double serial, char out[static NUMBER_TEXT])
{
	int64_t seconds = (int64_t)floor(serial * DAY_S + 0.5);
	int64_t day = seconds / DAY_S;
	int64_t of_day = seconds % DAY_S;
	if (day == LEAP_1900 || day < 1)
		return 0;
	int32_t date = (int32_t)(day - UNIX_1900 + (day < LEAP_1900));
	int len = 0;
	char text[DATE_TEXT];
	date_format(date, text);
	if (of_day == 0)
		len = snprintf(out, NUMBER_TEXT, "%s", text);
	else
		len = snprintf(out, NUMBER_TEXT, "%sT%02d:%02d:%02d", text, (int)(of_day / 3600),
			       (int)(of_day / 60 % 60), (int)(of_day % 60));
	return written(len);
}

static size_t plain_text(double value, unsigned width, char out[static NUMBER_TEXT])
{
	static const double exact = 9007199254740992.0; /* 2 to the 53rd */
	if (floor(value) == value && fabs(value) <= exact)
		return written(snprintf(out, NUMBER_TEXT, "%0*" PRId64, (int)width, (int64_t)value));
	size_t len = written(snprintf(out, NUMBER_TEXT, "%.15g", value));
	for (char *dot = out; len > 0 && (dot = strchr(dot, '.')) != NULL;)
		*dot = ',';
	return len;
}

size_t number_text(struct slice number, struct number_form form, bool since_1904, char out[static NUMBER_TEXT])
{
	char text[NUMBER_TEXT];
	char *end = NULL;
	if (number.len == 0 || number.len >= sizeof(text))
		return 0;
	memcpy(text, number.data, number.len);
	text[number.len] = '\0';
	/* No blanks, no "nan", no "0x10": what a file writes as a number. */
	if (strspn(text, "0123456789+-.eE") != number.len)
		return 0;
	double value = strtod(text, &end);
	if (*end != '\0' || !isfinite(value))
		return 0;
	if (form.look == LOOK_PLAIN || value < 0 || value >= LAST_SERIAL)
		return plain_text(value, form.width, out);
	if (form.look == LOOK_TIME && value < 1)
		return clock_text((int64_t)floor(value * DAY_S + 0.5), out);
	size_t len = form.look == LOOK_DATE ? date_text(value + (since_1904 ? FIRST_1904 : 0), out) : 0;
	return len > 0 ? len : plain_text(value, form.width, out);
}
