/*
 * The form II.06a/VPCP/KSTT of Thông tư 01/2020/TT-VPCP: thirteen columns from totals, rows by level and domain or
 * by unit, and its own balances checked. One thread.
 */
#ifndef MOTCUA_HUB_REPORT_FORM06A_H
#define MOTCUA_HUB_REPORT_FORM06A_H

#include "hub/totals.h"

enum { FORM06A_COLUMNS = 14 /* numbered as on the form: 3 to 13 are counts */, FORM06A_CHECKS = 4 };

/* The counts of a row. Column 5 holds an unstated channel too, column 9 what was done without a due date. */
void form06a_columns(const struct cells *c, int64_t ret_columns[static FORM06A_COLUMNS]);

/* A balance that the form asks for, such as "3=7+11". */
struct form06a_check {
	const char *rule;
	int64_t gap; /* left side minus right side */
};
void form06a_check(const int64_t columns[static FORM06A_COLUMNS],
		   struct form06a_check ret_checks[static FORM06A_CHECKS]);

/* Of totals by TOTALS_BY_LEVEL_AND_DOMAIN or TOTALS_BY_UNIT. Nothing was printed if it fails. */
MUST_CHECK enum status form06a_print(const struct totals *t, const struct registry *r, enum report_format format,
				     FILE *out);

#endif
