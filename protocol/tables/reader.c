#include "protocol/tables/reader.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/tables/read_csv.h"
#include "protocol/tables/read_ndjson.h"

enum { CHUNK = 64 * 1024 };

/* Where the bytes come from, and how many came. */
struct input {
	reader_source source;
	void *context;
	uint8_t *chunk;
	size_t len;
	int64_t total;
	bool ended;
};

/* The one of the two that reads. */
struct parser {
	struct csv_reader *csv;
	struct ndjson_reader *ndjson;
};

static enum status parser_feed(struct parser *p, struct slice piece)
{
	return p->csv != NULL ? csv_reader_feed(p->csv, piece) : ndjson_reader_feed(p->ndjson, piece);
}

static enum status parser_end(struct parser *p)
{
	return p->csv != NULL ? csv_reader_end(p->csv) : ndjson_reader_end(p->ndjson);
}

/* Fills the chunk, so that a slow pipe does not hide the beginning of a table. */
static enum status fill(struct input *in)
{
	in->len = 0;
	while (in->len < CHUNK && !in->ended) {
		size_t got = 0;
		enum status s = in->source(in->context, in->chunk + in->len, CHUNK - in->len, &got);
		if (s != STATUS_OK)
			return s;
		in->ended = got == 0;
		in->len += got;
		in->total += (int64_t)got;
	}
	return in->total > LIMIT_IMPORT_BYTES ? STATUS_LIMIT : STATUS_OK;
}

static bool begins_with(struct slice head, const char *bytes, size_t len)
{
	return head.len >= len && memcmp(head.data, bytes, len) == 0;
}

/* Why these bytes are no table that can be read here; NULL if they may be one. */
static const char *foreign(struct slice head)
{
	if (begins_with(head, "\xFF\xFE", 2) || begins_with(head, "\xFE\xFF", 2))
		return "utf-16";
	if (head.len >= 2 && (head.data[0] == 0) != (head.data[1] == 0))
		return "utf-16";
	if (begins_with(head, "PK\x03\x04", 4) || begins_with(head, "\xD0\xCF\x11\xE0", 4))
		return "spreadsheet";
	return NULL;
}

static char first_letter(struct slice head)
{
	for (size_t i = 0; i < head.len; i++)
		if (strchr(" \t\r\n", head.data[i]) == NULL)
			return (char)head.data[i];
	return '\0';
}

/* Makes the parser for what the beginning of the file shows. */
static enum status choose(struct reader_form form, struct slice head, reader_row row, void *context,
			  struct reader_report *report, struct parser *ret_parser)
{
	enum table_format format = form.format;
	report->format = format;
	report->reason = foreign(head);
	char first = first_letter(head);
	if (format == FORMAT_AUTO)
		report->format = first == '{' ? FORMAT_NDJSON : FORMAT_CSV;
	if (report->reason == NULL && report->format == FORMAT_CSV && first == '<')
		report->reason = "html";
	if (report->reason != NULL)
		return STATUS_REFUSED;
	return report->format == FORMAT_CSV
		       ? csv_reader_new(head, form.separator, row, context, report, &ret_parser->csv)
		       : ndjson_reader_new(row, context, report, &ret_parser->ndjson);
}

static enum status run(struct reader_form form, struct input *in, reader_row row, void *context,
		       struct reader_report *report, struct parser *parser)
{
	enum status s = fill(in);
	if (s != STATUS_OK)
		return s;
	struct slice piece = slice_of(in->chunk, in->len);
	if (begins_with(piece, "\xEF\xBB\xBF", 3))
		piece = slice_of(piece.data + 3, piece.len - 3);
	s = choose(form, piece, row, context, report, parser);
	while (s == STATUS_OK && piece.len > 0) {
		s = parser_feed(parser, piece);
		if (s != STATUS_OK)
			return s;
		s = fill(in);
		piece = slice_of(in->chunk, in->len);
	}
	return s == STATUS_OK ? parser_end(parser) : s;
}

enum status reader_run_form(struct reader_form form, reader_source source, void *source_context, reader_row row,
			    void *row_context, struct reader_report *ret_report)
{
	struct parser parser = {NULL, NULL};
	struct input in = {.source = source, .context = source_context};
	*ret_report = (struct reader_report){.format = form.format};
	in.chunk = malloc(CHUNK);
	if (in.chunk == NULL)
		return STATUS_NO_MEMORY;
	enum status s = run(form, &in, row, row_context, ret_report, &parser);
	csv_reader_free(parser.csv);
	ndjson_reader_free(parser.ndjson);
	free(in.chunk);
	return s;
}

enum status reader_run(enum table_format format, reader_source source, void *source_context, reader_row row,
		       void *row_context, struct reader_report *ret_report)
{
	struct reader_form form = {.format = format};
	return reader_run_form(form, source, source_context, row, row_context, ret_report);
}
