/*
 * HTML tables, as web systems save them under the name of a spreadsheet: the rows of every table, nested ones as
 * tables of their own. A cell over several rows holds its text in each of them; one over several columns holds it
 * in the first. A cell with bytes that are no text is one that failed. Streamed, one user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_FOREIGN_HTML_H
#define MOTCUA_PROTOCOL_TABLES_FOREIGN_HTML_H

#include "protocol/tables/foreign/rows_out.h"

enum { HTML_NESTED = 8 /* tables in tables that are read; deeper ones are text */ };

struct html_reader;

/* out is borrowed. STATUS_NO_MEMORY. */
MUST_CHECK enum status html_reader_new(struct rows_out *out, struct html_reader **ret_reader);
/*
 * The next bytes; STATUS_NO_MEMORY, STATUS_LIMIT (nested too deep), STATUS_MALFORMED (the parser of HTML will not
 * go on), or the sink's status.
 */
MUST_CHECK enum status html_reader_feed(struct html_reader *reader, struct slice piece);
/* The end of the file; as html_reader_feed. *ret_reason: NULL, or "no-table". out is not ended. */
MUST_CHECK enum status html_reader_end(struct html_reader *reader, const char **ret_reason);
void html_reader_free(struct html_reader *reader);

#endif
