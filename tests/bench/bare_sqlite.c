/*
 * The baseline of everything a hub writes: its own rows, once more, durably and in the same transactions, by a bare
 * loop over SQLite that knows nothing.
 *
 * usage: bare_sqlite HUB_DATABASE NEW_DATABASE < PLAN
 *
 * The plan, a line each: "key CODE N" a dossier of N changes, numbered from 0; "transaction" commits what was
 * before; "batch ENTRY" of the hub's log; "dossier KEY NTH" writes a dossier as it is after its NTH change. Rows
 * are read from the hub's database before the clock starts; what grows with every change of a dossier is written in
 * proportion. Journal, sync, cache and checkpoints are the hub's (config/database_open.c, hub/checkpoint.c).
 * Prints seconds, processor seconds and how often a dossier was written.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LINE_BYTES = 300, COLUMNS_MAX = 40, BATCHES_BETWEEN_CHECKPOINTS = 64 };

/* With a batch: its place in the log, in its chain, and when its device was heard. With a dossier: two. */
enum table { LOG, BATCH, CHAIN, DEVICE, THING, DOSSIER, TABLES };

static const struct {
	const char *name;
	const char *of; /* the rows of a batch or a dossier, as they are in the end */
	const char *again;
} tables[TABLES] = {
	[LOG] = {"log", "SELECT * FROM log WHERE n = ?1", ""},
	[BATCH] = {"batch", "SELECT * FROM batch WHERE entry = ?1", ""},
	[CHAIN] = {"chain", "SELECT chain.* FROM chain JOIN batch USING (device, ordinal, bits) WHERE entry = ?1",
		   " ON CONFLICT DO UPDATE SET have = excluded.have, hash = excluded.hash"},
	[DEVICE] = {"device", "SELECT device.* FROM device JOIN batch ON device = id WHERE entry = ?1",
		    " ON CONFLICT (id) DO UPDATE SET heard_day = excluded.heard_day"},
	[THING] = {"thing", "SELECT * FROM thing WHERE kind = 1 AND key = ?1",
		   " ON CONFLICT (kind, key) DO UPDATE SET writes = excluded.writes"},
	[DOSSIER] = {"dossier", "SELECT * FROM dossier WHERE code = ?1", NULL /* every column anew */},
};

struct row {
	sqlite3_value *columns[COLUMNS_MAX];
	int count;
};

struct key {
	struct row thing;
	struct row dossier;
	long changes;
};

struct step {
	enum { STEP_TRANSACTION, STEP_BATCH, STEP_DOSSIER } what;
	struct row *batch; /* those of LOG to DEVICE */
	long key;
	long nth;
};

static sqlite3 *hub;
static sqlite3 *db;
static sqlite3_stmt *reads[TABLES];
static sqlite3_stmt *writes[TABLES];
static struct key *keys;
static long n_keys;
static struct step *steps;
static long n_steps;

static void require(bool fine, const char *what)
{
	if (fine)
		return;
	(void)fprintf(stderr, "bare_sqlite: %s: %s %s\n", what, sqlite3_errmsg(hub), sqlite3_errmsg(db));
	exit(74);
}

static void *grown(void *array, long count, size_t size)
{
	/* Doubled at every power of two. */
	if ((count & (count - 1)) != 0)
		return array;
	void *larger = realloc(array, (count == 0 ? 1 : 2 * (size_t)count) * size);
	require(larger != NULL, "memory");
	return larger;
}

static void execute(sqlite3 *to, const char *sql)
{
	require(sqlite3_exec(to, sql, NULL, NULL, NULL) == SQLITE_OK, sql);
}

/* The hub's own tables with their indices. */
static void copy_schema(void)
{
	sqlite3_stmt *each = NULL;
	require(sqlite3_prepare_v2(
			hub,
			"SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name IN ('log', 'batch',"
			" 'chain', 'device', 'thing', 'dossier') ORDER BY type = 'index'",
			-1, &each, NULL) == SQLITE_OK,
		"schema");
	while (sqlite3_step(each) == SQLITE_ROW)
		execute(db, (const char *)sqlite3_column_text(each, 0));
	require(sqlite3_finalize(each) == SQLITE_OK, "schema");
}

static void prepare_write(enum table table)
{
	char sql[1000] = "";
	const char *again = tables[table].again;
	int len = snprintf(sql, sizeof(sql), "INSERT %sINTO %s VALUES (", again == NULL ? "OR REPLACE " : "",
			   tables[table].name);
	for (int i = 0; i < sqlite3_column_count(reads[table]); i++)
		len += snprintf(sql + len, sizeof(sql) - (size_t)len, "%s?%d", i == 0 ? "" : ", ", i + 1);
	(void)snprintf(sql + len, sizeof(sql) - (size_t)len, ")%s", again == NULL ? "" : again);
	require(sqlite3_prepare_v2(db, sql, -1, &writes[table], NULL) == SQLITE_OK, sql);
}

static void open_both(const char *of_hub, const char *ours)
{
	require(sqlite3_open_v2(of_hub, &hub, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK, of_hub);
	require(sqlite3_open(ours, &db) == SQLITE_OK, ours);
	execute(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
		    "PRAGMA cache_size = -32768");
	copy_schema();
	for (enum table table = LOG; table < TABLES; table++) {
		require(sqlite3_prepare_v2(hub, tables[table].of, -1, &reads[table], NULL) == SQLITE_OK, "read");
		prepare_write(table);
	}
}

/* The one row that the table has of what is bound. */
static struct row take_row(enum table table)
{
	struct row row = {.count = sqlite3_column_count(reads[table])};
	require(row.count <= COLUMNS_MAX && sqlite3_step(reads[table]) == SQLITE_ROW, tables[table].of);
	for (int i = 0; i < row.count; i++) {
		row.columns[i] = sqlite3_value_dup(sqlite3_column_value(reads[table], i));
		require(row.columns[i] != NULL, "memory");
	}
	require(sqlite3_reset(reads[table]) == SQLITE_OK, "read");
	return row;
}

static struct row row_of_key(enum table table, const char *code)
{
	require(sqlite3_bind_text(reads[table], 1, code, -1, SQLITE_TRANSIENT) == SQLITE_OK, "bind");
	return take_row(table);
}

static void add_key(const char *code, long times)
{
	keys = grown(keys, n_keys, sizeof(*keys));
	keys[n_keys++] = (struct key){
		.thing = row_of_key(THING, code), .dossier = row_of_key(DOSSIER, code), .changes = times};
}

static struct row *rows_of_batch(long entry)
{
	struct row *rows = calloc(THING, sizeof(*rows));
	require(rows != NULL, "memory");
	for (enum table table = LOG; table < THING; table++) {
		require(sqlite3_bind_int64(reads[table], 1, entry) == SQLITE_OK, "bind");
		rows[table] = take_row(table);
	}
	return rows;
}

static void add_step(struct step step)
{
	steps = grown(steps, n_steps, sizeof(*steps));
	steps[n_steps++] = step;
}

static void take_line(const char *line)
{
	char code[LINE_BYTES];
	long number = 0;
	long nth = 0;
	/* NOLINTNEXTLINE(cert-err34-c): the bench itself wrote it */
	if (sscanf(line, "key %299s %ld", code, &number) == 2)
		add_key(code, number);
	else if (sscanf(line, "dossier %ld %ld", &number, &nth) == 2 && number < n_keys) /* NOLINT(cert-err34-c) */
		add_step((struct step){.what = STEP_DOSSIER, .key = number, .nth = nth});
	else if (sscanf(line, "batch %ld", &number) == 1) /* NOLINT(cert-err34-c) */
		add_step((struct step){.what = STEP_BATCH, .batch = rows_of_batch(number)});
	else
		add_step((struct step){.what = STEP_TRANSACTION});
}

/* What it points to stays where it is; of bytes only a part of the whole. */
static int bind(sqlite3_stmt *to, int parameter, sqlite3_value *value, long part, long whole)
{
	int type = sqlite3_value_type(value);
	int len = sqlite3_value_bytes(value);
	/* SQLite has no pointer to bytes that are none, and takes that for no value. */
	if (type == SQLITE_BLOB && len == 0)
		return sqlite3_bind_zeroblob(to, parameter, 0);
	if (type == SQLITE_BLOB)
		return sqlite3_bind_blob(to, parameter, sqlite3_value_blob(value), (int)(len * part / whole),
					 SQLITE_STATIC);
	if (type == SQLITE_TEXT)
		return sqlite3_bind_text(to, parameter, (const char *)sqlite3_value_text(value), len,
					 SQLITE_STATIC);
	return sqlite3_bind_value(to, parameter, value);
}

static void write_row(enum table table, const struct row *row, long part, long whole)
{
	sqlite3_stmt *to = writes[table];
	for (int i = 0; i < row->count; i++)
		require(bind(to, i + 1, row->columns[i], part, whole) == SQLITE_OK, "bind");
	require(sqlite3_step(to) == SQLITE_DONE, tables[table].name);
	require(sqlite3_reset(to) == SQLITE_OK, tables[table].name);
}

static void commit(bool open)
{
	if (open)
		execute(db, "COMMIT");
}

static long run(void)
{
	long written = 0;
	long batches = 0;
	bool open = false;
	for (long i = 0; i < n_steps; i++) {
		const struct step *step = &steps[i];
		if (step->what == STEP_TRANSACTION) {
			commit(open);
			open = true;
			if (batches >= BATCHES_BETWEEN_CHECKPOINTS) {
				batches = 0;
				require(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
								  NULL) == SQLITE_OK,
					"checkpoint");
			}
			execute(db, "BEGIN IMMEDIATE");
		} else if (step->what == STEP_BATCH) {
			for (enum table table = LOG; table < THING; table++)
				write_row(table, &step->batch[table], 1, 1);
			batches++;
		} else {
			const struct key *key = &keys[step->key];
			write_row(THING, &key->thing, step->nth, key->changes);
			write_row(DOSSIER, &key->dossier, step->nth, key->changes);
			written++;
		}
	}
	commit(open);
	return written;
}

static double seconds(clockid_t clock)
{
	struct timespec now = {0};
	(void)clock_gettime(clock, &now); /* cannot fail for these clocks */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	char line[LINE_BYTES];
	if (argc != 3) {
		(void)fprintf(stderr, "usage: bare_sqlite HUB_DATABASE NEW_DATABASE < PLAN\n");
		return 2;
	}
	open_both(argv[1], argv[2]);
	while (fgets(line, sizeof(line), stdin) != NULL)
		take_line(line);
	const double start = seconds(CLOCK_MONOTONIC);
	const double used = seconds(CLOCK_PROCESS_CPUTIME_ID);
	const long written = run();
	(void)printf("%.3f %.3f %ld\n", seconds(CLOCK_MONOTONIC) - start, seconds(CLOCK_PROCESS_CPUTIME_ID) - used,
		     written);
	/* What is held goes with the process. */
	return fflush(stdout) == 0 ? 0 : 1;
}
