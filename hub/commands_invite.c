#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/shown_name.h"
#include "config/wording.h"
#include "hub/commands.h"
#include "hub/enrol.h"
#include "hub/invitees.h"
#include "hub/output.h"
#include "hub/slips.h"
#include "protocol/tables/writer.h"

enum { HOURS_DEFAULT = 72, OWNER_READS = 0600 };

struct invited {
	char unit[LIMIT_UNIT + 1];
	char code[INVITATION_TEXT];
	int64_t expires;
};

/* One run: of one unit, or of all in a file. */
struct inviting {
	const struct invocation *inv;
	struct hub *hub;
	struct invite_plan plan;
	const char *file;  /* NULL: one unit */
	const char *slips; /* NULL: none */
	char *shown;       /* the file's name as it is shown */
	struct invitees who;
	struct invited *done;
	size_t n_done;
	int64_t refused;
};

/* "72h" or "72" as hours. */
static enum status read_hours(const char *text, int64_t *ret_hours)
{
	char digits[16];
	size_t len = strlen(text);
	if (len > 0 && text[len - 1] == 'h')
		len--;
	if (len >= sizeof(digits))
		return STATUS_USAGE;
	memcpy(digits, text, len);
	digits[len] = '\0';
	long long hours = 0;
	enum status s = option_number(digits, 1, INVITE_HOURS_MAX, &hours);
	if (s == STATUS_OK)
		*ret_hours = hours;
	return s;
}

/* Where agents reach the hub: --url, else the address of init, else none: then they are told it apart. */
static enum status find_address(struct hub *hub, const char *url, char *ret_host, uint16_t *ret_port)
{
	struct bytes note = bytes_new(INVITATION_HOST + 32);
	enum status s = STATUS_OK;
	ret_host[0] = '\0';
	if (url == NULL) {
		s = hub_note_get(hub, "url", &note);
		bytes_put_u8(&note, '\0');
		url = s == STATUS_OK && bytes_status(&note) == STATUS_OK ? (const char *)note.data : NULL;
	}
	if (url != NULL)
		s = address_parse(url, ret_host, ret_port);
	else if (s == STATUS_EMPTY)
		s = STATUS_OK;
	bytes_free(&note);
	return s;
}

static int say_uninvited(enum status s, const char *unit)
{
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("'units list' shows the codes."),
					_("There is no unit %s in the list."), unit);
	if (s == STATUS_DIFFERENT)
		return say_error_advice(STATUS_REFUSED, _("'device list' shows the computers and their units."),
					_("The computer to be replaced does not work for unit %s."), unit);
	return say_error(s, _("unit %s: %s"), unit, status_sentence(s));
}

/* --replaces ID. False after printing what is wrong. */
static bool choose_replaced(const struct invocation *inv, struct hub *hub, struct invite_plan *plan, int *ret_exit)
{
	struct device device;
	const char *text = option_value(inv, "replaces");
	if (text == NULL)
		return true;
	if (!commands_device(hub, text, &device, ret_exit))
		return false;
	plan->replaces = true;
	memcpy(plan->replaced, device.id, DEVICE_ID_LEN);
	return true;
}

static void say_row(void *context, int64_t row, const char *reason)
{
	struct inviting *run = context;
	run->refused++;
	(void)say_error_advice(STATUS_REFUSED, "", _("%s, row %lld, column code: %s"), run->shown, (long long)row,
			       wording_reason(reason));
}

static int say_file(const struct inviting *run, enum status s)
{
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Check the name of the file."), _("There is no file %s."), run->shown);
	if (s == STATUS_REFUSED)
		return say_error_advice(s, _("Nobody was invited."), "%s: %s", run->shown,
					wording_reason(run->who.reason));
	return say_error(s, "%s: %s", run->shown, status_sentence(s));
}

static int say_ignored(const struct inviting *run)
{
	struct bytes names = bytes_new(run->who.ignored.len + 1);
	bytes_put(&names, run->who.ignored.data, run->who.ignored.len);
	bytes_put_u8(&names, '\0');
	char *shown = bytes_status(&names) == STATUS_OK ? shown_name((const char *)names.data) : NULL;
	bytes_free(&names);
	if (shown == NULL)
		return say_error(STATUS_NO_MEMORY, NULL);
	if (shown[0] != '\0')
		say(_("%s: columns that were not read: %s"), run->shown, shown);
	free(shown);
	return EXIT_DONE;
}

/* --file FILE. The exit status. */
static int read_file(struct inviting *run)
{
	struct stat info;
	FILE *file = fopen(run->file, "rbe");
	enum status s = file == NULL ? status_of_errno(errno) : STATUS_OK;
	if (s == STATUS_OK && fstat(fileno(file), &info) == 0 && S_ISDIR(info.st_mode)) {
		run->who.reason = "not-a-file";
		s = STATUS_REFUSED;
	}
	if (s == STATUS_OK)
		s = invitees_read(run->hub->registry, file, say_row, run, &run->who);
	if (file != NULL)
		(void)fclose(file); /* only read */
	return s == STATUS_OK ? say_ignored(run) : say_file(run, s);
}

/* The argument as a list of one; whether there is such a unit is asked in the transaction. */
static int read_argument(struct inviting *run)
{
	const char *unit = run->inv->arguments[0];
	if (!schema_unit_ok(unit, strlen(unit)))
		return say_uninvited(STATUS_EMPTY, unit);
	run->who.list = calloc(1, sizeof(*run->who.list));
	if (run->who.list == NULL)
		return say_error(STATUS_NO_MEMORY, NULL);
	run->who.count = 1;
	memcpy(run->who.list[0].unit, unit, strlen(unit));
	return EXIT_DONE;
}

/* All of them or, where this machine fails, none: a code nobody was told would stay open for nothing. */
static enum status invite_within(struct inviting *run, const char **ret_failed)
{
	struct hub_transaction t;
	enum status s = hub_begin(run->hub, &t);
	if (s != STATUS_OK)
		return s;
	for (size_t i = 0; i < run->who.count && s == STATUS_OK; i++) {
		struct invited *one = &run->done[run->n_done];
		const struct invitee *who = &run->who.list[i];
		run->plan.unit = *ret_failed = who->unit;
		s = enrol_invite_within(run->hub, &run->plan, one->code, &one->expires);
		(void)snprintf(one->unit, sizeof(one->unit), "%s", who->unit); /* of the same size */
		run->n_done += s == STATUS_OK ? 1 : 0;
		/* The list of units was read anew meanwhile. */
		if (s == STATUS_EMPTY && run->file != NULL) {
			say_row(run, who->row, "unknown-unit");
			s = STATUS_OK;
		}
	}
	return hub_end(&t, s);
}

static enum status write_slips(struct inviting *run)
{
	char *text = NULL;
	size_t len = 0;
	struct slip_sheet sheet;
	FILE *out = open_memstream(&text, &len);
	if (out == NULL)
		return STATUS_NO_MEMORY;
	enum status s = slips_sheet(run->hub, out, run->plan.confirm, &sheet);
	if (s == STATUS_OK) {
		slips_begin(&sheet);
		for (size_t i = 0; i < run->n_done; i++) {
			int unit = registry_find_unit(run->hub->registry, slice_str(run->done[i].unit));
			struct slip slip = {.unit = registry_unit(run->hub->registry, unit),
					    .code = run->done[i].code,
					    .expires = run->done[i].expires};
			slips_put(&sheet, &slip);
		}
		slips_end(&sheet);
	}
	bool failed = ferror(out) != 0;
	failed = fclose(out) != 0 || failed;
	if (s == STATUS_OK && failed)
		s = STATUS_NO_MEMORY;
	if (s == STATUS_OK)
		s = file_write(run->slips, slice_of((const uint8_t *)text, len), OWNER_READS);
	if (text != NULL)
		secret_wipe(text, len);
	free(text);
	return s;
}

static void print_json(const struct inviting *run)
{
	char at[INSTANT_TEXT];
	struct json_writer w = json_writer_new(stdout);
	for (size_t i = 0; i < run->n_done; i++) {
		json_object(&w);
		json_member_str(&w, "code", run->done[i].code);
		json_member_str(&w, "unit", run->done[i].unit);
		json_member_str(&w, "expires", time_format(run->done[i].expires, at));
		json_object_end(&w);
		json_end_line(&w);
	}
}

/* Codes stand on the standard output or in the slips, and nowhere else. */
static int print_invited(const struct inviting *run)
{
	char until[WORDING_TIME];
	if (run->inv->json)
		print_json(run);
	for (size_t i = 0; i < run->n_done && !run->inv->json && run->slips == NULL; i++)
		(void)printf("%s%s%s\n", run->file == NULL ? "" : run->done[i].unit, run->file == NULL ? "" : " ",
			     run->done[i].code);
	(void)wording_time(run->done[0].expires, until);
	if (run->file == NULL)
		say(_("One computer of unit %s can enrol with this code until %s: motcua-agent enroll CODE"),
		    run->done[0].unit, until);
	else
		say(_("%lld units are invited, each with a code for one computer until %s."),
		    (long long)run->n_done, until);
	if (run->slips != NULL)
		say(_("The slips are in %s. Print it and delete it: whoever reads it can enrol."), run->slips);
	if (run->plan.host[0] == '\0')
		say("%s", _("The hub's address is not set; the computer needs it too: --url https://HOST:PORT"));
	enum status s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

/* A medium that takes nothing is found out before anybody is invited. */
static int claim_slips(const struct inviting *run)
{
	if (run->slips == NULL)
		return EXIT_DONE;
	if (path_exists(run->slips) || output_in_the_way(run->slips))
		return say_error_advice(STATUS_EXISTS, _("Name a file that is not there yet."),
					_("%s is there already; it may hold codes that are still needed."),
					run->slips);
	enum status s = file_write(run->slips, slice_str(""), OWNER_READS);
	s = s == STATUS_EMPTY ? STATUS_DISK : s; /* there is no such folder */
	return s == STATUS_OK ? EXIT_DONE
			      : say_error(s, _("%s cannot be written: %s"), run->slips, status_sentence(s));
}

static int invite_all(struct inviting *run)
{
	const char *failed = "";
	run->done = calloc(run->who.count, sizeof(*run->done));
	enum status s = run->done == NULL ? STATUS_NO_MEMORY : invite_within(run, &failed);
	if (s == STATUS_OK && run->n_done > 0 && run->slips != NULL) {
		s = write_slips(run);
		if (s != STATUS_OK)
			return say_error_advice(s, _("Their codes are lost and end by themselves. Invite again."),
						_("%s cannot be written: %s"), run->slips, status_sentence(s));
	} else if (s != STATUS_OK || run->n_done == 0) {
		if (run->slips != NULL)
			(void)remove(run->slips); /* it is empty */
	}
	if (s != STATUS_OK)
		return say_uninvited(s, failed);
	return run->n_done == 0 ? EXIT_DONE : print_invited(run);
}

static int run_invite(struct inviting *run)
{
	run->shown = shown_name(run->file == NULL ? "" : run->file);
	if (run->shown == NULL)
		return say_error(STATUS_NO_MEMORY, NULL);
	int exit_status = run->file == NULL ? read_argument(run) : read_file(run);
	if (exit_status == EXIT_DONE && run->who.count > 0)
		exit_status = claim_slips(run);
	if (exit_status == EXIT_DONE && run->who.count > 0)
		exit_status = invite_all(run);
	if (run->refused > 0 && exit_status == EXIT_DONE)
		return say_error_advice(STATUS_REFUSED, _("Correct them and invite those units again."),
					_("%s: rows that were not taken: %lld"), run->shown,
					(long long)run->refused);
	return exit_status;
}

/* What the command line asks for; EXIT_DONE. */
static int read_plan(const struct invocation *inv, struct inviting *run)
{
	const char *expires_text = option_value(inv, "expires");
	run->file = option_value(inv, "file");
	run->slips = option_value(inv, "slips");
	run->plan.confirm = !option_flag(inv, "no-confirm");
	run->plan.hours = run->plan.confirm ? HOURS_DEFAULT : INVITE_HOURS_UNCONFIRMED;
	if ((run->file == NULL) == (inv->n_arguments == 0))
		return say_error(STATUS_USAGE, _("Name one unit, or a list of them with --file."));
	if (run->file != NULL && option_value(inv, "replaces") != NULL)
		return say_error(STATUS_USAGE, _("--replaces goes with one unit, not with a list."));
	if (expires_text != NULL && read_hours(expires_text, &run->plan.hours) != STATUS_OK)
		return say_error(STATUS_USAGE, _("--expires is a number of hours from 1 to %d, such as 72h."),
				 INVITE_HOURS_MAX);
	if (!run->plan.confirm && run->plan.hours > INVITE_HOURS_UNCONFIRMED)
		return say_error(STATUS_USAGE, _("With --no-confirm a code lives at most 24 hours."));
	return EXIT_DONE;
}

int command_invite(struct invocation *inv)
{
	char host[INVITATION_HOST + 1];
	struct inviting run = {.inv = inv, .plan = {.host = host, .who = commands_program(inv)->who}};
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = read_plan(inv, &run);
	if (exit_status != EXIT_DONE)
		return exit_status;
	run.hub = commands_enter(inv, true, &exit_status);
	if (run.hub == NULL)
		return exit_status;
	if (find_address(run.hub, option_value(inv, "url"), host, &run.plan.port) != STATUS_OK)
		exit_status =
			say_error(STATUS_USAGE, _("--url is not an address such as https://hub.example:8443."));
	else if (choose_replaced(inv, run.hub, &run.plan, &exit_status))
		exit_status = run_invite(&run);
	if (run.done != NULL)
		secret_wipe(run.done, run.who.count * sizeof(*run.done));
	free(run.done);
	free(run.shown);
	invitees_free(&run.who);
	hub_close(run.hub);
	return exit_status;
}
