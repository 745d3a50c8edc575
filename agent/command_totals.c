#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/session.h"
#include "agent/tally.h"
#include "config/datadir.h"
#include "config/messages.h"
#include "config/periods.h"
#include "config/rules.h"
#include "config/totals_words.h"
#include "protocol/tables/writer.h"

enum { NAME = 160, SUBJECT = LIMIT_UNIT + NAME + 2 };

enum report_format { REPORT_TABLE, REPORT_CSV, REPORT_JSON };

/* What was asked, and what is printed of it. */
struct report {
	struct tally_query query;
	struct count_rule rule;
	enum report_format format;
	struct tally tally;
	struct totals_group_view *groups;
	char name[NAME];
	char subject[SUBJECT];
	char hash[RULE_HASH_TEXT];
};

static enum status choose_format(const struct invocation *inv, enum report_format *ret_format)
{
	const char *format = option_value(inv, "format");
	*ret_format = inv->json ? REPORT_JSON : REPORT_TABLE;
	if (format == NULL)
		return STATUS_OK;
	if (strcmp(format, "json") == 0)
		*ret_format = REPORT_JSON;
	else if (strcmp(format, "csv") == 0 && !inv->json)
		*ret_format = REPORT_CSV;
	else if (strcmp(format, "table") != 0 || inv->json)
		return STATUS_USAGE;
	return STATUS_OK;
}

/* EXIT_DONE, or the exit status after saying why. */
static int choose_rule(const struct invocation *inv, struct report *report)
{
	const char *name = option_value(inv, "rule");
	struct rule_fault fault;
	char *dir = path_join(inv->data, "rules");
	enum status s = dir == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK)
		s = rule_read(name == NULL ? COUNT_FORM06.name : name, dir, &report->rule, &fault);
	free(dir);
	if (s == STATUS_EMPTY && (name == NULL || strcmp(name, COUNT_FORM06.name) == 0)) {
		report->rule = COUNT_FORM06;
		s = STATUS_OK;
	}
	report->query.rule = &report->rule;
	if (s == STATUS_EMPTY)
		return say_error(STATUS_USAGE,
				 _("--rule names no rule of counting; a rule is a file NAME.ini, and form06 and "
				   "index766 come with the program."));
	const char *advice = _("Correct the file, or give another --rule.");
	if (s == STATUS_SETTINGS && fault.settings.line > 0)
		return say_error_advice(s, advice, _("%s, line %d: %s"), fault.path, fault.settings.line,
					fault.settings.what);
	if (s == STATUS_SETTINGS)
		return say_error_advice(s, advice, "%s: %s", fault.path, fault.settings.what);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

static int read_options(const struct invocation *inv, struct report *report)
{
	struct period_request request = period_request_of(inv);
	const char *by = option_value(inv, "by");
	const char *problem = NULL;
	if (choose_format(inv, &report->format) != STATUS_OK)
		return say_error(STATUS_USAGE, _("--format takes table, csv or json, and --json means json."));
	if (by != NULL && tally_by_parse(by, &report->query.by) != STATUS_OK)
		return say_error(STATUS_USAGE, _("--by takes unit, domain, procedure, channel, month or day."));
	if (period_choose(&request, report->query.today, &report->query.period, &problem) != STATUS_OK)
		return say_error(STATUS_USAGE, "%s", problem);
	return choose_rule(inv, report);
}

static enum status read_name(const struct agent *a, struct report *report)
{
	struct bytes name = bytes_new(NAME - 1);
	enum status s = store_text(a->db, STORE_UNIT_NAME, &name);
	if (s == STATUS_LIMIT)
		s = STATUS_OK; /* cut to fit */
	if (s == STATUS_OK && name.len > 0)
		memcpy(report->name, name.data, name.len);
	bytes_free(&name);
	(void)snprintf(report->subject, sizeof(report->subject), "%s %s", a->unit, report->name);
	return s;
}

static const char *title_of(const struct report *report, const struct tally_group *g)
{
	if (g->key[0] == '\0')
		return _("unstated");
	const struct field_spec *spec = schema_field(FIELD_CHANNEL);
	int64_t channel = 0;
	bool vietnamese = report->query.by == TALLY_BY_CHANNEL && strcmp(messages_language(), "vi") == 0;
	if (vietnamese && schema_word(spec, g->key, strlen(g->key), &channel) == STATUS_OK)
		return schema_word_vi(spec, channel);
	return NULL;
}

/* The name in the document, which needs no translation. */
static const char *name_of(const struct report *report, const struct agent *a, const struct tally_group *g)
{
	bool own = report->query.by <= TALLY_BY_UNIT && strcmp(g->key, a->unit) == 0;
	if (own)
		return report->name;
	return g->key[0] == '\0' ? "unstated" : g->key;
}

static struct totals_group_view view_of(const struct cells *cells, const char *key, const char *name,
					const char *title)
{
	return (struct totals_group_view){
		.key = key,
		.name = name,
		.title = title,
		.cells = cells,
		.units_expected = TOTALS_UNITS_UNKNOWN,
		.units_reporting = TOTALS_UNITS_UNKNOWN,
	};
}

static const char *heading_of(enum tally_by by)
{
	switch (by) {
	case TALLY_BY_NONE:
	case TALLY_BY_UNIT:
		break;
	case TALLY_BY_DOMAIN:
		return _("domain");
	case TALLY_BY_PROCEDURE:
		return _("procedure");
	case TALLY_BY_CHANNEL:
		return _("channel");
	case TALLY_BY_MONTH:
		return _("month");
	case TALLY_BY_DAY:
		return _("day");
	}
	return _("unit");
}

static enum status print_view(const struct report *report, const struct totals_view *view)
{
	char span[TOTALS_SPAN];
	switch (report->format) {
	case REPORT_TABLE: {
		struct totals_labels labels =
			totals_words(heading_of(report->query.by),
				     totals_words_span(view->period, view->as_of, view->rule, span));
		return totals_view_text(view, &labels, stdout);
	}
	case REPORT_CSV:
		return totals_view_csv(view, stdout);
	case REPORT_JSON:
		totals_view_json(view, stdout);
		break;
	}
	return STATUS_OK;
}

static enum status print(const struct agent *a, struct report *report)
{
	const struct tally *t = &report->tally;
	report->groups = calloc(t->n_groups + 1, sizeof(*report->groups));
	if (report->groups == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < t->n_groups; i++) {
		const struct tally_group *g = &t->groups[i];
		report->groups[i] = view_of(&g->cells, g->key, name_of(report, a, g), title_of(report, g));
	}
	rule_hash_format(&report->rule, report->hash);
	const struct totals_view view = {
		.period = report->query.period,
		.as_of = t->as_of,
		.rule = &report->rule,
		.rule_hash = report->hash,
		.subject = report->subject,
		.n_groups = t->n_groups,
		.groups = report->groups,
		.total = view_of(&t->total, a->unit, report->name, NULL),
	};
	enum status s = print_view(report, &view);
	return s == STATUS_OK ? writer_status(stdout) : s;
}

static int run(const struct agent *a, struct report *report)
{
	enum status s = read_name(a, report);
	if (s == STATUS_OK)
		s = tally_compute(a, &report->query, &report->tally);
	if (s == STATUS_LIMIT)
		return say_error(STATUS_USAGE, "%s",
				 _("--by month and --by day make at most 3700 rows; take a shorter period."));
	if (s == STATUS_OK)
		s = print(a, report);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

int command_totals(struct invocation *inv)
{
	struct session session;
	struct report report = {.format = REPORT_TABLE};
	int exit_status = session_prepare(inv, false, &session);
	if (exit_status == EXIT_DONE) {
		report.query.today = date_of(session.world.now_ms(session.world.context));
		exit_status = read_options(inv, &report);
	}
	if (exit_status == EXIT_DONE)
		exit_status = session_enter(inv, &session);
	if (exit_status == EXIT_DONE)
		exit_status = run(session.agent, &report);
	tally_clear(&report.tally);
	free(report.groups);
	session_close(&session);
	return exit_status;
}
