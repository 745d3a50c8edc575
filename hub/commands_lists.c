#include "hub/commands_lists.h"

#include <stdio.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/reading.h"
#include "hub/report_void.h"
#include "protocol/tables/writer.h"

struct printing {
	int64_t lines;
	struct json_writer w;
	struct table *table; /* NULL: JSON */
};

static enum status print_void_json(void *context, const struct void_line *line)
{
	struct printing *p = context;
	char at[INSTANT_TEXT];
	char id[2 * DEVICE_ID_LEN + 1];
	json_object(&p->w);
	json_member_str(&p->w, "kind", schema_kind_name(line->kind));
	json_key(&p->w, "key");
	json_text(&p->w, line->key);
	json_key(&p->w, "unit");
	json_text(&p->w, line->unit);
	json_member_str(&p->w, "what", line->replaced_by.len > 0 ? "replaced" : "void");
	json_key(&p->w, "replaced_by");
	if (line->replaced_by.len > 0)
		json_text(&p->w, line->replaced_by);
	else
		json_null(&p->w);
	json_member_str(&p->w, "since", time_format(origin_stamp(line->origin), at));
	json_member_str(&p->w, "device", hex_format(line->origin->device, DEVICE_ID_LEN, id));
	json_object_end(&p->w);
	json_end_line(&p->w);
	return STATUS_OK;
}

static void put_slice(struct table *t, struct slice text)
{
	char cell[LIMIT_KEY + 1];
	(void)snprintf(cell, sizeof(cell), "%.*s", (int)text.len, (const char *)text.data);
	table_cell(t, cell);
}

static enum status print_void_row(void *context, const struct void_line *line)
{
	struct printing *p = context;
	char at[WORDING_TIME];
	char id[2 * DEVICE_ID_LEN + 1];
	p->lines++;
	table_row(p->table);
	table_cell(p->table, wording_kind(schema_kind_name(line->kind)));
	put_slice(p->table, line->key);
	put_slice(p->table, line->unit);
	if (line->replaced_by.len > 0)
		put_slice(p->table, line->replaced_by);
	else
		table_cell(p->table, "");
	table_cell(p->table, wording_time(origin_stamp(line->origin), at));
	table_cell(p->table, hex_format(line->origin->device, DEVICE_ID_LEN, id));
	return STATUS_OK;
}

static int run_report_void(struct invocation *inv)
{
	struct reading reading;
	int exit_status = reading_begin(inv, &reading);
	if (exit_status == EXIT_DONE)
		exit_status = reading_open(inv, &reading);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const char *const headings[] = {_("Kind"), _("Key"), _("Unit"), _("Replaced by"), _("Since"), _("Device")};
	struct printing p = {.w = json_writer_new(stdout),
			     .table = reading.json ? NULL : table_new(6, headings, NULL)};
	enum status s = void_walk(reading.hub->db, &reading.map, reading.unit,
				  reading.json ? print_void_json : print_void_row, &p);
	if (s == STATUS_OK && !reading.json)
		s = table_status(p.table);
	if (s == STATUS_OK && p.lines > 0)
		table_print_text(p.table, stdout);
	else if (s == STATUS_OK && !reading.json)
		say("%s", _("Nothing was taken back."));
	exit_status = reading_end(s);
	table_free(p.table);
	reading_close(&reading);
	return exit_status;
}

static const struct option_spec VOID_OPTIONS[] = {
	UNIT_OPTION,
	FORMAT_OPTION,
	{NULL, NULL, NULL},
};

const struct command COMMAND_REPORT_VOID = {
	.name = "report void",
	.help = N_("list what was taken back: void things and replaced codes"),
	.options = VOID_OPTIONS,
	.run = run_report_void,
};
