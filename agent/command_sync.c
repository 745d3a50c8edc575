#include "agent/commands.h"

#include <stdio.h>

#include "agent/overview.h"
#include "agent/session.h"
#include "agent/sync.h"
#include "config/messages.h"
#include "protocol/tables/writer.h"

static void print_report(const struct sync_report *r, enum status s, bool json)
{
	if (!json) {
		/* Output is checked once, when it is flushed. */
		(void)printf(_("batches acknowledged %lld, changes refused by the hub %lld, still waiting %lld\n"),
			     (long long)r->settlement.acknowledged, (long long)r->settlement.refused,
			     (long long)r->waiting);
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_int(&w, "sealed", r->sealed);
	json_member_int(&w, "sent", r->sent);
	json_member_int(&w, "acknowledged", r->settlement.acknowledged);
	json_member_int(&w, "refused", r->settlement.refused);
	json_member_int(&w, "ignored_receipts", r->settlement.ignored);
	json_member_int(&w, "waiting", r->waiting);
	json_member_str(&w, "error", s == STATUS_OK ? NULL : status_code(s));
	json_object_end(&w);
	json_end_line(&w);
}

static int say_failure(const struct agent *a, enum status s, const struct sync_report *r)
{
	struct overview overview;
	if (overview_read(a, &overview) == STATUS_OK && overview.cut_off)
		say("%s", session_use_a_stick());
	if (s == STATUS_BUSY && r->sent > 0)
		return say_error(s, _("The hub has not acknowledged everything yet."));
	int exit_status = session_say_unsent(s);
	/* Not what was entered is refused: what the line made of it is. */
	return exit_status == EXIT_REFUSED ? EXIT_UNREACHABLE : exit_status;
}

int command_sync(struct invocation *inv)
{
	struct session session;
	struct sync_report report;
	int exit_status = session_open(inv, true, &session);
	if (exit_status == EXIT_DONE && session.agent->host[0] == '\0') {
		exit_status = session_say_no_address();
	} else if (exit_status == EXIT_DONE) {
		enum status s = sync_run(session.agent, false, &report);
		if (s == STATUS_OK || inv->json)
			print_report(&report, s, inv->json);
		if (report.settlement.hub_went_back)
			say("%s", session_regressed());
		if (report.lives > 0)
			say("%s", session_copied());
		if (report.settlement.ignored > 0)
			say(_("%lld receipts did not belong to our batches and were not counted."),
			    (long long)report.settlement.ignored);
		if (report.settlement.refused > 0)
			say("%s", _("The command 'rejected' lists what was refused and why."));
		if (s != STATUS_OK)
			exit_status = say_failure(session.agent, s, &report);
	}
	session_close(&session);
	return exit_status;
}
