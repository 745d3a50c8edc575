/*
 * Streams rows out of a file's bytes, in bounded memory, for CSV (`,` `;` tab, quoted newlines, BOM) and NDJSON.
 * The bytes come from a function, so that files, pipes and tests read alike.
 * read_csv.c alone includes libcsv, read_ndjson.c alone jansson.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_READER_H
#define MOTCUA_PROTOCOL_TABLES_READER_H

#include "protocol/tables/row.h"

/* Fills buf with up to len bytes; *ret_len 0 at the end. */
typedef enum status (*reader_source)(void *context, void *buf, size_t len, size_t *ret_len);

/* Called for every row; fault != ROW_OK: the row could not be read, row->line says where, cells may be partial.
 * Any status but STATUS_OK stops the reading and is returned by reader_run. The row lives for the call. */
typedef enum status (*reader_row)(void *context, const struct row *row, enum row_fault fault);

enum table_format { FORMAT_AUTO, FORMAT_NDJSON, FORMAT_CSV };

/*
 * What was learnt about the table as a whole. For a header with a repeated or empty name, or bytes in UTF-16 or a
 * legacy encoding, reading stops before the first row: STATUS_REFUSED and the reason here, a stable word:
 * "header-repeated", "header-empty" (a gap before the last named column), "header-not-text", "header-quote",
 * "too-wide", "too-long", "utf-16", "not-utf-8" (in the header), "empty", "spreadsheet", "html".
 * Rows with nothing in them are skipped; cells after the last named column are a fault only where they are filled.
 */
struct reader_report {
	enum table_format format;    /* as found */
	char separator;              /* CSV */
	const char *reason;          /* NULL if the table was readable */
	char column[LIMIT_NAME + 1]; /* a repeated name if the record table knows it, cut to fit; else the column's
					number, or "" */
	int64_t rows;                /* rows handed out, faulty ones included */
};

/*
 * Reads everything. AUTO looks at the first byte that is not blank: '{' means NDJSON. Over LIMIT_IMPORT_BYTES:
 * STATUS_LIMIT. Otherwise the source's or the row function's status, or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status reader_run(enum table_format format, reader_source source, void *source_context,
				  reader_row row, void *row_context, struct reader_report *ret_report);

/* What is known of a table beforehand. */
struct reader_form {
	enum table_format format;
	char separator; /* of a CSV; 0: to be guessed */
};
/* As reader_run. */
MUST_CHECK enum status reader_run_form(struct reader_form form, reader_source source, void *source_context,
				       reader_row row, void *row_context, struct reader_report *ret_report);

#endif
