#include "hub/commands_index.h"

#include <stdlib.h>

#include "config/messages.h"
#include "config/periods.h"
#include "hub/checks.h"
#include "hub/reading.h"

#define CHECKS_BY_DEFAULT "default"

/* What the command was asked, and what its report borrows. */
struct checks_request {
	struct reading reading;
	struct checks_query query;
	struct check_list *list;
	struct output output;
};

static enum status ask_list(const struct invocation *inv, struct checks_request *request)
{
	const char *name = option_value(inv, "checks");
	struct named_file_fault fault;
	enum status s = check_list_read(name == NULL ? CHECKS_BY_DEFAULT : name, inv->data, &request->list, &fault);
	if (s == STATUS_EMPTY)
		return reading_misused(
			_("--checks names no checks; they are a file NAME.ini in the folder checks of the "
			  "data directory or with the program."));
	return s == STATUS_OK ? s : named_file_say(s, &fault);
}

static enum status ask(const struct invocation *inv, struct checks_request *request)
{
	struct period_request period = period_request_of(inv);
	const char *problem = NULL;
	request->query = (struct checks_query){.figures = {.today = request->reading.today, .rule = &COUNT_FORM06},
					       .all = option_flag(inv, "all")};
	enum status s = output_choose(inv, &request->output);
	if (s == STATUS_OK &&
	    period_choose(&period, request->reading.today, &request->query.figures.period, &problem) != STATUS_OK)
		s = reading_misused(problem);
	return s == STATUS_OK ? ask_list(inv, request) : s;
}

/* Contradictions are the answer no. */
static int check_and_print(struct invocation *inv, struct checks_request *request)
{
	struct checks_report report = {0};
	int exit_status = reading_open(inv, &request->reading);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const struct hub *hub = request->reading.hub;
	request->query.list = request->list;
	request->query.unit = request->reading.unit;
	enum status s = output_open(&request->output);
	if (s == STATUS_OK)
		s = checks_compute(hub->db, hub->registry, &request->query, &report);
	if (s == STATUS_OK)
		s = checks_print(&report, hub->registry, request->output.format, request->output.stream);
	exit_status = output_close(&request->output, s);
	if (exit_status == EXIT_DONE && checks_count(&report, SEVERITY_CONTRADICTION) > 0)
		exit_status = EXIT_NO;
	checks_clear(&report);
	reading_close(&request->reading);
	return exit_status;
}

static int run_checks(struct invocation *inv)
{
	struct checks_request request = {0};
	int exit_status = reading_start(inv, &request.reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask(inv, &request));
	if (exit_status == EXIT_DONE)
		exit_status = check_and_print(inv, &request);
	free(request.list);
	return exit_status;
}

static const struct option_spec CHECKS_OPTIONS[] = {
	PERIOD_OPTIONS,
	UNIT_OPTION,
	{"all", NULL, N_("list what agrees too")},
	{"checks", "NAME", N_("the checks that are declared (default: default)")},
	OUTPUT_OPTIONS,
	{NULL, NULL, NULL},
};

const struct command COMMAND_REPORT_CHECKS = {
	.name = "report checks",
	.help = N_("find figures of a period that contradict each other"),
	.more = N_("Sums against their parts, rates against their counts, parts against the whole, own reports "
		   "against the units below, dossiers against their balance. The exit status is 1 if anything "
		   "contradicts; notes do not count."),
	.options = CHECKS_OPTIONS,
	.run = run_checks,
};
