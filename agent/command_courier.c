#include "agent/commands.h"

#include <stdio.h>

#include "agent/carried.h"
#include "agent/session.h"
#include "config/messages.h"
#include "protocol/tables/writer.h"

static void print_export(const struct carried *carried, bool json)
{
	if (!json) {
		carried_print(carried);
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	carried_members(&w, carried);
	json_object_end(&w);
	json_end_line(&w);
}

int command_export(struct invocation *inv)
{
	struct session session;
	struct carried carried = {0};
	int exit_status = session_open(inv, false, &session);
	if (exit_status == EXIT_DONE) {
		enum status s = carried_export(session.agent, inv->arguments[0], &carried);
		if (s == STATUS_OK) {
			print_export(&carried, inv->json);
			say("%s", _("It is on its way only when the province has taken it in; keep working. Their "
				    "answer comes back by 'receive'."));
		} else {
			exit_status =
				carried_say_unwritten(s, carried.path == NULL ? inv->arguments[0] : carried.path);
		}
		carried_free(&carried);
	}
	session_close(&session);
	return exit_status;
}

static void print_receipts(const struct agent *a, const struct courier_receipts *r, bool json)
{
	if (!json) {
		if (r->enrolled)
			say(_("The province has answered the enrolment: this computer works for unit %s."),
			    a->unit);
		/* Output is checked once, when it is flushed. */
		(void)printf(_("batches acknowledged %lld, changes refused by the hub %lld\n"),
			     (long long)r->settlement.acknowledged, (long long)r->settlement.refused);
		if (r->compared)
			say("%s",
			    _("It brought what the province has of this computer: 'compare' lays it beside what is "
			      "here."));
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_int(&w, "acknowledged", r->settlement.acknowledged);
	json_member_int(&w, "refused", r->settlement.refused);
	json_member_int(&w, "ignored_receipts", r->settlement.ignored);
	json_member_int(&w, "damaged", (int64_t)r->damaged);
	json_key(&w, "enrolled");
	json_bool(&w, r->enrolled);
	json_key(&w, "compared");
	json_bool(&w, r->compared);
	json_key(&w, "whole");
	json_bool(&w, r->whole);
	json_key(&w, "more");
	json_bool(&w, r->more);
	json_object_end(&w);
	json_end_line(&w);
}

static int say_incomplete(const struct courier_receipts *r, const char *path)
{
	if (r->settlement.copied)
		say("%s", session_copied());
	if (r->settlement.hub_went_back)
		say("%s", session_regressed());
	if (r->more)
		say(_("%s goes on in another file; receive that one too."), path);
	if (r->whole)
		return EXIT_DONE;
	return say_error_advice(STATUS_REFUSED,
				_("What was undamaged is taken. Ask the province for the file again."),
				_("%s is damaged or cut off."), path);
}

int command_receive(struct invocation *inv)
{
	struct session session;
	int exit_status = session_open(inv, false, &session);
	if (exit_status == EXIT_DONE) {
		struct courier_receipts receipts;
		const char *path = inv->arguments[0];
		enum status s = courier_receive(session.agent, path, &receipts);
		if (s == STATUS_OK)
			print_receipts(session.agent, &receipts, inv->json);
		exit_status = s == STATUS_OK ? say_incomplete(&receipts, path) : carried_say_unread(s, path);
	}
	session_close(&session);
	return exit_status;
}
