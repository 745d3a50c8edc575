#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/wording.h"
#include "hub/commands.h"
#include "hub/output.h"
#include "hub/units_file.h"
#include "protocol/tables/writer.h"

int command_init(struct invocation *inv)
{
	struct hub_plan plan = {.province = option_value(inv, "province"),
				.name = option_value(inv, "name"),
				.url = option_value(inv, "url")};
	int exit_status = commands_settings(inv);
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (plan.province == NULL || plan.name == NULL)
		return say_error(STATUS_USAGE, _("--province and --name are needed."));
	if (!schema_unit_ok(plan.province, strlen(plan.province)))
		return say_error(STATUS_USAGE,
				 _("--province is not a unit code: letters, digits, dot, hyphen and underscore."));
	char host[INVITATION_HOST + 1];
	uint16_t port = 0;
	if (plan.url != NULL && address_parse(plan.url, host, &port) != STATUS_OK)
		return say_error(STATUS_USAGE, _("--url is not an address such as https://hub.example:8443."));
	enum status s = hub_create(inv->data, &commands_program(inv)->world, &plan);
	if (s == STATUS_EXISTS)
		return say_error_advice(s, _("Nothing was changed; 'status' shows how it stands."),
					_("In %s a hub is set up already."), inv->data);
	if (s != STATUS_OK)
		return say_error(s, _("The data directory %s cannot be used: %s"), inv->data, status_sentence(s));
	say(_("The hub is set up in %s. Next: motcua-hub units import FILE"), inv->data);
	return EXIT_DONE;
}

static int say_units_fault(const char *path, const struct units_fault *fault)
{
	const char *advice = _("Correct the row and import the file again; nothing was taken.");
	const char *reason = wording_reason(fault->reason);
	if (fault->line > 0 && fault->unit[0] != '\0')
		return say_error_advice(STATUS_REFUSED, advice, _("%s, row %lld, unit %s: %s"), path,
					(long long)fault->line, fault->unit, reason);
	if (fault->line > 0)
		return say_error_advice(STATUS_REFUSED, advice, _("%s, row %lld: %s"), path, (long long)fault->line,
					reason);
	if (fault->unit[0] != '\0')
		return say_error_advice(STATUS_REFUSED, advice, _("%s, unit %s: %s"), path, fault->unit, reason);
	return say_error_advice(STATUS_REFUSED, _("Nothing of it was kept."), "%s: %s", path, reason);
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

int command_units_import(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	const char *path = inv->arguments[0];
	struct hub *hub = commands_open(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	int64_t count = 0;
	struct units_fault fault = {0};
	FILE *file = NULL;
	enum status s = open_list(path, &file, &fault);
	if (s == STATUS_OK)
		s = units_import(hub, file, commands_program(inv)->who, &count, &fault);
	if (file != NULL)
		(void)fclose(file); /* only read */
	hub_close(hub);
	if (s == STATUS_REFUSED)
		return say_units_fault(path, &fault);
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Check the name of the file."), _("There is no file %s."), path);
	if (s != STATUS_OK)
		return say_error(s, "%s: %s", path, status_sentence(s));
	say(_("%lld units read."), (long long)count);
	return EXIT_DONE;
}

static void print_units_json(const struct registry *r)
{
	struct json_writer w = json_writer_new(stdout);
	for (int i = 0; i < registry_unit_count(r); i++) {
		const struct unit *u = registry_unit(r, i);
		char day[DATE_TEXT];
		json_object(&w);
		json_member_str(&w, "code", u->code);
		json_member_str(&w, "name", u->name);
		json_member_str(&w, "level", unit_level_name(u->level));
		json_member_str(&w, "parent", u->parent == UNIT_NONE ? NULL : registry_unit(r, u->parent)->code);
		json_member_str(&w, "valid_from",
				u->valid_from == DAY_UNSET ? NULL : date_format(u->valid_from, day));
		json_member_str(&w, "valid_to", u->valid_to == DAY_UNSET ? NULL : date_format(u->valid_to, day));
		json_object_end(&w);
		json_end_line(&w);
	}
}

static void print_units_text(const struct registry *r)
{
	const char *const headings[] = {_("Code"), _("Name"), _("Level"), _("Parent")};
	struct table *t = table_new(4, headings, NULL);
	for (int i = 0; i < registry_unit_count(r); i++) {
		const struct unit *u = registry_unit(r, i);
		table_row(t);
		table_cell(t, u->code);
		table_cell(t, u->name);
		table_cell(t, wording_level(unit_level_name(u->level)));
		table_cell(t, u->parent == UNIT_NONE ? "" : registry_unit(r, u->parent)->code);
	}
	table_print_text(t, stdout);
	table_free(t);
}

int command_units_list(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, false, &exit_status);
	if (hub == NULL)
		return exit_status;
	if (inv->json)
		print_units_json(hub->registry);
	else if (registry_unit_count(hub->registry) > 0)
		print_units_text(hub->registry);
	else
		say("%s", _("There are no units yet. Next: motcua-hub units import FILE"));
	hub_close(hub);
	enum status s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

enum { EVERYONE_READS = 0644 /* it is what the hub tells anybody who asks */ };

static void print_identity(const struct hub *hub, bool json)
{
	const struct identity *d = &hub->identity;
	char id[2 * HUB_ID_LEN + 1];
	char pins[IDENTITY_PINS][2 * HASH_LEN + 1];
	hex_format(d->hub_id, HUB_ID_LEN, id);
	for (size_t i = 0; i < IDENTITY_PINS; i++)
		hex_format(d->pins[i], HASH_LEN, pins[i]);
	if (!json) {
		/* Output is checked once, when it is flushed. */
		(void)printf(_("Province: %.*s %.*s\n"), (int)d->province.len, (const char *)d->province.data,
			     (int)d->name.len, (const char *)d->name.data);
		(void)printf(_("Hub:      %s\n"), id);
		(void)printf(_("TLS keys: %s\n          %s\n"), pins[0], pins[1]);
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_str(&w, "hub", id);
	json_key(&w, "province");
	json_text(&w, d->province);
	json_key(&w, "name");
	json_text(&w, d->name);
	json_key(&w, "pins");
	json_array(&w);
	for (size_t i = 0; i < IDENTITY_PINS; i++)
		json_str(&w, pins[i]);
	json_array_end(&w);
	json_object_end(&w);
	json_end_line(&w);
}

int command_identity(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	const char *path = option_value(inv, "output");
	struct hub *hub = commands_open(inv, false, &exit_status);
	if (hub == NULL)
		return exit_status;
	enum status s = STATUS_OK;
	if (path != NULL && output_in_the_way(path))
		exit_status = say_error(STATUS_USAGE, _("--output takes the name of a plain file."));
	else if (path != NULL)
		s = file_write(path, bytes_slice(&hub->identity_doc), EVERYONE_READS);
	else
		print_identity(hub, inv->json);
	hub_close(hub);
	if (s != STATUS_OK)
		return say_error(s == STATUS_EMPTY ? STATUS_DISK : s, _("%s cannot be written: %s"), path,
				 status_sentence(s));
	if (exit_status != EXIT_DONE || path == NULL)
		return exit_status;
	say(_("Hand %s to the commune together with its code: motcua-agent enroll CODE --identity FILE --export "
	      "FILE"),
	    path);
	return EXIT_DONE;
}
