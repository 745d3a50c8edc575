#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/place.h"
#include "agent/seal.h"
#include "agent/sync.h"
#include "tests/unit/agent/office.h"

static enum status sync_in(struct office *office, enum mood mood, struct sync_report *report)
{
	office->hub.mood = mood;
	return sync_run(office->agent, false, report);
}

static void everything_is_sent_and_settled(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 3);
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(report.settlement.acknowledged, 1);
	assert_int_equal(report.waiting, 0);
	assert_int_equal(waiting(office->agent), 0);
	assert_int_equal(office->hub.n_held, 1);
	assert_int_equal(office->hub.held[0].count, 3);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM batch WHERE receipt IS NOT NULL"), 1);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM change WHERE accepted_at IS NULL"), 0);
}

static void with_nothing_waiting_it_still_asks_for_a_head(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	int before = office->hub.exchanges;
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(office->hub.exchanges, before + 1);
	assert_int_equal(office->hub.n_held, 0);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'last_sync'"), NOON);
}

static void what_the_operator_decides_comes_with_the_head(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	office->hub.state = DEVICE_UNCONFIRMED;
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'state'"), DEVICE_UNCONFIRMED);
	office->hub.state = DEVICE_ACTIVE;
	assert_status(sync_in(office, HEAD_REPEATED, &report), HUB_REGRESSED);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'state'"), DEVICE_UNCONFIRMED);
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'state'"), DEVICE_ACTIVE);
}

static void a_heartbeat_is_an_empty_batch(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	office->hub.mood = HONEST;
	assert_status(sync_run(office->agent, true, &report), OK);
	assert_int_equal(office->hub.n_held, 1);
	assert_int_equal(office->hub.held[0].count, 0);
}

static void nw_04_what_is_no_receipt_of_ours_acknowledges_nothing(void **state)
{
	static const struct {
		enum mood mood;
		enum status status;
	} cases[] = {
		{PAGE_WITH_200, STATUS_PORTAL},
		{REDIRECT, STATUS_PORTAL},
		{WRONG_PIN, STATUS_PIN},
		{SILENT, STATUS_UNREACHABLE},
		{WAITING, STATUS_WAITING_DEVICE},
		{OVERLOADED, STATUS_BUSY},
		{OLDER, STATUS_VERSION},
		{TAKES_AND_BREAKS, STATUS_BROKEN_OFF},
		{CUT_OFF, STATUS_PORTAL},
		{TRAILING_BYTE, STATUS_PORTAL},
		{HEAD_BY_ANOTHER, STATUS_FOREIGN},
		{HEAD_OF_ANOTHER_NONCE, STATUS_FOREIGN},
		{HEAD_OF_ANOTHER_DEVICE, STATUS_FOREIGN},
		{RECEIPT_OF_ANOTHER_HASH, STATUS_BUSY},
		{RECEIPT_BY_ANOTHER, STATUS_BUSY},
		{RECEIPT_OF_ANOTHER_SEQ, STATUS_BUSY},
		{RECEIPT_OF_ANOTHER_DEVICE, STATUS_BUSY},
		{NO_RECEIPT, STATUS_BUSY},
		{REFUSES_BEYOND, STATUS_BUSY},
	};
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 3);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum status s = sync_in(office, cases[i].mood, &report);
		assert_string_equal(status_code(s), status_code(cases[i].status));
		assert_int_equal(report.settlement.acknowledged, 0);
		assert_int_equal(waiting(office->agent), 3);
		assert_int_equal(ask(office->agent, "SELECT count(*) FROM batch WHERE accepted_at IS NOT NULL"), 0);
		assert_int_equal(ask(office->agent, "SELECT count(*) FROM batch"), 1);
	}
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(waiting(office->agent), 0);
	assert_int_equal(office->hub.n_held, 1);
}

static void hb_07_an_answer_with_an_old_counter_settles_nothing(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	assert_status(sync_in(office, HONEST, &report), OK);
	queue_many(office->agent, 2);
	assert_status(sync_in(office, HEAD_REPEATED, &report), HUB_REGRESSED);
	assert_int_equal(waiting(office->agent), 2);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'hub_regressed'"), 1);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM notice WHERE code = 'HUB-REGRESSED'"), 1);
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(waiting(office->agent), 0);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'hub_regressed'"), 0);
}

static void wrong_receipts_are_counted(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 1);
	assert_status(sync_in(office, RECEIPT_OF_ANOTHER_HASH, &report), BUSY);
	assert_true(report.settlement.ignored > 0);
}

static void an_envelope_keeps_its_bytes_over_attempts(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 1);
	assert_status(sync_in(office, TAKES_AND_BREAKS, &report), BROKEN_OFF);
	office->now += 3600000;
	queue_one(office->agent, &(struct change){.kind = KIND_DOSSIER,
						  .key = slice_str("B-1"),
						  .time_stated = true,
						  .changed_at = NOON,
						  .fields[FIELD_FEE] = {.state = VALUE_NUMBER, .number = 5}});
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(office->hub.n_held, 2);
	assert_memory_equal(office->hub.held[1].prev, office->hub.held[0].hash, HASH_LEN);
	assert_int_equal(waiting(office->agent), 0);
}

static void what_the_hub_holds_is_not_sent_again(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 1);
	assert_status(sync_in(office, NO_RECEIPT, &report), BUSY);
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(office->hub.n_in_last, 0);
	assert_int_equal(waiting(office->agent), 0);
}

static void a_refused_change_is_acknowledged_and_listed(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 3);
	assert_status(sync_in(office, REFUSES_SECOND, &report), OK);
	assert_int_equal(report.settlement.refused, 1);
	assert_int_equal(waiting(office->agent), 0);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM rejected"), 1);
	assert_int_equal(ask(office->agent, "SELECT change FROM rejected WHERE reason = 'other-unit'"), 2);
	enum queue_place place = QUEUE_UNKNOWN;
	check_ok(queue_find(office->agent, 2, &place));
	assert_int_equal(place, QUEUE_REFUSED);
	check_ok(queue_find(office->agent, 3, &place));
	assert_int_equal(place, QUEUE_TAKEN);
	struct bytes numbers = bytes_new(100);
	const int64_t second = 2;
	check_ok(queue_refused(office->agent, &numbers));
	assert_int_equal(numbers.len, sizeof(second));
	assert_memory_equal(numbers.data, &second, sizeof(second));
	bytes_free(&numbers);
}

static void hb_12_a_refused_batch_refuses_each_of_its_changes(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 3);
	assert_status(sync_in(office, REFUSES_BATCH, &report), OK);
	assert_int_equal(report.settlement.refused, 3);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM rejected WHERE reason = 'unreadable'"), 3);
}

/* The hub has more of our chain than we sealed: some copy of this database went further. */
static void a_hub_that_knows_more_than_we_sealed_makes_us_begin_anew(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 1);
	assert_status(sync_in(office, HAS_MORE, &report), OK);
	assert_true(report.settlement.copied);
	assert_int_equal(report.lives, 1);
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	assert_int_equal(waiting(office->agent), 0);
}

/* ST-12: database and anchor were put back together; only the hub can tell, and is asked before anything is sealed.
 */
static void st_12_a_directory_put_back_whole_asks_before_it_seals(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	char copy[DIR_TEXT + 8];
	queue_many(office->agent, 2);
	assert_status(sync_in(office, HONEST, &report), OK);
	agent_close(office->agent);
	office->agent = NULL;
	(void)snprintf(copy, sizeof(copy), "%s.old", office->dir);
	office_copy(office->dir, copy);
	office_reopen(office);
	queue_one(office->agent, &(struct change){.kind = KIND_DOSSIER,
						  .key = slice_str("B-1"),
						  .time_stated = true,
						  .changed_at = NOON,
						  .fields[FIELD_FEE] = {.state = VALUE_NUMBER, .number = 5}});
	assert_status(sync_in(office, HONEST, &report), OK);
	agent_close(office->agent);
	office->agent = NULL;
	office_copy_back(copy, office->dir);
	office_reopen(office);
	queue_one(office->agent, &(struct change){.kind = KIND_DOSSIER,
						  .key = slice_str("C-1"),
						  .time_stated = true,
						  .changed_at = NOON,
						  .fields[FIELD_FEE] = {.state = VALUE_NUMBER, .number = 6}});
	size_t before = office->hub.n_held;
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(report.lives, 1);
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	assert_int_equal(waiting(office->agent), 0);
	/* Never a second batch under a number the hub knows. */
	assert_int_equal(office->hub.n_held, before + 1);
	assert_int_equal(office->hub.held[before].incarnation.ordinal, 2);
	assert_int_equal(office->hub.held[before].seq, 1);
	remove_below(copy);
}

/* ST-13: set up on one machine, started on another: what is entered is kept, nothing is signed until somebody says.
 */
static void st_13_a_clone_on_another_machine_waits_for_a_word(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	office->world.machine = "the first";
	office_reopen(office);
	assert_status(sync_in(office, HONEST, &report), OK);
	check_ok(place_note(office->agent));
	office->world.machine = "the second";
	office_reopen(office);
	queue_many(office->agent, 2);
	int exchanges = office->hub.exchanges;
	assert_status(sync_in(office, HONEST, &report), CLONED);
	assert_int_equal(office->hub.exchanges, exchanges);
	assert_int_equal(waiting(office->agent), 2);
	check_ok(seal_anew(office->agent, TROUBLE_CLONED, NULL));
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(waiting(office->agent), 0);
	assert_int_equal(office->hub.held[office->hub.n_held - 1].incarnation.ordinal, 2);
	office_reopen(office);
	assert_status(sync_in(office, HONEST, &report), OK);
}

/* A hub put back from a copy gets again what it had acknowledged, with the receipt it gave. */
static void hb_05_what_the_hub_lost_is_sent_again(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 2);
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(office->hub.n_held, 1);
	office->hub.n_held = 0;
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_true(report.settlement.hub_went_back);
	assert_int_equal(office->hub.n_held, 1);
	assert_int_equal(office->hub.n_again, 1);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'hub_regressed'"), 0);
}

/* Also what waits there already, from before it had its receipt: without it, it would be dated anew. */
static void hb_04_what_waits_at_the_hub_goes_again_with_its_receipt(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 2);
	assert_status(sync_in(office, HONEST, &report), OK);
	office->hub.n_held = 0;
	assert_status(sync_in(office, HAS_IT_WAITING, &report), OK);
	assert_int_equal(office->hub.n_held, 1);
	assert_int_equal(office->hub.n_again, 1);
}

/* The same where the hub was put back to before it knew the incarnation, and two of them. */
static void hb_05_what_the_hub_lost_of_two_lives_is_sent_again(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 2);
	assert_status(sync_in(office, HONEST, &report), OK);
	check_ok(seal_anew(office->agent, TROUBLE_REIDENTIFIED, NULL));
	queue_one(office->agent, &(struct change){.kind = KIND_DOSSIER,
						  .key = slice_str("B-1"),
						  .time_stated = true,
						  .changed_at = NOON,
						  .fields[FIELD_FEE] = {.state = VALUE_NUMBER, .number = 5}});
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(office->hub.n_held, 2);
	office->hub.n_held = 0;
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_true(report.settlement.hub_went_back);
	assert_int_equal(office->hub.n_held, 2);
	assert_int_equal(office->hub.n_again, 2);
	assert_int_equal(office->agent->incarnation.ordinal, 2);
}

static void flip_a_bit(struct database *db)
{
	struct bytes envelope = bytes_new(LIMIT_BATCH_SEALED);
	struct query q = query_start(db, "SELECT envelope FROM batch");
	assert_true(query_row(&q));
	struct slice stored = query_get_blob(&q, 0);
	bytes_put(&envelope, stored.data, stored.len);
	check_ok(query_finish(&q));
	envelope.data[60] ^= 4;
	q = query_start(db, "UPDATE batch SET envelope = ?1");
	query_blob(&q, 1, bytes_slice(&envelope));
	check_ok(query_run(&q));
	bytes_free(&envelope);
}

/* ST-09: an envelope the disk changed never leaves as one that was signed. */
static void st_09_a_changed_envelope_is_not_sent(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 2);
	assert_status(sync_in(office, SILENT, &report), UNREACHABLE);
	flip_a_bit(office->agent->db);
	int exchanges = office->hub.exchanges;
	assert_status(sync_in(office, HONEST, &report), CORRUPT);
	assert_int_equal(office->hub.exchanges, exchanges);
}

/* ST-09: nor is a record that was changed before it was signed. */
static void st_09_a_changed_record_is_not_signed(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 2);
	check_ok(database_script(office->agent->db, "UPDATE change SET record = CAST(replace(CAST(record AS TEXT), "
						    "'A-2', 'A-3') AS BLOB) WHERE id = 2"));
	assert_status(sync_in(office, HONEST, &report), CORRUPT);
	assert_int_equal(office->hub.n_held, 0);
}

static void what_fails_meanwhile_is_told_once_the_answer_is_settled(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	queue_many(office->agent, 20000);
	check_ok(database_script(office->agent->db,
				 "UPDATE change SET record = x'00' WHERE id = 15000; DELETE FROM meta WHERE name"
				 " = 'line_bytes'"));
	assert_status(sync_in(office, HONEST, &report), CORRUPT);
	assert_true(report.settlement.acknowledged > 1);
	assert_int_equal(report.settlement.acknowledged, report.sent);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM batch WHERE accepted_at IS NOT NULL"),
			 report.sent);
	assert_true(ask(office->agent, "SELECT count(*) FROM batch") > report.sent);
}

static void the_outcome_stands_in_the_database(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	assert_status(sync_in(office, WAITING, &report), WAITING_DEVICE);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'state'"), DEVICE_WAITING);
	assert_int_equal(ask(office->agent, "SELECT text = 'E-DEVICE-WAITING' FROM meta WHERE name = 'last_error'"),
			 1);
	assert_status(sync_in(office, OVERLOADED, &report), BUSY);
	assert_int_equal(report.retry_after_s, 17);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'failures'"), 2);
	assert_status(sync_in(office, HONEST, &report), OK);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'failures'"), 0);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'state'"), DEVICE_ACTIVE);
	assert_int_equal(ask(office->agent, "SELECT text = '' FROM meta WHERE name = 'last_error'"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(everything_is_sent_and_settled),
		WITH_OFFICE(with_nothing_waiting_it_still_asks_for_a_head),
		WITH_OFFICE(what_the_operator_decides_comes_with_the_head),
		WITH_OFFICE(a_heartbeat_is_an_empty_batch),
		WITH_OFFICE(nw_04_what_is_no_receipt_of_ours_acknowledges_nothing),
		WITH_OFFICE(hb_07_an_answer_with_an_old_counter_settles_nothing),
		WITH_OFFICE(wrong_receipts_are_counted),
		WITH_OFFICE(an_envelope_keeps_its_bytes_over_attempts),
		WITH_OFFICE(what_the_hub_holds_is_not_sent_again),
		WITH_OFFICE(a_refused_change_is_acknowledged_and_listed),
		WITH_OFFICE(hb_12_a_refused_batch_refuses_each_of_its_changes),
		WITH_OFFICE(a_hub_that_knows_more_than_we_sealed_makes_us_begin_anew),
		WITH_OFFICE(st_12_a_directory_put_back_whole_asks_before_it_seals),
		WITH_OFFICE(st_13_a_clone_on_another_machine_waits_for_a_word),
		WITH_OFFICE(hb_05_what_the_hub_lost_is_sent_again),
		WITH_OFFICE(hb_04_what_waits_at_the_hub_goes_again_with_its_receipt),
		WITH_OFFICE(hb_05_what_the_hub_lost_of_two_lives_is_sent_again),
		WITH_OFFICE(st_09_a_changed_envelope_is_not_sent),
		WITH_OFFICE(st_09_a_changed_record_is_not_signed),
		WITH_OFFICE(what_fails_meanwhile_is_told_once_the_answer_is_settled),
		WITH_OFFICE(the_outcome_stands_in_the_database),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
