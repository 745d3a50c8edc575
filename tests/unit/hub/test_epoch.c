#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/answer.h"
#include "hub/epoch.h"
#include "hub/verify.h"
#include "tests/unit/hub/courier_fixture.h"

/* An exchange of a device that has seen this head; the head it gets. */
static struct head ask(struct fixture *f, struct hub *hub, struct pc *pc, uint64_t epoch, uint64_t counter)
{
	struct request request = request_of(f, pc);
	request.epoch = epoch;
	request.counter = counter;
	struct bytes body = body_of(f, pc, &request, NULL, 0);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(exchange(hub, bytes_slice(&body), &out), STATUS_OK);
	bytes_free(&body);
	struct reply *r = read_reply(hub, &out);
	struct head head = r->head;
	reply_free(r);
	return head;
}

static int64_t entries(struct fixture *f)
{
	return number(f->hub, "SELECT count(*) FROM log");
}

static void assert_verifies(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
}

static void test_heads_this_hub_gave_begin_nothing(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	uint64_t reserved = 0;
	struct head head = ask(f, f->hub, &pc, 0, 0);
	int64_t before = entries(f);
	head = ask(f, f->hub, &pc, head.epoch, head.counter);
	assert_int_equal(answer_reserved(f->hub, &reserved), STATUS_OK);
	head = ask(f, f->hub, &pc, 1, reserved); /* as given out by another process */
	head = ask(f, f->hub, &pc, 0, UINT64_C(1) << 40);
	assert_true(head.epoch == 1 && entries(f) == before);
	signing_key_free(pc.key);
}

static void test_a_head_above_all_that_is_known_begins_an_epoch(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	uint64_t reserved = 0;
	(void)ask(f, f->hub, &pc, 0, 0);
	assert_int_equal(answer_reserved(f->hub, &reserved), STATUS_OK);
	int64_t before = entries(f);
	struct head head = ask(f, f->hub, &pc, 1, reserved + 1);
	assert_true(head.epoch == 2); /* it advances for the device already */
	assert_true(entries(f) == before + 1);
	head = ask(f, f->hub, &pc, head.epoch, head.counter);
	assert_true(head.epoch == 2 && entries(f) == before + 1);
	assert_verifies(f);
	/* It is the log's: another handle, another opening and a rebuild know it. */
	reopen_hub(f);
	assert_true(f->hub->epoch == 2);
	struct hub_transaction t;
	struct state again = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_rebuild(&again, f->hub->db), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&again);
	assert_true(ask(f, f->hub, &pc, 1, 5).epoch == 2);
	assert_verifies(f);
	signing_key_free(pc.key);
}

static void test_the_other_process_goes_on_in_the_new_epoch(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct hub *second = open_hub(f);
	assert_true(ask(f, second, &pc, 0, 0).epoch == 1);
	assert_true(ask(f, f->hub, &pc, 2, 1).epoch == 2);
	assert_true(ask(f, second, &pc, 1, 1).epoch == 2);
	hub_close(second);
	signing_key_free(pc.key);
}

/* A liar's number is not taken over, however large; the true one is reached step by step. */
static void test_one_step_a_request_whatever_it_claims(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	int64_t before = entries(f);
	for (uint64_t i = 0; i < 3; i++)
		assert_true(ask(f, f->hub, &pc, INT64_MAX, INT64_MAX).epoch == 2 + i);
	assert_true(entries(f) == before + 3);
	signing_key_free(pc.key);
}

static void test_an_epoch_that_was_rolled_back_never_began(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct request request = request_of(f, &pc);
	struct hub_transaction t;
	request.epoch = 9;
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(epoch_follow(f->hub, &request), STATUS_OK);
	assert_true(f->hub->epoch == 2);
	hub_rollback(&t);
	assert_true(f->hub->epoch == 1);
	assert_true(ask(f, f->hub, &pc, 1, 0).epoch == 1);
	signing_key_free(pc.key);
}

/* A hub that works on a copy: the device has receipts for what is not here; a request from a stick tells it too. */
static void hb_05_a_hub_put_back_learns_it_from_a_stick_and_takes_all_again(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes b[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2")};
	reply_free(send_batches(f, &pc, b, 1));
	struct request request = request_of(f, &pc);
	request.epoch = 1;
	request.counter = UINT64_C(1) << 30;
	request.chains[0].receipted = 2;
	struct bytes file = courier_file(f, &pc, &request, &b[1], 1, NULL);
	struct ingested r = ingest_one(f->hub, bytes_slice(&file));
	assert_int_equal(r.status, STATUS_OK);
	assert_true(r.taken.joined == 1);
	assert_true(f->hub->epoch == 2);
	assert_verifies(f);
	bytes_free(&file);
	free_all(b, 2);
	signing_key_free(pc.key);
}

static void test_body_that_is_no_epoch_is_malformed(void **state)
{
	(void)state;
	static const uint8_t bodies[][3] = {{0x81, 0x00}, {0x81, 0x01}, {0x82, 0x02, 0x02}, {0x81, 0x20}};
	static const size_t lengths[] = {2, 2, 3, 2};
	uint64_t epoch = 0;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(epoch_act_take(slice_of(bodies[i], lengths[i]), &epoch), STATUS_MALFORMED);
	static const uint8_t second[] = {0x81, 0x02};
	assert_int_equal(epoch_act_take(slice_of(second, sizeof(second)), &epoch), STATUS_OK);
	assert_true(epoch == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_heads_this_hub_gave_begin_nothing),
		HUB_TEST(test_a_head_above_all_that_is_known_begins_an_epoch),
		HUB_TEST(test_the_other_process_goes_on_in_the_new_epoch),
		HUB_TEST(test_one_step_a_request_whatever_it_claims),
		HUB_TEST(test_an_epoch_that_was_rolled_back_never_began),
		HUB_TEST(hb_05_a_hub_put_back_learns_it_from_a_stick_and_takes_all_again),
		cmocka_unit_test(test_body_that_is_no_epoch_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
