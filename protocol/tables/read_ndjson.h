/*
 * NDJSON rows out of pieces of a file. The only file that knows jansson is read_ndjson.c. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_READ_NDJSON_H
#define MOTCUA_PROTOCOL_TABLES_READ_NDJSON_H

#include "protocol/tables/reader.h"

struct ndjson_reader;

/* A reader that hands its rows to row(context) and counts them in *report, both borrowed. STATUS_NO_MEMORY. */
MUST_CHECK enum status ndjson_reader_new(reader_row row, void *context, struct reader_report *report,
					 struct ndjson_reader **ret_reader);

/* The next bytes of the file. STATUS_NO_MEMORY, or row's status. */
MUST_CHECK enum status ndjson_reader_feed(struct ndjson_reader *reader, struct slice piece);

/* The end of the file, which ends its last line; as ndjson_reader_feed. */
MUST_CHECK enum status ndjson_reader_end(struct ndjson_reader *reader);

void ndjson_reader_free(struct ndjson_reader *reader);

#endif
