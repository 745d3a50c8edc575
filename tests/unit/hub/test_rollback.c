/* A transaction that came to nothing leaves nothing behind in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/answer.h"
#include "tests/unit/hub/hub_fixture.h"

/* The counter of a head made in a transaction that ends as told. */
static uint64_t counter_of_head(struct hub *hub, const struct pc *pc, bool commit)
{
	struct request request = {.sent_at = START, .version = slice_str("1.0")};
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct hub_transaction t;
	struct head *head = calloc(1, sizeof(*head));
	assert_non_null(head);
	memcpy(request.device, pc->id, DEVICE_ID_LEN);
	assert_int_equal(hub_begin(hub, &t), STATUS_OK);
	assert_int_equal(answer_put(hub, &request, &out), STATUS_OK);
	if (commit)
		assert_int_equal(hub_commit(&t), STATUS_OK);
	else
		hub_rollback(&t);
	struct cbor r = cbor_reader(out.data, out.len);
	cbor_array_of(&r, 1);
	struct slice sealed = cbor_bytes(&r, LIMIT_REPLY);
	assert_int_equal(head_open(sealed, hub->identity.hub_id, hub->identity.sign_key, head), STATUS_OK);
	uint64_t counter = head->counter;
	free(head);
	bytes_free(&out);
	return counter;
}

static void test_no_head_is_repeated_after_a_reservation_was_rolled_back(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	reopen_hub(f);
	(void)counter_of_head(f->hub, &pc, false); /* it never left */
	uint64_t before = counter_of_head(f->hub, &pc, true);
	reopen_hub(f);
	assert_true(counter_of_head(f->hub, &pc, true) > before);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_head_is_repeated_after_a_reservation_was_rolled_back,
						fixture_up, fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
