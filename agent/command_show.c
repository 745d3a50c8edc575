#include "agent/commands.h"

#include <stdio.h>

#include "agent/book.h"
#include "agent/describe.h"
#include "agent/queue.h"
#include "agent/session.h"
#include "config/messages.h"
#include "config/wording.h"
#include "protocol/tables/text.h"
#include "protocol/tables/writer.h"

enum { CELL_TEXT_MAX = 2 * LIMIT_TEXT, FACT_COLUMNS = 3, CHANGE_COLUMNS = 3 };

static const char *place_name(enum queue_place place)
{
	switch (place) {
	case QUEUE_UNKNOWN:
		break;
	case QUEUE_WAITING:
	case QUEUE_SEALED:
		return "waiting";
	case QUEUE_TAKEN:
		return "acknowledged";
	case QUEUE_REFUSED:
		return "refused";
	}
	return "unknown";
}

static const char *place_text(enum queue_place place)
{
	switch (place) {
	case QUEUE_UNKNOWN:
		break;
	case QUEUE_WAITING:
	case QUEUE_SEALED:
		return _("waiting");
	case QUEUE_TAKEN:
		return _("the hub has it");
	case QUEUE_REFUSED:
		return _("refused by the hub");
	}
	return _("unknown");
}

static void print_facts_json(struct json_writer *w, const struct resolved *facts)
{
	char instant[INSTANT_TEXT];
	json_key(w, "fields");
	json_object(w);
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		const struct write *winner = facts->winner[f];
		if (winner == NULL || f == FIELD_STATUS_AT)
			continue;
		json_key(w, schema_field(f)->name);
		describe_value_json(w, schema_field(f), &winner->value);
		if (f == FIELD_STATUS && winner->status_at != TIME_UNSET)
			json_member_str(w, "status_at", time_format(winner->status_at, instant));
	}
	json_object_end(w);
}

static enum status print_json(const struct agent *a, enum kind kind, struct slice key, const struct thing *t,
			      const struct resolved *facts)
{
	char instant[INSTANT_TEXT];
	struct json_writer w = json_writer_new(stdout);
	enum status s = STATUS_OK;
	json_object(&w);
	describe_thing_json(&w, kind, key);
	json_key(&w, "void");
	json_bool(&w, resolved_void(facts));
	print_facts_json(&w, facts);
	json_key(&w, "changes");
	json_array(&w);
	for (size_t i = 0; s == STATUS_OK && i < t->n_origins; i++) {
		enum queue_place place = QUEUE_UNKNOWN;
		s = queue_find(a, (int64_t)t->origins[i].seq, &place);
		json_object(&w);
		json_member_int(&w, "number", (int64_t)t->origins[i].seq);
		json_member_str(&w, "changed_at", time_format(t->origins[i].changed_at, instant));
		json_member_str(&w, "hub", place_name(place));
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	json_end_line(&w);
	return s;
}

static void fact_row(struct table *table, const struct thing *t, const struct write *winner)
{
	char since[WORDING_TIME];
	struct bytes text = bytes_new(CELL_TEXT_MAX);
	const struct field_spec *spec = schema_field(winner->field);
	describe_value(spec, &winner->value, &text);
	bytes_put_u8(&text, '\0');
	table_row(table);
	table_cell(table, describe_field(spec));
	table_cell(table, bytes_status(&text) == STATUS_OK ? (const char *)text.data : "");
	table_cell(table, wording_time(t->origins[winner->origin].changed_at, since));
	bytes_free(&text);
}

static enum status print_facts(const struct thing *t, const struct resolved *facts)
{
	const char *const headings[FACT_COLUMNS] = {_("Field"), _("Value"), _("Since")};
	const bool numeric[FACT_COLUMNS] = {false};
	struct table *table = table_new(FACT_COLUMNS, headings, numeric);
	if (table == NULL)
		return STATUS_NO_MEMORY;
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		if (facts->winner[f] != NULL && f != FIELD_STATUS_AT)
			fact_row(table, t, facts->winner[f]);
	}
	table_print_text(table, stdout);
	table_free(table);
	return STATUS_OK;
}

static enum status print_changes(const struct agent *a, const struct thing *t)
{
	const char *const headings[CHANGE_COLUMNS] = {_("Change"), _("Dated"), _("At the hub")};
	const bool numeric[CHANGE_COLUMNS] = {true, false, false};
	char dated[WORDING_TIME];
	enum status s = STATUS_OK;
	struct table *table = table_new(CHANGE_COLUMNS, headings, numeric);
	if (table == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; s == STATUS_OK && i < t->n_origins; i++) {
		enum queue_place place = QUEUE_UNKNOWN;
		s = queue_find(a, (int64_t)t->origins[i].seq, &place);
		table_row(table);
		table_cell_int(table, (int64_t)t->origins[i].seq);
		table_cell(table, wording_time(t->origins[i].changed_at, dated));
		table_cell(table, place_text(place));
	}
	if (s == STATUS_OK)
		table_print_text(table, stdout);
	table_free(table);
	return s;
}

static enum status print_text(const struct agent *a, enum kind kind, struct slice key, const struct thing *t,
			      const struct resolved *facts)
{
	/* Output is checked once, when it is flushed. */
	(void)printf("%s %.*s%s\n\n", describe_kind(kind), (int)key.len, (const char *)key.data,
		     resolved_void(facts) ? _(" (taken back)") : "");
	enum status s = print_facts(t, facts);
	(void)printf("\n");
	return s == STATUS_OK ? print_changes(a, t) : s;
}

/* STATUS_EMPTY if this PC has nothing of that kind under the key. */
static enum status show_kind(const struct agent *a, enum kind kind, struct slice key, bool json)
{
	struct book_entry entry;
	struct resolved facts = {0};
	enum status s = book_load(a, kind, key, &entry);
	if (s == STATUS_OK && entry.thing.n_writes == 0)
		s = STATUS_EMPTY;
	if (s == STATUS_OK) {
		s = book_resolve(a, &entry.thing, &facts);
		if (s == STATUS_OK) {
			s = json ? print_json(a, kind, key, &entry.thing, &facts)
				 : print_text(a, kind, key, &entry.thing, &facts);
			resolved_free(&facts);
		}
	}
	book_clear(&entry);
	return s;
}

static enum status show(const struct agent *a, const char *word, bool json)
{
	struct bytes key = bytes_new(LIMIT_KEY);
	bool found = false;
	enum status s = text_normal(slice_str(word), &key);
	if (s == STATUS_REFUSED || s == STATUS_LIMIT)
		s = STATUS_EMPTY; /* no key looks like that */
	for (enum kind kind = KIND_DOSSIER; s == STATUS_OK && kind < KIND_COUNT; kind++) {
		s = show_kind(a, kind, bytes_slice(&key), json);
		found = found || s == STATUS_OK;
		if (s == STATUS_EMPTY)
			s = STATUS_OK;
	}
	bytes_free(&key);
	return s == STATUS_OK && !found ? STATUS_EMPTY : s;
}

int command_show(struct invocation *inv)
{
	struct session session;
	int exit_status = session_open(inv, false, &session);
	if (exit_status == EXIT_DONE) {
		enum status s = show(session.agent, inv->arguments[0], inv->json);
		if (s == STATUS_EMPTY)
			exit_status = say_error_advice(s, _("Check the code; 'list' shows what there is."),
						       _("This computer has not entered such a thing."));
		else if (s != STATUS_OK)
			exit_status = say_error(s, NULL);
	}
	session_close(&session);
	return exit_status;
}
