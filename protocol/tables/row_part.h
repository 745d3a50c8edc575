/*
 * What part of a list a row is: a record, or one of the lines that programs and people put around and between
 * them. Seen in real exports (titles, names of units between rows, sums, signatures, a header on each printed
 * page); nothing here looks at what a record says. Any thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_ROW_PART_H
#define MOTCUA_PROTOCOL_TABLES_ROW_PART_H

#include "protocol/tables/heading.h"

enum row_part {
	PART_RECORD,
	PART_BANNER,   /* one text alone, such as the name of a unit over its rows */
	PART_TOTAL,    /* a sum */
	PART_SIGNATURE /* who signed, when, where copies go */
};

/*
 * The part a row is, below a header with a key; behind: a signature has come, and names may follow it.
 * *ret_text: the text of a banner, borrowed from row. STATUS_NO_MEMORY.
 */
MUST_CHECK enum status row_part_of(const struct row *row, const struct heading *heading, bool behind,
				   enum row_part *ret_part, struct slice *ret_text);

/* True if the row says the header again: two of its names or more, in their columns, and nothing else. */
bool row_repeats(const struct row *row, const struct heading *heading);

/* True if the row numbers the columns, as forms do under their headings: (1) (2) (3) … */
bool row_numbers_columns(const struct row *row);

/* True if the row may be the lower half of a header: names only, and no code where codes stand. */
bool row_may_be_header(const struct row *row, const struct heading *heading);

#endif
