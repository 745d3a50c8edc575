#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/sync.h"
#include "tests/unit/agent/repair_fixture.h"

/* Files that still get another name before it all ends, as by a kill; without end if negative. */
static int renames_left = -1;

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);

static bool is_cut_off(void)
{
	if (renames_left == 0) {
		errno = EIO;
		return true;
	}
	renames_left -= renames_left > 0 ? 1 : 0;
	return false;
}

int __wrap_rename(const char *from, const char *to)
{
	return is_cut_off() ? -1 : __real_rename(from, to);
}

int __wrap_link(const char *from, const char *to)
{
	return is_cut_off() ? -1 : __real_link(from, to);
}

/* What the command does about a directory that cannot go on. */
static enum status repair(struct office *office)
{
	struct repair_report report;
	switch (judged(office)) {
	case REPAIR_DATABASE:
		return repair_lost(office->dir, &office->world, &report);
	case REPAIR_DAMAGED:
		return repair_damaged(office->dir, &office->world, &report);
	case REPAIR_NONE:
	case REPAIR_UNSEEN:
	case REPAIR_KEY:
	case REPAIR_NOT_ENROLLED:
		break;
	}
	return STATUS_OK;
}

static void flip_many(const struct office *office, long page)
{
	for (int byte = 0; byte < PAGE; byte += 8)
		flip(office, page, byte);
}

/* Makes SQLite write pages, and so its journal, before the end of the transaction. */
static void spill(struct database *db)
{
	check_ok(database_script(
		db, "PRAGMA cache_size=1; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 400)"
		    " INSERT INTO rejected (mark, at, reason) SELECT randomblob(300), i, 'x' FROM n"));
}

/* A leaf of the changes: opening does not look at it, and nothing goes on until it is repaired. */
static void a_damage_behind_the_opening_is_found(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_numbers(office->agent, 1, DOSSIERS);
	check_ok(database_script(office->agent->db, "UPDATE change SET record = CAST(replace(CAST(record AS TEXT), "
						    "'A-2', 'A-3') AS BLOB) WHERE id = 2"));
	close_agent(office);
	assert_int_equal(judged(office), REPAIR_DAMAGED);
	check_ok(repair(office));
	assert_int_equal(judged(office), REPAIR_NONE);
	office_reopen(office);
	check_ok(sync_run(office->agent, false, &report));
	assert_int_equal(office->hub.held[0].count, DOSSIERS - 1);
	close_agent(office);
	office->now++;
	flip_many(office, pages_of(office) / 2);
	assert_int_equal(judged(office), REPAIR_DAMAGED);
	check_ok(repair(office));
	assert_int_equal(judged(office), REPAIR_NONE);
}

/* ST-02: a repair that is killed anywhere leaves what the next one needs. */
static void st_09_a_repair_cut_off_anywhere_loses_nothing(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	enum status s = STATUS_DISK;
	queue_numbers(office->agent, 1, DOSSIERS);
	check_ok(database_script(office->agent->db, "UPDATE meta SET number = 0 WHERE name = 'port'"));
	close_agent(office);
	for (int n = 0; s != STATUS_OK; n++) {
		assert_true(n < 10);
		office->now++;
		renames_left = n;
		s = repair(office);
		renames_left = -1;
	}
	check_ok(repair(office));
	office_reopen(office);
	check_ok(sync_run(office->agent, false, &report));
	assert_int_equal(office->hub.seen, (UINT64_C(2) << DOSSIERS) - 2);
}

/* What a power cut left half-written belongs to the database that is gone, not to the one that takes its place. */
static void a_journal_left_behind_is_not_played_back(void **state)
{
	struct office *office = *state;
	char *journal = path_join(office->dir, AGENT_DATABASE "-journal");
	struct bytes content = bytes_new(1 << 20);
	queue_numbers(office->agent, 1, DOSSIERS);
	check_ok(database_begin(office->agent->db));
	check_ok(database_script(office->agent->db, "PRAGMA cache_spill=1; DELETE FROM change; DELETE FROM thing"));
	spill(office->agent->db);
	check_ok(file_read(journal, &content));
	assert_true(content.len > PAGE);
	close_agent(office);
	delete_file(office, AGENT_DATABASE);
	check_ok(file_write(journal, bytes_slice(&content), 0600));
	check_ok(repair(office));
	assert_int_equal(judged(office), REPAIR_NONE);
	office_reopen(office);
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	assert_int_equal(waiting(office->agent), 0);
	bytes_free(&content);
	free(journal);
}

/* A file system that lost the content and kept the name: keys and anchor are sound, no invitation is needed. */
static void an_emptied_database_is_a_lost_one(void **state)
{
	struct office *office = *state;
	char *path = path_join(office->dir, AGENT_DATABASE);
	close_agent(office);
	check_ok(file_write(path, slice_str(""), 0600));
	assert_int_equal(judged(office), REPAIR_DATABASE);
	check_ok(repair(office));
	office_reopen(office);
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	free(path);
}

static void spoil_key(const struct office *office)
{
	char *path = path_join(office->dir, AGENT_KEY);
	check_ok(file_write(path, slice_str("spoilt"), 0600));
	free(path);
}

/* ID-09: so does a second enrolment; what the old key has signed stays behind. */
static void id_09_a_renewal_cut_off_anywhere_can_be_tried_again(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	enum status s = STATUS_DISK;
	queue_numbers(office->agent, 1, 3);
	office->hub.mood = SILENT;
	assert_status(sync_run(office->agent, false, &report), UNREACHABLE);
	office->hub.mood = HONEST;
	close_agent(office);
	spoil_key(office);
	for (int n = 0; s != STATUS_OK; n++) {
		assert_true(n < 20);
		renames_left = n;
		s = office_enroll(office);
		renames_left = -1;
	}
	office_reopen(office);
	check_ok(sync_run(office->agent, false, &report));
	assert_int_equal(office->hub.n_held, 1);
	assert_int_equal(office->hub.held[0].count, 3);
	assert_int_equal(waiting(office->agent), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(a_damage_behind_the_opening_is_found),
		WITH_OFFICE(st_09_a_repair_cut_off_anywhere_loses_nothing),
		WITH_OFFICE(id_09_a_renewal_cut_off_anywhere_can_be_tried_again),
		WITH_OFFICE(a_journal_left_behind_is_not_played_back),
		WITH_OFFICE(an_emptied_database_is_a_lost_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
