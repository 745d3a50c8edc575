#include "hub/commands_report.h"

#include <string.h>

#include "config/messages.h"
#include "hub/commands.h"
#include "hub/periods.h"
#include "hub/report_equipment.h"
#include "hub/report_indicators.h"
#include "hub/totals.h"
#include "protocol/tables/writer.h"

#define REQUIRED_BY_DEFAULT "computer=1,scanner=1"

/* A report under way: first what every report asks, then the hub in one snapshot. */
struct reading {
	struct hub *hub;
	int32_t today;
	int unit;
	bool json;
};

/* Says what is wrong with the command line. */
static enum status wrong_use(const char *problem)
{
	(void)say_error(STATUS_USAGE, "%s", problem); /* the exit status follows from what is returned */
	return STATUS_USAGE;
}

static enum status choose_format(const struct invocation *inv, bool *ret_json)
{
	const char *format = option_value(inv, "format");
	*ret_json = inv->json;
	if (format == NULL || strcmp(format, "table") == 0)
		return STATUS_OK;
	if (strcmp(format, "json") != 0)
		return wrong_use(
			_("--format takes table or json; csv, xlsx and html are not made by this version."));
	*ret_json = true;
	return STATUS_OK;
}

static void close_reading(struct reading *reading)
{
	hub_close(reading->hub);
	reading->hub = NULL;
}

static enum status choose_unit(const struct invocation *inv, struct reading *reading)
{
	const struct registry *r = reading->hub->registry;
	const char *code = option_value(inv, "unit");
	reading->unit = code == NULL ? registry_province(r) : registry_find_unit(r, slice_str(code));
	if (reading->unit != UNIT_NONE)
		return STATUS_OK;
	if (code != NULL)
		return wrong_use(_("--unit names a unit that is not in the list; 'units list' shows the codes."));
	/* As above. */
	(void)say_error_advice(STATUS_EMPTY, _("Read the list of units in: motcua-hub units import FILE"),
			       _("There are no units yet."));
	return STATUS_EMPTY;
}

/* Settings, and what of the line can be judged without a hub. EXIT_DONE, or the exit status after saying why. */
static int begin_reading(struct invocation *inv, struct reading *ret_reading)
{
	const struct hub_world *world = &commands_program(inv)->world;
	struct reading reading = {.unit = UNIT_NONE, .today = date_of(world->now_ms(world->context))};
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(choose_format(inv, &reading.json));
	*ret_reading = reading;
	return exit_status;
}

/* Everything is read in one snapshot, the list of units too. EXIT_DONE with a hub to close, or the exit status. */
static int open_reading(struct invocation *inv, struct reading *reading)
{
	int exit_status = EXIT_DONE;
	reading->hub = commands_enter(inv, false, &exit_status);
	if (reading->hub == NULL)
		return exit_status;
	enum status s = database_snapshot(reading->hub->db);
	if (s == STATUS_OK)
		s = registry_reload(reading->hub->registry, reading->hub->db);
	exit_status = s == STATUS_OK ? status_exit(choose_unit(inv, reading)) : say_error(s, NULL);
	if (exit_status != EXIT_DONE)
		close_reading(reading);
	return exit_status;
}

/* After printing: what became of the report and of the stream. */
static int end_of_report(enum status s)
{
	if (s == STATUS_OK)
		s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

static int32_t earlier(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static enum status ask_totals(const struct invocation *inv, const struct reading *reading,
			      struct totals_query *ret_query)
{
	struct totals_query query = {.today = reading->today, .rule = &COUNT_FORM06};
	struct period_request request = period_request_of(inv);
	const char *problem = NULL;
	if (period_choose(&request, reading->today, &query.period, &problem) != STATUS_OK)
		return wrong_use(problem);
	const char *rule = option_value(inv, "rule");
	if (rule != NULL)
		query.rule = totals_rule(rule);
	if (query.rule == NULL)
		return wrong_use(_("--rule knows form06; other rules of counting are not in this version."));
	const char *by = option_value(inv, "by");
	if (by != NULL && strcmp(by, "unit") != 0)
		return wrong_use(_("--by takes unit; other groupings are not in this version."));
	query.by = by == NULL ? TOTALS_BY_NONE : TOTALS_BY_UNIT;
	*ret_query = query;
	return STATUS_OK;
}

static int run_totals(struct invocation *inv)
{
	struct reading reading;
	struct totals_query query;
	struct totals totals = {0};
	int exit_status = begin_reading(inv, &reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_totals(inv, &reading, &query));
	if (exit_status == EXIT_DONE)
		exit_status = open_reading(inv, &reading);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const struct registry *r = reading.hub->registry;
	query.unit = reading.unit;
	enum status s = totals_compute(reading.hub->db, r, &query, &totals);
	if (s == STATUS_OK && reading.json)
		totals_print_json(&totals, r, stdout);
	else if (s == STATUS_OK)
		s = totals_print_text(&totals, r, stdout);
	exit_status = end_of_report(s);
	totals_clear(&totals);
	close_reading(&reading);
	return exit_status;
}

static enum status ask_equipment(const struct invocation *inv, const struct reading *reading,
				 struct equipment_query *ret_query)
{
	struct equipment_query query = {.as_of = reading->today, .today = reading->today, .level = LEVEL_COMMUNE};
	const char *as_of = option_value(inv, "as-of");
	if (as_of != NULL && date_parse(as_of, strlen(as_of), &query.as_of) != STATUS_OK)
		return wrong_use(_("--as-of takes a day as YYYY-MM-DD."));
	const char *level = option_value(inv, "level");
	if (level != NULL)
		query.level = unit_level_of(level, strlen(level));
	if (unit_level_name(query.level)[0] == '\0')
		return wrong_use(_("--level takes province, department, district or commune."));
	const char *required = option_value(inv, "require");
	if (required == NULL)
		required = REQUIRED_BY_DEFAULT;
	if (equipment_required_parse(required, query.required) != STATUS_OK)
		return wrong_use(_("--require takes types and counts, each type once: computer=1,scanner=1."));
	*ret_query = query;
	return STATUS_OK;
}

static int run_report_equipment(struct invocation *inv)
{
	struct reading reading;
	struct equipment_query query;
	struct equipment_report report = {0};
	int exit_status = begin_reading(inv, &reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_equipment(inv, &reading, &query));
	if (exit_status == EXIT_DONE)
		exit_status = open_reading(inv, &reading);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const struct registry *r = reading.hub->registry;
	query.unit = reading.unit;
	enum status s = equipment_compute(reading.hub->db, r, &query, &report);
	if (s == STATUS_OK && reading.json)
		equipment_print_json(&report, stdout);
	else if (s == STATUS_OK)
		s = equipment_print_text(&report, r, stdout);
	exit_status = end_of_report(s);
	close_reading(&reading);
	return exit_status;
}

static enum status ask_indicator(const struct invocation *inv, const struct reading *reading,
				 struct indicator_query *ret_query)
{
	struct indicator_query query = {.name = option_value(inv, "name"), .period = option_value(inv, "period")};
	if (query.name == NULL || query.period == NULL)
		return wrong_use(_("The report needs --name and --period."));
	struct period days;
	if (period_parse(query.period, strlen(query.period), &days) != STATUS_OK)
		return wrong_use(_("--period takes YYYY, YYYY-MM, YYYY-Qn, YYYY-Hn or YYYY-MM-DD."));
	query.as_of = earlier(days.to, reading->today);
	*ret_query = query;
	return STATUS_OK;
}

static int run_report_indicators(struct invocation *inv)
{
	struct reading reading;
	struct indicator_query query;
	struct indicator_report report = {0};
	int exit_status = begin_reading(inv, &reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_indicator(inv, &reading, &query));
	if (exit_status == EXIT_DONE)
		exit_status = open_reading(inv, &reading);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const struct registry *r = reading.hub->registry;
	query.unit = reading.unit;
	enum status s = indicator_compute(reading.hub->db, r, &query, &report);
	if (s == STATUS_OK && reading.json)
		indicator_print_json(&report, stdout);
	else if (s == STATUS_OK)
		s = indicator_print_text(&report, r, stdout);
	exit_status = end_of_report(s);
	indicator_clear(&report);
	close_reading(&reading);
	return exit_status;
}

#define UNIT_OPTION                                                                                                \
	{                                                                                                          \
		"unit", "CODE", N_("the unit and all below it (default: the province)")                            \
	}
#define FORMAT_OPTION                                                                                              \
	{                                                                                                          \
		"format", "table|json", N_("how it is printed (default: table)")                                   \
	}

static const struct option_spec TOTALS_OPTIONS[] = {
	PERIOD_OPTIONS,
	UNIT_OPTION,
	{"by", "unit", N_("one row for each unit directly below")},
	{"rule", "NAME", N_("the rule of counting (default: form06)")},
	FORMAT_OPTION,
	{NULL, NULL, NULL},
};

static const struct option_spec EQUIPMENT_OPTIONS[] = {
	{"as-of", "YYYY-MM-DD", N_("the day (default: today)")},
	{"require", "TYPE=N,...", N_("what each unit should have (default: computer=1,scanner=1)")},
	{"level", "LEVEL", N_("which units are counted (default: commune)")},
	UNIT_OPTION,
	FORMAT_OPTION,
	{NULL, NULL, NULL},
};

static const struct option_spec INDICATORS_OPTIONS[] = {
	{"name", "NAME", N_("the indicator")},
	{"period", "PERIOD", N_("its period, written as in the reports: 2024-Q2")},
	UNIT_OPTION,
	FORMAT_OPTION,
	{NULL, NULL, NULL},
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
