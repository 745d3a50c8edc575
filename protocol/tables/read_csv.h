/*
 * CSV rows out of pieces of a file. The only file that knows libcsv is read_csv.c. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_READ_CSV_H
#define MOTCUA_PROTOCOL_TABLES_READ_CSV_H

#include "protocol/tables/reader.h"

struct csv_reader;

/*
 * A reader that hands its rows to row(context) and what it learns to *report, both borrowed until it is freed. The
 * separator, where it is 0, is guessed from the first line in head, the beginning of the file. STATUS_NO_MEMORY.
 */
MUST_CHECK enum status csv_reader_new(struct slice head, char separator, reader_row row, void *context,
				      struct reader_report *report, struct csv_reader **ret_reader);

/* The next bytes. STATUS_REFUSED for a header that cannot be used, STATUS_NO_MEMORY, or row's status. */
MUST_CHECK enum status csv_reader_feed(struct csv_reader *reader, struct slice piece);

/* The end of the file; as csv_reader_feed. */
MUST_CHECK enum status csv_reader_end(struct csv_reader *reader);

void csv_reader_free(struct csv_reader *reader);

#endif
