#include "hub/commands_report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/wording.h"
#include "hub/commands.h"
#include "hub/equipment_list.h"
#include "hub/reading.h"
#include "hub/report_equipment.h"
#include "hub/report_indicators.h"
#include "hub/targets.h"

#define REQUIRED_BY_DEFAULT "computer=1,scanner=1"

static int32_t earlier(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static enum status ask_equipment(const struct invocation *inv, const struct reading *reading,
				 struct equipment_query *ret_query)
{
	struct equipment_query query = {.as_of = reading->today, .today = reading->today, .level = LEVEL_COMMUNE};
	const char *as_of = option_value(inv, "as-of");
	if (as_of != NULL && date_parse(as_of, strlen(as_of), &query.as_of) != STATUS_OK)
		return reading_misused(_("--as-of takes a day as YYYY-MM-DD."));
	const char *level = option_value(inv, "level");
	if (level != NULL)
		query.level = unit_level_of(level, strlen(level));
	if (unit_level_name(query.level)[0] == '\0')
		return reading_misused(_("--level takes province, department, district or commune."));
	const char *required = option_value(inv, "require");
	if (required == NULL)
		required = REQUIRED_BY_DEFAULT;
	if (equipment_required_parse(required, query.required) != STATUS_OK)
		return reading_misused(
			_("--require takes types and counts, each type once: computer=1,scanner=1."));
	*ret_query = query;
	return STATUS_OK;
}

enum equipment_form { FORM_SUMMARY, FORM_ASSETS, FORM_MISSING };

/* What is printed: the summary, or one of the lists. */
struct equipment_view {
	enum equipment_form form;
	enum equipment_choice choice;
	int32_t warranty_until;
};

static enum status ask_view(const struct invocation *inv, struct equipment_view *ret_view)
{
	struct equipment_view view = {.warranty_until = DAY_UNSET};
	const char *list = option_value(inv, "list");
	const char *until = option_value(inv, "warranty-until");
	if (list != NULL && strcmp(list, "missing") == 0)
		view.form = FORM_MISSING;
	else if (list != NULL || until != NULL)
		view.form = FORM_ASSETS;
	if (list != NULL && strcmp(list, "faulty") == 0)
		view.choice = EQUIPMENT_FAULTY;
	else if (list != NULL && strcmp(list, "all") != 0 && view.form != FORM_MISSING)
		return reading_misused(_("--list takes faulty, missing or all."));
	if (until != NULL && date_parse(until, strlen(until), &view.warranty_until) != STATUS_OK)
		return reading_misused(_("--warranty-until takes a day as YYYY-MM-DD."));
	if (until != NULL && view.form == FORM_MISSING)
		return reading_misused(_("What is missing has no warranty: leave out one of the two options."));
	*ret_view = view;
	return STATUS_OK;
}

/* Only HTML shows what the single assets add up to. */
static enum status print_summary(const struct reading *reading, const struct equipment_query *query,
				 const struct output *output)
{
	const struct registry *r = reading->hub->registry;
	struct equipment_report report = {0};
	struct asset_list assets = {0};
	bool charts = output->format == REPORT_HTML;
	enum status s = equipment_compute(reading->hub->db, r, query, &report);
	if (s == STATUS_OK && charts)
		s = equipment_list(reading->hub->db, r, query, EQUIPMENT_ALL, DAY_UNSET, &assets);
	if (s == STATUS_OK && output->format == REPORT_JSON)
		equipment_print_json(&report, output->stream);
	else if (s == STATUS_OK)
		s = equipment_print(&report, charts ? &assets : NULL, r, output->format, output->stream);
	asset_list_free(&assets);
	return s;
}

static enum status print_assets(const struct reading *reading, const struct equipment_query *query,
				const struct equipment_view *view, const struct output *output)
{
	const struct registry *r = reading->hub->registry;
	struct asset_list list = {0};
	enum status s = equipment_list(reading->hub->db, r, query, view->choice, view->warranty_until, &list);
	if (s == STATUS_OK && output->format == REPORT_JSON)
		asset_list_print_json(&list, r, output->stream);
	else if (s == STATUS_OK)
		s = asset_list_print(&list, query, r, output->format, output->stream);
	asset_list_free(&list);
	return s;
}

static enum status print_view(const struct reading *reading, const struct equipment_query *query,
			      const struct equipment_view *view, const struct output *output)
{
	switch (view->form) {
	case FORM_SUMMARY:
		return print_summary(reading, query, output);
	case FORM_ASSETS:
		return print_assets(reading, query, view, output);
	case FORM_MISSING:
		return missing_print(reading->hub->db, reading->hub->registry, query, output->format,
				     output->stream);
	}
	return STATUS_USAGE;
}

static int run_report_equipment(struct invocation *inv)
{
	struct reading reading;
	struct equipment_query query = {0};
	struct equipment_view view = {.form = FORM_SUMMARY};
	struct output output = {0};
	int exit_status = reading_start(inv, &reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(output_choose(inv, &output));
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_equipment(inv, &reading, &query));
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_view(inv, &view));
	reading.units_day = query.as_of;
	if (exit_status == EXIT_DONE)
		exit_status = reading_open_output(inv, &reading, &output);
	if (exit_status != EXIT_DONE)
		return exit_status;
	query.unit = reading.unit;
	exit_status = output_close(&output, print_view(&reading, &query, &view, &output));
	reading_close(&reading);
	return exit_status;
}

static enum status ask_indicator(const struct invocation *inv, const struct reading *reading,
				 struct indicator_query *ret_query)
{
	struct indicator_query query = {.name = option_value(inv, "name"), .period = option_value(inv, "period")};
	if (query.name == NULL || query.period == NULL)
		return reading_misused(_("The report needs --name and --period."));
	struct period days;
	if (period_parse(query.period, strlen(query.period), &days) != STATUS_OK)
		return reading_misused(_("--period takes YYYY, YYYY-MM, YYYY-Qn, YYYY-Hn or YYYY-MM-DD."));
	query.as_of = earlier(days.to, reading->today);
	*ret_query = query;
	return STATUS_OK;
}

static int say_targets_fault(const char *path, const struct indicator_query *query, enum status s,
			     const struct targets_fault *fault)
{
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Its columns are name, period and target."),
					_("%s has no target for %s, %s."), path, query->name, query->period);
	if (s == STATUS_REFUSED && fault->line > 0)
		return say_error(s, _("%s, row %lld: %s"), path, (long long)fault->line,
				 wording_reason(fault->reason));
	return say_error(s, "%s: %s", path,
			 s == STATUS_REFUSED ? wording_reason(fault->reason) : status_sentence(s));
}

/* --targets, where it is given. EXIT_DONE, or the exit status after saying why. */
static int read_target(const struct invocation *inv, struct indicator_query *query)
{
	const char *path = option_value(inv, "targets");
	struct targets_fault fault = {0};
	if (path == NULL)
		return EXIT_DONE;
	FILE *file = fopen(path, "rbe");
	if (file == NULL)
		return say_error(status_of_errno(errno), _("The file %s cannot be read."), path);
	enum status s = targets_find(file, query->name, query->period, &query->target, &fault);
	(void)fclose(file); /* only read */
	query->has_target = s == STATUS_OK;
	return s == STATUS_OK ? EXIT_DONE : say_targets_fault(path, query, s, &fault);
}

static int run_report_indicators(struct invocation *inv)
{
	struct reading reading;
	struct indicator_query query = {0};
	struct indicator_report report = {0};
	struct output output = {0};
	int exit_status = reading_start(inv, &reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(output_choose(inv, &output));
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_indicator(inv, &reading, &query));
	if (exit_status == EXIT_DONE)
		exit_status = read_target(inv, &query);
	reading.units_day = query.as_of;
	if (exit_status == EXIT_DONE)
		exit_status = reading_open_output(inv, &reading, &output);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const struct registry *r = reading.hub->registry;
	query.unit = reading.unit;
	enum status s = indicator_compute(reading.hub->db, r, &query, &report);
	if (s == STATUS_OK && output.format == REPORT_JSON)
		indicator_print_json(&report, r, output.stream);
	else if (s == STATUS_OK)
		s = indicator_print(&report, r, output.format, output.stream);
	exit_status = output_close(&output, s);
	indicator_clear(&report);
	reading_close(&reading);
	return exit_status;
}

static const struct option_spec EQUIPMENT_OPTIONS[] = {
	{"as-of", "YYYY-MM-DD", N_("the day (default: today)")},
	{"require", "TYPE=N,...", N_("what each unit should have (default: computer=1,scanner=1)")},
	{"level", "LEVEL", N_("which units are counted (default: commune)")},
	{"list", "faulty|missing|all", N_("list the equipment there that day, or what units lack")},
	{"warranty-until", "YYYY-MM-DD", N_("list what has a warranty that ends from that day up to this one")},
	UNIT_OPTION,
	KNOWN_OPTION,
	OUTPUT_OPTIONS,
	{NULL, NULL, NULL},
};

static const struct option_spec INDICATORS_OPTIONS[] = {
	{"name", "NAME", N_("the indicator")},
	{"period", "PERIOD", N_("its period, written as in the reports: 2024-Q2")},
	{"targets", "FILE", N_("say where its target is met: a CSV file of name, period, target in percent")},
	UNIT_OPTION,
	KNOWN_OPTION,
	OUTPUT_OPTIONS,
	{NULL, NULL, NULL},
};

const struct command COMMAND_REPORT_EQUIPMENT = {
	.name = "report equipment",
	.help = N_("tell which units have the equipment they should"),
	.options = EQUIPMENT_OPTIONS,
	.run = run_report_equipment,
};

const struct command COMMAND_REPORT_INDICATORS = {
	.name = "report indicators",
	.help = N_("print one indicator: own reports beside the sum of the units below"),
	.options = INDICATORS_OPTIONS,
	.run = run_report_indicators,
};
