#include "signing_fixture.h"

#include "protocol/message.h"

static enum status start_status(const char *data, size_t len)
{
	struct cbor r = cbor_reader(data, len);
	size_t left = 99;
	message_take_start(&r, &left);
	return cbor_status(&r);
}

static void test_a_message_begins_with_its_version(void **state)
{
	(void)state;
	struct bytes b = bytes_new(16);
	size_t left = 0;
	message_put_start(&b, 3);
	assert_true(slice_equal(bytes_slice(&b), slice_of("\xA3\1\1", 3)));
	bytes_put_str(&b, "\2\2\3\3");
	struct cbor r = cbor_reader(b.data, b.len);
	message_take_start(&r, &left);
	assert_int_equal(cbor_status(&r), STATUS_OK);
	assert_int_equal(left, 2);
	assert_int_equal(start_status("\xA1\2\1", 3), STATUS_MALFORMED);
	assert_int_equal(start_status("\xA1\1\x20", 3), STATUS_MALFORMED);
	assert_int_equal(start_status("\xA0", 1), STATUS_MALFORMED);
	assert_int_equal(start_status("\x81\1", 2), STATUS_MALFORMED);
	assert_int_equal(start_status("", 0), STATUS_MALFORMED);
	bytes_free(&b);
}

static void test_another_version_is_told_from_damage(void **state)
{
	(void)state;
	assert_int_equal(start_status("\xA1\1\0", 3), STATUS_VERSION);
	assert_int_equal(start_status("\xA1\1\2", 3), STATUS_VERSION);
	assert_int_equal(start_status("\xA1\1\x1B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 11), STATUS_VERSION);
	/* Also where a later version has more pairs than this one knows, of any kind. */
	assert_int_equal(start_status("\xA6\1\2\2\xF5\3\xFB\0\0\0\0\0\0\0\0", 15), STATUS_VERSION);
}

static void test_an_incarnation_is_its_ordinal_and_eight_bytes(void **state)
{
	(void)state;
	struct incarnation given = {.ordinal = 24, .bits = UINT64_C(0x0102030405060708)};
	struct bytes b = bytes_new(16);
	message_put_incarnation(&b, &given);
	assert_true(slice_equal(bytes_slice(&b), slice_of("\x18\x18\x48\1\2\3\4\5\6\7\10", 11)));
	struct cbor r = cbor_reader(b.data, b.len);
	struct incarnation got = message_take_incarnation(&r);
	assert_int_equal(cbor_end(&r), STATUS_OK);
	assert_int_equal(incarnation_compare(&given, &got), 0);
	bytes_free(&b);
}

static void test_numbers_stay_within_what_every_store_holds(void **state)
{
	(void)state;
	static const char most[] = "\x1B\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
	static const char more[] = "\x1B\x80\0\0\0\0\0\0\0";
	struct cbor r = cbor_reader(most, 9);
	assert_true(message_take_counter(&r) == INT64_MAX);
	r = cbor_reader(more, 9);
	assert_int_equal(message_take_counter(&r), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
	r = cbor_reader("\0", 1);
	assert_int_equal(message_take_counter(&r), 0);
	assert_int_equal(cbor_status(&r), STATUS_OK);
	r = cbor_reader("\0", 1);
	assert_int_equal(message_take_from_one(&r), 0);
	assert_int_equal(cbor_status(&r), STATUS_MALFORMED);
}

static void test_instants_stay_within_the_calendar(void **state)
{
	(void)state;
	static const int64_t instants[] = {TIME_MIN - 1, TIME_MIN, -1, 0, TIME_MAX, TIME_MAX + 1, TIME_UNSET};
	static const bool good[] = {false, true, true, true, true, false, false};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct bytes b = bytes_new(16);
		cbor_put_int(&b, instants[i]);
		struct cbor r = cbor_reader(b.data, b.len);
		assert_true(message_take_instant(&r) == (good[i] ? instants[i] : 0));
		assert_int_equal(cbor_status(&r), good[i] ? STATUS_OK : STATUS_MALFORMED);
		bytes_free(&b);
	}
}

static void test_a_payload_is_freed_even_if_it_did_not_fit(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct bytes payload = bytes_new(2);
	struct bytes out = bytes_new(SEALED_ROOM);
	message_put_start(&payload, 1);
	assert_int_equal(message_seal(MESSAGE_HEAD, hub_number(1), key, &payload, &out), STATUS_LIMIT);
	assert_null(payload.data);
	assert_int_equal(out.len, 0);
	bytes_free(&out);
	signing_key_free(key);
}

/* Law 7: of another version nothing is known, not even how it is signed. */
static void test_the_version_comes_before_the_signature(void **state)
{
	(void)state;
	static const struct {
		const char *payload;
		size_t len;
		enum status status;
	} cases[] = {
		{"\xA1\x01\x02", 3, STATUS_VERSION},
		{"\xA1\x01\x1B\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 11, STATUS_VERSION},
		{"\xA1\x01\x01", 3, STATUS_OK},
		{"\xA1\x02\x02", 3, STATUS_OK},
		{"\xA1\x01\x61z", 4, STATUS_OK},
		{"\x83\x01", 2, STATUS_OK},
		{"", 0, STATUS_OK},
	};
	struct signing_key *key = key_number(1);
	struct bytes sealed = bytes_new(SEALED_ROOM);
	struct slice payload;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(message_check_version(slice_of(cases[i].payload, cases[i].len), MESSAGE_VERSION),
				 cases[i].status);
	for (uint8_t version = 0; version < 4; version++) {
		const uint8_t start[] = {0xA1, 1, version};
		assert_int_equal(message_check_version(slice_of(start, sizeof(start)), BATCH_VERSION),
				 version == 1 || version == 2 ? STATUS_OK : STATUS_VERSION);
	}
	assert_int_equal(envelope_seal(MESSAGE_HEAD, hub_number(1), key, slice_of("\xA1\x01\x02", 3), &sealed),
			 STATUS_OK);
	sealed.data[sealed.len - 1] ^= 1;
	assert_int_equal(
		message_open(bytes_slice(&sealed), MESSAGE_HEAD, hub_number(1), signing_key_public(key), &payload),
		STATUS_VERSION);
	bytes_free(&sealed);
	signing_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_message_begins_with_its_version),
		cmocka_unit_test(test_another_version_is_told_from_damage),
		cmocka_unit_test(test_an_incarnation_is_its_ordinal_and_eight_bytes),
		cmocka_unit_test(test_numbers_stay_within_what_every_store_holds),
		cmocka_unit_test(test_instants_stay_within_the_calendar),
		cmocka_unit_test(test_a_payload_is_freed_even_if_it_did_not_fit),
		cmocka_unit_test(test_the_version_comes_before_the_signature),
	};
	return cmocka_run_group_tests_name("message", tests, start_signing, NULL);
}
