#include <stdio.h>
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/commands.h"
#include "hub/conflicts.h"
#include "protocol/tables/writer.h"

enum { N_REASONS = 4, REASONS_TEXT = 400 };

static const enum conflict_reason REASONS[N_REASONS] = {CONFLICT_UNIT, CONFLICT_PROCEDURE, CONFLICT_RECEIVED,
							CONFLICT_NO_SAY};

struct listing {
	bool json;
	struct json_writer w;
	struct table *table;
};

static void put_json(struct json_writer *w, const struct conflict_row *row)
{
	json_object(w);
	json_key(w, "code");
	json_text(w, row->code);
	json_key(w, "unit");
	json_text(w, row->unit);
	json_key(w, "reasons");
	json_array(w);
	for (size_t i = 0; i < N_REASONS; i++)
		if ((row->reasons & REASONS[i]) != 0)
			json_str(w, conflict_reason_name(REASONS[i]));
	json_array_end(w);
	json_object_end(w);
	json_end_line(w);
}

static void put_cell(struct table *t, struct slice text)
{
	char cell[LIMIT_KEY + 2 * DEVICE_ID_LEN + 2];
	(void)snprintf(cell, sizeof(cell), "%.*s", (int)text.len, (const char *)text.data);
	table_cell(t, cell);
}

static enum status put_row(void *context, const struct conflict_row *row)
{
	struct listing *l = context;
	if (l->json) {
		put_json(&l->w, row);
		return STATUS_OK;
	}
	char reasons[REASONS_TEXT] = "";
	for (size_t i = 0; i < N_REASONS; i++) {
		size_t used = strlen(reasons);
		if ((row->reasons & REASONS[i]) != 0)
			(void)snprintf(reasons + used, sizeof(reasons) - used, "%s%s", used > 0 ? "; " : "",
				       wording_reason(conflict_reason_name(REASONS[i])));
	}
	table_row(l->table);
	put_cell(l->table, row->code);
	put_cell(l->table, row->unit);
	table_cell(l->table, reasons);
	return STATUS_OK;
}

int command_conflicts(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, false, &exit_status);
	if (hub == NULL)
		return exit_status;
	const char *const headings[] = {_("Code"), _("Unit"), _("What does not agree")};
	struct listing l = {.json = inv->json,
			    .w = json_writer_new(stdout),
			    .table = inv->json ? NULL : table_new(3, headings, NULL)};
	enum status s = conflicts_list(hub, put_row, &l);
	if (s == STATUS_OK && !inv->json)
		table_print_text(l.table, stdout);
	table_free(l.table);
	hub_close(hub);
	if (s == STATUS_OK)
		s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

int command_conflicts_accept(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	enum status s = conflicts_accept(hub, inv->arguments[0], commands_program(inv)->who);
	hub_close(hub);
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("'conflicts' lists what does not agree."),
					_("Nothing about the dossier %s needs a decision."), inv->arguments[0]);
	if (s != STATUS_OK)
		return say_error(s, NULL);
	say(_("Accepted as it stands; it is listed again when somebody says something else."));
	return EXIT_DONE;
}

int command_conflicts_split(struct invocation *inv)
{
	uint8_t device[DEVICE_ID_LEN];
	const char *code = inv->arguments[0];
	int exit_status = commands_settings(inv);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const char *id = option_value(inv, "device");
	if (id == NULL || hex_parse(id, device, DEVICE_ID_LEN) != STATUS_OK)
		return say_error(STATUS_USAGE, _("Say which computer with --device, as 'device list' shows it."));
	struct hub *hub = commands_enter(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	enum status s = conflicts_split(hub, code, device, commands_program(inv)->who);
	hub_close(hub);
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Check the code; 'conflicts' lists what does not agree."),
					_("There is no dossier %s."), code);
	if (s == STATUS_UNKNOWN_DEVICE)
		return say_error_advice(STATUS_EMPTY, _("'device list' shows the computers."),
					_("This computer said nothing about the dossier %s."), code);
	if (s != STATUS_OK)
		return say_error(s, NULL);
	say(_("From now on what this computer says under %s is a dossier of its own, %s@%s."), code, code, id);
	return EXIT_DONE;
}
