#include "signing_fixture.h"

#include "protocol/sign.h"

enum { HEX_ROOM = 129 };

static void from_hex(const char *text, uint8_t *out, size_t len)
{
	assert_int_equal(hex_parse(text, out, len), STATUS_OK);
}

static void assert_hex(const uint8_t *data, size_t len, const char *expected)
{
	char text[HEX_ROOM];
	assert_true(2 * len < sizeof(text));
	assert_string_equal(hex_format(data, len, text), expected);
}

/* RFC 8032 section 7.1, tests 1 and 3. */
static const struct {
	const char *seed;
	const char *public_key;
	const char *message;
	const char *signature;
} RFC_8032[] = {
	{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	 "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
	 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
	 "d25bf5f0595bbe24655141438e7a100b"},
	{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	 "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
	 "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
	 "4a7c15e9716ed28dc027beceea1ec40a"},
};

static void test_signatures_are_those_of_rfc_8032(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(RFC_8032) / sizeof(RFC_8032[0]); i++) {
		uint8_t seed[SEED_LEN];
		uint8_t message[2];
		uint8_t signature[SIGNATURE_LEN];
		size_t len = strlen(RFC_8032[i].message) / 2;
		from_hex(RFC_8032[i].seed, seed, sizeof(seed));
		from_hex(RFC_8032[i].message, message, len);
		struct signing_key *key = signing_key_new(seed);
		assert_non_null(key);
		assert_hex(signing_key_public(key), PUBLIC_KEY_LEN, RFC_8032[i].public_key);
		sign_bytes(key, slice_of(message, len), signature);
		assert_hex(signature, SIGNATURE_LEN, RFC_8032[i].signature);
		assert_int_equal(sign_verify(signing_key_public(key), slice_of(message, len), signature),
				 STATUS_OK);
		signing_key_free(key);
	}
}

static void test_a_changed_bit_anywhere_does_not_verify(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	uint8_t all[8 + SIGNATURE_LEN + PUBLIC_KEY_LEN];
	fill(all, 8, 'a');
	sign_bytes(key, slice_of(all, 8), all + 8);
	memcpy(all + 8 + SIGNATURE_LEN, signing_key_public(key), PUBLIC_KEY_LEN);
	assert_int_equal(sign_verify(all + 8 + SIGNATURE_LEN, slice_of(all, 8), all + 8), STATUS_OK);
	assert_int_equal(sign_verify(all + 8 + SIGNATURE_LEN, slice_of(all, 7), all + 8), STATUS_FORGED);
	for (size_t bit = 0; bit < 8 * sizeof(all); bit++) {
		all[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_equal(sign_verify(all + 8 + SIGNATURE_LEN, slice_of(all, 8), all + 8), STATUS_FORGED);
		all[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	signing_key_free(key);
}

static void test_a_second_form_of_a_signature_does_not_verify(void **state)
{
	(void)state;
	/* The group's order, little-endian: S and S + L would both fit the equation. */
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
					  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
					  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
	struct signing_key *key = key_number(1);
	uint8_t signature[SIGNATURE_LEN];
	sign_bytes(key, slice_str("message"), signature);
	unsigned carry = 0;
	for (size_t i = 0; i < sizeof(order); i++) {
		carry += (unsigned)signature[32 + i] + order[i];
		signature[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_int_equal(sign_verify(signing_key_public(key), slice_str("message"), signature), STATUS_FORGED);
	signing_key_free(key);
}

static void test_sound_keys_are_ok(void **state)
{
	(void)state;
	for (uint8_t i = 1; i < 20; i++) {
		struct signing_key *key = key_number(i);
		assert_true(sign_public_key_ok(signing_key_public(key)));
		signing_key_free(key);
	}
}

static void test_keys_of_small_order_or_another_form_are_not_ok(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		/* the neutral point, order 2, order 4, order 8 */
		"0100000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		/* y = p, y = p + 1, all ones: not reduced */
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		/* y = 2: no point of the curve has it */
		"0200000000000000000000000000000000000000000000000000000000000000",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		uint8_t key[PUBLIC_KEY_LEN];
		from_hex(wrong[i], key, sizeof(key));
		assert_false(sign_public_key_ok(key));
	}
}

static void test_box_keys_without_a_secret_or_in_another_form_are_not_ok(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		/* RFC 7748 section 6.1: order 2, 4, 8, 8, and 4 on the twist */
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		/* p, p + 1, p + 9, all ones, 9 with the highest bit: not reduced */
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"0900000000000000000000000000000000000000000000000000000000000080",
	};
	static const char *const sound[] = {
		/* 9, the greatest below -1, and one whose bytes but the first are those of p */
		"0900000000000000000000000000000000000000000000000000000000000000",
		"ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t key[PUBLIC_KEY_LEN];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		from_hex(wrong[i], key, sizeof(key));
		assert_false(box_public_key_ok(key));
	}
	for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++) {
		from_hex(sound[i], key, sizeof(key));
		assert_true(box_public_key_ok(key));
	}
	for (uint8_t i = 1; i < 50; i++) {
		uint8_t seed[SEED_LEN] = {i};
		box_public_key(seed, key);
		assert_true(box_public_key_ok(key));
	}
}

static void test_the_key_id_is_the_start_of_the_keys_hash(void **state)
{
	(void)state;
	struct signing_key *key = key_number(7);
	uint8_t hash[HASH_LEN];
	uint8_t id[KEY_ID_LEN];
	hash_bytes(slice_of(signing_key_public(key), PUBLIC_KEY_LEN), hash);
	sign_key_id(signing_key_public(key), id);
	assert_memory_equal(id, hash, KEY_ID_LEN);
	signing_key_free(key);
}

static void test_a_box_key_follows_from_its_seed_alone(void **state)
{
	(void)state;
	uint8_t seed[SEED_LEN];
	uint8_t first[PUBLIC_KEY_LEN];
	uint8_t second[PUBLIC_KEY_LEN];
	fill(seed, sizeof(seed), 1);
	box_public_key(seed, first);
	box_public_key(seed, second);
	assert_memory_equal(first, second, PUBLIC_KEY_LEN);
	seed[0] ^= 1;
	box_public_key(seed, second);
	assert_memory_not_equal(first, second, PUBLIC_KEY_LEN);
}

static void test_hashes_are_sha_256(void **state)
{
	(void)state;
	uint8_t hash[HASH_LEN];
	hash_bytes(slice_str("abc"), hash);
	assert_hex(hash, HASH_LEN, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hash_bytes(slice_of(NULL, 0), hash);
	assert_hex(hash, HASH_LEN, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_parts_hash_as_the_whole(void **state)
{
	(void)state;
	const struct slice parts[] = {slice_str("a"), slice_str(""), slice_str("bc")};
	uint8_t whole[HASH_LEN];
	uint8_t together[HASH_LEN];
	hash_bytes(slice_str("abc"), whole);
	hash_parts(parts, 3, together);
	assert_memory_equal(together, whole, HASH_LEN);
}

static void test_digests_and_macs_are_blake2b_256(void **state)
{
	(void)state;
	uint8_t key[MAC_LEN];
	uint8_t out[HASH_LEN];
	fill(key, sizeof(key), 0);
	digest_bytes("", slice_str("abc"), out);
	assert_hex(out, HASH_LEN, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	digest_bytes("ab", slice_str("c"), out);
	assert_hex(out, HASH_LEN, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	mac_bytes(key, slice_str("abc"), out);
	assert_hex(out, HASH_LEN, "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f");
}

static void test_secrets_compare_and_are_wiped(void **state)
{
	(void)state;
	uint8_t a[MAC_LEN];
	uint8_t b[MAC_LEN];
	static const uint8_t zeros[MAC_LEN];
	fill(a, sizeof(a), 1);
	fill(b, sizeof(b), 1);
	assert_true(secret_equal(a, b, sizeof(a)));
	b[MAC_LEN - 1] ^= 0x80;
	assert_false(secret_equal(a, b, sizeof(a)));
	assert_true(secret_equal(a, b, sizeof(a) - 1));
	secret_wipe(a, sizeof(a));
	assert_memory_equal(a, zeros, sizeof(a));
}

static void test_randomness_does_not_repeat(void **state)
{
	(void)state;
	uint8_t a[NONCE_LEN] = {0};
	uint8_t b[NONCE_LEN] = {0};
	random_fill(a, sizeof(a));
	random_fill(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(random_u64() != random_u64());
}

static void test_hexadecimal_of_another_length_or_alphabet_is_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",     "01",   "010",  "01020", "010203",
					    "01g2", "0x12", "01 2", " 0102", "01:02"};
	uint8_t out[3] = {0};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(hex_parse(wrong[i], out, 2), STATUS_REFUSED);
	assert_int_equal(hex_parse("aBfF", out, 2), STATUS_OK);
	assert_hex(out, 3, "abff00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signatures_are_those_of_rfc_8032),
		cmocka_unit_test(test_a_changed_bit_anywhere_does_not_verify),
		cmocka_unit_test(test_a_second_form_of_a_signature_does_not_verify),
		cmocka_unit_test(test_sound_keys_are_ok),
		cmocka_unit_test(test_keys_of_small_order_or_another_form_are_not_ok),
		cmocka_unit_test(test_box_keys_without_a_secret_or_in_another_form_are_not_ok),
		cmocka_unit_test(test_the_key_id_is_the_start_of_the_keys_hash),
		cmocka_unit_test(test_a_box_key_follows_from_its_seed_alone),
		cmocka_unit_test(test_hashes_are_sha_256),
		cmocka_unit_test(test_parts_hash_as_the_whole),
		cmocka_unit_test(test_digests_and_macs_are_blake2b_256),
		cmocka_unit_test(test_secrets_compare_and_are_wiped),
		cmocka_unit_test(test_randomness_does_not_repeat),
		cmocka_unit_test(test_hexadecimal_of_another_length_or_alphabet_is_refused),
	};
	return cmocka_run_group_tests_name("sign", tests, start_signing, NULL);
}
