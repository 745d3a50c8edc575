/*
 * Totals as paper (report_paper.h): figures, charts, a table of counts, one of rates, the silent units, the bare
 * data. One thread.
 */
#ifndef MOTCUA_HUB_TOTALS_PAPER_H
#define MOTCUA_HUB_TOTALS_PAPER_H

#include "hub/totals.h"
#include "protocol/tables/totals_view.h"

/* v is t as it is printed. Nothing was printed if it fails. */
MUST_CHECK enum status totals_paper_print(const struct totals *t, const struct registry *r,
					  const struct totals_view *v, const struct totals_labels *labels,
					  enum report_format format, FILE *out);

#endif
