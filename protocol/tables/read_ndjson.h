/*
 * NDJSON rows out of pieces of a file. The only file that knows jansson is read_ndjson.c. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_READ_NDJSON_H
#define MOTCUA_PROTOCOL_TABLES_READ_NDJSON_H

#include "protocol/tables/sheet.h"

struct ndjson_reader;

/* A reader that hands its rows to row(context) and counts them in *report, both borrowed. STATUS_NO_MEMORY. */
MUST_CHECK enum status ndjson_reader_new(reader_row row, void *context, struct reader_report *report,
					 struct ndjson_reader **ret_reader);

/*
 * The same for what motcua-tables writes (foreign/rows_out.h), whose rows go to a sheet, borrowed. That program has
 * met a hostile file and is not believed more than one: what it may not say is STATUS_REFUSED with reason
 * "damaged".
 */
MUST_CHECK enum status ndjson_reader_new_rows(struct sheet *sheet, struct reader_report *report,
					      struct ndjson_reader **ret_reader);

/* The next bytes of the file. STATUS_NO_MEMORY, or what the row function or the sheet answered. */
MUST_CHECK enum status ndjson_reader_feed(struct ndjson_reader *reader, struct slice piece);

/* The end of the file, which ends its last line; as ndjson_reader_feed. */
MUST_CHECK enum status ndjson_reader_end(struct ndjson_reader *reader);

void ndjson_reader_free(struct ndjson_reader *reader);

#endif
