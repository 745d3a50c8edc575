/*
 * What a table of writer.h consists of, for the files that print it. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_TABLE_H
#define MOTCUA_PROTOCOL_TABLES_TABLE_H

#include "protocol/tables/writer.h"

struct table_cell {
	size_t start; /* in text */
	size_t len;
	bool is_int;  /* written by table_cell_int: digits, perhaps a minus */
};

struct table {
	size_t n_columns;
	size_t n_rows;     /* the heading is not one */
	size_t n_in_row;   /* cells of the last row so far */
	size_t n_cells;    /* (n_rows + 1) × n_columns; the first n_columns are the headings */
	size_t cap_cells;
	struct table_cell *cells;
	bool *numeric;     /* of each column */
	size_t *widths;    /* of each column, for table_print_text() to fill */
	struct bytes text; /* of all cells; its error is the table's */
};

struct slice table_text(const struct table *t, const struct table_cell *cell);

#endif
