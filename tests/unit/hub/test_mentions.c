#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/device_acts.h"
#include "hub/mentions.h"
#include "hub/retry.h"
#include "tests/unit/hub/hub_fixture.h"

/* On which day a unit was last spoken of by others, within a period; DAY_UNSET. */
static int32_t last_mention(const struct fixture *f, const char *code, int32_t from, int32_t to)
{
	int32_t last[20];
	struct unit_map map;
	assert_int_equal(unit_map_new(f->hub->registry, to, &map), STATUS_OK);
	assert_true(map.n <= 20);
	assert_int_equal(mentions_last(f->hub->db, &map, (struct period){.from = from, .to = to}, last), STATUS_OK);
	int line = unit_map_find(&map, slice_str(code), to);
	unit_map_free(&map);
	return line == UNIT_NONE ? DAY_UNSET : last[line];
}

static void test_a_record_by_a_device_above_speaks_of_the_unit(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change changes[] = {dossier_of("A-1", f->now - 2 * DAY, "05801"),
				   dossier_of("A-2", f->now - 3 * DAY, "05801"),
				   dossier_of("A-3", f->now, "058"),
				   dossier("A-4", f->now),
				   dossier_of("A-5", f->now, "05901"),
				   dossier_of("A-6", f->now + 30 * DAY, "05802")};
	deliver(f, &pc, next_batch(f, &pc, changes, 6));
	assert_int_equal(last_mention(f, "05801", START_DAY - 9, START_DAY), START_DAY - 2);
	assert_int_equal(last_mention(f, "05801", START_DAY - 9, START_DAY - 3), START_DAY - 3);
	assert_int_equal(last_mention(f, "05801", START_DAY - 1, START_DAY), DAY_UNSET);
	/* Its own unit, and one that is not below it. */
	assert_int_equal(last_mention(f, "058", START_DAY - 9, START_DAY), DAY_UNSET);
	assert_int_equal(last_mention(f, "05901", START_DAY - 9, START_DAY), DAY_UNSET);
	/* L12: a stamp from the future counts as of its acceptance. */
	assert_int_equal(last_mention(f, "05802", START_DAY - 9, START_DAY + 60), START_DAY);
	signing_key_free(pc.key);
}

/* L5: whether a device spoke of its own unit does not depend on what the hub heard first. */
static void test_an_assignment_into_the_past_counts_behind_its_batches_too(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change c[] = {dossier_of("A-1", f->now, "05801"), dossier_of("A-2", f->now, "058")};
	deliver(f, &pc, next_batch(f, &pc, c, 2));
	assert_int_equal(last_mention(f, "05801", START_DAY - 9, START_DAY), START_DAY);
	assert_int_equal(last_mention(f, "058", START_DAY - 9, START_DAY), DAY_UNSET);
	assert_int_equal(device_assign(f->hub, pc.id, "05801", START_DAY - 1, "tester"), STATUS_OK);
	assert_int_equal(last_mention(f, "05801", START_DAY - 9, START_DAY), DAY_UNSET);
	assert_int_equal(last_mention(f, "058", START_DAY - 9, START_DAY), DAY_UNSET);
	/* And back: what it says later of 05801 is said by one above. */
	assert_int_equal(device_assign(f->hub, pc.id, "058", START_DAY + 1, "tester"), STATUS_OK);
	f->now += 2 * DAY;
	struct change later = dossier_of("A-3", f->now, "05801");
	deliver(f, &pc, next_batch(f, &pc, &later, 1));
	assert_int_equal(last_mention(f, "05801", START_DAY - 9, START_DAY + 2), START_DAY + 2);
	assert_int_equal(last_mention(f, "05801", START_DAY - 9, START_DAY + 1), DAY_UNSET);
	signing_key_free(pc.key);
}

/* A hub of before the table said who spoke: it is read again from the log, set-aside records included. */
static void test_an_older_hub_reads_once_who_spoke(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	struct retry_count count;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change c[] = {dossier_of("A-1", f->now, "05801"), dossier_of("A-2", f->now, "05809"),
			     dossier_of("A-3", f->now, "05901")};
	deliver(f, &pc, next_batch(f, &pc, c, 3));
	deliver(f, &pc, unreadable_batch(f, &pc));
	assert_int_equal(import_units(f->hub, "code,name,level,parent\n05809,Xa A9,commune,058\n", &fault),
			 STATUS_OK);
	assert_int_equal(retry_run(f->hub, "tester", &count), STATUS_OK);
	assert_true(count.taken == 1);
	assert_true(number(f->hub, "SELECT count(*) FROM heard") == 2);
	struct bytes before = derived_rows(f->hub);
	sql(f, "DROP TABLE heard; DROP TABLE speaks_of;"
	       "CREATE TABLE heard (unit TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (unit, day)) STRICT,"
	       " WITHOUT ROWID;"
	       "INSERT INTO heard VALUES ('05801', 1);");
	int64_t version = number(f->hub, "PRAGMA user_version");
	char back[40];
	(void)snprintf(back, sizeof(back), "PRAGMA user_version = %d", (int)version - 1);
	sql(f, back);
	reopen_hub(f);
	assert_true(number(f->hub, "PRAGMA user_version") == version);
	assert_derived(f->hub, &before);
	assert_true(number(f->hub, "SELECT count(*) FROM note WHERE name = 'mentions'") == 0);
	bytes_free(&before);
	signing_key_free(pc.key);
}

/* It opens as ever: what cannot be read is for 'verify' to tell. */
static void test_a_damaged_entry_does_not_keep_an_older_hub_shut(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "058");
	deliver(f, &pc, dossier_batch(f, &pc, "A-0"));
	struct change c = dossier_of("A-1", f->now, "05801");
	deliver(f, &pc, next_batch(f, &pc, &c, 1));
	sql(f, "UPDATE log SET body = x'00' WHERE n IN (1, 3);"
	       "DELETE FROM heard; DELETE FROM speaks_of; INSERT INTO note VALUES ('mentions', x'')");
	reopen_hub(f);
	assert_int_equal(last_mention(f, "05801", START_DAY - 9, START_DAY), START_DAY);
	signing_key_free(pc.key);
}

/* Nobody reads that nobody spoke while that is still being read from the log. */
static void test_a_reader_waits_for_what_is_still_to_be_derived(void **state)
{
	struct fixture *f = *state;
	struct hub *reader = NULL;
	sql(f, "INSERT INTO note VALUES ('mentions', x'')");
	assert_int_equal(hub_open(f->dir, &f->world, false, &reader), STATUS_BUSY);
	reopen_hub(f);
	assert_int_equal(hub_open(f->dir, &f->world, false, &reader), STATUS_OK);
	hub_close(reader);
	/* A rebuild derives everything. */
	struct hub_transaction t;
	struct state again = state_of(f->hub);
	sql(f, "INSERT INTO note VALUES ('mentions', x'')");
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_rebuild(&again, f->hub->db), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&again);
	assert_int_equal(hub_open(f->dir, &f->world, false, &reader), STATUS_OK);
	hub_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_a_record_by_a_device_above_speaks_of_the_unit),
		HUB_TEST(test_an_assignment_into_the_past_counts_behind_its_batches_too),
		HUB_TEST(test_an_older_hub_reads_once_who_spoke),
		HUB_TEST(test_a_damaged_entry_does_not_keep_an_older_hub_shut),
		HUB_TEST(test_a_reader_waits_for_what_is_still_to_be_derived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
