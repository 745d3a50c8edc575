#include "config/shown_name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cbor.h"

enum { ESCAPED = 4 /* characters of \xNN */ };

/* How many bytes the character here has; 0 if none begins here. */
static size_t length_of(const uint8_t *at, size_t left)
{
	size_t len = at[0] < 0x80 ? 1 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
	return len <= left && utf8_valid(at, len) ? len : 0;
}

static uint32_t code_of(const uint8_t *at, size_t len)
{
	uint32_t code = len == 1 ? at[0] : at[0] & (0xFFU >> (len + 1));
	for (size_t i = 1; i < len; i++)
		code = code << 6 | (at[i] & 0x3FU);
	return code;
}

/* U+2028 and U+2029 end lines, the others there and at U+2066 turn the direction of what follows. */
static bool is_shown(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7F && code < 0xA0))
		return false;
	return code != 0x200E && code != 0x200F && (code < 0x2028 || code > 0x202E) &&
	       (code < 0x2066 || code > 0x2069);
}

char *shown_name(const char *name)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *at = (const uint8_t *)name;
	size_t left = strlen(name);
	char *shown = malloc(left * ESCAPED + 1);
	char *to = shown;
	if (shown == NULL)
		return NULL;
	while (left > 0) {
		size_t len = length_of(at, left);
		bool plain = len > 0 && is_shown(code_of(at, len));
		len = len > 0 ? len : 1;
		for (size_t i = 0; i < len; i++) {
			if (plain) {
				*to++ = (char)at[i];
				continue;
			}
			*to++ = '\\';
			*to++ = 'x';
			*to++ = digits[at[i] >> 4];
			*to++ = digits[at[i] & 15];
		}
		at += len;
		left -= len;
	}
	*to = '\0';
	return shown;
}
