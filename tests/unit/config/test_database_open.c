#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "database_fixture.h"

static void test_agent_database_is_durable_on_every_connection(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) {
		struct database *db = opened(DATABASE_AGENT, true);
		assert_pragma(db, "PRAGMA journal_mode", "truncate");
		assert_pragma(db, "PRAGMA synchronous", "2");
		assert_pragma(db, "PRAGMA fullfsync", "1");
		assert_pragma(db, "PRAGMA foreign_keys", "1");
		assert_pragma(db, "PRAGMA temp_store", "2");
		assert_pragma(db, "PRAGMA cell_size_check", "1");
		assert_pragma(db, "PRAGMA mmap_size", "0");
		database_close(db);
	}
}

static void test_hub_database_never_checkpoints_by_itself(void **state)
{
	(void)state;
	struct stat wal;
	char *path = path_join(root, "x.db-wal");
	struct database *db = opened(DATABASE_HUB, true);
	assert_pragma(db, "PRAGMA journal_mode", "wal");
	assert_pragma(db, "PRAGMA synchronous", "2");
	assert_pragma(db, "PRAGMA wal_autocheckpoint", "0");
	assert_int_equal(add(db, "kept in the WAL"), STATUS_OK);
	database_close(db);
	assert_int_equal(stat(path, &wal), 0);
	assert_true(wal.st_size > 0);
	db = opened(DATABASE_HUB, false);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 1);
	assert_int_equal(database_checkpoint(db), STATUS_OK);
	assert_int_equal(stat(path, &wal), 0);
	assert_int_equal(wal.st_size, 0);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 1);
	database_close(db);
	free(path);
}

static void test_missing_file_is_not_created(void **state)
{
	(void)state;
	static const enum database_mode modes[] = {DATABASE_AGENT, DATABASE_HUB, DATABASE_READER};
	for (size_t i = 0; i < 3; i++) {
		struct database_plan plan = plan_of(modes[i], modes[i] == DATABASE_READER);
		assert_int_equal(open_status(&plan), STATUS_NO_DATA);
		assert_false(path_exists(file));
	}
	struct database_plan plan = plan_of(DATABASE_AGENT, true);
	plan.path = "/nowhere/at/all/x.db";
	assert_int_equal(open_status(&plan), STATUS_NO_DATA);
}

static void test_emptied_file_is_missing_not_new(void **state)
{
	(void)state;
	database_close(opened(DATABASE_AGENT, true));
	assert_int_equal(truncate(file, 0), 0);
	struct database_plan plan = plan_of(DATABASE_AGENT, false);
	struct stat info;
	assert_int_equal(open_status(&plan), STATUS_NO_DATA);
	assert_int_equal(stat(file, &info), 0);
	assert_int_equal(info.st_size, 0);
}

static void test_migrations_run_once_and_in_order(void **state)
{
	(void)state;
	struct database_plan old = plan_of(DATABASE_AGENT, true);
	old.n_migrations = 1;
	struct database *db = NULL;
	assert_int_equal(database_open(&old, &db), STATUS_OK);
	assert_int_equal(number(db, "PRAGMA user_version"), 1);
	assert_int_equal(add(db, "from before"), STATUS_OK);
	database_close(db);
	db = opened(DATABASE_AGENT, false);
	assert_int_equal(number(db, "PRAGMA user_version"), 2);
	assert_int_equal(number(db, "SELECT count(*) FROM thing WHERE note IS NULL"), 1);
	database_close(db);
}

static void st_20_failing_migration_changes_nothing(void **state)
{
	(void)state;
	static const char *const broken[] = {"CREATE TABLE a (x INTEGER) STRICT",
					     "CREATE TABLE a (x INTEGER) STRICT"};
	struct database_plan plan = plan_of(DATABASE_AGENT, true);
	plan.migrations = broken;
	assert_int_equal(open_status(&plan), STATUS_CORRUPT);
	database_close(opened(DATABASE_AGENT, true));
}

static void st_20_newer_schema_is_refused_unwritten(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	assert_int_equal(database_script(db, "PRAGMA user_version=3"), STATUS_OK);
	database_close(db);
	struct database_plan plan = plan_of(DATABASE_AGENT, false);
	assert_int_equal(open_status(&plan), STATUS_NEWER_SCHEMA);
	plan.mode = DATABASE_READER;
	assert_int_equal(open_status(&plan), STATUS_NEWER_SCHEMA);
	plan.mode = DATABASE_AGENT;
	plan.n_migrations = 3;
	assert_int_equal(open_status(&plan), STATUS_OK);
}

static void st_21_foreign_file_is_refused_and_left_alone(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_AGENT, true);
	assert_int_equal(database_script(db, "PRAGMA application_id=7"), STATUS_OK);
	database_close(db);
	struct database_plan plan = plan_of(DATABASE_HUB, true);
	assert_int_equal(open_status(&plan), STATUS_NEWER_SCHEMA);
	plan.application_id = 7;
	struct database *again = NULL;
	plan.mode = DATABASE_AGENT;
	assert_int_equal(database_open(&plan, &again), STATUS_OK); /* the hub did not turn it into WAL */
	database_close(again);
	FILE *text = fopen(file, "w");
	assert_non_null(text);
	for (int i = 0; i < 100; i++)
		assert_true(fputs("this is no database at all\n", text) >= 0);
	assert_int_equal(fclose(text), 0);
	assert_int_equal(open_status(&plan), STATUS_CORRUPT);
}

static void test_link_to_a_file_is_refused_but_moved_directory_is_fine(void **state)
{
	(void)state;
	char *link_path = path_join(root, "link");
	database_close(opened(DATABASE_AGENT, true));
	assert_int_equal(symlink(file, link_path), 0);
	struct database_plan plan = plan_of(DATABASE_AGENT, false);
	plan.path = link_path;
	assert_int_equal(open_status(&plan), STATUS_PERMISSION);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(symlink(root, link_path), 0);
	char *through = path_join(link_path, "x.db");
	plan.path = through;
	assert_int_equal(open_status(&plan), STATUS_OK);
	free(through);
	free(link_path);
}

static void test_reader_of_older_file_waits_for_a_writer(void **state)
{
	(void)state;
	struct database_plan plan = plan_of(DATABASE_HUB, true);
	plan.n_migrations = 1;
	assert_int_equal(open_status(&plan), STATUS_OK);
	plan = plan_of(DATABASE_READER, false);
	assert_int_equal(open_status(&plan), STATUS_VERSION);
	database_close(opened(DATABASE_HUB, false));
	assert_int_equal(open_status(&plan), STATUS_OK);
}

static void test_reader_opens_a_copy_that_came_without_its_wal(void **state)
{
	(void)state;
	struct database *db = opened(DATABASE_HUB, true);
	assert_int_equal(add(db, "checkpointed"), STATUS_OK);
	assert_int_equal(database_checkpoint(db), STATUS_OK);
	database_close(db);
	static const char *const beside[] = {"x.db-wal", "x.db-shm"};
	for (size_t i = 0; i < 2; i++) {
		char *path = path_join(root, beside[i]);
		(void)unlink(path); /* it may be gone already */
		free(path);
	}
	db = opened(DATABASE_READER, false);
	assert_int_equal(number(db, "SELECT count(*) FROM thing"), 1);
	database_close(db);
}

static void test_memory_and_scratch_need_no_file(void **state)
{
	(void)state;
	static const char *const paths[] = {":memory:", ""};
	for (size_t i = 0; i < 2; i++) {
		struct database_plan plan = plan_of(i == 0 ? DATABASE_AGENT : DATABASE_SCRATCH, false);
		struct database *db = NULL;
		plan.path = paths[i];
		assert_int_equal(database_open(&plan, &db), STATUS_OK);
		assert_int_equal(database_begin(db), STATUS_OK);
		assert_int_equal(add(db, "gone"), STATUS_OK);
		database_rollback(db);
		assert_int_equal(number(db, "SELECT count(*) FROM thing"), 0);
		assert_int_equal(database_check(db), STATUS_OK);
		database_close(db);
	}
}

/* What the open of somebody without rights answers; in a child, because tests may run as root. */
static int status_without_rights(void)
{
	struct database_plan plan = plan_of(DATABASE_AGENT, false);
	if (geteuid() == 0 && setuid(65534) != 0)
		return -1;
	struct database *db = NULL;
	int s = (int)database_open(&plan, &db);
	database_close(db);
	return s;
}

static int status_in_child(void)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(status_without_rights());
	int how = 0;
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFEXITED(how));
	return WEXITSTATUS(how);
}

static void test_file_we_may_not_write_is_a_matter_of_rights(void **state)
{
	(void)state;
	database_close(opened(DATABASE_AGENT, true));
	assert_int_equal(chmod(root, 0755), 0);
	assert_int_equal(chmod(file, 0444), 0);
	assert_int_equal(status_in_child(), STATUS_PERMISSION);
	assert_int_equal(chmod(file, 0000), 0);
	assert_int_equal(status_in_child(), STATUS_PERMISSION);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, drop_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOT(test_agent_database_is_durable_on_every_connection),
		IN_ROOT(test_hub_database_never_checkpoints_by_itself),
		IN_ROOT(test_missing_file_is_not_created),
		IN_ROOT(test_emptied_file_is_missing_not_new),
		IN_ROOT(test_migrations_run_once_and_in_order),
		IN_ROOT(st_20_failing_migration_changes_nothing),
		IN_ROOT(st_20_newer_schema_is_refused_unwritten),
		IN_ROOT(st_21_foreign_file_is_refused_and_left_alone),
		IN_ROOT(test_link_to_a_file_is_refused_but_moved_directory_is_fine),
		IN_ROOT(test_reader_of_older_file_waits_for_a_writer),
		IN_ROOT(test_reader_opens_a_copy_that_came_without_its_wal),
		IN_ROOT(test_memory_and_scratch_need_no_file),
		IN_ROOT(test_file_we_may_not_write_is_a_matter_of_rights),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
