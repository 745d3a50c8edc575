#include <string.h>

#include "protocol/tables/foreign/xlsx_parts.h"

/* A string is in runs of text, between which a reading of Asian letters may stand. */
struct strings_reading {
	struct xlsx_strings *strings;
	bool in_text;
	unsigned in_phonetic;
	struct bytes raw; /* of one run, with its escapes */
};

static enum status on_start(void *context, const char *name, const char *const *attributes)
{
	struct strings_reading *r = context;
	(void)attributes;
	r->in_phonetic += strcmp(name, "rPh") == 0;
	r->in_text = strcmp(name, "t") == 0 && r->in_phonetic == 0;
	return STATUS_OK;
}

static enum status end_string(struct xlsx_strings *strings)
{
	size_t end = strings->text.len;
	bytes_put(&strings->ends, &end, sizeof(end));
	strings->n++;
	enum status s = bytes_status(&strings->text);
	return s == STATUS_OK ? bytes_status(&strings->ends) : s;
}

static enum status on_end(void *context, const char *name)
{
	struct strings_reading *r = context;
	if (strcmp(name, "rPh") == 0 && r->in_phonetic > 0)
		r->in_phonetic--;
	if (r->in_text) {
		xlsx_unescape(bytes_slice(&r->raw), &r->strings->text);
		enum status s = bytes_status(&r->raw);
		bytes_clear(&r->raw);
		r->in_text = false;
		if (s != STATUS_OK)
			return s;
	}
	return strcmp(name, "si") == 0 ? end_string(r->strings) : STATUS_OK;
}

static enum status on_text(void *context, struct slice text)
{
	struct strings_reading *r = context;
	if (r->in_text)
		bytes_put(&r->raw, text.data, text.len);
	return STATUS_OK;
}

enum status xlsx_strings_read(struct package *p, const char *part, struct xlsx_strings *strings)
{
	static const struct markup_events events = {.start = on_start, .end = on_end, .text = on_text};
	struct strings_reading r = {.strings = strings, .raw = bytes_new(XLSX_STRINGS_BYTES)};
	enum status s = xlsx_part_read(p, part, &events, &r);
	bytes_free(&r.raw);
	return s;
}

void xlsx_strings_free(struct xlsx_strings *strings)
{
	bytes_free(&strings->text);
	bytes_free(&strings->ends);
}

struct slice xlsx_string(const struct xlsx_strings *strings, uint64_t i)
{
	size_t start = 0;
	size_t end = 0;
	if (i >= strings->n)
		return slice_str("");
	if (i > 0)
		memcpy(&start, strings->ends.data + (i - 1) * sizeof(start), sizeof(start));
	memcpy(&end, strings->ends.data + i * sizeof(end), sizeof(end));
	return end > start ? slice_of(strings->text.data + start, end - start) : slice_str("");
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of "_x000D_" at the front; -1 if it is none. */
static int32_t escaped(struct slice text)
{
	int32_t number = 0;
	if (text.len < 7 || text.data[0] != '_' || text.data[1] != 'x' || text.data[6] != '_')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		int digit = hex_digit(text.data[i]);
		if (digit < 0)
			return -1;
		number = number * 16 + digit;
	}
	return number;
}

void xlsx_unescape(struct slice text, struct bytes *out)
{
	while (text.len > 0) {
		int32_t number = escaped(text);
		/* Only what XML itself cannot hold is written so, and the sign that begins it. */
		bool plain = number < 0 || number > 0x7F || number == 0;
		size_t step = plain ? 1 : 7;
		bytes_put_u8(out, plain ? text.data[0] : (uint8_t)number);
		text = slice_of(text.data + step, text.len - step);
	}
}
