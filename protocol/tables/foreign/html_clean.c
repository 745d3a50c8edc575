#include "protocol/tables/foreign/html_clean.h"

#include <string.h>

#include "protocol/cbor.h"

static const char REPLACEMENT[] = "\xEF\xBF\xBD";

static void flush(struct html_clean *clean, struct bytes *out)
{
	bytes_put(out, clean->held, clean->n_held);
	clean->n_held = 0;
}

static void replace(struct html_clean *clean, struct bytes *out)
{
	bytes_put_str(out, REPLACEMENT);
	clean->n_held = 0;
}

/* Bytes of a letter by its first one, 0 if no letter begins so. */
static size_t letter_len(uint8_t first)
{
	if (first >= 0xC2 && first <= 0xDF)
		return 2;
	if (first >= 0xE0 && first <= 0xEF)
		return 3;
	return first >= 0xF0 && first <= 0xF4 ? 4 : 0;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

/* True if what is held, and this byte behind it, begins the end of a document. */
static bool begins_end(const struct html_clean *clean, uint8_t c)
{
	static const char *const ends[] = {"</html", "</body"};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t k = 0;
		while (k < clean->n_held && lower(clean->held[k]) == (uint8_t)ends[i][k])
			k++;
		if (k == clean->n_held && lower(c) == (uint8_t)ends[i][k])
			return true;
	}
	return false;
}

/* A byte that begins something of its own; nothing is held. */
static void begin(struct html_clean *clean, uint8_t c, struct bytes *out)
{
	bool blank = c == '\t' || c == '\n' || c == '\r' || c == '\f';
	bool letter = c >= 0x80 && !clean->bytes;
	if (c == '<' || (letter && letter_len(c) > 0))
		clean->held[clean->n_held++] = c;
	else if ((c < 0x20 && !blank) || c == 0x7F || letter)
		replace(clean, out);
	else
		bytes_put_u8(out, c);
}

static void take(struct html_clean *clean, uint8_t c, struct bytes *out)
{
	static const char harmless[] = "</span";
	if (clean->n_held == 0) {
		begin(clean, c, out);
		return;
	}
	bool tag = clean->held[0] == '<';
	bool goes_on = tag ? begins_end(clean, c) : (c & 0xC0) == 0x80;
	if (!goes_on) {
		if (tag)
			flush(clean, out);
		else
			replace(clean, out);
		begin(clean, c, out);
		return;
	}
	clean->held[clean->n_held++] = c;
	if (tag && clean->n_held == sizeof(harmless) - 1) {
		bytes_put_str(out, harmless);
		clean->n_held = 0;
	} else if (!tag && clean->n_held == letter_len(clean->held[0])) {
		if (utf8_valid(clean->held, clean->n_held))
			flush(clean, out);
		else
			replace(clean, out);
	}
}

void html_clean_feed(struct html_clean *clean, struct slice piece, struct bytes *out)
{
	for (size_t i = 0; i < piece.len; i++)
		take(clean, piece.data[i], out);
}

void html_clean_end(struct html_clean *clean, struct bytes *out)
{
	if (clean->n_held > 0 && clean->held[0] != '<')
		replace(clean, out);
	flush(clean, out);
}

bool html_is_utf8(struct slice head)
{
	size_t whole = 0;
	size_t broken = 0;
	for (size_t i = 0; i < head.len;) {
		size_t len = head.data[i] < 0x80 ? 1 : letter_len(head.data[i]);
		/* One may be cut at the end of the head. */
		if (len > head.len - i)
			break;
		bool sound = len > 0 && utf8_valid(head.data + i, len);
		whole += sound && len > 1;
		broken += !sound;
		i += sound ? len : 1;
	}
	return broken == 0 || whole > broken;
}

bool html_unreadable(struct slice text)
{
	const size_t len = sizeof(REPLACEMENT) - 1;
	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(text.data + i, REPLACEMENT, len) == 0)
			return true;
	return false;
}
