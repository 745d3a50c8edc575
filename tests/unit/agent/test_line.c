#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/line.h"
#include "agent/sync.h"
#include "tests/unit/agent/office.h"

/* Changes that do not compress: some ten bytes each. */
static void queue_noise(const struct agent *a, int n)
{
	const struct queue_source source = {0};
	bool queued = false;
	check_ok(database_begin(a->db));
	for (int i = 1; i <= n; i++) {
		char code[LIMIT_CODE];
		(void)snprintf(code, sizeof(code), "N-%08x", (unsigned)random_u64());
		struct change c = dossier(code, NOON - 60000 + i, DOSSIER_ACCEPTED);
		change_set_number(&c, FIELD_FEE, (int64_t)(random_u64() % 1000000000));
		check_ok(queue_append(a, &source, &c, &queued));
	}
	check_ok(database_commit(a->db));
}

static void a_quarter_is_tried_next_down_to_the_least(void **state)
{
	(void)state;
	struct line line = {.bytes = 64 * 1024};
	line_broke_off(&line, 40 * 1024);
	assert_int_equal(line.bytes, 10 * 1024);
	assert_int_equal(line.calm, LINE_CALM);
	line_broke_off(&line, 200 * 1024); /* one batch that is larger went alone */
	assert_int_equal(line.bytes, 10 * 1024 / 4);
	line_broke_off(&line, 10 * 1024 / 4);
	assert_int_equal(line.bytes, LINE_LEAST);
	line_broke_off(&line, 100 * 1024);
	assert_int_equal(line.bytes, LINE_LEAST);
}

static void what_is_small_did_not_fail_for_its_size(void **state)
{
	(void)state;
	struct line line = {.bytes = LINE_START};
	line_broke_off(&line, LINE_LEAST);
	assert_int_equal(line.bytes, LINE_START);
	assert_int_equal(line.calm, LINE_CALM);
}

static void it_grows_again_once_enough_has_arrived(void **state)
{
	(void)state;
	struct line line = {.bytes = LINE_LEAST, .calm = LINE_CALM};
	line_carried(&line, LINE_LEAST / 2 - 1); /* says nothing */
	assert_int_equal(line.calm, LINE_CALM);
	for (int i = 0; i < LINE_CALM; i++) {
		assert_int_equal(line.bytes, LINE_LEAST);
		line_carried(&line, LINE_LEAST);
	}
	line_carried(&line, LINE_LEAST);
	line_carried(&line, LINE_LEAST);
	assert_int_equal(line.bytes, 4 * LINE_LEAST);
	for (int i = 0; i < 100; i++)
		line_carried(&line, LINE_MOST);
	assert_int_equal(line.bytes, LINE_MOST);
}

static void batches_are_no_larger_than_the_line_carries(void **state)
{
	(void)state;
	for (size_t bytes = LINE_LEAST; bytes <= LINE_MOST; bytes += 1000) {
		const struct line line = {.bytes = bytes};
		struct seal_bounds bounds = line_bounds(&line, 0);
		assert_true(bounds.changes >= 24 && bounds.changes <= BATCH_TAKE);
		assert_true(bounds.batch < bytes && bounds.batch <= LIMIT_BATCH_SEALED);
		assert_int_equal(bounds.total, bytes);
		assert_int_equal(line_bounds(&line, (int64_t)bytes - 1).total, 1);
		assert_int_equal(line_bounds(&line, (int64_t)bytes).total, 0);
		assert_int_equal(line_bounds(&line, INT64_MAX).total, 0);
	}
}

static void what_is_made_meanwhile_is_as_much_as_goes_next_in_parts_as_now(void **state)
{
	(void)state;
	struct line line = {.bytes = LINE_START};
	const struct seal_bounds now = line_bounds(&line, 0);
	struct seal_bounds ahead = line_bounds_ahead(&line, LINE_START, 0);
	assert_int_equal(ahead.total, 2 * LINE_START);
	assert_int_equal(ahead.batch, now.batch);
	assert_int_equal(ahead.changes, now.changes);
	assert_int_equal(line_bounds_ahead(&line, LINE_START, 5000).total, 2 * LINE_START - 5000);
	assert_int_equal(line_bounds_ahead(&line, LINE_START, INT64_MAX).total, 0);
	assert_int_equal(line_bounds_ahead(&line, LINE_START / 2 - 1, 0).total, LINE_START);
	line.calm = LINE_CALM;
	assert_int_equal(line_bounds_ahead(&line, LINE_START, 0).total, LINE_START);
	assert_int_equal(line.calm, LINE_CALM);
}

static void it_is_kept_within_its_bounds(void **state)
{
	struct office *office = *state;
	struct database *db = office->agent->db;
	struct line line;
	check_ok(line_read(db, &line));
	assert_int_equal(line.bytes, LINE_START);
	assert_int_equal(line.calm, 0);
	check_ok(line_keep(db, &line));
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM meta WHERE name LIKE 'line%'"), 0);
	line = (struct line){.bytes = 2000, .calm = 3};
	check_ok(line_keep(db, &line));
	check_ok(line_read(db, &line));
	assert_int_equal(line.bytes, 2000);
	assert_int_equal(line.calm, 3);
	check_ok(database_script(db, "UPDATE meta SET number = 1 << 20 WHERE name = 'line_bytes'"));
	check_ok(line_read(db, &line));
	assert_int_equal(line.bytes, LINE_START);
	check_ok(database_script(db, "UPDATE meta SET number = -5 WHERE name LIKE 'line%'"));
	check_ok(line_read(db, &line));
	assert_int_equal(line.bytes, LINE_START);
	assert_int_equal(line.calm, LINE_CALM);
}

/* Syncs until all is acknowledged; how many attempts that took. */
static int drain(struct office *office, int most)
{
	struct sync_report report;
	enum status s = STATUS_BROKEN_OFF;
	int attempts = 0;
	while (s == STATUS_BROKEN_OFF && attempts++ < most)
		s = sync_run(office->agent, false, &report);
	check_ok(s);
	assert_int_equal(waiting(office->agent), 0);
	return attempts;
}

static void a_good_line_is_asked_once_and_a_backlog_grows_with_it(void **state)
{
	struct office *office = *state;
	int before = office->hub.exchanges;
	queue_noise(office->agent, 100);
	assert_int_equal(drain(office, 1), 1);
	assert_int_equal(office->hub.exchanges, before + 1);
	before = office->hub.exchanges;
	queue_noise(office->agent, 20000);
	assert_int_equal(drain(office, 1), 1);
	assert_in_range(office->hub.exchanges - before, 3, 8);
	assert_in_range(office->hub.longest, LINE_MOST / 2, 2 * LINE_MOST);
	/* What it carried once is not asked again step by step. */
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'line_bytes'"), LINE_MOST);
	before = office->hub.exchanges;
	queue_noise(office->agent, 4000);
	assert_int_equal(drain(office, 1), 1);
	assert_int_equal(office->hub.exchanges, before + 1);
}

static void nw_12_what_breaks_off_goes_in_smaller_parts(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	office->hub.carries = 2600;
	queue_noise(office->agent, 2000);
	assert_status(sync_run(office->agent, false, &report), BROKEN_OFF);
	assert_true(ask(office->agent, "SELECT number FROM meta WHERE name = 'line_bytes'") < LINE_START);
	assert_in_range(drain(office, 20), 1, 20);
	/* The next backlog begins with what is known: however far it had grown again, no further than it carried.
	 */
	office->hub.longest = 0;
	office->hub.carries = 0;
	queue_noise(office->agent, 100);
	assert_int_equal(drain(office, 1), 1);
	assert_in_range(office->hub.longest, 1, 2600);
}

static void nw_12_what_was_made_meanwhile_goes_in_small_parts_too(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	office->hub.carries = LINE_START + LINE_START / 2;
	queue_noise(office->agent, 6000);
	assert_status(sync_run(office->agent, false, &report), BROKEN_OFF);
	assert_true(report.settlement.acknowledged > 0);
	assert_true(report.sealed > report.sent);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM batch WHERE receipt IS NOT NULL"),
			 office->hub.n_held);
	/* No more of it with every attempt that fails. */
	int64_t sealed = ask(office->agent, "SELECT sum(size) FROM batch WHERE accepted_at IS NULL");
	office->hub.carries = 500;
	for (int i = 0; i < 5; i++)
		assert_status(sync_run(office->agent, false, &report), BROKEN_OFF);
	assert_int_equal(ask(office->agent, "SELECT sum(size) FROM batch WHERE accepted_at IS NULL"), sealed);
	office->hub.carries = LINE_START / 2;
	assert_in_range(drain(office, 20), 1, 20);
	assert_in_range(ask(office->agent, "SELECT max(size) FROM batch"), 1, LINE_START / 2);
}

static void what_fails_meanwhile_is_told_though_the_line_fails_too(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_noise(office->agent, 6000);
	check_ok(database_script(office->agent->db, "UPDATE change SET record = x'00' WHERE id = 2800"));
	office->hub.carries = LINE_START;
	assert_status(sync_run(office->agent, false, &report), CORRUPT);
	assert_true(office->hub.longest > LINE_START);
	assert_true(report.settlement.acknowledged > 0);
}

static void nw_22_a_line_of_single_packets_is_kept_to_them(void **state)
{
	struct office *office = *state;
	queue_noise(office->agent, 40);
	office->hub.carries = 400; /* it has never carried more than a question */
	struct sync_report report;
	check_ok(database_script(office->agent->db, "INSERT INTO meta (name, number) VALUES ('line_bytes', 1100)"));
	assert_status(sync_run(office->agent, false, &report), BROKEN_OFF);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'line_bytes'"), 1100);
	office->hub.carries = 1300;
	office->hub.longest = 0;
	queue_noise(office->agent, 1500);
	/* Eight arrive for one that tries more. */
	assert_in_range(drain(office, 20), 2, 20);
	assert_int_equal(ask(office->agent, "SELECT max(size) > 1000 FROM batch"), 0);
	assert_in_range(office->hub.longest, 1300, 2600);
}

/* By stick, before the line was known to be bad: nothing can be made smaller any more (L4). */
static void nw_12_batches_sealed_large_go_one_by_one(void **state)
{
	struct office *office = *state;
	size_t batches = 0;
	queue_noise(office->agent, 3 * BATCH_TAKE);
	check_ok(seal_waiting(office->agent, false, &batches));
	assert_int_equal(batches, 3);
	int64_t largest = ask(office->agent, "SELECT max(size) FROM batch");
	assert_true(largest > LINE_START);
	office->hub.carries = (size_t)largest + 400;
	assert_in_range(drain(office, 20), 1, 6);
	assert_int_equal(office->hub.n_held, 3);
}

static void an_answer_of_any_kind_is_no_broken_line(void **state)
{
	static const enum mood moods[] = {WAITING, OVERLOADED, PAGE_WITH_200, SILENT, WRONG_PIN};
	struct office *office = *state;
	struct sync_report report;
	queue_noise(office->agent, 1000);
	for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++) {
		office->hub.mood = moods[i];
		assert_true(sync_run(office->agent, false, &report) != STATUS_OK);
	}
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM meta WHERE name LIKE 'line%'"), 0);
}

static void nw_14_what_got_something_through_begins_the_count_anew(void **state)
{
	(void)state;
	struct sync_report report = {0};
	assert_int_equal(sync_failures(&report, STATUS_BROKEN_OFF, 0), 1);
	assert_int_equal(sync_failures(&report, STATUS_BROKEN_OFF, 7), 8);
	assert_int_equal(sync_failures(&report, STATUS_OK, 7), 0);
	report.settlement.acknowledged = 1;
	assert_int_equal(sync_failures(&report, STATUS_BROKEN_OFF, 7), 1);
	assert_int_equal(sync_failures(&report, STATUS_OK, 7), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quarter_is_tried_next_down_to_the_least),
		cmocka_unit_test(what_is_small_did_not_fail_for_its_size),
		cmocka_unit_test(it_grows_again_once_enough_has_arrived),
		cmocka_unit_test(batches_are_no_larger_than_the_line_carries),
		cmocka_unit_test(what_is_made_meanwhile_is_as_much_as_goes_next_in_parts_as_now),
		cmocka_unit_test(nw_14_what_got_something_through_begins_the_count_anew),
		WITH_OFFICE(it_is_kept_within_its_bounds),
		WITH_OFFICE(a_good_line_is_asked_once_and_a_backlog_grows_with_it),
		WITH_OFFICE(nw_12_what_breaks_off_goes_in_smaller_parts),
		WITH_OFFICE(nw_12_what_was_made_meanwhile_goes_in_small_parts_too),
		WITH_OFFICE(what_fails_meanwhile_is_told_though_the_line_fails_too),
		WITH_OFFICE(nw_22_a_line_of_single_packets_is_kept_to_them),
		WITH_OFFICE(nw_12_batches_sealed_large_go_one_by_one),
		WITH_OFFICE(an_answer_of_any_kind_is_no_broken_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
