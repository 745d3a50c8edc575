/*
 * A paper as a spreadsheet (Office Open XML, ECMA-376), the one place that knows libxlsxwriter. The first page is
 * the form: heading, tables one below the other with real numbers and dates, notes, lines for signatures, set up
 * for A4 across with its headings on every page. Tables of bare data follow on pages of their own, with the stable
 * words of JSON as headings and a filter. Sums are the values of the report, no formulas. Charts are HTML's.
 * Equal papers give equal bytes. One thread.
 */
#ifndef MOTCUA_HUB_REPORT_XLSX_H
#define MOTCUA_HUB_REPORT_XLSX_H

#include <stdio.h>

#include "protocol/tables/paper.h"

/*
 * Works in a folder of its own below /tmp ($TMPDIR where it is set), which is gone afterwards. STATUS_LIMIT if a
 * table has more rows than a spreadsheet, STATUS_NO_MEMORY, STATUS_DISK or STATUS_DISK_FULL; nothing was written.
 */
MUST_CHECK enum status report_xlsx(const struct paper *p, FILE *out);

#endif
