/* What the linker of the simulator and of the fuzzers sends elsewhere: calls of libsodium that a run makes most of.
 */
#ifndef MOTCUA_TESTS_WRAPPED_SODIUM_H
#define MOTCUA_TESTS_WRAPPED_SODIUM_H

/*
 * As libsodium's crypto_sign_verify_detached, which is asked once for the same bytes: a signature that was right
 * stays right, a wrong one wrong. 0 if it is the key's under the message.
 */
int verify_once(const unsigned char *sig, const unsigned char *m, unsigned long long mlen, const unsigned char *pk);

/* libsodium's own functions, and what is called in their place. */
int __real_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
				       const unsigned char *pk);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
				       const unsigned char *pk);
int __real_crypto_box_seal(unsigned char *c, const unsigned char *m, unsigned long long mlen,
			   const unsigned char *pk);
int __wrap_crypto_box_seal(unsigned char *c, const unsigned char *m, unsigned long long mlen,
			   const unsigned char *pk);
int __real_crypto_box_seal_open(unsigned char *m, const unsigned char *c, unsigned long long clen,
				const unsigned char *pk, const unsigned char *sk);
int __wrap_crypto_box_seal_open(unsigned char *m, const unsigned char *c, unsigned long long clen,
				const unsigned char *pk, const unsigned char *sk);

#endif
