#include "hub/hub.h"

#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/machine.h"
#include "hub/acts_log.h"
#include "hub/disk_space.h"
#include "hub/epoch.h"
#include "hub/hub_parts.h"
#include "hub/log.h"
#include "hub/log_limit.h"
#include "hub/refold.h"
#include "hub/store.h"

enum { LOCK_WAIT_MS = 30 * 1000, REMARK_EVERY_MS = 60 * 60 * 1000 };

int64_t hub_now(const struct hub *hub)
{
	return hub->world.now_ms(hub->world.context);
}

void hub_close(struct hub *hub)
{
	if (hub == NULL)
		return;
	database_close(hub->db);
	registry_free(hub->registry);
	signing_key_free(hub->key);
	box_key_free(hub->box_key);
	bytes_free(&hub->identity_doc);
	free(hub->dir);
	free(hub->head);
	log_limit_free(hub->remarks);
	free(hub);
}

struct hub *hub_new(const char *dir, const struct hub_world *world)
{
	struct hub *hub = calloc(1, sizeof(*hub));
	if (hub == NULL)
		return NULL;
	hub->world = *world;
	hub->lock_wait_ms = LOCK_WAIT_MS;
	hub->identity_doc = bytes_new(LIMIT_IDENTITY);
	hub->dir = path_join(dir, "");
	hub->head = calloc(1, sizeof(*hub->head));
	hub->remarks = log_limit_new(REMARK_EVERY_MS);
	if (hub->dir == NULL || hub->head == NULL || hub->remarks == NULL) {
		hub_close(hub);
		return NULL;
	}
	return hub;
}

enum status hub_lock(const struct hub *hub, struct lock *ret_lock)
{
	char *path = path_join(hub->dir, "lock");
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = lock_take(path, hub->lock_wait_ms, ret_lock);
	free(path);
	return s;
}

/* Opening may recover the WAL, which must not meet another process's checkpoint: hence under the lock. */
enum status hub_open_database(struct hub *hub, enum database_mode mode, bool create)
{
	struct lock lock;
	char *path = path_join(hub->dir, "hub.db");
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = hub_lock(hub, &lock);
	if (s == STATUS_OK) {
		struct database_plan plan = store_plan(path, hub->world.vfs, mode, create);
		s = database_open(&plan, &hub->db);
		lock_release(&lock);
	}
	free(path);
	return s;
}

enum status hub_has_file(const struct hub *hub, const char *name, bool *ret_there)
{
	struct file_place place;
	enum status s = dir_place(hub->dir, name, &place);
	*ret_there = s == STATUS_OK;
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

/* A missing database beside keys is a loss, not a first start (L9). */
enum status hub_tell_missing(const struct hub *hub)
{
	bool lost = false;
	enum status s = hub_has_file(hub, "hub.key", &lost);
	if (s != STATUS_OK)
		return s;
	return lost ? STATUS_LOST_DATA : STATUS_NO_DATA;
}

/* Both keys must be the ones of the identity that is handed out. */
static enum status make_keys(struct hub *hub, const uint8_t seeds[static HUB_SECRETS_LEN])
{
	uint8_t box_public[PUBLIC_KEY_LEN];
	hub->key = signing_key_new(seeds);
	hub->box_key = box_key_new(seeds + SEED_LEN);
	if (hub->key == NULL || hub->box_key == NULL)
		return STATUS_NO_MEMORY;
	box_public_key(seeds + SEED_LEN, box_public);
	bool ours = memcmp(signing_key_public(hub->key), hub->identity.sign_key, PUBLIC_KEY_LEN) == 0 &&
		    memcmp(box_public, hub->identity.box_key, PUBLIC_KEY_LEN) == 0;
	return ours ? STATUS_OK : STATUS_CORRUPT;
}

static enum status read_key(struct hub *hub)
{
	struct bytes seeds = bytes_new(HUB_SECRETS_LEN);
	enum status s = dir_read_secret(hub->dir, "hub.key", &seeds);
	if (s == STATUS_OK && seeds.len != HUB_SECRETS_LEN)
		s = STATUS_CORRUPT;
	if (s == STATUS_OK)
		s = make_keys(hub, seeds.data);
	secret_free(&seeds);
	return s == STATUS_EMPTY ? STATUS_LOST_DATA : s;
}

static enum status read_identity(struct hub *hub)
{
	enum status s = hub_note_get(hub, "identity", &hub->identity_doc);
	if (s == STATUS_EMPTY)
		return STATUS_CORRUPT;
	if (s != STATUS_OK)
		return s;
	s = identity_open(bytes_slice(&hub->identity_doc), &hub->identity);
	return s == STATUS_OK || s == STATUS_NO_MEMORY ? s : STATUS_CORRUPT;
}

enum status hub_fill(struct hub *hub, bool keys)
{
	uint8_t chain[HASH_LEN];
	enum status s = read_identity(hub);
	hub->acts_due = keys; /* whoever was here before may have ended in between */
	if (s == STATUS_OK)
		s = epoch_read(hub->db, &hub->epoch);
	if (s == STATUS_OK && keys)
		s = read_key(hub);
	if (s == STATUS_OK)
		s = log_last(hub->db, &hub->last_entry, chain);
	return s == STATUS_OK ? registry_new(hub->db, &hub->registry) : s;
}

static enum status open_or_tell(struct hub *hub, enum database_mode mode)
{
	enum status s = hub_open_database(hub, mode, false);
	return s == STATUS_NO_DATA ? hub_tell_missing(hub) : s;
}

/* What is not there yet must not read as nothing. */
static enum status wait_for_refold(struct hub *hub)
{
	bool due = false;
	enum status s = refold_is_due(hub->db, &due);
	return s == STATUS_OK && due ? STATUS_BUSY : s;
}

enum status hub_open(const char *dir, const struct hub_world *world, bool write, struct hub **ret_hub)
{
	enum status s = datadir_check(dir);
	if (s != STATUS_OK)
		return s;
	struct hub *hub = hub_new(dir, world);
	if (hub == NULL)
		return STATUS_NO_MEMORY;
	bool unfinished = false;
	s = hub_has_file(hub, HUB_NEW_KEY, &unfinished);
	if (s == STATUS_OK && unfinished)
		s = STATUS_NO_DATA; /* its set-up broke off: `init` begins it anew */
	else if (s == STATUS_OK)
		s = open_or_tell(hub, write ? DATABASE_HUB : DATABASE_READER);
	if (s == STATUS_OK)
		s = hub_fill(hub, write);
	if (s == STATUS_OK)
		s = write ? refold_if_due(hub) : wait_for_refold(hub);
	if (s == STATUS_OK)
		*ret_hub = hub;
	else
		hub_close(hub);
	return s;
}

enum status hub_open_backup(const char *path, const struct hub_world *world, struct hub **ret_hub)
{
	struct hub *hub = hub_new("", world);
	if (hub == NULL)
		return STATUS_NO_MEMORY;
	struct database_plan plan = store_plan(path, world->vfs, DATABASE_READER, false);
	plan.application_id = BACKUP_APPLICATION_ID;
	enum status s = database_open(&plan, &hub->db);
	if (s == STATUS_OK)
		s = hub_fill(hub, false);
	if (s == STATUS_OK)
		*ret_hub = hub;
	else
		hub_close(hub);
	return s;
}

/* Another process may have appended acts since our last transaction: units, devices, an epoch. */
enum status hub_catch_up(struct hub *hub)
{
	int64_t last = 0;
	uint8_t chain[HASH_LEN];
	enum status s = log_last(hub->db, &last, chain);
	if (s != STATUS_OK || last == hub->last_entry)
		return s;
	s = registry_reload(hub->registry, hub->db);
	if (s == STATUS_OK)
		s = epoch_read(hub->db, &hub->epoch);
	if (s == STATUS_OK)
		hub->last_entry = last;
	return s;
}

enum status hub_begin(struct hub *hub, struct hub_transaction *ret_transaction)
{
	struct lock lock;
	enum status s = hub_lock(hub, &lock);
	if (s != STATUS_OK)
		return s;
	s = database_begin(hub->db);
	if (s == STATUS_OK)
		s = hub_catch_up(hub);
	if (s != STATUS_OK) {
		database_rollback(hub->db);
		lock_release(&lock);
		return s;
	}
	hub->disk_short = disk_is_short(hub);
	*ret_transaction = (struct hub_transaction){.hub = hub, .lock_fd = lock.fd, .first_entry = hub->last_entry};
	return STATUS_OK;
}

/* Where the log ends stands beside it as well: entries lost at its end leave no gap. */
static enum status note_end(struct hub *hub)
{
	uint8_t end[LOG_END_LEN];
	enum status s = log_end(hub->db, end);
	return s == STATUS_OK ? hub_note_set(hub, "log", slice_of(end, sizeof(end))) : s;
}

/* After a transaction that came to nothing, what memory knows may be ahead of the disk. */
static void forget(struct hub *hub)
{
	hub->last_entry = -1;
	/* Where it fails, the next transaction tries again. */
	if (hub_catch_up(hub) != STATUS_OK)
		hub->last_entry = -1;
	/* The reservation may have gone with it: the next head reserves anew (L4). */
	hub->counter = hub->counter_reserved;
}

enum status hub_commit(struct hub_transaction *t)
{
	struct lock lock = {.fd = t->lock_fd};
	enum status s = t->hub->last_entry == t->first_entry ? STATUS_OK : note_end(t->hub);
	if (s == STATUS_OK)
		s = database_commit(t->hub->db);
	else
		database_rollback(t->hub->db);
	if (s != STATUS_OK)
		forget(t->hub);
	/* Before anybody is told. What could not be written now is said in the journal and written with the next.
	 */
	else if (t->hub->acts_due && acts_log_follow(t->hub) != STATUS_OK)
		t->hub->acts_due = true;
	lock_release(&lock);
	return s;
}

void hub_rollback(struct hub_transaction *t)
{
	struct lock lock = {.fd = t->lock_fd};
	database_rollback(t->hub->db);
	forget(t->hub);
	lock_release(&lock);
}

enum status hub_end(struct hub_transaction *t, enum status s)
{
	if (s == STATUS_OK)
		return hub_commit(t);
	hub_rollback(t);
	return s;
}

enum status hub_note_get(struct hub *hub, const char *name, struct bytes *out)
{
	struct query q = query_start(hub->db, "SELECT value FROM note WHERE name = ?1");
	query_str(&q, 1, name);
	bool found = query_row(&q);
	if (found) {
		struct slice value = query_get_blob(&q, 0);
		bytes_clear(out);
		bytes_put(out, value.data, value.len);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK && !found)
		return STATUS_EMPTY;
	return s == STATUS_OK ? bytes_status(out) : s;
}

enum status hub_note_set(struct hub *hub, const char *name, struct slice value)
{
	struct query q = query_start(hub->db, "INSERT OR REPLACE INTO note (name, value) VALUES (?1, ?2)");
	query_str(&q, 1, name);
	query_blob(&q, 2, value);
	return query_run(&q);
}
