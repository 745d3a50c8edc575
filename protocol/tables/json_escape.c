#include "protocol/tables/json_escape.h"

#include <stdio.h>
#include <string.h>

#include "protocol/cbor.h"

static char short_form(uint8_t c)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = c != 0 ? strchr(from, c) : NULL;
	return at != NULL ? to[at - from] : '\0';
}

size_t json_escape(struct slice *rest, char out[static JSON_ESCAPE])
{
	uint8_t c = rest->data[0];
	size_t taken = 1;
	int len = 0;
	if (short_form(c) != '\0') {
		len = snprintf(out, JSON_ESCAPE, "\\%c", short_form(c));
	} else if (c < 0x20 || c == 0x7F) {
		len = snprintf(out, JSON_ESCAPE, "\\u%04x", (unsigned)c);
	} else {
		while (taken < 4 && taken < rest->len && !utf8_valid(rest->data, taken))
			taken++;
		bool valid = utf8_valid(rest->data, taken);
		/* The C1 controls: terminals obey them. */
		bool control = valid && taken == 2 && c == 0xC2 && rest->data[1] < 0xA0;
		if (control)
			len = snprintf(out, JSON_ESCAPE, "\\u%04x", (unsigned)rest->data[1]);
		else
			len = valid ? (int)taken : snprintf(out, JSON_ESCAPE, "\\ufffd");
		if (valid && !control)
			memcpy(out, rest->data, taken);
		taken = valid ? taken : 1;
	}
	*rest = slice_of(rest->data + taken, rest->len - taken);
	return (size_t)len;
}
