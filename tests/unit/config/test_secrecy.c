#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "capture.h"
#include "config/secrecy.h"
#include "protocol/sign.h"

static int look_after(void *context)
{
	struct rlimit core = {.rlim_cur = 1, .rlim_max = 1};
	(void)context;
	if (prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 1)
		return 1;
	if (secrecy_begin() != STATUS_OK || secrecy_begin() != STATUS_OK)
		return 2;
	if (prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0)
		return 3;
	return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0 ? 0 : 4;
}

static void id_22_no_core_dump_and_no_look_from_outside(void **state)
{
	(void)state;
	struct capture c;
	capture_run(look_after, NULL, &c);
	assert_int_equal(c.exit_status, 0);
}

/* In the place of the system's, which sanitizers leave out: libsodium comes by here with every secret. */
static const char *locked[2];
static size_t locked_len[2];
static size_t n_locked;
static size_t n_wiped;

int mlock(const void *address, size_t len)
{
	assert_true(n_locked < 2);
	locked[n_locked] = address;
	locked_len[n_locked++] = len;
	return 0;
}

int munlock(const void *address, size_t len)
{
	const char *at = address;
	bool wiped = true;
	for (size_t i = 0; i < len; i++)
		wiped = wiped && at[i] == 0;
	n_wiped += wiped;
	return 0;
}

static void id_22_keys_live_in_locked_memory_and_are_wiped_with_it(void **state)
{
	(void)state;
	const uint8_t seed[SEED_LEN] = {1};
	assert_int_equal(sign_start(), STATUS_OK);
	struct signing_key *key = signing_key_new(seed);
	struct box_key *box = box_key_new(seed);
	assert_non_null(key);
	assert_non_null(box);
	assert_int_equal(n_locked, 2);
	const char *const keys[] = {(const char *)key, (const char *)box};
	for (size_t i = 0; i < 2; i++)
		assert_true(keys[i] >= locked[i] && keys[i] + SEED_LEN <= locked[i] + locked_len[i]);
	assert_int_equal(n_wiped, 0);
	signing_key_free(key);
	box_key_free(box);
	assert_int_equal(n_wiped, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(id_22_no_core_dump_and_no_look_from_outside),
		cmocka_unit_test(id_22_keys_live_in_locked_memory_and_are_wiped_with_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
