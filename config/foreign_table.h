/*
 * Tables in whatever file people have them: CSV and NDJSON are read here, spreadsheets and web pages by
 * motcua-tables, a program of its own beside this one, which owns nothing that a hostile file could reach. Rows
 * come out alike, in bounded memory. One user, one thread.
 */
#ifndef MOTCUA_CONFIG_FOREIGN_TABLE_H
#define MOTCUA_CONFIG_FOREIGN_TABLE_H

#include "protocol/tables/reader.h"

/*
 * As reader_run_form, for every format; FORMAT_AUTO goes by the first bytes. program: the path of motcua-tables,
 * NULL for the one beside this program. More reasons why a table as a whole is refused: "no-reader" (motcua-tables
 * cannot be started), "other-format" (the file is not what form->format says).
 */
MUST_CHECK enum status foreign_table_run(struct reader_form form, const char *program, reader_source source,
					 void *source_context, reader_row row, void *row_context,
					 struct reader_report *ret_report);

/* The format of a word of --format ("auto", "ndjson", "csv", "xlsx", "html"); STATUS_USAGE if it is none. */
MUST_CHECK enum status foreign_table_format(const char *word, enum table_format *ret_format);

#endif
