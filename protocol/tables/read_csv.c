#include "protocol/tables/read_csv.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cbor.h"
#include "protocol/tables/row_columns.h"
#include "protocol/tables/text.h"

enum {
	/* How much libcsv gets at once: a field can outgrow LIMIT_LINE by no more than this. */
	PIECE = 4096,
	/* A column's name folded: composing may lengthen text threefold. */
	ROOM_NAME = LIMIT_LINE * 3
};

/* The row being collected; cell i ends at ends[i] of text. */
struct csv_row {
	struct bytes text;
	size_t ends[LIMIT_COLUMNS];
	size_t n_cells; /* may count past LIMIT_COLUMNS */
	bool filled;    /* some cell is not empty */
	bool too_long;
	bool too_wide;
};

struct csv_reader {
	struct csv_parser parser;
	reader_row row_function;
	void *context;
	struct reader_report *report;
	enum status status; /* of the callbacks, which cannot return one */
	struct csv_row current;
	struct bytes header; /* the names as they stood; name i ends at header_ends[i] */
	size_t header_ends[LIMIT_COLUMNS];
	size_t n_columns; /* 0: no header yet */
	int64_t number;   /* rows ended so far, blank ones included */
	bool after_cr;    /* a line feed now ends no row of its own */
	struct row row;
};

static char guess_separator(struct slice head)
{
	static const char candidates[] = ",;\t";
	size_t counts[3] = {0, 0, 0};
	bool quoted = false;
	bool begun = false;
	for (size_t i = 0; i < head.len; i++) {
		uint8_t c = head.data[i];
		if (begun && !quoted && (c == '\n' || c == '\r'))
			break;
		quoted = quoted != (c == '"');
		begun = begun || (c != '\n' && c != '\r' && c != ' ');
		const char *at = c != '\0' && !quoted ? strchr(candidates, c) : NULL;
		if (at != NULL)
			counts[at - candidates]++;
	}
	size_t best = 0;
	for (size_t i = 1; i < 3; i++)
		if (counts[i] > counts[best])
			best = i;
	return candidates[best];
}

enum status csv_reader_new(struct slice head, char separator, reader_row row, void *context,
			   struct reader_report *report, struct csv_reader **ret_reader)
{
	struct csv_reader *reader = malloc(sizeof *reader);
	if (reader == NULL)
		return STATUS_NO_MEMORY;
	*reader = (struct csv_reader){
		.row_function = row,
		.context = context,
		.report = report,
		.current = {.text = bytes_new(LIMIT_LINE)},
		.header = bytes_new(LIMIT_LINE),
	};
	if (csv_init(&reader->parser, CSV_REPALL_NL) != 0) {
		free(reader);
		return STATUS_NO_MEMORY;
	}
	report->separator = separator != '\0' ? separator : guess_separator(head);
	csv_set_delim(&reader->parser, (unsigned char)report->separator);
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
	bytes_free(&reader->header);
	free(reader);
}

static struct slice part(const struct bytes *text, const size_t *ends, size_t i)
{
	size_t start = i > 0 ? ends[i - 1] : 0;
	if (ends[i] == start)
		return slice_str("");
	return slice_of(text->data + start, ends[i] - start);
}

/* The number of bytes of text that fit a report without cutting a letter. */
static size_t fitting(struct slice text)
{
	size_t len = text.len < LIMIT_NAME ? text.len : LIMIT_NAME;
	while (len > 0 && !utf8_valid(text.data, len))
		len--;
	return len;
}

static enum status refuse_header(struct csv_reader *reader, const char *reason, struct slice column)
{
	size_t len = fitting(column);
	memcpy(reader->report->column, column.data, len);
	reader->report->column[len] = '\0';
	reader->report->reason = reason;
	return STATUS_REFUSED;
}

static enum status refuse_column(struct csv_reader *reader, const char *reason, size_t i)
{
	char number[24];
	(void)snprintf(number, sizeof number, "%zu", i + 1);
	return refuse_header(reader, reason, slice_str(number));
}

/* Puts the folded name of a column in folded; a header cell that is no text spoils the table. */
static enum status fold_name(struct csv_reader *reader, size_t i, struct bytes *folded)
{
	struct slice name = part(&reader->header, reader->header_ends, i);
	enum status s = text_fold(name, folded);
	if (s == STATUS_REFUSED && !utf8_valid(name.data, name.len))
		return refuse_column(reader, "not-utf-8", i);
	if (s == STATUS_REFUSED)
		return refuse_column(reader, "header-not-text", i);
	if (s == STATUS_OK && folded->len == 0)
		return refuse_column(reader, "header-empty", i);
	return s;
}

/* Where the header was left out its names may be people's: only one that the record table knows is quoted. */
static enum status refuse_repeated(struct csv_reader *reader, size_t i, const struct bytes *folded)
{
	if (!heading_known(folded))
		return refuse_column(reader, "header-repeated", i);
	return refuse_header(reader, "header-repeated", part(&reader->header, reader->header_ends, i));
}

static enum status check_header(struct csv_reader *reader)
{
	struct bytes names[2] = {bytes_new(ROOM_NAME), bytes_new(ROOM_NAME)};
	enum status s = STATUS_OK;
	for (size_t i = 0; i < reader->n_columns && s == STATUS_OK; i++) {
		s = fold_name(reader, i, &names[0]);
		for (size_t k = 0; k < i && s == STATUS_OK; k++) {
			s = fold_name(reader, k, &names[1]);
			if (s == STATUS_OK && slice_equal(bytes_slice(&names[0]), bytes_slice(&names[1])))
				s = refuse_repeated(reader, i, &names[0]);
		}
	}
	bytes_free(&names[0]);
	bytes_free(&names[1]);
	return s;
}

static enum status take_header(struct csv_reader *reader)
{
	struct csv_row *row = &reader->current;
	if (row->too_wide || row->too_long)
		return refuse_header(reader, row->too_wide ? "too-wide" : "too-long", slice_str(""));
	for (size_t i = 0; i < row->n_cells; i++) {
		struct slice name = part(&row->text, row->ends, i);
		bytes_put(&reader->header, name.data, name.len);
		reader->header_ends[i] = reader->header.len;
		/* Spreadsheets write empty columns after the last one; only what follows counts as a gap. */
		if (name.len > 0)
			reader->n_columns = i + 1;
	}
	enum status s = bytes_status(&reader->header);
	return s == STATUS_OK ? check_header(reader) : s;
}

/* Makes the cells of the row, and tells whether one stands where the header has no column. */
static bool make_cells(struct csv_reader *reader)
{
	const struct csv_row *from = &reader->current;
	size_t n_from = from->n_cells < LIMIT_COLUMNS ? from->n_cells : LIMIT_COLUMNS;
	bool surplus = false;
	reader->row.n_cells = n_from < reader->n_columns ? n_from : reader->n_columns;
	for (size_t i = 0; i < n_from; i++) {
		struct slice text = part(&from->text, from->ends, i);
		if (i >= reader->n_columns) {
			surplus = surplus || text.len > 0;
			continue;
		}
		reader->row.cells[i] = (struct cell){
			.name = part(&reader->header, reader->header_ends, i),
			.type = text.len > 0 ? CELL_TEXT : CELL_EMPTY,
			.text = text,
		};
	}
	return surplus;
}

static enum status hand_out(struct csv_reader *reader, bool unterminated)
{
	bool surplus = make_cells(reader);
	enum row_fault fault = ROW_OK;
	if (reader->current.too_wide && !unterminated)
		fault = ROW_TOO_WIDE;
	else if (reader->current.too_long && !unterminated)
		fault = ROW_TOO_LONG;
	else if (surplus || unterminated)
		fault = ROW_SHAPE;
	reader->row.line = reader->number;
	reader->report->rows++;
	return reader->row_function(reader->context, &reader->row, fault);
}

static void end_row(struct csv_reader *reader, bool unterminated)
{
	struct csv_row *row = &reader->current;
	reader->number++;
	bool blank = !row->filled && !row->too_long && !row->too_wide && !unterminated;
	if (reader->status == STATUS_OK && !blank) {
		if (reader->n_columns > 0)
			reader->status = hand_out(reader, unterminated);
		else if (unterminated)
			reader->status = refuse_header(reader, "header-quote", slice_str(""));
		else
			reader->status = take_header(reader);
	}
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
	row->filled = row->filled || len > 0;
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
	if (reader->status == STATUS_OK && reader->n_columns == 0)
		reader->status = refuse_header(reader, "empty", slice_str(""));
	return reader->status;
}
