#include "protocol/tables/read_ndjson.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct ndjson_reader {
	reader_row row_function;
	void *context;
	struct reader_report *report;
	struct bytes line;  /* the line so far, when it did not end within one piece */
	bool too_long;      /* the rest of the line is skipped */
	int64_t number;     /* lines ended so far */
	struct row row;
};

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
	json_object_foreach(object, name, value) {
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
	enum status s = read_line(reader, line);
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
	if (reader->line.len == 0 && !reader->too_long)
		return STATUS_OK;
	return end_line(reader, (struct slice){0});
}
