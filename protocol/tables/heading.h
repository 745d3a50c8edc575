/*
 * The header of a table: its names as they stood and folded, and which of them mean something. Shared by sheet.c
 * and row_part.c. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_HEADING_H
#define MOTCUA_PROTOCOL_TABLES_HEADING_H

#include "protocol/tables/column_map.h"
#include "protocol/tables/reader.h"

enum heading_sense {
	HEADING_NONE,    /* no name */
	HEADING_UNKNOWN, /* a name nobody knows */
	HEADING_ORDINAL, /* the running number of a row */
	HEADING_KNOWN,   /* a name of the record table or the map, also one to be passed over */
	HEADING_PHRASE,  /* what an indicator is called: its key, in words */
	HEADING_KEY      /* the code of the thing */
};

struct heading {
	struct bytes names;
	size_t ends[LIMIT_COLUMNS]; /* of name i */
	struct bytes folded;
	size_t folded_ends[LIMIT_COLUMNS];
	uint8_t sense[LIMIT_COLUMNS];
	size_t n; /* columns, up to the last name */
	size_t n_known;
	size_t key; /* column of the key, of the code rather than of a phrase; n: none */
	int64_t line;
};

struct heading heading_new(void);
void heading_free(struct heading *h);

/*
 * Takes the cells of a row as names; map may be NULL. Whatever stands there is taken: the counts tell whether it is
 * a header. STATUS_NO_MEMORY, or STATUS_LIMIT for more text than a line holds.
 */
MUST_CHECK enum status heading_read(struct heading *h, const struct row *row, const struct column_map *map);

/* True if a row of a file that has one somewhere is the header: the key is among its names. */
bool heading_fits(const struct heading *h);

struct slice heading_name(const struct heading *h, size_t i);
struct slice heading_folded(const struct heading *h, size_t i);

/*
 * Why a header cannot be used: STATUS_REFUSED with report->reason and column. strict: every column has a name of
 * its own; else names that mean nothing may be missing or repeated.
 */
MUST_CHECK enum status heading_check(const struct heading *h, bool strict, struct reader_report *report);

/*
 * The header made of two rows, the lower over the upper one: a lower name, with the upper one before it where only
 * both together are known, and the upper one where there is none below. STATUS_NO_MEMORY, STATUS_LIMIT.
 */
MUST_CHECK enum status heading_join(const struct heading *upper, const struct heading *lower,
				    const struct column_map *map, struct heading *ret_joined);

/* The encoding in which the row would be a header, as a word of reader.h; NULL if in none. */
MUST_CHECK enum status heading_legacy(const struct row *row, const struct column_map *map, const char **ret_word);

#endif
