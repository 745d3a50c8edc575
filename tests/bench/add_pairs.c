/*
 * What one `add` costs in the process itself beside a bare durable insert: turn by turn, each in a transaction of
 * its own, into databases with the same journal. The bare one writes the rows that the add has written, no more.
 *
 * usage: add_pairs AGENT_DIRECTORY BARE_DATABASE PAIRS
 *
 * Prints the median microseconds of both, and the medians of their ratios, by the clock and by processor time: a
 * disk that is busy makes all writing equal.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/intake.h"

enum { PAIRS_MAX = 100000 };

struct bare {
	sqlite3 *db;
	sqlite3_stmt *change;
	sqlite3_stmt *thing;
};

struct cost {
	double clock_us;
	double processor_us;
};

struct pair {
	struct cost add;
	struct cost bare;
};

static void require(bool fine, const char *what)
{
	if (fine)
		return;
	(void)fprintf(stderr, "add_pairs: %s\n", what);
	exit(74);
}

static int64_t wall_ms(void *context)
{
	struct timespec now = {0};
	(void)context;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double microseconds(clockid_t clock)
{
	struct timespec now = {0};
	(void)clock_gettime(clock, &now); /* cannot fail with these clocks */
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static struct cost now_is(void)
{
	return (struct cost){.clock_us = microseconds(CLOCK_MONOTONIC),
			     .processor_us = microseconds(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct cost since(struct cost start)
{
	const struct cost now = now_is();
	return (struct cost){.clock_us = now.clock_us - start.clock_us,
			     .processor_us = now.processor_us - start.processor_us};
}

/* The agent's tables and its pragmas (agent/store.c, config/database_open.c). */
static struct bare open_bare(const char *path)
{
	static const char setup[] =
		"PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL; PRAGMA cache_size = -512;"
		"CREATE TABLE change (id INTEGER PRIMARY KEY AUTOINCREMENT, import INTEGER, ordinal INTEGER,"
		" seq INTEGER, accepted_at INTEGER, verdict INTEGER, record BLOB NOT NULL, digest INTEGER) STRICT;"
		"CREATE INDEX change_open ON change (ordinal, seq, id) WHERE accepted_at IS NULL;"
		"CREATE TABLE thing (kind INTEGER NOT NULL, key TEXT NOT NULL, writes BLOB NOT NULL,"
		" PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;";
	struct bare bare = {0};
	require(sqlite3_open(path, &bare.db) == SQLITE_OK, path);
	require(sqlite3_exec(bare.db, setup, NULL, NULL, NULL) == SQLITE_OK, sqlite3_errmsg(bare.db));
	require(sqlite3_prepare_v2(bare.db, "INSERT INTO change (record, digest) VALUES (?1, ?2)", -1, &bare.change,
				   NULL) == SQLITE_OK &&
			sqlite3_prepare_v2(bare.db, "INSERT INTO thing VALUES (1, ?1, ?2)", -1, &bare.thing,
					   NULL) == SQLITE_OK,
		sqlite3_errmsg(bare.db));
	return bare;
}

static void run(sqlite3_stmt *statement)
{
	require(sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK, "the bare insert");
}

static void bind_blob(sqlite3_stmt *statement, int parameter, const struct bytes *blob)
{
	require(sqlite3_bind_blob(statement, parameter, blob->data, (int)blob->len, SQLITE_STATIC) == SQLITE_OK,
		"bind");
}

static struct cost bare_insert(const struct bare *bare, const char *code, const struct bytes *record,
			       int64_t digest, const struct bytes *writes)
{
	const struct cost start = now_is();
	require(sqlite3_exec(bare->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, "begin");
	bind_blob(bare->change, 1, record);
	require(sqlite3_bind_int64(bare->change, 2, digest) == SQLITE_OK, "bind");
	run(bare->change);
	require(sqlite3_bind_text(bare->thing, 1, code, -1, SQLITE_STATIC) == SQLITE_OK, "bind");
	bind_blob(bare->thing, 2, writes);
	run(bare->thing);
	require(sqlite3_exec(bare->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "commit");
	return since(start);
}

static struct cost add(const struct agent *agent, const char *code)
{
	struct row row = {.n_cells = 3};
	struct bytes key = bytes_new(LIMIT_KEY);
	enum row_fault fault = ROW_OK;
	size_t cell = 0;
	const char *const cells[][2] = {
		{"code", code}, {"status", "accepted"}, {"received_at", "2024-05-22T11:00:00+07:00"}};
	for (size_t i = 0; i < row.n_cells; i++)
		row.cells[i] = (struct cell){
			.name = slice_str(cells[i][0]), .type = CELL_TEXT, .text = slice_str(cells[i][1])};
	const struct cost start = now_is();
	const enum status s = intake_add(agent, KIND_DOSSIER, &row, &key, &fault, &cell);
	const struct cost took = since(start);
	require(s == STATUS_OK, status_code(s));
	bytes_free(&key);
	return took;
}

/* One column of bytes, in front of it a number, of the row that was written last. */
static void read_back(const struct agent *agent, const char *sql, const char *code, int64_t *ret_number,
		      struct bytes *out)
{
	struct query q = query_start(agent->db, sql);
	if (code != NULL)
		query_str(&q, 1, code);
	require(query_row(&q), sql);
	*ret_number = query_get_int(&q, 0);
	bytes_clear(out);
	bytes_put(out, query_get_blob(&q, 1).data, query_get_blob(&q, 1).len);
	require(query_finish(&q) == STATUS_OK && bytes_status(out) == STATUS_OK, sql);
}

static struct pair one_pair(const struct agent *agent, const struct bare *bare, int number)
{
	char code[LIMIT_CODE];
	struct bytes record = bytes_new(LIMIT_LINE);
	struct bytes writes = bytes_new(LIMIT_LINE);
	struct pair pair = {0};
	int64_t digest = 0;
	int64_t kind = 0;
	(void)snprintf(code, sizeof(code), "A-%06d", number); /* fits */
	pair.add = add(agent, code);
	read_back(agent, "SELECT digest, record FROM change ORDER BY id DESC LIMIT 1", NULL, &digest, &record);
	read_back(agent, "SELECT kind, writes FROM thing WHERE kind = 1 AND key = ?1", code, &kind, &writes);
	pair.bare = bare_insert(bare, code, &record, digest, &writes);
	bytes_free(&record);
	bytes_free(&writes);
	return pair;
}

static int ascending(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, int count)
{
	qsort(values, (size_t)count, sizeof(*values), ascending);
	return values[count / 2];
}

static int run_pairs(const struct agent *agent, const struct bare *bare, int pairs)
{
	static double adds[PAIRS_MAX];
	static double bares[PAIRS_MAX];
	static double by_clock[PAIRS_MAX];
	static double by_processor[PAIRS_MAX];
	for (int i = 0; i < pairs; i++) {
		const struct pair pair = one_pair(agent, bare, i);
		adds[i] = pair.add.clock_us;
		bares[i] = pair.bare.clock_us;
		by_clock[i] = pair.add.clock_us / pair.bare.clock_us;
		by_processor[i] = pair.add.processor_us / pair.bare.processor_us;
	}
	(void)printf("%.1f %.1f %.3f %.3f\n", median(adds, pairs), median(bares, pairs), median(by_clock, pairs),
		     median(by_processor, pairs));
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const int pairs = argc == 4 ? (int)strtol(argv[3], NULL, 10) : 0;
	const struct agent_world world = {.now_ms = wall_ms, .reserve_bytes = AGENT_RESERVE_BYTES};
	struct agent *agent = NULL;
	if (pairs < 1 || pairs > PAIRS_MAX)
		return 2;
	require(sign_start() == STATUS_OK && agent_open(argv[1], &world, &agent) == STATUS_OK, argv[1]);
	const struct bare bare = open_bare(argv[2]);
	const int code = run_pairs(agent, &bare, pairs);
	agent_close(agent);
	return code; /* what is held beside goes with the process */
}
