#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/log.h"
#include "config/messages.h"
#include "config/wording.h"
#include "hub/audit.h"
#include "hub/commands.h"
#include "hub/spans.h"
#include "hub/state.h"
#include "hub/verify.h"
#include "protocol/tables/writer.h"

static void print_findings(const struct verify_report *report, bool json)
{
	int64_t kept = report->n_findings < VERIFY_FINDINGS ? report->n_findings : VERIFY_FINDINGS;
	struct json_writer w = json_writer_new(stdout);
	if (json) {
		json_object(&w);
		json_member_int(&w, "entries", report->entries);
		json_member_int(&w, "batches", report->batches);
		json_member_int(&w, "acts", report->acts);
		json_member_int(&w, "closings_waiting", report->closings_waiting);
		json_member_int(&w, "differences", report->n_findings);
		json_key(&w, "findings");
		json_array(&w);
	}
	for (int64_t i = 0; i < kept; i++) {
		const struct finding *f = &report->findings[i];
		if (!json) {
			(void)printf(_("log entry %lld, %s: %s\n"), (long long)f->entry, f->where,
				     wording_finding(verify_finding_name(f->kind)));
			continue;
		}
		json_object(&w);
		json_member_str(&w, "kind", verify_finding_name(f->kind));
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
	bool full = option_flag(inv, "full");
	enum status s = report == NULL ? STATUS_NO_MEMORY : verify_run(hub, full, report);
	if (full && report != NULL && audit_note(hub, report, s) != STATUS_OK)
		say("%s", _("The result could not be kept for 'status'."));
	hub_close(hub);
	if (s == STATUS_OK || s == STATUS_DIFFERENT) {
		print_findings(report, inv->json);
		if (report->closings_waiting > 0)
			say(_("%lld closed periods cannot be counted again until what the hub lost has come "
			      "again."),
			    (long long)report->closings_waiting);
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
	/* What is not counted now a service counts when it is quiet. */
	enum status counted = s == STATUS_OK ? spans_refresh_all(hub) : STATUS_OK;
	if (counted != STATUS_OK)
		log_event(LOG_WARNING, "event=not-counted code=%s", status_code(counted));
	hub_close(hub);
	if (s != STATUS_OK)
		return say_error(s, "%s: %s", inv->data, status_sentence(s));
	say(_("All state was derived again from the log."));
	return EXIT_DONE;
}
