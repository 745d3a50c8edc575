#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/answer.h"
#include "hub/chain.h"
#include "tests/unit/hub/hub_fixture.h"

static uint64_t counter_through(struct fixture *f, struct hub *hub, struct pc *pc)
{
	struct reply *r = send_through(f, hub, pc, NULL, 0);
	uint64_t counter = r->head.counter;
	assert_true(r->head.epoch == 1);
	reply_free(r);
	return counter;
}

static void test_counter_rises_with_every_head(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	uint64_t first = counter_through(f, f->hub, &pc);
	assert_true(first > 0);
	assert_true(counter_through(f, f->hub, &pc) > first);
	signing_key_free(pc.key);
}

static void test_counter_rises_across_opening_again(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	uint64_t last = counter_through(f, f->hub, &pc);
	for (int i = 0; i < 3; i++) {
		reopen_hub(f);
		uint64_t next = counter_through(f, f->hub, &pc);
		assert_true(next > last);
		last = next;
	}
	signing_key_free(pc.key);
}

/* Makes an answer and rolls it back: it is never sent, and what it reserved is not on disk. */
static void answer_in_vain(struct fixture *f, struct pc *pc)
{
	struct hub_transaction t;
	struct request request = request_of(f, pc);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(answer_put(f->hub, &request, &out), STATUS_OK);
	hub_rollback(&t);
	bytes_free(&out);
}

/* L4: a reservation that was rolled back is none; heads under it would come again after the next opening. */
static void test_counter_survives_a_rollback(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	reopen_hub(f);
	answer_in_vain(f, &pc);
	uint64_t last = counter_through(f, f->hub, &pc);
	reopen_hub(f);
	assert_true(counter_through(f, f->hub, &pc) > last);
	signing_key_free(pc.key);
}

/* `ingest` gives out heads beside the serving hub: to the device they are one row. */
static void test_counter_rises_across_two_processes(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct hub *second = open_hub(f);
	uint64_t last = 0;
	for (int i = 0; i < 6; i++) {
		uint64_t next = counter_through(f, i % 2 == 0 ? f->hub : second, &pc);
		assert_true(next > last);
		last = next;
	}
	hub_close(second);
	signing_key_free(pc.key);
}

/* L9: a damaged note is not a hub that never gave out a head. */
static void test_lost_counter_is_damage_and_not_a_beginning(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	(void)counter_through(f, f->hub, &pc);
	sql(f, "UPDATE note SET value = x'01' WHERE name = 'counter'");
	reopen_hub(f);
	assert_int_equal(refusal(f, &pc, NULL, 0), STATUS_CORRUPT);
	sql(f, "DELETE FROM note WHERE name = 'counter'");
	assert_int_equal(refusal(f, &pc, NULL, 0), STATUS_CORRUPT);
	signing_key_free(pc.key);
}

static void test_only_receipts_above_the_last_one_are_sent(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	for (int i = 0; i < 3; i++)
		deliver(f, &pc, next_batch(f, &pc, NULL, 0));
	pc.receipted = 2;
	struct reply *r = send_batches(f, &pc, NULL, 0);
	assert_int_equal(r->n_receipts, 1);
	assert_true(r->receipts[0].seq == 3);
	reply_free(r);
	pc.receipted = 3;
	r = send_batches(f, &pc, NULL, 0);
	assert_int_equal(r->n_receipts, 0);
	reply_free(r);
	signing_key_free(pc.key);
}

static void test_every_chain_asked_about_is_answered(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc old = pc;
	deliver(f, &pc, next_batch(f, &pc, NULL, 0));
	pc.incarnation = (struct incarnation){.ordinal = 2, .bits = 3};
	pc.seq = 0;
	deliver(f, &pc, next_batch(f, &pc, NULL, 0));
	struct request request = request_of(f, &pc);
	request.n_chains = 3;
	request.chains[1].incarnation = old.incarnation;
	request.chains[2].incarnation = (struct incarnation){.ordinal = 3, .bits = 4};
	struct bytes body = body_of(f, &pc, &request, NULL, 0);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(exchange(f->hub, bytes_slice(&body), &out), STATUS_OK);
	struct reply *r = read_reply(f->hub, &out);
	assert_int_equal(r->n_receipts, 2);
	assert_true(r->receipts[0].incarnation.ordinal == 2);
	assert_true(r->receipts[1].incarnation.ordinal == 1);
	reply_free(r);
	bytes_free(&body);
	signing_key_free(pc.key);
}

/* A batch of `count` records of a unit that is not in the list: each brings a verdict. */
static struct bytes refused_batch(const struct fixture *f, struct pc *pc, size_t count)
{
	struct change *changes = calloc(count, sizeof(*changes));
	assert_non_null(changes);
	for (size_t i = 0; i < count; i++)
		changes[i] = dossier_of("A-1", f->now, "99999");
	struct bytes batch = next_batch(f, pc, changes, count);
	free(changes);
	return batch;
}

/* Receipts of 16 kB each: they do not fit into one answer, so they go on in the next. */
static void test_receipts_beyond_an_answer_come_with_the_next_request(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	enum { COUNT = 20 };
	for (int i = 0; i < COUNT; i++)
		deliver(f, &pc, refused_batch(f, &pc, LIMIT_BATCH_CHANGES));
	struct reply *r = send_batches(f, &pc, NULL, 0);
	assert_true(r->body.len <= LIMIT_REPLY);
	assert_true(r->head.chains[0].have == COUNT);
	size_t first = r->n_receipts;
	assert_true(first > 0 && first < COUNT);
	/* As many as fit: one more of their size would not. */
	assert_true(r->body.len + r->sealed[0].len + 16 * 1024 > LIMIT_REPLY);
	pc.receipted = first;
	reply_free(r);
	r = send_batches(f, &pc, NULL, 0);
	assert_int_equal(r->n_receipts, COUNT - first);
	for (size_t i = 0; i < r->n_receipts; i++)
		assert_true(r->receipts[i].seq == first + i + 1);
	reply_free(r);
	signing_key_free(pc.key);
}

static void test_request_notes_what_the_device_says_of_itself(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct request request = request_of(f, &pc);
	struct bytes out = bytes_new(LIMIT_REPLY);
	request.sent_at = f->now - 90 * INT64_C(1000);
	request.waiting = 17;
	for (int i = 0; i < 2; i++) {
		f->now += MINUTE;
		request.sent_at += MINUTE;
		struct bytes body = body_of(f, &pc, &request, NULL, 0);
		bytes_clear(&out);
		assert_int_equal(exchange(f->hub, bytes_slice(&body), &out), STATUS_OK);
		bytes_free(&body);
	}
	bytes_free(&out);
	assert_true(number(f->hub, "SELECT count(*) FROM seen") == 1);
	assert_true(number(f->hub, "SELECT at FROM seen") == f->now);
	assert_true(number(f->hub, "SELECT clock_offset FROM seen") == -90);
	assert_true(number(f->hub, "SELECT waiting FROM seen WHERE version = '1.0'") == 17);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_counter_rises_with_every_head),
		HUB_TEST(test_counter_rises_across_opening_again),
		HUB_TEST(test_counter_survives_a_rollback),
		HUB_TEST(test_counter_rises_across_two_processes),
		HUB_TEST(test_lost_counter_is_damage_and_not_a_beginning),
		HUB_TEST(test_only_receipts_above_the_last_one_are_sent),
		HUB_TEST(test_every_chain_asked_about_is_answered),
		HUB_TEST(test_receipts_beyond_an_answer_come_with_the_next_request),
		HUB_TEST(test_request_notes_what_the_device_says_of_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
