/*
 * How an explanation (hub/explain.h) is printed: one document, a table for spreadsheets with a row for each number
 * and cause, or what an official reads. Errors of the stream are the stream's. One thread.
 */
#ifndef MOTCUA_HUB_EXPLAIN_PRINT_H
#define MOTCUA_HUB_EXPLAIN_PRINT_H

#include <stdio.h>

#include "hub/explain.h"
#include "hub/output.h"

/* A number and a cause for people, in their language. */
const char *explain_cell_title(enum difference_cell cell);
const char *explain_cause_title(enum difference_cause cause);
/* A number that is the sum of others, or follows from them, is not told beside them: the one it follows from. */
enum difference_cell explain_cell_whole(enum difference_cell cell);

/* True of a field that counting asks for and no row of the list states. */
bool explain_not_stated(const struct foreign_report *list, enum field field);

/* The causes with dossiers, by how many, ties in the order of the table; returns how many. */
size_t explain_causes(const struct explain *e, enum difference_cause ret_causes[static DIFFERENCE_CAUSES]);

/*
 * dossiers: how many of each cause are named in the text; the document names all, the table for spreadsheets none.
 * STATUS_NO_MEMORY and STATUS_LIMIT of a table come before anything of it is printed; STATUS_USAGE for another form
 * than table, csv and json.
 */
MUST_CHECK enum status explain_print(const struct explain *e, const struct registry *r, enum report_format format,
				     int64_t dossiers, FILE *out);
MUST_CHECK enum status explain_print_text(const struct explain *e, const struct registry *r, int64_t dossiers,
					  FILE *out);

#endif
