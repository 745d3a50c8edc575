#include "protocol/tables/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "protocol/cbor.h"
#include "protocol/limits.h"

enum { BLANK = ' ' };

/* What the walk over the code points wants and what it met. */
struct walk {
	bool lower;
	bool refused;
};

static bool is_line_blank(int32_t c)
{
	return c == '\t' || c == '\n' || c == '\r';
}

static int32_t step(int32_t c, void *context)
{
	struct walk *w = context;
	utf8proc_category_t category = utf8proc_category(c);
	bool separator = category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
			 category == UTF8PROC_CATEGORY_ZP;
	if (separator || is_line_blank(c))
		return BLANK;
	if (category == UTF8PROC_CATEGORY_CC)
		w->refused = true;
	return w->lower ? utf8proc_tolower(c) : c;
}

/* Puts text into the empty out, trimmed, and with runs of blanks as one if asked. */
static void put_trimmed(struct bytes *out, const uint8_t *text, size_t len, bool squeeze)
{
	while (len > 0 && text[len - 1] == BLANK)
		len--;
	for (; len > 0 && text[0] == BLANK; len--)
		text++;
	/* Word by word, so that only what is kept counts against out's limit. */
	while (len > 0) {
		const uint8_t *blank = squeeze ? memchr(text, BLANK, len) : NULL;
		size_t taken = blank == NULL ? len : (size_t)(blank - text) + 1;
		bytes_put(out, text, taken);
		for (text += taken, len -= taken; squeeze && len > 0 && text[0] == BLANK; len--)
			text++;
	}
}

static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] > 0x7E)
			return false;
	return true;
}

/* Printable ASCII, the greater part of all cells, needs no tables. */
static enum status plain_form(struct slice text, bool fold, struct bytes *out)
{
	put_trimmed(out, text.data, text.len, fold);
	for (size_t i = 0; fold && i < out->len; i++)
		if (out->data[i] >= 'A' && out->data[i] <= 'Z')
			out->data[i] = (uint8_t)(out->data[i] - 'A' + 'a');
	return bytes_status(out);
}

static enum status unicode_form(struct slice text, bool fold, struct bytes *out)
{
	/* No code point decomposes into more code points than twice its bytes. */
	size_t room = text.len * 2;
	if (text.len > SIZE_MAX / 16)
		return STATUS_LIMIT;
	int32_t *points = malloc((room + 1) * sizeof *points);
	if (points == NULL)
		return STATUS_NO_MEMORY;
	enum status s = STATUS_REFUSED;
	struct walk walk = {.lower = fold};
	utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	utf8proc_option_t taken = how | UTF8PROC_IGNORE;
	utf8proc_ssize_t count = utf8proc_decompose_custom(text.data, (utf8proc_ssize_t)text.len, points,
							   (utf8proc_ssize_t)room, taken, step, &walk);
	if (count < 0 || (size_t)count > room || walk.refused)
		goto out;
	utf8proc_ssize_t len = utf8proc_reencode(points, count, how);
	if (len < 0)
		goto out;
	put_trimmed(out, (const uint8_t *)points, (size_t)len, fold);
	s = bytes_status(out);
out:
	free(points);
	return s;
}

static enum status form(struct slice text, bool fold, struct bytes *out)
{
	bytes_clear(out);
	if (is_plain(text))
		return plain_form(text, fold, out);
	if (!utf8_valid(text.data, text.len))
		return STATUS_REFUSED;
	return unicode_form(text, fold, out);
}

bool text_is_nfc(struct slice text)
{
	int32_t points[2 * LIMIT_TEXT + 1];
	const utf8proc_ssize_t room = (utf8proc_ssize_t)2 * LIMIT_TEXT;
	const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	if (is_plain(text))
		return true;
	if (text.len > LIMIT_TEXT || !utf8_valid(text.data, text.len))
		return false;
	utf8proc_ssize_t count = utf8proc_decompose(text.data, (utf8proc_ssize_t)text.len, points, room, how);
	if (count < 0 || count > room)
		return false;
	utf8proc_ssize_t len = utf8proc_reencode(points, count, how);
	return len >= 0 && slice_equal(text, slice_of(points, (size_t)len));
}

enum status text_normal(struct slice text, struct bytes *out)
{
	return form(text, false, out);
}

enum status text_fold(struct slice text, struct bytes *out)
{
	return form(text, true, out);
}
