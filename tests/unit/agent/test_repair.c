#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/anchor.h"
#include "agent/book.h"
#include "agent/enrolment.h"
#include "agent/overview.h"
#include "agent/repair.h"
#include "agent/salvage.h"
#include "agent/seal.h"
#include "agent/sync.h"
#include "tests/unit/agent/repair_fixture.h"

enum { FLIPS_A_PAGE = 16 };

/* ST-11: keys and anchor without a database are a loss with a name, a new incarnation, and an exact list. */
static void st_11_a_lost_database_begins_anew_and_says_what_is_missing(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	struct repair_report repair;
	struct overview overview;
	queue_many(office->agent, 3);
	check_ok(sync_run(office->agent, false, &report));
	office->hub.mood = SILENT;
	queue_numbers(office->agent, 10, 12);
	assert_status(sync_run(office->agent, false, &report), UNREACHABLE);
	queue_numbers(office->agent, 13, 13);
	assert_status(sync_run(office->agent, false, &report), UNREACHABLE);
	office->hub.mood = HONEST;
	close_agent(office);
	delete_file(office, AGENT_DATABASE);
	assert_int_equal(judged(office), REPAIR_DATABASE);
	check_ok(repair_lost(office->dir, &office->world, &repair));
	assert_int_equal(repair.trouble, TROUBLE_DB_LOST);
	assert_int_equal(repair.incarnation.ordinal, 2);
	assert_int_equal(repair.sealed_before, 3);
	office_reopen(office);
	assert_string_equal(office->agent->unit, "01831");
	queue_numbers(office->agent, 20, 20);
	check_ok(sync_run(office->agent, false, &report));
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	assert_int_equal(waiting(office->agent), 0);
	check_ok(overview_read(office->agent, &overview));
	assert_int_equal(overview.trouble, TROUBLE_NONE);
	assert_int_equal(overview.n_notices, 1);
	assert_int_equal(overview.notices[0].trouble, TROUBLE_DB_LOST);
	assert_int_equal(overview.n_losses, 1);
	assert_int_equal(overview.losses[0].ordinal, 1);
	assert_int_equal(overview.losses[0].first, 2);
	assert_int_equal(overview.losses[0].last, 3);
}

/* ST-11: what was sealed and reached the hub is not called lost. */
static void st_11_nothing_is_called_lost_that_the_hub_has(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	struct repair_report repair;
	struct overview overview;
	queue_many(office->agent, 3);
	check_ok(sync_run(office->agent, false, &report));
	close_agent(office);
	delete_file(office, AGENT_DATABASE);
	check_ok(repair_lost(office->dir, &office->world, &repair));
	office_reopen(office);
	check_ok(sync_run(office->agent, false, &report));
	check_ok(overview_read(office->agent, &overview));
	assert_int_equal(overview.n_losses, 0);
}

/* ST-11: without anchor or enrolment only an invitation helps, and says so. */
static void st_11_without_the_anchor_a_new_enrolment_is_asked_for(void **state)
{
	static const char *const names[] = {ANCHOR_FILE, ENROLMENT_FILE, AGENT_IDENTITY, AGENT_KEY};
	struct office *office = *state;
	close_agent(office);
	delete_file(office, AGENT_DATABASE);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		delete_file(office, names[i]);
		if (i + 1 < sizeof(names) / sizeof(names[0]))
			assert_int_equal(judged(office), REPAIR_KEY);
	}
	assert_int_equal(judged(office), REPAIR_NOT_ENROLLED);
	check_ok(office_enroll(office));
	office_reopen(office);
}

/* Opens, checks as the service does, and syncs. */
static enum status work(struct office *office)
{
	struct sync_report report;
	close_agent(office);
	enum status s = agent_open(office->dir, &office->world, &office->agent);
	if (s == STATUS_OK)
		s = database_check(office->agent->db);
	return s == STATUS_OK ? sync_run(office->agent, false, &report) : s;
}

/* What the hub got and what the repair called unreadable make up everything that was entered. */
static void assert_nothing_vanished(const struct office *office, int64_t lost)
{
	int came = 0;
	for (int i = 1; i <= DOSSIERS; i++)
		came += (office->hub.seen >> i) & 1U ? 1 : 0;
	assert_true(lost == SALVAGE_UNKNOWN || came + lost >= DOSSIERS);
	assert_int_equal(waiting(office->agent), 0);
}

/*
 * ST-09: one bit in each page, at a place that wanders. Either nothing is harmed and everything arrives, or it is
 * noticed by name; then the damaged file is kept, and what can be read of it goes on.
 */
static void st_09_a_flipped_bit_is_harmless_or_named(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	char copy[DIR_TEXT + 8];
	int named = 0;
	queue_numbers(office->agent, 1, 20);
	check_ok(sync_run(office->agent, false, &report));
	queue_numbers(office->agent, 21, DOSSIERS);
	close_agent(office);
	(void)snprintf(copy, sizeof(copy), "%s.old", office->dir);
	office_copy(office->dir, copy);
	const uint64_t seen = office->hub.seen;
	const size_t held = office->hub.n_held;
	for (long i = 0; i < FLIPS_A_PAGE * pages_of(office); i++) {
		struct repair_report repair = {0};
		flip(office, i / FLIPS_A_PAGE, (int)(i * 997 + 101) % PAGE);
		enum status s = work(office);
		if (s != STATUS_OK) {
			assert_status(s, CORRUPT);
			named++;
			close_agent(office);
			check_ok(repair_damaged(office->dir, &office->world, &repair));
			assert_int_equal(repair.trouble, TROUBLE_SALVAGED);
			assert_true(has_file(office, repair.kept_in));
			check_ok(work(office));
		}
		assert_nothing_vanished(office, repair.damaged);
		close_agent(office);
		remove_below(office->dir);
		office_copy(copy, office->dir);
		office->hub.seen = seen;
		office->hub.n_held = held;
	}
	assert_true(named > 0);
	remove_below(copy);
}

/* The book of a salvaged database knows what was entered, so that a file read again brings nothing twice. */
static void a_salvaged_book_knows_what_was_entered(void **state)
{
	struct office *office = *state;
	struct repair_report repair;
	struct change c = dossier("A-7", NOON - 60000 + 7, DOSSIER_ACCEPTED);
	queue_numbers(office->agent, 1, 20);
	close_agent(office);
	check_ok(repair_damaged(office->dir, &office->world, &repair));
	assert_int_equal(repair.damaged, 0);
	assert_int_equal(repair.waiting, 20);
	office_reopen(office);
	assert_false(queue_one(office->agent, &c));
	assert_int_equal(waiting(office->agent), 20);
}

static void a_file_that_is_no_database_leaves_only_what_stands_beside_it(void **state)
{
	struct office *office = *state;
	struct repair_report repair;
	struct sync_report report;
	char *path = path_join(office->dir, AGENT_DATABASE);
	queue_numbers(office->agent, 1, 2);
	check_ok(sync_run(office->agent, false, &report));
	close_agent(office);
	check_ok(file_write(path,
			    slice_str("no database at all, but long enough to be looked at by its header ..."
				      "..............................................................."),
			    0600));
	assert_int_equal(judged(office), REPAIR_DAMAGED);
	check_ok(repair_damaged(office->dir, &office->world, &repair));
	assert_int_equal(repair.salvaged, 0);
	office_reopen(office);
	check_ok(sync_run(office->agent, false, &report));
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	free(path);
}

/* Whoever has the old file open would go on writing into it, and all of that would be lost. */
static void nothing_is_repaired_while_somebody_is_at_work(void **state)
{
	struct office *office = *state;
	struct repair_report repair;
	queue_numbers(office->agent, 1, 2);
	assert_status(repair_damaged(office->dir, &office->world, &repair), BUSY);
	assert_int_equal(waiting(office->agent), 2);
	close_agent(office);
	check_ok(repair_damaged(office->dir, &office->world, &repair));
	assert_int_equal(repair.waiting, 2);
}

/* ST-11: the file goes away under a running service: nothing more is taken into it. */
static void st_11_a_database_deleted_while_it_is_open_is_noticed(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	check_ok(agent_check_file(office->agent));
	delete_file(office, AGENT_DATABASE);
	assert_status(agent_check_file(office->agent), LOST_DATA);
	assert_status(sync_run(office->agent, true, &report), LOST_DATA);
	assert_int_equal(office->hub.n_held, 0);
}

/* An attempt that broke off at any of its steps leaves something that the next one mends. */
static void a_repair_that_broke_off_is_done_again(void **state)
{
	struct office *office = *state;
	struct repair_report repair;
	char *half = path_join(office->dir, AGENT_DATABASE ".new");
	queue_numbers(office->agent, 1, 5);
	close_agent(office);
	check_ok(file_write(half, slice_str("half a database"), 0600));
	check_ok(repair_damaged(office->dir, &office->world, &repair));
	assert_int_equal(repair.waiting, 5);
	assert_false(has_file(office, AGENT_DATABASE ".new"));
	office_reopen(office);
	assert_int_equal(waiting(office->agent), 5);
	free(half);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(st_11_a_lost_database_begins_anew_and_says_what_is_missing),
		WITH_OFFICE(st_11_nothing_is_called_lost_that_the_hub_has),
		WITH_OFFICE(st_11_without_the_anchor_a_new_enrolment_is_asked_for),
		WITH_OFFICE(st_09_a_flipped_bit_is_harmless_or_named),
		WITH_OFFICE(nothing_is_repaired_while_somebody_is_at_work),
		WITH_OFFICE(st_11_a_database_deleted_while_it_is_open_is_noticed),
		WITH_OFFICE(a_repair_that_broke_off_is_done_again),
		WITH_OFFICE(a_salvaged_book_knows_what_was_entered),
		WITH_OFFICE(a_file_that_is_no_database_leaves_only_what_stands_beside_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
