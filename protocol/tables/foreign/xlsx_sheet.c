#include <stdlib.h>
#include <string.h>

#include "protocol/tables/foreign/xlsx_parts.h"

enum {
	MERGES = 65536,     /* of cells over several rows, in one sheet */
	ROWS = 1024 * 1024, /* the last row Excel has */
	CELL_TEXT = LIMIT_LINE + 1
};

/* A cell merged over rows: its first column, and from which row to which. */
struct merge {
	uint32_t column;
	uint32_t first;
	uint32_t last;
};

/* The text that a merged cell hands down in one column. */
struct carried {
	uint32_t last; /* 0: none */
	bool failed;
	struct bytes text;
};

struct sheet_reading {
	const struct xlsx_cells *cells;
	struct rows_out *out;
	struct out_row row;
	uint64_t number; /* of the row, 0: none yet */
	uint64_t column; /* of the cell, counted from 1 */
	bool in_row;
	bool in_value; /* v, or t of a string that stands in the cell itself */
	unsigned in_phonetic;
	char type[12];
	uint64_t style;
	struct bytes value;
	struct bytes text; /* of the cell, its runs together */
	struct merge *merges;
	size_t n_merges;
	size_t next_merge;
	struct carried carried[LIMIT_COLUMNS];
};

/* "AB12" as column 28 and row 12; either part may be missing, then it is 0. */
static bool read_place(const char **at, uint64_t *ret_column, uint64_t *ret_row)
{
	uint64_t column = 0;
	uint64_t row = 0;
	const char *c = *at;
	for (; *c >= 'A' && *c <= 'Z' && column <= ROWS; c++)
		column = column * 26 + (uint64_t)(*c - 'A') + 1;
	for (; *c >= '0' && *c <= '9' && row <= ROWS; c++)
		row = row * 10 + (uint64_t)(*c - '0');
	*at = c;
	*ret_column = column;
	*ret_row = row;
	return column <= ROWS && row <= ROWS;
}

/* Only what is merged downwards matters: to the right the cells stay empty, as they are. */
static enum status on_merge_start(void *context, const char *name, const char *const *attributes)
{
	struct sheet_reading *r = context;
	const char *place = strcmp(name, "mergeCell") == 0 ? markup_attribute(attributes, "ref") : NULL;
	uint64_t from[2] = {0, 0};
	uint64_t to[2] = {0, 0};
	if (place == NULL || !read_place(&place, &from[0], &from[1]) || *place++ != ':' ||
	    !read_place(&place, &to[0], &to[1]) || *place != '\0')
		return STATUS_OK;
	if (from[0] == 0 || from[0] > LIMIT_COLUMNS || from[1] == 0 || to[1] <= from[1])
		return STATUS_OK;
	if (r->n_merges == MERGES)
		return STATUS_LIMIT;
	r->merges[r->n_merges++] = (struct merge){
		.column = (uint32_t)from[0] - 1, .first = (uint32_t)from[1], .last = (uint32_t)to[1]};
	return STATUS_OK;
}

static enum status on_nothing_end(void *context, const char *name)
{
	(void)context;
	(void)name;
	return STATUS_OK;
}

static enum status on_nothing_text(void *context, struct slice text)
{
	(void)context;
	(void)text;
	return STATUS_OK;
}

static int by_first_row(const void *a, const void *b)
{
	const struct merge *x = a;
	const struct merge *y = b;
	return (x->first > y->first) - (x->first < y->first);
}

static enum status start_row(struct sheet_reading *r, const char *const *attributes)
{
	const char *stated = markup_attribute(attributes, "r");
	uint64_t number = r->number + 1;
	if (stated != NULL && !xlsx_number(stated, ROWS, &number))
		return STATUS_MALFORMED;
	if (number <= r->number || number > ROWS)
		return STATUS_MALFORMED;
	r->number = number;
	r->column = 0;
	r->in_row = true;
	out_row_clear(&r->row);
	return STATUS_OK;
}

static enum status start_cell(struct sheet_reading *r, const char *const *attributes)
{
	const char *place = markup_attribute(attributes, "r");
	const char *type = markup_attribute(attributes, "t");
	uint64_t column = r->column + 1;
	uint64_t row = 0;
	if (place != NULL && (!read_place(&place, &column, &row) || column == 0))
		return STATUS_MALFORMED;
	r->column = column;
	r->type[0] = '\0';
	if (type != NULL && strlen(type) < sizeof(r->type))
		memcpy(r->type, type, strlen(type) + 1);
	if (!xlsx_number(markup_attribute(attributes, "s"), XLSX_FORMS, &r->style))
		r->style = 0;
	bytes_clear(&r->text);
	return STATUS_OK;
}

static enum status on_start(void *context, const char *name, const char *const *attributes)
{
	struct sheet_reading *r = context;
	if (strcmp(name, "row") == 0)
		return start_row(r, attributes);
	if (!r->in_row)
		return STATUS_OK;
	if (strcmp(name, "c") == 0)
		return start_cell(r, attributes);
	r->in_phonetic += strcmp(name, "rPh") == 0;
	r->in_value = r->in_phonetic == 0 && (strcmp(name, "v") == 0 || strcmp(name, "t") == 0);
	bytes_clear(&r->value);
	return STATUS_OK;
}

static void set_number(struct sheet_reading *r, size_t column, struct slice value)
{
	char text[NUMBER_TEXT];
	struct number_form form = {.look = LOOK_PLAIN};
	if (r->style < r->cells->styles->n)
		form = r->cells->styles->forms[r->style];
	size_t len = number_text(value, form, r->cells->since_1904, text);
	out_row_set(&r->row, column, len > 0 ? slice_of(text, len) : value);
}

static enum status end_cell(struct sheet_reading *r)
{
	struct slice value = bytes_slice(&r->text);
	size_t column = (size_t)r->column - 1;
	uint64_t index = 0;
	if (bytes_status(&r->text) == STATUS_NO_MEMORY)
		return STATUS_NO_MEMORY;
	r->row.too_long = r->row.too_long || bytes_status(&r->text) == STATUS_LIMIT;
	if (strcmp(r->type, "s") == 0) {
		bytes_put_u8(&r->text, '\0');
		bool known = bytes_status(&r->text) == STATUS_OK &&
			     xlsx_number((const char *)r->text.data, XLSX_STRINGS, &index);
		if (known)
			out_row_set(&r->row, column, xlsx_string(r->cells->strings, index));
	} else if (strcmp(r->type, "e") == 0) {
		if (value.len > 0)
			out_row_fail(&r->row, column);
	} else if (r->type[0] == '\0' || strcmp(r->type, "n") == 0) {
		set_number(r, column, value);
	} else {
		out_row_set(&r->row, column, value);
	}
	return STATUS_OK;
}

static void end_value(struct sheet_reading *r)
{
	bool string = strcmp(r->type, "inlineStr") == 0 || strcmp(r->type, "str") == 0;
	if (string)
		xlsx_unescape(bytes_slice(&r->value), &r->text);
	else
		bytes_put(&r->text, r->value.data, r->value.len);
	r->row.too_long = r->row.too_long || bytes_status(&r->value) == STATUS_LIMIT;
	r->in_value = false;
}

static void carry(struct sheet_reading *r, const struct merge *merge)
{
	struct carried *c = &r->carried[merge->column];
	struct slice text = out_row_text(&r->row, merge->column);
	c->last = merge->last;
	c->failed = merge->column < r->row.n_cells && r->row.cells[merge->column].failed;
	bytes_clear(&c->text);
	bytes_put(&c->text, text.data, text.len);
}

/* What merged cells hand down goes to where the row itself says nothing. */
static void take_carried(struct sheet_reading *r)
{
	for (; r->next_merge < r->n_merges && r->merges[r->next_merge].first < r->number; r->next_merge++)
		;
	for (size_t i = 0; i < LIMIT_COLUMNS; i++) {
		struct carried *c = &r->carried[i];
		if (c->last < r->number || out_row_text(&r->row, i).len > 0)
			continue;
		if (c->failed)
			out_row_fail(&r->row, i);
		else
			out_row_set(&r->row, i, bytes_slice(&c->text));
	}
	for (; r->next_merge < r->n_merges && r->merges[r->next_merge].first == r->number; r->next_merge++)
		carry(r, &r->merges[r->next_merge]);
}

static enum status on_end(void *context, const char *name)
{
	struct sheet_reading *r = context;
	if (!r->in_row)
		return STATUS_OK;
	if (strcmp(name, "rPh") == 0 && r->in_phonetic > 0)
		r->in_phonetic--;
	if (r->in_value)
		end_value(r);
	if (strcmp(name, "c") == 0 && r->column > 0)
		return end_cell(r);
	if (strcmp(name, "row") == 0) {
		r->in_row = false;
		take_carried(r);
		rows_out_row(r->out, (int64_t)r->number, &r->row);
		return r->out->status;
	}
	return STATUS_OK;
}

static enum status on_text(void *context, struct slice text)
{
	struct sheet_reading *r = context;
	if (r->in_value)
		bytes_put(&r->value, text.data, text.len);
	return STATUS_OK;
}

/* What is merged stands behind the rows, so a sheet is read twice. */
static enum status read_twice(struct package *p, const char *part, struct sheet_reading *r)
{
	static const struct markup_events merges = {
		.start = on_merge_start, .end = on_nothing_end, .text = on_nothing_text};
	static const struct markup_events rows = {.start = on_start, .end = on_end, .text = on_text};
	enum status s = xlsx_part_read(p, part, &merges, r);
	if (s != STATUS_OK)
		return s;
	if (r->n_merges > 1)
		qsort(r->merges, r->n_merges, sizeof(*r->merges), by_first_row);
	return xlsx_part_read(p, part, &rows, r);
}

enum status xlsx_sheet_read(struct package *p, const char *part, const struct xlsx_cells *cells,
			    struct rows_out *out)
{
	struct sheet_reading *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return STATUS_NO_MEMORY;
	r->cells = cells;
	r->out = out;
	r->row = out_row_new();
	r->value = bytes_new(CELL_TEXT);
	r->text = bytes_new(CELL_TEXT);
	for (size_t i = 0; i < LIMIT_COLUMNS; i++)
		r->carried[i].text = bytes_new(LIMIT_LINE);
	r->merges = calloc(MERGES, sizeof(*r->merges));
	enum status s = r->merges == NULL ? STATUS_NO_MEMORY : read_twice(p, part, r);
	for (size_t i = 0; i < LIMIT_COLUMNS; i++)
		bytes_free(&r->carried[i].text);
	bytes_free(&r->text);
	bytes_free(&r->value);
	out_row_free(&r->row);
	free(r->merges);
	free(r);
	return s;
}
