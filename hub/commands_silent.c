#include "config/messages.h"
#include "config/periods.h"
#include "hub/commands_lists.h"
#include "hub/reading.h"
#include "hub/report_silent.h"

static int run_report_silent(struct invocation *inv)
{
	struct reading reading;
	struct silent_report report = {0};
	struct period period = {0};
	const char *problem = NULL;
	struct period_request request = period_request_of(inv);
	int exit_status = reading_begin(inv, &reading);
	if (exit_status == EXIT_DONE && period_choose(&request, reading.today, &period, &problem) != STATUS_OK)
		exit_status = status_exit(reading_misused(problem));
	reading.units_day = period.to < reading.today ? period.to : reading.today;
	if (exit_status == EXIT_DONE)
		exit_status = reading_open(inv, &reading);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const struct registry *r = reading.hub->registry;
	struct silent_query query = {.period = period, .today = reading.today, .unit = reading.unit};
	enum status s = silent_compute(reading.hub->db, r, &query, &report);
	if (s == STATUS_OK && reading.json)
		silent_print_json(&report, r, stdout);
	else if (s == STATUS_OK)
		s = silent_print_text(&report, r, stdout);
	exit_status = reading_end(s);
	silent_clear(&report);
	reading_close(&reading);
	return exit_status;
}

static const struct option_spec SILENT_OPTIONS[] = {
	PERIOD_OPTIONS,
	UNIT_OPTION,
	FORMAT_OPTION,
	{NULL, NULL, NULL},
};

const struct command COMMAND_REPORT_SILENT = {
	.name = "report silent",
	.help = N_("list the units that were not heard of, and since when"),
	.more = N_(
		"Without a period: 1 January of this year to today. A unit is heard of if one of its own computers "
		"spoke on or after the last day (today: within three days), or one above it sent a record of it."),
	.options = SILENT_OPTIONS,
	.run = run_report_silent,
};
