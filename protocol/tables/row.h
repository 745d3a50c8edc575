/*
 * A row of any table between its reader and its meaning: names and cells, as they stood. Readers (read_csv.h,
 * read_ndjson.h) hand rows out one at a time; row_change() gives a row its meaning through the record table.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_ROW_H
#define MOTCUA_PROTOCOL_TABLES_ROW_H

#include "protocol/record.h"

enum cell_type {
	CELL_EMPTY, /* an empty cell of a table: states nothing */
	CELL_NULL,  /* JSON null: clears */
	CELL_TEXT,
	CELL_NUMBER, /* JSON integer, in number */
	CELL_BOOL,   /* JSON true or false, in number */
	CELL_OTHER   /* JSON of a type no field has: real, array, object */
};

struct cell {
	struct slice name; /* column or member name as it stood */
	enum cell_type type;
	struct slice text; /* CELL_TEXT: as it stood, not yet normalised */
	int64_t number;
};

struct row {
	int64_t line; /* 1-based line (NDJSON) or row (tables, header = 1) in the source */
	size_t n_cells;
	struct cell cells[LIMIT_COLUMNS]; /* LIMIT_COLUMNS of limits.h */
};

/* Why a row was refused. The names in row_fault_name() are stable and stand in `rejected` (L15: no cell values). */
enum row_fault {
	ROW_OK,
	ROW_NOT_TEXT, /* not UTF-8, or control characters */
	ROW_NOT_JSON, /* not one JSON object a line */
	ROW_TOO_LONG, /* line or row over LIMIT_LINE */
	ROW_TOO_WIDE, /* over LIMIT_COLUMNS */
	ROW_SHAPE,    /* more cells than the header has, unterminated quote */
	ROW_NO_KIND,  /* kind missing or unknown */
	ROW_NO_KEY,   /* code, asset, or name and period missing */
	ROW_BAD_KEY,
	ROW_NO_TIME,      /* changed_at unreadable */
	ROW_UNKNOWN_WORD, /* no such status, channel, … */
	ROW_BAD_TIME,
	ROW_BAD_NUMBER,
	ROW_BAD_VALUE, /* wrong type, range or length */
	ROW_STATUS_AT_ALONE,
	ROW_NOTHING,         /* no field is stated */
	ROW_TWICE,           /* two columns for one field */
	ROW_UNKNOWN_FIELD,   /* a record given by hand names a field its kind does not have */
	ROW_REPLACES_SELF,   /* a code replaced by itself */
	ROW_NOT_PROVISIONAL, /* an official code is not replaced (fold rule 7) */
	ROW_PROVISIONAL      /* nor is anything replaced by a provisional one */
};
const char *row_fault_name(enum row_fault fault);

/* What row_change() found, besides the change. */
struct row_result {
	enum row_fault fault;
	size_t column;     /* index into row->cells of the offending one, or n_cells */
	bool time_assumed; /* the row says no time: changed_at is the default */
};

/* What is assumed where a row is silent. */
struct row_defaults {
	enum kind kind;     /* KIND_NONE: the row says it, or its columns show it (code, asset, name + period) */
	int64_t changed_at; /* TIME_UNSET: the row must say */
	bool stated;        /* the assumed time counts as stated (`add`, standard input) */
	struct slice unit;  /* unit of an indicator whose row names none: the agent's own */
	struct row_memory *memory; /* of the rows before, borrowed; NULL: none */
};

/*
 * What the names of columns mean, kept from row to row so that each name of a file is looked up once. It changes no
 * meaning. One user, one thread; NULL on no memory, and freeing NULL is fine.
 */
struct row_memory *row_memory_new(void);
void row_memory_free(struct row_memory *memory);

/*
 * The meaning of a row: fills *ret_change, whose text borrows from scratch (cleared first, at least
 * 2 × LIMIT_LINE of limit). ignored (may be NULL) gets the index bit of every column no field knows; an array of
 * LIMIT_COLUMNS bools. Returns STATUS_OK with result->fault == ROW_OK, STATUS_REFUSED with the fault, or
 * STATUS_NO_MEMORY. "replaces" gives a change of the provisional code with replaced_by (fold rule 7) in
 * *ret_second (may be NULL; kind KIND_NONE if there is none); a row that states nothing else gives it in
 * *ret_change.
 */
MUST_CHECK enum status row_change(const struct row *row, const struct row_defaults *defaults, struct bytes *scratch,
				  struct change *ret_change, struct change *ret_second, bool *ignored,
				  struct row_result *result);

/*
 * The recognised columns of a row as one JSON object (for `rejected`, L15: nothing else). Appends to out.
 * They stand under their JSON names, with the kind first, so that the kept row reads again as NDJSON. A cell that
 * does not hold what its column is for is "?" there, or left out where that would be text: anything may stand in
 * it. A row whose kind cannot be told keeps nothing but "{}".
 */
void row_recognised_json(const struct row *row, const struct row_defaults *defaults, struct bytes *out);

/*
 * The texts of a row under n names that are its own, not the record table's (lists of units, of targets): each in
 * Unicode's normal form in cells[i], empty where the row has none. STATUS_REFUSED with *ret_column, the place among
 * the names, where a cell is no text; STATUS_NO_MEMORY.
 */
MUST_CHECK enum status row_texts(const struct row *row, size_t n, const char *const *names, struct bytes *cells,
				 size_t *ret_column);

#endif
