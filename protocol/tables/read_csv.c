#include "protocol/tables/read_csv.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>

/* How much libcsv gets at once: a field can outgrow LIMIT_LINE by no more than this. */
enum { PIECE = 4096 };

/* The row being collected; cell i ends at ends[i] of text. */
struct csv_row {
	struct bytes text;
	size_t ends[LIMIT_COLUMNS];
	size_t n_cells;
	bool too_long;
	bool too_wide;
};

struct csv_reader {
	struct csv_parser parser;
	struct sheet *sheet;
	enum status status; /* of the callbacks, which cannot return one */
	struct csv_row current;
	int64_t number; /* rows ended so far, blank ones included */
	bool after_cr;  /* a line feed now ends no row of its own */
	struct row row;
};

enum status csv_reader_new(char separator, struct sheet *sheet, struct csv_reader **ret_reader)
{
	struct csv_reader *reader = malloc(sizeof *reader);
	if (reader == NULL)
		return STATUS_NO_MEMORY;
	*reader = (struct csv_reader){.sheet = sheet, .current = {.text = bytes_new(LIMIT_LINE)}};
	if (csv_init(&reader->parser, CSV_REPALL_NL) != 0) {
		free(reader);
		return STATUS_NO_MEMORY;
	}
	csv_set_delim(&reader->parser, (unsigned char)separator);
	csv_set_blk_size(&reader->parser, PIECE);
	*ret_reader = reader;
	return STATUS_OK;
}

void csv_reader_free(struct csv_reader *reader)
{
	if (reader == NULL)
		return;
	csv_free(&reader->parser);
	bytes_free(&reader->current.text);
	free(reader);
}

/* The row so far, with its cells in their columns; what stands beyond the last column a table may have is gone. */
static struct row *make_cells(struct csv_reader *reader)
{
	const struct csv_row *from = &reader->current;
	reader->row.line = reader->number;
	reader->row.n_cells = from->n_cells;
	for (size_t i = 0; i < from->n_cells; i++) {
		size_t start = i > 0 ? from->ends[i - 1] : 0;
		size_t len = from->ends[i] - start;
		reader->row.cells[i] = (struct cell){
			.type = len > 0 ? CELL_TEXT : CELL_EMPTY,
			.text = len > 0 ? slice_of(from->text.data + start, len) : slice_str(""),
		};
	}
	return &reader->row;
}

static enum row_fault fault_of(const struct csv_row *row, bool unterminated)
{
	if (unterminated)
		return ROW_SHAPE;
	if (row->too_wide)
		return ROW_TOO_WIDE;
	return row->too_long ? ROW_TOO_LONG : ROW_OK;
}

static void end_row(struct csv_reader *reader, bool unterminated)
{
	struct csv_row *row = &reader->current;
	reader->number++;
	if (reader->status == STATUS_OK)
		reader->status =
			sheet_take(reader->sheet, make_cells(reader), fault_of(row, unterminated), unterminated);
	bytes_clear(&row->text);
	*row = (struct csv_row){.text = row->text};
}

static void on_cell(void *data, size_t len, void *context)
{
	struct csv_reader *reader = context;
	struct csv_row *row = &reader->current;
	reader->after_cr = false;
	if (row->n_cells >= LIMIT_COLUMNS) {
		row->too_wide = row->too_wide || len > 0;
		return;
	}
	bytes_put(&row->text, data, len);
	if (bytes_status(&row->text) == STATUS_NO_MEMORY && reader->status == STATUS_OK)
		reader->status = STATUS_NO_MEMORY;
	row->too_long = row->too_long || bytes_status(&row->text) == STATUS_LIMIT;
	row->ends[row->n_cells++] = row->text.len;
}

static void on_row(int ending, void *context)
{
	struct csv_reader *reader = context;
	bool second_half = reader->after_cr && ending == '\n' && reader->current.n_cells == 0;
	reader->after_cr = ending == '\r';
	if (!second_half)
		end_row(reader, false);
}

/* A field that outgrows a line: what was collected is let go, the parser goes on to the field's end. */
static void bound_field(struct csv_reader *reader)
{
	if (reader->parser.entry_pos <= LIMIT_LINE)
		return;
	/* One byte stays, since libcsv takes a closing quote back from what it has collected. */
	reader->parser.entry_pos = 1;
	reader->parser.spaces = 0;
	reader->current.too_long = true;
}

enum status csv_reader_feed(struct csv_reader *reader, struct slice piece)
{
	while (piece.len > 0 && reader->status == STATUS_OK) {
		size_t len = piece.len < PIECE ? piece.len : PIECE;
		if (csv_parse(&reader->parser, piece.data, len, on_cell, on_row, reader) != len)
			return STATUS_NO_MEMORY;
		bound_field(reader);
		piece = slice_of(piece.data + len, piece.len - len);
	}
	return reader->status;
}

enum status csv_reader_end(struct csv_reader *reader)
{
	if (reader->status != STATUS_OK)
		return reader->status;
	/* In strict mode the end tells an open quote; before it, strictness would stop at the first stray one. */
	(void)csv_set_opts(&reader->parser, CSV_REPALL_NL | CSV_STRICT | CSV_STRICT_FINI);
	if (csv_fini(&reader->parser, on_cell, on_row, reader) != 0)
		end_row(reader, true);
	return reader->status == STATUS_OK ? sheet_end(reader->sheet) : reader->status;
}
