/*
 * SHA-256 by nettle, which uses the processor's instructions for it: hashing is a sixth of what a run does, and
 * libsodium does it in plain C. The same function: hashing_take compares both. The linker sends libsodium's calls
 * here.
 */
#include <nettle/sha2.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

int __real_crypto_hash_sha256_update(crypto_hash_sha256_state *state, const unsigned char *in,
				     unsigned long long len);
int __wrap_crypto_hash_sha256_update(crypto_hash_sha256_state *state, const unsigned char *in,
				     unsigned long long len);
int __real_crypto_hash_sha256_final(crypto_hash_sha256_state *state, unsigned char *out);
int __wrap_crypto_hash_sha256_final(crypto_hash_sha256_state *state, unsigned char *out);
int __wrap_crypto_hash_sha256(unsigned char *out, const unsigned char *in, unsigned long long len);

enum { LENGTHS_TRIED = 300 };

/* libsodium counts bits, nettle blocks and what waits for the next. */
static struct sha256_ctx context_of(const crypto_hash_sha256_state *state)
{
	struct sha256_ctx context = {.count = state->count / (8 * SHA256_BLOCK_SIZE),
				     .index = (unsigned)(state->count / 8 % SHA256_BLOCK_SIZE)};
	memcpy(context.state, state->state, sizeof(context.state));
	memcpy(context.block, state->buf, sizeof(context.block));
	return context;
}

int __wrap_crypto_hash_sha256_update(crypto_hash_sha256_state *state, const unsigned char *in,
				     unsigned long long len)
{
	struct sha256_ctx context = context_of(state);
	sha256_update(&context, len, in);
	state->count += len * 8;
	memcpy(state->state, context.state, sizeof(context.state));
	memcpy(state->buf, context.block, sizeof(context.block));
	return 0;
}

int __wrap_crypto_hash_sha256_final(crypto_hash_sha256_state *state, unsigned char *out)
{
	struct sha256_ctx context = context_of(state);
	sha256_digest(&context, SHA256_DIGEST_SIZE, out);
	return 0;
}

int __wrap_crypto_hash_sha256(unsigned char *out, const unsigned char *in, unsigned long long len)
{
	struct sha256_ctx context;
	sha256_init(&context);
	sha256_update(&context, len, in);
	sha256_digest(&context, SHA256_DIGEST_SIZE, out);
	return 0;
}

void hashing_take(void)
{
	uint8_t data[LENGTHS_TRIED];
	uint8_t hash[crypto_hash_sha256_BYTES];
	uint8_t wanted[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	for (size_t len = 0; len < sizeof(data); len++) {
		data[len] = (uint8_t)(len * 7);
		(void)crypto_hash_sha256_init(&state);
		(void)__real_crypto_hash_sha256_update(&state, data, len);
		(void)__real_crypto_hash_sha256_final(&state, wanted);
		(void)crypto_hash_sha256_init(&state);
		(void)crypto_hash_sha256_update(&state, data, len / 3);
		(void)crypto_hash_sha256_update(&state, data + len / 3, len - len / 3);
		(void)crypto_hash_sha256_final(&state, hash);
		if (memcmp(hash, wanted, sizeof(hash)) != 0) {
			(void)fprintf(stderr, "sim: another SHA-256 than libsodium's\n");
			exit(EXIT_NO);
		}
	}
}
