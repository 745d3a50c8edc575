/*
 * Which days a report asks for (contract section 5): --from and --to, a calendar period, or a period of the
 * reports to the government, which runs from the 15th of the month before it to the 14th of its last month. One
 * set for both programs.
 * Pure; the command passes the texts and today.
 */
#ifndef MOTCUA_CONFIG_PERIODS_H
#define MOTCUA_CONFIG_PERIODS_H

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
	{"year", "YYYY", N_("a year")}, \
	{"report-month", "YYYY-MM", N_("a month of the reports: the 15th of the one before to the 14th")}, \
	{"report-quarter", "YYYY-Qn", N_("a quarter of the reports, 15th to 14th")}, \
	{"report-half", "YYYY-Hn", N_("half a year of the reports, 15th to 14th")}, \
	{"report-nine-months", "YYYY", N_("nine months of the reports: 15 December to 14 September")}, \
	{"report-year", "YYYY", N_("a year of the reports: 15 December to 14 December")}
/* clang-format on */

/* Those of the reports come after the calendar's. */
enum period_option {
	PERIOD_MONTH,
	PERIOD_QUARTER,
	PERIOD_HALF,
	PERIOD_YEAR,
	PERIOD_REPORT_MONTH,
	PERIOD_REPORT_QUARTER,
	PERIOD_REPORT_HALF,
	PERIOD_REPORT_NINE_MONTHS,
	PERIOD_REPORT_YEAR,
	PERIOD_OPTION_COUNT
};

/* The options' texts; NULL: not given. */
struct period_request {
	const char *from;
	const char *to;
	const char *named[PERIOD_OPTION_COUNT];
};

/* From a command whose table holds PERIOD_OPTIONS. */
struct period_request period_request_of(const struct invocation *inv);

/*
 * Without any option: 1 January of this year to today. --to alone begins on 1 January of its year, --from alone
 * ends today. STATUS_USAGE if a text is no such period, two ways are mixed, or the end lies before the beginning;
 * *ret_problem (a sentence through _()) then says which.
 */
MUST_CHECK enum status period_choose(const struct period_request *request, int32_t today, struct period *ret_period,
				     const char **ret_problem);

#endif
