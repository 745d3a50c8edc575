/*
 * The baseline of the drain: the same number of rows written durably by a bare loop over SQLite, and nothing else.
 * bare_sqlite DATABASE BATCH < KEYS: for every BATCH keys one transaction with one envelope row of 10 KB, and for
 * every key an upsert of the thing's writes (200 bytes by key) and an upsert of its facts (15 columns).
 * Prints seconds, processor seconds and rows of keys. WAL and synchronous=FULL, as the hub.
 */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENVELOPE_BYTES = 10 * 1024, THING_BYTES = 200, KEY_MAX_BYTES = 100, FACT_COLUMNS = 15 };

static const char schema[] =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
	"CREATE TABLE log (position INTEGER PRIMARY KEY, hash BLOB NOT NULL, accepted_at INTEGER NOT NULL,"
	" envelope BLOB NOT NULL) STRICT;"
	"CREATE TABLE thing (key TEXT PRIMARY KEY, writes BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE facts (key TEXT PRIMARY KEY, f1 INTEGER, f2 INTEGER, f3 INTEGER, f4 INTEGER, f5 INTEGER,"
	" f6 INTEGER, f7 INTEGER, f8 INTEGER, f9 INTEGER, f10 INTEGER, f11 INTEGER, f12 INTEGER, f13 INTEGER,"
	" f14 TEXT, f15 TEXT) STRICT, WITHOUT ROWID;";
static const char insert_log[] = "INSERT INTO log (hash, accepted_at, envelope) VALUES (?1, ?2, ?3)";
static const char upsert_thing[] = "INSERT INTO thing (key, writes) VALUES (?1, ?2)"
				   " ON CONFLICT (key) DO UPDATE SET writes = excluded.writes";
static const char upsert_facts[] =
	"INSERT INTO facts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"
	" ON CONFLICT (key) DO UPDATE SET f1 = excluded.f1, f2 = excluded.f2, f3 = excluded.f3, f4 = excluded.f4,"
	" f5 = excluded.f5, f6 = excluded.f6, f7 = excluded.f7, f8 = excluded.f8, f9 = excluded.f9,"
	" f10 = excluded.f10, f11 = excluded.f11, f12 = excluded.f12, f13 = excluded.f13, f14 = excluded.f14,"
	" f15 = excluded.f15";

struct loop {
	sqlite3 *db;
	sqlite3_stmt *log;
	sqlite3_stmt *thing;
	sqlite3_stmt *facts;
	uint64_t noise; /* so that no two rows hold the same bytes */
};

static void check(const struct loop *l, bool fine)
{
	if (fine)
		return;
	(void)fprintf(stderr, "bare_sqlite: %s\n", sqlite3_errmsg(l->db));
	exit(74);
}

static uint64_t next(struct loop *l)
{
	l->noise ^= l->noise << 13;
	l->noise ^= l->noise >> 7;
	l->noise ^= l->noise << 17;
	return l->noise;
}

static void fill(struct loop *l, uint8_t *data, size_t len)
{
	for (size_t i = 0; i + sizeof l->noise <= len; i += sizeof l->noise) {
		uint64_t value = next(l);
		memcpy(data + i, &value, sizeof value);
	}
}

static void run(struct loop *l, sqlite3_stmt *statement)
{
	check(l, sqlite3_step(statement) == SQLITE_DONE);
	check(l, sqlite3_reset(statement) == SQLITE_OK);
}

static void open_database(struct loop *l, const char *path)
{
	check(l, sqlite3_open(path, &l->db) == SQLITE_OK);
	check(l, sqlite3_exec(l->db, schema, NULL, NULL, NULL) == SQLITE_OK);
	check(l, sqlite3_prepare_v2(l->db, insert_log, -1, &l->log, NULL) == SQLITE_OK);
	check(l, sqlite3_prepare_v2(l->db, upsert_thing, -1, &l->thing, NULL) == SQLITE_OK);
	check(l, sqlite3_prepare_v2(l->db, upsert_facts, -1, &l->facts, NULL) == SQLITE_OK);
}

static void write_envelope(struct loop *l, int64_t position)
{
	uint8_t envelope[ENVELOPE_BYTES] = {0};
	fill(l, envelope, sizeof envelope);
	check(l, sqlite3_bind_blob(l->log, 1, envelope, 32, SQLITE_STATIC) == SQLITE_OK);
	check(l, sqlite3_bind_int64(l->log, 2, 1704067200000 + position) == SQLITE_OK);
	check(l, sqlite3_bind_blob(l->log, 3, envelope, sizeof envelope, SQLITE_STATIC) == SQLITE_OK);
	run(l, l->log);
}

static void write_thing(struct loop *l, const char *key)
{
	uint8_t writes[THING_BYTES] = {0};
	fill(l, writes, sizeof writes);
	check(l, sqlite3_bind_text(l->thing, 1, key, -1, SQLITE_STATIC) == SQLITE_OK);
	check(l, sqlite3_bind_blob(l->thing, 2, writes, sizeof writes, SQLITE_STATIC) == SQLITE_OK);
	run(l, l->thing);
	check(l, sqlite3_bind_text(l->facts, 1, key, -1, SQLITE_STATIC) == SQLITE_OK);
	for (int i = 0; i < FACT_COLUMNS - 2; i++)
		check(l, sqlite3_bind_int64(l->facts, i + 2, 19700 + (int64_t)(next(l) % 400)) == SQLITE_OK);
	check(l, sqlite3_bind_text(l->facts, FACT_COLUMNS, "01834", -1, SQLITE_STATIC) == SQLITE_OK);
	check(l, sqlite3_bind_text(l->facts, FACT_COLUMNS + 1, "1.001234", -1, SQLITE_STATIC) == SQLITE_OK);
	run(l, l->facts);
}

static void begin(struct loop *l, int64_t position)
{
	check(l, sqlite3_exec(l->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
	write_envelope(l, position);
}

static void commit(struct loop *l)
{
	check(l, sqlite3_exec(l->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
}

static double seconds(clockid_t clock)
{
	struct timespec now = {0};
	(void)clock_gettime(clock, &now); /* cannot fail for these clocks */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	long batch = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	if (batch < 1) {
		(void)fprintf(stderr, "usage: bare_sqlite DATABASE BATCH < KEYS\n");
		return 2;
	}
	struct loop l = {.noise = 88172645463325252U};
	open_database(&l, argv[1]);
	char key[KEY_MAX_BYTES];
	long rows = 0;
	double start = seconds(CLOCK_MONOTONIC);
	double used = seconds(CLOCK_PROCESS_CPUTIME_ID);
	while (fgets(key, sizeof key, stdin) != NULL) {
		key[strcspn(key, "\n")] = '\0';
		if (rows % batch == 0)
			begin(&l, rows);
		write_thing(&l, key);
		rows++;
		if (rows % batch == 0)
			commit(&l);
	}
	if (rows % batch != 0)
		commit(&l);
	(void)printf("%.3f %.3f %ld\n", seconds(CLOCK_MONOTONIC) - start, seconds(CLOCK_PROCESS_CPUTIME_ID) - used,
		     rows);
	sqlite3_finalize(l.log);
	sqlite3_finalize(l.thing);
	sqlite3_finalize(l.facts);
	sqlite3_close(l.db);
	return 0;
}
