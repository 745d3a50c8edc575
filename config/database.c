#include "config/database.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/database_handle.h"
#include "config/datadir.h"

enum { UNKEPT = -1 /* slot of a statement that is finalised after use */ };

static enum status status_of_disk(int system_error)
{
	enum status s = system_error == 0 ? STATUS_DISK : status_of_errno(system_error);
	return s == STATUS_EMPTY || s == STATUS_EXISTS ? STATUS_DISK : s;
}

enum status database_status(struct database *db, int code)
{
	if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) {
		db->sync_failed = true;
		return STATUS_DISK_SYNC;
	}
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return STATUS_OK;
	case SQLITE_FULL:
		return STATUS_DISK_FULL;
	case SQLITE_READONLY:
		return STATUS_DISK_READ_ONLY;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return STATUS_BUSY;
	case SQLITE_NOMEM:
		return STATUS_NO_MEMORY;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_NOMEM)
			return STATUS_NO_MEMORY;
		if (code == SQLITE_CANTOPEN_SYMLINK)
			return STATUS_PERMISSION;
		return status_of_disk(db->handle == NULL ? 0 : sqlite3_system_errno(db->handle));
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return STATUS_PERMISSION;
	case SQLITE_CONSTRAINT:
		return STATUS_EXISTS;
	case SQLITE_TOOBIG:
		return STATUS_LIMIT;
	case SQLITE_INTERRUPT:
	case SQLITE_ABORT:
		return STATUS_STOPPED;
	default:
		return STATUS_CORRUPT; /* CORRUPT, NOTADB, and tables that are not what our SQL expects */
	}
}

enum status database_script(struct database *db, const char *sql)
{
	if (db->sync_failed)
		return STATUS_DISK_SYNC;
	return database_status(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

void database_forget_statements(struct database *db)
{
	sqlite3_stmt *kept = NULL;
	for (;;) {
		sqlite3_stmt *left = db->handle == NULL ? NULL : sqlite3_next_stmt(db->handle, kept);
		if (left == NULL)
			break;
		if (left == db->rollback)
			kept = left;
		else
			(void)sqlite3_finalize(left); /* repeats the error of its last step */
	}
	for (int i = 0; i < DATABASE_SLOTS; i++)
		db->slots[i] = (struct statement_slot){0};
	db->n_kept = 0;
}

void database_close(struct database *db)
{
	if (db == NULL)
		return;
	if (db->handle != NULL)
		database_rollback(db);
	database_forget_statements(db);
	(void)sqlite3_finalize(db->rollback); /* as above */
	(void)sqlite3_close(db->handle);      /* nothing is left that could keep it open */
	database_close(db->below);            /* which has none below itself */
	free(db);
}

void database_put_below(struct database *db, struct database *below)
{
	assert(db->below == NULL && below->below == NULL);
	db->below = below;
}

struct database *database_below(const struct database *db)
{
	return db->below;
}

static enum status run(struct database *db, const char *sql)
{
	struct query q = query_start(db, sql);
	return query_run(&q);
}

enum status database_begin(struct database *db)
{
	assert(sqlite3_get_autocommit(db->handle));
	return run(db, "BEGIN IMMEDIATE");
}

enum status database_commit(struct database *db)
{
	if (sqlite3_get_autocommit(db->handle))
		return STATUS_DISK; /* SQLite has rolled back by itself, as it does after a failed write */
	enum status s = run(db, "COMMIT");
	if (s != STATUS_OK)
		database_rollback(db);
	return s;
}

void database_rollback(struct database *db)
{
	if (sqlite3_get_autocommit(db->handle))
		return;
	/* What is left undone, closing undoes. */
	if (db->rollback == NULL) {
		(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	} else {
		(void)sqlite3_step(db->rollback);
		(void)sqlite3_reset(db->rollback); /* repeats its error */
	}
}

enum status database_end(struct database *db, enum status s)
{
	if (s == STATUS_OK)
		return database_commit(db);
	database_rollback(db);
	return s;
}

enum status database_snapshot(struct database *db)
{
	assert(sqlite3_get_autocommit(db->handle));
	enum status s = run(db, "BEGIN DEFERRED");
	if (s != STATUS_OK)
		return s;
	/* The snapshot is taken by the first read. */
	s = run(db, "SELECT 1 FROM sqlite_schema LIMIT 1");
	if (s != STATUS_OK)
		database_rollback(db);
	return s;
}

void database_keep_pages(struct database *db, int kib)
{
	char sql[64];
	(void)snprintf(sql, sizeof(sql), "PRAGMA cache_size=-%d", kib); /* fits */
	enum status heard = database_script(db, sql);                   /* which remembers a failed sync */
	(void)heard; /* less memory is slower, and nothing else */
}

int64_t database_last_id(const struct database *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int64_t database_changes(const struct database *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t database_writes(const struct database *db)
{
	return sqlite3_total_changes64(db->handle);
}

enum status database_check(struct database *db)
{
	struct query q = query_start(db, "PRAGMA integrity_check(1)");
	bool sound = query_row(&q) && slice_equal(query_get_text(&q, 0), slice_str("ok"));
	enum status s = query_finish(&q);
	return s == STATUS_OK && !sound ? STATUS_CORRUPT : s;
}

bool database_sync_failed(const struct database *db)
{
	return db->sync_failed;
}

enum status database_checkpoint(struct database *db)
{
	if (db->sync_failed)
		return STATUS_DISK_SYNC;
	int code = sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return database_status(db, code);
}

bool database_is_read_only(const struct database *db)
{
	return sqlite3_db_readonly(db->handle, "main") == 1;
}

const char *database_message(const struct database *db)
{
	return sqlite3_errmsg(db->handle);
}

/* The slot of this literal, the free one where it belongs, or UNKEPT when the table is full. */
static int find_slot(const struct database *db, const char *sql)
{
	size_t i = ((uintptr_t)sql >> 2) % DATABASE_SLOTS;
	while (db->slots[i].sql != NULL && db->slots[i].sql != sql)
		i = (i + 1) % DATABASE_SLOTS;
	if (db->slots[i].sql == NULL && db->n_kept == DATABASE_KEPT_MAX)
		return UNKEPT;
	return (int)i;
}

struct query query_start(struct database *db, const char *sql)
{
	assert(db != NULL);
	struct query q = {.db = db, .slot = find_slot(db, sql)};
	if (db->sync_failed) {
		q.error = STATUS_DISK_SYNC;
		q.slot = UNKEPT;
		return q;
	}
	struct statement_slot *slot = q.slot == UNKEPT ? NULL : &db->slots[q.slot];
	if (slot != NULL && slot->busy) {
		slot = NULL; /* the same SQL runs already */
		q.slot = UNKEPT;
	}
	if (slot != NULL && slot->sql != NULL) {
		q.statement = slot->statement;
		slot->busy = true;
		return q;
	}
	sqlite3_stmt *statement = NULL;
	unsigned flags = slot == NULL ? 0 : SQLITE_PREPARE_PERSISTENT;
	q.error = database_status(db, sqlite3_prepare_v3(db->handle, sql, -1, flags, &statement, NULL));
	q.statement = statement;
	if (q.error != STATUS_OK || slot == NULL) {
		q.slot = UNKEPT;
		return q;
	}
	*slot = (struct statement_slot){.sql = sql, .statement = statement, .busy = true};
	db->n_kept++;
	return q;
}

static void note(struct query *q, int code)
{
	if (q->error == STATUS_OK)
		q->error = database_status(q->db, code);
}

void query_int(struct query *q, int parameter, int64_t value)
{
	if (q->error == STATUS_OK)
		note(q, sqlite3_bind_int64(q->statement, parameter, value));
}

/* SQLite takes a NULL pointer for NULL, but an empty slice may well have one. */
static const void *not_null(struct slice s)
{
	return s.data == NULL ? "" : (const void *)s.data;
}

void query_text(struct query *q, int parameter, struct slice text)
{
	if (q->error == STATUS_OK)
		note(q, sqlite3_bind_text64(q->statement, parameter, not_null(text), text.len, SQLITE_STATIC,
					    SQLITE_UTF8));
}

void query_str(struct query *q, int parameter, const char *text)
{
	if (text == NULL)
		query_null(q, parameter);
	else
		query_text(q, parameter, slice_str(text));
}

void query_blob(struct query *q, int parameter, struct slice blob)
{
	if (q->error == STATUS_OK)
		note(q, sqlite3_bind_blob64(q->statement, parameter, not_null(blob), blob.len, SQLITE_STATIC));
}

void query_null(struct query *q, int parameter)
{
	if (q->error == STATUS_OK)
		note(q, sqlite3_bind_null(q->statement, parameter));
}

bool query_row(struct query *q)
{
	if (q->error != STATUS_OK || q->done)
		return false;
	int code = sqlite3_step(q->statement);
	note(q, code);
	q->done = code != SQLITE_ROW; /* SQLite would start over when stepped again */
	return !q->done;
}

enum status query_run(struct query *q)
{
	while (query_row(q))
		continue;
	return query_finish(q);
}

int64_t query_get_int(struct query *q, int column)
{
	return q->error == STATUS_OK ? sqlite3_column_int64(q->statement, column) : 0;
}

bool query_is_null(struct query *q, int column)
{
	return q->error != STATUS_OK || sqlite3_column_type(q->statement, column) == SQLITE_NULL;
}

/* A value without an address is NULL, empty, or did not fit in memory. */
static struct slice borrow(struct query *q, int column, const void *data)
{
	if (data != NULL)
		return slice_of(data, (size_t)sqlite3_column_bytes(q->statement, column));
	if (sqlite3_errcode(q->db->handle) == SQLITE_NOMEM)
		note(q, SQLITE_NOMEM);
	return slice_of(NULL, 0);
}

struct slice query_get_text(struct query *q, int column)
{
	if (q->error != STATUS_OK)
		return slice_of(NULL, 0);
	return borrow(q, column, sqlite3_column_text(q->statement, column));
}

struct slice query_get_blob(struct query *q, int column)
{
	if (q->error != STATUS_OK)
		return slice_of(NULL, 0);
	return borrow(q, column, sqlite3_column_blob(q->statement, column));
}

void query_again(struct query *q)
{
	if (q->error != STATUS_OK)
		return;
	(void)sqlite3_reset(q->statement); /* repeats the error of the last step, and there was none */
	q->done = false;
}

enum status query_finish(struct query *q)
{
	if (q->slot == UNKEPT) {
		(void)sqlite3_finalize(q->statement); /* repeats the error of the last step, which q->error holds */
	} else {
		(void)sqlite3_reset(q->statement);
		(void)sqlite3_clear_bindings(q->statement); /* cannot fail */
		q->db->slots[q->slot].busy = false;
	}
	q->statement = NULL;
	return q->error;
}
