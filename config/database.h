/*
 * SQLite as both programs use it. config/database*.c alone include sqlite3.h: they open with our pragmas, run
 * migrations, keep prepared statements, and turn SQLite's codes into a status at once. A handle belongs to one
 * thread at a time. In-memory and simulated stores come in through the name and the VFS, never through a mock.
 *
 * Two modes, measured against simulated power cuts (design.md section 5):
 *   DATABASE_AGENT  journal_mode=TRUNCATE, synchronous=FULL, busy timeout 10 s
 *   DATABASE_HUB    journal_mode=WAL, synchronous=FULL, no automatic checkpoint, none on close
 *   DATABASE_READER as HUB, read only; runs no migration: an older file is STATUS_VERSION until a writer opened it
 *   DATABASE_SCRATCH a throw-away database: journal in memory, no sync; name "" spills to a temporary file
 */
#ifndef MOTCUA_CONFIG_DATABASE_H
#define MOTCUA_CONFIG_DATABASE_H

#include <signal.h>

#include "protocol/bytes.h"

struct database; /* opaque */

enum database_mode { DATABASE_AGENT, DATABASE_HUB, DATABASE_READER, DATABASE_SCRATCH };

struct database_plan {
	enum database_mode mode;
	const char *path;
	const char *vfs;               /* name of a registered sqlite3_vfs, NULL for the default */
	bool create;                   /* false: a missing or blank file is STATUS_NO_DATA, never a new one (L9) */
	int32_t application_id;        /* another one in the file: STATUS_NEWER_SCHEMA */
	const char *const *migrations; /* append-only; user_version = how many have run; all in one transaction */
	int n_migrations;              /* a file with more: STATUS_NEWER_SCHEMA, nothing written */
};

MUST_CHECK enum status database_open(const struct database_plan *plan, struct database **ret_db);
/* Rolls back what is open, finalises everything. NULL is fine. */
void database_close(struct database *db);

/* BEGIN IMMEDIATE; nested calls are a bug (assert). */
MUST_CHECK enum status database_begin(struct database *db);
/* COMMIT, with its result; on failure the transaction is rolled back. */
MUST_CHECK enum status database_commit(struct database *db);
/* Rolls back if a transaction is open. */
void database_rollback(struct database *db);
/* Commits if s is STATUS_OK, else rolls back and returns s: the end of a transaction whose work ended with s. */
MUST_CHECK enum status database_end(struct database *db, enum status s);
/* A read snapshot: BEGIN DEFERRED, to be ended by database_rollback(). */
MUST_CHECK enum status database_snapshot(struct database *db);

/* Runs one or several statements without parameters or rows. */
MUST_CHECK enum status database_script(struct database *db, const char *sql);

/*
 * After a failed sync nobody knows what the disk has, and syncing again proves nothing (L1): every query through
 * this handle is STATUS_DISK_SYNC from then on, and the process is to end.
 */
bool database_sync_failed(const struct database *db);

/*
 * Pages are kept in up to so much memory from now on. An agent opens with little, to be small while it is idle; a
 * transaction that changes more pages than fit writes them, and syncs, before its end. What cannot be set stays.
 */
enum { DATABASE_IDLE_KIB = 512, DATABASE_BUSY_KIB = 2048 };
void database_keep_pages(struct database *db, int kib);

int64_t database_last_id(const struct database *db);
/* Rows changed by the last INSERT, UPDATE or DELETE. */
int64_t database_changes(const struct database *db);
/* Rows changed since the database was opened: unequal before and after where something was written. */
int64_t database_writes(const struct database *db);
/* SQLite's integrity_check; STATUS_CORRUPT if it is not "ok". */
MUST_CHECK enum status database_check(struct database *db);
/* Moves the WAL's content into the file (TRUNCATE); the caller holds the lock file. */
MUST_CHECK enum status database_checkpoint(struct database *db);
/* Opened from a disk that could only be read, and it stays so: whoever is to write must open it anew. */
bool database_is_read_only(const struct database *db);
/*
 * Whatever runs on this handle ends with STATUS_STOPPED soon after *stop is set, as by a signal. NULL: nothing
 * does.
 */
void database_stop_at(struct database *db, const volatile sig_atomic_t *stop);

/*
 * Copies the whole database, as its present snapshot (database_snapshot) sees it, into a new file; whatever stood
 * there goes. Others may go on writing meanwhile. The copy is one plain file without a WAL, synced, and has
 * another application_id, so that nobody takes it for a database in use. After a failure the file is of no use.
 */
struct copy_plan {
	const char *path;
	const char *vfs;
	int32_t application_id;
};
MUST_CHECK enum status database_copy(struct database *from, const struct copy_plan *plan);
/* What database_copy has written so far, or something older under its name, is removed with all that lies beside.
 */
void database_remove(const char *path, const char *vfs);

/*
 * A throw-away database over another one, whose rows stand wherever it says nothing else: who reads both knows what
 * that means. Takes below, which is closed with it; NULL where there is none.
 */
void database_put_below(struct database *db, struct database *below);
struct database *database_below(const struct database *db);

/* SQLite's last message, for the log only: it never holds a value of ours. */
const char *database_message(const struct database *db);

/*
 * One statement being run. Errors stick, so bind and step freely and ask once:
 *
 *     struct query q = query_start(db, "SELECT key FROM thing WHERE kind = ?1");
 *     query_int(&q, 1, kind);
 *     while (query_row(&q))
 *             use(query_get_text(&q, 0));
 *     s = query_finish(&q);
 *
 * The SQL must be a string literal: prepared statements are kept by its address. The same SQL may be started again
 * while it runs. Parameters count from 1, columns from 0. Bound text and blobs must live until query_finish.
 */
struct query {
	struct database *db;
	void *statement;
	int slot;
	bool done;
	enum status error;
};

struct query query_start(struct database *db, const char *sql);
void query_int(struct query *q, int parameter, int64_t value);
void query_text(struct query *q, int parameter, struct slice text);
void query_str(struct query *q, int parameter, const char *text); /* NULL binds NULL */
void query_blob(struct query *q, int parameter, struct slice blob);
void query_null(struct query *q, int parameter);
/* True while there is a row; false at the end and on error. */
bool query_row(struct query *q);
/* Binds nothing, expects no rows: runs and finishes. */
MUST_CHECK enum status query_run(struct query *q);
int64_t query_get_int(struct query *q, int column);
bool query_is_null(struct query *q, int column);
/* Borrowed until the next query_row or query_finish. */
struct slice query_get_text(struct query *q, int column);
struct slice query_get_blob(struct query *q, int column);
/* Lets the same binding run again from its start (bindings stay). */
void query_again(struct query *q);
/* Gives the statement back; STATUS_OK or the first error. Must be called once for each query_start. */
MUST_CHECK enum status query_finish(struct query *q);

#endif
