#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/commands.h"
#include "hub/serve.h"
#include "hub/state.h"
#include "hub/verify.h"
#include "protocol/tables/writer.h"

/* Port 0 is allowed here: any free one. */
static enum status read_listen(const char *text, char ret_host[static INVITATION_HOST + 1], uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - text);
	long long port = 0;
	if (len == 0 || len > INVITATION_HOST || option_number(colon + 1, 0, UINT16_MAX, &port) != STATUS_OK)
		return STATUS_USAGE;
	bool brackets = text[0] == '[' && text[len - 1] == ']';
	(void)snprintf(ret_host, INVITATION_HOST + 1, "%.*s", (int)(brackets ? len - 2 : len),
		       brackets ? text + 1 : text);
	*ret_port = (uint16_t)port;
	return STATUS_OK;
}

static int say_unserved(enum status s, const char *listen, const char *dir)
{
	if (s == STATUS_BUSY)
		return say_error_advice(s, _("Stop it, or take another port with --listen or the setting listen."),
					_("At %s another program listens already."), listen);
	if (s == STATUS_SETTINGS)
		return say_error_advice(s,
					_("Take an address of this machine and a port above 1023, with --listen or "
					  "the setting listen."),
					_("This program cannot listen at %s."), listen);
	return say_error(s, "%s: %s", dir, status_sentence(s));
}

int command_serve(struct invocation *inv)
{
	const struct hub_program *program = commands_program(inv);
	const char *listen = option_value(inv, "listen");
	char host[INVITATION_HOST + 1];
	struct serve_plan plan = {.address = host, .stop = program->stop};
	int exit_status = commands_settings(inv);
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (listen == NULL)
		listen = program->listen;
	if (read_listen(listen, host, &plan.port) != STATUS_OK)
		return say_error(STATUS_USAGE, _("%s is not an address to listen at, such as 0.0.0.0:8443."),
				 listen);
	struct hub *hub = commands_enter(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	plan.threads = (unsigned)program->threads;
	program->catch_signals();
	enum status s = serve_run(hub, &plan);
	hub_close(hub);
	return s == STATUS_OK ? EXIT_DONE : say_unserved(s, listen, inv->data);
}

static const char *finding_name(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_GAP:
		return "gap";
	case FINDING_CHAIN:
		return "chain";
	case FINDING_SIGNATURE:
		return "signature";
	case FINDING_UNREADABLE:
		return "unreadable";
	case FINDING_STATE:
		return "state";
	}
	return "";
}

static void print_findings(const struct verify_report *report, bool json)
{
	int64_t kept = report->n_findings < VERIFY_FINDINGS ? report->n_findings : VERIFY_FINDINGS;
	struct json_writer w = json_writer_new(stdout);
	if (json) {
		json_object(&w);
		json_member_int(&w, "entries", report->entries);
		json_member_int(&w, "batches", report->batches);
		json_member_int(&w, "acts", report->acts);
		json_member_int(&w, "differences", report->n_findings);
		json_key(&w, "findings");
		json_array(&w);
	}
	for (int64_t i = 0; i < kept; i++) {
		const struct finding *f = &report->findings[i];
		if (!json) {
			(void)printf(_("log entry %lld, %s: %s\n"), (long long)f->entry, f->where,
				     wording_finding(finding_name(f->kind)));
			continue;
		}
		json_object(&w);
		json_member_str(&w, "kind", finding_name(f->kind));
		json_member_int(&w, "entry", f->entry);
		json_member_str(&w, "where", f->where);
		json_object_end(&w);
	}
	if (json) {
		json_array_end(&w);
		json_object_end(&w);
		json_end_line(&w);
	}
}

int command_verify(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, false, &exit_status);
	if (hub == NULL)
		return exit_status;
	struct verify_report *report = calloc(1, sizeof(*report));
	enum status s = report == NULL ? STATUS_NO_MEMORY : verify_run(hub, option_flag(inv, "full"), report);
	hub_close(hub);
	if (s == STATUS_OK || s == STATUS_DIFFERENT) {
		print_findings(report, inv->json);
		say(_("%lld entries of the log looked at (%lld batches, %lld acts), %lld differences."),
		    (long long)report->entries, (long long)report->batches, (long long)report->acts,
		    (long long)report->n_findings);
	}
	free(report);
	if (s == STATUS_OK)
		s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, "%s: %s", inv->data, status_sentence(s));
}

int command_rebuild(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	if (s == STATUS_OK) {
		struct state state = state_of(hub);
		s = state_rebuild(&state, hub->db);
		state_clear(&state);
		s = hub_end(&t, s);
	}
	hub_close(hub);
	if (s != STATUS_OK)
		return say_error(s, "%s: %s", inv->data, status_sentence(s));
	say(_("All state was derived again from the log."));
	return EXIT_DONE;
}

struct overview {
	int64_t entries;
	int64_t batches;
	int64_t pending;
	int64_t forks;
	int64_t devices[DEVICE_REVOKED + 1];
	int64_t last_accepted;
};

static enum status count_rows(struct database *db, struct overview *o)
{
	struct query q = query_start(db, "SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM batch),"
					 " (SELECT count(*) FROM pending), (SELECT count(*) FROM evidence),"
					 " (SELECT accepted_at FROM log ORDER BY n DESC LIMIT 1)");
	if (query_row(&q)) {
		o->entries = query_get_int(&q, 0);
		o->batches = query_get_int(&q, 1);
		o->pending = query_get_int(&q, 2);
		o->forks = query_get_int(&q, 3);
		o->last_accepted = query_is_null(&q, 4) ? TIME_UNSET : query_get_int(&q, 4);
	}
	return query_finish(&q);
}

static void print_status_json(const struct hub *hub, const struct overview *o)
{
	char at[INSTANT_TEXT];
	char id[2 * HUB_ID_LEN + 1];
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_str(&w, "hub", hex_format(hub->identity.hub_id, HUB_ID_LEN, id));
	json_key(&w, "name");
	json_text(&w, hub->identity.name);
	json_member_int(&w, "epoch", (int64_t)hub->epoch);
	json_member_int(&w, "units", registry_unit_count(hub->registry));
	json_member_int(&w, "entries", o->entries);
	json_member_int(&w, "batches", o->batches);
	json_member_int(&w, "pending", o->pending);
	json_member_int(&w, "forks", o->forks);
	json_member_str(&w, "last_entry",
			o->last_accepted == TIME_UNSET ? NULL : time_format(o->last_accepted, at));
	json_key(&w, "devices");
	json_object(&w);
	for (int state = DEVICE_ACTIVE; state <= DEVICE_REVOKED; state++)
		json_member_int(&w, device_state_name((enum device_state)state), o->devices[state]);
	json_object_end(&w);
	json_object_end(&w);
	json_end_line(&w);
}

static void print_status_text(const struct hub *hub, const struct overview *o)
{
	char at[WORDING_TIME];
	(void)printf(_("Hub of %.*s, %d units\n"), (int)hub->identity.name.len,
		     (const char *)hub->identity.name.data, registry_unit_count(hub->registry));
	for (int state = DEVICE_ACTIVE; state <= DEVICE_REVOKED; state++)
		if (o->devices[state] > 0)
			(void)printf(_("Computers, %s: %lld\n"),
				     wording_state(device_state_name((enum device_state)state)),
				     (long long)o->devices[state]);
	(void)printf(
		_("Batches in the log: %lld, waiting for a predecessor: %lld, contradicting their chain: %lld\n"),
		(long long)o->batches, (long long)o->pending, (long long)o->forks);
	if (o->last_accepted != TIME_UNSET)
		(void)printf(_("Last entry of the log: %s\n"), wording_time(o->last_accepted, at));
}

int command_status(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, false, &exit_status);
	if (hub == NULL)
		return exit_status;
	struct overview o = {.last_accepted = TIME_UNSET};
	enum status s = count_rows(hub->db, &o);
	for (int i = 0; i < registry_device_count(hub->registry); i++)
		o.devices[registry_device(hub->registry, i)->state]++;
	if (s == STATUS_OK && inv->json)
		print_status_json(hub, &o);
	else if (s == STATUS_OK)
		print_status_text(hub, &o);
	hub_close(hub);
	if (s == STATUS_OK)
		s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, "%s: %s", inv->data, status_sentence(s));
}
