/* realpath() is in the X/Open part of POSIX. */
#define _XOPEN_SOURCE 700

#include "config/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/database_handle.h"
#include "config/datadir.h"

/* A test build may weaken it to show that its power cuts are real. */
#ifndef MOTCUA_SYNCHRONOUS
#define MOTCUA_SYNCHRONOUS "FULL"
#endif

enum { BUSY_MS = 10000, VALUE_MAX_BYTES = 64 * 1024 * 1024 };

static bool is_hub(enum database_mode mode)
{
	return mode == DATABASE_HUB || mode == DATABASE_READER;
}

static bool is_file(const char *path)
{
	return path[0] != '\0' && strcmp(path, ":memory:") != 0;
}

static bool may_create(const struct database_plan *plan)
{
	return (plan->create && plan->mode != DATABASE_READER) || !is_file(plan->path);
}

/*
 * SQLITE_OPEN_NOFOLLOW refuses links anywhere in the path. Operators do move data directories and leave a link, so
 * the directory is resolved first and only the file itself must not be one. NULL on failure, errno says why.
 */
static char *resolve_path(const struct database_plan *plan)
{
	const char *name = strrchr(plan->path, '/');
	if (plan->vfs != NULL || !is_file(plan->path))
		return strdup(plan->path);
	char *given = name == NULL ? strdup(".") : strndup(plan->path, (size_t)(name - plan->path) + 1);
	if (given == NULL)
		return NULL;
	char *dir = realpath(given, NULL);
	char *path = dir == NULL ? NULL : path_join(dir, name == NULL ? plan->path : name + 1);
	int error = errno;
	free(dir);
	free(given);
	errno = error;
	return path;
}

static bool file_is_missing(const char *vfs_name, const char *path)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
	int found = 0;
	if (vfs == NULL || !is_file(path))
		return false;
	/* SQLite's own look takes a disk that fails for one without the file. */
	if (vfs_name == NULL)
		return !path_exists(path);
	return vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &found) == SQLITE_OK && !found;
}

static enum status open_handle(const struct database_plan *plan, struct database *db)
{
	char *path = resolve_path(plan);
	if (path == NULL)
		return errno == ENOENT || errno == ENOTDIR ? STATUS_NO_DATA : status_of_errno(errno);
	int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX;
	flags |= plan->mode == DATABASE_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	if (may_create(plan))
		flags |= SQLITE_OPEN_CREATE;
	enum status s = STATUS_OK;
	if ((flags & SQLITE_OPEN_CREATE) == 0 && file_is_missing(plan->vfs, path))
		s = STATUS_NO_DATA;
	if (s == STATUS_OK) {
		int code = sqlite3_open_v2(path, &db->handle, flags, plan->vfs);
		s = database_status(db, code);
	}
	/* SQLite falls back to reading: fine on a read-only disk, not for somebody who has no right to write. */
	if (s == STATUS_OK && plan->vfs == NULL && (flags & SQLITE_OPEN_READWRITE) != 0 &&
	    sqlite3_db_readonly(db->handle, "main") == 1 && access(path, W_OK) != 0 && errno == EACCES)
		s = STATUS_PERMISSION;
	free(path);
	return s;
}

static enum status set_switches(struct database *db, enum database_mode mode)
{
	const struct {
		int name;
		int value;
	} switches[] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_DQS_DML, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},
		{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, is_hub(mode)},
	};
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		int code = sqlite3_db_config(db->handle, switches[i].name, switches[i].value, NULL);
		if (code != SQLITE_OK)
			return database_status(db, code);
	}
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, VALUE_MAX_BYTES); /* answers the old limit */
	(void)sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 1);             /* VACUUM INTO attaches one */
	return database_status(db, sqlite3_busy_timeout(db->handle, BUSY_MS));
}

/* What SQLite forgets when a connection closes: set on each of them. */
static enum status set_pragmas(struct database *db, enum database_mode mode)
{
	_Static_assert(DATABASE_IDLE_KIB == 512, "as the agent's pragma says");
	static const char common[] = "PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;";
	static const char durable[] = "PRAGMA synchronous=" MOTCUA_SYNCHRONOUS "; PRAGMA fullfsync=ON;"
				      "PRAGMA checkpoint_fullfsync=ON;";
	static const char *const of_mode[] = {
		[DATABASE_AGENT] = "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-512;",
		[DATABASE_HUB] = "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-32768;",
		[DATABASE_READER] = "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-32768; PRAGMA query_only=ON;",
		[DATABASE_SCRATCH] = "PRAGMA cache_size=-32768; PRAGMA synchronous=OFF;",
	};
	enum status s = database_script(db, common);
	if (s == STATUS_OK && mode != DATABASE_SCRATCH)
		s = database_script(db, durable);
	if (s == STATUS_OK)
		s = database_script(db, of_mode[mode]);
	return s;
}

/* Setting a journal mode answers the mode in force, which is another one where it could not be changed. */
static enum status set_journal(struct database *db, const struct database_plan *plan)
{
	static const char *const of_mode[] = {
		[DATABASE_AGENT] = "PRAGMA journal_mode=TRUNCATE",
		[DATABASE_HUB] = "PRAGMA journal_mode=WAL",
		[DATABASE_SCRATCH] = "PRAGMA journal_mode=MEMORY",
	};
	static const char *const wanted[] = {
		[DATABASE_AGENT] = "truncate",
		[DATABASE_HUB] = "wal",
		[DATABASE_SCRATCH] = "memory",
	};
	const char *want = is_file(plan->path) ? wanted[plan->mode] : "memory";
	bool right = plan->path[0] == '\0'; /* SQLite chooses for its own temporary files */
	struct query q = query_start(db, of_mode[plan->mode]);
	if (query_row(&q))
		right = right || slice_equal(query_get_text(&q, 0), slice_str(want));
	enum status s = query_finish(&q);
	return s == STATUS_OK && !right ? STATUS_DISK : s;
}

struct identity {
	int64_t application_id;
	int64_t user_version;
	bool blank; /* no table yet */
};

static enum status read_number(struct database *db, const char *sql, int64_t *ret_value)
{
	struct query q = query_start(db, sql);
	int64_t value = query_row(&q) ? query_get_int(&q, 0) : 0;
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_value = value;
	return s;
}

static enum status read_identity(struct database *db, struct identity *ret_identity)
{
	struct identity found = {0};
	int64_t n_tables = 0;
	enum status s = read_number(db, "PRAGMA application_id", &found.application_id);
	if (s == STATUS_OK)
		s = read_number(db, "PRAGMA user_version", &found.user_version);
	if (s == STATUS_OK)
		s = read_number(db, "SELECT count(*) FROM sqlite_schema", &n_tables);
	if (s != STATUS_OK)
		return s;
	found.blank = n_tables == 0 && found.application_id == 0 && found.user_version == 0;
	*ret_identity = found;
	return STATUS_OK;
}

static enum status check_identity(struct database *db, const struct database_plan *plan,
				  struct identity *ret_identity)
{
	struct identity found;
	enum status s = read_identity(db, &found);
	if (s != STATUS_OK)
		return s;
	if (found.blank && !may_create(plan))
		return STATUS_NO_DATA; /* a set-up that broke off, or a file somebody emptied */
	if (!found.blank && found.application_id != plan->application_id)
		return STATUS_NEWER_SCHEMA;
	if (found.user_version > plan->n_migrations || found.user_version < 0)
		return STATUS_NEWER_SCHEMA;
	if (plan->mode == DATABASE_READER && found.user_version < plan->n_migrations)
		return STATUS_VERSION;
	*ret_identity = found;
	return STATUS_OK;
}

static enum status run_migrations(struct database *db, const struct database_plan *plan, int64_t done)
{
	enum status s = STATUS_OK;
	for (int64_t i = done; s == STATUS_OK && i < plan->n_migrations; i++)
		s = database_script(db, plan->migrations[i]);
	char sql[100];
	(void)snprintf(sql, sizeof(sql), "PRAGMA application_id=%d; PRAGMA user_version=%d;",
		       (int)plan->application_id, plan->n_migrations); /* two numbers fit */
	return s == STATUS_OK ? database_script(db, sql) : s;
}

static enum status migrate(struct database *db, const struct database_plan *plan)
{
	enum status s = database_begin(db);
	if (s != STATUS_OK)
		return s;
	/* Asked again inside the transaction: another process may have been faster. */
	struct identity found;
	s = check_identity(db, plan, &found);
	if (s == STATUS_OK)
		s = run_migrations(db, plan, found.user_version);
	if (s == STATUS_OK)
		return database_commit(db);
	database_rollback(db);
	return s;
}

static int sync_log(struct database *db)
{
	sqlite3_file *log = NULL;
	int code = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
	if (code != SQLITE_OK || log == NULL || log->pMethods == NULL)
		return code;
	return log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
}

/*
 * A log that another process left behind after a sync failed stands in the system's memory and not on the disk, and
 * syncing it again writes nothing. So what it holds goes into the file, and the log is emptied, both synced. While
 * others read, it is not: then the log is one that was written while they were there.
 */
static enum status settle_log(struct database *db)
{
	int code = sqlite3_busy_timeout(db->handle, 0);
	if (code == SQLITE_OK)
		code = sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if (code == SQLITE_OK)
		code = sync_log(db);
	enum status s = database_status(db, code);
	/* Nor on a disk without room: there nothing is answered that would have to last. */
	if (s == STATUS_OK || s == STATUS_BUSY || s == STATUS_DISK_FULL || s == STATUS_DISK_READ_ONLY)
		s = database_status(db, sqlite3_busy_timeout(db->handle, BUSY_MS));
	return s;
}

static enum status prepare_rollback(struct database *db)
{
	int code = sqlite3_prepare_v3(db->handle, "ROLLBACK", -1, SQLITE_PREPARE_PERSISTENT, &db->rollback, NULL);
	return database_status(db, code);
}

enum status database_open(const struct database_plan *plan, struct database **ret_db)
{
	struct database *db = calloc(1, sizeof(*db));
	if (db == NULL)
		return STATUS_NO_MEMORY;
	enum status s = open_handle(plan, db);
	if (s != STATUS_OK)
		goto out;
	s = set_switches(db, plan->mode);
	if (s != STATUS_OK)
		goto out;
	s = set_pragmas(db, plan->mode);
	if (s != STATUS_OK)
		goto out;
	/* Before the journal mode: choosing WAL writes, and a foreign file is not written to. */
	struct identity found;
	s = check_identity(db, plan, &found);
	if (s != STATUS_OK)
		goto out;
	if (plan->mode != DATABASE_READER)
		s = set_journal(db, plan);
	if (s != STATUS_OK)
		goto out;
	if (found.blank || found.user_version < plan->n_migrations)
		s = migrate(db, plan);
	if (s == STATUS_OK && plan->mode == DATABASE_HUB)
		s = settle_log(db);
	database_forget_statements(db); /* those of opening are not needed again */
	/* At last: what opening does would have it prepared anew. */
	if (s == STATUS_OK)
		s = prepare_rollback(db);
out:
	if (s == STATUS_OK)
		*ret_db = db;
	else
		database_close(db);
	return s;
}
