/*
 * Rows of a foreign table on their way out of motcua-tables: one JSON document a line, for read_arrays.h.
 *
 *   {"sheet":2,"name":"Tháng 5"}    the rows that follow stand in this sheet or table, counted from 1
 *   {"row":7}                       the next row is the 7th of its sheet; without it the one after the last
 *   ["01","",null]                  a row: texts, "" for nothing, null for a formula that failed
 *   {"fault":"too-long"}            a row that is over the limits: "too-long" or "too-wide"
 *   {"bytes":true}                  the file is not UTF-8: letters stand as U+0000 to U+00FF, one for each byte
 *   {"refused":"damaged"}           nothing more can be read, and why: a word of reader.h
 *   {"end":true}                    the whole file was read; whatever ends otherwise was cut off
 *
 * One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_FOREIGN_ROWS_OUT_H
#define MOTCUA_PROTOCOL_TABLES_FOREIGN_ROWS_OUT_H

#include "protocol/bytes.h"
#include "protocol/limits.h"

/* Takes the next bytes of the output; any status but STATUS_OK ends the reading. */
typedef enum status (*rows_sink)(void *context, struct slice bytes);

/* A row being put together; its columns may be set in any order. */
struct out_row {
	struct bytes text; /* of all cells, at most LIMIT_LINE */
	struct out_cell {
		size_t start;
		size_t len;
		bool failed; /* an error in the place of a value */
	} cells[LIMIT_COLUMNS];
	size_t n_cells; /* up to the last that is set */
	bool too_wide;
	bool too_long;
};

struct rows_out {
	rows_sink sink;
	void *context;
	struct bytes line;
	int64_t sheet;      /* 0: none yet */
	int64_t next;       /* number of the row that follows without being said */
	enum status status; /* the first failure; sticks */
};

struct out_row out_row_new(void);
void out_row_free(struct out_row *row);
void out_row_clear(struct out_row *row);
/* Sets a cell, counted from 0; text is copied. What does not fit marks the row. */
void out_row_set(struct out_row *row, size_t column, struct slice text);
/* The cell holds an error of its program instead of a value. */
void out_row_fail(struct out_row *row, size_t column);
/* The text of a cell; empty beyond the last. Valid until the next out_row_set. */
struct slice out_row_text(const struct out_row *row, size_t column);

struct rows_out rows_out_new(rows_sink sink, void *context);
void rows_out_free(struct rows_out *out);

void rows_out_sheet(struct rows_out *out, int64_t number, struct slice name);
/* Hands the row out; one with nothing in it is left out. number counts from 1 and rises within a sheet. */
void rows_out_row(struct rows_out *out, int64_t number, const struct out_row *row);
void rows_out_bytes(struct rows_out *out);
/* reason NULL: the whole file was read. */
MUST_CHECK enum status rows_out_end(struct rows_out *out, const char *reason);

#endif
