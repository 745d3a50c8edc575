#include <sodium.h>
#include <string.h>

#include "hub/tls_key.h"
#include "protocol/sign.h"
#include "sim.h"
#include "tests/support/wrapped_sodium.h"

/* libsodium hands no context back. */
static struct {
	uint64_t random;
	bool real_keys;
} seams;

static const char *random_name(void)
{
	return "motcua-sim";
}

static uint32_t random_number(void)
{
	return (uint32_t)sim_mix(&seams.random);
}

static void random_bytes(void *out, const size_t len)
{
	uint8_t *bytes = out;
	for (size_t at = 0; at < len; at += sizeof(uint64_t)) {
		uint64_t value = sim_mix(&seams.random);
		memcpy(bytes + at, &value, len - at < sizeof(value) ? len - at : sizeof(value));
	}
}

/* Not const: libsodium takes a pointer to one it might change. */
static randombytes_implementation seeded = {
	.implementation_name = random_name,
	.random = random_number,
	.buf = random_bytes,
};

void seams_seed(uint64_t seed)
{
	seams.random = ~seed;
}

void seams_take(uint64_t seed, bool real_keys)
{
	seams_seed(seed);
	seams.real_keys = real_keys;
	(void)randombytes_set_implementation(&seeded); /* answers 0 always */
	drive_sqlite_register();
}

void seams_give_back(void)
{
	(void)randombytes_set_implementation(&randombytes_sysrandom_implementation);
}

/*
 * Signatures of most runs: a hash of key and message, which costs a fortieth of Ed25519 and is as much bound to
 * both. Anybody could make one, but nobody in here does. The linker sends protocol/sign.c's two calls of libsodium
 * here.
 */
int __real_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen, const unsigned char *m,
				unsigned long long mlen, const unsigned char *sk);
int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen, const unsigned char *m,
				unsigned long long mlen, const unsigned char *sk);

int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen, const unsigned char *m,
				unsigned long long mlen, const unsigned char *sk)
{
	if (seams.real_keys)
		return __real_crypto_sign_detached(sig, siglen, m, mlen, sk);
	/* The public key is the second half of libsodium's secret one. */
	return crypto_generichash(sig, crypto_sign_BYTES, m, mlen,
				  sk + crypto_sign_SECRETKEYBYTES - crypto_sign_PUBLICKEYBYTES,
				  crypto_sign_PUBLICKEYBYTES);
}

int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
				       const unsigned char *pk)
{
	uint8_t wanted[crypto_sign_BYTES];
	if (seams.real_keys)
		return verify_once(sig, m, mlen, pk);
	(void)crypto_generichash(wanted, sizeof(wanted), m, mlen, pk, crypto_sign_PUBLICKEYBYTES);
	return memcmp(wanted, sig, sizeof(wanted)) == 0 ? 0 : -1;
}

/*
 * Sealed boxes of the same runs: what X25519 agrees upon is a hash of the box's own random bytes and of the key it
 * is for, the rest is libsodium's secret box. As long as a real one, and as much bound to key and content.
 */
_Static_assert(crypto_box_SEALBYTES == crypto_box_PUBLICKEYBYTES + crypto_secretbox_MACBYTES, "a box's own bytes");

/* A key serves one box, so that its nonce need not change. */
static const unsigned char box_nonce[crypto_secretbox_NONCEBYTES];

static void agree(const unsigned char *own, const unsigned char *pk, unsigned char key[crypto_secretbox_KEYBYTES])
{
	(void)crypto_generichash(key, crypto_secretbox_KEYBYTES, own, crypto_box_PUBLICKEYBYTES, pk,
				 crypto_box_PUBLICKEYBYTES);
}

int __wrap_crypto_box_seal(unsigned char *c, const unsigned char *m, unsigned long long mlen,
			   const unsigned char *pk)
{
	unsigned char key[crypto_secretbox_KEYBYTES];
	if (seams.real_keys)
		return __real_crypto_box_seal(c, m, mlen, pk);
	randombytes_buf(c, crypto_box_PUBLICKEYBYTES);
	agree(c, pk, key);
	return crypto_secretbox_easy(c + crypto_box_PUBLICKEYBYTES, m, mlen, box_nonce, key);
}

int __wrap_crypto_box_seal_open(unsigned char *m, const unsigned char *c, unsigned long long clen,
				const unsigned char *pk, const unsigned char *sk)
{
	unsigned char key[crypto_secretbox_KEYBYTES];
	if (seams.real_keys)
		return __real_crypto_box_seal_open(m, c, clen, pk, sk);
	agree(c, pk, key);
	return crypto_secretbox_open_easy(m, c + crypto_box_PUBLICKEYBYTES, clen - crypto_box_PUBLICKEYBYTES,
					  box_nonce, key);
}

/* In the place of hub/tls_key.c: no TLS is spoken here, and GnuTLS draws its own randomness. */
enum status tls_key_generate(const char *name, int64_t now_s, struct bytes *ret_key_pem,
			     struct bytes *ret_certificate_pem)
{
	uint8_t key[HASH_LEN];
	(void)name;
	(void)now_s;
	random_fill(key, sizeof(key));
	bytes_put(ret_key_pem, key, sizeof(key));
	bytes_put(ret_certificate_pem, key, sizeof(key));
	return bytes_status(ret_certificate_pem);
}

enum status tls_key_pin(struct slice certificate_pem, uint8_t ret_pin[static HASH_LEN])
{
	hash_bytes(certificate_pem, ret_pin);
	return STATUS_OK;
}
