#include "hub/backup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "hub/acts_log.h"
#include "hub/log.h"
#include "hub/store.h"
#include "hub/verify.h"

struct backup {
	const char *dir;
	const struct hub_world *world;
	const struct backup_plan *plan;
	char *part; /* the path it is written under */
	struct backup_note note;
};

/* A name is easily mistaken: only what is a backup of this hub is written over. */
static enum status may_write(const struct backup *b, const struct hub *hub)
{
	struct hub *old = NULL;
	if (!path_exists(b->plan->path))
		return STATUS_OK;
	enum status s = hub_open_backup(b->plan->path, b->world, &old);
	bool ours = s == STATUS_OK && memcmp(old->identity.hub_id, hub->identity.hub_id, HUB_ID_LEN) == 0;
	hub_close(old);
	if (s == STATUS_NO_MEMORY || s == STATUS_BUSY)
		return s;
	return ours ? STATUS_OK : STATUS_EXISTS;
}

/* It says itself when it was made. */
static enum status sign_copy(const struct backup *b)
{
	struct database *copy = NULL;
	struct database_plan plan = store_plan(b->part, b->world->vfs, DATABASE_AGENT, false);
	plan.application_id = BACKUP_APPLICATION_ID;
	enum status s = database_open(&plan, &copy);
	if (s == STATUS_OK)
		s = backup_note_set_made(copy, b->note.at);
	if (s == STATUS_OK)
		s = database_script(copy, "PRAGMA journal_mode=DELETE"); /* leaves nothing beside it */
	database_close(copy);
	return s;
}

static enum status copy_snapshot(struct backup *b, struct hub *hub)
{
	const struct copy_plan copy = {
		.path = b->part, .vfs = b->world->vfs, .application_id = BACKUP_APPLICATION_ID};
	database_stop_at(hub->db, b->plan->stop);
	enum status s = database_snapshot(hub->db);
	if (s != STATUS_OK)
		return s;
	b->note.at = hub_now(hub);
	s = log_last(hub->db, &b->note.entry, b->note.chain);
	if (s == STATUS_OK)
		s = database_copy(hub->db, &copy);
	database_rollback(hub->db);
	if (s == STATUS_OK)
		s = sign_copy(b);
	return s == STATUS_NO_DATA ? STATUS_EMPTY : s; /* no folder to write it into */
}

static enum status write_part(struct backup *b)
{
	struct hub *hub = NULL;
	enum status s = hub_open(b->dir, b->world, false, &hub);
	if (s == STATUS_OK)
		s = may_write(b, hub);
	if (s == STATUS_OK)
		s = copy_snapshot(b, hub);
	hub_close(hub);
	return s;
}

/* The same log, to its end, and every signature in it. */
static enum status verify_copy(const struct backup *b, struct hub *copy)
{
	struct verify_report *report = malloc(sizeof(*report));
	int64_t entry = 0;
	uint8_t chain[HASH_LEN];
	enum status s = report == NULL ? STATUS_NO_MEMORY : database_check(copy->db);
	if (s == STATUS_OK)
		s = log_last(copy->db, &entry, chain);
	if (s == STATUS_OK && (entry != b->note.entry || memcmp(chain, b->note.chain, HASH_LEN) != 0))
		s = STATUS_DIFFERENT;
	if (s == STATUS_OK)
		s = verify_run(copy, false, report);
	free(report);
	return s == STATUS_CORRUPT ? STATUS_DIFFERENT : s;
}

static enum status verify_part(struct backup *b)
{
	struct hub *copy = NULL;
	enum status s = hub_open_backup(b->part, b->world, &copy);
	if (s == STATUS_OK) {
		database_stop_at(copy->db, b->plan->stop);
		s = verify_copy(b, copy);
	}
	hub_close(copy);
	return s == STATUS_OK ? backup_note_digest(&b->note, b->part) : s;
}

/* The acts since are written beside it. */
static enum status move_acts(const struct backup *b, struct hub *hub)
{
	const char *slash = strrchr(b->plan->path, '/');
	if (b->plan->acts != NULL)
		return acts_log_move(hub, b->plan->acts);
	char *folder = slash == NULL ? strdup(".") : strndup(b->plan->path, (size_t)(slash - b->plan->path) + 1);
	enum status s = folder == NULL ? STATUS_NO_MEMORY : acts_log_move(hub, folder);
	free(folder);
	return s;
}

/* It stands: from now on what is in it is safe. */
static enum status record(const struct backup *b)
{
	struct hub *hub = NULL;
	struct hub *copy = NULL;
	struct hub_transaction t;
	enum status s = hub_open(b->dir, b->world, true, &hub);
	if (s == STATUS_OK)
		s = hub_open_backup(b->plan->path, b->world, &copy);
	if (s == STATUS_OK)
		s = hub_begin(hub, &t);
	if (s == STATUS_OK) {
		s = backup_note_set(hub, &b->note, copy);
		if (s == STATUS_OK)
			s = move_acts(b, hub);
		s = hub_end(&t, s);
	}
	hub_close(copy);
	hub_close(hub);
	return s;
}

static enum status make(struct backup *b)
{
	enum status s = write_part(b);
	if (s == STATUS_OK)
		s = verify_part(b);
	if (s == STATUS_OK)
		s = file_move(b->part, b->plan->path);
	else if (s != STATUS_EXISTS)
		database_remove(b->part, b->world->vfs);
	return s == STATUS_OK ? record(b) : s;
}

static char *part_of(const char *path)
{
	size_t size = strlen(path) + sizeof(".part");
	char *part = malloc(size);
	if (part != NULL)
		(void)snprintf(part, size, "%s.part", path); /* size was computed for it */
	return part;
}

enum status backup_run(const char *dir, const struct hub_world *world, const struct backup_plan *plan,
		       struct backup_note *ret_note)
{
	struct lock lock = {.fd = -1};
	struct backup b = {.dir = dir, .world = world, .plan = plan, .part = part_of(plan->path)};
	char *path = path_join(dir, "backup.lock");
	enum status s = datadir_check(dir);
	if (s == STATUS_OK && (b.part == NULL || path == NULL))
		s = STATUS_NO_MEMORY;
	if (s == STATUS_OK && strlen(plan->path) > BACKUP_PATH)
		s = STATUS_LIMIT;
	if (s == STATUS_OK)
		s = lock_take(path, 0, &lock);
	if (s == STATUS_OK) {
		(void)snprintf(b.note.path, sizeof(b.note.path), "%s", plan->path); /* fits */
		s = make(&b);
	}
	lock_release(&lock);
	if (s == STATUS_OK)
		*ret_note = b.note;
	free(path);
	free(b.part);
	return s;
}
