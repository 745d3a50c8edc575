#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/book.h"
#include "agent/describe.h"
#include "agent/queue.h"
#include "agent/session.h"
#include "config/messages.h"
#include "protocol/count.h"
#include "protocol/tables/writer.h"
#include "protocol/thing_join.h"

enum {
	CELL_TEXT_MAX = 2 * LIMIT_TEXT,
	DAYS_BYTES = 16 * 1024 * 1024,
	REFUSED_BYTES = 64 * 1024 * 1024,
	LIST_COLUMNS = 6
};

struct listing {
	const struct agent *agent;
	enum kind kind;
	bool unsent;
	bool late;
	bool provisional;
	int32_t due_until; /* DAY_UNSET: any */
	int32_t today;
	int64_t first_waiting; /* changes before this number are acknowledged */
	struct bytes refused;  /* numbers of the changes the hub refused, ascending */
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
	enum queue_place place;
	int32_t due;
};

static int compare_numbers(const void *a, const void *b)
{
	int64_t one = 0;
	int64_t two = 0;
	memcpy(&one, a, sizeof(one));
	memcpy(&two, b, sizeof(two));
	return (one > two) - (one < two);
}

static bool is_refused(const struct listing *l, int64_t id)
{
	return l->refused.len > 0 &&
	       bsearch(&id, l->refused.data, l->refused.len / sizeof(id), sizeof(id), compare_numbers) != NULL;
}

/* Waiting if anything of the thing waits, else as its last change stands. */
static enum status find_place(const struct listing *l, const struct thing *t, enum queue_place *ret_place)
{
	enum queue_place last = QUEUE_TAKEN;
	int64_t last_id = 0;
	for (size_t i = 0; i < t->n_origins; i++) {
		int64_t id = (int64_t)t->origins[i].seq;
		enum queue_place place = is_refused(l, id) ? QUEUE_REFUSED : QUEUE_TAKEN;
		/* All before it have their receipt. */
		enum status s = id < l->first_waiting ? STATUS_OK : queue_find(l->agent, id, &place);
		if (s != STATUS_OK)
			return s;
		if (place != QUEUE_TAKEN && place != QUEUE_REFUSED) {
			*ret_place = QUEUE_WAITING;
			return STATUS_OK;
		}
		last = id > last_id ? place : last;
		last_id = id > last_id ? id : last_id;
	}
	*ret_place = last;
	return STATUS_OK;
}

/* Open and late as the province's form counts them, today. */
static enum status judge_dossier(struct listing *l, struct listed *item)
{
	struct dossier_facts facts;
	struct cells cells = {0};
	const struct count_query query = {.period = {l->today, l->today}, .as_of = l->today, .rule = &COUNT_FORM06};
	bytes_clear(&l->days);
	enum status s = dossier_facts_of(item->key, item->facts, &l->days, &facts);
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
	if (l->unsent && item->place != QUEUE_WAITING)
		return false;
	if (l->late && !item->late)
		return false;
	bool due_soon = item->open && item->due != DAY_UNSET && item->due >= l->today && item->due <= l->due_until;
	if (l->due_until != DAY_UNSET && !due_soon)
		return false;
	if (!l->provisional)
		return true;
	return item->kind == KIND_DOSSIER && code_is_provisional(item->key) &&
	       fold_official(item->key, item->facts).len == 0;
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

static const char *place_text(enum queue_place place)
{
	if (place == QUEUE_WAITING)
		return _("waiting");
	return place == QUEUE_REFUSED ? _("refused by the hub") : _("the hub has it");
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
	table_cell(t, place_text(item->place));
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
	json_bool(w, item->place != QUEUE_WAITING);
	json_key(w, "refused");
	json_bool(w, item->place == QUEUE_REFUSED);
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
	s = find_place(l, thing, &item.place);
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
	l->refused = bytes_new(REFUSED_BYTES);
	enum status s = queue_count(l->agent, &counts);
	if (s == STATUS_OK)
		s = queue_refused(l->agent, &l->refused);
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
		bytes_free(&listing.refused);
		exit_status = s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
	}
	session_close(&session);
	return exit_status;
}
