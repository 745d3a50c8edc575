#include "protocol/tables/html_text.h"

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
static uint32_t take(struct slice text, size_t *ret_len)
{
	uint8_t first = text.data[0];
	size_t len = first < 0x80   ? 1
		     : first < 0xC2 ? 0
		     : first < 0xE0 ? 2
		     : first < 0xF0 ? 3
		     : first < 0xF5 ? 4
				    : 0;
	uint32_t code = len == 1 ? first : first & (0xFFU >> (len + 1));
	len = len > text.len ? 0 : len;
	for (size_t i = 1; i < len; i++) {
		if ((text.data[i] & 0xC0U) != 0x80)
			len = 0;
		else
			code = code << 6 | (text.data[i] & 0x3FU);
	}
	*ret_len = len == 0 ? 1 : len;
	return len == 0 ? 0xFFFF : code;
}

void html_slice(FILE *out, struct slice text)
{
	while (text.len > 0) {
		size_t len = 0;
		uint32_t code = take(text, &len);
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
			(void)fwrite(text.data, 1, len, out);
		text = slice_of(text.data + len, text.len - len);
	}
}

void html_text(FILE *out, const char *text)
{
	html_slice(out, slice_str(text));
}

void html_element(FILE *out, const char *open, const char *text, const char *close)
{
	if (text == NULL)
		return;
	(void)fputs(open, out);
	html_text(out, text);
	(void)fputs(close, out);
}
