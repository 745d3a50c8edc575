#include "agent/commands.h"

#include <stdio.h>
#include <string.h>

#include "agent/book.h"
#include "agent/describe.h"
#include "agent/queue.h"
#include "agent/session.h"
#include "config/messages.h"
#include "protocol/count.h"
#include "protocol/tables/writer.h"

enum { CELL_TEXT_MAX = 2 * LIMIT_TEXT, DAYS_BYTES = 16 * 1024 * 1024, LIST_COLUMNS = 6 };

struct listing {
	const struct agent *agent;
	enum kind kind;
	bool unsent;
	bool late;
	bool provisional;
	int32_t due_until; /* DAY_UNSET: any */
	int32_t today;
	int64_t first_waiting; /* changes before this number are acknowledged */
	struct bytes days;
	struct table *table; /* NULL: JSON */
	struct json_writer json;
	bool found;
};

struct listed {
	enum kind kind;
	struct slice key;
	const struct resolved *facts;
	bool open;
	bool late;
	bool sent;
	int32_t due;
};

static enum status is_sent(const struct listing *l, const struct thing *t, bool *ret_sent)
{
	bool sent = true;
	for (size_t i = 0; sent && i < t->n_origins; i++) {
		if ((int64_t)t->origins[i].seq < l->first_waiting)
			continue;
		enum queue_place place = QUEUE_UNKNOWN;
		enum status s = queue_find(l->agent, (int64_t)t->origins[i].seq, &place);
		if (s != STATUS_OK)
			return s;
		sent = place == QUEUE_TAKEN || place == QUEUE_REFUSED;
	}
	*ret_sent = sent;
	return STATUS_OK;
}

/* Open and late as the province's form counts them, today. */
static enum status judge_dossier(struct listing *l, struct listed *item)
{
	struct dossier_facts facts;
	struct cells cells = {0};
	const struct count_query query = {.period = {l->today, l->today}, .as_of = l->today, .rule = &COUNT_FORM06};
	bytes_clear(&l->days);
	enum status s = dossier_facts_of(item->facts, &l->days, &facts);
	if (s != STATUS_OK)
		return s;
	count_dossier(&query, &facts, &cells);
	item->open = cells.open > 0;
	item->late = cells.open_late > 0;
	item->due = facts.due;
	return STATUS_OK;
}

static bool is_wanted(const struct listing *l, const struct listed *item)
{
	if (l->unsent && item->sent)
		return false;
	if (l->late && !item->late)
		return false;
	bool due_soon = item->open && item->due != DAY_UNSET && item->due >= l->today && item->due <= l->due_until;
	if (l->due_until != DAY_UNSET && !due_soon)
		return false;
	if (!l->provisional)
		return true;
	return item->kind == KIND_DOSSIER && item->key.len > 2 && memcmp(item->key.data, "L-", 2) == 0 &&
	       resolved_text(item->facts, FIELD_REPLACED_BY).len == 0;
}

/* The field that says how a thing of a kind stands. */
static enum field main_field(enum kind kind)
{
	return kind == KIND_DOSSIER ? FIELD_STATUS : kind == KIND_EQUIPMENT ? FIELD_STATE : FIELD_VALUE;
}

static void field_cell(struct table *t, const struct resolved *facts, enum field field)
{
	const struct write *w = facts->winner[field];
	struct bytes text = bytes_new(CELL_TEXT_MAX);
	if (w != NULL && w->value.state != VALUE_NULL)
		describe_value(schema_field(field), &w->value, &text);
	bytes_put_u8(&text, '\0');
	table_cell(t, bytes_status(&text) == STATUS_OK ? (const char *)text.data : "");
	bytes_free(&text);
}

static void slice_cell(struct table *t, struct slice text)
{
	char cell[LIMIT_KEY + 1];
	size_t len = text.len < LIMIT_KEY ? text.len : LIMIT_KEY;
	if (len > 0)
		memcpy(cell, text.data, len);
	cell[len] = '\0';
	table_cell(t, cell);
}

static const char *remark(const struct listed *item)
{
	if (resolved_void(item->facts))
		return _("taken back");
	return item->late ? _("late") : "";
}

static void print_row(struct table *t, const struct listed *item)
{
	char date[DATE_TEXT];
	table_row(t);
	slice_cell(t, item->key);
	slice_cell(t, item->facts->unit);
	field_cell(t, item->facts, main_field(item->kind));
	table_cell(t, date_format(item->due, date));
	table_cell(t, item->sent ? _("yes") : _("waiting"));
	table_cell(t, remark(item));
}

static void print_object(struct json_writer *w, const struct listed *item)
{
	char date[DATE_TEXT];
	json_object(w);
	describe_thing_json(w, item->kind, item->key);
	if (item->kind != KIND_INDICATOR) {
		json_key(w, "unit");
		json_text(w, item->facts->unit);
	}
	enum field field = main_field(item->kind);
	const struct write *main = item->facts->winner[field];
	json_key(w, schema_field(field)->name);
	if (main == NULL)
		json_null(w);
	else
		describe_value_json(w, schema_field(field), &main->value);
	if (item->kind == KIND_DOSSIER) {
		json_member_str(w, "due", item->due == DAY_UNSET ? NULL : date_format(item->due, date));
		json_key(w, "late");
		json_bool(w, item->late);
	}
	json_key(w, "void");
	json_bool(w, resolved_void(item->facts));
	json_key(w, "sent");
	json_bool(w, item->sent);
	json_object_end(w);
	json_end_line(w);
}

static enum status on_thing(void *context, enum kind kind, struct slice key, const struct thing *thing)
{
	struct listing *l = context;
	struct resolved facts = {0};
	struct listed item = {.kind = kind, .key = key, .facts = &facts, .due = DAY_UNSET};
	enum status s = book_resolve(l->agent, thing, &facts);
	if (s != STATUS_OK)
		return s;
	s = is_sent(l, thing, &item.sent);
	if (s == STATUS_OK && kind == KIND_DOSSIER)
		s = judge_dossier(l, &item);
	if (s == STATUS_OK && is_wanted(l, &item)) {
		l->found = true;
		if (l->table != NULL)
			print_row(l->table, &item);
		else
			print_object(&l->json, &item);
	}
	resolved_free(&facts);
	return s;
}

static enum status read_options(const struct invocation *inv, struct listing *l)
{
	const char *kind = option_value(inv, "kind");
	const char *due = option_value(inv, "due");
	long long days = 0;
	l->unsent = option_flag(inv, "unsent");
	l->late = option_flag(inv, "late");
	l->provisional = option_flag(inv, "provisional");
	l->kind = kind == NULL ? KIND_NONE : schema_kind(kind, strlen(kind));
	if (kind != NULL && l->kind == KIND_NONE)
		return STATUS_USAGE;
	if (kind != NULL && l->kind != KIND_DOSSIER && (l->late || l->provisional || due != NULL))
		return STATUS_USAGE;
	if (due != NULL && option_number(due, 0, 36500, &days) != STATUS_OK)
		return STATUS_USAGE;
	l->due_until = due == NULL ? DAY_UNSET : l->today + (int32_t)days;
	if (l->late || l->provisional || due != NULL)
		l->kind = KIND_DOSSIER;
	return STATUS_OK;
}

static enum status list(const struct invocation *inv, struct listing *l)
{
	const char *const headings[LIST_COLUMNS] = {_("Key"), _("Unit"),       _("State"),
						    _("Due"), _("At the hub"), _("Remark")};
	const bool numeric[LIST_COLUMNS] = {false};
	struct queue_counts counts;
	enum status s = queue_count(l->agent, &counts);
	if (s != STATUS_OK)
		return s;
	l->first_waiting = counts.first_waiting;
	l->days = bytes_new(DAYS_BYTES);
	l->json = json_writer_new(stdout);
	if (!inv->json) {
		l->table = table_new(LIST_COLUMNS, headings, numeric);
		if (l->table == NULL)
			return STATUS_NO_MEMORY;
	}
	s = book_each(l->agent, l->kind, on_thing, l);
	if (s == STATUS_OK && l->table != NULL && l->found)
		table_print_text(l->table, stdout);
	if (s == STATUS_OK && !l->found)
		say("%s", _("There is nothing to list."));
	table_free(l->table);
	bytes_free(&l->days);
	return s == STATUS_OK ? writer_status(stdout) : s;
}

int command_list(struct invocation *inv)
{
	struct session session;
	struct listing listing = {0};
	int exit_status = session_prepare(inv, false, &session);
	if (exit_status == EXIT_DONE) {
		listing.today = date_of(session.world.now_ms(session.world.context));
		if (read_options(inv, &listing) != STATUS_OK)
			exit_status = say_error(STATUS_USAGE,
						_("--kind is dossier, equipment or indicator; --due is a number of "
						  "days; --late, --due and --provisional are about dossiers."));
		else
			exit_status = session_enter(inv, &session);
	}
	if (exit_status == EXIT_DONE) {
		listing.agent = session.agent;
		enum status s = list(inv, &listing);
		exit_status = s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
	}
	session_close(&session);
	return exit_status;
}
