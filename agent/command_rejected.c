#include "agent/commands.h"

#include <stdio.h>
#include <string.h>

#include "agent/describe.h"
#include "agent/queue.h"
#include "agent/rejected.h"
#include "agent/session.h"
#include "config/messages.h"
#include "config/wording.h"

enum { REJECTED_COLUMNS = 7, NAME_TEXT = LIMIT_TEXT + 1, RECORD_BYTES = 64 * 1024 };

struct printing {
	const struct agent *agent;
	struct table *table; /* NULL: JSON */
	struct json_writer json;
	bool found;
};

static void name_cell(struct table *t, struct slice name)
{
	char text[NAME_TEXT];
	size_t len = name.len < NAME_TEXT - 1 ? name.len : NAME_TEXT - 1;
	if (len > 0)
		memcpy(text, name.data, len);
	text[len] = '\0';
	table_cell(t, text);
}

/* What a change that the hub refused was about; a row of a file is found by its number. */
static enum status key_cell(const struct printing *p, int64_t change)
{
	struct bytes record = bytes_new(RECORD_BYTES);
	struct change c;
	enum status s = change == 0 ? STATUS_EMPTY : queue_record(p->agent, change, &record);
	if (s == STATUS_OK)
		s = change_decode(bytes_slice(&record), &c);
	name_cell(p->table, s == STATUS_OK ? c.key : slice_str(""));
	bytes_free(&record);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

static enum status print_row(void *context, const struct rejection *r)
{
	struct printing *p = context;
	char at[WORDING_TIME];
	p->found = true;
	table_row(p->table);
	table_cell_int(p->table, r->id);
	table_cell(p->table, wording_time(r->at, at));
	table_cell(p->table, r->file == NULL ? _("hub") : r->file);
	if (r->line == 0)
		table_cell(p->table, "");
	else
		table_cell_int(p->table, r->line);
	enum status s = key_cell(p, r->change);
	name_cell(p->table, r->name);
	table_cell(p->table, wording_reason(r->reason));
	return s;
}

/* The record: what was kept of the row, or the change the hub refused. */
static enum status print_record(struct printing *p, const struct rejection *r)
{
	struct json_writer *w = &p->json;
	json_key(w, "record");
	if (r->change == 0 && r->record.len > 0) {
		/* It is a JSON object already, as row_recognised_json() wrote it. */
		(void)fwrite(r->record.data, 1, r->record.len, w->out); /* output is checked when it is flushed */
		w->after_key = false;
		return STATUS_OK;
	}
	struct bytes record = bytes_new(RECORD_BYTES);
	struct change c;
	enum status s = queue_record(p->agent, r->change, &record);
	if (s == STATUS_OK)
		s = change_decode(bytes_slice(&record), &c);
	if (s == STATUS_OK)
		describe_change_json(w, &c);
	else
		json_null(w);
	bytes_free(&record);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

static enum status print_object(void *context, const struct rejection *r)
{
	struct printing *p = context;
	struct json_writer *w = &p->json;
	char instant[INSTANT_TEXT];
	p->found = true;
	json_object(w);
	json_member_int(w, "number", r->id);
	json_member_str(w, "at", time_format(r->at, instant));
	json_member_str(w, "by", r->change != 0 ? "hub" : "agent");
	json_member_str(w, "file", r->file);
	json_key(w, "row");
	if (r->line == 0)
		json_null(w);
	else
		json_int(w, r->line);
	json_key(w, "column");
	if (r->name.len == 0)
		json_null(w);
	else
		json_text(w, r->name);
	json_member_str(w, "reason", r->reason);
	json_member_str(w, "explanation", wording_reason(r->reason));
	enum status s = print_record(p, r);
	json_object_end(w);
	json_end_line(w);
	return s;
}

static int list(const struct agent *a, bool json)
{
	const char *const headings[REJECTED_COLUMNS] = {_("No."), _("When"),   _("File"), _("Row"),
							_("Key"), _("Column"), _("Why")};
	const bool numeric[REJECTED_COLUMNS] = {true, false, false, true, false, false, false};
	struct printing p = {.agent = a, .json = json_writer_new(stdout)};
	if (!json) {
		p.table = table_new(REJECTED_COLUMNS, headings, numeric);
		if (p.table == NULL)
			return say_error(STATUS_NO_MEMORY, NULL);
	}
	enum status s = rejected_each(a->db, 0, json ? print_object : print_row, &p);
	if (s == STATUS_OK && p.table != NULL && p.found)
		table_print_text(p.table, stdout);
	table_free(p.table);
	if (s == STATUS_OK && !p.found)
		say("%s", _("Nothing was refused."));
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

static int say_missing(enum status s, int64_t id)
{
	if (s != STATUS_EMPTY)
		return say_error(s, NULL);
	return say_error_advice(s, _("'rejected list' shows the numbers."),
				_("Nothing refused has the number %lld."), (long long)id);
}

static int show(const struct agent *a, int64_t id)
{
	struct printing p = {.agent = a, .json = json_writer_new(stdout)};
	enum status s = rejected_each(a->db, id, print_object, &p);
	if (s == STATUS_OK && !p.found)
		s = STATUS_EMPTY;
	return s == STATUS_OK ? EXIT_DONE : say_missing(s, id);
}

static int discard(const struct agent *a, int64_t id)
{
	enum status s = rejected_discard(a->db, id);
	return s == STATUS_OK ? EXIT_DONE : say_missing(s, id);
}

enum choice { CHOICE_NONE, CHOICE_LIST, CHOICE_SHOW, CHOICE_DISCARD };

static enum choice choose(const struct invocation *inv, long long *ret_id)
{
	const char *verb = inv->n_arguments > 0 ? inv->arguments[0] : "list";
	if (strcmp(verb, "list") == 0)
		return inv->n_arguments < 2 ? CHOICE_LIST : CHOICE_NONE;
	if (inv->n_arguments < 2 || option_number(inv->arguments[1], 1, INT64_MAX, ret_id) != STATUS_OK)
		return CHOICE_NONE;
	if (strcmp(verb, "show") == 0)
		return CHOICE_SHOW;
	return strcmp(verb, "discard") == 0 ? CHOICE_DISCARD : CHOICE_NONE;
}

static int carry_out(enum choice choice, const struct agent *a, int64_t id, bool json)
{
	switch (choice) {
	case CHOICE_NONE:
		break;
	case CHOICE_LIST:
		return list(a, json);
	case CHOICE_SHOW:
		return show(a, id);
	case CHOICE_DISCARD:
		return discard(a, id);
	}
	return EXIT_WRONG_USE;
}

int command_rejected(struct invocation *inv)
{
	struct session session;
	long long id = 0;
	enum choice choice = choose(inv, &id);
	int exit_status = session_prepare(inv, false, &session);
	if (exit_status == EXIT_DONE && choice == CHOICE_NONE)
		exit_status = say_error(STATUS_USAGE,
					_("It is 'rejected list', 'rejected show N' or 'rejected discard N'."));
	else if (exit_status == EXIT_DONE)
		exit_status = session_enter(inv, &session);
	if (exit_status == EXIT_DONE)
		exit_status = carry_out(choice, session.agent, id, inv->json);
	session_close(&session);
	return exit_status;
}
