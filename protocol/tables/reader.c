#include "protocol/tables/reader.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/tables/read_csv.h"
#include "protocol/tables/read_ndjson.h"
#include "protocol/tables/separator.h"

enum { CHUNK = 64 * 1024 };

static const char BYTE_ORDER_MARK[] = "\xEF\xBB\xBF";

/* Where the bytes come from, and how many came. */
struct input {
	reader_source source;
	void *context;
	uint8_t *chunk;
	size_t len;
	int64_t total;
	bool ended;
};

/* The one of the two that reads, and what makes rows of its cells. */
struct parser {
	struct sheet *sheet;
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

static char first_letter(struct slice head)
{
	for (size_t i = 0; i < head.len; i++)
		if (strchr(" \t\r\n", head.data[i]) == NULL)
			return (char)head.data[i];
	return '\0';
}

enum table_format reader_sniff(struct slice head, const char **ret_reason)
{
	*ret_reason = NULL;
	bool marked = begins_with(head, "\xFF\xFE", 2) || begins_with(head, "\xFE\xFF", 2);
	if (marked || (head.len >= 2 && (head.data[0] == 0) != (head.data[1] == 0)))
		*ret_reason = "utf-16";
	else if (begins_with(head, "\xD0\xCF\x11\xE0", 4))
		*ret_reason = "excel-97";
	if (*ret_reason != NULL)
		return FORMAT_AUTO;
	if (begins_with(head, "PK\x03\x04", 4))
		return FORMAT_XLSX;
	if (begins_with(head, BYTE_ORDER_MARK, 3))
		head = slice_of(head.data + 3, head.len - 3);
	char first = first_letter(head);
	if (first == '<')
		return FORMAT_HTML;
	return first == '{' ? FORMAT_NDJSON : FORMAT_CSV;
}

/* What the beginning of a file says against reading it as the format that was asked for; NULL: nothing. */
static const char *contradiction(enum table_format format, enum table_format seen)
{
	if (seen == FORMAT_XLSX)
		return "spreadsheet";
	return seen == FORMAT_HTML && format != FORMAT_NDJSON ? "html" : NULL;
}

/* Makes the parser for what the beginning of the file shows. */
static enum status choose(const struct reader_form *form, struct slice head, reader_row row, void *context,
			  struct reader_report *report, struct parser *ret_parser)
{
	enum table_format seen = form->translated ? form->format : reader_sniff(head, &report->reason);
	report->format = form->format == FORMAT_AUTO ? seen : form->format;
	if (!form->translated && report->reason == NULL)
		report->reason = contradiction(form->format, seen);
	if (report->reason != NULL)
		return STATUS_REFUSED;
	if (report->format == FORMAT_NDJSON)
		return ndjson_reader_new(row, context, report, &ret_parser->ndjson);
	enum status s = sheet_new(form, row, context, report, &ret_parser->sheet);
	if (s == STATUS_OK && form->translated)
		return ndjson_reader_new_rows(ret_parser->sheet, report, &ret_parser->ndjson);
	if (s == STATUS_OK)
		s = separator_guess(head, form, &report->separator);
	return s == STATUS_OK ? csv_reader_new(report->separator, ret_parser->sheet, &ret_parser->csv) : s;
}

static enum status run(const struct reader_form *form, struct input *in, reader_row row, void *context,
		       struct reader_report *report, struct parser *parser)
{
	enum status s = fill(in);
	if (s != STATUS_OK)
		return s;
	struct slice piece = slice_of(in->chunk, in->len);
	if (begins_with(piece, BYTE_ORDER_MARK, 3))
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
	struct parser parser = {NULL, NULL, NULL};
	struct input in = {.source = source, .context = source_context};
	*ret_report = (struct reader_report){.format = form.format};
	in.chunk = malloc(CHUNK);
	if (in.chunk == NULL)
		return STATUS_NO_MEMORY;
	enum status s = run(&form, &in, row, row_context, ret_report, &parser);
	csv_reader_free(parser.csv);
	ndjson_reader_free(parser.ndjson);
	sheet_free(parser.sheet);
	free(in.chunk);
	return s;
}

enum status reader_run(enum table_format format, reader_source source, void *source_context, reader_row row,
		       void *row_context, struct reader_report *ret_report)
{
	struct reader_form form = {.format = format};
	return reader_run_form(form, source, source_context, row, row_context, ret_report);
}
