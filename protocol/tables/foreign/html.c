#include "protocol/tables/foreign/html.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/tables/foreign/html_clean.h"
#include "protocol/tables/foreign/markup.h"

enum {
	HEAD = 64 * 1024,  /* so much is looked at to tell whether a page is UTF-8 */
	CLEAN = 16 * 1024, /* so much is cleaned at once */
	SPAN_MAX = 65534   /* rows a cell may reach over, as browsers have it */
};

/* A cell that reaches down into further rows. */
struct span {
	unsigned rows; /* left */
	struct bytes text;
};

/* One table being read; those it stands in wait. */
struct html_table {
	int64_t number;
	int64_t rows;
	struct out_row row;
	struct span spans[LIMIT_COLUMNS];
	bool taken[LIMIT_COLUMNS]; /* in this row, by cells that reach down into it */
	size_t column;             /* of the open cell */
	unsigned colspan;
	unsigned rowspan;
	bool in_row;
	bool in_cell;
	struct bytes text; /* of the open cell, blanks squeezed */
};

struct html_reader {
	struct rows_out *out;
	struct bytes head; /* what came before the parser was chosen */
	struct markup *markup;
	struct html_clean clean;
	struct bytes sound; /* what is clean, on its way to the parser */
	int64_t tables;
	size_t depth;   /* open tables, those that are too deep included */
	unsigned muted; /* inside of what is no text: script, style */
	struct html_table *open[HTML_NESTED];
};

static struct html_table *innermost(struct html_reader *r)
{
	return r->depth == 0 ? NULL : r->open[(r->depth < HTML_NESTED ? r->depth : HTML_NESTED) - 1];
}

static enum status open_table(struct html_reader *r)
{
	if (r->depth++ >= HTML_NESTED)
		return STATUS_OK;
	struct html_table *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		r->depth--;
		return STATUS_NO_MEMORY;
	}
	t->number = ++r->tables;
	t->row = out_row_new();
	t->text = bytes_new(LIMIT_LINE + 1);
	for (size_t i = 0; i < LIMIT_COLUMNS; i++)
		t->spans[i].text = bytes_new(LIMIT_LINE);
	r->open[r->depth - 1] = t;
	return STATUS_OK;
}

static void free_table(struct html_table *t)
{
	for (size_t i = 0; i < LIMIT_COLUMNS; i++)
		bytes_free(&t->spans[i].text);
	bytes_free(&t->text);
	out_row_free(&t->row);
	free(t);
}

/* What is no text is no value either. */
static void set_cell(struct out_row *row, size_t column, struct slice text)
{
	if (html_unreadable(text))
		out_row_fail(row, column);
	else
		out_row_set(row, column, text);
}

static void start_row(struct html_table *t)
{
	out_row_clear(&t->row);
	t->rows++;
	t->column = 0;
	t->in_row = true;
	for (size_t i = 0; i < LIMIT_COLUMNS; i++) {
		struct span *span = &t->spans[i];
		t->taken[i] = span->rows > 0;
		span->rows -= t->taken[i];
		if (t->taken[i])
			set_cell(&t->row, i, bytes_slice(&span->text));
	}
}

/* A number of an attribute, at least 1; what is none is 1. */
static unsigned span_of(const char *const *attributes, const char *name)
{
	const char *text = markup_attribute(attributes, name);
	unsigned number = 0;
	for (; text != NULL && *text >= '0' && *text <= '9' && number < SPAN_MAX; text++)
		number = number * 10 + (unsigned)(*text - '0');
	if (number > SPAN_MAX)
		return SPAN_MAX;
	return number == 0 ? 1 : number;
}

static void start_cell(struct html_table *t, const char *const *attributes)
{
	while (t->column < LIMIT_COLUMNS && t->taken[t->column])
		t->column++;
	t->colspan = span_of(attributes, "colspan");
	t->rowspan = span_of(attributes, "rowspan");
	t->in_cell = true;
	bytes_clear(&t->text);
}

/* The text stands in the first of the cell's columns, in all of its rows; the others it keeps free of the next
 * ones. */
static void reach_down(struct html_table *t)
{
	for (size_t i = 0; t->rowspan > 1 && i < t->colspan && t->column + i < LIMIT_COLUMNS; i++) {
		struct span *span = &t->spans[t->column + i];
		span->rows = t->rowspan - 1;
		bytes_clear(&span->text);
		if (i == 0)
			bytes_put(&span->text, t->text.data, t->text.len);
	}
}

static void end_cell(struct html_table *t)
{
	if (!t->in_cell)
		return;
	t->in_cell = false;
	while (t->text.len > 0 && t->text.data[t->text.len - 1] == ' ')
		t->text.len--;
	t->row.too_long = t->row.too_long || bytes_status(&t->text) == STATUS_LIMIT;
	set_cell(&t->row, t->column, bytes_slice(&t->text));
	reach_down(t);
	t->column += t->colspan;
}

static enum status end_row(struct html_reader *r, struct html_table *t)
{
	if (!t->in_row)
		return STATUS_OK;
	end_cell(t);
	t->in_row = false;
	rows_out_sheet(r->out, t->number, slice_str(""));
	rows_out_row(r->out, t->rows, &t->row);
	return r->out->status;
}

static enum status close_table(struct html_reader *r)
{
	enum status s = STATUS_OK;
	if (r->depth == 0 || --r->depth >= HTML_NESTED)
		return s;
	struct html_table *t = r->open[r->depth];
	s = end_row(r, t);
	r->open[r->depth] = NULL;
	free_table(t);
	return s;
}

static void put_blank(struct bytes *text)
{
	if (text->len > 0 && text->data[text->len - 1] != ' ')
		bytes_put_u8(text, ' ');
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* What begins a line of its own parts words. */
static bool parts_words(const char *name)
{
	static const char *const names[] = {"br", "p",     "div", "li", "ul", "ol",
					    "hr", "table", "tr",  "td", "th", NULL};
	return is_one_of(name, names);
}

static bool is_mute(const char *name)
{
	static const char *const names[] = {"script", "style", "head", "template", NULL};
	return is_one_of(name, names);
}

static enum status on_start(void *context, const char *name, const char *const *attributes)
{
	struct html_reader *r = context;
	struct html_table *t = innermost(r);
	r->muted += is_mute(name);
	if (t != NULL && t->in_cell && parts_words(name))
		put_blank(&t->text);
	if (strcmp(name, "table") == 0)
		return open_table(r);
	if (t == NULL || r->depth > HTML_NESTED)
		return STATUS_OK;
	bool cell = strcmp(name, "td") == 0 || strcmp(name, "th") == 0;
	if (strcmp(name, "tr") == 0) {
		enum status s = end_row(r, t);
		start_row(t);
		return s;
	}
	if (!cell)
		return STATUS_OK;
	if (!t->in_row)
		start_row(t);
	end_cell(t);
	start_cell(t, attributes);
	return STATUS_OK;
}

static enum status on_end(void *context, const char *name)
{
	struct html_reader *r = context;
	struct html_table *t = innermost(r);
	if (is_mute(name) && r->muted > 0)
		r->muted--;
	if (strcmp(name, "table") == 0)
		return close_table(r);
	if (t == NULL || r->depth > HTML_NESTED)
		return STATUS_OK;
	if (strcmp(name, "td") == 0 || strcmp(name, "th") == 0)
		end_cell(t);
	else if (strcmp(name, "tr") == 0)
		return end_row(r, t);
	else if (t->in_cell && parts_words(name))
		put_blank(&t->text);
	return STATUS_OK;
}

static enum status on_text(void *context, struct slice text)
{
	struct html_reader *r = context;
	struct html_table *t = innermost(r);
	if (t == NULL || !t->in_cell || r->muted > 0)
		return STATUS_OK;
	for (size_t i = 0; i < text.len; i++) {
		if (strchr(" \t\r\n\f", text.data[i]) != NULL)
			put_blank(&t->text);
		else
			bytes_put_u8(&t->text, text.data[i]);
	}
	return bytes_status(&t->text) == STATUS_NO_MEMORY ? STATUS_NO_MEMORY : STATUS_OK;
}

/* No byte takes more than three once it is clean, and few are held. */
static enum status feed_clean(struct html_reader *r, struct slice piece)
{
	enum status s = STATUS_OK;
	while (s == STATUS_OK && piece.len > 0) {
		size_t len = piece.len < CLEAN ? piece.len : CLEAN;
		bytes_clear(&r->sound);
		html_clean_feed(&r->clean, slice_of(piece.data, len), &r->sound);
		s = bytes_status(&r->sound);
		if (s == STATUS_OK)
			s = markup_feed(r->markup, bytes_slice(&r->sound));
		piece = slice_of(piece.data + len, piece.len - len);
	}
	return s;
}

static enum status choose(struct html_reader *r)
{
	static const struct markup_events events = {.start = on_start, .end = on_end, .text = on_text};
	bool utf8 = html_is_utf8(bytes_slice(&r->head));
	r->clean.bytes = !utf8;
	if (!utf8)
		rows_out_bytes(r->out);
	enum status s = markup_new(utf8 ? MARKUP_HTML : MARKUP_HTML_BYTES, &events, r, &r->markup);
	return s == STATUS_OK ? feed_clean(r, bytes_slice(&r->head)) : s;
}

enum status html_reader_new(struct rows_out *out, struct html_reader **ret_reader)
{
	struct html_reader *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return STATUS_NO_MEMORY;
	r->out = out;
	r->head = bytes_new(HEAD);
	r->sound = bytes_new((size_t)4 * CLEAN);
	*ret_reader = r;
	return STATUS_OK;
}

enum status html_reader_feed(struct html_reader *r, struct slice piece)
{
	size_t room = HEAD - r->head.len;
	if (r->markup == NULL) {
		size_t len = piece.len < room ? piece.len : room;
		bytes_put(&r->head, piece.data, len);
		piece = slice_of(piece.data + len, piece.len - len);
		enum status s = bytes_status(&r->head);
		if (s == STATUS_OK && r->head.len == HEAD)
			s = choose(r);
		if (s != STATUS_OK || piece.len == 0)
			return s;
	}
	return feed_clean(r, piece);
}

enum status html_reader_end(struct html_reader *r, const char **ret_reason)
{
	enum status s = r->markup == NULL ? choose(r) : STATUS_OK;
	*ret_reason = NULL;
	bytes_clear(&r->sound);
	html_clean_end(&r->clean, &r->sound);
	if (s == STATUS_OK)
		s = bytes_status(&r->sound);
	if (s == STATUS_OK)
		s = markup_feed(r->markup, bytes_slice(&r->sound));
	if (s == STATUS_OK)
		s = markup_end(r->markup);
	/* A page that was cut off leaves its tables open. */
	while (s == STATUS_OK && r->depth > 0)
		s = close_table(r);
	if (s == STATUS_OK && r->tables == 0)
		*ret_reason = "no-table";
	return s;
}

void html_reader_free(struct html_reader *r)
{
	if (r == NULL)
		return;
	markup_free(r->markup);
	for (size_t i = 0; i < HTML_NESTED; i++)
		if (r->open[i] != NULL)
			free_table(r->open[i]);
	bytes_free(&r->sound);
	bytes_free(&r->head);
	free(r);
}
