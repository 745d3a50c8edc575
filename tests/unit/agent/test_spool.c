#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "agent/intake.h"
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
	const struct spool_plan plan = {.folder = folder, .keep_days = keep_days};
	check_ok(spool_scan(office->agent, &plan, &report));
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

static void hidden_and_unfinished_files_and_folders_stay(void **state)
{
	struct office *office = *state;
	lay_down(office, ".a.ndjson", good);
	lay_down(office, "b.part", good);
	char *folder = in_spool(office, "folder.ndjson");
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(scan_after(office, "folder.ndjson", SPOOL_SETTLE_MS, 0).files, 0);
	assert_true(is_there(office, ".a.ndjson"));
	assert_true(is_there(office, "b.part"));
	assert_true(is_there(office, "folder.ndjson"));
	assert_int_equal(waiting(office->agent), 0);
	free(folder);
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

/* Each of them is put aside unread, and stops no honest file beside it. */
static void id_20_what_is_no_honest_file_is_put_aside_unread(void **state)
{
	struct office *office = *state;
	char *secret = path_join(office->dir, "secret");
	char *names[] = {in_spool(office, "a-link.ndjson"), in_spool(office, "b-pipe.ndjson"),
			 in_spool(office, "c-second-name.ndjson"), in_spool(office, "d-huge.ndjson"),
			 in_spool(office, "e-nowhere.ndjson")};
	check_ok(file_write(secret, slice_str(good), 0600));
	assert_int_equal(symlink(secret, names[0]), 0);
	assert_int_equal(mkfifo(names[1], 0600), 0);
	assert_int_equal(link(secret, names[2]), 0);
	int huge = open(names[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(huge >= 0);
	assert_int_equal(ftruncate(huge, LIMIT_IMPORT_BYTES + 1), 0);
	assert_int_equal(close(huge), 0);
	assert_int_equal(symlink("/nonexistent", names[4]), 0);
	lay_down(office, "z.ndjson", half);
	assert_int_equal(scan_after(office, "z.ndjson", SPOOL_SETTLE_MS + 1000, 0).files, 6);
	assert_int_equal(waiting(office->agent), 1);
	assert_true(is_there(office, "refused/z.ndjson"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *aside = in_spool(office, "refused");
		char *path = path_join(aside, strrchr(names[i], '/') + 1);
		assert_false(path_exists(names[i]));
		assert_true(path_exists(path));
		assert_int_equal(unlink(path), 0);
		free(path);
		free(aside);
		free(names[i]);
	}
	assert_true(path_exists(secret));
	free(secret);
}

/* Whoever may write in the folder may not choose where the agent moves files to. */
static void id_20_a_link_in_place_of_our_own_folder_is_not_followed(void **state)
{
	struct office *office = *state;
	char *refused = in_spool(office, "refused");
	char *folder = in_spool(office, NULL);
	assert_int_equal(symlink(office->dir, refused), 0);
	lay_down(office, "anchor", "code,code\n1,2\n");
	lay_down(office, "b.ndjson", good);
	office->now += INT64_C(10) * 365 * 86400000;
	const struct spool_plan plan = {.folder = folder};
	struct spool_report report;
	check_ok(spool_scan(office->agent, &plan, &report));
	assert_int_equal(report.files, 2);
	assert_int_equal(waiting(office->agent), 1);
	assert_true(is_there(office, "refused/anchor"));
	free(folder);
	free(refused);
}

static bool at_once(void *context)
{
	int *asked = context;
	return (*asked)++ > 1;
}

static void a_word_to_stop_ends_a_long_file_and_loses_nothing(void **state)
{
	struct office *office = *state;
	enum { ROWS = 3 * INTAKE_COMMIT };
	struct bytes text = bytes_new(1024 * 1024);
	for (int i = 0; i < ROWS; i++) {
		char row[64];
		(void)snprintf(row, sizeof(row), "{\"code\":\"A%d\",\"status\":\"accepted\"}\n", i);
		bytes_put_str(&text, row);
	}
	bytes_put_u8(&text, '\0');
	lay_down(office, "a.ndjson", (const char *)text.data);
	bytes_free(&text);
	char *folder = in_spool(office, NULL);
	int asked = 0;
	const struct spool_plan plan = {.folder = folder, .stopped = at_once, .context = &asked};
	struct spool_report report;
	office->now += INT64_C(10) * 365 * 86400000;
	assert_status(spool_scan(office->agent, &plan, &report), STOPPED);
	assert_int_equal(waiting(office->agent), 2 * INTAKE_COMMIT);
	assert_true(is_there(office, "a.ndjson"));
	const struct spool_plan again = {.folder = folder};
	check_ok(spool_scan(office->agent, &again, &report));
	assert_int_equal(waiting(office->agent), ROWS);
	assert_false(is_there(office, "a.ndjson"));
	free(folder);
}

static void a_missing_folder_is_told(void **state)
{
	struct office *office = *state;
	struct spool_report report;
	const struct spool_plan plan = {.folder = "/nonexistent/spool"};
	assert_status(spool_scan(office->agent, &plan, &report), EMPTY);
}

static int quietly(void **state)
{
	log_set_level(LOG_ERROR);
	return office_set_up(state);
}

int main(void)
{
#define QUIETLY(test) cmocka_unit_test_setup_teardown(test, quietly, office_tear_down)
	const struct CMUnitTest tests[] = {
		QUIETLY(a_settled_file_is_taken_in_and_deleted),
		QUIETLY(hidden_and_unfinished_files_and_folders_stay),
		QUIETLY(a_file_with_refused_rows_is_put_aside_beside_its_namesake),
		QUIETLY(a_file_that_is_no_table_is_put_aside),
		QUIETLY(imported_files_are_kept_for_their_days),
		QUIETLY(id_20_what_is_no_honest_file_is_put_aside_unread),
		QUIETLY(id_20_a_link_in_place_of_our_own_folder_is_not_followed),
		QUIETLY(a_word_to_stop_ends_a_long_file_and_loses_nothing),
		QUIETLY(a_missing_folder_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
