/*
 * The index on paper (protocol/tables/paper.h), in two files: what people read (index766_print.c) and the rows for
 * spreadsheets, one for each unit and component, under the names of the document (index766_document.c).
 */
#ifndef MOTCUA_HUB_INDEX766_PAPER_H
#define MOTCUA_HUB_INDEX766_PAPER_H

#include "hub/index766.h"
#include "hub/report_paper.h"

/* A count, or an empty cell where it is not known. */
void index_put_known(struct paper *p, bool known, int64_t value);
void index_put_data(struct paper *p, const struct index_report *report, const struct registry *r);

/* Every format but JSON, as report_paper_write. */
MUST_CHECK enum status index_print_paper(const struct index_report *report, const struct registry *r,
					 enum report_format format, FILE *out);

#endif
