/*
 * XLSX workbooks (ECMA-376): the rows of every sheet that is not hidden, in the order of the workbook. Formulas are
 * read by the values their program left; a cell merged over several rows holds its text in each of them, since a
 * list means it so. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_FOREIGN_XLSX_H
#define MOTCUA_PROTOCOL_TABLES_FOREIGN_XLSX_H

#include "protocol/tables/foreign/rows_out.h"

/* A workbook as a file: larger ones are another thing than a list of dossiers. */
#define LIMIT_WORKBOOK ((size_t)64 * 1024 * 1024)

/*
 * Reads a whole file, which is borrowed. *ret_reason is NULL if all of it was read, else why it is refused:
 * "damaged", "too-large", "no-workbook" (a package without a workbook of this kind). STATUS_NO_MEMORY, or the
 * sink's status. out is not ended.
 */
MUST_CHECK enum status xlsx_read(struct slice file, struct rows_out *out, const char **ret_reason);

#endif
