/*
 * A throw-away directory with one database file in it, for the tests of config/database*.c. Included by each test
 * after cmocka.h.
 */
#ifndef MOTCUA_TESTS_DATABASE_FIXTURE_H
#define MOTCUA_TESTS_DATABASE_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/database.h"
#include "config/datadir.h"

enum { OUR_ID = 0x4d6f7463 };

static const char *const steps[] = {
	"CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BLOB) STRICT;"
	"CREATE TABLE part (thing INTEGER REFERENCES thing (id)) STRICT",
	"ALTER TABLE thing ADD COLUMN note TEXT",
};

static char *root;
static char *file;

static inline int make_root(void **state)
{
	(void)state;
	char name[] = "/tmp/motcua-database-XXXXXX";
	root = mkdtemp(name) == NULL ? NULL : strdup(name);
	file = root == NULL ? NULL : path_join(root, "x.db");
	return file == NULL;
}

static inline int drop_root(void **state)
{
	(void)state;
	static const char *const left[] = {"x.db", "x.db-journal", "x.db-wal", "x.db-shm", "link", ""};
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		char *path = path_join(root, left[i]);
		(void)remove(path);
		free(path);
	}
	free(file);
	free(root);
	return 0;
}

static inline struct database_plan plan_of(enum database_mode mode, bool create)
{
	return (struct database_plan){.mode = mode,
				      .path = file,
				      .create = create,
				      .application_id = OUR_ID,
				      .migrations = steps,
				      .n_migrations = 2};
}

static inline struct database *opened(enum database_mode mode, bool create)
{
	struct database *db = NULL;
	struct database_plan plan = plan_of(mode, create);
	assert_int_equal(database_open(&plan, &db), STATUS_OK);
	return db;
}

static inline enum status open_status(const struct database_plan *plan)
{
	struct database *db = NULL;
	enum status s = database_open(plan, &db);
	assert_true((s == STATUS_OK) == (db != NULL));
	database_close(db);
	return s;
}

static inline int64_t number(struct database *db, const char *literal)
{
	struct query q = query_start(db, literal);
	assert_true(query_row(&q));
	int64_t value = query_get_int(&q, 0);
	assert_int_equal(query_finish(&q), STATUS_OK);
	return value;
}

static inline enum status add(struct database *db, const char *name)
{
	struct query q = query_start(db, "INSERT INTO thing (name) VALUES (?1)");
	query_str(&q, 1, name);
	return query_run(&q);
}

static inline void assert_pragma(struct database *db, const char *literal, const char *expected)
{
	struct query q = query_start(db, literal);
	assert_true(query_row(&q));
	assert_true(slice_equal(query_get_text(&q, 0), slice_str(expected)));
	assert_int_equal(query_finish(&q), STATUS_OK);
}

#endif
