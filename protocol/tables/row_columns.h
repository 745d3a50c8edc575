/*
 * What the columns of one row mean: which kind of record it is, and the role of each cell. Shared by row.c and
 * row_json.c. Any thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_ROW_COLUMNS_H
#define MOTCUA_PROTOCOL_TABLES_ROW_COLUMNS_H

#include "protocol/tables/row.h"

struct row_columns {
	enum kind kind;     /* KIND_NONE: cannot be told */
	size_t kind_column; /* where it is stated, or n_cells */
	bool kind_twice;    /* two columns state a kind; kind_column is the second */
	uint8_t role[LIMIT_COLUMNS];
	uint8_t field[LIMIT_COLUMNS]; /* of COLUMN_FIELD */
};

/* Fills *ret_columns; without a kind every role is COLUMN_IGNORED. memory may be NULL. STATUS_NO_MEMORY. */
MUST_CHECK enum status row_columns_find(const struct row *row, enum kind default_kind, struct row_memory *memory,
					struct row_columns *ret_columns);

/* True if a heading, folded (text.h), means something for any kind of record. */
bool heading_known(const struct bytes *folded);

/* True if the cell says something: a value, or null. */
bool cell_states(const struct cell *cell);

#endif
