/*
 * A list of dossiers from another program, as far as counting needs it: codes, units, status, dates, channel and
 * what the rates count; every other column stays in the file (L15). Rows are kept in a throw-away database, so that
 * a list may be as long as an import. Each row is one dossier as that program counts it; a code may stand in
 * several rows. One thread.
 */
#ifndef MOTCUA_HUB_FOREIGN_LIST_H
#define MOTCUA_HUB_FOREIGN_LIST_H

#include "config/database.h"
#include "hub/registry.h"
#include "protocol/count.h"
#include "protocol/tables/column_map.h"
#include "protocol/tables/reader.h"

/* The tables it needs, for the plan of the throw-away database. */
#define FOREIGN_LIST_TABLES                                                                                        \
	"CREATE TABLE foreign_row (code TEXT NOT NULL, n INTEGER NOT NULL, unread INTEGER NOT NULL,"               \
	"  record BLOB NOT NULL, PRIMARY KEY (code, n)) STRICT, WITHOUT ROWID;"

enum { FOREIGN_UNREAD_KEPT = 20 };

/* A row, or one cell of it, that could not be read. */
struct foreign_fault {
	int64_t line;
	const char *reason; /* a row_fault_name(), or "wrong-date" */
	enum field field;   /* FIELD_COUNT: the row as a whole */
};

struct foreign_report {
	int64_t rows;       /* taken */
	int64_t taken_back; /* rows that say `void`, and so do not count there */
	int64_t others;     /* rows of other kinds than dossiers */
	int64_t refused;    /* rows without a code that can be read: nothing is known of them */
	int64_t unread;     /* cells of rows taken: wrong, or not to be read */
	size_t n_faults;
	struct foreign_fault faults[FOREIGN_UNREAD_KEPT]; /* the first of the last two */
	uint64_t silent;                                  /* fields of a dossier (1 << field) that no row states */
	const char *reason;                               /* of STATUS_REFUSED, a stable word */
	char column[LIMIT_NAME + 1];
};

/*
 * Reads a list. today: a date after it that tells what has happened, or one before FOREIGN_FIRST_DAY, is wrong, and
 * so are a receipt and an end before it. A list that names units of which the registry knows none is taken to say
 * nothing about units. STATUS_REFUSED with reason and column, "no-receipt-dates" if no row states one.
 */
MUST_CHECK enum status foreign_list_read(struct database *scratch, const char *path, const struct column_map *map,
					 const struct registry *r, int32_t today,
					 struct foreign_report *ret_report);

/* 1990-01-01: before any one-stop; programs write 1900 or 1970 where they know no date. */
enum { FOREIGN_FIRST_DAY = 7305 };

/* One row with its facts, which live for the call. */
struct foreign_row {
	int64_t n; /* 1, 2, … among the rows taken */
	struct dossier_facts facts;
	int64_t received_at;
	uint64_t unread;   /* as in struct difference_hints */
	struct slice unit; /* empty: unstated */
	struct slice decided_by;
	struct slice linked_to;
};

MUST_CHECK enum status foreign_list_has(struct database *scratch, struct slice code, bool *ret_has);
/* Calls each for the rows of a code, in their order. */
MUST_CHECK enum status foreign_list_rows(struct database *scratch, struct slice code,
					 enum status (*each)(void *context, const struct foreign_row *row),
					 void *context);
/* Calls each for every code, in their order. */
MUST_CHECK enum status foreign_list_codes(struct database *scratch,
					  enum status (*each)(void *context, struct slice code), void *context);

#endif
