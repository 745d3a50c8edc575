#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/carried.h"
#include "agent/enroll.h"
#include "agent/session.h"
#include "config/datadir.h"
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

/* Both or neither: the hub's identity on the stick, and the file that goes back. */
struct stick {
	const char *identity;
	const char *target;
};

static int say_failure(enum status s, const char *dir, const struct stick *stick)
{
	if (s == STATUS_PORTAL && stick->identity != NULL)
		return say_error_advice(STATUS_REFUSED,
					_("The province writes it with: motcua-hub identity --output FILE"),
					_("%s is not the identity of a hub."), stick->identity);
	if (s == STATUS_PIN && stick->identity != NULL)
		return say_error_advice(STATUS_PIN,
					_("Use the file that came with the code, and tell the province."),
					_("%s is not the hub this code was made by."), stick->identity);
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
	if (s == STATUS_UNREACHABLE || s == STATUS_NO_NAME || s == STATUS_BROKEN_OFF)
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

static void print_json(const struct enroll_report *r, const struct carried *carried)
{
	struct json_writer w = json_writer_new(stdout);
	bool answered = r->unit[0] != '\0';
	json_object(&w);
	json_member_str(&w, "hub", r->hub);
	json_member_str(&w, "unit", answered ? r->unit : NULL);
	json_member_str(&w, "unit_name", answered ? r->unit_name : NULL);
	json_member_str(&w, "device", r->device);
	json_member_str(&w, "fingerprint", r->fingerprint);
	json_member_str(&w, "state", device_state_name(r->state));
	if (carried != NULL)
		carried_members(&w, carried);
	json_object_end(&w);
	json_end_line(&w);
}

static void print_report(const struct enroll_report *r)
{
	(void)printf(_("Enrolled at: %s\n"), r->hub); /* output is checked once, when it is flushed */
	if (r->unit[0] != '\0')
		(void)printf(_("Unit:        %s %s\n"), r->unit, r->unit_name);
	else
		(void)printf("%s", _("Unit:        stands in the province's answer\n"));
	(void)printf(_("Fingerprint: %s\n"), r->fingerprint);
	(void)printf(_("State:       %s\n"), wording_state(device_state_name(r->state)));
	if (state_advice(r->state)[0] != '\0')
		say("%s", state_advice(r->state));
}

/* The enrolment stands, whatever becomes of the stick: 'export' writes it again. */
static int carry(const struct invocation *inv, struct session *session, const struct enroll_report *report,
		 const char *target)
{
	struct carried carried = {0};
	int exit_status = session_enter(inv, session);
	if (exit_status != EXIT_DONE)
		return exit_status;
	enum status s = carried_export(session->agent, target, &carried);
	if (inv->json)
		print_json(report, s == STATUS_OK ? &carried : NULL);
	else
		print_report(report);
	if (s == STATUS_OK && !inv->json)
		carried_print(&carried);
	if (s == STATUS_OK)
		say("%s",
		    _("Take it to the province: motcua-hub ingest FILE. Their answer comes back by 'receive'."));
	else
		exit_status = carried_say_unwritten(s, carried.path == NULL ? target : carried.path);
	carried_free(&carried);
	return exit_status;
}

static int enroll_without_line(const struct invocation *inv, struct session *session, const char *code,
			       const struct stick *stick)
{
	struct enroll_report report;
	struct bytes document = bytes_new(LIMIT_IDENTITY);
	enum status s = file_read(stick->identity, &document);
	if (s != STATUS_OK && s != STATUS_LIMIT) {
		bytes_free(&document);
		return carried_say_unread(s, stick->identity);
	}
	if (s == STATUS_LIMIT)
		s = STATUS_PORTAL; /* no identity is that long */
	if (s == STATUS_OK)
		s = enroll_by_stick(inv->data, &session->world, code, option_value(inv, "url"),
				    bytes_slice(&document), &report);
	bytes_free(&document);
	return s == STATUS_OK ? carry(inv, session, &report, stick->target) : say_failure(s, inv->data, stick);
}

static int enroll(const struct invocation *inv, struct session *session, const char *code,
		  const struct stick *stick)
{
	struct enroll_report report;
	if (stick->identity != NULL)
		return enroll_without_line(inv, session, code, stick);
	enum status s = enroll_run(inv->data, &session->world, code, option_value(inv, "url"), &report);
	if (s != STATUS_OK)
		return say_failure(s, inv->data, stick);
	if (inv->json)
		print_json(&report, NULL);
	else
		print_report(&report);
	return EXIT_DONE;
}

int command_enroll(struct invocation *inv)
{
	struct session session;
	const struct stick stick = {option_value(inv, "identity"), option_value(inv, "export")};
	if ((stick.identity == NULL) != (stick.target == NULL))
		return say_error(STATUS_USAGE, _("Without a line, --identity and --export go together."));
	int exit_status = session_prepare(inv, stick.identity == NULL, &session);
	if (exit_status == EXIT_DONE) {
		char line[LINE_MAX_BYTES] = "";
		const char *code = inv->n_arguments == 1 ? inv->arguments[0] : "-";
		enum status s = STATUS_OK;
		if (strcmp(code, "-") == 0) {
			s = ask_code(line);
			code = line;
		}
		if (s == STATUS_OK)
			exit_status = enroll(inv, &session, code, &stick);
		else
			exit_status = say_error(s, _("No code was given."));
	}
	session_close(&session);
	return exit_status;
}
