/*
 * The incomplete dossiers of a period (contract section 6) with the reasons: those that the totals of the same
 * period, unit and rule count as incomplete. One thread, inside the caller's snapshot.
 */
#ifndef MOTCUA_HUB_REPORT_INCOMPLETE_H
#define MOTCUA_HUB_REPORT_INCOMPLETE_H

#include "hub/totals.h"

enum { INCOMPLETE_REASONS = 6 };

/* The stable word of a reason by the place of its bit: "no-receipt-date", …; and a sentence about it for people. */
const char *incomplete_word(int reason);
const char *incomplete_title(int reason);

/*
 * Prints them in the order of their codes: one object a line, or a table under how many there are of each reason. A
 * JSON stream may have begun when it fails; a table has not.
 */
MUST_CHECK enum status incomplete_print(struct database *db, const struct registry *r,
					const struct totals_query *query, enum report_format format, FILE *out);

#endif
