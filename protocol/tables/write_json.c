#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/limits.h"
#include "protocol/tables/json_escape.h"
#include "protocol/tables/writer.h"

struct json_writer json_writer_new(FILE *out)
{
	return (struct json_writer){.out = out, .first = {true}};
}

/* What stands before a value: nothing after a key or at the beginning, else a comma. */
static void before(struct json_writer *w)
{
	if (!w->after_key && !w->first[w->depth] && w->depth > 0)
		(void)fputc(',', w->out);
	w->first[w->depth] = false;
	w->after_key = false;
}

static void open_level(struct json_writer *w, char mark)
{
	before(w);
	assert(w->depth < LIMIT_NESTING);
	(void)fputc(mark, w->out);
	w->first[++w->depth] = true;
}

static void close_level(struct json_writer *w, char mark)
{
	assert(w->depth > 0 && !w->after_key);
	w->depth--;
	(void)fputc(mark, w->out);
}

void json_object(struct json_writer *w)
{
	open_level(w, '{');
}

void json_object_end(struct json_writer *w)
{
	close_level(w, '}');
}

void json_array(struct json_writer *w)
{
	open_level(w, '[');
}

void json_array_end(struct json_writer *w)
{
	close_level(w, ']');
}

static void put_string(FILE *out, struct slice text)
{
	(void)fputc('"', out);
	while (text.len > 0) {
		char piece[JSON_ESCAPE];
		size_t len = json_escape(&text, piece);
		(void)fwrite(piece, 1, len, out);
	}
	(void)fputc('"', out);
}

void json_key(struct json_writer *w, const char *key)
{
	before(w);
	put_string(w->out, slice_str(key));
	(void)fputc(':', w->out);
	w->after_key = true;
}

void json_text(struct json_writer *w, struct slice text)
{
	before(w);
	put_string(w->out, text);
}

void json_str(struct json_writer *w, const char *text)
{
	if (text == NULL)
		json_null(w);
	else
		json_text(w, slice_str(text));
}

void json_int(struct json_writer *w, int64_t value)
{
	before(w);
	(void)fprintf(w->out, "%" PRId64, value);
}

const char *decimal_format(int64_t value, unsigned places, char point, char out[static DECIMAL_TEXT])
{
	uint64_t size = value < 0 ? ~(uint64_t)value + 1 : (uint64_t)value;
	uint64_t one = 1;
	assert(places <= 18);
	for (unsigned i = 0; i < places; i++)
		one *= 10;
	(void)snprintf(out, DECIMAL_TEXT, "%s%" PRIu64, value < 0 ? "-" : "", size / one);
	size_t len = strlen(out);
	if (places > 0)
		(void)snprintf(out + len, DECIMAL_TEXT - len, "%c%0*" PRIu64, point, (int)places, size % one);
	return out;
}

void json_decimal(struct json_writer *w, int64_t value, unsigned places)
{
	char text[DECIMAL_TEXT];
	before(w);
	(void)fputs(decimal_format(value, places, '.', text), w->out);
}

void json_bool(struct json_writer *w, bool value)
{
	before(w);
	(void)fputs(value ? "true" : "false", w->out);
}

void json_null(struct json_writer *w)
{
	before(w);
	(void)fputs("null", w->out);
}

void json_end_line(struct json_writer *w)
{
	assert(w->depth == 0);
	(void)fputc('\n', w->out);
	w->first[0] = true;
}

void json_member_str(struct json_writer *w, const char *key, const char *value)
{
	json_key(w, key);
	json_str(w, value);
}

void json_member_int(struct json_writer *w, const char *key, int64_t value)
{
	json_key(w, key);
	json_int(w, value);
}
