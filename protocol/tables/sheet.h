/*
 * Rows of a table become rows under headings: what reader_form.search says happens here, for CSV, spreadsheets and
 * pages alike. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_SHEET_H
#define MOTCUA_PROTOCOL_TABLES_SHEET_H

#include "protocol/tables/reader.h"

struct sheet;

/*
 * Hands rows to row_function(context) and what it learns to *report, all borrowed until it is freed, as form->map
 * is. STATUS_NO_MEMORY.
 */
MUST_CHECK enum status sheet_new(const struct reader_form *form, reader_row row_function, void *context,
				 struct reader_report *report, struct sheet **ret_sheet);
void sheet_free(struct sheet *sheet);

/*
 * The next row: its cells in their columns, without names, which are given to them here; row is changed. With a
 * fault its cells may be partial; open_quote: the file ended within it. STATUS_REFUSED for a header that cannot be
 * used, with the reason in the report; STATUS_NO_MEMORY; or the row function's status.
 */
MUST_CHECK enum status sheet_take(struct sheet *sheet, struct row *row, enum row_fault fault, bool open_quote);

/* The rows that follow stand in another sheet or table of the file. */
MUST_CHECK enum status sheet_begin(struct sheet *sheet, int64_t number, struct slice name);

/* The file is in no encoding of Unicode; its rows are bytes, a letter each. */
void sheet_is_bytes(struct sheet *sheet);

/* The end of the file. STATUS_REFUSED where no header was found. */
MUST_CHECK enum status sheet_end(struct sheet *sheet);

#endif
