#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "hub/buckets.h"

enum { BURST = 30, EVERY_MS = 500 };

static struct buckets *made(void)
{
	struct buckets *buckets = buckets_new(BURST, EVERY_MS);
	assert_non_null(buckets);
	return buckets;
}

static int taken(struct buckets *buckets, const char *thing, int tries, int64_t now)
{
	int count = 0;
	int64_t wait = 0;
	for (int i = 0; i < tries; i++)
		count += buckets_take(buckets, slice_str(thing), now, &wait) ? 1 : 0;
	return count;
}

static void rs_08_a_burst_and_then_two_a_second(void **state)
{
	(void)state;
	struct buckets *buckets = made();
	int count = 0;
	/* A thousand a second for a minute. */
	for (int64_t now = 0; now < 60000; now++)
		count += taken(buckets, "device", 1, now);
	assert_int_equal(count, BURST + 60 * 2 - 1);
	buckets_free(buckets);
}

static void test_what_was_given_back_is_there_again(void **state)
{
	(void)state;
	struct buckets *buckets = made();
	for (int i = 0; i < 100000; i++) {
		assert_int_equal(taken(buckets, "device", 1, 5), 1);
		buckets_give_back(buckets, slice_str("device"));
	}
	assert_int_equal(taken(buckets, "device", 100, 5), BURST);
	for (int i = 0; i < 100; i++)
		buckets_give_back(buckets, slice_str("device"));
	assert_int_equal(taken(buckets, "device", 100, 5), BURST);
	buckets_give_back(buckets, slice_str("nobody"));
	buckets_free(buckets);
	buckets_free(NULL);
}

static void test_the_time_to_wait_is_told(void **state)
{
	(void)state;
	struct buckets *buckets = made();
	int64_t wait = 0;
	assert_int_equal(taken(buckets, "device", BURST, 1000), BURST);
	assert_false(buckets_take(buckets, slice_str("device"), 1000, &wait));
	assert_true(wait == EVERY_MS);
	assert_false(buckets_take(buckets, slice_str("device"), 1400, &wait));
	assert_true(wait == 100);
	assert_true(buckets_take(buckets, slice_str("device"), 1500, &wait));
	buckets_free(buckets);
}

static void test_things_have_buckets_of_their_own(void **state)
{
	(void)state;
	struct buckets *buckets = made();
	assert_int_equal(taken(buckets, "one", 100, 0), BURST);
	assert_int_equal(taken(buckets, "other", 100, 0), BURST);
	assert_int_equal(taken(buckets, "on", 100, 0), BURST);
	assert_int_equal(taken(buckets, "one", 100, 0), 0);
	buckets_free(buckets);
}

static void test_a_clock_set_back_neither_fills_nor_blocks(void **state)
{
	(void)state;
	struct buckets *buckets = made();
	assert_int_equal(taken(buckets, "device", 100, INT64_C(1) << 40), BURST);
	assert_int_equal(taken(buckets, "device", 100, 0), 0);
	assert_int_equal(taken(buckets, "device", 100, EVERY_MS), 1);
	buckets_free(buckets);
}

/* Many names do not free the one that floods: the fullest are forgotten first. */
static void test_many_things_do_not_make_the_flooding_one_forgotten(void **state)
{
	(void)state;
	struct buckets *buckets = made();
	assert_int_equal(taken(buckets, "flood", 100, 0), BURST);
	for (int i = 0; i < 20000; i++) {
		char name[BUCKETS_THING];
		(void)snprintf(name, sizeof(name), "%d", i);
		assert_int_equal(taken(buckets, name, 1, 0), 1);
	}
	assert_int_equal(taken(buckets, "flood", 100, 0), 0);
	buckets_free(buckets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rs_08_a_burst_and_then_two_a_second),
		cmocka_unit_test(test_what_was_given_back_is_there_again),
		cmocka_unit_test(test_the_time_to_wait_is_told),
		cmocka_unit_test(test_things_have_buckets_of_their_own),
		cmocka_unit_test(test_a_clock_set_back_neither_fills_nor_blocks),
		cmocka_unit_test(test_many_things_do_not_make_the_flooding_one_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
