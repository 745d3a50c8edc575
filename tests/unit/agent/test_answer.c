#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/answer.h"

#define assert_answer(http, body, wanted)                                                                          \
	assert_string_equal(status_code(answer_status(http, slice_str(body))), status_code(STATUS_##wanted))

static void two_hundred_alone_is_looked_at(void **state)
{
	(void)state;
	assert_answer(200, "anything", OK);
	assert_answer(201, "", PORTAL);
	assert_answer(204, "", PORTAL);
	assert_answer(302, "", PORTAL);
	assert_answer(100, "", PORTAL);
}

static void a_refusal_is_known_by_its_code(void **state)
{
	(void)state;
	assert_answer(403, "E-DEVICE-WAITING", WAITING_DEVICE);
	assert_answer(403, "E-DEVICE-SUSPENDED\n", SUSPENDED);
	assert_answer(401, "E-DEVICE-UNKNOWN\r\n", UNKNOWN_DEVICE);
	assert_answer(403, "E-INVITATION", INVITATION);
	assert_answer(422, "E-SIGNATURE", FORGED);
	assert_answer(422, "E-FORK", FORK);
	assert_answer(413, "E-LIMIT", LIMIT);
}

static void a_code_no_hub_sends_is_not_believed(void **state)
{
	(void)state;
	assert_answer(403, "OK", UNREACHABLE);
	assert_answer(403, "E-DB-LOST", UNREACHABLE);
	assert_answer(403, "<html>forbidden</html>", UNREACHABLE);
	assert_answer(200, "E-DEVICE-WAITING", OK);
	assert_answer(500, "", UNREACHABLE);
}

static void an_overloaded_hub_is_busy(void **state)
{
	(void)state;
	assert_answer(503, "", BUSY);
	assert_answer(429, "slow down", BUSY);
	assert_answer(503, "E-DEVICE-WAITING", WAITING_DEVICE);
}

static void the_deadline_grows_with_the_body_up_to_its_end(void **state)
{
	(void)state;
	const struct agent_world world = {.proxy = slice_str("proxy:3128")};
	static const uint8_t body[LIMIT_REQUEST];
	struct uplink_request small = answer_request(&world, "hub", 443, "/x", slice_of(body, 6400), 10);
	struct uplink_request large = answer_request(&world, "hub", 443, "/x", slice_of(body, sizeof(body)), 10);
	struct uplink_request none = answer_request(&world, "hub", 443, "/x", slice_of(NULL, 0), 10);
	assert_int_equal(small.deadline_ms, 160000);
	assert_int_equal(large.deadline_ms, LIMIT_REQUEST_MAX_S * 1000);
	assert_true(small.post);
	assert_false(none.post);
	assert_int_equal(small.n_pins, 0);
	assert_true(slice_equal(small.proxy, slice_str("proxy:3128")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_hundred_alone_is_looked_at),
		cmocka_unit_test(a_refusal_is_known_by_its_code),
		cmocka_unit_test(a_code_no_hub_sends_is_not_believed),
		cmocka_unit_test(an_overloaded_hub_is_busy),
		cmocka_unit_test(the_deadline_grows_with_the_body_up_to_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
