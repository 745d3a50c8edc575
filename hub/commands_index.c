#include "hub/commands_index.h"

#include <stdlib.h>
#include <string.h>

#include "config/messages.h"
#include "config/periods.h"
#include "hub/index766.h"
#include "hub/reading.h"
#include "hub/totals.h"

/* What the command was asked, and what its query borrows. */
struct index_request {
	struct reading reading;
	struct index_query query;
	struct index_definition *definition;
	struct count_rule rule;
	bool compares;
	struct period against;
	struct output output;
};

/* The exit status follows from what is returned. */
static enum status say_definition(enum status s, const char *name, const struct named_file_fault *fault)
{
	if (s == STATUS_EMPTY)
		(void)say_error_advice(
			STATUS_USAGE,
			_("A definition is a file NAME.ini in the folder index of the data directory or with the "
			  "program; index766-2022 and index766-2026 come with it."),
			_("There is no definition %s of the index."), name);
	return s == STATUS_EMPTY ? STATUS_USAGE : named_file_say(s, fault);
}

/* The version that holds over all days asked for: scores of two versions are not compared or joined. */
static enum status choose_version(const struct index_request *request, const char *data,
				  char ret_name[static INDEX_WORD + 1])
{
	const struct period *periods[] = {&request->query.period, &request->against};
	struct named_file_fault fault;
	enum status s = index_version_on(request->query.period.from, data, ret_name, &fault);
	for (size_t i = 0; s == STATUS_OK && i < (request->compares ? 4U : 2U); i++) {
		const struct period *p = periods[i / 2];
		char name[INDEX_WORD + 1] = "";
		s = index_version_on(i % 2 == 0 ? p->from : p->to, data, name, &fault);
		if (s != STATUS_OK || strcmp(ret_name, name) == 0)
			continue;
		(void)say_error_advice(
			STATUS_USAGE, /* the exit status follows from what is returned */
			_("Take days before or after the change, or name one with --definition."),
			_("The formulas of the index changed within the days asked for (%s and %s), and "
			  "scores of different versions are not comparable."),
			ret_name, name);
		return STATUS_USAGE;
	}
	return s == STATUS_OK ? s : say_definition(s, "index766", &fault);
}

static enum status ask_definition(const struct invocation *inv, struct index_request *request)
{
	const char *asked = option_value(inv, "definition");
	char name[INDEX_WORD + 1];
	struct named_file_fault fault;
	struct rule_fault rule_fault;
	enum status s = asked == NULL ? choose_version(request, inv->data, name) : STATUS_OK;
	if (s != STATUS_OK)
		return s;
	s = index_read(asked == NULL ? name : asked, inv->data, &request->definition, &fault);
	if (s != STATUS_OK)
		return say_definition(s, asked == NULL ? name : asked, &fault);
	s = totals_rule(request->definition->rule, inv->data, &request->rule, &rule_fault);
	if (s == STATUS_OK)
		return s;
	(void)say_error(STATUS_SETTINGS, _("The rule %s of the definition %s cannot be read."), /* as above */
			request->definition->rule, request->definition->name);
	return STATUS_SETTINGS;
}

static enum status ask_rows(const struct invocation *inv, struct index_query *query)
{
	const char *by = option_value(inv, "by");
	const char *level = option_value(inv, "level");
	if (by != NULL && strcmp(by, "unit") != 0)
		return reading_misused(_("--by takes unit."));
	query->by_unit = by != NULL || level != NULL;
	query->level = level == NULL ? 0 : unit_level_of(level, strlen(level));
	if (level != NULL && unit_level_name(query->level)[0] == '\0')
		return reading_misused(_("--level takes province, department, district or commune."));
	return STATUS_OK;
}

static enum status ask(const struct invocation *inv, struct index_request *request)
{
	struct period_request period = period_request_of(inv);
	const char *problem = NULL;
	const char *against = option_value(inv, "against");
	request->query = (struct index_query){.today = request->reading.today, .rule = &request->rule};
	enum status s = output_choose(inv, &request->output);
	if (s == STATUS_OK &&
	    period_choose(&period, request->query.today, &request->query.period, &problem) != STATUS_OK)
		s = reading_misused(problem);
	if (s == STATUS_OK)
		s = ask_rows(inv, &request->query);
	request->compares = against != NULL;
	if (s == STATUS_OK && against != NULL &&
	    period_parse(against, strlen(against), &request->against) != STATUS_OK)
		s = reading_misused(_("--against takes YYYY, YYYY-MM, YYYY-Qn, YYYY-Hn or YYYY-MM-DD."));
	return s == STATUS_OK ? ask_definition(inv, request) : s;
}

static enum status compare(const struct hub *hub, const struct index_request *request, struct index_report *report)
{
	struct index_query query = request->query;
	struct index_report before = {0};
	if (!request->compares)
		return STATUS_OK;
	query.period = request->against;
	enum status s = index_compute(hub->db, hub->registry, &query, &before);
	if (s == STATUS_OK)
		index_compare(report, &before);
	index_clear(&before);
	return s;
}

static int compute_and_print(struct invocation *inv, struct index_request *request)
{
	struct index_report report = {0};
	int exit_status = reading_open(inv, &request->reading);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const struct hub *hub = request->reading.hub;
	request->query.unit = request->reading.unit;
	request->query.definition = request->definition;
	enum status s = output_open(&request->output);
	if (s == STATUS_OK)
		s = index_compute(hub->db, hub->registry, &request->query, &report);
	if (s == STATUS_OK)
		s = compare(hub, request, &report);
	if (s == STATUS_OK)
		s = index_print(&report, hub->registry, request->output.format, request->output.stream);
	exit_status = output_close(&request->output, s);
	index_clear(&report);
	reading_close(&request->reading);
	return exit_status;
}

static int run_index766(struct invocation *inv)
{
	struct index_request request = {0};
	int exit_status = reading_start(inv, &request.reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask(inv, &request));
	if (exit_status == EXIT_DONE)
		exit_status = compute_and_print(inv, &request);
	free(request.definition);
	return exit_status;
}

static const struct option_spec INDEX766_OPTIONS[] = {
	PERIOD_OPTIONS,
	UNIT_OPTION,
	{"by", "unit", N_("rank the units directly below")},
	{"level", "LEVEL", N_("rank all units of this level instead")},
	{"against", "PERIOD", N_("compare with an earlier period: 2024-Q1")},
	{"definition", "NAME", N_("the definition of the index (default: the one in force in the period)")},
	OUTPUT_OPTIONS,
	{NULL, NULL, NULL},
};

const struct command COMMAND_REPORT_INDEX766 = {
	.name = "report index766",
	.help = N_("score the components of the index of Quyết định 766 that the records can feed, and rank units"),
	.more = N_(
		"What cannot be computed is not available, never zero, and the total stands beside the points that "
		"are available. The formulas changed over the years: a definition is a file, and the report names "
		"it."),
	.options = INDEX766_OPTIONS,
	.run = run_index766,
};
