#include "agent/commands.h"

#include <inttypes.h>
#include <stdio.h>

#include "agent/overview.h"
#include "agent/session.h"
#include "config/messages.h"
#include "config/wording.h"
#include "protocol/tables/writer.h"

enum { ADDRESS_TEXT = INVITATION_HOST + 16, INCARNATION_TEXT = 48 };

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
	json_member_str(&w, "unit", a->unit);
	json_member_str(&w, "device", a->device_text);
	json_member_str(&w, "incarnation", incarnation);
	json_member_str(&w, "hub", hub);
	json_member_str(&w, "state", device_state_name(o->state));
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
	json_object_end(&w);
	json_end_line(&w);
}

static void print_text(const struct agent *a, const struct overview *o, const char *hub, const char *incarnation)
{
	char text[WORDING_TIME];
	char fingerprint[FINGERPRINT_TEXT];
	/* Output is checked once, when it is flushed. */
	(void)printf(_("Unit:            %s\n"), a->unit);
	(void)printf(_("Device:          %s (%s), %s\n"), a->device_text, incarnation,
		     wording_state(device_state_name(o->state)));
	/* Whoever missed it at enrolment can still read it out. */
	fingerprint_format(a->hub.hub_id, signing_key_public(a->key), fingerprint);
	if (o->state == DEVICE_WAITING || o->state == DEVICE_UNCONFIRMED)
		(void)printf(_("Fingerprint:     %s\n"), fingerprint);
	(void)printf(_("Hub:             %s, %.*s\n"), hub, (int)a->hub.name.len, (const char *)a->hub.name.data);
	(void)printf(_("Waiting:         %lld changes without a receipt\n"), (long long)o->waiting);
	(void)printf(_("Batches:         sealed %lld, acknowledged %lld, safe %lld\n"), (long long)o->sealed,
		     (long long)o->acknowledged, (long long)o->safe);
	(void)printf(_("Refused:         %lld\n"), (long long)o->rejected);
	(void)printf(_("Last sync:       %s\n"),
		     o->last_sync == TIME_UNSET ? _("never") : wording_time(o->last_sync, text));
	if (o->next_attempt != TIME_UNSET)
		(void)printf(_("Next attempt:    %s\n"), wording_time(o->next_attempt, text));
	if (o->last_error[0] != '\0')
		(void)printf(_("Last error:      %s\n"), o->last_error);
	(void)printf(_("Clock:           %+lld s against the hub\n"), (long long)(o->clock_offset_ms / 1000));
}

int command_status(struct invocation *inv)
{
	struct session session;
	struct overview overview;
	char hub[ADDRESS_TEXT];
	char incarnation[INCARNATION_TEXT];
	int exit_status = session_open(inv, false, &session);
	if (exit_status == EXIT_DONE) {
		const struct agent *a = session.agent;
		enum status s = overview_read(a, &overview);
		(void)snprintf(hub, sizeof(hub), "%s:%u", a->host, (unsigned)a->port); /* sized for both */
		(void)snprintf(incarnation, sizeof(incarnation), "%" PRIu64 "-%016" PRIx64, a->incarnation.ordinal,
			       a->incarnation.bits); /* sized for both */
		if (s != STATUS_OK)
			exit_status = say_error(s, NULL);
		else if (inv->json)
			print_json(a, &overview, hub, incarnation);
		else
			print_text(a, &overview, hub, incarnation);
	}
	session_close(&session);
	return exit_status;
}
