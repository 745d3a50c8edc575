/* What operators did and what was refused: the commands that read the log itself. */
#include <stdio.h>
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/acts_list.h"
#include "hub/commands.h"
#include "hub/commands_lists.h"
#include "hub/refusals.h"
#include "hub/retry.h"
#include "protocol/tables/writer.h"

struct printing {
	int64_t lines;
	bool keys; /* of refused records */
	struct json_writer w;
	struct table *table; /* NULL: JSON */
};

static void member_slice(struct json_writer *w, const char *key, struct slice text)
{
	json_key(w, key);
	if (text.len > 0)
		json_text(w, text);
	else
		json_null(w);
}

static void put_slice(struct table *t, struct slice text)
{
	char cell[LIMIT_KEY + 1];
	(void)snprintf(cell, sizeof(cell), "%.*s", (int)text.len, (const char *)text.data);
	table_cell(t, cell);
}

/* After a list: what became of it and of the stream. */
static int end_list(struct hub *hub, struct printing *p, enum status s, const char *nothing)
{
	if (s == STATUS_OK && p->table != NULL)
		s = table_status(p->table);
	if (s == STATUS_OK && p->lines > 0)
		table_print_text(p->table, stdout);
	else if (s == STATUS_OK)
		say("%s", nothing);
	table_free(p->table);
	hub_close(hub);
	if (s == STATUS_OK)
		s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

static enum status print_act_json(void *context, const struct act_line *line)
{
	struct printing *p = context;
	const struct act_subject *subject = &line->subject;
	char at[INSTANT_TEXT];
	char id[2 * DEVICE_ID_LEN + 1];
	p->lines++;
	json_object(&p->w);
	json_member_int(&p->w, "entry", line->entry);
	json_member_str(&p->w, "at", time_format(line->at, at));
	member_slice(&p->w, "who", line->who);
	json_member_str(&p->w, "type", line->name);
	member_slice(&p->w, "unit", subject->unit);
	json_member_str(&p->w, "device",
			subject->has_device ? hex_format(subject->device, DEVICE_ID_LEN, id) : NULL);
	member_slice(&p->w, "key", subject->key);
	json_key(&p->w, "count");
	if (subject->has_count)
		json_int(&p->w, subject->count);
	else
		json_null(&p->w);
	json_object_end(&p->w);
	json_end_line(&p->w);
	return STATUS_OK;
}

static enum status print_act_row(void *context, const struct act_line *line)
{
	struct printing *p = context;
	const struct act_subject *subject = &line->subject;
	char at[WORDING_TIME];
	char id[2 * DEVICE_ID_LEN + 1];
	p->lines++;
	table_row(p->table);
	table_cell_int(p->table, line->entry);
	table_cell(p->table, wording_time(line->at, at));
	put_slice(p->table, line->who);
	table_cell(p->table, wording_act(line->name));
	put_slice(p->table, subject->unit.len > 0 ? subject->unit : subject->key);
	table_cell(p->table, subject->has_device ? hex_format(subject->device, DEVICE_ID_LEN, id) : "");
	if (subject->has_count)
		table_cell_int(p->table, subject->count);
	else
		table_cell(p->table, "");
	return STATUS_OK;
}

/* Without a day of its own a side is open: the list is of everything. */
static enum status choose_days(const struct invocation *inv, struct period *ret_days)
{
	const char *from = option_value(inv, "from");
	const char *to = option_value(inv, "to");
	struct period days = {.from = INT32_MIN, .to = INT32_MAX};
	const char *problem = NULL;
	if (from != NULL && date_parse(from, strlen(from), &days.from) != STATUS_OK)
		problem = _("--from takes a day as YYYY-MM-DD.");
	else if (to != NULL && date_parse(to, strlen(to), &days.to) != STATUS_OK)
		problem = _("--to takes a day as YYYY-MM-DD.");
	else if (days.to < days.from)
		problem = _("The period ends before it begins.");
	*ret_days = days;
	if (problem == NULL)
		return STATUS_OK;
	(void)say_error(STATUS_USAGE, "%s", problem); /* the exit status follows from what is returned */
	return STATUS_USAGE;
}

static int run_acts(struct invocation *inv)
{
	struct period days;
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(choose_days(inv, &days));
	struct hub *hub = exit_status == EXIT_DONE ? commands_enter(inv, false, &exit_status) : NULL;
	if (hub == NULL)
		return exit_status;
	const char *const headings[] = {_("Entry"), _("When"),   _("Who"),  _("What"),
					_("About"), _("Device"), _("Count")};
	const bool numeric[] = {true, false, false, false, false, false, true};
	struct printing p = {.w = json_writer_new(stdout),
			     .table = inv->json ? NULL : table_new(7, headings, numeric)};
	enum status s = acts_walk(hub, days, inv->json ? print_act_json : print_act_row, &p);
	return end_list(hub, &p, s, _("Nobody did anything in these days."));
}

static const char *kind_of(const struct refusal *refusal)
{
	return refusal->change == NULL ? NULL : schema_kind_name(refusal->change->kind);
}

static struct slice key_of(const struct refusal *refusal)
{
	struct slice none = {0};
	return refusal->change == NULL ? none : refusal->change->key;
}

static enum status print_refusal_json(void *context, const struct refusal *refusal)
{
	struct printing *p = context;
	const char *why = verdict_name(refusal->why);
	char at[INSTANT_TEXT];
	char id[2 * DEVICE_ID_LEN + 1];
	p->lines++;
	json_object(&p->w);
	json_member_int(&p->w, "entry", refusal->entry);
	json_member_str(&p->w, "accepted_at", time_format(refusal->accepted_at, at));
	json_member_str(&p->w, "device", hex_format(refusal->device, DEVICE_ID_LEN, id));
	json_key(&p->w, "index");
	if (refusal->index == REFUSED_WHOLE)
		json_null(&p->w);
	else
		json_int(&p->w, refusal->index);
	json_member_str(&p->w, "reason", why);
	json_member_str(&p->w, "sentence", wording_reason(why));
	json_member_str(&p->w, "kind", kind_of(refusal));
	if (p->keys)
		member_slice(&p->w, "key", key_of(refusal));
	json_object_end(&p->w);
	json_end_line(&p->w);
	return STATUS_OK;
}

static enum status print_refusal_row(void *context, const struct refusal *refusal)
{
	struct printing *p = context;
	char at[WORDING_TIME];
	char id[2 * DEVICE_ID_LEN + 1];
	p->lines++;
	table_row(p->table);
	table_cell_int(p->table, refusal->entry);
	table_cell(p->table, wording_time(refusal->accepted_at, at));
	table_cell(p->table, hex_format(refusal->device, DEVICE_ID_LEN, id));
	if (refusal->index == REFUSED_WHOLE)
		table_cell(p->table, _("all"));
	else
		table_cell_int(p->table, refusal->index);
	table_cell(p->table, refusal->change == NULL ? "" : wording_kind(kind_of(refusal)));
	if (p->keys)
		put_slice(p->table, key_of(refusal));
	table_cell(p->table, wording_reason(verdict_name(refusal->why)));
	return STATUS_OK;
}

static int run_rejected(struct invocation *inv)
{
	bool keys = option_flag(inv, "keys");
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE && inv->n_arguments > 0 && strcmp(inv->arguments[0], "list") != 0)
		exit_status = say_error(STATUS_USAGE, _("'rejected' takes list or retry."));
	struct hub *hub = exit_status == EXIT_DONE ? commands_enter(inv, false, &exit_status) : NULL;
	if (hub == NULL)
		return exit_status;
	const char *const with[] = {_("Entry"), _("When"), _("Device"), _("Record"),
				    _("Kind"),  _("Key"),  _("Reason")};
	const char *const without[] = {_("Entry"), _("When"), _("Device"), _("Record"), _("Kind"), _("Reason")};
	const bool numeric[] = {true, false, false, true, false, false, false};
	struct printing p = {.w = json_writer_new(stdout), .keys = keys};
	if (!inv->json)
		p.table = table_new(keys ? 7 : 6, keys ? with : without, numeric);
	enum status s = database_snapshot(hub->db); /* the log is read twice */
	if (s == STATUS_OK)
		s = refusals_walk(hub, inv->json ? print_refusal_json : print_refusal_row, &p);
	return end_list(hub, &p, s, _("Nothing stands refused."));
}

static int run_rejected_retry(struct invocation *inv)
{
	struct retry_count count = {0};
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	enum status s = retry_run(hub, commands_program(inv)->who, &count);
	hub_close(hub);
	if (s == STATUS_OK && inv->json) {
		struct json_writer w = json_writer_new(stdout);
		json_object(&w);
		json_member_int(&w, "judged", count.judged);
		json_member_int(&w, "taken", count.taken);
		json_object_end(&w);
		json_end_line(&w);
		s = writer_status(stdout);
	}
	if (s != STATUS_OK)
		return say_error(s, NULL);
	say(_("Records refused for their unit: %lld, of which taken now: %lld."), (long long)count.judged,
	    (long long)count.taken);
	return EXIT_DONE;
}

static const struct option_spec ACTS_OPTIONS[] = {
	{"from", "YYYY-MM-DD", N_("first day")},
	{"to", "YYYY-MM-DD", N_("last day, included")},
	{NULL, NULL, NULL},
};

static const struct option_spec REJECTED_OPTIONS[] = {
	{"keys", NULL, N_("show the keys of the records too")},
	{NULL, NULL, NULL},
};

const struct command COMMAND_ACTS = {
	.name = "acts",
	.help = N_("list who did what and when"),
	.options = ACTS_OPTIONS,
	.run = run_acts,
};

const struct command COMMAND_REJECTED = {
	.name = "rejected",
	.arguments = "[list]",
	.help = N_("list the records that were refused at their arrival, and why"),
	.options = REJECTED_OPTIONS,
	.max_arguments = 1,
	.run = run_rejected,
};

const struct command COMMAND_REJECTED_RETRY = {
	.name = "rejected retry",
	.help = N_("judge records refused for their unit again, with today's list of units"),
	.run = run_rejected_retry,
};
