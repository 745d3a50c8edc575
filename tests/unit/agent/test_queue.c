#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/book.h"
#include "agent/queue.h"
#include "tests/unit/agent/office.h"

static bool append_now(const struct agent *a, const struct change *c)
{
	const struct queue_source source = {.time_is_now = true};
	bool queued = false;
	check_ok(database_begin(a->db));
	check_ok(queue_append(a, &source, c, &queued));
	check_ok(database_commit(a->db));
	return queued;
}

static int64_t last_stamp(const struct agent *a, const char *code)
{
	struct book_entry entry;
	check_ok(book_load(a, KIND_DOSSIER, slice_str(code), &entry));
	int64_t stamp = book_last_stamp(&entry.thing);
	book_clear(&entry);
	return stamp;
}

static void what_is_appended_waits(void **state)
{
	const struct office *office = *state;
	struct queue_counts counts;
	queue_many(office->agent, 3);
	check_ok(queue_count(office->agent, &counts));
	assert_int_equal(counts.waiting, 3);
	assert_int_equal(counts.unsealed, 3);
	assert_int_equal(counts.first_waiting, 1);
}

static void a_rolled_back_change_leaves_nothing_behind(void **state)
{
	const struct office *office = *state;
	const struct queue_source source = {0};
	struct change c = dossier("A", NOON, DOSSIER_ACCEPTED);
	bool queued = false;
	check_ok(database_begin(office->agent->db));
	check_ok(queue_append(office->agent, &source, &c, &queued));
	assert_true(queued);
	database_rollback(office->agent->db);
	assert_int_equal(waiting(office->agent), 0);
	assert_int_equal(last_stamp(office->agent, "A"), TIME_UNSET);
}

static void two_changes_of_one_moment_keep_their_order(void **state)
{
	const struct office *office = *state;
	struct change first = dossier("A", NOON, DOSSIER_ACCEPTED);
	struct change second = dossier("A", NOON, DOSSIER_DONE);
	assert_true(append_now(office->agent, &first));
	assert_true(append_now(office->agent, &second));
	assert_int_equal(last_stamp(office->agent, "A"), NOON + 1);
}

static void a_clock_set_back_a_little_keeps_the_order_a_lot_does_not(void **state)
{
	const struct office *office = *state;
	struct change first = dossier("A", NOON, DOSSIER_ACCEPTED);
	struct change little = dossier("A", NOON - CLOCK_TOLERANCE_MS, DOSSIER_DONE);
	struct change lot = dossier("A", NOON - CLOCK_TOLERANCE_MS - 5, DOSSIER_RETURNED);
	assert_true(append_now(office->agent, &first));
	assert_true(append_now(office->agent, &little));
	assert_int_equal(last_stamp(office->agent, "A"), NOON + 1);
	assert_true(append_now(office->agent, &lot));
	assert_int_equal(last_stamp(office->agent, "A"), NOON + 1);
}

static void taking_goes_by_age_and_stops_at_the_limit(void **state)
{
	const struct office *office = *state;
	struct batch_writer *writer = batch_writer_new();
	struct queue_taken taken;
	queue_many(office->agent, 5);
	check_ok(queue_take(office->agent, writer, 3, &taken));
	assert_int_equal(taken.count, 3);
	assert_int_equal(taken.last, 3);
	assert_int_equal(batch_writer_count(writer), 3);
	batch_writer_free(writer);
}

static void sealed_changes_are_not_taken_again(void **state)
{
	const struct office *office = *state;
	struct batch_writer *writer = batch_writer_new();
	enum queue_place place = QUEUE_UNKNOWN;
	struct queue_counts counts;
	struct queue_taken taken;
	queue_many(office->agent, 5);
	check_ok(queue_seal(office->agent, 1, 3, NOON));
	check_ok(queue_take(office->agent, writer, 10, &taken));
	assert_int_equal(taken.count, 2);
	check_ok(queue_count(office->agent, &counts));
	assert_int_equal(counts.waiting, 5);
	assert_int_equal(counts.unsealed, 2);
	check_ok(queue_find(office->agent, 3, &place));
	assert_int_equal(place, QUEUE_SEALED);
	check_ok(queue_find(office->agent, 4, &place));
	assert_int_equal(place, QUEUE_WAITING);
	check_ok(queue_find(office->agent, 99, &place));
	assert_int_equal(place, QUEUE_UNKNOWN);
	batch_writer_free(writer);
}

static void a_record_reads_back_as_it_was_queued(void **state)
{
	const struct office *office = *state;
	struct bytes record = bytes_new(LIMIT_LINE);
	struct change c = dossier("A", NOON - 7, DOSSIER_ACCEPTED);
	struct change back;
	assert_true(queue_one(office->agent, &c));
	check_ok(queue_record(office->agent, 1, &record));
	check_ok(change_decode(bytes_slice(&record), &back));
	assert_int_equal(back.changed_at, NOON - 7);
	assert_true(slice_equal(back.key, c.key));
	assert_status(queue_record(office->agent, 2, &record), EMPTY);
	bytes_free(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(what_is_appended_waits),
		WITH_OFFICE(a_rolled_back_change_leaves_nothing_behind),
		WITH_OFFICE(two_changes_of_one_moment_keep_their_order),
		WITH_OFFICE(a_clock_set_back_a_little_keeps_the_order_a_lot_does_not),
		WITH_OFFICE(taking_goes_by_age_and_stops_at_the_limit),
		WITH_OFFICE(sealed_changes_are_not_taken_again),
		WITH_OFFICE(a_record_reads_back_as_it_was_queued),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
