/*
 * libsodium with its answers remembered: Ed25519 and X25519, asked anew for the same bytes, would be nine tenths of
 * a run's time. Every signature and every box's authenticator is checked as ever, and what was not asked before
 * goes to libsodium. The linker sends protocol/sign.c's calls here.
 */
#include <sodium.h>
#include <string.h>

#include "fuzz.h"
#include "tests/support/wrapped_sodium.h"

enum { AGREED = 1 << 14, SENDERS = 16, PLAIN = 32 };

/* What one box's own public key and one receiver's secret one agree upon; bad is a point that X25519 refuses. */
struct agreed {
	unsigned char box_key[crypto_box_PUBLICKEYBYTES];
	unsigned char secret[crypto_box_SECRETKEYBYTES];
	unsigned char key[crypto_box_BEFORENMBYTES];
	int known;
	int bad;
};

/* libsodium hands no context back. */
static struct {
	struct agreed agreed[AGREED];
	unsigned char sender[SENDERS][crypto_box_SECRETKEYBYTES];
	unsigned char sender_public[SENDERS][crypto_box_PUBLICKEYBYTES];
	unsigned turn;
} remembered;

int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
				       const unsigned char *pk)
{
	return verify_once(sig, m, mlen, pk);
}

static const struct agreed *agree(const unsigned char *pk, const unsigned char *sk)
{
	unsigned slot = 0;
	memcpy(&slot, pk, sizeof(slot));
	struct agreed *a = &remembered.agreed[(slot ^ sk[0]) % AGREED];
	if (a->known && memcmp(a->box_key, pk, sizeof(a->box_key)) == 0 &&
	    memcmp(a->secret, sk, sizeof(a->secret)) == 0)
		return a;
	memcpy(a->box_key, pk, sizeof(a->box_key));
	memcpy(a->secret, sk, sizeof(a->secret));
	a->bad = crypto_box_beforenm(a->key, pk, sk);
	a->known = 1;
	return a;
}

/* A sealed box's nonce is a hash of both public keys. */
static void nonce_of(const unsigned char *box_pk, const unsigned char *pk,
		     unsigned char ret_nonce[crypto_box_NONCEBYTES])
{
	crypto_generichash_state hash;
	(void)crypto_generichash_init(&hash, NULL, 0, crypto_box_NONCEBYTES);
	(void)crypto_generichash_update(&hash, box_pk, crypto_box_PUBLICKEYBYTES);
	(void)crypto_generichash_update(&hash, pk, crypto_box_PUBLICKEYBYTES);
	(void)crypto_generichash_final(&hash, ret_nonce, crypto_box_NONCEBYTES);
}

/* A few senders in turns, for what a new one agrees upon is remembered for nothing. */
int __wrap_crypto_box_seal(unsigned char *c, const unsigned char *m, unsigned long long mlen,
			   const unsigned char *pk)
{
	unsigned char nonce[crypto_box_NONCEBYTES];
	unsigned i = remembered.turn++ % SENDERS;
	if (remembered.turn <= SENDERS)
		crypto_box_keypair(remembered.sender_public[i], remembered.sender[i]);
	const struct agreed *a = agree(pk, remembered.sender[i]);
	memcpy(c, remembered.sender_public[i], crypto_box_PUBLICKEYBYTES);
	nonce_of(c, pk, nonce);
	return a->bad ? -1 : crypto_box_easy_afternm(c + crypto_box_PUBLICKEYBYTES, m, mlen, nonce, a->key);
}

int __wrap_crypto_box_seal_open(unsigned char *m, const unsigned char *c, unsigned long long clen,
				const unsigned char *pk, const unsigned char *sk)
{
	unsigned char nonce[crypto_box_NONCEBYTES];
	if (clen < crypto_box_SEALBYTES)
		return -1;
	const struct agreed *a = agree(c, sk);
	nonce_of(c, pk, nonce);
	return a->bad ? -1
		      : crypto_box_open_easy_afternm(m, c + crypto_box_PUBLICKEYBYTES,
						     clen - crypto_box_PUBLICKEYBYTES, nonce, a->key);
}

void remembered_hold(void)
{
	unsigned char pk[crypto_box_PUBLICKEYBYTES];
	unsigned char sk[crypto_box_SECRETKEYBYTES];
	unsigned char sealed[PLAIN + crypto_box_SEALBYTES];
	unsigned char plain[PLAIN] = {0};
	crypto_box_keypair(pk, sk);
	hold(__wrap_crypto_box_seal(sealed, plain, PLAIN, pk) == 0, "a box is made");
	hold(__real_crypto_box_seal_open(plain, sealed, sizeof(sealed), pk, sk) == 0, "libsodium opens it");
	hold(__real_crypto_box_seal(sealed, plain, PLAIN, pk) == 0, "libsodium makes a box");
	hold(__wrap_crypto_box_seal_open(plain, sealed, sizeof(sealed), pk, sk) == 0, "it is opened");
	sealed[sizeof(sealed) - 1] ^= 1;
	hold(__wrap_crypto_box_seal_open(plain, sealed, sizeof(sealed), pk, sk) != 0, "a changed one is not");
}
