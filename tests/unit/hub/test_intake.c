#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/answer.h"
#include "hub/chain.h"
#include "hub/device_acts.h"
#include "hub/verify.h"
#include "tests/unit/hub/courier_fixture.h"

static int64_t log_entries(struct fixture *f)
{
	return number(f->hub, "SELECT count(*) FROM log WHERE type = 1");
}

static void assert_receipt(const struct reply *r, size_t index, const struct pc *pc, uint64_t seq,
			   struct slice batch, int64_t accepted_at)
{
	uint8_t hash[HASH_LEN];
	assert_true(index < r->n_receipts);
	const struct receipt *receipt = &r->receipts[index];
	hash_bytes(batch, hash);
	assert_memory_equal(receipt->hash, hash, HASH_LEN);
	assert_memory_equal(receipt->device, pc->id, DEVICE_ID_LEN);
	assert_true(receipt->incarnation.ordinal == pc->incarnation.ordinal);
	assert_true(receipt->incarnation.bits == pc->incarnation.bits);
	assert_true(receipt->seq == seq);
	assert_true(receipt->accepted_at == accepted_at);
}

static void test_batches_in_order_join_and_get_receipts(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batches[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2")};
	struct reply *r = send_batches(f, &pc, batches, 2);
	assert_int_equal(r->n_receipts, 2);
	assert_receipt(r, 0, &pc, 1, bytes_slice(&batches[0]), f->now);
	assert_receipt(r, 1, &pc, 2, bytes_slice(&batches[1]), f->now);
	assert_int_equal(r->head.n_chains, 1);
	assert_true(r->head.chains[0].have == 2 && r->head.chains[0].safe == 2);
	assert_memory_equal(r->head.chains[0].hash, pc.prev, HASH_LEN);
	assert_int_equal(r->head.n_pending, 0);
	assert_true(log_entries(f) == 2);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE unit = '05801'") == 2);
	reply_free(r);
	bytes_free(&batches[0]);
	bytes_free(&batches[1]);
	signing_key_free(pc.key);
}

/* L10: what came too early waits without a receipt, and blocks nothing. */
static void nw_16_early_batches_wait_are_named_and_join_later(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes b[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2"),
			    dossier_batch(f, &pc, "A-3")};
	struct reply *r = send_batches(f, &pc, &b[2], 1);
	assert_int_equal(r->n_receipts, 0);
	assert_int_equal(r->head.n_chains, 0);
	assert_int_equal(r->head.n_pending, 1);
	assert_true(r->head.pending[0].seq == 3);
	reply_free(r);
	r = send_batches(f, &pc, &b[1], 1);
	assert_int_equal(r->head.n_pending, 2);
	assert_true(log_entries(f) == 0);
	reply_free(r);
	f->now += MINUTE;
	r = send_batches(f, &pc, &b[0], 1);
	assert_int_equal(r->head.n_pending, 0);
	assert_true(r->head.chains[0].have == 3);
	assert_int_equal(r->n_receipts, 3);
	for (size_t i = 0; i < 3; i++)
		assert_receipt(r, i, &pc, i + 1, bytes_slice(&b[i]), f->now);
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 0);
	reply_free(r);
	for (size_t i = 0; i < 3; i++)
		bytes_free(&b[i]);
	signing_key_free(pc.key);
}

static void nw_15_the_same_batch_again_changes_nothing_and_brings_the_same_receipt(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct bytes twice[] = {batch, batch};
	struct reply *first = send_batches(f, &pc, twice, 2);
	struct bytes rows = derived_rows(f->hub);
	f->now += 5 * MINUTE;
	struct reply *again = send_batches(f, &pc, &batch, 1);
	assert_int_equal(first->n_receipts, 1);
	assert_int_equal(again->n_receipts, 1);
	assert_true(slice_equal(first->sealed[0], again->sealed[0]));
	assert_true(log_entries(f) == 1);
	assert_derived(f->hub, &rows);
	assert_true(again->head.counter > first->head.counter);
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 0);
	reply_free(first);
	reply_free(again);
	bytes_free(&rows);
	bytes_free(&batch);
	signing_key_free(pc.key);
}

/* NW-17: what somebody wrote down a year ago and sends again is a repetition like any other. */
static void nw_17_an_old_exchange_played_back_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batches[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2")};
	struct request request = request_of(f, &pc);
	struct bytes captured = body_of(f, &pc, &request, batches, 2);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(exchange(f->hub, bytes_slice(&captured), &out), STATUS_OK);
	struct reply *then = read_reply(f->hub, &out);
	f->now += 365 * DAY;
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	struct bytes rows = derived_rows(f->hub);
	out = bytes_new(LIMIT_REPLY);
	assert_int_equal(exchange(f->hub, bytes_slice(&captured), &out), STATUS_OK);
	struct reply *now = read_reply(f->hub, &out);
	assert_derived(f->hub, &rows);
	assert_true(log_entries(f) == 3);
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 0);
	for (size_t i = 0; i < then->n_receipts; i++)
		assert_true(slice_equal(then->sealed[i], now->sealed[i]));
	reply_free(then);
	reply_free(now);
	bytes_free(&rows);
	bytes_free(&captured);
	bytes_free(&batches[0]);
	bytes_free(&batches[1]);
	signing_key_free(pc.key);
}

/* The exchange that shows it is answered; from then on nothing of the device is taken until the operator says so.
 */
static void assert_held(struct fixture *f, struct pc *pc)
{
	struct bytes next = dossier_batch(f, pc, "A-held");
	assert_int_equal(refusal(f, pc, &next, 1), STATUS_FORK);
	assert_int_equal(refusal(f, pc, NULL, 0), STATUS_FORK);
	assert_int_equal(device_release(f->hub, pc->id, "tester"), STATUS_OK);
	assert_int_equal(device_release(f->hub, pc->id, "tester"), STATUS_REFUSED);
	deliver(f, pc, next);
}

/* L3: a batch that contradicts its chain is kept as evidence, moves nothing and gets no receipt. */
static void assert_only_evidence(struct fixture *f, struct pc *pc, const struct bytes *forked, size_t receipts)
{
	uint8_t hash[HASH_LEN];
	int64_t entries = log_entries(f);
	sql(f, "CREATE TEMP TABLE kept AS SELECT * FROM chain");
	struct reply *r = send_batches(f, pc, forked, 1);
	assert_int_equal(r->n_receipts, receipts);
	hash_bytes(bytes_slice(forked), hash);
	for (size_t i = 0; i < r->n_receipts; i++)
		assert_memory_not_equal(r->receipts[i].hash, hash, HASH_LEN);
	assert_true(log_entries(f) == entries);
	assert_true(number(f->hub, "SELECT count(*) FROM (SELECT * FROM chain EXCEPT SELECT * FROM kept)") == 0);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code = 'A-other'") == 0);
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 1);
	assert_true(number(f->hub, "SELECT length(envelope) FROM evidence") == (int64_t)forked->len);
	assert_true(number(f->hub, "SELECT held FROM device") == 1);
	reply_free(r);
	assert_held(f, pc);
}

static void id_03_second_batch_under_a_used_seq_is_evidence_and_holds_its_device(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc before = pc;
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	struct bytes forked = dossier_batch(f, &before, "A-other");
	assert_only_evidence(f, &pc, &forked, 1);
	/* The chain goes on behind the one that was taken. */
	deliver(f, &pc, dossier_batch(f, &pc, "A-2"));
	assert_true(log_entries(f) == 3);
	bytes_free(&forked);
	signing_key_free(pc.key);
}

static void id_03_batch_with_a_wrong_predecessor_is_evidence_and_holds_its_device(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	struct pc wrong = pc;
	wrong.prev[0] ^= 1;
	struct bytes forked = dossier_batch(f, &wrong, "A-other");
	assert_only_evidence(f, &pc, &forked, 1);
	deliver(f, &pc, dossier_batch(f, &pc, "A-2"));
	assert_true(log_entries(f) == 3);
	bytes_free(&forked);
	signing_key_free(pc.key);
}

static void test_waiting_batch_that_does_not_fit_becomes_evidence_when_its_turn_comes(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc clone = pc;
	struct bytes never_sent = dossier_batch(f, &clone, "A-other");
	deliver(f, &clone, dossier_batch(f, &clone, "A-other-2"));
	struct bytes own[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2")};
	struct reply *r = send_batches(f, &pc, own, 2);
	assert_int_equal(r->n_receipts, 2);
	assert_true(r->head.chains[0].have == 2);
	assert_int_equal(r->head.n_pending, 0);
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 1);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code LIKE 'A-other%'") == 0);
	assert_true(number(f->hub, "SELECT held FROM device") == 1);
	reply_free(r);
	bytes_free(&never_sent);
	bytes_free(&own[0]);
	bytes_free(&own[1]);
	signing_key_free(pc.key);
}

/* L10: rows that cannot be read take their place, are told so, and hold nothing up. */
static void hb_12_unreadable_rows_get_a_place_and_a_verdict(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batches[] = {dossier_batch(f, &pc, "A-1"), unreadable_batch(f, &pc),
				  dossier_batch(f, &pc, "A-2")};
	struct reply *r = send_batches(f, &pc, batches, 3);
	struct verdicts verdicts;
	assert_int_equal(r->n_receipts, 3);
	assert_receipt(r, 1, &pc, 2, bytes_slice(&batches[1]), f->now);
	assert_int_equal(verdicts_read(r->receipts[1].verdicts, &verdicts), STATUS_OK);
	assert_int_equal(verdicts.batch, VERDICT_UNREADABLE);
	assert_int_equal(verdicts_read(r->receipts[2].verdicts, &verdicts), STATUS_OK);
	assert_int_equal(verdicts.batch, VERDICT_TAKEN);
	assert_true(number(f->hub, "SELECT count(*) FROM thing") == 2);
	reply_free(r);
	for (size_t i = 0; i < 3; i++)
		bytes_free(&batches[i]);
	signing_key_free(pc.key);
}

static void id_07_records_of_other_units_are_refused_one_by_one(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct change changes[] = {dossier("A-1", f->now), dossier_of("A-2", f->now, "05901"),
				   dossier_of("A-3", f->now, "05801"), dossier_of("A-4", f->now, "99999"),
				   dossier_of("A-5", f->now, "058")};
	struct bytes batch = next_batch(f, &pc, changes, 5);
	struct reply *r = send_batches(f, &pc, &batch, 1);
	struct verdicts verdicts;
	uint32_t index = 0;
	enum verdict why = VERDICT_TAKEN;
	assert_int_equal(r->n_receipts, 1);
	assert_int_equal(verdicts_read(r->receipts[0].verdicts, &verdicts), STATUS_OK);
	assert_int_equal(verdicts.batch, VERDICT_TAKEN);
	assert_int_equal(verdicts.count, 3);
	const struct {
		uint32_t index;
		enum verdict why;
	} expected[] = {{1, VERDICT_OTHER_UNIT}, {3, VERDICT_UNKNOWN_UNIT}, {4, VERDICT_OTHER_UNIT}};
	for (size_t i = 0; i < 3; i++) {
		assert_true(verdict_next(&verdicts, &index, &why));
		assert_int_equal(index, expected[i].index);
		assert_int_equal(why, expected[i].why);
	}
	assert_true(number(f->hub, "SELECT count(*) FROM thing") == 2);
	assert_true(number(f->hub, "SELECT count(*) FROM thing WHERE key IN ('A-1', 'A-3')") == 2);
	reply_free(r);
	bytes_free(&batch);
	signing_key_free(pc.key);
}

static void hb_13_a_thing_changed_without_end_holds_up_nothing(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct change *changes = calloc(LIMIT_THING_CHANGES + 2, sizeof(*changes));
	assert_non_null(changes);
	for (size_t i = 0; i < LIMIT_THING_CHANGES + 1; i++)
		changes[i] = dossier("A-1", f->now + (int64_t)i);
	changes[LIMIT_THING_CHANGES + 1] = dossier("A-2", f->now);
	struct bytes batch = next_batch(f, &pc, changes, LIMIT_THING_CHANGES + 2);
	struct reply *r = send_batches(f, &pc, &batch, 1);
	struct verdicts verdicts;
	uint32_t index = 0;
	enum verdict why = VERDICT_TAKEN;
	assert_int_equal(r->n_receipts, 1);
	assert_int_equal(verdicts_read(r->receipts[0].verdicts, &verdicts), STATUS_OK);
	assert_int_equal(verdicts.count, 1);
	assert_true(verdict_next(&verdicts, &index, &why));
	assert_int_equal(index, LIMIT_THING_CHANGES);
	assert_int_equal(why, VERDICT_TOO_MANY);
	assert_true(number(f->hub, "SELECT count(*) FROM thing WHERE key = 'A-2'") == 1);
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
	reply_free(r);
	bytes_free(&batch);
	free(changes);
	signing_key_free(pc.key);
}

static void test_foreign_batch_in_ones_request_is_refused(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "05802");
	struct bytes mixed[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &other, "B-1")};
	assert_int_equal(refusal(f, &pc, mixed, 2), STATUS_FORGED);
	/* L7: nor one that claims the other's id under one's own key. */
	struct batch_head head = next_head(f, &other);
	struct bytes claimed = seal_batch(f, pc.key, &head, NULL, 0);
	assert_int_equal(refusal(f, &pc, &claimed, 1), STATUS_FORGED);
	bytes_free(&mixed[0]);
	bytes_free(&mixed[1]);
	bytes_free(&claimed);
	signing_key_free(pc.key);
	signing_key_free(other.key);
}

static void test_request_that_claims_another_device_is_refused(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "05802");
	struct pc liar = pc;
	memcpy(liar.id, other.id, DEVICE_ID_LEN);
	assert_int_equal(refusal(f, &liar, NULL, 0), STATUS_FORGED);
	signing_key_free(pc.key);
	signing_key_free(other.key);
}

/* ID-05: a stranger is refused before anything is looked up on disk, and however often: nothing grows. */
static void id_05_an_unknown_key_leaves_nothing_behind(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc stranger = pc_new(9);
	struct bytes batch = dossier_batch(f, &stranger, "X-1");
	int64_t writes = database_writes(f->hub->db);
	for (int i = 0; i < 50; i++)
		assert_int_equal(refusal(f, &stranger, &batch, 1), STATUS_UNKNOWN_DEVICE);
	/* Nor one who claims to be a device that is known. */
	memcpy(stranger.id, pc.id, DEVICE_ID_LEN);
	assert_int_equal(refusal(f, &stranger, NULL, 0), STATUS_UNKNOWN_DEVICE);
	struct ingested r = ingest_batches(f, &stranger, &batch, 1);
	assert_int_equal(r.status, STATUS_UNKNOWN_DEVICE);
	assert_true(database_writes(f->hub->db) == writes);
	assert_true(number(f->hub, "SELECT count(*) FROM seen") == 0);
	bytes_free(&batch);
	signing_key_free(pc.key);
	signing_key_free(stranger.key);
}

/* ID-08: a clock in 2200 wins ten minutes; who speaks after them is heard. */
static void id_08_a_clock_far_ahead_wins_ten_minutes(void **state)
{
	struct fixture *f = *state;
	struct pc mad = enrolled_pc(f, 1, "05801");
	struct pc sane = enrolled_pc(f, 2, "058");
	struct change first = dossier_of("A-1", INT64_C(7258118400000), "05801");
	change_set_number(&first, FIELD_FEE, 1);
	deliver(f, &mad, next_batch(f, &mad, &first, 1));
	f->now += 11 * MINUTE;
	struct change later = dossier("A-1", f->now);
	change_set_number(&later, FIELD_STATUS, DOSSIER_DONE);
	deliver(f, &sane, next_batch(f, &sane, &later, 1));
	assert_true(number(f->hub, "SELECT status FROM dossier") == DOSSIER_DONE);
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 0);
	/* Only what it may write for is touched at all. */
	struct change foreign = dossier_of("B-1", INT64_C(7258118400000), "05901");
	deliver(f, &mad, next_batch(f, &mad, &foreign, 1));
	assert_true(number(f->hub, "SELECT count(*) FROM thing WHERE key = 'B-1'") == 0);
	signing_key_free(mad.key);
	signing_key_free(sane.key);
}

static void test_wrong_key_purpose_or_hub_is_refused(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc stranger = pc_new(9);
	assert_int_equal(refusal(f, &stranger, NULL, 0), STATUS_UNKNOWN_DEVICE);
	/* A request where a batch belongs. */
	struct request request = request_of(f, &pc);
	struct bytes sealed = bytes_new(LIMIT_REQUEST);
	assert_int_equal(request_seal(&request, f->hub->identity.hub_id, pc.key, &sealed), STATUS_OK);
	assert_int_equal(refusal(f, &pc, &sealed, 1), STATUS_FORGED);
	/* A batch where the request belongs. */
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct bytes body = bytes_new(LIMIT_REQUEST);
	struct bytes out = bytes_new(LIMIT_REPLY);
	cbor_put_array(&body, 1);
	cbor_put_bytes(&body, batch.data, batch.len);
	assert_int_equal(exchange(f->hub, bytes_slice(&body), &out), STATUS_VERSION); /* no request has that one */
	/* A request that was signed as a batch. */
	struct envelope e;
	assert_int_equal(envelope_peek(bytes_slice(&sealed), &e), STATUS_OK);
	struct bytes as_batch = bytes_new(LIMIT_REQUEST);
	assert_int_equal(envelope_seal(MESSAGE_BATCH, f->hub->identity.hub_id, pc.key, e.payload, &as_batch),
			 STATUS_OK);
	bytes_clear(&body);
	cbor_put_array(&body, 1);
	cbor_put_bytes(&body, as_batch.data, as_batch.len);
	assert_int_equal(exchange(f->hub, bytes_slice(&body), &out), STATUS_FORGED);
	bytes_free(&as_batch);
	bytes_free(&sealed);
	/* The same for another hub. */
	f->hub->identity.hub_id[0] ^= 1;
	struct bytes foreign = dossier_batch(f, &pc, "A-1");
	struct bytes foreign_body = body_of(f, &pc, &request, NULL, 0);
	f->hub->identity.hub_id[0] ^= 1;
	assert_int_equal(refusal(f, &pc, &foreign, 1), STATUS_FORGED);
	assert_int_equal(exchange(f->hub, bytes_slice(&foreign_body), &out), STATUS_FORGED);
	bytes_free(&foreign);
	bytes_free(&foreign_body);
	bytes_free(&batch);
	bytes_free(&body);
	bytes_free(&out);
	signing_key_free(pc.key);
	signing_key_free(stranger.key);
}

static void id_01_one_flipped_bit_anywhere_in_a_body_is_refused(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct request request = request_of(f, &pc);
	struct bytes body = body_of(f, &pc, &request, &batch, 1);
	for (size_t i = 0; i < body.len; i++) {
		struct arrival *arrival = NULL;
		body.data[i] ^= (uint8_t)(1U << i % 8);
		assert_int_not_equal(intake_open(f->hub, bytes_slice(&body), &arrival), STATUS_OK);
		body.data[i] ^= (uint8_t)(1U << i % 8);
	}
	for (size_t len = 0; len < body.len; len += 7) {
		struct arrival *arrival = NULL;
		assert_int_not_equal(intake_open(f->hub, slice_of(body.data, len), &arrival), STATUS_OK);
	}
	bytes_free(&body);
	bytes_free(&batch);
	signing_key_free(pc.key);
}

static void test_bodies_over_the_limits_are_refused_unread(void **state)
{
	struct fixture *f = *state;
	struct arrival *arrival = NULL;
	struct bytes body = bytes_new(LIMIT_REQUEST + 1);
	memset(bytes_grow(&body, LIMIT_REQUEST + 1), 0, LIMIT_REQUEST + 1);
	assert_int_equal(intake_open(f->hub, bytes_slice(&body), &arrival), STATUS_LIMIT);
	bytes_clear(&body);
	cbor_put_array(&body, 0);
	assert_int_equal(intake_open(f->hub, bytes_slice(&body), &arrival), STATUS_MALFORMED);
	assert_int_equal(intake_open(f->hub, (struct slice){0}, &arrival), STATUS_MALFORMED);
	bytes_free(&body);
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes large = bytes_new(LIMIT_REQUEST);
	memset(bytes_grow(&large, LIMIT_BATCH_SEALED + 1), 0, LIMIT_BATCH_SEALED + 1);
	assert_int_equal(refusal(f, &pc, &large, 1), STATUS_LIMIT);
	bytes_free(&large);
	signing_key_free(pc.key);
}

static void set_state(struct fixture *f, enum device_state to)
{
	static const char *const changes[] = {
		[DEVICE_ACTIVE] = "UPDATE device SET state = 1",
		[DEVICE_WAITING] = "UPDATE device SET state = 2",
		[DEVICE_UNCONFIRMED] = "UPDATE device SET state = 3",
		[DEVICE_SUSPENDED] = "UPDATE device SET state = 4",
		[DEVICE_REVOKED] = "UPDATE device SET state = 5",
	};
	sql(f, changes[to]);
	reopen_hub(f);
}

static void test_only_active_and_unconfirmed_devices_are_heard(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	set_state(f, DEVICE_WAITING);
	assert_int_equal(refusal(f, &pc, &batch, 1), STATUS_WAITING_DEVICE);
	assert_int_equal(refusal(f, &pc, NULL, 0), STATUS_WAITING_DEVICE);
	set_state(f, DEVICE_SUSPENDED);
	assert_int_equal(refusal(f, &pc, &batch, 1), STATUS_SUSPENDED);
	set_state(f, DEVICE_REVOKED);
	assert_int_equal(refusal(f, &pc, &batch, 1), STATUS_SUSPENDED);
	assert_true(log_entries(f) == 0);
	assert_true(number(f->hub, "SELECT count(*) FROM seen") == 0);
	set_state(f, DEVICE_ACTIVE);
	deliver(f, &pc, batch);
	assert_true(log_entries(f) == 1);
	signing_key_free(pc.key);
}

/* The operator may act between the two halves of an exchange. */
static void id_06_device_suspended_between_the_halves_is_refused(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct request request = request_of(f, &pc);
	struct bytes body = body_of(f, &pc, &request, &batch, 1);
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct arrival *arrival = NULL;
	struct hub_transaction t;
	assert_int_equal(intake_open(f->hub, bytes_slice(&body), &arrival), STATUS_OK);
	sql(f, "UPDATE device SET state = 4");
	assert_int_equal(registry_reload(f->hub->registry, f->hub->db), STATUS_OK);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(intake_take(f->hub, arrival, &out), STATUS_SUSPENDED);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	assert_true(log_entries(f) == 0);
	intake_free(arrival);
	bytes_free(&out);
	bytes_free(&body);
	bytes_free(&batch);
	signing_key_free(pc.key);
}

/* The hub serves in one process, the operator confirms in another. */
static void test_device_confirmed_by_another_process_is_heard_at_its_next_request(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	char fingerprint[FINGERPRINT_TEXT];
	uint8_t confirmed[DEVICE_ID_LEN];
	assert_int_equal(take_enrolment(f->hub, bytes_slice(&body), &out), STATUS_OK);
	assert_int_equal(refusal(f, &pc, NULL, 0), STATUS_WAITING_DEVICE);
	fingerprint_format(f->hub->identity.hub_id, signing_key_public(pc.key), fingerprint);
	struct hub *second = open_hub(f);
	assert_int_equal(enrol_confirm(second, fingerprint, "tester", confirmed), STATUS_OK);
	hub_close(second);
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	assert_true(log_entries(f) == 1);
	bytes_free(&out);
	bytes_free(&body);
	signing_key_free(pc.key);
}

static void hb_10_accepted_at_never_falls_along_a_chain(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "05802");
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	f->now -= 2 * DAY;
	struct bytes batch = dossier_batch(f, &pc, "A-2");
	struct reply *r = send_batches(f, &pc, &batch, 1);
	assert_int_equal(r->n_receipts, 2);
	assert_true(r->receipts[0].accepted_at == START);
	assert_true(r->receipts[1].accepted_at == START);
	reply_free(r);
	bytes_free(&batch);
	/* Each chain for itself. */
	deliver(f, &other, dossier_batch(f, &other, "B-1"));
	assert_true(number(f->hub, "SELECT min(accepted_at) FROM log WHERE type = 1") == START - 2 * DAY);
	f->now = START + MINUTE;
	deliver(f, &pc, dossier_batch(f, &pc, "A-3"));
	assert_true(number(f->hub, "SELECT max(accepted_at) FROM chain") == START + MINUTE);
	signing_key_free(pc.key);
	signing_key_free(other.key);
}

/* Once read as lost, a waiting batch is sent again by its device; it must not hold up the one before it. */
static void hb_12_damaged_waiting_batch_does_not_block(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes first = dossier_batch(f, &pc, "A-1");
	struct bytes second = dossier_batch(f, &pc, "A-2");
	struct reply *r = send_batches(f, &pc, &second, 1);
	reply_free(r);
	sql(f, "UPDATE pending SET envelope = x'00'");
	r = send_batches(f, &pc, &first, 1);
	assert_true(r->head.chains[0].have == 1);
	assert_int_equal(r->head.n_pending, 0);
	reply_free(r);
	r = send_batches(f, &pc, &second, 1);
	assert_true(r->head.chains[0].have == 2);
	reply_free(r);
	bytes_free(&first);
	bytes_free(&second);
	signing_key_free(pc.key);
}

static void test_pending_beyond_its_limit_is_not_kept_and_not_named(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	enum { COUNT = LIMIT_PENDING + 2 };
	struct bytes batches[COUNT];
	for (size_t i = 0; i < COUNT; i++)
		batches[i] = next_batch(f, &pc, NULL, 0);
	struct reply *r = send_batches(f, &pc, batches + 1, COUNT - 1);
	assert_int_equal(r->head.n_pending, LIMIT_PENDING);
	assert_int_equal(r->n_receipts, 0);
	reply_free(r);
	r = send_batches(f, &pc, batches, 1);
	assert_true(r->head.chains[0].have == LIMIT_PENDING + 1);
	assert_int_equal(r->n_receipts, LIMIT_PENDING + 1);
	reply_free(r);
	for (size_t i = 0; i < COUNT; i++)
		bytes_free(&batches[i]);
	signing_key_free(pc.key);
}

static void test_new_incarnation_begins_a_chain_beside_the_old_one(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	pc.incarnation = (struct incarnation){.ordinal = 2, .bits = 77};
	pc.seq = 0;
	struct bytes batch = dossier_batch(f, &pc, "A-2");
	struct reply *r = send_batches(f, &pc, &batch, 1);
	assert_int_equal(r->n_receipts, 1);
	assert_receipt(r, 0, &pc, 1, bytes_slice(&batch), f->now);
	assert_int_equal(r->head.n_chains, 2);
	assert_true(r->head.chains[0].incarnation.ordinal == 2);
	reply_free(r);
	bytes_free(&batch);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_batches_in_order_join_and_get_receipts),
		HUB_TEST(nw_16_early_batches_wait_are_named_and_join_later),
		HUB_TEST(nw_15_the_same_batch_again_changes_nothing_and_brings_the_same_receipt),
		HUB_TEST(nw_17_an_old_exchange_played_back_changes_nothing),
		HUB_TEST(id_03_second_batch_under_a_used_seq_is_evidence_and_holds_its_device),
		HUB_TEST(id_03_batch_with_a_wrong_predecessor_is_evidence_and_holds_its_device),
		HUB_TEST(test_waiting_batch_that_does_not_fit_becomes_evidence_when_its_turn_comes),
		HUB_TEST(hb_12_unreadable_rows_get_a_place_and_a_verdict),
		HUB_TEST(id_07_records_of_other_units_are_refused_one_by_one),
		HUB_TEST(hb_13_a_thing_changed_without_end_holds_up_nothing),
		HUB_TEST(test_foreign_batch_in_ones_request_is_refused),
		HUB_TEST(test_request_that_claims_another_device_is_refused),
		HUB_TEST(id_05_an_unknown_key_leaves_nothing_behind),
		HUB_TEST(id_08_a_clock_far_ahead_wins_ten_minutes),
		HUB_TEST(test_wrong_key_purpose_or_hub_is_refused),
		HUB_TEST(id_01_one_flipped_bit_anywhere_in_a_body_is_refused),
		HUB_TEST(test_bodies_over_the_limits_are_refused_unread),
		HUB_TEST(test_only_active_and_unconfirmed_devices_are_heard),
		HUB_TEST(id_06_device_suspended_between_the_halves_is_refused),
		HUB_TEST(test_device_confirmed_by_another_process_is_heard_at_its_next_request),
		HUB_TEST(hb_10_accepted_at_never_falls_along_a_chain),
		HUB_TEST(hb_12_damaged_waiting_batch_does_not_block),
		HUB_TEST(test_pending_beyond_its_limit_is_not_kept_and_not_named),
		HUB_TEST(test_new_incarnation_begins_a_chain_beside_the_old_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
