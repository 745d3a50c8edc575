#include "protocol/tables/html_parts.h"

#include <inttypes.h>
#include <string.h>

static bool is_shown(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n';
	if (code == 0x7F || (code >= 0x80 && code < 0xA0))
		return false;
	return code != 0x200E && code != 0x200F && !(code >= 0x202A && code <= 0x202E) &&
	       !(code >= 0x2066 && code <= 0x2069) && code != 0xFFFE && code != 0xFFFF;
}

/* The character that begins here, and its length; what is no UTF-8 is one byte that is not shown. */
static uint32_t take(const uint8_t *at, size_t *ret_len)
{
	size_t len = at[0] < 0x80   ? 1
		     : at[0] < 0xC2 ? 0
		     : at[0] < 0xE0 ? 2
		     : at[0] < 0xF0 ? 3
		     : at[0] < 0xF5 ? 4
				    : 0;
	uint32_t code = len == 1 ? at[0] : at[0] & (0xFFU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xC0U) != 0x80)
			len = 0;
		else
			code = code << 6 | (at[i] & 0x3FU);
	}
	*ret_len = len == 0 ? 1 : len;
	return len == 0 ? 0xFFFF : code;
}

void html_text(FILE *out, const char *text)
{
	const uint8_t *at = (const uint8_t *)text;
	while (*at != '\0') {
		size_t len = 0;
		uint32_t code = take(at, &len);
		if (code == '<')
			(void)fputs("&lt;", out);
		else if (code == '>')
			(void)fputs("&gt;", out);
		else if (code == '&')
			(void)fputs("&amp;", out);
		else if (code == '"')
			(void)fputs("&quot;", out);
		else if (code == '\'')
			(void)fputs("&#39;", out);
		else if (!is_shown(code))
			(void)fputs("\xEF\xBF\xBD", out);
		else
			(void)fwrite(at, 1, len, out);
		at += len;
	}
}

void html_element(FILE *out, const char *open, const char *text, const char *close)
{
	if (text == NULL)
		return;
	(void)fputs(open, out);
	html_text(out, text);
	(void)fputs(close, out);
}

void html_count(const struct paper *p, FILE *out, int64_t value)
{
	char text[PAPER_NUMBER];
	(void)fputs(paper_format_count(&p->words, value, text), out);
}

void html_percent(FILE *out, int64_t part, int64_t of)
{
	enum { THOUSANDTHS = 100000 };
	int64_t share = of <= 0 ? 0 : (int64_t)((double)part * THOUSANDTHS / (double)of);
	(void)fprintf(out, "%" PRId64 ".%03d%%", share / 1000, (int)(share % 1000));
}
