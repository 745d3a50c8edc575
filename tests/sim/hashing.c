/*
 * SHA-256 by the processor's own instructions where it has them: hashing is a sixth of what a run does, and
 * libsodium does it in plain C. The same function: hashing_take compares both. The linker sends libsodium's calls
 * here.
 */
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

enum { BLOCK = 64, GROUPS = 16, ROUNDS = 64, LENGTH_AT = BLOCK - 8, LENGTHS_TRIED = 300 };

static bool has_instructions;

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

/* FIPS 180-4, section 4.2.2. */
static const uint32_t constants[ROUNDS] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#define HASHING __attribute__((target("sha,sse4.1")))

HASHING static __m128i four_words(const void *at)
{
	return _mm_loadu_si128((const __m128i *)at);
}

/* Words 4 × group to 4 × group + 3 of the schedule, of which the last sixteen are kept. */
HASHING static __m128i schedule(__m128i *words, size_t group, const unsigned char *block)
{
	const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
	__m128i next;
	if (group < 4) {
		next = _mm_shuffle_epi8(four_words(block + 16 * group), swap);
	} else {
		const __m128i last = words[(group - 1) % 4];
		const __m128i earlier = _mm_sha256msg1_epu32(words[group % 4], words[(group - 3) % 4]);
		next = _mm_sha256msg2_epu32(
			_mm_add_epi32(earlier, _mm_alignr_epi8(last, words[(group - 2) % 4], 4)), last);
	}
	words[group % 4] = next;
	return next;
}

/* The instructions want the eight words of the state as A B E F and C D G H, highest first. */
HASHING static void compress(uint32_t state[8], const unsigned char *block, size_t n)
{
	const __m128i dcba = _mm_shuffle_epi32(four_words(state), 0xb1);
	const __m128i hgfe = _mm_shuffle_epi32(four_words(state + 4), 0x1b);
	__m128i abef = _mm_alignr_epi8(dcba, hgfe, 8);
	__m128i cdgh = _mm_blend_epi16(hgfe, dcba, 0xf0);
	for (; n > 0; n--, block += BLOCK) {
		const __m128i abef_before = abef;
		const __m128i cdgh_before = cdgh;
		__m128i words[4] = {_mm_setzero_si128()};
		for (size_t group = 0; group < GROUPS; group++) {
			__m128i k = _mm_add_epi32(schedule(words, group, block), four_words(constants + 4 * group));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
		}
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}
	const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
	const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

static bool can_compress(void)
{
	unsigned a = 0;
	unsigned b = 0;
	unsigned c = 0;
	unsigned d = 0;
	return sodium_runtime_has_sse41() != 0 && __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
	       (b & bit_SHA) != 0;
}
#else
static void compress(uint32_t state[8], const unsigned char *block, size_t n)
{
	(void)state;
	(void)block;
	(void)n;
}

static bool can_compress(void)
{
	return false;
}
#endif

/* As libsodium keeps it: count is of bits, what does not fill a block waits in buf. */
static void update(crypto_hash_sha256_state *s, const unsigned char *in, size_t len)
{
	size_t waiting = (s->count >> 3) % BLOCK;
	s->count += (uint64_t)len << 3;
	if (waiting > 0) {
		size_t more = len < BLOCK - waiting ? len : BLOCK - waiting;
		memcpy(s->buf + waiting, in, more);
		if (waiting + more < BLOCK)
			return;
		compress(s->state, s->buf, 1);
		in += more;
		len -= more;
	}
	compress(s->state, in, len / BLOCK);
	if (len % BLOCK > 0)
		memcpy(s->buf, in + len - len % BLOCK, len % BLOCK);
}

static void put_big_endian(unsigned char *out, uint64_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)(value >> 8 * (n - 1 - i));
}

static void final(crypto_hash_sha256_state *s, unsigned char *out)
{
	size_t waiting = (s->count >> 3) % BLOCK;
	s->buf[waiting++] = 0x80;
	memset(s->buf + waiting, 0, BLOCK - waiting);
	if (waiting > LENGTH_AT) {
		compress(s->state, s->buf, 1);
		memset(s->buf, 0, BLOCK);
	}
	put_big_endian(s->buf + LENGTH_AT, s->count, 8);
	compress(s->state, s->buf, 1);
	for (size_t i = 0; i < 8; i++)
		put_big_endian(out + 4 * i, s->state[i], 4);
}

int __wrap_crypto_hash_sha256_update(crypto_hash_sha256_state *state, const unsigned char *in,
				     unsigned long long len)
{
	if (!has_instructions)
		return __real_crypto_hash_sha256_update(state, in, len);
	if (len > 0)
		update(state, in, len);
	return 0;
}

int __wrap_crypto_hash_sha256_final(crypto_hash_sha256_state *state, unsigned char *out)
{
	if (!has_instructions)
		return __real_crypto_hash_sha256_final(state, out);
	final(state, out);
	return 0;
}

int __wrap_crypto_hash_sha256(unsigned char *out, const unsigned char *in, unsigned long long len)
{
	crypto_hash_sha256_state state;
	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(&state, in, len);
	return crypto_hash_sha256_final(&state, out);
}

void hashing_take(void)
{
	uint8_t data[LENGTHS_TRIED];
	uint8_t hash[crypto_hash_sha256_BYTES];
	uint8_t wanted[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	has_instructions = can_compress();
	for (size_t len = 0; has_instructions && len < sizeof(data); len++) {
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
