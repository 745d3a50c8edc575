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

static enum status read_limits(const struct hub_program *program, struct connections_plan *ret_limits)
{
	*ret_limits = (struct connections_plan){.most = (size_t)program->connections,
						.per_address = (size_t)program->per_address,
						.handshake_ms = program->handshake_seconds * 1000,
						.headers_ms = program->header_seconds * 1000,
						.body_ms = program->body_seconds * 1000,
						.in_flight = (size_t)program->in_flight_mib * 1024 * 1024};
	return networks_parse(program->trusted, &ret_limits->trusted);
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
	if (read_limits(program, &plan.limits) != STATUS_OK)
		return say_error_advice(STATUS_SETTINGS, _("Correct the setting and start again."),
					_("%s: trusted must be networks such as 10.0.0.0/8, fd00::/8."),
					inv->config);
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
