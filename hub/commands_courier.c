#include "hub/commands_courier.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/messages.h"
#include "config/shown_name.h"
#include "hub/commands.h"
#include "hub/courier.h"
#include "protocol/tables/writer.h"

/* One file of the command line. */
struct file_line {
	char *name; /* as it is shown */
	char device[2 * DEVICE_ID_LEN + 1];
	char unit[LIMIT_UNIT + 1]; /* "" if the device is not known */
	struct ingested result;
};

/* What is wrong with a file as a whole. */
static int say_fault(const struct file_line *f)
{
	enum status s = f->result.status;
	const char *again = _("Have the commune export it again, on another stick.");
	switch (f->result.fault) {
	case INGEST_UNFINISHED:
		return say_error_advice(s, _("Copy it again to its end; then its name does not end in .part."),
					_("%s is a copy that was not finished."), f->name);
	case INGEST_MISSING:
		return say_error_advice(s, _("Check the name of the file."), _("There is no file %s."), f->name);
	case INGEST_NOT_A_FILE:
		return say_error_advice(s, _("Name the courier files themselves."), _("%s is not a file."),
					f->name);
	case INGEST_TOO_LARGE:
		return say_error_advice(s, _("Check that it is the right file."),
					_("%s is larger than a courier file can be."), f->name);
	case INGEST_READ:
		return say_error_advice(s, again, _("%s cannot be read."), f->name);
	case INGEST_NOT_COURIER:
		return say_error_advice(s, _("Check that it is the right file."), _("%s is not a courier file."),
					f->name);
	case INGEST_VERSION:
		return say_error(s, _("%s was written by a newer version."), f->name);
	case INGEST_OTHER_HUB:
		return say_error_advice(s, _("It belongs to the province it was written for."),
					_("%s is for another hub."), f->name);
	case INGEST_FOR_DEVICE:
		return say_error_advice(s, _("It belongs to the computer it was written for."),
					_("%s holds receipts for a computer and nothing for the hub."), f->name);
	case INGEST_ALL_DAMAGED:
		return say_error_advice(s, again, _("%s is damaged; nothing in it can be read."), f->name);
	case INGEST_NO_FAULT:
		break;
	}
	return EXIT_DONE;
}

static bool is_about_device(enum status s)
{
	return s == STATUS_UNKNOWN_DEVICE || s == STATUS_WAITING_DEVICE || s == STATUS_SUSPENDED ||
	       s == STATUS_INVITATION;
}

/* Envelopes of the file that were not taken. */
static void say_refused(const struct file_line *f)
{
	enum status s = f->result.refused_status;
	const char *again = _("Nothing of this computer was taken. Clear that up, then take the file again.");
	if (s == STATUS_UNKNOWN_DEVICE)
		(void)say_error_advice(s, again, _("%s: computer %s is not enrolled at this hub."), f->name,
				       f->device);
	else if (s == STATUS_WAITING_DEVICE)
		(void)say_error_advice(
			s, _("Confirm its fingerprint with 'device confirm', then take the file again."),
			_("%s: computer %s of unit %s waits for confirmation."), f->name, f->device, f->unit);
	else if (s == STATUS_SUSPENDED)
		(void)say_error_advice(s, again, _("%s: computer %s of unit %s is suspended or revoked."), f->name,
				       f->device, f->unit);
	else if (s == STATUS_INVITATION)
		(void)say_error_advice(s,
				       _("Invite the unit again; 'motcua-agent enroll' there, with the new code, "
					 "writes the file anew. "
					 "If another computer used the code, find out whose it is."),
				       _("%s: the code that computer %s enrols with is not open: used, too old, or "
					 "not made here."),
				       f->name, f->device);
	else if (s == STATUS_FORK)
		(void)say_error_advice(s,
				       _("Find out which of two computers is the right one, then 'device release' "
					 "it and take the file again."),
				       _("%s: computer %s of unit %s is held, because it contradicts itself."),
				       f->name, f->device, f->unit);
	else
		(void)say_error(s, _("%s: %lld envelopes are not what they claim to be."), f->name,
				(long long)f->result.refused_frames);
}

static void say_trouble(const struct file_line *f)
{
	const struct ingested *r = &f->result;
	if (r->refused_frames > 0)
		say_refused(f);
	if (r->taken.evidence > 0)
		(void)say_error_advice(
			STATUS_FORK,
			_("Find out whether two computers work under one name; 'device list' shows how it stands."),
			_("%s: %lld batches contradict what computer %s sent before; they are kept as evidence."),
			f->name, (long long)r->taken.evidence, f->device);
	if (r->damaged > 0 || r->missing > 0)
		(void)say_error_advice(
			STATUS_MALFORMED, _("Have the commune export again; what came already is recognised."),
			_("%s: %lld places are damaged and %lld frames missing; the rest was taken."), f->name,
			(long long)r->damaged, (long long)r->missing);
	if (r->taken.not_kept > 0)
		(void)say_error_advice(STATUS_LIMIT, _("Take the earlier files first, then this one again."),
				       _("%s: %lld batches were not kept: too many wait for earlier ones."),
				       f->name, (long long)r->taken.not_kept);
}

static void say_file(const struct file_line *f)
{
	const struct taken *t = &f->result.taken;
	if (f->result.fault != INGEST_NO_FAULT) {
		(void)say_fault(f); /* file_exit says how the command ends */
		return;
	}
	if (f->result.enrolled > 0)
		say(f->result.enrolled_as == DEVICE_WAITING
			    ? _("%s: computer %s of unit %s is enrolled and waits for confirmation.")
			    : _("%s: computer %s of unit %s is enrolled; confirm its fingerprint when it is read "
				"out."),
		    f->name, f->device, f->unit);
	say(_("%s, unit %s: %lld batches with %lld changes taken, %lld known already."), f->name,
	    f->unit[0] == '\0' ? "?" : f->unit, (long long)t->joined, (long long)t->changes, (long long)t->known);
	if (t->refused > 0)
		say(_("%s: %lld changes were refused; 'rejected' says why."), f->name, (long long)t->refused);
	if (f->result.more)
		say(_("%s is part %lld; another file continues it."), f->name, (long long)f->result.part);
	say_trouble(f);
}

/* Who may not send is a matter of permission; all else about a file is input that was refused. */
static int file_exit(const struct ingested *r)
{
	int own = status_exit(r->status);
	if (r->status == STATUS_OK)
		return EXIT_DONE;
	if (is_about_device(r->status) || (r->status == STATUS_FORK && r->refused_frames > 0))
		return EXIT_PERMISSION;
	return r->fault == INGEST_READ && own == EXIT_DISK ? EXIT_DISK : EXIT_REFUSED;
}

static void print_counts(struct json_writer *w, const struct taken *t)
{
	json_member_int(w, "batches", t->joined);
	json_member_int(w, "changes", t->changes);
	json_member_int(w, "duplicates", t->known);
	json_member_int(w, "rejected", t->refused);
	json_member_int(w, "not_kept", t->not_kept);
	json_member_int(w, "forks", t->evidence);
}

static void print_file_json(struct json_writer *w, const struct file_line *f)
{
	const struct ingested *r = &f->result;
	json_object(w);
	json_member_str(w, "file", f->name);
	json_member_str(w, "device", r->has_device ? f->device : NULL);
	json_member_str(w, "unit", f->unit[0] == '\0' ? NULL : f->unit);
	print_counts(w, &r->taken);
	json_member_int(w, "enrolled", r->enrolled);
	json_member_int(w, "damaged", r->damaged);
	json_member_int(w, "missing", r->missing);
	json_key(w, "part");
	if (r->part > 0)
		json_int(w, r->part);
	else
		json_null(w);
	json_key(w, "more");
	json_bool(w, r->more);
	json_member_str(w, "error", r->status == STATUS_OK ? NULL : status_code(r->status));
	json_object_end(w);
}

static void print_json(const struct file_line *files, int count, int64_t pending)
{
	struct json_writer w = json_writer_new(stdout);
	struct ingested sum = {0};
	for (int i = 0; i < count; i++) {
		const struct ingested *r = &files[i].result;
		sum.taken.joined += r->taken.joined;
		sum.taken.changes += r->taken.changes;
		sum.taken.known += r->taken.known;
		sum.taken.refused += r->taken.refused;
		sum.taken.not_kept += r->taken.not_kept;
		sum.taken.evidence += r->taken.evidence;
		sum.enrolled += r->enrolled;
		sum.damaged += r->damaged;
		sum.missing += r->missing;
	}
	json_object(&w);
	print_counts(&w, &sum.taken);
	json_member_int(&w, "pending", pending);
	json_member_int(&w, "enrolled", sum.enrolled);
	json_member_int(&w, "damaged", sum.damaged);
	json_member_int(&w, "missing", sum.missing);
	json_key(&w, "files");
	json_array(&w);
	for (int i = 0; i < count; i++)
		print_file_json(&w, &files[i]);
	json_array_end(&w);
	json_object_end(&w);
	json_end_line(&w);
}

static enum status take_file(struct hub *hub, struct ingest *run, const char *path, struct file_line *f)
{
	struct device device;
	f->name = shown_name(path);
	if (f->name == NULL)
		return STATUS_NO_MEMORY;
	enum status s = ingest_file(run, path, &f->result);
	if (!f->result.has_device)
		return s;
	hex_format(f->result.device, DEVICE_ID_LEN, f->device);
	if (registry_find_device(hub->registry, f->result.device, &device) == STATUS_OK && device.unit != UNIT_NONE)
		(void)snprintf(f->unit, sizeof(f->unit), "%s", registry_unit(hub->registry, device.unit)->code);
	return s;
}

/* Trouble of this machine ends the run; *ret_done counts the files that were looked at. */
static enum status take_files(struct invocation *inv, struct hub *hub, struct ingest *run, struct file_line *files,
			      int *ret_done, int *ret_exit)
{
	enum status s = STATUS_OK;
	while (*ret_done < inv->n_arguments && s == STATUS_OK) {
		struct file_line *f = &files[*ret_done];
		s = take_file(hub, run, inv->arguments[*ret_done], f);
		if (f->name == NULL)
			break;
		(*ret_done)++;
		if (s != STATUS_OK)
			f->result.status = s;
		else
			say_file(f);
		int end = file_exit(&f->result);
		*ret_exit = end > *ret_exit ? end : *ret_exit;
	}
	return s;
}

static int run_ingest(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	int done = 0;
	int64_t pending = 0;
	struct hub *hub = commands_open(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	struct ingest *run = ingest_new(hub);
	struct file_line *files = calloc((size_t)inv->n_arguments, sizeof(*files));
	enum status s = run == NULL || files == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK) {
		s = take_files(inv, hub, run, files, &done, &exit_status);
		enum status counted = ingest_waiting(run, &pending);
		s = s == STATUS_OK ? counted : s;
		if (inv->json)
			print_json(files, done, pending);
		if (pending > 0)
			say(_("%lld batches wait for earlier ones that have not come yet."), (long long)pending);
	}
	for (int i = 0; i < done; i++)
		free(files[i].name);
	free(files);
	ingest_free(run);
	hub_close(hub);
	if (s == STATUS_OK)
		s = writer_status(stdout);
	return s == STATUS_OK ? exit_status : say_error(s, NULL);
}

const struct command COMMAND_INGEST = {
	.name = "ingest",
	.arguments = "FILE...",
	.help = N_("take batches from courier files; also while serving"),
	.more = N_(
		"The files are those that motcua-agent wrote, in any order, whole or damaged: every batch that is "
		"undamaged is taken, and one that came already, by whichever road, changes nothing. A file of a "
		"computer that enrols without a line enrols it; 'receipts' brings it the answer."),
	.min_arguments = 1,
	.max_arguments = -1,
	.run = run_ingest,
};
