/*
 * The simulated disk itself: what it promises after a power cut is what a real one does, no more and no less. Our
 * own way of writing a file and SQLite's are laid over it; what must not survive anything serves as counter-check.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/database.h"
#include "config/datadir.h"
#include "tests/sim/disk.h"

enum { SEEDS = 64, ROWS = 20 };
#define ROOT "/disk"

/* A disk as it would be after a cut with this seed, in the place of the first. */
static struct disk *cut(struct disk *disk, uint64_t seed)
{
	struct disk *after = disk_after_power_cut(disk, seed);
	disk_unmount(disk);
	disk_mount(after);
	return after;
}

static void uncut(struct disk *after, struct disk *disk)
{
	disk_free(after);
	disk_mount(disk);
}

/* "": there is none. */
static const char *text_of(const char *path)
{
	static char text[64];
	struct bytes content = bytes_new(sizeof(text) - 1);
	enum status s = file_read(path, &content);
	assert_true(s == STATUS_OK || s == STATUS_EMPTY);
	(void)snprintf(text, sizeof(text), "%.*s", (int)content.len, (const char *)content.data);
	bytes_free(&content);
	return text;
}

static void write_without_sync(const char *path, const char *text, bool sync)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	if (sync)
		assert_int_equal(fsync(fd), 0);
	assert_int_equal(close(fd), 0);
}

static void sync_top(void)
{
	int fd = open(ROOT, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	assert_int_equal(fsync(fd), 0);
	assert_int_equal(close(fd), 0);
}

static void what_was_synced_stays_and_the_rest_may_go(void **state)
{
	(void)state;
	struct disk *disk = disk_new(ROOT);
	int lost = 0;
	int kept = 0;
	int spoilt = 0;
	write_without_sync(ROOT "/synced", "old", true);
	write_without_sync(ROOT "/unsynced", "old", true);
	sync_top();
	write_without_sync(ROOT "/unsynced", "new", false);
	assert_string_equal(text_of(ROOT "/unsynced"), "new");
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct disk *after = cut(disk, seed);
		assert_string_equal(text_of(ROOT "/synced"), "old");
		const char *text = text_of(ROOT "/unsynced");
		lost += strcmp(text, "old") == 0;
		kept += strcmp(text, "new") == 0;
		spoilt += strcmp(text, "old") != 0 && strcmp(text, "new") != 0;
		assert_true((seed > 0 || strcmp(text, "old") == 0) && (seed != 1 || strcmp(text, "new") == 0));
		uncut(after, disk);
	}
	assert_true(lost > SEEDS / 4 && kept > SEEDS / 4 && spoilt > 0 && spoilt < SEEDS / 4);
	disk_free(disk);
}

static void a_file_is_replaced_whole_or_not_at_all(void **state)
{
	(void)state;
	struct disk_record *record = disk_record_new();
	struct disk *disk = disk_new(ROOT);
	disk_record_add(record, disk);
	assert_int_equal(file_write(ROOT "/anchor", slice_str("one"), 0600), STATUS_OK);
	disk_record_mark(record, 1);
	assert_int_equal(file_write(ROOT "/anchor", slice_str("two"), 0600), STATUS_OK);
	disk_record_mark(record, 2);
	disk_record_end(record);
	disk_free(disk);
	struct disk_replay *replay = disk_replay_new(record);
	struct disk_moment moment;
	int64_t promised = 0;
	while (disk_replay_next(replay, &moment)) {
		promised = moment.mark != DISK_NO_MARK ? moment.mark : promised;
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct disk *after = disk_after_power_cut(disk_replay_disk(replay, 0), seed);
			disk_mount(after);
			const char *text = text_of(ROOT "/anchor");
			bool old = promised < 2 && strcmp(text, promised == 0 ? "" : "one") == 0;
			assert_true(old || strcmp(text, promised == 0 ? "one" : "two") == 0);
			disk_free(after);
		}
	}
	assert_int_equal(promised, 2);
	disk_replay_free(replay);
	disk_record_free(record);
}

static void what_was_unlinked_does_not_come_back_for_ever(void **state)
{
	(void)state;
	struct disk *disk = disk_new(ROOT);
	write_without_sync(ROOT "/journal", "hot", true);
	sync_top();
	assert_int_equal(unlink(ROOT "/journal"), 0);
	int back = 0;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct disk *after = cut(disk, seed);
		back += path_exists(ROOT "/journal");
		uncut(after, disk);
	}
	assert_true(back > SEEDS / 4 && back < SEEDS);
	/* The sync of another file is enough on a journaling file system, as every second seed has it. */
	write_without_sync(ROOT "/database", "x", true);
	for (uint64_t seed = 0; seed < SEEDS; seed += 2) {
		struct disk *after = cut(disk, seed);
		assert_false(path_exists(ROOT "/journal"));
		uncut(after, disk);
	}
	sync_top();
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct disk *after = cut(disk, seed);
		assert_false(path_exists(ROOT "/journal"));
		uncut(after, disk);
	}
	disk_free(disk);
}

static void a_failed_sync_is_not_mended_by_another(void **state)
{
	(void)state;
	struct disk *disk = disk_new(ROOT);
	int lost = 0;
	write_without_sync(ROOT "/file", "old", true);
	sync_top();
	for (int i = 0; i < SEEDS; i++) {
		int fd = open(ROOT "/file", O_RDWR);
		assert_int_equal(write(fd, i % 2 == 0 ? "one" : "two", 3), 3);
		disk_fail(disk, (struct disk_fault){.calls = DISK_SYNC, .nth = 1, .error = EIO});
		assert_int_equal(fsync(fd), -1);
		assert_int_equal(errno, EIO);
		assert_int_equal(fsync(fd), 0);
		assert_int_equal(disk_calls(disk), 2);
		assert_int_equal(disk_failed(disk), 1);
		assert_int_equal(close(fd), 0);
		struct disk *after = cut(disk, 1);
		lost += strcmp(text_of(ROOT "/file"), i % 2 == 0 ? "one" : "two") != 0;
		uncut(after, disk);
	}
	assert_true(lost > 0);
	disk_free(disk);
}

static void a_full_disk_and_a_read_only_one_say_so(void **state)
{
	(void)state;
	struct disk *disk = disk_new(ROOT);
	disk_set_room(disk, 4);
	assert_int_equal(file_write(ROOT "/a", slice_str("12345"), 0600), STATUS_DISK_FULL);
	assert_int_equal(file_write(ROOT "/a", slice_str("1234"), 0600), STATUS_OK);
	assert_int_equal(disk_used(disk), 4);
	disk_set_read_only(disk, true);
	assert_int_equal(file_write(ROOT "/a", slice_str("1"), 0600), STATUS_DISK_READ_ONLY);
	assert_string_equal(text_of(ROOT "/a"), "1234");
	disk_free(disk);
}

static enum status open_database(enum database_mode mode, struct database **ret_db)
{
	static const char *const migrations[] = {"CREATE TABLE t (n INTEGER PRIMARY KEY, x BLOB) STRICT;"};
	const struct database_plan plan = {.mode = mode,
					   .path = ROOT "/db",
					   .create = true,
					   .application_id = 7,
					   .migrations = migrations,
					   .n_migrations = 1};
	return database_open(&plan, ret_db);
}

static int64_t rows_of(struct database *db)
{
	struct query q = query_start(db, "SELECT count(*) FROM t");
	int64_t n = query_row(&q) ? query_get_int(&q, 0) : -1;
	assert_int_equal(query_finish(&q), STATUS_OK);
	return n;
}

static void add_row(struct database *db)
{
	struct query q = query_start(db, "INSERT INTO t (x) VALUES (randomblob(3000))");
	assert_int_equal(query_run(&q), STATUS_OK);
}

/* Rows are promised one by one; after any cut as many are there, or one more. */
static void commits_stay(enum database_mode mode)
{
	struct disk_record *record = disk_record_new();
	struct disk *disk = disk_new(ROOT);
	struct database *db = NULL;
	disk_record_add(record, disk);
	assert_int_equal(open_database(mode, &db), STATUS_OK);
	for (int i = 0; i < ROWS; i++) {
		add_row(db);
		disk_record_mark(record, i + 1);
		if (mode == DATABASE_HUB && i % 7 == 6)
			assert_int_equal(database_checkpoint(db), STATUS_OK);
	}
	database_close(db);
	disk_record_end(record);
	disk_free(disk);
	struct disk_replay *replay = disk_replay_new(record);
	struct disk_moment moment;
	int64_t promised = 0;
	while (disk_replay_next(replay, &moment)) {
		promised = moment.mark != DISK_NO_MARK ? moment.mark : promised;
		for (uint64_t seed = 0; seed < 6; seed++) {
			struct disk *after = disk_after_power_cut(disk_replay_disk(replay, 0), seed);
			disk_mount(after);
			assert_int_equal(open_database(mode, &db), STATUS_OK);
			assert_int_equal(database_check(db), STATUS_OK);
			int64_t n = rows_of(db);
			assert_true(n == promised || n == promised + 1);
			database_close(db);
			disk_free(after);
		}
	}
	assert_int_equal(promised, ROWS);
	disk_replay_free(replay);
	disk_record_free(record);
}

static void commits_with_a_rollback_journal_stay(void **state)
{
	(void)state;
	commits_stay(DATABASE_AGENT);
}

static void commits_with_a_wal_stay(void **state)
{
	(void)state;
	commits_stay(DATABASE_HUB);
}

static void two_connections_see_each_other(void **state)
{
	(void)state;
	for (enum database_mode mode = DATABASE_AGENT; mode <= DATABASE_HUB; mode++) {
		struct disk *disk = disk_new(ROOT);
		struct database *one = NULL;
		struct database *other = NULL;
		assert_int_equal(open_database(mode, &one), STATUS_OK);
		assert_int_equal(open_database(mode, &other), STATUS_OK);
		assert_int_equal(database_begin(one), STATUS_OK);
		assert_int_equal(database_begin(other), STATUS_BUSY);
		add_row(one);
		assert_int_equal(rows_of(other), 0);
		assert_int_equal(database_commit(one), STATUS_OK);
		assert_int_equal(rows_of(other), 1);
		add_row(other);
		assert_int_equal(rows_of(one), 2);
		database_close(one);
		database_close(other);
		disk_free(disk);
	}
}

static void whoever_is_cut_off_changes_nothing_any_more(void **state)
{
	(void)state;
	for (enum database_mode mode = DATABASE_AGENT; mode <= DATABASE_HUB; mode++) {
		struct disk *disk = disk_new(ROOT);
		struct database *dead = NULL;
		struct database *db = NULL;
		struct lock lock = {.fd = -1};
		struct lock again = {.fd = -1};
		assert_int_equal(open_database(mode, &dead), STATUS_OK);
		assert_int_equal(lock_take(ROOT "/lock", 0, &lock), STATUS_OK);
		add_row(dead);
		assert_int_equal(database_begin(dead), STATUS_OK);
		add_row(dead);
		if (mode == DATABASE_AGENT)
			disk_cut_power(disk, 0);
		else
			disk_kill(disk);
		assert_int_not_equal(database_commit(dead), STATUS_OK);
		assert_int_equal(open_database(mode, &db), STATUS_OK);
		assert_int_equal(lock_take(ROOT "/lock", 0, &again), STATUS_OK);
		assert_int_equal(rows_of(db), 1);
		database_close(dead);
		lock_release(&lock);
		add_row(db);
		assert_int_equal(rows_of(db), 2);
		database_close(db);
		lock_release(&again);
		disk_free(disk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_synced_stays_and_the_rest_may_go),
		cmocka_unit_test(a_file_is_replaced_whole_or_not_at_all),
		cmocka_unit_test(what_was_unlinked_does_not_come_back_for_ever),
		cmocka_unit_test(a_failed_sync_is_not_mended_by_another),
		cmocka_unit_test(a_full_disk_and_a_read_only_one_say_so),
		cmocka_unit_test(commits_with_a_rollback_journal_stay),
		cmocka_unit_test(commits_with_a_wal_stay),
		cmocka_unit_test(two_connections_see_each_other),
		cmocka_unit_test(whoever_is_cut_off_changes_nothing_any_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
