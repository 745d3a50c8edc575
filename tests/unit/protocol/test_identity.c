#include "signing_fixture.h"

#include "protocol/identity.h"

static struct identity some_identity(const struct signing_key *key)
{
	struct identity d = {.province = slice_str("19"), .name = slice_str("Tỉnh Thái Nguyên")};
	memcpy(d.hub_id, hub_number(1), HUB_ID_LEN);
	memcpy(d.sign_key, signing_key_public(key), PUBLIC_KEY_LEN);
	fill(d.box_key, PUBLIC_KEY_LEN, 0x40);
	fill(d.pins[0], HASH_LEN, 0x60);
	fill(d.pins[1], HASH_LEN, 0x80);
	return d;
}

static struct bytes sealed_identity(const struct identity *identity, const struct signing_key *key)
{
	struct bytes sealed = bytes_new(SEALED_ROOM);
	assert_int_equal(identity_seal(identity, key, &sealed), STATUS_OK);
	return sealed;
}

static enum status reopen_identity(struct slice sealed, struct bytes *out)
{
	struct signing_key *key = key_number(9);
	struct identity d;
	enum status s = identity_open(sealed, &d);
	if (s == STATUS_OK)
		s = identity_seal(&d, key, out);
	signing_key_free(key);
	return s;
}

static void test_an_identity_comes_back(void **state)
{
	(void)state;
	struct signing_key *key = key_number(9);
	struct identity given = some_identity(key);
	struct bytes sealed = sealed_identity(&given, key);
	struct identity got;
	assert_int_equal(identity_open(bytes_slice(&sealed), &got), STATUS_OK);
	assert_memory_equal(got.hub_id, given.hub_id, HUB_ID_LEN);
	assert_memory_equal(got.sign_key, given.sign_key, PUBLIC_KEY_LEN);
	assert_memory_equal(got.box_key, given.box_key, PUBLIC_KEY_LEN);
	assert_memory_equal(got.pins, given.pins, sizeof(given.pins));
	assert_true(slice_equal(got.province, given.province));
	assert_true(slice_equal(got.name, given.name));
	assert_true(sealed.len < LIMIT_IDENTITY);
	bytes_free(&sealed);
	signing_key_free(key);
}

static void test_an_identity_is_read_strictly(void **state)
{
	(void)state;
	struct signing_key *key = key_number(9);
	struct identity d = some_identity(key);
	struct bytes sealed = sealed_identity(&d, key);
	assert_truncations_refused(bytes_slice(&sealed), reopen_identity);
	assert_payload_read_strictly(bytes_slice(&sealed), MESSAGE_IDENTITY, key, reopen_identity);
	bytes_free(&sealed);
	signing_key_free(key);
}

static void test_every_flipped_bit_of_an_identity_is_refused(void **state)
{
	(void)state;
	struct signing_key *key = key_number(9);
	struct identity d = some_identity(key);
	struct bytes sealed = sealed_identity(&d, key);
	for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_true(identity_open(bytes_slice(&sealed), &d) != STATUS_OK);
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	bytes_free(&sealed);
	signing_key_free(key);
}

static void test_an_identity_must_be_signed_by_the_key_in_it(void **state)
{
	(void)state;
	struct signing_key *key = key_number(9);
	struct signing_key *other = key_number(8);
	struct identity d = some_identity(key);
	struct identity got;
	struct bytes sealed = sealed_identity(&d, other);
	assert_int_equal(identity_open(bytes_slice(&sealed), &got), STATUS_FORGED);
	bytes_free(&sealed);
	memset(d.sign_key, 0, PUBLIC_KEY_LEN);
	sealed = sealed_identity(&d, key);
	assert_int_equal(identity_open(bytes_slice(&sealed), &got), STATUS_FORGED);
	bytes_free(&sealed);
	signing_key_free(other);
	signing_key_free(key);
}

static void test_names_have_their_maximum(void **state)
{
	(void)state;
	struct signing_key *key = key_number(9);
	struct identity d = some_identity(key);
	char text[PROVINCE_TEXT + 1];
	memset(text, 'a', sizeof(text));
	struct bytes out = bytes_new(SEALED_ROOM);
	d.name = slice_of(text, PROVINCE_TEXT);
	d.province = slice_of(text, LIMIT_UNIT);
	assert_int_equal(identity_seal(&d, key, &out), STATUS_OK);
	assert_int_equal(identity_open(bytes_slice(&out), &d), STATUS_OK);
	d.name = slice_of(text, PROVINCE_TEXT + 1);
	assert_int_equal(identity_seal(&d, key, &out), STATUS_LIMIT);
	d = some_identity(key);
	d.province = slice_of(text, LIMIT_UNIT + 1);
	assert_int_equal(identity_seal(&d, key, &out), STATUS_LIMIT);
	bytes_free(&out);
	signing_key_free(key);
}

static void test_an_oversized_document_is_refused_unread(void **state)
{
	(void)state;
	static const uint8_t large[LIMIT_IDENTITY + 1];
	struct identity d;
	assert_int_equal(identity_open(slice_of(large, sizeof(large)), &d), STATUS_MALFORMED);
}

static void test_the_hash_names_the_very_bytes(void **state)
{
	(void)state;
	uint8_t hash[IDENTITY_HASH_LEN];
	/* The first half of SHA-256("abc"), FIPS 180-4. */
	static const uint8_t abc[IDENTITY_HASH_LEN] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
						       0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23};
	identity_hash(slice_str("abc"), hash);
	assert_memory_equal(hash, abc, IDENTITY_HASH_LEN);
}

static void test_a_fingerprint_is_eight_groups_of_four_digits(void **state)
{
	(void)state;
	uint8_t key[PUBLIC_KEY_LEN];
	fill(key, sizeof(key), 0x20);
	char text[FINGERPRINT_TEXT];
	memset(text, 'x', sizeof(text));
	fingerprint_format(hub_number(1), key, text);
	assert_string_equal(text, "4681 2153 7008 8932 0505 7739 5211 5210");
	char other[FINGERPRINT_TEXT];
	fingerprint_format(hub_number(2), key, other);
	assert_string_not_equal(text, other);
	key[31] ^= 1;
	fingerprint_format(hub_number(1), key, other);
	assert_string_not_equal(text, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_identity_comes_back),
		cmocka_unit_test(test_an_identity_is_read_strictly),
		cmocka_unit_test(test_every_flipped_bit_of_an_identity_is_refused),
		cmocka_unit_test(test_an_identity_must_be_signed_by_the_key_in_it),
		cmocka_unit_test(test_names_have_their_maximum),
		cmocka_unit_test(test_an_oversized_document_is_refused_unread),
		cmocka_unit_test(test_the_hash_names_the_very_bytes),
		cmocka_unit_test(test_a_fingerprint_is_eight_groups_of_four_digits),
	};
	return cmocka_run_group_tests_name("identity", tests, start_signing, NULL);
}
