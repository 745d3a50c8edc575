#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/backup.h"
#include "hub/verify.h"
#include "tests/unit/hub/hub_fixture.h"

struct written {
	char *path;
	struct backup_note note;
};

static enum status make_backup(struct fixture *f, struct written *w)
{
	if (w->path == NULL)
		w->path = path_join(f->dir, "hub.backup");
	const struct backup_plan plan = {.path = w->path};
	return backup_run(f->dir, &f->world, &plan, &w->note);
}

static struct hub *open_backup(const struct fixture *f, const char *path)
{
	struct hub *copy = NULL;
	assert_int_equal(hub_open_backup(path, &f->world, &copy), STATUS_OK);
	return copy;
}

static bool there_is(const struct fixture *f, const char *name)
{
	char *path = path_join(f->dir, name);
	bool there = path_exists(path);
	free(path);
	return there;
}

static struct head head_for(struct fixture *f, struct pc *pc)
{
	struct reply *r = send_batches(f, pc, NULL, 0);
	struct head head = r->head;
	reply_free(r);
	return head;
}

static void assert_safe(struct fixture *f, struct pc *pc, uint64_t have, uint64_t safe)
{
	struct head head = head_for(f, pc);
	assert_int_equal(head.n_chains, 1);
	assert_true(head.chains[0].have == have && head.chains[0].safe == safe);
}

static void test_a_backup_is_the_hub_at_one_moment(void **state)
{
	struct fixture *f = *state;
	struct written w = {0};
	struct pc pc = enrolled_pc(f, 1, "05801");
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	struct bytes rows = derived_rows(f->hub);
	assert_int_equal(make_backup(f, &w), STATUS_OK);
	assert_true(w.note.entry == entries && w.note.at == f->now && w.note.bytes > 0);
	deliver(f, &pc, dossier_batch(f, &pc, "A-2"));
	struct hub *copy = open_backup(f, w.path);
	assert_true(number(copy, "SELECT count(*) FROM log") == entries);
	assert_derived(copy, &rows);
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_int_equal(verify_run(copy, true, report), STATUS_OK);
	free(report);
	hub_close(copy);
	assert_false(there_is(f, "hub.backup.part") || there_is(f, "hub.backup-wal") ||
		     there_is(f, "hub.backup.part-wal") || there_is(f, "hub.backup.part-journal"));
	bytes_free(&rows);
	free(w.path);
	signing_key_free(pc.key);
}

/* Whoever lays it in the place of hub.db is told, and nothing is written to it. */
static void hb_05_a_backup_is_no_database_to_work_on(void **state)
{
	struct fixture *f = *state;
	struct written w = {0};
	assert_int_equal(make_backup(f, &w), STATUS_OK);
	hub_close(f->hub);
	f->hub = NULL;
	char *wal = path_join(f->dir, "hub.db-wal");
	assert_int_equal(unlink(wal), 0);
	free(wal);
	char *path = path_join(f->dir, "hub.db");
	assert_int_equal(file_move(w.path, path), STATUS_OK);
	free(path);
	struct hub *hub = NULL;
	assert_int_equal(hub_open(f->dir, &f->world, true, &hub), STATUS_NEWER_SCHEMA);
	free(w.path);
}

/* L11: what an agent may delete is what stands in a backup. */
static void test_safe_is_what_the_last_backup_holds(void **state)
{
	struct fixture *f = *state;
	struct written w = {0};
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "05802");
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	assert_safe(f, &pc, 1, 1); /* without backups what is committed is as safe as it gets */
	assert_int_equal(make_backup(f, &w), STATUS_OK);
	assert_safe(f, &pc, 1, 1);
	deliver(f, &pc, dossier_batch(f, &pc, "A-2"));
	deliver(f, &other, dossier_batch(f, &other, "B-1"));
	assert_safe(f, &pc, 2, 1);
	assert_safe(f, &other, 1, 0);
	assert_int_equal(make_backup(f, &w), STATUS_OK);
	assert_safe(f, &pc, 2, 2);
	assert_safe(f, &other, 1, 1);
	free(w.path);
	signing_key_free(pc.key);
	signing_key_free(other.key);
}

static void test_where_backups_are_expected_nothing_is_safe_before_the_first(void **state)
{
	struct fixture *f = *state;
	struct written w = {0};
	struct hub_transaction t;
	struct pc pc = enrolled_pc(f, 1, "05801");
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(hub_end(&t, backup_note_expect(f->hub, true)), STATUS_OK);
	assert_safe(f, &pc, 1, 0);
	assert_int_equal(backup_note_get(f->hub, &w.note), STATUS_EMPTY);
	assert_int_equal(make_backup(f, &w), STATUS_OK);
	assert_safe(f, &pc, 1, 1);
	assert_int_equal(backup_note_get(f->hub, &w.note), STATUS_OK);
	assert_string_equal(w.note.path, w.path);
	free(w.path);
	signing_key_free(pc.key);
}

static void test_only_a_backup_of_this_hub_is_written_over(void **state)
{
	struct fixture *f = *state;
	static const char *const mistakes[] = {"hub.db", "hub.key", "units.csv"};
	char *units = path_join(f->dir, "units.csv");
	assert_int_equal(file_write(units, slice_str("code,name\n"), 0600), STATUS_OK);
	free(units);
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct written w = {.path = path_join(f->dir, mistakes[i])};
		struct bytes before = bytes_new((size_t)16 * 1024 * 1024);
		struct bytes after = bytes_new((size_t)16 * 1024 * 1024);
		assert_int_equal(file_read(w.path, &before), STATUS_OK);
		assert_int_equal(make_backup(f, &w), STATUS_EXISTS);
		assert_int_equal(file_read(w.path, &after), STATUS_OK);
		assert_true(slice_equal(bytes_slice(&before), bytes_slice(&after)));
		bytes_free(&before);
		bytes_free(&after);
		free(w.path);
	}
	struct written w = {0};
	assert_int_equal(make_backup(f, &w), STATUS_OK);
	uint8_t digest[HASH_LEN];
	memcpy(digest, w.note.digest, HASH_LEN);
	invite(f->hub, "05801", true);
	assert_int_equal(make_backup(f, &w), STATUS_OK);
	assert_memory_not_equal(digest, w.note.digest, HASH_LEN);
	free(w.path);
}

/* What was killed in the middle lies under another name and is in nobody's way. */
static void st_03_what_a_killed_one_left_is_no_obstacle(void **state)
{
	struct fixture *f = *state;
	struct written w = {0};
	static const char *const left[] = {"hub.backup.part", "hub.backup.part-journal", "hub.backup.part-wal"};
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		char *path = path_join(f->dir, left[i]);
		assert_int_equal(file_write(path, slice_str("half a page"), 0600), STATUS_OK);
		free(path);
	}
	assert_int_equal(make_backup(f, &w), STATUS_OK);
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		assert_false(there_is(f, left[i]));
	hub_close(open_backup(f, w.path));
	free(w.path);
}

/* A hub whose data were changed behind its back writes no backup of that, and keeps the one it has. */
static void test_what_does_not_verify_never_takes_the_name(void **state)
{
	struct fixture *f = *state;
	struct written w = {0};
	struct pc pc = enrolled_pc(f, 1, "05801");
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	assert_int_equal(make_backup(f, &w), STATUS_OK);
	struct backup_note good = w.note;
	deliver(f, &pc, dossier_batch(f, &pc, "A-2"));
	sql(f, "UPDATE log SET accepted_at = accepted_at - 1 WHERE n = (SELECT max(n) FROM log)");
	assert_int_equal(make_backup(f, &w), STATUS_DIFFERENT);
	struct hub *copy = open_backup(f, w.path);
	assert_true(copy->last_entry == good.entry);
	hub_close(copy);
	assert_false(there_is(f, "hub.backup.part"));
	assert_int_equal(backup_note_get(f->hub, &w.note), STATUS_OK);
	assert_true(w.note.entry == good.entry);
	assert_safe(f, &pc, 2, 1);
	free(w.path);
	signing_key_free(pc.key);
}

static void test_asked_to_stop_it_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	static const volatile sig_atomic_t stop = 1;
	char *path = path_join(f->dir, "hub.backup");
	const struct backup_plan plan = {.path = path, .stop = &stop};
	struct backup_note note;
	assert_int_equal(backup_run(f->dir, &f->world, &plan, &note), STATUS_STOPPED);
	assert_false(there_is(f, "hub.backup") || there_is(f, "hub.backup.part"));
	free(path);
}

static void test_one_at_a_time_and_only_where_there_is_a_folder(void **state)
{
	struct fixture *f = *state;
	struct written w = {0};
	struct lock lock;
	char *path = path_join(f->dir, "backup.lock");
	assert_int_equal(lock_take(path, 0, &lock), STATUS_OK);
	assert_int_equal(make_backup(f, &w), STATUS_BUSY);
	lock_release(&lock);
	free(w.path);
	w.path = path_join(f->dir, "nowhere/hub.backup");
	assert_int_equal(make_backup(f, &w), STATUS_EMPTY);
	free(w.path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_backup_is_the_hub_at_one_moment, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(hb_05_a_backup_is_no_database_to_work_on, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_safe_is_what_the_last_backup_holds, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_where_backups_are_expected_nothing_is_safe_before_the_first,
						fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_only_a_backup_of_this_hub_is_written_over, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(st_03_what_a_killed_one_left_is_no_obstacle, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_what_does_not_verify_never_takes_the_name, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(test_asked_to_stop_it_leaves_nothing, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(test_one_at_a_time_and_only_where_there_is_a_folder, fixture_up,
						fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
