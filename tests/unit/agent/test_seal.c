#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/anchor.h"
#include "agent/seal.h"
#include "tests/unit/agent/office.h"

static void take_envelope(const struct office *office, int64_t seq, struct bytes *out)
{
	struct query q = query_start(office->agent->db, "SELECT envelope FROM batch WHERE seq = ?1");
	query_int(&q, 1, seq);
	assert_true(query_row(&q));
	struct slice envelope = query_get_blob(&q, 0);
	bytes_clear(out);
	bytes_put(out, envelope.data, envelope.len);
	check_ok(query_finish(&q));
	check_ok(bytes_status(out));
}

static struct batch *open_envelope(const struct office *office, struct slice envelope)
{
	struct slice payload;
	struct batch *batch = NULL;
	check_ok(envelope_open(envelope, MESSAGE_BATCH, office->hub.id, office->hub.device_key, &payload));
	check_ok(batch_read(payload, &batch));
	return batch;
}

static void batches_are_chained_and_the_anchor_names_the_last(void **state)
{
	struct office *office = *state;
	struct bytes envelope = bytes_new(LIMIT_BATCH_SEALED);
	uint8_t hash[HASH_LEN];
	struct anchor anchor;
	size_t batches = 0;
	queue_many(office->agent, BATCH_TAKE + 5);
	check_ok(seal_waiting(office->agent, false, &batches));
	assert_int_equal(batches, 2);

	take_envelope(office, 1, &envelope);
	struct batch *first = open_envelope(office, bytes_slice(&envelope));
	hash_bytes(bytes_slice(&envelope), hash);
	take_envelope(office, 2, &envelope);
	struct batch *second = open_envelope(office, bytes_slice(&envelope));
	const uint8_t zeros[HASH_LEN] = {0};
	assert_int_equal(batch_get_head(first)->count, BATCH_TAKE);
	assert_memory_equal(batch_get_head(first)->prev, zeros, HASH_LEN);
	assert_int_equal(batch_get_head(second)->count, 5);
	assert_int_equal(batch_get_head(second)->seq, 2);
	assert_memory_equal(batch_get_head(second)->prev, hash, HASH_LEN);
	assert_memory_equal(batch_get_head(second)->device, office->agent->device, DEVICE_ID_LEN);

	hash_bytes(bytes_slice(&envelope), hash);
	check_ok(anchor_read(office->dir, &anchor));
	assert_int_equal(anchor.seq, 2);
	assert_memory_equal(anchor.hash, hash, HASH_LEN);
	batch_free(first);
	batch_free(second);
	bytes_free(&envelope);
}

static void batches_keep_within_their_bounds(void **state)
{
	const struct seal_bounds bounds = {.changes = 40, .batch = 1000, .total = 2500};
	struct office *office = *state;
	size_t batches = 0;
	bool more = false;
	for (int i = 0; i < 60; i++) {
		char code[LIMIT_CODE];
		char text[LIMIT_TEXT + 1];
		(void)snprintf(code, sizeof(code), "L-%d", i);
		for (size_t at = 0; at < LIMIT_TEXT; at++)
			text[at] = (char)('a' + random_u64() % 26);
		struct change c = dossier(code, NOON, DOSSIER_ACCEPTED);
		change_set_text(&c, FIELD_DOMAIN, slice_of(text, LIMIT_TEXT));
		assert_true(queue_one(office->agent, &c));
	}
	check_ok(seal_within(office->agent, &bounds, false, &batches, &more));
	assert_true(more);
	assert_int_equal(ask(office->agent, "SELECT sum(size) >= 2500 AND sum(size) < 3500 FROM batch"), 1);
	assert_int_equal(ask(office->agent, "SELECT max(size) <= 1000 FROM batch"), 1);
	assert_int_equal(ask(office->agent, "SELECT max(changes) BETWEEN 2 AND 5 FROM batch"), 1);
	const struct seal_bounds narrow = {.changes = 40, .batch = 100, .total = 1};
	check_ok(seal_within(office->agent, &narrow, false, &batches, &more));
	assert_int_equal(batches, 1);
	assert_int_equal(ask(office->agent, "SELECT changes FROM batch ORDER BY seq DESC LIMIT 1"), 1);
	const struct seal_bounds nothing = {.changes = 40, .batch = 1000, .total = 0};
	check_ok(seal_within(office->agent, &nothing, false, &batches, &more));
	assert_int_equal(batches, 0);
	assert_true(more);
	check_ok(seal_waiting(office->agent, false, &batches));
	assert_int_equal(ask(office->agent, "SELECT sum(changes) FROM batch"), 60);
	check_ok(seal_within(office->agent, &bounds, false, &batches, &more));
	assert_false(more);
}

static void changes_travel_in_their_order(void **state)
{
	struct office *office = *state;
	struct bytes envelope = bytes_new(LIMIT_BATCH_SEALED);
	struct change c;
	size_t batches = 0;
	queue_many(office->agent, 20);
	check_ok(seal_waiting(office->agent, false, &batches));
	take_envelope(office, 1, &envelope);
	struct batch *batch = open_envelope(office, bytes_slice(&envelope));
	for (int i = 1; i <= 20; i++) {
		char code[LIMIT_CODE];
		(void)snprintf(code, sizeof(code), "A-%d", i);
		assert_true(batch_next(batch, &c));
		assert_true(slice_equal(c.key, slice_str(code)));
	}
	assert_false(batch_next(batch, &c));
	batch_free(batch);
	bytes_free(&envelope);
}

static void nothing_waiting_seals_nothing(void **state)
{
	struct office *office = *state;
	size_t batches = 9;
	check_ok(seal_waiting(office->agent, false, &batches));
	assert_int_equal(batches, 0);
	check_ok(seal_waiting(office->agent, true, &batches));
	assert_int_equal(batches, 1);
	check_ok(seal_waiting(office->agent, false, &batches));
	assert_int_equal(batches, 0);
}

static void a_heartbeat_with_work_is_the_work(void **state)
{
	struct office *office = *state;
	size_t batches = 0;
	queue_many(office->agent, 2);
	check_ok(seal_waiting(office->agent, true, &batches));
	assert_int_equal(batches, 1);
	assert_int_equal(ask(office->agent, "SELECT changes FROM batch"), 2);
}

static void an_anchor_that_fell_behind_is_raised(void **state)
{
	struct office *office = *state;
	struct anchor old;
	struct anchor now;
	size_t batches = 0;
	check_ok(anchor_read(office->dir, &old));
	queue_many(office->agent, 1);
	check_ok(seal_waiting(office->agent, false, &batches));
	/* As after a death between the commit and the anchor. */
	check_ok(anchor_write(office->dir, &old));
	office_reopen(office);
	check_ok(seal_waiting(office->agent, false, &batches));
	assert_int_equal(batches, 0);
	check_ok(anchor_read(office->dir, &now));
	assert_int_equal(now.seq, 1);
}

/* ST-12: the anchor knows more, so nothing more is sealed under these numbers, with a line or without. */
static void st_12_a_database_older_than_its_anchor_takes_a_new_incarnation(void **state)
{
	struct office *office = *state;
	struct anchor anchor;
	struct batch_head head;
	struct bytes envelope = bytes_new(LIMIT_BATCH_SEALED);
	size_t batches = 0;
	check_ok(anchor_read(office->dir, &anchor));
	anchor.seq = 3;
	anchor.hash[7] = 9;
	check_ok(anchor_write(office->dir, &anchor));
	office_reopen(office);
	check_ok(seal_waiting(office->agent, true, &batches));
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	take_envelope(office, 1, &envelope);
	struct batch *batch = open_envelope(office, bytes_slice(&envelope));
	head = *batch_get_head(batch);
	assert_int_equal(head.incarnation.ordinal, 2);
	assert_int_equal(head.seq, 1);
	/* Its first batch names the last one known of the life before. */
	assert_memory_equal(head.prev, anchor.hash, HASH_LEN);
	assert_int_equal(ask(office->agent,
			     "SELECT count(*) FROM notice WHERE code = 'DB-ROLLED-BACK' AND first = 1"
			     " AND last = 3"),
			 1);
	check_ok(seal_waiting(office->agent, true, &batches));
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	batch_free(batch);
	bytes_free(&envelope);
}

static void another_batch_under_the_anchors_number_is_noticed(void **state)
{
	struct office *office = *state;
	struct anchor anchor;
	size_t batches = 0;
	check_ok(seal_waiting(office->agent, true, &batches));
	check_ok(anchor_read(office->dir, &anchor));
	anchor.hash[0] ^= 1;
	check_ok(anchor_write(office->dir, &anchor));
	check_ok(seal_waiting(office->agent, true, &batches));
	assert_int_equal(office->agent->incarnation.ordinal, 2);
}

static void without_an_anchor_no_number_is_used_again(void **state)
{
	struct office *office = *state;
	size_t batches = 0;
	char *path = path_join(office->dir, ANCHOR_FILE);
	check_ok(seal_waiting(office->agent, true, &batches));
	assert_int_equal(unlink(path), 0);
	check_ok(seal_waiting(office->agent, true, &batches));
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	check_ok(file_write(path, slice_str("nonsense"), 0600));
	check_ok(seal_waiting(office->agent, true, &batches));
	assert_int_equal(office->agent->incarnation.ordinal, 3);
	free(path);
}

static void a_damaged_anchor_is_not_a_missing_one(void **state)
{
	struct office *office = *state;
	struct anchor anchor;
	char *path = path_join(office->dir, ANCHOR_FILE);
	check_ok(file_write(path, slice_str("\x85\x01"), 0600));
	assert_status(anchor_read(office->dir, &anchor), CORRUPT);
	assert_int_equal(unlink(path), 0);
	assert_status(anchor_read(office->dir, &anchor), EMPTY);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(batches_are_chained_and_the_anchor_names_the_last),
		WITH_OFFICE(batches_keep_within_their_bounds),
		WITH_OFFICE(changes_travel_in_their_order),
		WITH_OFFICE(nothing_waiting_seals_nothing),
		WITH_OFFICE(a_heartbeat_with_work_is_the_work),
		WITH_OFFICE(an_anchor_that_fell_behind_is_raised),
		WITH_OFFICE(st_12_a_database_older_than_its_anchor_takes_a_new_incarnation),
		WITH_OFFICE(another_batch_under_the_anchors_number_is_noticed),
		WITH_OFFICE(without_an_anchor_no_number_is_used_again),
		WITH_OFFICE(a_damaged_anchor_is_not_a_missing_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
