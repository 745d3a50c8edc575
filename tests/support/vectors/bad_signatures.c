#include "vectors.h"

#include <sodium.h>
#include <string.h>

#define SMALL_PAYLOAD_LEN 256

static const char TAKEN[] =
	"a8 01 01 02 5820" ZEROS_HEX "03 48" DEVICE_HEX "04 01 05 48" BITS_HEX "06 02 07" INSTANT_HEX "08 82 00 80";

/* A heartbeat or a receipt, whichever the purpose is. */
static struct bytes payload_of(enum message message)
{
	static const struct batch_form form = {.version = 1, .raw_len = 0, .ordinal = 1, .seq = 1};
	struct bytes payload = bytes_new(SMALL_PAYLOAD_LEN);
	if (message == MESSAGE_RECEIPT)
		put_hex(&payload, TAKEN);
	else
		put_batch_head(&payload, &form, 0);
	return payload;
}

static void signed_otherwise(struct vectors *v, enum message message, const char *name, const struct form *form,
			     const char *why)
{
	struct bytes payload = payload_of(message);
	put_envelope(vector_message(v, false, message, name, why), form, bytes_slice(&payload));
	bytes_free(&payload);
}

static void other_purposes(struct vectors *v)
{
	static const struct {
		enum message message;
		enum message signed_for;
		const char *name;
		const char *why;
	} cases[] = {
		{MESSAGE_BATCH, MESSAGE_REQUEST, "batch-for-request", "signature: made for the purpose request"},
		{MESSAGE_BATCH, MESSAGE_RECEIPT, "batch-for-receipt", "signature: made for the purpose receipt"},
		{MESSAGE_RECEIPT, MESSAGE_HEAD, "receipt-for-head", "signature: made for the purpose head"},
		{MESSAGE_RECEIPT, MESSAGE_ACT, "receipt-for-act", "signature: made for the purpose act"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct form form = form_of(cases[i].message);
		form.message = cases[i].signed_for;
		signed_otherwise(v, cases[i].message, cases[i].name, &form, cases[i].why);
	}
}

static void other_signers(struct vectors *v)
{
	static const enum message messages[] = {MESSAGE_BATCH, MESSAGE_RECEIPT};
	static const char *const names[2][3] = {{"batch-other-hub", "batch-other-key", "batch-other-kid"},
						{"receipt-other-hub", "receipt-other-key", "receipt-other-kid"}};
	uint8_t other_id[KEY_ID_LEN];
	sign_key_id(signing_key_public(the_key(SEED_OTHER)), other_id);
	for (size_t i = 0; i < 2; i++) {
		struct form form = form_of(messages[i]);
		form.hub = another_hub();
		signed_otherwise(v, messages[i], names[i][0], &form, "signature: made for another hub");
		form = form_of(messages[i]);
		form.key = the_key(SEED_OTHER);
		signed_otherwise(v, messages[i], names[i][1], &form, "signature: made by another key");
		form = form_of(messages[i]);
		form.kid = other_id;
		signed_otherwise(v, messages[i], names[i][2], &form, "signature: the key id is not the signer's");
	}
}

/* S + L fits the equation as S does; L is the group's order, little-endian. */
static void add_order(uint8_t scalar[static 32])
{
	static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
					  0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
	unsigned carry = 0;
	for (size_t i = 0; i < sizeof(order); i++) {
		carry += (unsigned)scalar[i] + order[i];
		scalar[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void changed_afterwards(struct vectors *v, enum message message, const char *const names[static 3])
{
	struct bytes payload = payload_of(message);
	struct form form = form_of(message);
	struct bytes *changed = vector_message(v, false, message, names[0], "signature: a bit of it is another");
	put_envelope(changed, &form, bytes_slice(&payload));
	changed->data[changed->len - 40] ^= 0x10;
	struct bytes *content =
		vector_message(v, false, message, names[1], "signature: the payload was changed afterwards");
	put_envelope(content, &form, bytes_slice(&payload));
	/* The last byte of the ordinal or of the seq: another number, another message. */
	const uint8_t *bits = memchr(content->data, 0x01, content->len);
	while (bits != NULL && memcmp(bits, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8) != 0)
		bits = memchr(bits + 1, 0x01, content->len - (size_t)(bits + 1 - content->data));
	if (bits == NULL)
		die("no incarnation to change");
	content->data[bits - content->data] ^= 0x80;
	struct bytes *greater = vector_message(v, false, message, names[2], "signature: S is S + L, not reduced");
	put_envelope(greater, &form, bytes_slice(&payload));
	add_order(greater->data + greater->len - 32);
	bytes_free(&payload);
}

/*
 * R = the neutral point, S = h a: the owner of the key a can make it and it fits the equation, but what it is good
 * for is confusion: verifiers disagree on it.
 */
static void small_order_r(struct vectors *v)
{
	uint8_t seed[SEED_LEN];
	uint8_t hash[crypto_hash_sha512_BYTES];
	uint8_t scalar[crypto_hash_sha512_BYTES];
	uint8_t signature[SIGNATURE_LEN] = {1};
	uint8_t h[32];
	struct form form = form_of(MESSAGE_BATCH);
	struct bytes payload = payload_of(MESSAGE_BATCH);
	struct bytes to_sign = signed_bytes(&form, bytes_slice(&payload));
	crypto_hash_sha512_state state;
	seed_bytes(SEED_DEVICE, seed);
	(void)crypto_hash_sha512(scalar, seed, sizeof(seed));
	scalar[0] &= 248;
	scalar[31] = (uint8_t)((scalar[31] & 127U) | 64U);
	(void)crypto_hash_sha512_init(&state);
	(void)crypto_hash_sha512_update(&state, signature, 32);
	(void)crypto_hash_sha512_update(&state, signing_key_public(form.key), PUBLIC_KEY_LEN);
	(void)crypto_hash_sha512_update(&state, to_sign.data, to_sign.len);
	(void)crypto_hash_sha512_final(&state, hash);
	crypto_core_ed25519_scalar_reduce(h, hash);
	crypto_core_ed25519_scalar_mul(signature + 32, h, scalar);
	put_envelope_signed(vector_message(v, false, MESSAGE_BATCH, "batch-signature-small-order",
					   "signature: its R is a point of small order"),
			    &form, bytes_slice(&payload), signature);
	bytes_free(&to_sign);
	bytes_free(&payload);
}

void bad_signatures(struct vectors *v)
{
	static const char *const of_batch[] = {"batch-signature-wrong", "batch-payload-changed",
					       "batch-signature-not-reduced"};
	static const char *const of_receipt[] = {"receipt-signature-wrong", "receipt-payload-changed",
						 "receipt-signature-not-reduced"};
	other_purposes(v);
	other_signers(v);
	changed_afterwards(v, MESSAGE_BATCH, of_batch);
	changed_afterwards(v, MESSAGE_RECEIPT, of_receipt);
	small_order_r(v);
}

/* --- public keys --- */

/* An enrolment or an identity with another key in it, or another X25519 key (NULL: the right one). */
static struct bytes payload_with_keys(enum message message, const uint8_t key[static PUBLIC_KEY_LEN],
				      const char *box_hex)
{
	struct bytes payload = bytes_new(SMALL_PAYLOAD_LEN);
	if (message == MESSAGE_ENROL) {
		put_hex(&payload, "a9 01 01 02 48 7071727374757677 03 5820");
		bytes_put(&payload, key, PUBLIC_KEY_LEN);
		put_hex(&payload, "04 5820");
		put_hex(&payload, box_hex == NULL ? DEVICE_BOX_HEX : box_hex);
		put_hex(&payload, "05 01 06 48" BITS_HEX "07 50 505152535455565758595a5b5c5d5e5f 08" INSTANT_HEX
				  "09 65 302e312e30");
	} else {
		put_hex(&payload, "a7 01 01 02 50" HUB_ID_HEX "03 5820");
		bytes_put(&payload, key, PUBLIC_KEY_LEN);
		put_hex(&payload, "04 5820");
		put_hex(&payload, box_hex == NULL ? HUB_BOX_HEX : box_hex);
		put_hex(&payload, "05 82 5820" ZEROS_HEX "5820" ZEROS_HEX "06 62 3031 07 61 54");
	}
	return payload;
}

static struct bytes payload_with_key(enum message message, const uint8_t key[static PUBLIC_KEY_LEN])
{
	return payload_with_keys(message, key, NULL);
}

/*
 * A signature nobody's secret made: R = r B, S = r verifies under a key A of small order wherever h A is the
 * neutral point, which one r in eight brings about at the latest.
 */
static void forge(const uint8_t key[static PUBLIC_KEY_LEN], struct slice to_sign, uint8_t ret_signature[static 64])
{
	for (unsigned r = 1; r < 256; r++) {
		uint8_t hash[crypto_hash_sha512_BYTES];
		uint8_t h[32];
		crypto_hash_sha512_state state;
		memset(ret_signature, 0, 64);
		ret_signature[32] = (uint8_t)r;
		if (crypto_scalarmult_ed25519_base_noclamp(ret_signature, ret_signature + 32) != 0)
			die("no point");
		(void)crypto_hash_sha512_init(&state);
		(void)crypto_hash_sha512_update(&state, ret_signature, 32);
		(void)crypto_hash_sha512_update(&state, key, PUBLIC_KEY_LEN);
		(void)crypto_hash_sha512_update(&state, to_sign.data, to_sign.len);
		(void)crypto_hash_sha512_final(&state, hash);
		crypto_core_ed25519_scalar_reduce(h, hash);
		if (h[0] % 8 == 0)
			return;
	}
	die("no forgery found");
}

void bad_keys(struct vectors *v)
{
	static const struct {
		enum message message;
		const char *name;
		const char *key;
		const char *why;
	} keys[] = {
		{MESSAGE_ENROL, "enrol-key-neutral",
		 "0100000000000000000000000000000000000000000000000000000000000000",
		 "key: the neutral point; the signature is forged and fits the equation"},
		{MESSAGE_ENROL, "enrol-key-order-8",
		 "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		 "key: a point of order 8; the signature is forged and fits the equation"},
		{MESSAGE_ENROL, "enrol-key-not-canonical",
		 "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		 "key: y = p + 1, not reduced; the signature is forged and fits the equation"},
		{MESSAGE_IDENTITY, "identity-key-neutral",
		 "0100000000000000000000000000000000000000000000000000000000000000",
		 "key: the neutral point; the signature is forged and fits the equation"},
		{MESSAGE_IDENTITY, "identity-key-order-2",
		 "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		 "key: the point of order 2; the signature is forged and fits the equation"},
		{MESSAGE_IDENTITY, "identity-key-not-canonical",
		 "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		 "key: y = p + 1, not reduced; the signature is forged and fits the equation"},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		uint8_t key[PUBLIC_KEY_LEN];
		uint8_t id[KEY_ID_LEN];
		uint8_t signature[SIGNATURE_LEN];
		struct form form = form_of(keys[i].message);
		must(hex_parse(keys[i].key, key, sizeof(key)), "key");
		sign_key_id(key, id);
		form.kid = id;
		struct bytes payload = payload_with_key(keys[i].message, key);
		struct bytes to_sign = signed_bytes(&form, bytes_slice(&payload));
		forge(key, bytes_slice(&to_sign), signature);
		put_envelope_signed(vector_message(v, false, keys[i].message, keys[i].name, keys[i].why), &form,
				    bytes_slice(&payload), signature);
		memcpy(v->list[v->count - 1].key, key, PUBLIC_KEY_LEN);
		bytes_free(&to_sign);
		bytes_free(&payload);
	}
	/* Signed by the right key, but another stands in the message. */
	uint8_t other[PUBLIC_KEY_LEN];
	memcpy(other, signing_key_public(the_key(SEED_OTHER)), sizeof(other));
	static const enum message messages[] = {MESSAGE_ENROL, MESSAGE_IDENTITY};
	static const char *const names[] = {"enrol-key-other", "identity-key-other"};
	for (size_t i = 0; i < 2; i++) {
		struct form form = form_of(messages[i]);
		struct bytes payload = payload_with_key(messages[i], other);
		put_envelope(vector_message(v, false, messages[i], names[i], "key: not the one that signed"), &form,
			     bytes_slice(&payload));
		bytes_free(&payload);
	}
}

/* X25519 keys with which every shared secret is zero, or in a second form: all else is as it should be. */
void bad_box_keys(struct vectors *v)
{
	static const struct {
		const char *names[2];
		const char *key;
		const char *why;
	} keys[] = {
		{{"enrol-box-zero", "identity-box-zero"},
		 "0000000000000000000000000000000000000000000000000000000000000000",
		 "key: X25519, the point 0"},
		{{"enrol-box-one", "identity-box-one"},
		 "0100000000000000000000000000000000000000000000000000000000000000",
		 "key: X25519, the point 1, of order 4"},
		{{"enrol-box-order-8", "identity-box-order-8"},
		 "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		 "key: X25519, a point of order 8"},
		{{"enrol-box-order-8-too", "identity-box-order-8-too"},
		 "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		 "key: X25519, the other point of order 8"},
		{{"enrol-box-minus-one", "identity-box-minus-one"},
		 "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		 "key: X25519, the point -1, of order 4 on the twist"},
		{{"enrol-box-not-reduced", "identity-box-not-reduced"},
		 "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		 "key: X25519, 9 written as p + 9"},
		{{"enrol-box-high-bit", "identity-box-high-bit"},
		 "0900000000000000000000000000000000000000000000000000000000000080",
		 "key: X25519, 9 with the highest bit set"},
	};
	static const enum message messages[] = {MESSAGE_ENROL, MESSAGE_IDENTITY};
	for (size_t i = 0; i < 2 * sizeof(keys) / sizeof(keys[0]); i++) {
		enum message message = messages[i % 2];
		struct form form = form_of(message);
		struct bytes payload = payload_with_keys(message, signing_key_public(form.key), keys[i / 2].key);
		put_envelope(vector_message(v, false, message, keys[i / 2].names[i % 2], keys[i / 2].why), &form,
			     bytes_slice(&payload));
		bytes_free(&payload);
	}
}
