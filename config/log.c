#include "config/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 1024, LINE_MAX_BYTES = 4 * TEXT_MAX + 32 };

static atomic_int highest = LOG_NOTICE;

static const char *const names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_NOTICE] = "notice",
	[LOG_DEBUG] = "debug",
};

void log_set_level(enum log_level level)
{
	atomic_store(&highest, (int)level);
}

/* The C1 controls are two bytes in UTF-8, and terminals obey them too. */
static bool is_control(const unsigned char *at)
{
	return at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0);
}

/* Every byte becomes at most four, for which the line has room. */
static size_t escape(const char *text, char *line, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	bool in_control = false;
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
		bool control = in_control || is_control(at);
		in_control = !in_control && control && *at == 0xc2;
		if (control) {
			line[len++] = '\\';
			line[len++] = 'x';
			line[len++] = digits[*at >> 4];
			line[len++] = digits[*at & 15];
		} else {
			if (*at == '\\')
				line[len++] = '\\';
			line[len++] = (char)*at;
		}
	}
	return len;
}

void log_event(enum log_level level, const char *format, ...)
{
	if ((int)level > atomic_load(&highest))
		return;
	char text[TEXT_MAX];
	va_list args;
	va_start(args, format);
	int wanted = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (wanted < 0)
		return;
	char line[LINE_MAX_BYTES];
	size_t len = escape(names[level], line, 0);
	line[len++] = ' ';
	len = escape(text, line, len);
	if ((size_t)wanted >= sizeof(text)) {
		memcpy(line + len, "...", 3);
		len += 3;
	}
	line[len++] = '\n';
	(void)fwrite(line, 1, len, stderr); /* in one piece; there is nowhere to report that it failed */
}
