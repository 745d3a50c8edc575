#include "hub/commands_explain.h"

#include <limits.h>
#include <string.h>

#include "config/map_file.h"
#include "config/messages.h"
#include "config/periods.h"
#include "config/wording.h"
#include "hub/commands_count.h"
#include "hub/explain_print.h"
#include "hub/reading.h"
#include "hub/totals.h"

enum { DOSSIERS_SHOWN = 10 };

/* What was asked, with the rules and the map that the query borrows. */
struct request {
	struct reading reading;
	struct explain_query query;
	struct count_rule rule;
	struct count_rule against;
	const char *path; /* of the list; NULL: rule against rule */
	struct column_map *map;
	long long dossiers;
	struct output output;
};

/* The rule of --against-rule; without it the list is counted as ours are. */
static enum status ask_against_rule(const struct invocation *inv, struct request *request)
{
	struct rule_fault fault;
	const char *name = option_value(inv, "against-rule");
	request->against = request->rule;
	if (name == NULL)
		return STATUS_OK;
	if (totals_rule(name, inv->data, &request->against, &fault) == STATUS_EMPTY)
		return reading_misused(
			_("--against-rule names no rule of counting; a rule is a file NAME.ini, and form06 and "
			  "index766 come with the program."));
	return counting_rule(inv, name, &request->against);
}

/* --against names a rule before it names a file: "./form06" is one. */
static enum status ask_against(const struct invocation *inv, struct request *request)
{
	struct rule_fault fault;
	const char *against = option_value(inv, "against");
	bool for_list = option_value(inv, "against-rule") != NULL || option_value(inv, "map") != NULL;
	if (against == NULL)
		return reading_misused(
			_("The command needs --against with the name of a rule, or a list as a file."));
	request->path = against;
	if (totals_rule(against, inv->data, &request->against, &fault) == STATUS_EMPTY)
		return ask_against_rule(inv, request);
	request->path = NULL;
	if (for_list)
		return reading_misused(_("--against-rule and --map go with a list; --against names a rule."));
	return counting_rule(inv, against, &request->against);
}

static enum status ask(const struct invocation *inv, struct request *request)
{
	struct period_request period = period_request_of(inv);
	const char *problem = NULL;
	const char *dossiers = option_value(inv, "dossiers");
	request->dossiers = DOSSIERS_SHOWN;
	request->query = (struct explain_query){
		.today = request->reading.today, .rule = &request->rule, .against = &request->against};
	enum status s = output_choose(inv, &request->output);
	enum report_format format = request->output.format;
	if (s == STATUS_OK && format != REPORT_TABLE && format != REPORT_CSV && format != REPORT_JSON)
		s = reading_misused(_("--format takes table, csv or json."));
	if (s == STATUS_OK &&
	    period_choose(&period, request->query.today, &request->query.period, &problem) != STATUS_OK)
		s = reading_misused(problem);
	const char *units_day = option_value(inv, "as-units-of");
	int32_t to = request->query.period.to;
	request->reading.units_day = to < request->query.today ? to : request->query.today;
	if (s == STATUS_OK && units_day != NULL &&
	    date_parse(units_day, strlen(units_day), &request->reading.units_day) != STATUS_OK)
		s = reading_misused(_("--as-units-of takes a day as YYYY-MM-DD."));
	if (s == STATUS_OK && dossiers != NULL &&
	    option_number(dossiers, 0, INT_MAX, &request->dossiers) != STATUS_OK)
		s = reading_misused(_("--dossiers takes a whole number."));
	if (s == STATUS_OK)
		s = counting_rule(inv, option_value(inv, "rule"), &request->rule);
	return s == STATUS_OK ? ask_against(inv, request) : s;
}

static int begin(struct invocation *inv, struct request *request)
{
	const char *map = option_value(inv, "map");
	int exit_status = reading_start(inv, &request->reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask(inv, request));
	if (exit_status == EXIT_DONE && map != NULL)
		exit_status = map_file_choose(map, inv->data, &request->map);
	if (exit_status != EXIT_DONE || request->map == NULL)
		return exit_status;
	if (column_map_kind(request->map) != KIND_DOSSIER)
		return status_exit(reading_misused(_("--map is not for dossiers.")));
	if (!column_map_confirmed(request->map))
		say("%s", _("This map was never compared with an export."));
	return EXIT_DONE;
}

/* Why a list could not be read. */
static int say_list(enum status s, const char *path, const struct foreign_report *list)
{
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("--against takes the name of a rule, or a file."),
					_("There is no rule of counting and no file %s."), path);
	const char *advice =
		_("Nothing was compared. --map names the columns of a list whose headings are others.");
	if (s == STATUS_REFUSED && list->reason != NULL && list->column[0] != '\0')
		return say_error_advice(s, advice, _("%s: heading %s: %s"), path, list->column,
					wording_reason(list->reason));
	if (s == STATUS_REFUSED && list->reason != NULL)
		return say_error_advice(s, advice, "%s: %s", path, wording_reason(list->reason));
	return say_error(s, "%s: %s", path, status_sentence(s));
}

static int exit_of(const struct explain *e)
{
	if (explain_differs(e))
		return EXIT_NO;
	return e->list.refused > 0 ? EXIT_REFUSED : EXIT_DONE;
}

static int explain(struct request *request)
{
	const struct hub *hub = request->reading.hub;
	struct explain e = {0};
	enum status s = request->path == NULL ? explain_rules(hub->db, hub->registry, &request->query, &e)
					      : explain_list(hub->db, hub->registry, &request->query, request->path,
							     request->map, &e);
	int exit_status = EXIT_DONE;
	if (s != STATUS_OK && request->path != NULL) {
		exit_status = say_list(s, request->path, &e.list);
		explain_free(&e);
		return exit_status;
	}
	if (s == STATUS_OK)
		s = output_open(&request->output);
	if (s == STATUS_OK)
		s = explain_print(&e, hub->registry, request->output.format, request->dossiers,
				  request->output.stream);
	exit_status = s != STATUS_OK && request->output.stream == NULL ? say_error(s, NULL)
								       : output_close(&request->output, s);
	if (exit_status == EXIT_DONE)
		exit_status = exit_of(&e);
	explain_free(&e);
	return exit_status;
}

static int run_explain(struct invocation *inv)
{
	struct request request = {0};
	int exit_status = begin(inv, &request);
	if (exit_status == EXIT_DONE)
		exit_status = reading_open(inv, &request.reading);
	if (exit_status == EXIT_DONE) {
		request.query.unit = request.reading.unit;
		request.query.map = &request.reading.map;
		request.query.hub = request.reading.hub;
		exit_status = explain(&request);
		reading_close(&request.reading);
	}
	column_map_free(request.map);
	return exit_status;
}

static const struct option_spec EXPLAIN_OPTIONS[] = {
	PERIOD_OPTIONS,
	UNIT_OPTION,
	UNITS_DAY_OPTION,
	{"rule", "NAME", N_("the rule we count by (default: form06)")},
	{"against", "RULE|FILE", N_("another rule of counting, or another program's list of dossiers")},
	{"against-rule", "NAME", N_("the rule the list is counted by (default: that of --rule)")},
	{"map", "NAME|FILE", N_("the column map of the list")},
	{"dossiers", "N", N_("list at most N dossiers of each cause (default: 10)")},
	{"format", "table|csv|json", N_("how it is printed (default: table)")},
	{"output", "FILE", N_("write it into this file instead of printing it")},
	{NULL, NULL, NULL},
};

const struct command COMMAND_EXPLAIN = {
	.name = "explain",
	.help = N_("say why two numbers differ, cause by cause, with the dossiers"),
	.more = N_(
		"Counts our dossiers by two rules, or ours against another program's list, which is counted as we "
		"count. Exit status 1 where anything differs."),
	.options = EXPLAIN_OPTIONS,
	.run = run_explain,
};
