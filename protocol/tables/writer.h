/*
 * What reports and lists print: a table of cells as aligned text, as CSV for Excel, or JSON values one after the
 * other. Bytes go to a stdio stream the caller opened; errors are the stream's (ferror) and are asked once at the
 * end by writer_status().
 */
#ifndef MOTCUA_PROTOCOL_TABLES_WRITER_H
#define MOTCUA_PROTOCOL_TABLES_WRITER_H

#include <stdio.h>

#include "protocol/bytes.h"

/* --- JSON, streamed: commas and nesting are kept by the writer, at most LIMIT_NESTING deep --- */
struct json_writer {
	FILE *out;
	unsigned depth;
	bool first[16];
	bool after_key;
};
struct json_writer json_writer_new(FILE *out);
void json_object(struct json_writer *w);     /* { */
void json_object_end(struct json_writer *w); /* } */
void json_array(struct json_writer *w);
void json_array_end(struct json_writer *w);
void json_key(struct json_writer *w, const char *key);
void json_text(struct json_writer *w, struct slice text); /* escapes quotes, backslash, controls; UTF-8 stays */
void json_str(struct json_writer *w, const char *text);   /* NULL writes null */
void json_int(struct json_writer *w, int64_t value);
void json_decimal(struct json_writer *w, int64_t value, unsigned places); /* 1897, 2: 18.97 */
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
void json_end_line(struct json_writer *w); /* newline after a whole document; ready for the next */
/* value in units of its last place, exact; at most 18 places. Returns out. */
enum { DECIMAL_TEXT = 24 };
const char *decimal_format(int64_t value, unsigned places, char point, char out[static DECIMAL_TEXT]);

/* key and value in one call */
void json_member_str(struct json_writer *w, const char *key, const char *value);
void json_member_int(struct json_writer *w, const char *key, int64_t value);

/* --- tables --- */
enum { TABLE_TEXT = 64 * 1024 * 1024 /* bytes in all cells: a report of every unit by day for a year has 20 MB */ };
struct table; /* opaque: collects rows of text cells, prints them at the end */
/* columns: headings; align right where numeric[i]. NULL on no memory; all calls accept NULL and do nothing. */
struct table *table_new(size_t n_columns, const char *const *headings, const bool *numeric);
void table_row(struct table *t);                     /* begins a row */
void table_cell(struct table *t, const char *text);  /* next cell; NULL is empty */
void table_cell_int(struct table *t, int64_t value); /* digits grouped by '.' in text form only */
/* Aligned by display width (Vietnamese letters are one column wide), a rule under the heading. */
void table_print_text(const struct table *t, FILE *out);
/*
 * UTF-8 with BOM, CRLF, quoted where needed; a cell beginning with = + - @ tab CR gets a leading ' unless it is a
 * number in a numeric column.
 */
void table_print_csv(const struct table *t, FILE *out);
/*
 * STATUS_NO_MEMORY if a cell could not be kept or t is NULL, STATUS_LIMIT over TABLE_TEXT; such a table prints
 * nothing.
 */
MUST_CHECK enum status table_status(const struct table *t);
void table_free(struct table *t);

/* Flushes; STATUS_DISK (or _FULL) if anything failed since the stream was opened. */
MUST_CHECK enum status writer_status(FILE *out);

#endif
