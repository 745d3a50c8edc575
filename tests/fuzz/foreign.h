/* What the fuzz targets of motcua-tables share: what it writes is read as the programs read it. */
#ifndef MOTCUA_TESTS_FUZZ_FOREIGN_H
#define MOTCUA_TESTS_FUZZ_FOREIGN_H

#include "fuzz.h"
#include "protocol/tables/foreign/rows_out.h"
#include "protocol/tables/reader.h"

enum { FOREIGN_MAX = 4 * 1024 * 1024 };

/* A sink into bytes of FOREIGN_MAX. */
enum status foreign_sink(void *context, struct slice bytes);

/*
 * Reads what came out as a table of the format: sound rows, or a reason that a file can have; never one that says
 * the writer was not understood.
 */
void foreign_read_back(enum table_format format, const struct bytes *written);

#endif
