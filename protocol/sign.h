/*
 * Keys, signatures, digests, randomness: all of libsodium this project uses; sign.c alone includes sodium.h.
 * Ed25519 (RFC 8032, pure), SHA-256, keyed BLAKE2b-256 as MAC. Key objects live in locked memory and are wiped.
 * Randomness comes from libsodium, which tests replace (randombytes_set_implementation).
 */
#ifndef MOTCUA_PROTOCOL_SIGN_H
#define MOTCUA_PROTOCOL_SIGN_H

#include "protocol/bytes.h"

enum {
	PUBLIC_KEY_LEN = 32,
	SEED_LEN = 32,
	SIGNATURE_LEN = 64,
	HASH_LEN = 32,
	KEY_ID_LEN = 8,    /* first bytes of the SHA-256 of the public key */
	DEVICE_ID_LEN = 8, /* the key id of the device's first key; kept when keys rotate */
	HUB_ID_LEN = 16,   /* random, made by `motcua-hub init` */
	NONCE_LEN = 16,
	MAC_LEN = 32,
	BOX_OVERHEAD = 48 /* what box_seal adds */
};

struct signing_key; /* opaque */

/* Must be called once before anything else here; STATUS_DISK if the system gives no randomness. */
MUST_CHECK enum status sign_start(void);

/* A key from its 32-byte seed. NULL on no memory. The seed stays the caller's to wipe. */
struct signing_key *signing_key_new(const uint8_t seed[static SEED_LEN]);
void signing_key_free(struct signing_key *key);
const uint8_t *signing_key_public(const struct signing_key *key);

void sign_bytes(const struct signing_key *key, struct slice message, uint8_t ret_signature[static SIGNATURE_LEN]);
MUST_CHECK enum status sign_verify(const uint8_t public_key[static PUBLIC_KEY_LEN], struct slice message,
				   const uint8_t signature[static SIGNATURE_LEN]);
/* False for keys of small order or in a form that is not canonical: refused at enrolment. */
bool sign_public_key_ok(const uint8_t public_key[static PUBLIC_KEY_LEN]);

void sign_key_id(const uint8_t public_key[static PUBLIC_KEY_LEN], uint8_t ret_id[static KEY_ID_LEN]);

/* X25519 public key of the box key made from a seed (courier sealing). */
void box_public_key(const uint8_t seed[static SEED_LEN], uint8_t ret_public[static PUBLIC_KEY_LEN]);
/*
 * The same question for an X25519 key: false where every shared secret would be zero (RFC 7748 section 6.1) and for
 * a second spelling of a number, which is not below 2^255 - 19.
 */
bool box_public_key_ok(const uint8_t public_key[static PUBLIC_KEY_LEN]);

/*
 * Sealed boxes (libsodium's crypto_box_seal: X25519, XSalsa20, Poly1305 under a key of the moment): anybody can
 * make one for a public key, only the holder of the seed can open it, and nobody can tell who made it.
 */
struct box_key; /* opaque */
/* NULL on no memory. The seed stays the caller's to wipe. */
struct box_key *box_key_new(const uint8_t seed[static SEED_LEN]);
void box_key_free(struct box_key *key);
/* Appends the box: BOX_OVERHEAD bytes more than plain. STATUS_MALFORMED for a public key of small order. */
MUST_CHECK enum status box_seal(const uint8_t public_key[static PUBLIC_KEY_LEN], struct slice plain,
				struct bytes *out);
/* Appends what was sealed. STATUS_FORGED if it was not sealed to this key, or was changed since. */
MUST_CHECK enum status box_open(const struct box_key *key, struct slice sealed, struct bytes *out);

/*
 * Under a passphrase (Argon2id, XSalsa20-Poly1305): salt (16) ‖ passes (4, big-endian) ‖ memory in KiB (4) ‖ nonce
 * (24) ‖ secretbox. Takes about a second and 256 MiB. STATUS_NO_MEMORY.
 */
MUST_CHECK enum status passphrase_seal(struct slice passphrase, struct slice plain, struct bytes *out);
/* Appends what was sealed. STATUS_FORGED: another passphrase, or changed since; STATUS_LIMIT: it would cost more.
 */
MUST_CHECK enum status passphrase_open(struct slice passphrase, struct slice sealed, struct bytes *out);

void hash_bytes(struct slice data, uint8_t ret_hash[static HASH_LEN]);
/* SHA-256 over several slices one after the other. */
void hash_parts(const struct slice *parts, size_t n_parts, uint8_t ret_hash[static HASH_LEN]);

/* SHA-256 of what comes piece by piece. */
struct hash_stream; /* opaque */
/* NULL on no memory. */
struct hash_stream *hash_stream_new(void);
void hash_stream_put(struct hash_stream *h, struct slice piece);
/* The hash of all pieces; frees the stream. NULL is fine for either. */
void hash_stream_end(struct hash_stream *h, uint8_t ret_hash[HASH_LEN]);

/* BLAKE2b-256 of prefix and data; keyed with MAC. */
void digest_bytes(const char *prefix, struct slice data, uint8_t ret_digest[static HASH_LEN]);
void mac_bytes(const uint8_t key[static MAC_LEN], struct slice data, uint8_t ret_mac[static MAC_LEN]);
/* Compares in constant time. */
bool secret_equal(const uint8_t *a, const uint8_t *b, size_t len);
void secret_wipe(void *data, size_t len);

void random_fill(void *out, size_t len);
uint64_t random_u64(void);

/* Lower-case hexadecimal with its NUL into out (2 × len + 1 bytes). Returns out. */
char *hex_format(const uint8_t *data, size_t len, char *out);
MUST_CHECK enum status hex_parse(const char *text, uint8_t *out, size_t len);

#endif
