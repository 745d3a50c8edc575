#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/book.h"
#include "agent/describe.h"
#include "agent/intake.h"
#include "agent/queue.h"
#include "agent/session.h"
#include "config/messages.h"
#include "config/wording.h"
#include "protocol/tables/text.h"

/* The kind named on the command line; says what is wrong and returns KIND_NONE. */
static enum kind read_kind(const char *word)
{
	struct bytes folded = bytes_new(LIMIT_TEXT);
	enum kind kind = KIND_NONE;
	if (text_fold(slice_str(word), &folded) == STATUS_OK)
		kind = schema_kind((const char *)folded.data, folded.len);
	bytes_free(&folded);
	if (kind == KIND_NONE)
		(void)say_error(STATUS_USAGE, _("The kind is dossier, equipment or indicator.")); /* caller exits */
	return kind;
}

/* FIELD=VALUE words as the cells of a row; STATUS_USAGE for a word without '='. */
static enum status read_cells(const struct invocation *inv, struct row *row)
{
	for (int i = 1; i < inv->n_arguments; i++) {
		const char *word = inv->arguments[i];
		const char *equals = strchr(word, '=');
		if (equals == NULL || equals == word || row->n_cells == LIMIT_COLUMNS - 1)
			return STATUS_USAGE;
		row->cells[row->n_cells++] = (struct cell){
			.name = slice_of(word, (size_t)(equals - word)),
			.type = equals[1] == '\0' ? CELL_NULL : CELL_TEXT,
			.text = slice_str(equals + 1),
		};
	}
	return STATUS_OK;
}

static int say_unknown_field(enum kind kind, const struct cell *cell)
{
	struct bytes advice = bytes_new(LIMIT_LINE);
	bytes_put_str(&advice, _("Nothing was kept. The fields are: "));
	describe_fields(kind, &advice);
	bytes_put_u8(&advice, '\0');
	int exit_status = say_error_advice(STATUS_REFUSED,
					   bytes_status(&advice) == STATUS_OK ? (const char *)advice.data : "",
					   "%.*s: %s", (int)cell->name.len, (const char *)cell->name.data,
					   wording_reason(row_fault_name(ROW_UNKNOWN_FIELD)));
	bytes_free(&advice);
	return exit_status;
}

static int say_refused(enum kind kind, const struct row *row, size_t cell, enum row_fault fault)
{
	const char *advice = _("Nothing was kept. Correct it and enter it again.");
	const char *reason = wording_reason(row_fault_name(fault));
	if (cell >= row->n_cells)
		return say_error_advice(STATUS_REFUSED, advice, "%s", reason);
	if (fault == ROW_UNKNOWN_FIELD)
		return say_unknown_field(kind, &row->cells[cell]);
	return say_error_advice(STATUS_REFUSED, advice, "%.*s: %s", (int)row->cells[cell].name.len,
				(const char *)row->cells[cell].name.data, reason);
}

static void print_key(enum kind kind, struct slice key, bool json)
{
	if (!json) {
		(void)printf("%.*s\n", (int)key.len, (const char *)key.data); /* checked when it is flushed */
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	describe_thing_json(&w, kind, key);
	json_object_end(&w);
	json_end_line(&w);
}

static int add_row(const struct invocation *inv, const struct session *session, enum kind kind,
		   const struct row *row)
{
	struct bytes key = bytes_new(LIMIT_KEY);
	enum row_fault fault = ROW_OK;
	size_t cell = row->n_cells;
	int exit_status = EXIT_DONE;
	enum status s = intake_add(session->agent, kind, row, &key, &fault, &cell);
	if (s == STATUS_OK)
		print_key(kind, bytes_slice(&key), inv->json);
	else if (s == STATUS_REFUSED)
		exit_status = say_refused(kind, row, cell, fault);
	else
		exit_status = say_error(s, NULL);
	bytes_free(&key);
	return exit_status;
}

int command_add(struct invocation *inv)
{
	struct session session;
	enum kind kind = KIND_NONE;
	struct row row = {.line = 1};
	int exit_status = session_prepare(inv, false, &session);
	if (exit_status != EXIT_DONE)
		goto out;
	kind = read_kind(inv->arguments[0]);
	if (kind == KIND_NONE)
		exit_status = EXIT_WRONG_USE;
	else if (read_cells(inv, &row) != STATUS_OK)
		exit_status = say_error(STATUS_USAGE, _("Each value is given as FIELD=VALUE."));
	else
		exit_status = session_enter(inv, &session);
	if (exit_status == EXIT_DONE)
		exit_status = add_row(inv, &session, kind, &row);
out:
	session_close(&session);
	return exit_status;
}

static enum status queue_void(const struct agent *a, enum kind kind, struct slice key, bool undo)
{
	struct change c = change_new(kind);
	c.key = key;
	c.time_stated = true;
	if (undo)
		change_set_null(&c, FIELD_VOID);
	else
		change_set_number(&c, FIELD_VOID, 1);
	enum status s = agent_record_time(a, &c.changed_at);
	if (s == STATUS_OK)
		s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	const struct queue_source source = {.time_is_now = true};
	bool queued = false;
	s = queue_append(a, &source, &c, &queued);
	if (s == STATUS_OK)
		return database_commit(a->db);
	database_rollback(a->db);
	return s;
}

static enum status is_known(const struct agent *a, enum kind kind, struct slice key)
{
	struct book_entry entry;
	enum status s = book_load(a, kind, key, &entry);
	if (s == STATUS_OK && entry.thing.n_writes == 0)
		s = STATUS_EMPTY;
	book_clear(&entry);
	return s;
}

int command_void(struct invocation *inv)
{
	struct session session;
	struct bytes key = bytes_new(LIMIT_KEY);
	enum kind kind = KIND_NONE;
	enum status s = STATUS_OK;
	int exit_status = session_prepare(inv, false, &session);
	if (exit_status != EXIT_DONE)
		goto out;
	kind = read_kind(inv->arguments[0]);
	exit_status = kind == KIND_NONE ? EXIT_WRONG_USE : session_enter(inv, &session);
	if (exit_status != EXIT_DONE)
		goto out;
	s = text_normal(slice_str(inv->arguments[1]), &key);
	if (s == STATUS_REFUSED || s == STATUS_LIMIT)
		s = STATUS_EMPTY; /* no key looks like that */
	if (s == STATUS_OK)
		s = is_known(session.agent, kind, bytes_slice(&key));
	if (s == STATUS_OK)
		s = queue_void(session.agent, kind, bytes_slice(&key), option_flag(inv, "undo"));
	if (s == STATUS_OK)
		print_key(kind, bytes_slice(&key), inv->json);
	else if (s == STATUS_EMPTY)
		exit_status = say_error_advice(s, _("Check the code; 'list' shows what there is."),
					       _("This computer has not entered such a thing."));
	else
		exit_status = say_error(s, NULL);
out:
	bytes_free(&key);
	session_close(&session);
	return exit_status;
}
