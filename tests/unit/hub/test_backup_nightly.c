#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/backup_nightly.h"
#include "tests/unit/hub/hub_fixture.h"
#include "tests/unit/hub/backup_fixture.h"

#include <time.h>

enum { WAIT_MS = 20000 };

static int64_t at(const char *text)
{
	int64_t ms = 0;
	assert_int_equal(time_parse(text, strlen(text), &ms), STATUS_OK);
	return ms;
}

static void test_one_is_due_once_a_day_from_its_hour_on(void **state)
{
	(void)state;
	int64_t one = at("2024-03-01T01:00:00+07:00");
	assert_true(nightly_due(one, TIME_UNSET, 1));
	assert_true(nightly_due(one, one - 1, 1));
	assert_false(nightly_due(one, one, 1));
	assert_false(nightly_due(one + DAY - 1, one, 1));
	assert_true(nightly_due(one + DAY, one, 1));
	/* Made by hand at noon: the next night all the same. */
	assert_false(nightly_due(one + 20 * 60 * MINUTE, one + 11 * 60 * MINUTE, 1));
	assert_true(nightly_due(one + DAY + MINUTE, one + 11 * 60 * MINUTE, 1));
	/* The machine was off at night: it is made up for. */
	assert_true(nightly_due(one + 8 * 60 * MINUTE, one - DAY, 1));
	/* The clock was set back. */
	assert_true(nightly_due(one, one + 300 * DAY, 1));
	assert_false(nightly_due(at("2024-03-01T00:59:59+07:00"), at("2024-02-29T01:00:00+07:00"), 1));
	assert_true(nightly_due(at("2024-03-01T00:00:00+07:00"), at("2024-02-29T23:59:59+07:00"), 0));
}

static void put(const struct place *p, const char *name)
{
	char *path = path_join(p->dir, name);
	assert_int_equal(file_write(path, slice_str("x"), 0600), STATUS_OK);
	free(path);
}

static void test_the_newest_are_kept_and_nothing_else_is_touched(void **state)
{
	(void)state;
	struct place p = new_place();
	static const char *const old[] = {"hub-20231231-2359.backup", "hub-20240101-0100.backup",
					  "hub-20240102-0100.backup.part", "hub-20240102-0100.backup.part-journal"};
	static const char *const kept[] = {
		"hub-20240102-0100.backup", "hub-20240103-0100.backup",  "acts.log",
		"hub-2024010x-0100.backup", "hub-20240101-0100.backups", "by-hand.backup",
		"hub-1.backup.part"};
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		put(&p, old[i]);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		put(&p, kept[i]);
	assert_int_equal(nightly_prune(p.dir, 2), STATUS_OK);
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		assert_false(there_is(p.dir, old[i]));
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		assert_true(there_is(p.dir, kept[i]));
	drop_place(&p);
}

/* A thread of its own beside the hub that serves. */
static void test_it_makes_the_one_that_is_due_and_no_other(void **state)
{
	struct fixture *f = *state;
	struct place p = new_place();
	struct nightly *nightly = NULL;
	const struct nightly_plan plan = {.folder = p.dir, .hour = 1, .keep = 3};
	struct backup_note note = {0};
	enum status s = STATUS_EMPTY;
	for (int life = 0; life < 2; life++) { /* the second time none is due */
		assert_int_equal(nightly_start(f->dir, &f->world, &plan, &nightly), STATUS_OK);
		for (int waited = 0; life == 0 && s == STATUS_EMPTY && waited < WAIT_MS; waited += 10) {
			const struct timespec nap = {.tv_nsec = 10000000};
			(void)nanosleep(&nap, NULL);
			s = backup_note_get(f->hub, &note);
		}
		nightly_stop(nightly);
		assert_int_equal(s, STATUS_OK);
	}
	assert_true(there_is(p.dir, "hub-20240301-0810.backup"));
	assert_true(there_is(p.dir, "acts.log"));
	assert_true(note.at == START);
	hub_close(f->hub);
	assert_int_equal(hub_open(f->dir, &f->world, true, &f->hub), STATUS_OK);
	drop_place(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_is_due_once_a_day_from_its_hour_on),
		cmocka_unit_test(test_the_newest_are_kept_and_nothing_else_is_touched),
		cmocka_unit_test_setup_teardown(test_it_makes_the_one_that_is_due_and_no_other, fixture_up,
						fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
