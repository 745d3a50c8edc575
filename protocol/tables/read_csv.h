/*
 * CSV rows out of pieces of a file. The only file that knows libcsv is read_csv.c. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_READ_CSV_H
#define MOTCUA_PROTOCOL_TABLES_READ_CSV_H

#include "protocol/tables/sheet.h"

struct csv_reader;

/* A reader that hands its rows to a sheet, borrowed until it is freed. STATUS_NO_MEMORY. */
MUST_CHECK enum status csv_reader_new(char separator, struct sheet *sheet, struct csv_reader **ret_reader);

/* The next bytes. STATUS_NO_MEMORY, or what the sheet answered. */
MUST_CHECK enum status csv_reader_feed(struct csv_reader *reader, struct slice piece);

/* The end of the file; as csv_reader_feed. */
MUST_CHECK enum status csv_reader_end(struct csv_reader *reader);

void csv_reader_free(struct csv_reader *reader);

#endif
