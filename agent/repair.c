#include "agent/repair.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/anchor.h"
#include "agent/enrolment.h"
#include "agent/place.h"
#include "agent/queue.h"
#include "agent/salvage.h"
#include "agent/seal.h"
#include "agent/sync.h"
#include "config/datadir.h"
#include "config/log.h"
#include "config/machine.h"

enum { REPAIR_WAIT_MS = 2000 };

/* STATUS_EMPTY if it is not there. */
static enum status look_for(const char *dir, const char *name)
{
	struct file_place place;
	return dir_place(dir, name, &place);
}

/* A file that cannot be looked for counts as there: nothing is built upon its absence. */
static bool has(const char *dir, const char *name)
{
	return look_for(dir, name) != STATUS_EMPTY;
}

static enum status check_key(const char *dir)
{
	struct bytes key = bytes_new(DEVICE_SECRET_LEN);
	enum status s = agent_read_secret(dir, &key);
	secret_free(&key);
	return s;
}

static enum status check_identity(const char *dir)
{
	struct bytes document = bytes_new(LIMIT_IDENTITY);
	struct identity hub;
	enum status s = dir_read(dir, AGENT_IDENTITY, &document);
	if (s == STATUS_OK)
		s = identity_open(bytes_slice(&document), &hub);
	bytes_free(&document);
	return s;
}

/* Without a sound key, the hub's identity and what the enrolment settled no database helps. */
static enum status check_keys(const char *dir)
{
	enum status s = check_key(dir);
	if (s == STATUS_OK)
		s = check_identity(dir);
	return s == STATUS_OK ? look_for(dir, ENROLMENT_FILE) : s;
}

enum repair_case repair_judge_why(const char *dir, enum status *status)
{
	const enum status opened = *status;
	if (opened == STATUS_OK)
		return REPAIR_NONE;
	if (opened != STATUS_CORRUPT && opened != STATUS_LOST_DATA)
		return status_is_trouble(opened) ? REPAIR_UNSEEN : REPAIR_NOT_ENROLLED;
	enum status s = check_keys(dir);
	if (s == STATUS_OK)
		s = look_for(dir, opened == STATUS_CORRUPT ? AGENT_DATABASE : ANCHOR_FILE);
	if (status_is_trouble(s)) {
		*status = s;
		return REPAIR_UNSEEN;
	}
	if (s != STATUS_OK)
		return REPAIR_KEY;
	/* The database is damaged, or gone or emptied; the rest is sound. */
	return opened == STATUS_CORRUPT ? REPAIR_DAMAGED : REPAIR_DATABASE;
}

enum repair_case repair_judge(const char *dir, enum status opened)
{
	return repair_judge_why(dir, &opened);
}

enum repair_case repair_find(const char *dir, const struct agent_world *world, struct agent **ret_agent,
			     enum status *ret_status)
{
	struct agent *a = NULL;
	enum status s = agent_open(dir, world, &a);
	if (s == STATUS_OK)
		s = salvage_check(a->db);
	enum repair_case found = repair_judge_why(dir, &s);
	if (found == REPAIR_NONE)
		*ret_agent = a;
	else
		agent_close(a);
	*ret_status = s;
	return found;
}

/* The life the anchor tells of, so that what the hub says of it is known as ours. */
static enum status store_former_life(struct database *db, const struct anchor *anchor, int64_t now)
{
	struct incarnation newest;
	enum status s = store_incarnation(db, &newest);
	return s == STATUS_EMPTY ? store_add_incarnation(db, &anchor->incarnation, now) : s;
}

static enum status fill_new(struct database *db, const char *dir, const struct agent_world *world,
			    const struct anchor *anchor)
{
	struct enrolment enrolment;
	enum status s = enrolment_read(dir, &enrolment);
	if (s == STATUS_OK)
		s = database_begin(db);
	if (s != STATUS_OK)
		return s;
	s = enrolment_store(db, &enrolment);
	if (s == STATUS_OK)
		s = store_former_life(db, anchor, world->now_ms(world->context));
	return database_end(db, s);
}

/* Opens what was made and begins the life that it goes on in. */
static enum status begin_life(const char *dir, const struct agent_world *world, enum trouble why,
			      struct repair_report *report)
{
	struct agent *a = NULL;
	struct queue_counts counts;
	enum status s = agent_open(dir, world, &a);
	if (s == STATUS_OK && why == TROUBLE_SALVAGED)
		s = salvage_book(a);
	if (s == STATUS_OK)
		s = seal_anew(a, why, NULL);
	if (s == STATUS_OK)
		s = queue_count(a, &counts);
	if (s == STATUS_OK) {
		report->trouble = why;
		report->incarnation = a->incarnation;
		report->waiting = counts.waiting;
	}
	agent_close(a);
	return s;
}

#define NEW_DATABASE AGENT_DATABASE ".new"

static enum status remove_file(const char *dir, const char *name)
{
	char *path = path_join(dir, name);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	(void)remove(path); /* where it is in the way, making it anew says so */
	free(path);
	return STATUS_OK;
}

/* What an attempt that broke off has left. */
static enum status clear_attempt(const char *dir)
{
	enum status s = remove_file(dir, NEW_DATABASE);
	return s == STATUS_OK ? remove_file(dir, NEW_DATABASE "-journal") : s;
}

/* Complete under another name first: an attempt that breaks off leaves everything as it was. */
static enum status make_database(const char *dir, const struct agent_world *world, const char *damaged,
				 struct repair_report *report)
{
	struct anchor anchor = {.incarnation = {.ordinal = 1}};
	struct database *db = NULL;
	char *path = path_join(dir, NEW_DATABASE);
	enum status s = path == NULL ? STATUS_NO_MEMORY : clear_attempt(dir);
	if (s == STATUS_OK)
		s = anchor_read(dir, &anchor);
	if (s == STATUS_EMPTY || s == STATUS_CORRUPT)
		s = STATUS_OK;
	report->sealed_before = anchor.seq;
	if (s == STATUS_OK)
		s = store_open(path, world->vfs, true, &db);
	if (s == STATUS_OK && damaged != NULL)
		s = salvage_rows(db, damaged, &report->salvaged, &report->damaged);
	if (s == STATUS_OK)
		s = fill_new(db, dir, world, &anchor);
	database_close(db);
	free(path);
	return s;
}

/* The name of a file below the directory for what is kept; NULL on no memory. */
static char *kept_path(const char *dir, const char *below, const char *name)
{
	char *target = path_join(dir, below);
	char *path = target == NULL ? NULL : path_join(target, name);
	free(target);
	return path;
}

/* The database keeps its place until the new one takes it, so that there is one at every moment. */
static enum status keep_database(const char *dir, const char *below)
{
	char *from = path_join(dir, AGENT_DATABASE);
	char *to = kept_path(dir, below, AGENT_DATABASE);
	enum status s = from == NULL || to == NULL ? STATUS_NO_MEMORY : file_link(from, to);
	free(to);
	free(from);
	return s;
}

/*
 * A journal beside the new database would be played back into it. What it could mend in the damaged one was mended
 * when that was read.
 */
static enum status keep_journal(const char *dir, const char *below)
{
	char *from = path_join(dir, AGENT_DATABASE "-journal");
	char *to = kept_path(dir, below, AGENT_DATABASE "-journal");
	enum status s = from == NULL || to == NULL ? STATUS_NO_MEMORY : file_move(from, to);
	free(to);
	free(from);
	return s;
}

static enum status keep_old(const char *dir, const char *below)
{
	enum status database = look_for(dir, AGENT_DATABASE);
	enum status journal = look_for(dir, AGENT_DATABASE "-journal");
	enum status s = database != STATUS_OK && database != STATUS_EMPTY ? database : STATUS_OK;
	if (s == STATUS_OK && journal != STATUS_OK && journal != STATUS_EMPTY)
		s = journal;
	char *target = path_join(dir, below);
	if (s == STATUS_OK && target == NULL)
		s = STATUS_NO_MEMORY;
	if (s == STATUS_OK && (database == STATUS_OK || journal == STATUS_OK))
		s = datadir_create(target);
	if (s == STATUS_OK && database == STATUS_OK)
		s = keep_database(dir, below);
	if (s == STATUS_OK && journal == STATUS_OK)
		s = keep_journal(dir, below);
	free(target);
	return s;
}

/* The rows were read over without syncs, and a last transaction that finds nothing to change syncs nothing. */
static enum status put_in_place(const char *dir)
{
	char *from = path_join(dir, NEW_DATABASE);
	char *to = path_join(dir, AGENT_DATABASE);
	enum status s = from == NULL || to == NULL ? STATUS_NO_MEMORY : file_sync(from);
	if (s == STATUS_OK)
		s = file_move(from, to);
	free(to);
	free(from);
	return s == STATUS_OK ? remove_file(dir, NEW_DATABASE "-journal") : s;
}

/* Makes a database, from a damaged one or from nothing, and puts it where the old one was. */
static enum status replace_database(const char *dir, const struct agent_world *world, enum trouble why,
				    struct repair_report *report)
{
	bool damaged = why == TROUBLE_SALVAGED;
	char *path = path_join(dir, AGENT_DATABASE);
	(void)snprintf(report->kept_in, sizeof(report->kept_in), "%s-%lld", damaged ? "corrupt" : "lost",
		       (long long)world->now_ms(world->context)); /* sized for it */
	enum status s = path == NULL ? STATUS_NO_MEMORY : sign_start();
	if (s == STATUS_OK)
		s = make_database(dir, world, damaged ? path : NULL, report);
	if (s == STATUS_OK)
		s = keep_old(dir, report->kept_in);
	if (s == STATUS_OK)
		s = put_in_place(dir);
	if (s == STATUS_OK && !has(dir, report->kept_in))
		report->kept_in[0] = '\0';
	free(path);
	return s;
}

/* Alone in the directory: whoever had the old database open would go on writing into it. */
static enum status take_directory(const char *dir, struct lock *ret_lock)
{
	char *path = path_join(dir, AGENT_USE_LOCK);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = lock_take(path, REPAIR_WAIT_MS, ret_lock);
	free(path);
	return s;
}

static enum status repair_locked(const char *dir, const struct agent_world *world, enum trouble why,
				 struct repair_report *ret_report)
{
	struct repair_report report = {0};
	struct lock lock = {.fd = -1};
	enum status s = take_directory(dir, &lock);
	if (s == STATUS_OK)
		s = replace_database(dir, world, why, &report);
	lock_release(&lock);
	if (s == STATUS_OK)
		s = begin_life(dir, world, why, &report);
	if (s == STATUS_OK)
		*ret_report = report;
	return s;
}

enum status repair_lost(const char *dir, const struct agent_world *world, struct repair_report *ret_report)
{
	return repair_locked(dir, world, TROUBLE_DB_LOST, ret_report);
}

enum status repair_damaged(const char *dir, const struct agent_world *world, struct repair_report *ret_report)
{
	return repair_locked(dir, world, TROUBLE_SALVAGED, ret_report);
}

/* Not while a sync or an export of the old life is under way. */
static enum status begin_anew(struct agent *a, enum trouble why)
{
	struct lock lock = {.fd = -1};
	enum status s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s == STATUS_OK)
		s = seal_anew(a, why, NULL);
	lock_release(&lock);
	return s;
}

enum status repair_sound(struct agent *a, struct repair_report *ret_report)
{
	struct repair_report report = {0};
	struct queue_counts counts;
	enum place place = PLACE_SAME;
	enum status s = incarnation_reload(a);
	if (s == STATUS_OK)
		s = place_judge(a, &place);
	if (s != STATUS_OK)
		return s;
	/* What the hub has already need not go twice; without a line it does, and is still counted once. */
	if (a->world.transport != NULL && sync_ask(a) != STATUS_OK)
		log_event(LOG_NOTICE, "nothing fetched before the new incarnation");
	report.trouble = place == PLACE_OTHER_MACHINE ? TROUBLE_CLONED
			 : place == PLACE_ROLLED_BACK ? TROUBLE_DB_ROLLED_BACK
						      : TROUBLE_REIDENTIFIED;
	s = begin_anew(a, report.trouble);
	if (s == STATUS_OK)
		s = queue_count(a, &counts);
	if (s != STATUS_OK)
		return s;
	report.incarnation = a->incarnation;
	report.waiting = counts.waiting;
	*ret_report = report;
	return STATUS_OK;
}
