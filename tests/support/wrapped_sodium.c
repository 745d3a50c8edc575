#include "tests/support/wrapped_sodium.h"

#include <sodium.h>
#include <string.h>

enum { ANSWERS = 1 << 16, MARK = 32 };

/* Whether a signature is a key's under a message; mark is of the three. */
struct answer {
	unsigned char mark[MARK];
	int bad;
};

/* libsodium hands no context back. */
static struct answer answers[ANSWERS];

int verify_once(const unsigned char *sig, const unsigned char *m, unsigned long long mlen, const unsigned char *pk)
{
	crypto_generichash_state hash;
	unsigned char mark[MARK];
	unsigned slot = 0;
	(void)crypto_generichash_init(&hash, NULL, 0, sizeof(mark));
	(void)crypto_generichash_update(&hash, sig, crypto_sign_BYTES);
	(void)crypto_generichash_update(&hash, pk, crypto_sign_PUBLICKEYBYTES);
	(void)crypto_generichash_update(&hash, m, mlen);
	(void)crypto_generichash_final(&hash, mark, sizeof(mark));
	memcpy(&slot, mark, sizeof(slot));
	struct answer *known = &answers[slot % ANSWERS];
	if (memcmp(known->mark, mark, sizeof(mark)) != 0) {
		known->bad = __real_crypto_sign_verify_detached(sig, m, mlen, pk);
		memcpy(known->mark, mark, sizeof(mark));
	}
	return known->bad;
}
