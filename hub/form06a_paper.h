/*
 * Form II.06a/VPCP/KSTT as paper (report_paper.h): its thirteen columns under their headings, numbered as on the
 * form, its balances and what stands behind them as footnotes, lines for the signatures; charts after them. One
 * thread.
 */
#ifndef MOTCUA_HUB_FORM06A_PAPER_H
#define MOTCUA_HUB_FORM06A_PAPER_H

#include "hub/totals.h"

/* Of totals as form06a_print() takes them. Nothing was printed if it fails. */
MUST_CHECK enum status form06a_paper_print(const struct totals *t, const struct registry *r,
					   enum report_format format, FILE *out);

#endif
