#include "protocol/sign.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct signing_key {
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	uint8_t public_key[PUBLIC_KEY_LEN];
};

_Static_assert(crypto_sign_SEEDBYTES == SEED_LEN, "seed length");
_Static_assert(crypto_sign_PUBLICKEYBYTES == PUBLIC_KEY_LEN, "public key length");
_Static_assert(crypto_sign_BYTES == SIGNATURE_LEN, "signature length");
_Static_assert(crypto_hash_sha256_BYTES == HASH_LEN, "hash length");

enum status sign_start(void)
{
	return sodium_init() < 0 ? STATUS_DISK : STATUS_OK;
}

struct signing_key *signing_key_new(const uint8_t seed[static SEED_LEN])
{
	struct signing_key *key = sodium_malloc(sizeof(*key));
	if (key == NULL)
		return NULL;
	/* Derived from the seed here, so that the public half can never come from elsewhere. */
	(void)crypto_sign_seed_keypair(key->public_key, key->secret, seed);
	return key;
}

void signing_key_free(struct signing_key *key)
{
	sodium_free(key);
}

const uint8_t *signing_key_public(const struct signing_key *key)
{
	return key->public_key;
}

void sign_bytes(const struct signing_key *key, struct slice message, uint8_t ret_signature[static SIGNATURE_LEN])
{
	(void)crypto_sign_detached(ret_signature, NULL, message.data, message.len, key->secret);
}

enum status sign_verify(const uint8_t public_key[static PUBLIC_KEY_LEN], struct slice message,
			const uint8_t signature[static SIGNATURE_LEN])
{
	int bad = crypto_sign_verify_detached(signature, message.data, message.len, public_key);
	return bad == 0 ? STATUS_OK : STATUS_FORGED;
}

bool sign_public_key_ok(const uint8_t public_key[static PUBLIC_KEY_LEN])
{
	return crypto_core_ed25519_is_valid_point(public_key) == 1;
}

void sign_key_id(const uint8_t public_key[static PUBLIC_KEY_LEN], uint8_t ret_id[static KEY_ID_LEN])
{
	uint8_t hash[HASH_LEN];
	hash_bytes(slice_of(public_key, PUBLIC_KEY_LEN), hash);
	memcpy(ret_id, hash, KEY_ID_LEN);
}

void box_public_key(const uint8_t seed[static SEED_LEN], uint8_t ret_public[static PUBLIC_KEY_LEN])
{
	uint8_t secret[crypto_box_SECRETKEYBYTES];
	(void)crypto_box_seed_keypair(ret_public, secret, seed);
	sodium_memzero(secret, sizeof(secret));
}

/* Below 2^255 - 19; the bytes stand least significant first. */
static bool is_reduced(const uint8_t number[static PUBLIC_KEY_LEN])
{
	bool rest_is_full = (number[PUBLIC_KEY_LEN - 1] & 0x7F) == 0x7F;
	for (size_t i = 1; i < PUBLIC_KEY_LEN - 1; i++)
		rest_is_full = rest_is_full && number[i] == 0xFF;
	return (number[PUBLIC_KEY_LEN - 1] & 0x80) == 0 && !(rest_is_full && number[0] >= 0xED);
}

bool box_public_key_ok(const uint8_t public_key[static PUBLIC_KEY_LEN])
{
	static const uint8_t any_secret[crypto_scalarmult_SCALARBYTES] = {8};
	uint8_t shared[crypto_scalarmult_BYTES];
	/* It fails where the result is all zero, whichever secret it is. */
	return is_reduced(public_key) && crypto_scalarmult(shared, any_secret, public_key) == 0;
}

struct box_key {
	uint8_t secret[crypto_box_SECRETKEYBYTES];
	uint8_t public_key[crypto_box_PUBLICKEYBYTES];
};

_Static_assert(crypto_box_SEEDBYTES == SEED_LEN, "seed length");
_Static_assert(crypto_box_PUBLICKEYBYTES == PUBLIC_KEY_LEN, "public key length");
_Static_assert(crypto_box_SEALBYTES == BOX_OVERHEAD, "sealed box");

struct box_key *box_key_new(const uint8_t seed[static SEED_LEN])
{
	struct box_key *key = sodium_malloc(sizeof(*key));
	if (key != NULL)
		(void)crypto_box_seed_keypair(key->public_key, key->secret, seed);
	return key;
}

void box_key_free(struct box_key *key)
{
	sodium_free(key);
}

enum status box_seal(const uint8_t public_key[static PUBLIC_KEY_LEN], struct slice plain, struct bytes *out)
{
	uint8_t *box = bytes_grow(out, plain.len + BOX_OVERHEAD);
	if (box == NULL)
		return bytes_status(out);
	if (crypto_box_seal(box, plain.data, plain.len, public_key) == 0)
		return STATUS_OK;
	out->len -= plain.len + BOX_OVERHEAD;
	return STATUS_MALFORMED;
}

enum status box_open(const struct box_key *key, struct slice sealed, struct bytes *out)
{
	if (sealed.len < BOX_OVERHEAD)
		return STATUS_FORGED;
	size_t len = sealed.len - BOX_OVERHEAD;
	uint8_t *plain = bytes_grow(out, len);
	if (plain == NULL)
		return bytes_status(out);
	if (crypto_box_seal_open(plain, sealed.data, sealed.len, key->public_key, key->secret) == 0)
		return STATUS_OK;
	out->len -= len;
	return STATUS_FORGED;
}

enum {
	PASS_PASSES = 3,
	PASS_KIB = 256 * 1024,
	PASS_MOST_PASSES = 16,
	PASS_MOST_KIB = 1024 * 1024,
	PASS_NUMBERS = 8,
	PASS_HEAD = crypto_pwhash_SALTBYTES + PASS_NUMBERS + crypto_secretbox_NONCEBYTES
};

static void put_u32(uint8_t out[static 4], uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t take_u32(const uint8_t in[static 4])
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

/* The key of a head: salt and costs stand in it. */
static enum status passphrase_key(struct slice passphrase, const uint8_t head[static PASS_HEAD],
				  uint8_t ret_key[static crypto_secretbox_KEYBYTES])
{
	uint32_t passes = take_u32(head + crypto_pwhash_SALTBYTES);
	uint32_t kib = take_u32(head + crypto_pwhash_SALTBYTES + 4);
	if (passes == 0 || passes > PASS_MOST_PASSES || kib > PASS_MOST_KIB)
		return STATUS_LIMIT;
	int failed = crypto_pwhash(ret_key, crypto_secretbox_KEYBYTES, (const char *)passphrase.data,
				   passphrase.len, head, passes, (size_t)kib * 1024, crypto_pwhash_ALG_ARGON2ID13);
	return failed == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status passphrase_seal(struct slice passphrase, struct slice plain, struct bytes *out)
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	uint8_t *head = bytes_grow(out, PASS_HEAD + crypto_secretbox_MACBYTES + plain.len);
	if (head == NULL)
		return bytes_status(out);
	randombytes_buf(head, PASS_HEAD);
	put_u32(head + crypto_pwhash_SALTBYTES, PASS_PASSES);
	put_u32(head + crypto_pwhash_SALTBYTES + 4, PASS_KIB);
	enum status s = passphrase_key(passphrase, head, key);
	if (s == STATUS_OK)
		(void)crypto_secretbox_easy(head + PASS_HEAD, plain.data, plain.len,
					    head + crypto_pwhash_SALTBYTES + PASS_NUMBERS, key);
	sodium_memzero(key, sizeof(key));
	return s;
}

enum status passphrase_open(struct slice passphrase, struct slice sealed, struct bytes *out)
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	if (sealed.len < PASS_HEAD + crypto_secretbox_MACBYTES)
		return STATUS_FORGED;
	size_t box = sealed.len - PASS_HEAD;
	enum status s = passphrase_key(passphrase, sealed.data, key);
	if (s != STATUS_OK)
		return s;
	uint8_t *plain = bytes_grow(out, box - crypto_secretbox_MACBYTES);
	s = bytes_status(out);
	if (s == STATUS_OK &&
	    crypto_secretbox_open_easy(plain, sealed.data + PASS_HEAD, box,
				       sealed.data + crypto_pwhash_SALTBYTES + PASS_NUMBERS, key) != 0) {
		out->len -= box - crypto_secretbox_MACBYTES;
		s = STATUS_FORGED;
	}
	sodium_memzero(key, sizeof(key));
	return s;
}

void hash_bytes(struct slice data, uint8_t ret_hash[static HASH_LEN])
{
	(void)crypto_hash_sha256(ret_hash, data.data, data.len);
}

void hash_parts(const struct slice *parts, size_t n_parts, uint8_t ret_hash[static HASH_LEN])
{
	crypto_hash_sha256_state state;
	(void)crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < n_parts; i++)
		(void)crypto_hash_sha256_update(&state, parts[i].data, parts[i].len);
	(void)crypto_hash_sha256_final(&state, ret_hash);
}

struct hash_stream {
	crypto_hash_sha256_state state;
};

struct hash_stream *hash_stream_new(void)
{
	struct hash_stream *h = malloc(sizeof(*h));
	if (h != NULL)
		(void)crypto_hash_sha256_init(&h->state);
	return h;
}

void hash_stream_put(struct hash_stream *h, struct slice piece)
{
	(void)crypto_hash_sha256_update(&h->state, piece.data, piece.len);
}

void hash_stream_end(struct hash_stream *h, uint8_t ret_hash[HASH_LEN])
{
	if (h != NULL && ret_hash != NULL)
		(void)crypto_hash_sha256_final(&h->state, ret_hash);
	free(h);
}

void digest_bytes(const char *prefix, struct slice data, uint8_t ret_digest[static HASH_LEN])
{
	crypto_generichash_state state;
	(void)crypto_generichash_init(&state, NULL, 0, HASH_LEN);
	(void)crypto_generichash_update(&state, (const uint8_t *)prefix, strlen(prefix));
	(void)crypto_generichash_update(&state, data.data, data.len);
	(void)crypto_generichash_final(&state, ret_digest, HASH_LEN);
}

void mac_bytes(const uint8_t key[static MAC_LEN], struct slice data, uint8_t ret_mac[static MAC_LEN])
{
	(void)crypto_generichash(ret_mac, MAC_LEN, data.data, data.len, key, MAC_LEN);
}

bool secret_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void secret_wipe(void *data, size_t len)
{
	sodium_memzero(data, len);
}

void random_fill(void *out, size_t len)
{
	randombytes_buf(out, len);
}

uint64_t random_u64(void)
{
	uint64_t value = 0;
	randombytes_buf(&value, sizeof(value));
	return value;
}

char *hex_format(const uint8_t *data, size_t len, char *out)
{
	return sodium_bin2hex(out, 2 * len + 1, data, len);
}

enum status hex_parse(const char *text, uint8_t *out, size_t len)
{
	size_t got = 0;
	size_t text_len = strlen(text);
	if (text_len != 2 * len || sodium_hex2bin(out, len, text, text_len, NULL, &got, NULL) != 0 || got != len)
		return STATUS_REFUSED;
	return STATUS_OK;
}
