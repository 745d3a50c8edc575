#include "agent/commands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/enroll.h"
#include "agent/session.h"
#include "config/messages.h"
#include "config/wording.h"
#include "protocol/tables/writer.h"

enum { LINE_MAX_BYTES = INVITATION_TEXT + 64 };

static enum status ask_code(char out[static LINE_MAX_BYTES])
{
	if (isatty(STDIN_FILENO))
		say("%s", _("Code from the province:"));
	if (fgets(out, LINE_MAX_BYTES, stdin) == NULL)
		return STATUS_USAGE;
	out[strcspn(out, "\r\n")] = '\0';
	return STATUS_OK;
}

static int say_failure(enum status s, const char *dir)
{
	if (s == STATUS_EXISTS)
		return say_error_advice(s, _("Nothing was changed; 'status' shows how it stands."),
					_("This computer is enrolled already (%s)."), dir);
	if (s == STATUS_REFUSED)
		return say_error_advice(s, _("Compare it character by character with the slip."),
					_("The code or the address has a typing error."));
	if (s == STATUS_USAGE)
		return say_error_advice(s, _("Give it with --url https://HOST:PORT; the province knows it."),
					_("The code names no address."));
	if (s == STATUS_PIN)
		return say_error_advice(s, _("Check the address, and tell the province."),
					_("The machine at that address is not the hub this code was made by."));
	if (s == STATUS_UNREACHABLE)
		return say_error_advice(s, _("Check the address and the network, then enrol again."), "%s",
					status_sentence(s));
	if (s == STATUS_LOST_DATA || s == STATUS_CORRUPT || s == STATUS_PERMISSION || s == STATUS_NEWER_SCHEMA)
		return session_say_unopened(s, dir);
	return session_say_unsent(s);
}

static const char *state_advice(enum device_state state)
{
	switch (state) {
	case DEVICE_WAITING:
		return _("Read the fingerprint out to the province by phone; they confirm it. What you enter "
			 "meanwhile is kept.");
	case DEVICE_UNCONFIRMED:
		return _("Read the fingerprint out to the province when you can; you can work at once.");
	case DEVICE_ACTIVE:
	case DEVICE_SUSPENDED:
	case DEVICE_REVOKED:
		break;
	}
	return "";
}

static void print_report(const struct enroll_report *r, bool json)
{
	if (json) {
		struct json_writer w = json_writer_new(stdout);
		json_object(&w);
		json_member_str(&w, "hub", r->hub);
		json_member_str(&w, "unit", r->unit);
		json_member_str(&w, "unit_name", r->unit_name);
		json_member_str(&w, "device", r->device);
		json_member_str(&w, "fingerprint", r->fingerprint);
		json_member_str(&w, "state", device_state_name(r->state));
		json_object_end(&w);
		json_end_line(&w);
		return;
	}
	(void)printf(_("Enrolled at: %s\n"), r->hub); /* output is checked once, when it is flushed */
	(void)printf(_("Unit:        %s %s\n"), r->unit, r->unit_name);
	(void)printf(_("Fingerprint: %s\n"), r->fingerprint);
	(void)printf(_("State:       %s\n"), wording_state(device_state_name(r->state)));
	if (state_advice(r->state)[0] != '\0')
		say("%s", state_advice(r->state));
}

static int enroll(const struct invocation *inv, const struct session *session, const char *code)
{
	struct enroll_report report;
	enum status s = enroll_run(inv->data, &session->world, code, option_value(inv, "url"), &report);
	if (s != STATUS_OK)
		return say_failure(s, inv->data);
	print_report(&report, inv->json);
	return EXIT_DONE;
}

int command_enroll(struct invocation *inv)
{
	struct session session;
	int exit_status = session_prepare(inv, true, &session);
	if (exit_status == EXIT_DONE) {
		char line[LINE_MAX_BYTES] = "";
		const char *code = inv->n_arguments == 1 ? inv->arguments[0] : "-";
		enum status s = STATUS_OK;
		if (strcmp(code, "-") == 0) {
			s = ask_code(line);
			code = line;
		}
		if (s == STATUS_OK)
			exit_status = enroll(inv, &session, code);
		else
			exit_status = say_error(s, _("No code was given."));
	}
	session_close(&session);
	return exit_status;
}
