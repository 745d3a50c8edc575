#include "hub/commands_lists.h"

#include <stdio.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/reading.h"
#include "hub/report_paper.h"
#include "hub/report_void.h"

struct printing {
	int64_t lines;
	struct json_writer w;
	struct paper *paper; /* NULL: JSON */
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

static enum status print_void_row(void *context, const struct void_line *line)
{
	struct printing *p = context;
	char at[WORDING_TIME];
	char id[2 * DEVICE_ID_LEN + 1];
	p->lines++;
	paper_row(p->paper, PAPER_ROW);
	paper_word(p->paper, schema_kind_name(line->kind), wording_kind(schema_kind_name(line->kind)));
	paper_slice(p->paper, line->key);
	paper_slice(p->paper, line->unit);
	paper_slice(p->paper, line->replaced_by);
	paper_text(p->paper, wording_time(origin_stamp(line->origin), at));
	paper_text(p->paper, hex_format(line->origin->device, DEVICE_ID_LEN, id));
	return paper_status(p->paper);
}

static enum status print_void(const struct reading *reading, const struct output *output)
{
	const struct hub *hub = reading->hub;
	const struct paper_column columns[] = {
		{.key = "kind", .title = _("Kind")},   {.key = "key", .title = _("Key")},
		{.key = "unit", .title = _("Unit")},   {.key = "replaced_by", .title = _("Replaced by")},
		{.key = "since", .title = _("Since")}, {.key = "device", .title = _("Device")}};
	struct printing p = {.w = json_writer_new(output->stream)};
	if (output->format == REPORT_JSON)
		return void_walk(hub->db, &reading->map, reading->unit, print_void_json, &p);
	p.paper = report_paper(hub->registry, reading->unit, _("What was taken back"));
	paper_date(p.paper, reading->today);
	paper_table(p.paper, PAPER_EVERYWHERE, NULL, sizeof(columns) / sizeof(columns[0]), columns);
	enum status s = void_walk(hub->db, &reading->map, reading->unit, print_void_row, &p);
	if (s == STATUS_OK && p.lines == 0)
		paper_note(p.paper, "%s", _("Nothing was taken back."));
	if (s == STATUS_OK)
		s = report_paper_write(p.paper, output->format, output->stream);
	paper_free(p.paper);
	return s;
}

static int run_report_void(struct invocation *inv)
{
	struct reading reading;
	struct output output = {0};
	int exit_status = reading_start(inv, &reading);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(output_choose(inv, &output));
	if (exit_status == EXIT_DONE)
		exit_status = reading_open_output(inv, &reading, &output);
	if (exit_status != EXIT_DONE)
		return exit_status;
	exit_status = output_close(&output, print_void(&reading, &output));
	reading_close(&reading);
	return exit_status;
}

static const struct option_spec VOID_OPTIONS[] = {
	UNIT_OPTION,
	KNOWN_OPTION,
	OUTPUT_OPTIONS,
	{NULL, NULL, NULL},
};

const struct command COMMAND_REPORT_VOID = {
	.name = "report void",
	.help = N_("list what was taken back: void things and replaced codes"),
	.options = VOID_OPTIONS,
	.run = run_report_void,
};
