#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "agent/spool.h"
#include "config/log.h"
#include "tests/unit/agent/office.h"

static const char good[] = "{\"code\":\"A\",\"status\":\"accepted\"}\n";
static const char half[] = "{\"code\":\"B\",\"status\":\"accepted\"}\n{\"code\":\"C\",\"status\":\"soon\"}\n";

static char *in_spool(const struct office *office, const char *name)
{
	char *folder = path_join(office->dir, "spool");
	(void)mkdir(folder, 0700); /* it may be there */
	char *path = name == NULL ? strdup(folder) : path_join(folder, name);
	free(folder);
	return path;
}

static void lay_down(const struct office *office, const char *name, const char *text)
{
	char *path = in_spool(office, name);
	check_ok(file_write(path, slice_str(text), 0644));
	free(path);
}

static bool is_there(const struct office *office, const char *name)
{
	char *path = in_spool(office, name);
	bool there = path_exists(path);
	free(path);
	return there;
}

/* Scans so long after a file's last change, by the file's own clock. */
static struct spool_report scan_after(struct office *office, const char *name, int64_t after_ms, int64_t keep_days)
{
	struct stat info;
	struct spool_report report = {0};
	char *path = in_spool(office, name);
	char *folder = in_spool(office, NULL);
	assert_int_equal(stat(path, &info), 0);
	office->now = (int64_t)info.st_ctim.tv_sec * 1000 + info.st_ctim.tv_nsec / 1000000 + after_ms;
	check_ok(spool_scan(office->agent, folder, keep_days, &report));
	free(folder);
	free(path);
	return report;
}

static void a_settled_file_is_taken_in_and_deleted(void **state)
{
	struct office *office = *state;
	lay_down(office, "a.ndjson", good);
	struct spool_report early = scan_after(office, "a.ndjson", SPOOL_SETTLE_MS - 500, 0);
	assert_int_equal(early.files, 0);
	assert_int_equal(early.wait_ms, 500);
	assert_true(is_there(office, "a.ndjson"));
	struct spool_report later = scan_after(office, "a.ndjson", SPOOL_SETTLE_MS, 0);
	assert_int_equal(later.files, 1);
	assert_int_equal(later.wait_ms, -1);
	assert_false(is_there(office, "a.ndjson"));
	assert_int_equal(waiting(office->agent), 1);
}

static void hidden_unfinished_and_linked_files_stay(void **state)
{
	struct office *office = *state;
	lay_down(office, ".a.ndjson", good);
	lay_down(office, "b.part", good);
	char *link = in_spool(office, "link.ndjson");
	char *target = in_spool(office, ".a.ndjson");
	assert_int_equal(symlink(target, link), 0);
	assert_int_equal(scan_after(office, ".a.ndjson", SPOOL_SETTLE_MS, 0).files, 0);
	assert_true(is_there(office, "b.part"));
	assert_int_equal(waiting(office->agent), 0);
	free(target);
	free(link);
}

static void a_file_with_refused_rows_is_put_aside_beside_its_namesake(void **state)
{
	struct office *office = *state;
	for (int i = 0; i < 2; i++) {
		lay_down(office, "a.ndjson", half);
		assert_int_equal(scan_after(office, "a.ndjson", SPOOL_SETTLE_MS, 0).files, 1);
		assert_false(is_there(office, "a.ndjson"));
		/* The same rows of a later time are no news where the hub was heard meanwhile. */
		check_ok(store_set_number(office->agent->db, STORE_HUB_TIME, office->now));
	}
	assert_true(is_there(office, "refused/a.ndjson"));
	assert_true(is_there(office, "refused/a.ndjson.1"));
	assert_int_equal(waiting(office->agent), 1);
}

static void a_file_that_is_no_table_is_put_aside(void **state)
{
	struct office *office = *state;
	lay_down(office, "a.csv", "code,code\n1,2\n");
	assert_int_equal(scan_after(office, "a.csv", SPOOL_SETTLE_MS, 0).files, 1);
	assert_true(is_there(office, "refused/a.csv"));
}

static void imported_files_are_kept_for_their_days(void **state)
{
	struct office *office = *state;
	lay_down(office, "a.ndjson", good);
	(void)scan_after(office, "a.ndjson", SPOOL_SETTLE_MS, 2);
	assert_true(is_there(office, "imported/a.ndjson"));
	(void)scan_after(office, "imported/a.ndjson", INT64_C(2) * 86400000, 2);
	assert_true(is_there(office, "imported/a.ndjson"));
	(void)scan_after(office, "imported/a.ndjson", INT64_C(2) * 86400000 + 1, 2);
	assert_false(is_there(office, "imported/a.ndjson"));
}

static void a_watch_sees_a_new_file(void **state)
{
	struct office *office = *state;
	char *folder = in_spool(office, NULL);
	char byte = 0;
	int watch = spool_watch(folder);
	assert_true(watch >= 0);
	lay_down(office, "a.ndjson", good);
	spool_watch_drain(watch);
	assert_int_equal(read(watch, &byte, 1), -1);
	(void)close(watch);
	free(folder);
	assert_int_equal(spool_watch("/nonexistent/spool"), -1);
}

static void a_missing_folder_is_told(void **state)
{
	struct office *office = *state;
	struct spool_report report;
	assert_status(spool_scan(office->agent, "/nonexistent/spool", 0, &report), EMPTY);
}

static int quietly(void **state)
{
	log_set_level(LOG_ERROR);
	return office_set_up(state);
}

int main(void)
{
#define WITH_OFFICE(test) cmocka_unit_test_setup_teardown(test, quietly, office_tear_down)
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(a_settled_file_is_taken_in_and_deleted),
		WITH_OFFICE(hidden_unfinished_and_linked_files_stay),
		WITH_OFFICE(a_file_with_refused_rows_is_put_aside_beside_its_namesake),
		WITH_OFFICE(a_file_that_is_no_table_is_put_aside),
		WITH_OFFICE(imported_files_are_kept_for_their_days),
		WITH_OFFICE(a_watch_sees_a_new_file),
		WITH_OFFICE(a_missing_folder_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
