#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/seen.h"
#include "tests/unit/hub/courier_fixture.h"

static void say_by_stick(struct fixture *f, const struct pc *pc, const struct request *request)
{
	struct bytes file = courier_file(f, pc, request, NULL, 0, NULL);
	assert_int_equal(ingest_one(f->hub, bytes_slice(&file)).status, STATUS_OK);
	bytes_free(&file);
}

static void say_by_line(struct fixture *f, struct pc *pc, const struct request *request)
{
	struct bytes body = body_of(f, pc, request, NULL, 0);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(exchange(f->hub, bytes_slice(&body), &out), STATUS_OK);
	bytes_free(&body);
	bytes_free(&out);
}

static void test_clock_of_a_device_only_seen_by_stick_is_not_known(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct request request = request_of(f, &pc);
	request.sent_at = f->now - 3 * DAY;
	request.waiting = 4;
	say_by_stick(f, &pc, &request);
	assert_true(number(f->hub, "SELECT at FROM seen") == f->now - 3 * DAY);
	assert_true(number(f->hub, "SELECT clock_offset IS NULL FROM seen") == 1);
	assert_true(number(f->hub, "SELECT waiting FROM seen WHERE version = '1.0'") == 4);
	/* A clock ahead does not date it after now. */
	request.sent_at = f->now + 9 * DAY;
	say_by_stick(f, &pc, &request);
	assert_true(number(f->hub, "SELECT at FROM seen") == f->now);
	signing_key_free(pc.key);
}

static void test_old_file_does_not_take_back_what_was_said_since(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct request old = request_of(f, &pc);
	old.waiting = 9;
	f->now += DAY;
	struct request fresh = request_of(f, &pc);
	fresh.sent_at = f->now - 7000;
	fresh.waiting = 1;
	say_by_line(f, &pc, &fresh);
	int64_t at = f->now;
	f->now += DAY;
	say_by_stick(f, &pc, &old);
	assert_true(number(f->hub, "SELECT at FROM seen") == at);
	assert_true(number(f->hub, "SELECT waiting FROM seen") == 1);
	assert_true(number(f->hub, "SELECT clock_offset FROM seen") == -7);
	/* A later one does, and leaves the clock as the line showed it. */
	old.sent_at = at + MINUTE;
	say_by_stick(f, &pc, &old);
	assert_true(number(f->hub, "SELECT at FROM seen") == at + MINUTE);
	assert_true(number(f->hub, "SELECT waiting FROM seen") == 9);
	assert_true(number(f->hub, "SELECT clock_offset FROM seen") == -7);
	signing_key_free(pc.key);
}

static void test_chains_of_the_last_request_are_kept(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct seen_chains chains;
	struct incarnation second = {.ordinal = 2, .bits = UINT64_MAX};
	assert_int_equal(seen_chains_get(f->hub, pc.id, &chains), STATUS_OK);
	assert_int_equal(chains.count, 0);
	struct request request = request_of(f, &pc);
	request.chains[0].receipted = 7;
	request.n_chains = 2;
	request.chains[1].incarnation = second;
	request.chains[1].receipted = INT64_MAX;
	say_by_line(f, &pc, &request);
	assert_int_equal(seen_chains_get(f->hub, pc.id, &chains), STATUS_OK);
	assert_int_equal(chains.count, 2);
	assert_true(seen_receipted(&chains, &pc.incarnation) == 7);
	assert_true(seen_receipted(&chains, &second) == INT64_MAX);
	second.bits--;
	assert_true(seen_receipted(&chains, &second) == 0);
	request.n_chains = LIMIT_INCARNATIONS;
	for (size_t i = 0; i < LIMIT_INCARNATIONS; i++) {
		request.chains[i].incarnation = (struct incarnation){.ordinal = i + 1, .bits = i};
		request.chains[i].receipted = i;
	}
	say_by_stick(f, &pc, &request);
	assert_int_equal(seen_chains_get(f->hub, pc.id, &chains), STATUS_OK);
	assert_int_equal(chains.count, LIMIT_INCARNATIONS);
	assert_true(seen_receipted(&chains, &request.chains[63].incarnation) == 63);
	sql(f, "UPDATE seen SET chains = x'00'");
	assert_int_equal(seen_chains_get(f->hub, pc.id, &chains), STATUS_CORRUPT);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_clock_of_a_device_only_seen_by_stick_is_not_known),
		HUB_TEST(test_old_file_does_not_take_back_what_was_said_since),
		HUB_TEST(test_chains_of_the_last_request_are_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
