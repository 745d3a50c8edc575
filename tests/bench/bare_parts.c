/*
 * What compressing and signing cost by themselves: bare_parts < FRAMES reads sealed batches, each as a length of 4
 * bytes (big-endian), the zlib stream in it and nothing else, and does with zlib and libsodium what both sides do
 * to them: deflate and sign on the agent, verify and inflate on the hub. Prints microseconds for all of them
 * together: inflate, deflate, sign, verify.
 */
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

/* protocol/limits.h: what a batch holds at most, inflated; the signature covers what is sealed. */
enum { RAW_MAX = 1024 * 1024, SEALED_MAX = 256 * 1024, HEAD = 4 };

struct sums {
	double inflate;
	double deflate;
	double sign;
	double verify;
};

struct keys {
	uint8_t public[crypto_sign_PUBLICKEYBYTES];
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

static uint8_t sealed[SEALED_MAX];
static uint8_t again[SEALED_MAX];
static uint8_t raw[RAW_MAX];

static double microseconds(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* cannot fail for this process */
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void require(int fine, const char *what)
{
	if (fine)
		return;
	(void)fprintf(stderr, "bare_parts: %s\n", what);
	exit(65);
}

static void measure(size_t len, const struct keys *keys, struct sums *sums)
{
	uint8_t signature[crypto_sign_BYTES];
	uLongf raw_len = sizeof(raw);
	uLongf again_len = sizeof(again);
	const double begin = microseconds();
	require(uncompress(raw, &raw_len, sealed, len) == Z_OK, "inflate");
	const double inflated = microseconds();
	require(compress2(again, &again_len, raw, raw_len, Z_BEST_COMPRESSION) == Z_OK, "deflate");
	const double deflated = microseconds();
	require(crypto_sign_detached(signature, NULL, sealed, len, keys->secret) == 0, "sign");
	const double was_signed = microseconds();
	require(crypto_sign_verify_detached(signature, sealed, len, keys->public) == 0, "verify");
	sums->inflate += inflated - begin;
	sums->deflate += deflated - inflated;
	sums->sign += was_signed - deflated;
	sums->verify += microseconds() - was_signed;
}

int main(void)
{
	struct sums sums = {0};
	struct keys keys;
	uint8_t head[HEAD];
	require(sodium_init() >= 0 && crypto_sign_keypair(keys.public, keys.secret) == 0, "libsodium");
	while (fread(head, 1, HEAD, stdin) == HEAD) {
		const size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
		require(len <= sizeof(sealed) && fread(sealed, 1, len, stdin) == len, "frame");
		measure(len, &keys, &sums);
	}
	(void)printf("%.0f %.0f %.0f %.0f\n", sums.inflate, sums.deflate, sums.sign, sums.verify);
	return fflush(stdout) == 0 ? 0 : 1;
}
