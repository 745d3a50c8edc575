#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/courier.h"
#include "agent/session.h"
#include "config/datadir.h"
#include "config/messages.h"
#include "protocol/calendar.h"
#include "protocol/tables/writer.h"

enum { NAME_TEXT = LIMIT_UNIT + 40 };

/* On a stick the file gets a name of its own, by which the province can tell the communes' files apart. */
static char *target_path(const struct agent *a, const char *given)
{
	char at[INSTANT_TEXT];
	char name[NAME_TEXT];
	if (!path_is_directory(given))
		return path_join("", given);
	(void)time_format(agent_now(a), at); /* 2024-05-22T11:00:00... */
	(void)snprintf(name, sizeof(name), "motcua-%s-%.4s%.2s%.2s-%.2s%.2s%.2s.mcs", a->unit, at, at + 5, at + 8,
		       at + 11, at + 14, at + 17); /* sized for the longest */
	return path_join(given, name);
}

static void print_export(const struct courier_export *e, const char *path, bool json)
{
	if (!json) {
		/* Output is checked once, when it is flushed. */
		(void)printf(_("%s: batches %lld, bytes %lld, files %u\n"), path, (long long)e->batches,
			     (long long)e->bytes, e->files);
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_key(&w, "files");
	json_array(&w);
	for (unsigned n = 1; n <= e->files; n++) {
		char *part = path_numbered(path, n);
		json_str(&w, part);
		free(part);
	}
	json_array_end(&w);
	json_member_int(&w, "batches", e->batches);
	json_member_int(&w, "sealed", e->sealed);
	json_member_int(&w, "bytes", e->bytes);
	json_object_end(&w);
	json_end_line(&w);
}

static int say_unwritten(enum status s, const char *path)
{
	if (s == STATUS_DIFFERENT)
		return say_error_advice(
			STATUS_DISK,
			_("Use another stick. Nothing was lost: everything stays here until the hub's "
			  "receipt comes."),
			_("What was read back from %s is not what was written: the stick is faulty or not as large "
			  "as it says."),
			path);
	if (s == STATUS_DISK_FULL)
		return say_error_advice(
			s, _("Take another stick. Nothing was lost: everything is still on this computer."),
			_("There is no room for %s."), path);
	if (s == STATUS_EXISTS)
		return say_error_advice(s, _("Give another name, or the directory of the stick."),
					_("%s is another kind of file and was left as it is."), path);
	if (s == STATUS_EMPTY)
		return say_error_advice(STATUS_DISK, _("Check that the stick is plugged in and the name is right."),
					_("%s cannot be written: there is no such directory."), path);
	if (s == STATUS_CLONED)
		return session_say_unsent(s);
	return say_error(s, _("%s cannot be written: %s"), path, status_sentence(s));
}

int command_export(struct invocation *inv)
{
	struct session session;
	struct courier_export report;
	int exit_status = session_open(inv, false, &session);
	if (exit_status == EXIT_DONE) {
		char *path = target_path(session.agent, inv->arguments[0]);
		enum status s = path == NULL ? STATUS_NO_MEMORY : courier_export(session.agent, path, &report);
		if (s == STATUS_OK) {
			print_export(&report, path, inv->json);
			say("%s", _("It is on its way only when the province has taken it in; keep working. Their "
				    "answer comes back by 'receive'."));
		} else {
			exit_status = say_unwritten(s, path == NULL ? inv->arguments[0] : path);
		}
		free(path);
	}
	session_close(&session);
	return exit_status;
}

static void print_receipts(const struct courier_receipts *r, bool json)
{
	if (!json) {
		/* Output is checked once, when it is flushed. */
		(void)printf(_("batches acknowledged %lld, changes refused by the hub %lld\n"),
			     (long long)r->settlement.acknowledged, (long long)r->settlement.refused);
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_int(&w, "acknowledged", r->settlement.acknowledged);
	json_member_int(&w, "refused", r->settlement.refused);
	json_member_int(&w, "ignored_receipts", r->settlement.ignored);
	json_member_int(&w, "damaged", (int64_t)r->damaged);
	json_key(&w, "whole");
	json_bool(&w, r->whole);
	json_key(&w, "more");
	json_bool(&w, r->more);
	json_object_end(&w);
	json_end_line(&w);
}

static int say_unread(enum status s, const char *path)
{
	if (s == STATUS_USAGE)
		return say_error_advice(STATUS_REFUSED, _("Take it to the province: motcua-hub ingest FILE"),
					_("%s is a file for the province, not an answer from it."), path);
	if (s == STATUS_FOREIGN)
		return say_error_advice(STATUS_REFUSED, _("Use the file that was made for this computer."),
					_("%s is for another computer, or from another hub."), path);
	if (s == STATUS_BUSY)
		return say_error_advice(STATUS_REFUSED, _("Use the finished file, without .part at the end."),
					_("%s was not written to its end, or is in use."), path);
	if (s == STATUS_MALFORMED)
		return say_error(s, _("%s is damaged, or no courier file."), path);
	if (s == STATUS_EMPTY)
		return say_error_advice(STATUS_DISK, _("Check that the stick is plugged in and the name is right."),
					_("There is no file %s."), path);
	return say_error(s, _("%s cannot be read: %s"), path, status_sentence(s));
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
			print_receipts(&receipts, inv->json);
		exit_status = s == STATUS_OK ? say_incomplete(&receipts, path) : say_unread(s, path);
	}
	session_close(&session);
	return exit_status;
}
