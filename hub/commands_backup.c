#include "hub/commands_backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/wording.h"
#include "hub/acts_log.h"
#include "hub/backup.h"
#include "hub/commands.h"
#include "hub/keys_file.h"
#include "hub/passphrase.h"
#include "hub/restore.h"
#include "protocol/tables/writer.h"

enum { FOLDER_ROOM = 4096 };

/* Notes name it for later, when nobody is in this folder any more. */
static char *absolute(const char *path)
{
	char folder[FOLDER_ROOM];
	if (path[0] == '/')
		return strdup(path);
	return getcwd(folder, sizeof(folder)) == NULL ? NULL : path_join(folder, path);
}

static int say_not_backed_up(enum status s, const char *path)
{
	if (s == STATUS_EXISTS)
		return say_error_advice(s, _("Give another name."),
					_("%s is no backup of this hub and was left as it is."), path);
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Check the name, and whether the disk is there."),
					_("There is no folder for %s."), path);
	if (s == STATUS_DIFFERENT)
		return say_error_advice(s, _("Run 'verify' and keep the backups there are; nothing was replaced."),
					_("What was copied does not verify: the hub's own data are damaged."));
	if (s == STATUS_BUSY)
		return say_error_advice(s, _("Try again when it has ended."), _("Another backup is being made."));
	if (s == STATUS_DISK_FULL)
		return say_error_advice(s, _("Free some space, or take another disk. Nothing was replaced."),
					_("There is no room for %s."), path);
	return say_error(s, _("%s cannot be written: %s"), path, status_sentence(s));
}

static void print_backup(const struct backup_note *note, bool json)
{
	char at[WORDING_TIME];
	char instant[INSTANT_TEXT];
	char digest[2 * HASH_LEN + 1];
	(void)hex_format(note->digest, HASH_LEN, digest);
	if (!json) {
		(void)printf(_("Backup of %s: %s, %lld entries, %lld bytes, verified\n"),
			     wording_time(note->at, at), note->path, (long long)note->entry,
			     (long long)note->bytes);
		(void)printf("SHA-256: %s\n", digest);
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_str(&w, "file", note->path);
	json_member_str(&w, "at", time_format(note->at, instant));
	json_member_int(&w, "entries", note->entry);
	json_member_int(&w, "bytes", note->bytes);
	json_member_str(&w, "sha256", digest);
	json_object_end(&w);
	json_end_line(&w);
}

static int run_backup(struct invocation *inv)
{
	const struct hub_program *program = commands_program(inv);
	int exit_status = EXIT_DONE;
	struct backup_note note;
	/* Says what is amiss with the data directory, if anything is. */
	struct hub *hub = commands_open(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	hub_close(hub);
	char *path = absolute(inv->arguments[0]);
	/* Where backups are made every night, the acts stay beside those. */
	const struct backup_plan plan = {.path = path, .acts = program->backup[0] == '\0' ? NULL : program->backup};
	enum status s = path == NULL ? STATUS_NO_MEMORY : backup_run(inv->data, &program->world, &plan, &note);
	free(path);
	if (s != STATUS_OK)
		return say_not_backed_up(s, inv->arguments[0]);
	print_backup(&note, inv->json);
	s = writer_status(stdout);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

/* --- keys --- */

static int say_no_passphrase(enum status s, const char *file)
{
	if (s == STATUS_DIFFERENT)
		return say_error_advice(STATUS_USAGE, _("Type the same one twice."),
					_("That was another passphrase."));
	if (s == STATUS_LIMIT)
		return say_error_advice(STATUS_USAGE, _("Take several words."),
					_("A passphrase has at least %d characters."), PASSPHRASE_LEAST);
	if (s == STATUS_EMPTY && file == NULL)
		return say_error(STATUS_USAGE, _("No passphrase was given."));
	if (s == STATUS_PERMISSION)
		return say_error_advice(s, _("Let its owner alone read it: chmod 600"),
					_("Others can read the passphrase in %s."), file);
	return say_error(s, "%s: %s", file == NULL ? "" : file, status_sentence(s));
}

static int say_not_exported(enum status s, const char *path)
{
	if (s == STATUS_EXISTS)
		return say_error_advice(s, _("Give another name."), _("%s exists already and was left as it is."),
					path);
	return say_error(s, _("%s cannot be written: %s"), path, status_sentence(s));
}

static int run_keys_export(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	const char *file = option_value(inv, "passphrase-file");
	struct hub *hub = commands_open(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	struct bytes passphrase = passphrase_new();
	enum status s = passphrase_get(file, true, &passphrase);
	if (s != STATUS_OK) {
		exit_status = say_no_passphrase(s, file);
	} else {
		s = keys_export(hub, inv->arguments[0], bytes_slice(&passphrase));
		if (s != STATUS_OK)
			exit_status = say_not_exported(s, inv->arguments[0]);
		else
			say(_("The keys are in %s. Keep it apart from the backups, and the passphrase apart from "
			      "it."),
			    inv->arguments[0]);
	}
	passphrase_free(&passphrase);
	hub_close(hub);
	return exit_status;
}

static int say_not_imported(enum status s, const char *path, const char *dir)
{
	if (s == STATUS_FORGED)
		return say_error_advice(s, _("Try the passphrase again."),
					_("%s does not open with this passphrase, or is damaged."), path);
	if (s == STATUS_MALFORMED)
		return say_error_advice(s, _("Give the file that 'keys export' wrote."),
					_("%s holds no keys of a hub."), path);
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Check the name of the file."), _("There is no file %s."), path);
	if (s == STATUS_EXISTS)
		return say_error_advice(s, _("Move them away if they are not this hub's; nothing is written over."),
					_("Other keys lie in %s."), dir);
	return say_error(s, "%s: %s", path, status_sentence(s));
}

/* EXIT_DONE also where none are given: then they are where they were. */
static int import_keys(const struct invocation *inv)
{
	const char *keys = option_value(inv, "keys");
	const char *file = option_value(inv, "passphrase-file");
	int exit_status = EXIT_DONE;
	if (keys == NULL && file != NULL)
		return say_error(STATUS_USAGE, _("--passphrase-file goes with --keys."));
	if (keys == NULL)
		return EXIT_DONE;
	struct bytes passphrase = passphrase_new();
	enum status s = passphrase_get(file, false, &passphrase);
	if (s != STATUS_OK) {
		exit_status = say_no_passphrase(s, file);
	} else {
		s = keys_import(inv->data, keys, bytes_slice(&passphrase));
		if (s != STATUS_OK)
			exit_status = say_not_imported(s, keys, inv->data);
	}
	passphrase_free(&passphrase);
	return exit_status;
}

/* --- restoring --- */

static int say_not_restored(enum status s, const struct invocation *inv, const struct restored *r)
{
	const char *path = inv->arguments[0];
	if (s == STATUS_EXISTS)
		return say_error_advice(s,
					_("Move it away as it is, keep it, and restore into an empty directory."),
					_("There is a database in %s."), inv->data);
	if (s == STATUS_LOST_DATA)
		return say_error_advice(s,
					_("Put the keys of this hub there, or give the file of 'keys export' with "
					  "--keys."),
					_("The key %s is not in %s."), r->missing, inv->data);
	if (s == STATUS_FORGED)
		return say_error_advice(s, _("Look for the keys of this very hub."),
					_("%s and the keys are not of one hub."), path);
	if (s == STATUS_EMPTY)
		return say_error_advice(s, _("Check the name of the file."), _("There is no file %s."), path);
	if (s == STATUS_NEWER_SCHEMA || s == STATUS_CORRUPT || s == STATUS_DIFFERENT)
		return say_error_advice(s, _("Take another backup. Nothing was put in place."),
					_("%s is no backup of a hub, or does not verify."), path);
	if (s == STATUS_FOREIGN)
		return say_error_advice(STATUS_DIFFERENT, _("Move it away if it is not this hub's."),
					_("The acts.log is another hub's, or none."));
	return say_error(s, "%s: %s", inv->data, status_sentence(s));
}

static void print_restored_json(const struct restored *r)
{
	char at[INSTANT_TEXT];
	char digest[2 * HASH_LEN + 1];
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_str(&w, "made", time_format(r->made, at));
	json_member_int(&w, "entries", r->entries);
	json_member_int(&w, "batches", r->batches);
	json_member_int(&w, "epoch", (int64_t)r->epoch);
	json_member_str(&w, "sha256", hex_format(r->digest, HASH_LEN, digest));
	json_key(&w, "acts_log");
	json_bool(&w, r->acts_log);
	json_key(&w, "acts_gap");
	json_bool(&w, r->acts_gap);
	json_member_int(&w, "acts", r->acts);
	json_member_int(&w, "devices", r->devices);
	json_member_int(&w, "retries", r->retries);
	json_member_int(&w, "skips", r->skips);
	json_member_int(&w, "left_out", r->left_out);
	json_object_end(&w);
	json_end_line(&w);
}

static void print_restored(const struct restored *r)
{
	char at[WORDING_TIME];
	(void)printf(_("Backup of %s: %lld entries, %lld batches, verified\n"), wording_time(r->made, at),
		     (long long)r->entries, (long long)r->batches);
	if (r->acts_log)
		(void)printf(_("Acts since, from acts.log: %lld repeated, %lld computers enrolled by them\n"),
			     (long long)r->acts, (long long)r->devices);
	(void)printf(_("Epoch %llu begins: the computers send again what came after the backup.\n"),
		     (unsigned long long)r->epoch);
}

/* What is left for a person to do. */
static void say_steps(const struct restored *r)
{
	if (!r->acts_log)
		say("%s", _("There was no acts.log beside the backup: do again what was done at the hub since. A "
			    "computer "
			    "that enrolled since asks to return by itself and shows as waiting in 'device list'; "
			    "one step "
			    "brings it back: motcua-hub device confirm FINGERPRINT"));
	if (r->acts_gap)
		say("%s", _("The acts.log begins after this backup: what was done at the hub between them is not "
			    "known here."));
	if (r->retries > 0)
		say("%s", _("Refused records were taken since: run 'rejected retry' again once the computers have "
			    "sent."));
	if (r->skips > 0)
		say("%s",
		    _("Lost batches were passed over since: if batches wait once the computers have sent, run "
		      "'device skip' again."));
	if (r->left_out > 0)
		say(_("%lld acts could not be repeated: compare 'acts' with your notes."), (long long)r->left_out);
	say("%s", _("Next: motcua-hub serve, and a new backup."));
}

static int run_restore(struct invocation *inv)
{
	struct restored r;
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = import_keys(inv);
	if (exit_status != EXIT_DONE)
		return exit_status;
	const char *acts = option_value(inv, "acts");
	if (acts != NULL && !path_exists(acts))
		return say_error_advice(STATUS_EMPTY, _("Check the name of the file."), _("There is no file %s."),
					acts);
	char *path = absolute(inv->arguments[0]);
	const struct restore_plan plan = {.path = path, .acts = acts};
	enum status s =
		path == NULL ? STATUS_NO_MEMORY : restore_run(inv->data, &commands_program(inv)->world, &plan, &r);
	free(path);
	if (s != STATUS_OK)
		return say_not_restored(s, inv, &r);
	if (inv->json)
		print_restored_json(&r);
	else
		print_restored(&r);
	s = writer_status(stdout);
	say_steps(&r);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

static const struct option_spec RESTORE_OPTIONS[] = {
	{"keys", "FILE", N_("the keys, as 'keys export' wrote them; without it they lie in the directory already")},
	{"passphrase-file", "FILE", N_("its first line is the passphrase, instead of asking for it")},
	{"acts", "FILE", N_("another acts.log than the one beside the backup")},
	{0},
};
static const struct option_spec KEYS_OPTIONS[] = {
	{"passphrase-file", "FILE", N_("its first line is the passphrase, instead of asking for it")},
	{0},
};

const struct command COMMAND_BACKUP = {
	.name = "backup",
	.arguments = "FILE",
	.help = N_("write a verified copy of the data, without the private keys; the hub may serve meanwhile"),
	.more = N_(
		"An older backup of this hub under the name is replaced once the new one is verified. What is done "
		"at the hub from then on is written to acts.log beside it."),
	.min_arguments = 1,
	.max_arguments = 1,
	.run = run_backup,
};
const struct command COMMAND_RESTORE = {
	.name = "restore",
	.arguments = "FILE",
	.help = N_("put a backup into a directory without a database"),
	.more = N_("Everything is verified first. The acts in acts.log beside the backup are repeated, and the "
		   "computers send again what came after it."),
	.options = RESTORE_OPTIONS,
	.min_arguments = 1,
	.max_arguments = 1,
	.run = run_restore,
};
const struct command COMMAND_KEYS_EXPORT = {
	.name = "keys export",
	.arguments = "FILE",
	.help = N_("write the private keys under a passphrase, to be kept apart from the backups"),
	.options = KEYS_OPTIONS,
	.min_arguments = 1,
	.max_arguments = 1,
	.run = run_keys_export,
};
