#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/batch_pack.h"
#include "protocol/deflate.h"
#include "tests/support/batch_split.h"
#include "tests/unit/hub/courier_fixture.h"

/* The batch under another version, its rows without the dictionary, signed anew. */
static struct bytes of_version(const struct fixture *f, const struct pc *pc, const struct bytes *batch,
			       uint8_t version)
{
	enum { VERSION_AT = 2 };
	struct envelope e;
	struct slice head;
	struct slice stream;
	uint64_t raw_len = 0;
	struct bytes rows = bytes_new(LIMIT_BATCH_RAW + 1);
	struct bytes payload = bytes_new(LIMIT_BATCH_SEALED);
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	assert_int_equal(envelope_peek(bytes_slice(batch), &e), STATUS_OK);
	assert_true(batch_split(e.payload, &head, &stream, &raw_len));
	assert_int_equal(head.data[VERSION_AT], BATCH_VERSION);
	bytes_put(&payload, head.data, head.len);
	payload.data[VERSION_AT] = version;
	assert_int_equal(batch_unpack(stream, true, (size_t)raw_len, &rows), STATUS_OK);
	assert_int_equal(deflate_pack(bytes_slice(&rows), NULL, &payload), STATUS_OK);
	assert_int_equal(
		envelope_seal(MESSAGE_BATCH, f->hub->identity.hub_id, pc->key, bytes_slice(&payload), &sealed),
		STATUS_OK);
	bytes_free(&rows);
	bytes_free(&payload);
	return sealed;
}

/* Nothing of it may become a verdict: it comes again, unharmed, once the hub knows the version. */
static void hb_11_a_batch_of_a_later_version_is_refused_and_nothing_of_it_kept(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct bytes later[] = {dossier_batch(f, &pc, "A-2"), of_version(f, &pc, &batch, BATCH_VERSION + 1)};
	assert_int_equal(refusal(f, &pc, &later[1], 1), STATUS_VERSION);
	assert_int_equal(refusal(f, &pc, later, 2), STATUS_VERSION);
	/* Law 7: the version is looked at first, as nobody knows what a later one signs. */
	later[1].data[later[1].len - 1] ^= 1;
	assert_int_equal(refusal(f, &pc, &later[1], 1), STATUS_VERSION);
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 0);
	assert_true(number(f->hub, "SELECT count(*) FROM thing") == 0);
	deliver(f, &pc, batch);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE unit = '05801'") == 1);
	bytes_free(&later[0]);
	bytes_free(&later[1]);
	signing_key_free(pc.key);
}

/* A file is taken frame by frame: what stands before the later one joins, what stands behind waits for it. */
static void hb_11_a_later_version_in_a_courier_file_holds_up_its_own_chain_alone(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes known[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2"),
				dossier_batch(f, &pc, "A-3")};
	struct bytes file[] = {known[0], of_version(f, &pc, &known[1], BATCH_VERSION + 1), known[2]};
	struct ingested r = ingest_batches(f, &pc, file, 3);
	assert_true(r.refused_frames == 1);
	assert_int_equal(r.refused_status, STATUS_VERSION);
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 1") == 1);
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 1);
	bytes_free(&file[1]);
	deliver(f, &pc, known[1]);
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 1") == 3);
	bytes_free(&known[0]);
	bytes_free(&known[2]);
	signing_key_free(pc.key);
}

/* Computers are updated one by one, and what they sealed before waits in their queues. */
static void hb_11_a_batch_of_the_version_before_is_taken(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct bytes before = of_version(f, &pc, &batch, 1);
	struct reply *r = send_batches(f, &pc, &before, 1);
	struct verdicts verdicts;
	assert_int_equal(r->n_receipts, 1);
	assert_int_equal(verdicts_read(r->receipts[0].verdicts, &verdicts), STATUS_OK);
	assert_int_equal(verdicts.batch, VERDICT_TAKEN);
	assert_int_equal(verdicts.count, 0);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE unit = '05801'") == 1);
	reply_free(r);
	bytes_free(&before);
	bytes_free(&batch);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(hb_11_a_batch_of_a_later_version_is_refused_and_nothing_of_it_kept),
		HUB_TEST(hb_11_a_later_version_in_a_courier_file_holds_up_its_own_chain_alone),
		HUB_TEST(hb_11_a_batch_of_the_version_before_is_taken),
	};
	return cmocka_run_group_tests_name("intake_version", tests, NULL, NULL);
}
