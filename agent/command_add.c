#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/describe.h"
#include "agent/intake.h"
#include "agent/session.h"
#include "config/messages.h"
#include "config/wording.h"
#include "protocol/tables/text.h"

bool commands_read_kind(const char *word, enum kind *ret_kind)
{
	struct bytes folded = bytes_new(LIMIT_TEXT);
	enum kind kind = KIND_NONE;
	if (text_fold(slice_str(word), &folded) == STATUS_OK)
		kind = schema_kind((const char *)folded.data, folded.len);
	bytes_free(&folded);
	if (kind == KIND_NONE)
		(void)say_error(STATUS_USAGE, _("The kind is dossier, equipment or indicator.")); /* caller exits */
	else
		*ret_kind = kind;
	return kind != KIND_NONE;
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

void commands_print_key(enum kind kind, struct slice key, bool json)
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
		commands_print_key(kind, bytes_slice(&key), inv->json);
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
	if (!commands_read_kind(inv->arguments[0], &kind))
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
