#include "protocol/tables/read_ndjson.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/tables/plain_json.h"

struct ndjson_reader {
	reader_row row_function;
	void *context;
	struct reader_report *report;
	struct sheet *sheet; /* of rows without names; NULL: each line is a record */
	bool ended;          /* rows: the word that all was read has come */
	struct bytes line;   /* the line so far, when it did not end within one piece */
	bool too_long;       /* the rest of the line is skipped */
	int64_t number;      /* lines ended so far; of rows without names: the number of the last */
	struct row row;
};

/* A line of rows without names: a row with every letter escaped, and more. */
enum { ROOM_ROWS = 8 * LIMIT_LINE };

enum status ndjson_reader_new(reader_row row, void *context, struct reader_report *report,
			      struct ndjson_reader **ret_reader)
{
	struct ndjson_reader *reader = malloc(sizeof *reader);
	if (reader == NULL)
		return STATUS_NO_MEMORY;
	*reader = (struct ndjson_reader){
		.row_function = row,
		.context = context,
		.report = report,
		.line = bytes_new(LIMIT_LINE),
	};
	*ret_reader = reader;
	return STATUS_OK;
}

enum status ndjson_reader_new_rows(struct sheet *sheet, struct reader_report *report,
				   struct ndjson_reader **ret_reader)
{
	enum status s = ndjson_reader_new(NULL, NULL, report, ret_reader);
	if (s != STATUS_OK)
		return s;
	(*ret_reader)->sheet = sheet;
	(*ret_reader)->line = bytes_new(ROOM_ROWS);
	return STATUS_OK;
}

void ndjson_reader_free(struct ndjson_reader *reader)
{
	if (reader == NULL)
		return;
	bytes_free(&reader->line);
	free(reader);
}

static enum status hand_out(struct ndjson_reader *reader, enum row_fault fault)
{
	reader->row.line = reader->number;
	reader->report->rows++;
	return reader->row_function(reader->context, &reader->row, fault);
}

static struct cell cell_of(const char *name, const json_t *value)
{
	struct cell cell = {.name = slice_str(name), .type = CELL_OTHER};
	switch (json_typeof(value)) {
	case JSON_STRING:
		cell.type = CELL_TEXT;
		cell.text = slice_of(json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		cell.type = CELL_NUMBER;
		cell.number = json_integer_value(value);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		cell.type = CELL_BOOL;
		cell.number = json_is_true(value);
		break;
	case JSON_NULL:
		cell.type = CELL_NULL;
		break;
	case JSON_REAL:
	case JSON_OBJECT:
	case JSON_ARRAY:
		break;
	}
	return cell;
}

static enum row_fault fault_of(const json_error_t *error)
{
	enum json_error_code code = json_error_code(error);
	if (code == json_error_numeric_overflow)
		return ROW_BAD_NUMBER;
	if (code == json_error_invalid_utf8 || code == json_error_null_character)
		return ROW_NOT_TEXT;
	return ROW_NOT_JSON;
}

static enum status read_object(struct ndjson_reader *reader, json_t *object)
{
	const char *name = NULL;
	json_t *value = NULL;
	json_object_foreach(object, name, value)
	{
		if (reader->row.n_cells == LIMIT_COLUMNS)
			return hand_out(reader, ROW_TOO_WIDE);
		reader->row.cells[reader->row.n_cells++] = cell_of(name, value);
	}
	return hand_out(reader, ROW_OK);
}

static bool is_blank(struct slice line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
			return false;
	return true;
}

static enum status read_line(struct ndjson_reader *reader, struct slice line)
{
	reader->number++;
	reader->row.n_cells = 0;
	if (reader->too_long || line.len > LIMIT_LINE)
		return hand_out(reader, ROW_TOO_LONG);
	if (is_blank(line))
		return STATUS_OK;
	if (plain_json_read(line, &reader->row)) {
		enum status taken = hand_out(reader, ROW_OK);
		reader->row.n_cells = 0;
		return taken;
	}
	reader->row.n_cells = 0;
	json_error_t error;
	json_t *object = json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES, &error);
	if (object == NULL && json_error_code(&error) == json_error_out_of_memory)
		return STATUS_NO_MEMORY;
	enum status s = STATUS_OK;
	if (object == NULL)
		s = hand_out(reader, fault_of(&error));
	else if (!json_is_object(object))
		s = hand_out(reader, ROW_NOT_JSON);
	else
		s = read_object(reader, object);
	json_decref(object);
	reader->row.n_cells = 0;
	return s;
}

static enum status refuse(struct ndjson_reader *reader, const char *reason)
{
	reader->report->column[0] = '\0';
	reader->report->reason = reason;
	return STATUS_REFUSED;
}

static enum status take_texts(struct ndjson_reader *reader, const json_t *texts)
{
	struct row *row = &reader->row;
	size_t n = json_array_size(texts);
	if (n > LIMIT_COLUMNS)
		return refuse(reader, "damaged");
	row->line = ++reader->number;
	row->n_cells = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *text = json_array_get(texts, i);
		/* A formula that failed is a value no column takes. */
		row->cells[i] = (struct cell){.type = CELL_OTHER};
		if (json_is_string(text)) {
			size_t len = json_string_length(text);
			row->cells[i].type = len > 0 ? CELL_TEXT : CELL_EMPTY;
			row->cells[i].text = slice_of(json_string_value(text), len);
		} else if (!json_is_null(text)) {
			return refuse(reader, "damaged");
		}
	}
	return sheet_take(reader->sheet, row, ROW_OK, false);
}

/* The reasons motcua-tables may give; of others nothing is known. */
static enum status take_refusal(struct ndjson_reader *reader, const char *word)
{
	static const char *const words[] = {"damaged", "too-large", "no-table", "no-workbook"};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return refuse(reader, words[i]);
	return refuse(reader, "damaged");
}

static enum status take_fault(struct ndjson_reader *reader, const char *word)
{
	reader->row.line = ++reader->number;
	reader->row.n_cells = 0;
	bool wide = strcmp(word, "too-wide") == 0;
	return sheet_take(reader->sheet, &reader->row, wide ? ROW_TOO_WIDE : ROW_TOO_LONG, false);
}

/* What is said between the rows. */
static enum status take_note(struct ndjson_reader *reader, const json_t *note)
{
	const json_t *sheet = json_object_get(note, "sheet");
	const json_t *row = json_object_get(note, "row");
	const char *name = json_string_value(json_object_get(note, "name"));
	const char *fault = json_string_value(json_object_get(note, "fault"));
	const char *refused = json_string_value(json_object_get(note, "refused"));
	if (json_is_integer(sheet) && name != NULL) {
		reader->number = 0;
		return sheet_begin(reader->sheet, json_integer_value(sheet), slice_str(name));
	}
	if (json_is_integer(row) && json_integer_value(row) > reader->number) {
		reader->number = json_integer_value(row) - 1;
		return STATUS_OK;
	}
	if (fault != NULL)
		return take_fault(reader, fault);
	if (refused != NULL)
		return take_refusal(reader, refused);
	if (json_is_true(json_object_get(note, "bytes"))) {
		sheet_is_bytes(reader->sheet);
		return STATUS_OK;
	}
	reader->ended = json_is_true(json_object_get(note, "end"));
	return reader->ended ? STATUS_OK : refuse(reader, "damaged");
}

/* A line of motcua-tables. */
static enum status read_rows_line(struct ndjson_reader *reader, struct slice line)
{
	json_error_t error;
	if (reader->too_long || reader->ended)
		return refuse(reader, "damaged");
	json_t *said =
		json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
	if (said == NULL)
		return json_error_code(&error) == json_error_out_of_memory ? STATUS_NO_MEMORY
									   : refuse(reader, "damaged");
	enum status s = json_is_array(said) ? take_texts(reader, said) : take_note(reader, said);
	json_decref(said);
	return s;
}

/* Reads the line that ends here: what was kept of it, and the rest in piece. */
static enum status end_line(struct ndjson_reader *reader, struct slice rest)
{
	struct slice line = rest;
	if (reader->line.len > 0 && !reader->too_long) {
		bytes_put(&reader->line, rest.data, rest.len);
		line = bytes_slice(&reader->line);
	}
	if (bytes_status(&reader->line) == STATUS_NO_MEMORY)
		return STATUS_NO_MEMORY;
	reader->too_long = reader->too_long || bytes_status(&reader->line) == STATUS_LIMIT;
	enum status s = reader->sheet == NULL ? read_line(reader, line) : read_rows_line(reader, line);
	bytes_clear(&reader->line);
	reader->too_long = false;
	return s;
}

enum status ndjson_reader_feed(struct ndjson_reader *reader, struct slice piece)
{
	while (piece.len > 0) {
		const uint8_t *end = memchr(piece.data, '\n', piece.len);
		if (end == NULL)
			break;
		size_t len = (size_t)(end - piece.data);
		enum status s = end_line(reader, slice_of(piece.data, len));
		if (s != STATUS_OK)
			return s;
		piece = slice_of(end + 1, piece.len - len - 1);
	}
	if (!reader->too_long)
		bytes_put(&reader->line, piece.data, piece.len);
	reader->too_long = reader->too_long || bytes_status(&reader->line) == STATUS_LIMIT;
	return bytes_status(&reader->line) == STATUS_NO_MEMORY ? STATUS_NO_MEMORY : STATUS_OK;
}

enum status ndjson_reader_end(struct ndjson_reader *reader)
{
	if (reader->sheet != NULL)
		return reader->ended ? sheet_end(reader->sheet) : refuse(reader, "cut-off");
	if (reader->line.len == 0 && !reader->too_long)
		return STATUS_OK;
	return end_line(reader, (struct slice){0});
}
