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
	struct output output = {0};
	int exit_status = reading_start(inv, &reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(output_choose(inv, &output));
	if (exit_status == EXIT_DONE && period_choose(&request, reading.today, &period, &problem) != STATUS_OK)
		exit_status = status_exit(reading_misused(problem));
	reading.units_day = period.to < reading.today ? period.to : reading.today;
	if (exit_status == EXIT_DONE)
		exit_status = reading_open_output(inv, &reading, &output);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const struct registry *r = reading.hub->registry;
	struct silent_query query = {.period = period, .today = reading.today, .unit = reading.unit};
	enum status s = silent_compute(reading.hub->db, r, &query, &report);
	if (s == STATUS_OK)
		s = silent_print(&report, r, output.format, output.stream);
	exit_status = output_close(&output, s);
	silent_clear(&report);
	reading_close(&reading);
	return exit_status;
}

static const struct option_spec SILENT_OPTIONS[] = {
	PERIOD_OPTIONS, UNIT_OPTION, KNOWN_OPTION, OUTPUT_OPTIONS, {NULL, NULL, NULL},
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
