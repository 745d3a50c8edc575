#include "agent/commands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/intake.h"
#include "agent/session.h"
#include "config/foreign_table.h"
#include "config/map_file.h"
#include "config/messages.h"
#include "config/wording.h"
#include "protocol/tables/writer.h"

/* Refused rows that are named on the terminal; the rest stands in `rejected`. */
enum { REFUSED_SHOWN = 20 };

struct shown {
	int64_t refused;
	bool progress;
};

static void on_refused(void *context, int64_t line, struct slice name, const char *reason)
{
	struct shown *shown = context;
	if (++shown->refused > REFUSED_SHOWN)
		return;
	if (name.len > 0)
		say(_("row %lld, column %.*s: %s"), (long long)line, (int)name.len, (const char *)name.data,
		    wording_reason(reason));
	else
		say(_("row %lld: %s"), (long long)line, wording_reason(reason));
}

static void on_progress(void *context, const struct intake_report *so_far)
{
	const struct shown *shown = context;
	if (shown->progress)
		(void)fprintf(stderr, "\r%lld ", (long long)so_far->read); /* a counter nobody misses */
}

static enum status read_options(const struct invocation *inv, struct intake_options *options)
{
	const char *format = option_value(inv, "format");
	const char *time = option_value(inv, "changed-at");
	options->changed_at = TIME_UNSET;
	options->dry_run = option_flag(inv, "dry-run");
	if (foreign_table_format(format == NULL ? "auto" : format, &options->format) != STATUS_OK)
		return STATUS_USAGE;
	if (time != NULL && time_parse(time, strlen(time), &options->changed_at) != STATUS_OK)
		return STATUS_USAGE;
	return STATUS_OK;
}

static void json_skipped(struct json_writer *w, const struct reader_report *t)
{
	static const char *const names[SKIPPED_COUNT] = {"title", "header", "banner", "total", "signature"};
	json_key(w, "skipped");
	json_object(w);
	for (size_t i = 0; i < SKIPPED_COUNT; i++)
		json_member_int(w, names[i], t->skipped[i]);
	json_object_end(w);
	json_member_int(w, "header_row", t->header);
	json_member_int(w, "sheet", t->sheet);
	json_key(w, "sheet_name");
	json_str(w, t->sheet_name);
	json_member_int(w, "unread_sheets", t->unread);
}

static void print_json(const struct intake_report *r)
{
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_int(&w, "import", r->import);
	json_member_int(&w, "read", r->read);
	json_member_int(&w, "queued", r->queued);
	json_member_int(&w, "unchanged", r->unchanged);
	json_member_int(&w, "rejected", r->rejected);
	json_member_int(&w, "on_void", r->on_void);
	json_key(&w, "ignored_columns");
	json_array(&w);
	for (size_t i = 0; i < r->n_ignored; i++)
		json_str(&w, r->ignored[i]);
	json_array_end(&w);
	json_skipped(&w, &r->table);
	json_object_end(&w);
	json_end_line(&w);
}

/* What was passed over as no record, and which sheet was read. */
static void print_table(const struct intake_report *r)
{
	const struct reader_report *t = &r->table;
	if (t->sheet > 0 && t->sheet_name[0] != '\0')
		(void)printf(_("Sheet %lld (%s), headings in row %lld\n"), (long long)t->sheet, t->sheet_name,
			     (long long)t->header);
	if (t->unread > 0)
		say(_("Further sheets or tables with headings that were not read: %lld; save each as a file of its "
		      "own."),
		    (long long)t->unread);
	if (intake_skipped(r) == 0)
		return;
	(void)printf(_("Rows that are no records: %lld (above the headings %lld, headings again %lld, lines between"
		       " records %lld, sums %lld, signatures %lld)\n"),
		     (long long)intake_skipped(r), (long long)t->skipped[SKIPPED_TITLE],
		     (long long)t->skipped[SKIPPED_HEADER], (long long)t->skipped[SKIPPED_BANNER],
		     (long long)t->skipped[SKIPPED_TOTAL], (long long)t->skipped[SKIPPED_SIGNATURE]);
}

static void print_text(const struct intake_report *r)
{
	/* Output is checked once, when it is flushed. */
	(void)printf(_("read %lld, new %lld, unchanged %lld, refused %lld\n"), (long long)r->read,
		     (long long)r->queued, (long long)r->unchanged, (long long)r->rejected);
	print_table(r);
	if (r->on_void > 0)
		(void)printf(_("On things that are taken back: %lld\n"), (long long)r->on_void);
	if (r->import > 0)
		say(_("This was import %lld; 'void --import' takes it back."), (long long)r->import);
	else
		say("%s", _("This was a trial: nothing was kept."));
	if (r->n_ignored == 0)
		return;
	(void)printf("%s", _("Columns passed over, not kept:"));
	for (size_t i = 0; i < r->n_ignored; i++)
		(void)printf("%s %s", i == 0 ? "" : ",", r->ignored[i]);
	(void)printf("\n");
}

static int say_failure(enum status s, const char *path, const struct intake_report *r)
{
	/* A file in a foreign encoding has no headings to speak of. */
	bool header = s == STATUS_REFUSED && r->reason != NULL && strncmp(r->reason, "header", 6) == 0;
	const char *advice = r->read < INTAKE_COMMIT ? _("Nothing of it was kept.")
						     : _("Rows before that were taken; the whole file may follow.");
	if (header && r->column[0] != '\0')
		return say_error_advice(s, advice, _("%s: heading %s: %s"), path, r->column,
					wording_reason(r->reason));
	if (s == STATUS_REFUSED && r->reason != NULL)
		return say_error_advice(s, advice, "%s: %s", path, wording_reason(r->reason));
	if (s == STATUS_PERMISSION && r->read == 0)
		return say_error_advice(s, _("Copy the file to where you may read it."),
					_("The rights of %s do not allow reading it."), path);
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Check the name of the file."), _("There is no file %s."), path);
	return say_error(s, "%s: %s", path, status_sentence(s));
}

static int import(const struct invocation *inv, const struct session *session, const struct intake_options *given)
{
	struct intake_options options = *given;
	const char *path = inv->arguments[0];
	struct shown shown = {.progress = !inv->quiet && !inv->json && isatty(STDERR_FILENO) == 1};
	struct intake_report report;
	options.refused = on_refused;
	options.progress = on_progress;
	options.context = &shown;
	enum status s = intake_file(session->agent, path, &options, &report);
	if (shown.progress && report.read >= INTAKE_COMMIT)
		(void)fputs("\r", stderr); /* a counter nobody misses */
	int exit_status = EXIT_DONE;
	if (s != STATUS_OK)
		exit_status = say_failure(s, path, &report);
	else if (inv->json)
		print_json(&report);
	else
		print_text(&report);
	if (s == STATUS_OK && report.rejected > 0) {
		if (report.rejected > REFUSED_SHOWN)
			say("%s", _("and more; 'rejected' lists them all."));
		exit_status = EXIT_REFUSED;
	}
	intake_report_clear(&report);
	return exit_status;
}

/* EXIT_DONE with the map of --map, if it was given, or the exit status after saying why. */
static int read_map(const struct invocation *inv, struct column_map **ret_map)
{
	const char *name = option_value(inv, "map");
	if (name == NULL)
		return EXIT_DONE;
	int exit_status = map_file_choose(name, inv->data, ret_map);
	if (exit_status == EXIT_DONE && !column_map_confirmed(*ret_map))
		say("%s", _("This map was never compared with an export. Try it with --dry-run first."));
	return exit_status;
}

int command_import(struct invocation *inv)
{
	struct session session;
	struct column_map *map = NULL;
	struct intake_options options = {0};
	int exit_status = session_prepare(inv, false, &session);
	if (exit_status == EXIT_DONE && read_options(inv, &options) != STATUS_OK)
		exit_status = say_error(
			STATUS_USAGE, _("--format is auto, ndjson, csv, xlsx or html; --changed-at is a date or a "
					"time such as 2024-05-22T08:00:00+07:00."));
	else if (exit_status == EXIT_DONE)
		exit_status = read_map(inv, &map);
	if (exit_status == EXIT_DONE)
		exit_status = session_enter(inv, &session);
	options.map = map;
	if (exit_status == EXIT_DONE)
		exit_status = import(inv, &session, &options);
	column_map_free(map);
	session_close(&session);
	return exit_status;
}
