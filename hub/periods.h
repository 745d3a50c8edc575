/*
 * Which days a report asks for: the options --from, --to, --month, --quarter, --half, --year (contract section 5).
 * Pure; the command passes the texts and today.
 */
#ifndef MOTCUA_HUB_PERIODS_H
#define MOTCUA_HUB_PERIODS_H

#include "config/options.h"
#include "protocol/calendar.h"

/* The lines of an option table that let a command ask for a period. */
/* clang-format off */
#define PERIOD_OPTIONS \
	{"from", "YYYY-MM-DD", N_("first day")}, \
	{"to", "YYYY-MM-DD", N_("last day, included")}, \
	{"month", "YYYY-MM", N_("a month")}, \
	{"quarter", "YYYY-Qn", N_("a quarter")}, \
	{"half", "YYYY-Hn", N_("half a year")}, \
	{"year", "YYYY", N_("a year")}
/* clang-format on */

enum period_option { PERIOD_MONTH, PERIOD_QUARTER, PERIOD_HALF, PERIOD_YEAR, PERIOD_OPTION_COUNT };

/* The options' texts; NULL: not given. */
struct period_request {
	const char *from;
	const char *to;
	const char *named[PERIOD_OPTION_COUNT];
};

/* From a command whose table holds PERIOD_OPTIONS. */
struct period_request period_request_of(const struct invocation *inv);

/*
 * Without any option: 1 January of this year to today. --to alone begins on 1 January of its year, --from alone ends
 * today. STATUS_USAGE if a text is no such period, two ways are mixed, or the end lies before the beginning;
 * *ret_problem (a sentence through _()) then says which.
 */
MUST_CHECK enum status period_choose(const struct period_request *request, int32_t today, struct period *ret_period,
				     const char **ret_problem);

#endif
