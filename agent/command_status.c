#include "agent/commands.h"

#include <stdio.h>

#include "agent/overview.h"
#include "agent/repair.h"
#include "agent/session.h"
#include "config/messages.h"
#include "config/wording.h"
#include "protocol/tables/writer.h"

enum { ADDRESS_TEXT = INVITATION_HOST + 16 };

/* What happened, in a sentence. */
static const char *trouble_sentence(enum trouble trouble)
{
	switch (trouble) {
	case TROUBLE_DB_LOST:
		return _("the database was lost and begun anew");
	case TROUBLE_DB_ROLLED_BACK:
		return _("the data are an older copy, or another computer works with a copy of them");
	case TROUBLE_CLONED:
		return _("the data were set up on another computer");
	case TROUBLE_HUB_REGRESSED:
		return _("the hub has less than it acknowledged: it was put back from a copy");
	case TROUBLE_REIDENTIFIED:
		return _("new numbers were asked for, or came with a new key");
	case TROUBLE_SALVAGED:
		return _("the database was damaged; what could be read was taken over");
	case TROUBLE_NONE:
	case TROUBLE_COUNT:
		break;
	}
	return "";
}

/* What to do about the trouble there is; "" where nothing needs doing. */
static const char *trouble_advice(enum trouble trouble)
{
	switch (trouble) {
	case TROUBLE_DB_ROLLED_BACK:
		return _("motcua-agent sync goes on under new numbers; motcua-agent reidentify does it without a "
			 "line.");
	case TROUBLE_CLONED:
		return _("If this computer takes the other one's place, or both are to work on: motcua-agent "
			 "reidentify");
	case TROUBLE_HUB_REGRESSED:
		return _("motcua-agent sync sends again what the hub lacks. Nothing is deleted here.");
	case TROUBLE_DB_LOST:
	case TROUBLE_REIDENTIFIED:
	case TROUBLE_SALVAGED:
	case TROUBLE_NONE:
	case TROUBLE_COUNT:
		break;
	}
	return "";
}

static const char *state_word(const struct overview *o)
{
	return o->trouble == TROUBLE_NONE ? device_state_name(o->state) : trouble_name(o->trouble);
}

static void json_befallen(struct json_writer *w, const struct overview *o)
{
	char at[INSTANT_TEXT];
	json_key(w, "notices");
	json_array(w);
	for (size_t i = 0; i < o->n_notices; i++) {
		const struct notice *n = &o->notices[i];
		json_object(w);
		json_member_str(w, "at", time_format(n->at, at));
		json_member_str(w, "code", trouble_name(n->trouble));
		json_member_int(w, "incarnation", (int64_t)n->ordinal);
		json_object_end(w);
	}
	json_array_end(w);
	json_key(w, "lost");
	json_array(w);
	for (size_t i = 0; i < o->n_losses; i++) {
		json_object(w);
		json_member_int(w, "incarnation", (int64_t)o->losses[i].ordinal);
		json_member_int(w, "from", (int64_t)o->losses[i].first);
		json_member_int(w, "to", (int64_t)o->losses[i].last);
		json_object_end(w);
	}
	json_array_end(w);
}

static void print_befallen(const struct overview *o)
{
	char at[WORDING_TIME];
	for (size_t i = 0; i < o->n_notices; i++)
		(void)printf(_("Notice:          %s %s: %s\n"), wording_time(o->notices[i].at, at),
			     trouble_name(o->notices[i].trouble), trouble_sentence(o->notices[i].trouble));
	for (size_t i = 0; i < o->n_losses; i++)
		(void)printf(_("Lost:            batches %llu to %llu of incarnation %llu; import the files of "
			       "that time "
			       "again\n"),
			     (unsigned long long)o->losses[i].first, (unsigned long long)o->losses[i].last,
			     (unsigned long long)o->losses[i].ordinal);
	if (o->trouble != TROUBLE_NONE)
		(void)printf("%s: %s\n  %s\n", trouble_name(o->trouble), trouble_sentence(o->trouble),
			     trouble_advice(o->trouble));
}

/* The command that mends what is wrong here, else what to do about the last exchange; NULL where all is well. */
static const char *advice(const struct overview *o)
{
	const char *text = trouble_advice(o->trouble);
	if (text[0] != '\0')
		return text;
	if (o->last_error[0] == '\0')
		return NULL;
	if (o->cut_off)
		return session_use_a_stick();
	(void)session_unsent(status_of_code(o->last_error), &text);
	return text;
}

static void time_member(struct json_writer *w, const char *key, int64_t at)
{
	char text[INSTANT_TEXT];
	json_member_str(w, key, at == TIME_UNSET ? NULL : time_format(at, text));
}

static void print_json(const struct agent *a, const struct overview *o, const char *hub, const char *incarnation)
{
	char fingerprint[FINGERPRINT_TEXT];
	struct json_writer w = json_writer_new(stdout);
	fingerprint_format(a->hub.hub_id, signing_key_public(a->key), fingerprint);
	json_object(&w);
	json_member_str(&w, "unit", a->unit[0] == '\0' ? NULL : a->unit);
	json_member_str(&w, "device", a->device_text);
	json_member_str(&w, "incarnation", incarnation);
	json_member_str(&w, "hub", hub[0] == '\0' ? NULL : hub);
	json_member_str(&w, "state", state_word(o));
	json_member_int(&w, "waiting", o->waiting);
	json_member_int(&w, "sealed", o->sealed);
	json_member_int(&w, "acknowledged", o->acknowledged);
	json_member_int(&w, "safe", o->safe);
	json_member_int(&w, "rejected", o->rejected);
	time_member(&w, "last_sync", o->last_sync);
	json_member_str(&w, "last_error", o->last_error[0] == '\0' ? NULL : o->last_error);
	time_member(&w, "next_attempt", o->next_attempt);
	json_member_int(&w, "clock_offset_s", o->clock_offset_ms / 1000);
	json_member_int(&w, "queue_bytes", o->queue_bytes);
	json_member_str(&w, "fingerprint", fingerprint);
	json_member_str(&w, "advice", advice(o));
	json_befallen(&w, o);
	json_object_end(&w);
	json_end_line(&w);
}

static void print_last_error(const struct overview *o)
{
	const char *unused = NULL;
	if (o->last_error[0] == '\0')
		return;
	(void)printf(_("Last error:      %s: %s\n"), o->last_error,
		     session_unsent(status_of_code(o->last_error), &unused));
	if (o->trouble == TROUBLE_NONE)
		(void)printf("  %s\n", advice(o));
}

static void print_text(const struct agent *a, const struct overview *o, const char *hub, const char *incarnation)
{
	char text[WORDING_TIME];
	char fingerprint[FINGERPRINT_TEXT];
	/* Output is checked once, when it is flushed. */
	(void)printf(_("Unit:            %s\n"),
		     a->unit[0] == '\0' ? _("not known until the province's answer is here: receive FILE")
					: a->unit);
	(void)printf(_("Device:          %s (%s), %s\n"), a->device_text, incarnation,
		     wording_state(device_state_name(o->state)));
	/* Whoever missed it at enrolment can still read it out. */
	fingerprint_format(a->hub.hub_id, signing_key_public(a->key), fingerprint);
	if (o->state == DEVICE_WAITING || o->state == DEVICE_UNCONFIRMED)
		(void)printf(_("Fingerprint:     %s\n"), fingerprint);
	(void)printf(_("Hub:             %s, %.*s\n"), hub[0] == '\0' ? _("no address") : hub, (int)a->hub.name.len,
		     (const char *)a->hub.name.data);
	(void)printf(_("Waiting:         %lld changes without a receipt\n"), (long long)o->waiting);
	(void)printf(_("Batches:         sealed %lld, acknowledged %lld, safe %lld\n"), (long long)o->sealed,
		     (long long)o->acknowledged, (long long)o->safe);
	(void)printf(_("Refused:         %lld\n"), (long long)o->rejected);
	(void)printf(_("Last sync:       %s\n"),
		     o->last_sync == TIME_UNSET ? _("never") : wording_time(o->last_sync, text));
	if (o->next_attempt != TIME_UNSET)
		(void)printf(_("Next attempt:    %s\n"), wording_time(o->next_attempt, text));
	print_last_error(o);
	(void)printf(_("Clock:           %+lld s against the hub\n"), (long long)(o->clock_offset_ms / 1000));
	print_befallen(o);
}

/* What stands in the way has a name too, for whoever watches many computers. */
static void print_unopened(const struct invocation *inv, enum status s)
{
	static const char *const names[] = {
		[REPAIR_NONE] = "",
		[REPAIR_DATABASE] = "DB-LOST",
		[REPAIR_DAMAGED] = "DB-DAMAGED",
		[REPAIR_KEY] = "KEY-LOST",
		[REPAIR_NOT_ENROLLED] = "not-enrolled",
		[REPAIR_UNSEEN] = NULL, /* nobody can tell: last_error says why */
	};
	const enum repair_case what = repair_judge(inv->data, s);
	const bool by_itself = what == REPAIR_DATABASE || what == REPAIR_DAMAGED;
	const char *advice = by_itself ? "motcua-agent reidentify" : "motcua-agent enroll CODE";
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_str(&w, "state", names[what]);
	json_member_str(&w, "last_error", status_code(s));
	json_member_str(&w, "advice", what == REPAIR_UNSEEN ? NULL : advice);
	json_object_end(&w);
	json_end_line(&w);
}

static int print_status(const struct invocation *inv, const struct agent *a)
{
	struct overview overview;
	char hub[ADDRESS_TEXT] = "";
	char incarnation[INCARNATION_TEXT];
	enum status s = overview_read(a, &overview);
	if (s != STATUS_OK)
		return say_error(s, NULL);
	if (a->host[0] != '\0')
		(void)snprintf(hub, sizeof(hub), "%s:%u", a->host, (unsigned)a->port); /* sized for both */
	(void)session_incarnation(&a->incarnation, incarnation);
	if (inv->json)
		print_json(a, &overview, hub, incarnation);
	else
		print_text(a, &overview, hub, incarnation);
	return EXIT_DONE;
}

int command_status(struct invocation *inv)
{
	struct session session;
	int exit_status = session_prepare(inv, false, &session);
	if (exit_status == EXIT_DONE) {
		enum status s = agent_open(inv->data, &session.world, &session.agent);
		if (s != STATUS_OK && inv->json)
			print_unopened(inv, s);
		exit_status = s == STATUS_OK ? session_address(inv, &session) : session_say_unopened(s, inv->data);
		if (exit_status == EXIT_DONE)
			exit_status = print_status(inv, session.agent);
	}
	session_close(&session);
	return exit_status;
}
