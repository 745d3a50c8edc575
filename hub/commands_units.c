/* The list of units: read in, printed, and what succeeded what. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/wording.h"
#include "hub/commands.h"
#include "hub/reading.h"
#include "hub/succession_file.h"
#include "hub/unit_map.h"
#include "protocol/tables/writer.h"

static int say_row_fault(const char *path, const struct units_fault *fault)
{
	const char *advice = _("Correct the row and import the file again; nothing was taken.");
	const char *reason = wording_reason(fault->reason);
	long long line = fault->line;
	if (fault->column != NULL && fault->unit[0] != '\0')
		return say_error_advice(STATUS_REFUSED, advice, _("%s, row %lld, column %s, unit %s: %s"), path,
					line, fault->column, fault->unit, reason);
	if (fault->column != NULL)
		return say_error_advice(STATUS_REFUSED, advice, _("%s, row %lld, column %s: %s"), path, line,
					fault->column, reason);
	if (fault->unit[0] != '\0')
		return say_error_advice(STATUS_REFUSED, advice, _("%s, row %lld, unit %s: %s"), path, line,
					fault->unit, reason);
	return say_error_advice(STATUS_REFUSED, advice, _("%s, row %lld: %s"), path, line, reason);
}

static int say_fault(const char *path, enum status s, const struct units_fault *fault)
{
	if (s == STATUS_REFUSED && fault->line > 0)
		return say_row_fault(path, fault);
	if (s == STATUS_REFUSED)
		return say_error_advice(STATUS_REFUSED, _("Nothing of it was kept."), "%s: %s", path,
					wording_reason(fault->reason));
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Check the name of the file."), _("There is no file %s."), path);
	return say_error(s, "%s: %s", path, status_sentence(s));
}

static enum status open_list(const char *path, FILE **ret_file, struct units_fault *fault)
{
	struct stat info;
	FILE *file = fopen(path, "rbe");
	if (file == NULL)
		return status_of_errno(errno);
	if (fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode)) {
		(void)fclose(file); /* never read */
		fault->reason = "not-a-file";
		return STATUS_REFUSED;
	}
	*ret_file = file;
	return STATUS_OK;
}

/* An option that is a day; DAY_UNSET where it is not given. */
static enum status ask_day(const struct invocation *inv, const char *name, const char *problem, int32_t *ret_day)
{
	const char *text = option_value(inv, name);
	*ret_day = DAY_UNSET;
	if (text == NULL || date_parse(text, strlen(text), ret_day) == STATUS_OK)
		return STATUS_OK;
	return reading_misused(problem);
}

static enum status ask_import(const struct invocation *inv, struct units_plan *plan)
{
	enum status s = ask_day(inv, "valid-from", _("--valid-from takes a day as YYYY-MM-DD."), &plan->valid_from);
	if (s == STATUS_OK)
		s = ask_day(inv, "valid-to", _("--valid-to takes a day as YYYY-MM-DD."), &plan->valid_to);
	plan->only = option_value(inv, "only");
	plan->who = commands_program(inv)->who;
	return s;
}

int command_units_import(struct invocation *inv)
{
	const char *path = inv->arguments[0];
	struct units_plan plan = {0};
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_import(inv, &plan));
	struct hub *hub = exit_status == EXIT_DONE ? commands_enter(inv, true, &exit_status) : NULL;
	if (hub == NULL)
		return exit_status;
	struct units_count count = {0};
	struct units_fault fault = {0};
	enum status s = open_list(path, &plan.file, &fault);
	if (s == STATUS_OK)
		s = units_import_plan(hub, &plan, &count, &fault);
	if (plan.file != NULL)
		(void)fclose(plan.file); /* only read */
	hub_close(hub);
	if (s != STATUS_OK)
		return say_fault(path, s, &fault);
	say(_("%lld units read."), (long long)count.taken);
	if (plan.only != NULL)
		say(_("%lld others stand elsewhere and were left out."), (long long)count.left_out);
	return EXIT_DONE;
}

/* --- printed --- */

static void put_day(struct json_writer *w, const char *key, int32_t day)
{
	char text[DATE_TEXT];
	json_member_str(w, key, day == DAY_UNSET ? NULL : date_format(day, text));
}

static void put_succession(struct json_writer *w, const struct registry *r, const struct succession *s)
{
	json_object(w);
	json_member_str(w, "old", registry_unit(r, s->old)->code);
	json_member_str(w, "new", registry_unit(r, s->heir)->code);
	put_day(w, "from", s->from);
	json_member_str(w, "kind", succession_kind_name(s->kind));
	json_object_end(w);
}

static void put_heirs(struct json_writer *w, const struct registry *r, int unit)
{
	const struct succession *next = NULL;
	json_key(w, "successors");
	json_array(w);
	for (int i = 0; (next = registry_heir(r, unit, i)) != NULL; i++)
		if (next->kind != SUCCESSION_SAME)
			put_succession(w, r, next);
	json_array_end(w);
}

static void print_units_json(const struct registry *r, const bool *shown)
{
	struct json_writer w = json_writer_new(stdout);
	for (int i = 0; i < registry_unit_count(r); i++) {
		const struct unit *u = registry_unit(r, i);
		if (!shown[i])
			continue;
		json_object(&w);
		json_member_str(&w, "code", u->code);
		json_member_str(&w, "name", u->name);
		json_member_str(&w, "level", unit_level_name(u->level));
		json_member_str(&w, "parent", u->parent == UNIT_NONE ? NULL : registry_unit(r, u->parent)->code);
		put_day(&w, "valid_from", u->valid_from);
		put_day(&w, "valid_to", u->valid_to);
		put_heirs(&w, r, i);
		json_object_end(&w);
		json_end_line(&w);
	}
}

static void put_unit_row(struct table *t, const struct registry *r, const struct unit *u)
{
	char day[DATE_TEXT];
	table_row(t);
	table_cell(t, u->code);
	table_cell(t, u->name);
	table_cell(t, wording_level(unit_level_name(u->level)));
	table_cell(t, u->parent == UNIT_NONE ? "" : registry_unit(r, u->parent)->code);
	table_cell(t, date_format(u->valid_from, day));
	table_cell(t, date_format(u->valid_to, day));
}

/* Days stand in the table where any unit has some. */
static void print_units_text(const struct registry *r, const bool *shown)
{
	const char *const headings[] = {_("Code"),   _("Name"),       _("Level"),
					_("Parent"), _("Valid from"), _("Valid to")};
	bool dated = false;
	for (int i = 0; i < registry_unit_count(r); i++)
		dated = dated || (shown[i] && (registry_unit(r, i)->valid_from != DAY_UNSET ||
					       registry_unit(r, i)->valid_to != DAY_UNSET));
	struct table *t = table_new(dated ? 6 : 4, headings, NULL);
	for (int i = 0; i < registry_unit_count(r); i++)
		if (shown[i])
			put_unit_row(t, r, registry_unit(r, i));
	table_print_text(t, stdout);
	table_free(t);
}

static enum status print_units(const struct registry *r, int32_t day, bool json)
{
	size_t n = (size_t)registry_unit_count(r);
	bool *shown = calloc(n + 1, sizeof(*shown));
	if (shown == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++)
		shown[i] = day == DAY_UNSET || unit_valid_on(registry_unit(r, (int)i), day);
	if (json)
		print_units_json(r, shown);
	else if (n > 0)
		print_units_text(r, shown);
	else
		say("%s", _("There are no units yet. Next: motcua-hub units import FILE"));
	free(shown);
	return writer_status(stdout);
}

int command_units_list(struct invocation *inv)
{
	int32_t day = DAY_UNSET;
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = status_exit(ask_day(inv, "on", _("--on takes a day as YYYY-MM-DD."), &day));
	struct hub *hub = exit_status == EXIT_DONE ? commands_enter(inv, false, &exit_status) : NULL;
	if (hub == NULL)
		return exit_status;
	enum status s = print_units(hub->registry, day, inv->json);
	hub_close(hub);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

/* --- what succeeded what --- */

static void put_succession_row(struct table *t, const struct registry *r, const struct succession *s)
{
	char day[DATE_TEXT];
	table_row(t);
	table_cell(t, registry_unit(r, s->old)->code);
	table_cell(t, registry_unit(r, s->old)->name);
	table_cell(t, wording_succession(succession_kind_name(s->kind)));
	table_cell(t, registry_unit(r, s->heir)->code);
	table_cell(t, registry_unit(r, s->heir)->name);
	table_cell(t, date_format(s->from, day));
}

static enum status print_successions(const struct registry *r, bool json)
{
	const char *const headings[] = {_("Old"), _("Name"), _("How"), _("New"), _("Name"), _("From")};
	struct json_writer w = json_writer_new(stdout);
	struct table *t = json ? NULL : table_new(6, headings, NULL);
	const struct succession *next = NULL;
	bool any = false;
	for (int unit = 0; unit < registry_unit_count(r); unit++)
		for (int i = 0; (next = registry_heir(r, unit, i)) != NULL; i++) {
			if (next->kind == SUCCESSION_SAME)
				continue;
			any = true;
			if (t != NULL) {
				put_succession_row(t, r, next);
			} else {
				put_succession(&w, r, next);
				json_end_line(&w);
			}
		}
	enum status s = t == NULL ? STATUS_OK : table_status(t);
	if (t != NULL && any)
		table_print_text(t, stdout);
	else if (t != NULL)
		say("%s", _("Nothing is known of what succeeded what. Next: motcua-hub units succession FILE"));
	table_free(t);
	return s == STATUS_OK ? writer_status(stdout) : s;
}

static int list_successions(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_enter(inv, false, &exit_status);
	if (hub == NULL)
		return exit_status;
	enum status s = print_successions(hub->registry, inv->json);
	hub_close(hub);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

int command_units_succession(struct invocation *inv)
{
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE && inv->n_arguments == 0)
		return list_successions(inv);
	struct hub *hub = exit_status == EXIT_DONE ? commands_enter(inv, true, &exit_status) : NULL;
	if (hub == NULL)
		return exit_status;
	const char *path = inv->arguments[0];
	struct succession_plan plan = {.who = commands_program(inv)->who,
				       .known_only = option_flag(inv, "known-only")};
	struct units_count count = {0};
	struct units_fault fault = {0};
	enum status s = open_list(path, &plan.file, &fault);
	if (s == STATUS_OK)
		s = succession_import(hub, &plan, &count, &fault);
	if (plan.file != NULL)
		(void)fclose(plan.file); /* only read */
	hub_close(hub);
	if (s != STATUS_OK)
		return say_fault(path, s, &fault);
	say(_("%lld rows read."), (long long)count.taken);
	if (plan.known_only)
		say(_("%lld rows name a unit that is not in the list and were left out."),
		    (long long)count.left_out);
	return EXIT_DONE;
}
