/* Which sign parts the cells of a CSV file, told by its beginning. Any thread. */
#ifndef MOTCUA_PROTOCOL_TABLES_SEPARATOR_H
#define MOTCUA_PROTOCOL_TABLES_SEPARATOR_H

#include "protocol/tables/reader.h"

/*
 * `,`, `;` or a tab: the one that stands most often in the first line that is not blank. Where a header is searched
 * for, the one that makes a header of one of the first lines, since a title above it has signs of its own.
 * STATUS_NO_MEMORY.
 */
MUST_CHECK enum status separator_guess(struct slice head, const struct reader_form *form, char *ret_separator);

#endif
