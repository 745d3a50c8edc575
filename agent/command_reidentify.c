#include "agent/commands.h"

#include <stdio.h>

#include "agent/repair.h"
#include "agent/salvage.h"
#include "agent/session.h"
#include "config/messages.h"
#include "protocol/tables/writer.h"

static void print_json(const struct repair_report *r)
{
	char incarnation[INCARNATION_TEXT];
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_str(&w, "reason", trouble_name(r->trouble));
	json_member_str(&w, "incarnation", session_incarnation(&r->incarnation, incarnation));
	json_member_int(&w, "waiting", r->waiting);
	json_member_int(&w, "salvaged", r->salvaged);
	json_key(&w, "damaged");
	if (r->damaged == SALVAGE_UNKNOWN)
		json_null(&w);
	else
		json_int(&w, r->damaged);
	json_member_int(&w, "sealed_before", (int64_t)r->sealed_before);
	json_member_str(&w, "kept_in", r->kept_in[0] == '\0' ? NULL : r->kept_in);
	json_object_end(&w);
	json_end_line(&w);
}

static void print_text(const struct repair_report *r)
{
	char incarnation[INCARNATION_TEXT];
	/* Output is checked once, when it is flushed. */
	(void)printf(
		_("This computer goes on as incarnation %s; %lld changes without a receipt will be sent again.\n"),
		session_incarnation(&r->incarnation, incarnation), (long long)r->waiting);
	if (r->trouble == TROUBLE_DB_LOST)
		(void)printf("%s\n",
			     _("What was entered and not sent yet is gone too; enter it or import its files "
			       "again. What the province has counts once."));
	if (r->trouble == TROUBLE_DB_LOST && r->sealed_before > 0)
		(void)printf(_("Before the loss it had sealed batches up to %lld. After the next sync 'status' "
			       "says which "
			       "of them the province never got; import the files of that time again.\n"),
			     (long long)r->sealed_before);
	if (r->trouble != TROUBLE_SALVAGED)
		return;
	(void)printf(_("The damaged database is kept in %s. Rows taken over: %lld.\n"), r->kept_in,
		     (long long)r->salvaged);
	if (r->damaged == SALVAGE_UNKNOWN)
		(void)printf("%s\n",
			     _("How many changes could not be read is not known. Import the files of the last "
			       "weeks again; what the province has counts once."));
	else if (r->damaged > 0)
		(void)printf(_("Changes that could not be read: %lld. Import the files of the last weeks again; "
			       "what the "
			       "province has counts once.\n"),
			     (long long)r->damaged);
}

static int finish(const struct invocation *inv, enum status s, const struct repair_report *report)
{
	if (s == STATUS_BUSY)
		return say_error_advice(
			s, _("Stop the service of motcua-agent and other commands, then run it again."),
			_("Another motcua-agent is at work in %s."), inv->data);
	if (s != STATUS_OK)
		return say_error(s, _("The data directory %s cannot be used: %s"), inv->data, status_sentence(s));
	if (inv->json)
		print_json(report);
	else
		print_text(report);
	return EXIT_DONE;
}

static int repair(const struct invocation *inv, struct session *session)
{
	struct repair_report report = {0};
	enum status s = STATUS_OK;
	switch (repair_find(inv->data, &session->world, &session->agent, &s)) {
	case REPAIR_NONE:
		return finish(inv, repair_sound(session->agent, &report), &report);
	case REPAIR_DATABASE:
		return finish(inv, repair_lost(inv->data, &session->world, &report), &report);
	case REPAIR_DAMAGED:
		return finish(inv, repair_damaged(inv->data, &session->world, &report), &report);
	case REPAIR_UNSEEN:
	case REPAIR_KEY:
	case REPAIR_NOT_ENROLLED:
		break;
	}
	return session_say_unopened(s, inv->data);
}

int command_reidentify(struct invocation *inv)
{
	struct session session;
	int exit_status = session_prepare(inv, true, &session);
	if (exit_status == EXIT_DONE)
		exit_status = repair(inv, &session);
	session_close(&session);
	return exit_status;
}
