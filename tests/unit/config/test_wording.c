#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "protocol/calendar.h"
#include "protocol/reply.h"

/* In English, which needs no catalogue. */
static int speak_english(void **state)
{
	(void)state;
	return messages_open("en") == STATUS_OK ? 0 : -1;
}

static void test_every_state_of_a_device_has_a_name(void **state)
{
	(void)state;
	for (int s = DEVICE_ACTIVE; s <= DEVICE_REVOKED; s++) {
		const char *word = device_state_name((enum device_state)s);
		assert_ptr_not_equal(wording_state(word), word);
	}
}

static void test_every_kind_of_record_has_a_name(void **state)
{
	(void)state;
	for (int k = KIND_NONE + 1; k < KIND_COUNT; k++) {
		const char *word = schema_kind_name((enum kind)k);
		assert_ptr_not_equal(wording_kind(word), word);
	}
}

static void test_every_verdict_has_a_sentence(void **state)
{
	(void)state;
	static const enum verdict refusals[] = {VERDICT_UNREADABLE, VERDICT_INVALID, VERDICT_UNKNOWN_UNIT,
						VERDICT_OTHER_UNIT, VERDICT_TOO_MANY};
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const char *word = verdict_name(refusals[i]);
		assert_ptr_not_equal(wording_reason(word), word);
	}
}

static void test_an_unknown_word_comes_back_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(wording_reason("never-heard"), "never-heard");
	assert_string_equal(wording_state(""), "");
	assert_string_equal(wording_level("village"), "village");
	assert_string_equal(wording_finding("never-heard"), "never-heard");
	assert_string_equal(wording_kind("never-heard"), "never-heard");
	assert_string_equal(wording_act("never-heard"), "never-heard");
}

static void assert_time(const char *instant, const char *expected)
{
	char text[WORDING_TIME];
	int64_t at = TIME_UNSET;
	assert_int_equal(time_parse(instant, strlen(instant), &at), STATUS_OK);
	assert_string_equal(wording_time(at, text), expected);
}

static void test_time_is_local_and_to_the_second(void **state)
{
	(void)state;
	char text[WORDING_TIME];
	assert_time("2024-05-22T08:15:30.123+07:00", "2024-05-22 08:15:30");
	assert_time("2024-05-22T01:15:30Z", "2024-05-22 08:15:30");
	assert_time("2024-05-22T00:00:01+07:00", "2024-05-22 00:00:01");
	assert_string_equal(wording_time(TIME_UNSET, text), "");
}

static void test_time_at_midnight_is_a_date(void **state)
{
	(void)state;
	assert_time("2024-05-22T00:00:00+07:00", "2024-05-22");
	assert_time("2024-05-21T17:00:00Z", "2024-05-22");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_state_of_a_device_has_a_name),
		cmocka_unit_test(test_every_kind_of_record_has_a_name),
		cmocka_unit_test(test_every_verdict_has_a_sentence),
		cmocka_unit_test(test_an_unknown_word_comes_back_as_it_is),
		cmocka_unit_test(test_time_is_local_and_to_the_second),
		cmocka_unit_test(test_time_at_midnight_is_a_date),
	};
	return cmocka_run_group_tests(tests, speak_english, NULL);
}
