#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "hub/log_limit.h"

enum { MINUTE_MS = 60 * 1000 };

static void test_one_line_about_a_thing_in_a_while(void **state)
{
	(void)state;
	struct log_limit *limit = log_limit_new(MINUTE_MS);
	struct slice here = slice_str("192.0.2.1");
	int passed = 0;
	assert_non_null(limit);
	for (int64_t at = 0; at < 10 * MINUTE_MS; at += 100)
		passed += log_limit_passes(limit, here, at) ? 1 : 0;
	assert_int_equal(passed, 10);
	log_limit_free(limit);
}

static void test_other_things_have_lines_of_their_own(void **state)
{
	(void)state;
	struct log_limit *limit = log_limit_new(MINUTE_MS);
	assert_true(log_limit_passes(limit, slice_str("192.0.2.1"), 0));
	assert_true(log_limit_passes(limit, slice_str("192.0.2.2"), 0));
	assert_false(log_limit_passes(limit, slice_str("192.0.2.1"), MINUTE_MS - 1));
	assert_true(log_limit_passes(limit, slice_str("192.0.2.1"), MINUTE_MS));
	log_limit_free(limit);
}

/* Nobody fills the journal by coming from many addresses. */
static void test_however_many_things_only_so_many_lines(void **state)
{
	(void)state;
	struct log_limit *limit = log_limit_new(MINUTE_MS);
	int passed = 0;
	for (int i = 0; i < 100000; i++) {
		char name[32];
		(void)snprintf(name, sizeof(name), "address %d", i);
		passed += log_limit_passes(limit, slice_str(name), 5) ? 1 : 0;
	}
	assert_int_equal(passed, LOG_LIMIT_PLACES);
	log_limit_free(limit);
}

static void test_a_clock_set_back_does_not_silence(void **state)
{
	(void)state;
	struct log_limit *limit = log_limit_new(MINUTE_MS);
	assert_true(log_limit_passes(limit, slice_str("x"), INT64_C(1000) * MINUTE_MS));
	assert_true(log_limit_passes(limit, slice_str("x"), 0));
	assert_false(log_limit_passes(limit, slice_str("x"), 1));
	log_limit_free(limit);
	log_limit_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line_about_a_thing_in_a_while),
		cmocka_unit_test(test_other_things_have_lines_of_their_own),
		cmocka_unit_test(test_however_many_things_only_so_many_lines),
		cmocka_unit_test(test_a_clock_set_back_does_not_silence),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
