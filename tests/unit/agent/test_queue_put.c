#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/book.h"
#include "agent/seal.h"
#include "agent/sync.h"
#include "tests/unit/agent/office.h"

#define MINUTE INT64_C(60000)

static struct change listing(int64_t at, int64_t status)
{
	struct change c = dossier("A", at, status);
	c.time_stated = false;
	return c;
}

static struct queue_outcome put_from(const struct office *office, int64_t import, const struct change *c)
{
	const struct queue_source source = {.import = import};
	struct queue_outcome outcome;
	check_ok(database_begin(office->agent->db));
	check_ok(queue_put(office->agent, &source, c, &outcome));
	check_ok(database_commit(office->agent->db));
	return outcome;
}

static struct queue_outcome put(const struct office *office, const struct change *c)
{
	return put_from(office, 0, c);
}

static int64_t status_of(const struct office *office)
{
	struct book_entry entry;
	struct resolved facts;
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	check_ok(book_resolve(office->agent, &entry.thing, &facts));
	int64_t status = resolved_number(&facts, FIELD_STATUS, 0);
	resolved_free(&facts);
	book_clear(&entry);
	return status;
}

static void an_older_export_after_a_newer_one_travels_and_changes_nothing_now(void **state)
{
	const struct office *office = *state;
	struct change newer = listing(NOON - MINUTE, DOSSIER_DONE);
	struct change older = listing(NOON - 5 * MINUTE, DOSSIER_ACCEPTED);
	assert_true(put(office, &newer).queued);
	assert_true(put(office, &older).queued);
	assert_int_equal(waiting(office->agent), 2);
	assert_int_equal(status_of(office), DOSSIER_DONE);
	assert_false(put(office, &older).queued);
	assert_false(put(office, &newer).queued);
}

static void a_null_imported_before_its_value_stays_cleared(void **state)
{
	const struct office *office = *state;
	struct change cleared = listing(NOON - MINUTE, 0);
	struct change value = listing(NOON - 5 * MINUTE, DOSSIER_ACCEPTED);
	change_set_null(&cleared, FIELD_STATUS);
	assert_true(put(office, &cleared).queued);
	assert_true(put(office, &value).queued);
	assert_int_equal(status_of(office), 0);
}

static void a_repeated_row_is_confirmed_and_not_queued(void **state)
{
	const struct office *office = *state;
	struct change first = listing(NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change again = listing(NOON - MINUTE, DOSSIER_ACCEPTED);
	assert_true(put(office, &first).queued);
	assert_false(put(office, &again).queued);
	assert_int_equal(waiting(office->agent), 1);
	assert_int_equal(ask(office->agent, "SELECT until FROM confirmed"), NOON - MINUTE);
}

static void a_confirmation_outlives_a_late_older_write(void **state)
{
	const struct office *office = *state;
	struct change first = listing(NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change again = listing(NOON - MINUTE, DOSSIER_ACCEPTED);
	struct change late = dossier("A", NOON - 5 * MINUTE, DOSSIER_NEED_DOCS);
	assert_true(put(office, &first).queued);
	assert_false(put(office, &again).queued);
	assert_true(put(office, &late).queued);
	assert_int_equal(status_of(office), DOSSIER_ACCEPTED);
	assert_int_equal(waiting(office->agent), 3);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM confirmed"), 0);
	assert_false(put(office, &again).queued);
	struct book_entry entry;
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	const struct origin *last = &entry.thing.origins[entry.thing.n_origins - 1];
	assert_int_equal(last->changed_at, NOON - MINUTE);
	assert_false(last->time_stated);
	book_clear(&entry);
}

static void a_late_write_of_the_same_value_takes_the_confirmation_over(void **state)
{
	const struct office *office = *state;
	struct change first = listing(NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change again = listing(NOON - MINUTE, DOSSIER_ACCEPTED);
	struct change same = dossier("A", NOON - 5 * MINUTE, DOSSIER_ACCEPTED);
	struct change late = dossier("A", NOON - 3 * MINUTE, DOSSIER_NEED_DOCS);
	(void)put(office, &first); /* each is looked at by the counts below */
	(void)put(office, &again);
	(void)put(office, &same);
	assert_int_equal(waiting(office->agent), 2);
	assert_int_equal(ask(office->agent, "SELECT change FROM confirmed"), 2);
	(void)put(office, &late);
	assert_int_equal(waiting(office->agent), 4);
	assert_int_equal(status_of(office), DOSSIER_ACCEPTED);
}

static void a_write_outside_what_was_confirmed_travels_alone(void **state)
{
	const struct office *office = *state;
	struct change first = listing(NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change again = listing(NOON - 5 * MINUTE, DOSSIER_ACCEPTED);
	struct change before = dossier("A", NOON - 20 * MINUTE, DOSSIER_SUBMITTED);
	struct change after = dossier("A", NOON - MINUTE, DOSSIER_DONE);
	(void)put(office, &first);
	(void)put(office, &again);
	(void)put(office, &before);
	(void)put(office, &after);
	assert_int_equal(waiting(office->agent), 3);
	assert_int_equal(status_of(office), DOSSIER_DONE);
}

static void fields_confirmed_at_two_times_come_back_as_two_changes(void **state)
{
	const struct office *office = *state;
	struct change first = listing(NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change status_again = listing(NOON - MINUTE, DOSSIER_ACCEPTED);
	struct change fee_again = change_new(KIND_DOSSIER);
	struct change late = dossier("A", NOON - 5 * MINUTE, DOSSIER_NEED_DOCS);
	fee_again.key = first.key;
	fee_again.changed_at = NOON - 2 * MINUTE;
	change_set_number(&first, FIELD_FEE, 8000);
	change_set_number(&fee_again, FIELD_FEE, 8000);
	change_set_number(&late, FIELD_FEE, 0);
	(void)put(office, &first);
	(void)put(office, &fee_again);
	(void)put(office, &status_again);
	(void)put(office, &late);
	assert_int_equal(waiting(office->agent), 4);
	assert_int_equal(status_of(office), DOSSIER_ACCEPTED);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM confirmed"), 0);
}

/* Two files of the same time: what came with one can be taken back alone. */
static void fields_confirmed_by_two_imports_come_back_as_two_changes(void **state)
{
	const struct office *office = *state;
	struct change status = listing(NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change status_again = listing(NOON - MINUTE, DOSSIER_ACCEPTED);
	struct change fee = change_new(KIND_DOSSIER);
	struct change late = dossier("A", NOON - 5 * MINUTE, DOSSIER_NEED_DOCS);
	fee.key = status.key;
	fee.changed_at = NOON - 8 * MINUTE;
	change_set_number(&fee, FIELD_FEE, 8000);
	struct change fee_again = fee;
	fee_again.changed_at = status_again.changed_at;
	change_set_number(&late, FIELD_FEE, 0);
	(void)put(office, &status);
	(void)put(office, &fee);
	(void)put_from(office, 1, &fee_again);
	(void)put_from(office, 2, &status_again);
	(void)put(office, &late);
	assert_int_equal(waiting(office->agent), 5);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM change WHERE import = 1"), 1);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM change WHERE import = 2"), 1);
}

/* Between the two listings the status stood again: the first of them is what comes back, the second confirms it. */
static void the_first_of_several_confirmations_comes_back(void **state)
{
	const struct office *office = *state;
	struct change first = listing(NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change again = listing(NOON - 4 * MINUTE, DOSSIER_ACCEPTED);
	struct change once_more = listing(NOON - 2 * MINUTE, DOSSIER_ACCEPTED);
	struct change late = dossier("A", NOON - 5 * MINUTE, DOSSIER_NEED_DOCS);
	struct change later = dossier("A", NOON - 3 * MINUTE, DOSSIER_STOPPED);
	(void)put(office, &first);
	(void)put(office, &again);
	(void)put(office, &once_more);
	(void)put(office, &late);
	assert_int_equal(waiting(office->agent), 3);
	assert_int_equal(status_of(office), DOSSIER_ACCEPTED);
	(void)put(office, &later);
	assert_int_equal(waiting(office->agent), 5);
	assert_int_equal(status_of(office), DOSSIER_ACCEPTED);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM confirmed"), 0);
}

static void a_listing_after_the_last_word_of_the_hub_travels(void **state)
{
	struct office *office = *state;
	struct change first = listing(NOON - MINUTE, DOSSIER_ACCEPTED);
	struct change near = listing(NOON + 10 * MINUTE, DOSSIER_ACCEPTED);
	struct change beyond = listing(NOON + 10 * MINUTE + 1, DOSSIER_ACCEPTED);
	office->now = NOON + 60 * MINUTE;
	assert_true(put(office, &first).queued);
	assert_false(put(office, &near).queued);
	assert_true(put(office, &beyond).queued);
	assert_false(put(office, &beyond).queued);
}

static void a_row_on_a_void_thing_is_told(void **state)
{
	const struct office *office = *state;
	struct change taken_back = dossier("A", NOON - 2 * MINUTE, DOSSIER_ACCEPTED);
	struct change row = listing(NOON - MINUTE, DOSSIER_DONE);
	change_set_number(&taken_back, FIELD_VOID, 1);
	assert_false(put(office, &taken_back).on_void);
	assert_true(put(office, &row).on_void);
	struct change back = dossier("A", NOON, DOSSIER_DONE);
	change_set_null(&back, FIELD_VOID);
	assert_false(put(office, &back).on_void);
}

/* Two writes under a clock two days ahead, then the right time: the receipt bounds their stamps. */
static void a_receipt_moves_the_stamp_of_what_was_dated_ahead(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	office->now = NOON + 2 * 1440 * MINUTE;
	struct change ahead = dossier("A", office->now, DOSSIER_DONE);
	assert_true(put(office, &ahead).queued);
	office->now = NOON;
	office->hub.time = NOON;
	check_ok(sync_run(office->agent, false, &report));
	struct book_entry entry;
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	assert_int_equal(book_last_stamp(&entry.thing), NOON + CLOCK_TOLERANCE_MS);
	book_clear(&entry);
	struct change later = dossier("A", NOON + 11 * MINUTE, DOSSIER_RETURNED);
	office->now = NOON + 11 * MINUTE;
	assert_true(put(office, &later).queued);
	assert_int_equal(status_of(office), DOSSIER_RETURNED);
}

/* Of a program that knew neither the digest of a record nor the newest time in a batch. */
static void what_an_older_program_queued_and_sealed_is_settled_as_well(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	struct book_entry entry;
	size_t batches = 0;
	office->now = NOON + 2 * 1440 * MINUTE;
	struct change ahead = dossier("A", office->now, DOSSIER_DONE);
	assert_true(put(office, &ahead).queued);
	check_ok(database_script(office->agent->db, "UPDATE change SET digest = NULL"));
	check_ok(seal_waiting(office->agent, false, &batches));
	assert_int_equal(batches, 1);
	check_ok(database_script(office->agent->db, "UPDATE batch SET newest = NULL"));
	office->now = NOON;
	office->hub.time = NOON;
	check_ok(sync_run(office->agent, false, &report));
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	assert_int_equal(book_last_stamp(&entry.thing), NOON + CLOCK_TOLERANCE_MS);
	book_clear(&entry);
}

static void a_receipt_gives_back_a_stamp_that_a_slow_clock_bounded(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	struct change ahead = dossier("A", NOON + 30 * MINUTE, DOSSIER_DONE);
	struct change now = dossier("A", NOON + 15 * MINUTE, DOSSIER_ACCEPTED);
	assert_true(put(office, &ahead).queued);
	office->now = NOON + 25 * MINUTE;
	assert_true(put(office, &now).queued);
	assert_int_equal(status_of(office), DOSSIER_ACCEPTED);
	office->hub.time = office->now;
	check_ok(sync_run(office->agent, false, &report));
	assert_int_equal(status_of(office), DOSSIER_DONE);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM ahead"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(an_older_export_after_a_newer_one_travels_and_changes_nothing_now),
		WITH_OFFICE(a_null_imported_before_its_value_stays_cleared),
		WITH_OFFICE(a_repeated_row_is_confirmed_and_not_queued),
		WITH_OFFICE(a_confirmation_outlives_a_late_older_write),
		WITH_OFFICE(a_late_write_of_the_same_value_takes_the_confirmation_over),
		WITH_OFFICE(a_write_outside_what_was_confirmed_travels_alone),
		WITH_OFFICE(fields_confirmed_at_two_times_come_back_as_two_changes),
		WITH_OFFICE(fields_confirmed_by_two_imports_come_back_as_two_changes),
		WITH_OFFICE(the_first_of_several_confirmations_comes_back),
		WITH_OFFICE(a_listing_after_the_last_word_of_the_hub_travels),
		WITH_OFFICE(a_row_on_a_void_thing_is_told),
		WITH_OFFICE(a_receipt_moves_the_stamp_of_what_was_dated_ahead),
		WITH_OFFICE(what_an_older_program_queued_and_sealed_is_settled_as_well),
		WITH_OFFICE(a_receipt_gives_back_a_stamp_that_a_slow_clock_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
