/* A transaction that came to nothing leaves nothing behind in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/datadir.h"
#include "hub/answer.h"
#include "protocol/reply.h"

static int64_t fixed_time(void *context)
{
	(void)context;
	return INT64_C(1709255400000);
}

static const struct hub_world WORLD = {.now_ms = fixed_time};
static const struct hub_plan PLAN = {.province = "27", .name = "Tinh Thu"};

/* The counter of a head made in a transaction that ends as told. */
static uint64_t counter_of_head(struct hub *hub, bool commit)
{
	struct request request = {.sent_at = fixed_time(NULL), .version = slice_str("1.0")};
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct hub_transaction t;
	struct head *head = calloc(1, sizeof(*head));
	assert_non_null(head);
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
	const char *dir = *state;
	struct hub *hub = NULL;
	assert_int_equal(hub_open(dir, &WORLD, true, &hub), STATUS_OK);
	(void)counter_of_head(hub, false); /* it never left */
	uint64_t before = counter_of_head(hub, true);
	hub_close(hub);
	assert_int_equal(hub_open(dir, &WORLD, true, &hub), STATUS_OK);
	assert_true(counter_of_head(hub, true) > before);
	hub_close(hub);
}

static int make_hub(void **state)
{
	char *dir = strdup("/tmp/motcua-rollback-XXXXXX");
	*state = dir;
	if (dir == NULL || mkdtemp(dir) == NULL || sign_start() != STATUS_OK)
		return -1;
	return hub_create(dir, &WORLD, &PLAN) == STATUS_OK ? 0 : -1;
}

static int remove_hub(void **state)
{
	static const char *const names[] = {"hub.db",  "hub.db-wal", "hub.db-shm",   "hub.key",     "lock",
					    "tls.key", "tls.crt",    "tls-next.key", "tls-next.crt"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = path_join(*state, names[i]);
		(void)unlink(path); /* not each is there */
		free(path);
	}
	int failed = rmdir(*state);
	free(*state);
	return failed;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_head_is_repeated_after_a_reservation_was_rolled_back,
						make_hub, remove_hub),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
