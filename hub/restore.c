#include "hub/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/acts_log.h"
#include "hub/answer.h"
#include "hub/backup_note.h"
#include "hub/epoch.h"
#include "hub/hub_parts.h"
#include "hub/keys_file.h"
#include "hub/log.h"
#include "hub/restore_acts.h"
#include "hub/state.h"
#include "hub/store.h"
#include "hub/verify.h"

static const char PART[] = "hub.db.part";

struct restoring {
	struct hub *hub;
	const struct restore_plan *plan;
	char *part;
	char *folder; /* of the backup, with its slash */
	struct backup_note note;
	struct restored *out;
};

static bool stands(const struct hub *hub, const char *name)
{
	char *path = path_join(hub->dir, name);
	bool there = path != NULL && path_exists(path);
	free(path);
	return there;
}

static enum status check_directory(struct restoring *r)
{
	if (stands(r->hub, "hub.db") || stands(r->hub, "hub.db-wal"))
		return STATUS_EXISTS;
	for (size_t i = 0; KEY_FILES[i] != NULL; i++)
		if (!stands(r->hub, KEY_FILES[i])) {
			r->out->missing = KEY_FILES[i];
			return STATUS_LOST_DATA;
		}
	return STATUS_OK;
}

/* Opens a backup of this program or an older one: the file itself is not changed. */
static enum status open_backup(const struct restoring *r, struct database **ret_backup)
{
	struct database_plan plan = store_plan(r->plan->path, r->hub->world.vfs, DATABASE_READER, false);
	plan.application_id = BACKUP_APPLICATION_ID;
	enum status s = database_open(&plan, ret_backup);
	while (s == STATUS_VERSION && --plan.n_migrations > 0)
		s = database_open(&plan, ret_backup);
	return s == STATUS_NO_DATA ? STATUS_EMPTY : s;
}

static enum status copy_backup(const struct restoring *r)
{
	struct database *backup = NULL;
	const struct copy_plan copy = {
		.path = r->part, .vfs = r->hub->world.vfs, .application_id = HUB_APPLICATION_ID};
	enum status s = open_backup(r, &backup);
	if (s == STATUS_OK)
		s = database_copy(backup, &copy);
	database_close(backup);
	return s;
}

/* As a hub that nobody knows of yet, under another name. */
static enum status open_part(struct restoring *r)
{
	struct database_plan plan = store_plan(r->part, r->hub->world.vfs, DATABASE_AGENT, false);
	enum status s = database_open(&plan, &r->hub->db);
	if (s == STATUS_OK)
		s = database_check(r->hub->db);
	if (s == STATUS_OK)
		s = hub_fill(r->hub, true);
	/* The identity is the log's, as verifying finds; so the keys are others. */
	return s == STATUS_CORRUPT && r->hub->key != NULL ? STATUS_FORGED : s;
}

static enum status verify_part(struct restoring *r)
{
	struct verify_report *report = malloc(sizeof(*report));
	enum status s = report == NULL ? STATUS_NO_MEMORY : verify_run(r->hub, false, report);
	if (s == STATUS_OK) {
		r->out->entries = report->entries;
		r->out->batches = report->batches;
	}
	free(report);
	if (s == STATUS_OK)
		s = backup_note_made(r->hub, &r->note.at);
	r->out->made = r->note.at;
	return s == STATUS_EMPTY || s == STATUS_CORRUPT ? STATUS_DIFFERENT : s;
}

static enum status note_backup(struct restoring *r)
{
	(void)snprintf(r->note.path, sizeof(r->note.path), "%s", r->plan->path); /* cut: it is for people */
	enum status s = log_last(r->hub->db, &r->note.entry, r->note.chain);
	return s == STATUS_OK ? backup_note_set(r->hub, &r->note, r->hub) : s;
}

static enum status repeat_acts(struct restoring *r)
{
	char *beside = path_join(r->folder, ACTS_LOG_FILE);
	enum status s = STATUS_NO_MEMORY;
	if (beside != NULL)
		s = restore_acts(r->hub, r->plan->acts == NULL ? beside : r->plan->acts, r->out);
	free(beside);
	/* One that was named must be there. */
	return s == STATUS_EMPTY && r->plan->acts == NULL ? STATUS_OK : s;
}

/* Whatever the counters of a life that is lost were, they had not come as far as the clock has. */
static enum status begin_epoch(struct restoring *r)
{
	int64_t now = hub_now(r->hub);
	enum status s = now > 0 ? answer_raise(r->hub, (uint64_t)now) : STATUS_OK;
	if (s == STATUS_OK)
		s = epoch_read(r->hub->db, &r->hub->epoch);
	if (s == STATUS_OK)
		s = epoch_begin(r->hub);
	r->out->epoch = r->hub->epoch;
	return s;
}

/* From the log alone: whatever was changed in derived tables since the backup was made is gone. */
static enum status derive(struct restoring *r)
{
	struct state state = state_of(r->hub);
	enum status s = state_rebuild(&state, r->hub->db);
	state_clear(&state);
	return s;
}

static enum status work(struct restoring *r)
{
	enum status s = derive(r);
	if (s == STATUS_OK)
		s = note_backup(r);
	if (s == STATUS_OK)
		s = repeat_acts(r);
	if (s == STATUS_OK)
		s = begin_epoch(r);
	/* What is done from now on goes beside the same backup, until there is a next one. */
	return s == STATUS_OK ? acts_log_move(r->hub, r->folder) : s;
}

static enum status fill_part(struct restoring *r)
{
	struct hub_transaction t;
	enum status s = copy_backup(r);
	if (s == STATUS_OK)
		s = open_part(r);
	if (s == STATUS_OK)
		s = verify_part(r);
	if (s == STATUS_OK)
		s = backup_note_digest(&r->note, r->plan->path);
	if (s == STATUS_OK)
		s = hub_begin(r->hub, &t);
	if (s == STATUS_OK)
		s = hub_end(&t, work(r));
	memcpy(r->out->digest, r->note.digest, HASH_LEN);
	database_close(r->hub->db);
	r->hub->db = NULL;
	return s;
}

/* It takes its name when all is done: a restore that was killed has left no database. */
static enum status give_name(const struct restoring *r)
{
	static const char *const beside[] = {"-journal", "-wal", "-shm"};
	char *path = path_join(r->hub->dir, "hub.db");
	enum status s = path == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < sizeof(beside) / sizeof(beside[0]); i++) {
		char name[sizeof(PART) + 8];
		(void)snprintf(name, sizeof(name), "%s%s", PART, beside[i]); /* fits */
		char *left = path_join(r->hub->dir, name);
		if (left != NULL)
			(void)remove(left); /* emptied, or not there */
		free(left);
	}
	if (s == STATUS_OK)
		s = file_move(r->part, path);
	free(path);
	return s;
}

static enum status run(struct restoring *r)
{
	struct lock lock = {.fd = -1};
	char *path = path_join(r->hub->dir, "backup.lock");
	enum status s = path == NULL ? STATUS_NO_MEMORY : lock_take(path, 0, &lock);
	if (s == STATUS_OK)
		s = check_directory(r);
	if (s == STATUS_OK) {
		s = fill_part(r);
		if (s == STATUS_OK)
			s = give_name(r);
		else
			database_remove(r->part, r->hub->world.vfs);
	}
	lock_release(&lock);
	free(path);
	return s;
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? strdup("./") : strndup(path, (size_t)(slash - path) + 1);
}

enum status restore_run(const char *dir, const struct hub_world *world, const struct restore_plan *plan,
			struct restored *ret_restored)
{
	struct restoring r = {.plan = plan, .folder = folder_of(plan->path), .out = ret_restored};
	*ret_restored = (struct restored){.made = TIME_UNSET};
	enum status s = datadir_create(dir);
	if (s == STATUS_OK) {
		r.hub = hub_new(dir, world);
		r.part = path_join(dir, PART);
		s = r.hub == NULL || r.part == NULL || r.folder == NULL ? STATUS_NO_MEMORY : run(&r);
	}
	hub_close(r.hub);
	free(r.part);
	free(r.folder);
	return s;
}
