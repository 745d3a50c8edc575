#include "hub/commands_close.h"

#include <stdlib.h>
#include <string.h>

#include "config/messages.h"
#include "config/periods.h"
#include "config/wording.h"
#include "hub/close.h"
#include "hub/closing_count.h"
#include "hub/commands.h"
#include "hub/commands_count.h"
#include "hub/periods_print.h"
#include "hub/reading.h"
#include "hub/totals.h"

enum { RULES_MAX = 8 };

struct rules {
	size_t n;
	struct count_rule at[RULES_MAX];
};

/* NAME,NAME: each a rule; without, form06. */
static enum status ask_rules(const struct invocation *inv, struct rules *ret_rules)
{
	const char *at = option_value(inv, "rule");
	ret_rules->n = 0;
	if (at == NULL)
		at = COUNT_FORM06.name;
	enum status s = STATUS_OK;
	for (bool more = true; more && s == STATUS_OK;) {
		char name[RULE_NAME + 2];
		size_t len = strcspn(at, ",");
		(void)snprintf(name, sizeof(name), "%.*s", (int)(len > RULE_NAME ? RULE_NAME + 1 : len), at);
		if (ret_rules->n == RULES_MAX)
			return reading_misused(_("--rule takes at most 8 rules."));
		s = counting_rule(inv, name, &ret_rules->at[ret_rules->n++]);
		more = at[len] == ',';
		at += len + 1;
	}
	return s;
}

static bool asks_period(const struct period_request *request)
{
	bool any = request->from != NULL || request->to != NULL;
	for (int i = 0; i < PERIOD_OPTION_COUNT; i++)
		any = any || request->named[i] != NULL;
	return any;
}

static enum status ask_period(const struct invocation *inv, struct period *ret_period, bool *ret_asked)
{
	struct period_request request = period_request_of(inv);
	const struct hub_world *world = &commands_program(inv)->world;
	const char *problem = NULL;
	*ret_asked = asks_period(&request);
	if (period_choose(&request, date_of(world->now_ms(world->context)), ret_period, &problem) != STATUS_OK)
		return reading_misused(problem);
	return STATUS_OK;
}

static void print_closed(const struct closing *c, bool json)
{
	struct closing_row total = {.cells = closing_total(c)};
	for (size_t i = 0; i < c->n_rows; i++)
		total.carried_over += c->rows[i].carried_over;
	if (!json) {
		closing_print_heading(c, stdout);
		(void)printf(_("received %lld, carried in %lld, done %lld, open %lld\n"),
			     (long long)total.cells.received, (long long)total.cells.carried_in,
			     (long long)total.cells.done, (long long)total.cells.open);
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	closing_print_members(&w, c);
	json_key(&w, "reported");
	correction_print_change(&w, &total);
	json_object_end(&w);
	json_end_line(&w);
}

static int say_not_closed(enum status s, const struct close_plan *plan, const struct closing *before)
{
	char text[WORDING_TIME];
	if (s == STATUS_EXISTS)
		return say_error_advice(s,
					_("Later changes stand in 'motcua-hub periods'. Where the report is sent "
					  "again with new numbers, close it with --again."),
					_("This period was closed by the rule %s on %s."), plan->rule->name,
					wording_time(before->at, text));
	if (s == STATUS_USAGE)
		return say_error_advice(s, _("Close it on that day or later."), _("The period lasts until %s."),
					date_format(plan->period.to, text));
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Read the list of units in: motcua-hub units import FILE"),
					_("There are no units yet."));
	return say_error(s, NULL);
}

static int close_all(struct hub *hub, const char *who, struct close_plan *plan, const struct rules *rules,
		     bool json)
{
	for (size_t i = 0; i < rules->n; i++) {
		struct closing closing = {0};
		plan->rule = &rules->at[i];
		enum status s = close_period(hub, who, plan, &closing);
		int exit_status = s == STATUS_OK ? EXIT_DONE : say_not_closed(s, plan, &closing);
		if (s == STATUS_OK)
			print_closed(&closing, json);
		closing_clear(&closing);
		if (exit_status != EXIT_DONE)
			return exit_status;
	}
	return reading_end(STATUS_OK);
}

static int run_close(struct invocation *inv)
{
	struct close_plan plan = {.again = option_flag(inv, "again")};
	struct rules rules = {0};
	bool asked = false;
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_period(inv, &plan.period, &asked));
	if (exit_status == EXIT_DONE && !asked)
		exit_status = status_exit(reading_misused(_("Say which period: --month 2024-05, for example.")));
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_rules(inv, &rules));
	struct hub *hub = exit_status == EXIT_DONE ? commands_enter(inv, true, &exit_status) : NULL;
	if (hub == NULL)
		return exit_status;
	exit_status = close_all(hub, commands_program(inv)->who, &plan, &rules, inv->json);
	hub_close(hub);
	return exit_status;
}

/* --- periods --- */

struct wanted {
	bool any; /* a period was asked for */
	struct period period;
	const char *rule; /* NULL: every */
};

static bool is_wanted(const struct wanted *wanted, const struct closing_ref *ref)
{
	if (wanted->any && (wanted->period.from != ref->period.from || wanted->period.to != ref->period.to))
		return false;
	return ref->last && (wanted->rule == NULL || strcmp(wanted->rule, ref->rule) == 0);
}

static enum status print_period(struct hub *hub, const struct invocation *inv, const struct closing_ref *ref,
				bool first)
{
	struct periods_query query = {.unit = option_value(inv, "unit"), .data = inv->data};
	struct period_state state;
	enum status s = period_state_read(hub, ref, &query, &state);
	if (s != STATUS_OK) {
		database_rollback(hub->db);
		return s;
	}
	if (!first && !inv->json)
		(void)fputc('\n', stdout);
	if (inv->json)
		s = period_print_json(hub, &state, stdout);
	else
		s = period_print_text(hub, &state, option_flag(inv, "dossiers"), stdout);
	period_state_clear(&state);
	database_rollback(hub->db);
	return s;
}

static enum status print_periods(struct hub *hub, const struct invocation *inv, const struct wanted *wanted)
{
	struct closing_ref *refs = NULL;
	size_t n = 0;
	size_t printed = 0;
	enum status s = closing_list(hub->db, &refs, &n);
	for (size_t i = 0; i < n && s == STATUS_OK; i++) {
		if (!is_wanted(wanted, &refs[i]))
			continue;
		s = print_period(hub, inv, &refs[i], printed == 0);
		printed++;
	}
	free(refs);
	if (s == STATUS_OK && printed == 0)
		say("%s", wanted->any || wanted->rule != NULL ? _("No such period was closed.")
							      : _("No period was closed yet."));
	if (s == STATUS_USAGE)
		return reading_misused(
			_("--unit names a unit that is not in the list; 'units list' shows the codes."));
	return s;
}

/* A name that stands for another rule means that one; a closing outlives the file of its rule. */
static const char *own_name(const struct invocation *inv, const char *name, struct count_rule *rule)
{
	struct rule_fault fault;
	return name != NULL && totals_rule(name, inv->data, rule, &fault) == STATUS_OK ? rule->name : name;
}

static int run_periods(struct invocation *inv)
{
	struct count_rule rule;
	struct wanted wanted = {.rule = own_name(inv, option_value(inv, "rule"), &rule)};
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_period(inv, &wanted.period, &wanted.any));
	struct hub *hub = exit_status == EXIT_DONE ? commands_enter(inv, false, &exit_status) : NULL;
	if (hub == NULL)
		return exit_status;
	enum status s = print_periods(hub, inv, &wanted);
	hub_close(hub);
	return s == STATUS_USAGE ? status_exit(s) : reading_end(s);
}

static const struct option_spec CLOSE_OPTIONS[] = {
	PERIOD_OPTIONS,
	{"rule", "NAME,...", N_("the rules of counting (default: form06), each a closing of its own")},
	{"again", NULL, N_("freeze a further revision of a period that is closed already")},
	{NULL, NULL, NULL},
};

static const struct option_spec PERIODS_OPTIONS[] = {
	PERIOD_OPTIONS,
	UNIT_OPTION,
	{"rule", "NAME", N_("only what was closed by this rule")},
	{"dossiers", NULL, N_("list the dossiers behind every correction too")},
	{NULL, NULL, NULL},
};

const struct command COMMAND_CLOSE = {
	.name = "close",
	.help = N_("freeze what is reported of a period"),
	.more = N_(
		"What is counted now is kept as it is, signed, for the whole province. Whatever changes afterwards "
		"stands in 'periods' as a correction."),
	.options = CLOSE_OPTIONS,
	.run = run_close,
};

const struct command COMMAND_PERIODS = {
	.name = "periods",
	.help = N_("list the closed periods, and what has changed of them since, and why"),
	.options = PERIODS_OPTIONS,
	.run = run_periods,
};
