#include "protocol/tables/foreign/rows_out.h"

#include <inttypes.h>
#include <stdio.h>

#include "protocol/tables/json_escape.h"

/* A line at its longest: every byte of a row escaped, and the punctuation of its cells. */
enum { ROOM_LINE = 6 * LIMIT_LINE + 8 * LIMIT_COLUMNS };

struct out_row out_row_new(void)
{
	return (struct out_row){.text = bytes_new(LIMIT_LINE)};
}

void out_row_free(struct out_row *row)
{
	bytes_free(&row->text);
}

void out_row_clear(struct out_row *row)
{
	bytes_clear(&row->text);
	row->n_cells = 0;
	row->too_wide = false;
	row->too_long = false;
}

/* The cell, with empty ones before it; NULL if the row may not be so wide. */
static struct out_cell *reach(struct out_row *row, size_t column)
{
	if (column >= LIMIT_COLUMNS) {
		row->too_wide = true;
		return NULL;
	}
	while (row->n_cells <= column)
		row->cells[row->n_cells++] = (struct out_cell){0};
	return &row->cells[column];
}

void out_row_set(struct out_row *row, size_t column, struct slice text)
{
	struct out_cell *cell = text.len > 0 ? reach(row, column) : NULL;
	if (cell == NULL)
		return;
	size_t start = row->text.len;
	bytes_put(&row->text, text.data, text.len);
	row->too_long = row->too_long || bytes_status(&row->text) == STATUS_LIMIT;
	if (bytes_status(&row->text) == STATUS_OK)
		*cell = (struct out_cell){.start = start, .len = text.len};
}

void out_row_fail(struct out_row *row, size_t column)
{
	struct out_cell *cell = reach(row, column);
	if (cell != NULL)
		*cell = (struct out_cell){.failed = true};
}

struct slice out_row_text(const struct out_row *row, size_t column)
{
	if (column >= row->n_cells || row->cells[column].len == 0)
		return slice_str("");
	return slice_of(row->text.data + row->cells[column].start, row->cells[column].len);
}

struct rows_out rows_out_new(rows_sink sink, void *context)
{
	return (struct rows_out){.sink = sink, .context = context, .line = bytes_new(ROOM_LINE), .next = 1};
}

void rows_out_free(struct rows_out *out)
{
	bytes_free(&out->line);
}

static void put_number(struct rows_out *out, int64_t number)
{
	char digits[24];
	(void)snprintf(digits, sizeof(digits), "%" PRId64, number);
	bytes_put_str(&out->line, digits);
}

static void put_text(struct rows_out *out, struct slice text)
{
	bytes_put_u8(&out->line, '"');
	while (text.len > 0) {
		char piece[JSON_ESCAPE];
		size_t len = json_escape(&text, piece);
		bytes_put(&out->line, piece, len);
	}
	bytes_put_u8(&out->line, '"');
}

static void end_line(struct rows_out *out)
{
	bytes_put_u8(&out->line, '\n');
	if (out->status == STATUS_OK)
		out->status = bytes_status(&out->line);
	if (out->status == STATUS_OK)
		out->status = out->sink(out->context, bytes_slice(&out->line));
	bytes_clear(&out->line);
}

void rows_out_sheet(struct rows_out *out, int64_t number, struct slice name)
{
	if (number == out->sheet)
		return;
	out->sheet = number;
	out->next = 1;
	bytes_put_str(&out->line, "{\"sheet\":");
	put_number(out, number);
	bytes_put_str(&out->line, ",\"name\":");
	put_text(out, name);
	bytes_put_u8(&out->line, '}');
	end_line(out);
}

static void put_row(struct rows_out *out, const struct out_row *row)
{
	bytes_put_u8(&out->line, '[');
	for (size_t i = 0; i < row->n_cells; i++) {
		bytes_put_str(&out->line, i > 0 ? "," : "");
		if (row->cells[i].failed)
			bytes_put_str(&out->line, "null");
		else
			put_text(out, out_row_text(row, i));
	}
	bytes_put_u8(&out->line, ']');
}

void rows_out_row(struct rows_out *out, int64_t number, const struct out_row *row)
{
	bool over = row->too_wide || row->too_long;
	if (bytes_status(&row->text) == STATUS_NO_MEMORY && out->status == STATUS_OK)
		out->status = STATUS_NO_MEMORY;
	if (row->n_cells == 0 && !over)
		return;
	if (number != out->next) {
		bytes_put_str(&out->line, "{\"row\":");
		put_number(out, number);
		bytes_put_u8(&out->line, '}');
		end_line(out);
	}
	out->next = number + 1;
	if (over)
		bytes_put_str(&out->line, row->too_wide ? "{\"fault\":\"too-wide\"}" : "{\"fault\":\"too-long\"}");
	else
		put_row(out, row);
	end_line(out);
}

void rows_out_bytes(struct rows_out *out)
{
	bytes_put_str(&out->line, "{\"bytes\":true}");
	end_line(out);
}

enum status rows_out_end(struct rows_out *out, const char *reason)
{
	if (reason == NULL) {
		bytes_put_str(&out->line, "{\"end\":true}");
	} else {
		bytes_put_str(&out->line, "{\"refused\":");
		put_text(out, slice_str(reason));
		bytes_put_u8(&out->line, '}');
	}
	end_line(out);
	return out->status;
}
