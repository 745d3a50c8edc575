#include "hub/commands_count.h"

#include <string.h>

#include "config/messages.h"
#include "config/periods.h"
#include "hub/closing_notes.h"
#include "hub/reading.h"
#include "hub/report_form06a.h"
#include "hub/report_incomplete.h"
#include "hub/totals_charts.h"

/* What a counting command was asked, and the rule its query borrows. */
struct counting_request {
	struct reading reading;
	struct totals_query query;
	struct count_rule rule;
	struct output output;
};

enum status counting_rule(const struct invocation *inv, const char *name, struct count_rule *ret_rule)
{
	struct rule_fault fault;
	enum status s = totals_rule(name == NULL ? COUNT_FORM06.name : name, inv->data, ret_rule, &fault);
	if (s == STATUS_EMPTY)
		return reading_misused(
			_("--rule names no rule of counting; a rule is a file NAME.ini, and form06 and "
			  "index766 come with the program."));
	/* The exit status follows from what is returned. */
	if (s == STATUS_SETTINGS && fault.settings.line > 0)
		(void)say_error(s, _("%s, line %d: %s"), fault.path, fault.settings.line, fault.settings.what);
	else if (s == STATUS_SETTINGS)
		(void)say_error_advice(s, _("Correct the file, or give another --rule."), "%s: %s", fault.path,
				       fault.settings.what);
	else if (s != STATUS_OK)
		(void)say_error(s, _("The rule's file %s cannot be read."), fault.path);
	return s;
}

static enum status ask_units_day(const struct invocation *inv, struct counting_request *request)
{
	struct totals_query *query = &request->query;
	const char *day = option_value(inv, "as-units-of");
	if (day != NULL && date_parse(day, strlen(day), &query->units_day) != STATUS_OK)
		return reading_misused(_("--as-units-of takes a day as YYYY-MM-DD."));
	query->units_given = day != NULL;
	request->reading.units_day = totals_units_day(query);
	return STATUS_OK;
}

static enum status ask(const struct invocation *inv, struct counting_request *request)
{
	struct period_request period = period_request_of(inv);
	const char *problem = NULL;
	request->query = (struct totals_query){.today = request->reading.today, .rule = &request->rule};
	if (request->reading.as_known_at != TIME_UNSET)
		request->query.as_known_at = request->reading.as_known_text;
	enum status s = output_choose(inv, &request->output);
	if (s == STATUS_OK &&
	    period_choose(&period, request->query.today, &request->query.period, &problem) != STATUS_OK)
		s = reading_misused(problem);
	if (s == STATUS_OK)
		s = ask_units_day(inv, request);
	return s == STATUS_OK ? counting_rule(inv, option_value(inv, "rule"), &request->rule) : s;
}

static enum status ask_by(const struct invocation *inv, struct totals_query *query)
{
	const char *by = option_value(inv, "by");
	if (by != NULL && totals_by_parse(by, &query->by) != STATUS_OK)
		return reading_misused(_("--by takes unit, level, domain, procedure, channel, month or day."));
	if (totals_period_rows(query->period, query->by) > TOTALS_ROWS_MAX)
		return reading_misused(_("--by month and --by day make at most 3700 rows; take a shorter period."));
	return STATUS_OK;
}

/* Settings and the line; EXIT_DONE, or the exit status after saying what is wrong. */
static int begin(struct invocation *inv, struct counting_request *request)
{
	int exit_status = reading_start(inv, &request->reading);
	request->reading.dossiers = true;
	return exit_status == EXIT_DONE ? status_exit(ask(inv, request)) : exit_status;
}

/* The hub and the stream. EXIT_DONE, or the exit status with nothing left open. */
static int open_both(struct invocation *inv, struct counting_request *request)
{
	int exit_status = reading_open_output(inv, &request->reading, &request->output);
	request->query.unit = request->reading.unit;
	return exit_status;
}

/* Counts, and prints with the function of a report. */
typedef enum status (*print_function)(const struct totals *t, const struct registry *r, enum report_format format,
				      FILE *out);

/* What a report prints, and what goes with it. */
struct counted {
	struct totals totals;
	struct totals_charts charts;
	struct closing_notes notes;
};

/* Says why what is carried in has changed. That reads the registry anew: the unit asked for is found again. */
static enum status explain_carried(struct counting_request *request, const char *data, struct closing_notes *notes)
{
	struct reading *reading = &request->reading;
	char key[UNIT_KEY];
	int named = UNIT_NONE;
	(void)unit_map_key(&reading->map, request->query.unit, key);
	enum status s = closing_notes_explain(reading->hub, &request->query, data, notes);
	unit_map_free(&reading->map);
	if (s == STATUS_OK)
		s = unit_map_new(reading->hub->registry, reading->units_day, &reading->map);
	if (s == STATUS_OK)
		request->query.unit = unit_map_parse(&reading->map, key, &named);
	/* Another list came in between, and it is not in there any more. */
	return s == STATUS_OK && request->query.unit == UNIT_NONE ? STATUS_BUSY : s;
}

/*
 * Totals, what closings say of them, and charts where there will be some. data: directory of the hub, to say why
 * what is carried in has changed; NULL: only how much.
 */
static enum status count(struct counting_request *request, const char *data, struct counted *c)
{
	struct hub *hub = request->reading.hub;
	enum status s = STATUS_OK;
	if (data != NULL &&
	    request->reading.as_known_at == TIME_UNSET) /* what was known then has no log beside it */
		s = explain_carried(request, data, &c->notes);
	if (s == STATUS_OK)
		s = totals_compute(hub->db, hub->registry, &request->query, &c->totals);
	if (s == STATUS_OK)
		s = closing_notes_read(hub->db, hub->registry, &c->totals, &c->notes);
	c->totals.notes = &c->notes;
	if (s != STATUS_OK || request->output.format != REPORT_HTML)
		return s;
	c->totals.charts = &c->charts;
	return totals_charts_compute(hub->db, hub->registry, &request->query, &c->charts);
}

static int count_and_print(struct invocation *inv, struct counting_request *request, const char *data,
			   print_function print)
{
	struct counted c = {0};
	int exit_status = open_both(inv, request);
	if (exit_status != EXIT_DONE)
		return exit_status;
	enum status s = count(request, data, &c);
	if (s == STATUS_OK)
		s = print(&c.totals, request->reading.hub->registry, request->output.format,
			  request->output.stream);
	exit_status = output_close(&request->output, s);
	closing_notes_clear(&c.notes);
	totals_charts_clear(&c.charts);
	totals_clear(&c.totals);
	reading_close(&request->reading);
	return exit_status;
}

static int run_totals(struct invocation *inv)
{
	struct counting_request request;
	int exit_status = begin(inv, &request);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_by(inv, &request.query));
	return exit_status == EXIT_DONE ? count_and_print(inv, &request, NULL, totals_print) : exit_status;
}

static enum status ask_form_rows(const struct invocation *inv, struct totals_query *query)
{
	const char *by = option_value(inv, "by");
	query->by = TOTALS_BY_LEVEL_AND_DOMAIN;
	if (by == NULL || strcmp(by, "domain") == 0)
		return STATUS_OK;
	if (strcmp(by, "unit") != 0)
		return reading_misused(_("--by takes domain or unit."));
	query->by = TOTALS_BY_UNIT;
	return STATUS_OK;
}

static int run_form06a(struct invocation *inv)
{
	struct counting_request request;
	int exit_status = begin(inv, &request);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_form_rows(inv, &request.query));
	return exit_status == EXIT_DONE ? count_and_print(inv, &request, inv->data, form06a_print) : exit_status;
}

static int run_incomplete(struct invocation *inv)
{
	struct counting_request request;
	int exit_status = begin(inv, &request);
	if (exit_status == EXIT_DONE)
		exit_status = open_both(inv, &request);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const struct hub *hub = request.reading.hub;
	enum status s = incomplete_print(hub->db, hub->registry, &request.query, request.output.format,
					 request.output.stream);
	exit_status = output_close(&request.output, s);
	reading_close(&request.reading);
	return exit_status;
}

#define RULE_OPTION                                                                                                \
	{                                                                                                          \
		"rule", "NAME", N_("the rule of counting (default: form06)")                                       \
	}

static const struct option_spec TOTALS_OPTIONS[] = {
	PERIOD_OPTIONS,   UNIT_OPTION,
	UNITS_DAY_OPTION, {"by", "unit|level|domain|procedure|channel|month|day", N_("one row for each")},
	RULE_OPTION,      KNOWN_OPTION,
	OUTPUT_OPTIONS,   {NULL, NULL, NULL},
};

static const struct option_spec FORM06A_OPTIONS[] = {
	PERIOD_OPTIONS,   UNIT_OPTION,
	UNITS_DAY_OPTION, {"by", "domain|unit", N_("rows by level and domain (default), or by unit")},
	RULE_OPTION,      KNOWN_OPTION,
	OUTPUT_OPTIONS,   {NULL, NULL, NULL},
};

static const struct option_spec INCOMPLETE_OPTIONS[] = {
	PERIOD_OPTIONS, UNIT_OPTION,    UNITS_DAY_OPTION,   RULE_OPTION,
	KNOWN_OPTION,   OUTPUT_OPTIONS, {NULL, NULL, NULL},
};

const struct command COMMAND_TOTALS = {
	.name = "totals",
	.help = N_("count dossiers: received, done, open"),
	.more = N_("Without a period: 1 January of this year to today. Units that were not heard of are listed as "
		   "silent; their "
		   "numbers are unknown, not zero."),
	.options = TOTALS_OPTIONS,
	.run = run_totals,
};

const struct command COMMAND_REPORT_FORM06A = {
	.name = "report form06a",
	.help = N_("print form II.06a/VPCP/KSTT and check its balances"),
	.more = N_(
		"Reports to the government run from the 15th to the 14th: --report-month, --report-quarter, "
		"--report-half, --report-nine-months, --report-year. What the balances leave over is printed as a "
		"gap."),
	.options = FORM06A_OPTIONS,
	.run = run_form06a,
};

const struct command COMMAND_REPORT_INCOMPLETE = {
	.name = "report incomplete",
	.help = N_("list the dossiers whose dates or status leave something open, and why"),
	.options = INCOMPLETE_OPTIONS,
	.run = run_incomplete,
};
