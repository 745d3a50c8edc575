#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sqlite3.h>

#include "database_fixture.h"

static void test_values_come_back_as_bound(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	struct query q = query_start(db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6");
	query_int(&q, 1, INT64_MIN);
	query_text(&q, 2, slice_str("chữ"));
	query_blob(&q, 3, slice_of("\0\1", 2));
	query_text(&q, 4, slice_of(NULL, 0));
	query_blob(&q, 5, slice_of(NULL, 0));
	query_str(&q, 6, NULL);
	assert_true(query_row(&q));
	assert_true(query_get_int(&q, 0) == INT64_MIN);
	assert_true(slice_equal(query_get_text(&q, 1), slice_str("chữ")));
	assert_true(slice_equal(query_get_blob(&q, 2), slice_of("\0\1", 2)));
	assert_false(query_is_null(&q, 3));
	assert_false(query_is_null(&q, 4));
	assert_int_equal(query_get_text(&q, 3).len, 0);
	assert_int_equal(query_get_blob(&q, 4).len, 0);
	assert_true(query_is_null(&q, 5));
	assert_false(query_row(&q));
	assert_false(query_row(&q)); /* does not start over */
	query_again(&q);
	assert_true(query_row(&q));
	assert_true(query_get_int(&q, 0) == INT64_MIN);
	assert_int_equal(query_finish(&q), STATUS_OK);
	database_close(db);
}

static int64_t depth(struct database *db, int64_t level)
{
	struct query q = query_start(db, "SELECT ?1 WHERE ?1 > 0");
	query_int(&q, 1, level);
	int64_t sum = 0;
	while (query_row(&q)) {
		sum += depth(db, level - 1);
		sum += query_get_int(&q, 0); /* still ours after the inner one ran */
	}
	assert_int_equal(query_finish(&q), STATUS_OK);
	return sum;
}

static void test_same_sql_may_run_inside_itself(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	assert_int_equal(depth(db, 4), 10);
	assert_int_equal(depth(db, 4), 10);
	database_close(db);
}

static void test_more_statements_than_slots(void **state)
{
	(void)state;
	enum { N = 150, EACH = 16 };
	struct database *db = opened(DATABASE_AGENT, true);
	static char sql[N][EACH];
	for (int i = 0; i < N; i++)
		(void)snprintf(sql[i], EACH, "SELECT %d", i);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < N; i++)
			assert_int_equal(number(db, sql[i]), i);
	}
	database_close(db);
}

static void test_old_binding_does_not_leak_into_next_use(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	for (int round = 0; round < 2; round++) {
		struct query q = query_start(db, "SELECT ?1");
		if (round == 0)
			query_str(&q, 1, "first");
		assert_true(query_row(&q));
		assert_int_equal(query_is_null(&q, 0), round == 1);
		assert_int_equal(query_finish(&q), STATUS_OK);
	}
	database_close(db);
}

static void test_first_error_sticks(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	struct query q = query_start(db, "SELECT thing FROM nowhere");
	query_int(&q, 1, 1);
	query_str(&q, 2, "x");
	assert_false(query_row(&q));
	assert_int_equal(query_get_int(&q, 0), 0);
	assert_int_equal(query_get_text(&q, 0).len, 0);
	assert_true(query_is_null(&q, 0));
	query_again(&q);
	assert_int_equal(query_finish(&q), STATUS_CORRUPT);
	assert_string_equal(database_message(db), "no such table: nowhere");
	struct query too_many = query_start(db, "SELECT ?1");
	query_int(&too_many, 2, 1);
	assert_int_equal(query_run(&too_many), STATUS_CORRUPT);
	database_close(db);
}

static void test_constraint_is_exists_and_transaction_goes_on(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	assert_int_equal(database_begin(db), STATUS_OK);
	assert_int_equal(add(db, "one"), STATUS_OK);
	assert_int_equal(database_last_id(db), 1);
	assert_int_equal(database_changes(db), 1);
	assert_int_equal(database_writes(db), 1);
	assert_int_equal(add(db, "one"), STATUS_EXISTS);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 1);
	assert_int_equal(database_writes(db), 1);
	assert_int_equal(add(db, "two"), STATUS_OK);
	assert_int_equal(database_writes(db), 2);
	assert_int_equal(database_commit(db), STATUS_OK);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 2);
	database_close(db);
}

static void test_failed_commit_rolls_back(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	assert_int_equal(database_begin(db), STATUS_OK);
	assert_int_equal(database_script(db, "PRAGMA defer_foreign_keys=ON"), STATUS_OK);
	assert_int_equal(add(db, "lost with the rest"), STATUS_OK);
	assert_int_equal(database_script(db, "INSERT INTO part (thing) VALUES (99)"), STATUS_OK);
	assert_int_equal(database_commit(db), STATUS_EXISTS);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 0);
	assert_int_equal(database_begin(db), STATUS_OK); /* no transaction is left open */
	assert_int_equal(add(db, "kept"), STATUS_OK);
	assert_int_equal(database_commit(db), STATUS_OK);
	assert_int_equal(database_commit(db), STATUS_DISK); /* nothing to commit is never a success */
	database_close(db);
}

static void test_close_rolls_back_and_ends_running_queries(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	assert_int_equal(database_begin(db), STATUS_OK);
	assert_int_equal(add(db, "unfinished"), STATUS_OK);
	struct query q = query_start(db, "SELECT name FROM thing");
	assert_true(query_row(&q));
	database_close(db);
	db = opened(DATABASE_AGENT, false);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 0);
	database_close(db);
	database_close(NULL);
}

static int no_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	return microseconds;
}

/* A VFS that does not really sleep lets the busy timeout run out at once. */
static sqlite3_vfs *hasty_vfs(void)
{
	static sqlite3_vfs vfs;
	vfs = *sqlite3_vfs_find(NULL);
	vfs.zName = "hasty";
	vfs.xSleep = no_sleep;
	assert_int_equal(sqlite3_vfs_register(&vfs, 0), SQLITE_OK);
	return &vfs;
}

static void st_15_second_writer_is_told_busy_after_waiting(void **state)
{
	(void)state;
	sqlite3_vfs *vfs = hasty_vfs();
	for (int mode = DATABASE_AGENT; mode <= DATABASE_HUB; mode++) {
		struct database_plan plan = plan_of((enum database_mode)mode, true);
		struct database *one = NULL;
		struct database *two = NULL;
		plan.vfs = vfs->zName;
		assert_int_equal(database_open(&plan, &one), STATUS_OK);
		assert_int_equal(database_open(&plan, &two), STATUS_OK);
		assert_int_equal(database_begin(one), STATUS_OK);
		assert_int_equal(database_begin(two), STATUS_BUSY);
		assert_int_equal(database_commit(one), STATUS_OK);
		assert_int_equal(database_begin(two), STATUS_OK);
		database_rollback(two);
		database_close(one);
		database_close(two);
	}
	assert_int_equal(sqlite3_vfs_unregister(vfs), SQLITE_OK);
}

static void test_reader_cannot_write_and_keeps_its_snapshot(void **state)
{
	(void)state;
	struct database *hub = opened(DATABASE_HUB, true);
	struct database *reader = opened(DATABASE_READER, false);
	assert_int_equal(add(reader, "x"), STATUS_DISK_READ_ONLY);
	assert_int_equal(database_snapshot(reader), STATUS_OK);
	assert_int_equal(add(hub, "later"), STATUS_OK);
	assert_int_equal(number(reader, "SELECT count(*) FROM thing"), 0);
	database_rollback(reader);
	database_rollback(reader);
	assert_int_equal(number(reader, "SELECT count(*) FROM thing"), 1);
	database_close(reader);
	database_close(hub);
}

/* Overwrites the second page, the first table's. */
static void damage(void)
{
	char junk[4096];
	memset(junk, 0xa5, sizeof(junk));
	FILE *f = fopen(file, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 4096, SEEK_SET), 0);
	assert_int_equal(fwrite(junk, 1, sizeof(junk), f), sizeof(junk));
	assert_int_equal(fclose(f), 0);
}

static void test_damaged_page_is_found(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	assert_int_equal(add(db, "x"), STATUS_OK);
	assert_int_equal(database_check(db), STATUS_OK);
	database_close(db);
	damage();
	db = opened(DATABASE_AGENT, false);
	assert_int_equal(database_check(db), STATUS_CORRUPT);
	assert_int_equal(add(db, "y"), STATUS_CORRUPT);
	database_close(db);
}

static void test_full_disk_is_named_and_keeps_what_was_there(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	assert_int_equal(add(db, "small"), STATUS_OK);
	assert_int_equal(database_script(db, "PRAGMA max_page_count=1"), STATUS_OK); /* none may be added */
	assert_int_equal(database_begin(db), STATUS_OK);
	struct query q = query_start(db, "INSERT INTO thing (name, body) VALUES ('big', zeroblob(100000))");
	assert_int_equal(query_run(&q), STATUS_DISK_FULL);
	database_rollback(db);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 1);
	database_close(db);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, drop_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOT(test_values_come_back_as_bound),
		IN_ROOT(test_same_sql_may_run_inside_itself),
		IN_ROOT(test_more_statements_than_slots),
		IN_ROOT(test_old_binding_does_not_leak_into_next_use),
		IN_ROOT(test_first_error_sticks),
		IN_ROOT(test_constraint_is_exists_and_transaction_goes_on),
		IN_ROOT(test_failed_commit_rolls_back),
		IN_ROOT(test_close_rolls_back_and_ends_running_queries),
		IN_ROOT(st_15_second_writer_is_told_busy_after_waiting),
		IN_ROOT(test_reader_cannot_write_and_keeps_its_snapshot),
		IN_ROOT(test_damaged_page_is_found),
		IN_ROOT(test_full_disk_is_named_and_keeps_what_was_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
