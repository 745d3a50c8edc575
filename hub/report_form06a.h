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

enum form06a_kind { FORM06A_LEVEL, FORM06A_DOMAIN, FORM06A_UNIT, FORM06A_TOTAL };

struct form06a_row {
	enum form06a_kind kind;
	const char *number; /* of the form's first column */
	enum unit_level level;
	const char *key;
	const char *name;  /* in the document */
	const char *title; /* for people */
	const struct cells *cells;
};
/* Hands out each row in the order of the form, the total last. */
void form06a_each_row(const struct totals *t, const struct registry *r,
		      void (*put)(void *context, const struct form06a_row *row), void *context);
/* The table that CSV prints, for table_free(). */
struct table *form06a_table(const struct totals *t, const struct registry *r);

/* Of totals by TOTALS_BY_LEVEL_AND_DOMAIN or TOTALS_BY_UNIT. Nothing was printed if it fails. */
MUST_CHECK enum status form06a_print(const struct totals *t, const struct registry *r, enum report_format format,
				     FILE *out);

#endif
