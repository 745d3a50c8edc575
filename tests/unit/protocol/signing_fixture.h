/*
 * Keys, a hub id and damaged copies for the tests of signed messages. Everything is derived from small numbers, so
 * that a failing test shows the same bytes every time.
 */
#ifndef MOTCUA_TESTS_SIGNING_FIXTURE_H
#define MOTCUA_TESTS_SIGNING_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/envelope.h"

enum { SEALED_ROOM = 64 * 1024 };

/* len bytes that count up from first. */
static inline void fill(uint8_t *out, size_t len, uint8_t first)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(first + i);
}

static inline struct signing_key *key_number(uint8_t number)
{
	uint8_t seed[SEED_LEN];
	fill(seed, sizeof(seed), number);
	struct signing_key *key = signing_key_new(seed);
	assert_non_null(key);
	return key;
}

static inline const uint8_t *hub_number(uint8_t number)
{
	static uint8_t ids[256][HUB_ID_LEN];
	fill(ids[number], HUB_ID_LEN, number);
	return ids[number];
}

static inline int start_signing(void **state)
{
	(void)state;
	return sign_start() == STATUS_OK ? 0 : -1;
}

/* An exact copy on the heap, so that a sanitizer sees a read one byte beyond. The caller frees. */
static inline uint8_t *exact_copy(struct slice s)
{
	uint8_t *copy = malloc(s.len == 0 ? 1 : s.len);
	assert_non_null(copy);
	if (s.len > 0)
		memcpy(copy, s.data, s.len);
	return copy;
}

/* Opens a sealed message and seals what was read again into out; the answer is that of opening. */
typedef enum status (*reopen)(struct slice sealed, struct bytes *out);

/* Each shortened form of the sealed bytes must be refused. */
static inline void assert_truncations_refused(struct slice sealed, reopen open)
{
	struct bytes again = bytes_new(SEALED_ROOM);
	for (size_t len = 0; len < sealed.len; len++) {
		uint8_t *copy = exact_copy(slice_of(sealed.data, len));
		assert_int_equal(open(slice_of(copy, len), &again), STATUS_MALFORMED);
		free(copy);
	}
	bytes_free(&again);
}

/* Seals payload for hub 1 with the key. */
static inline struct bytes sealed_payload(enum message message, const struct signing_key *key, struct slice payload)
{
	struct bytes sealed = bytes_new(SEALED_ROOM);
	assert_int_equal(envelope_seal(message, hub_number(1), key, payload, &sealed), STATUS_OK);
	return sealed;
}

static inline enum status open_payload(enum message message, const struct signing_key *key, struct slice payload,
				       reopen open, struct bytes *again)
{
	struct bytes sealed = sealed_payload(message, key, payload);
	bytes_clear(again);
	enum status s = open(bytes_slice(&sealed), again);
	/* Reading is strict: what it takes has one form only. */
	if (s == STATUS_OK)
		assert_true(slice_equal(bytes_slice(&sealed), bytes_slice(again)));
	bytes_free(&sealed);
	return s;
}

/*
 * The payload of a sealed message, damaged and signed again by the right key: each truncation and each byte too
 * many is refused, and each single flipped bit is refused or reads as another message that writes back the same.
 */
static inline void assert_payload_read_strictly(struct slice sealed, enum message message,
						const struct signing_key *key, reopen open)
{
	struct slice payload;
	struct bytes again = bytes_new(SEALED_ROOM);
	assert_int_equal(envelope_open(sealed, message, hub_number(1), signing_key_public(key), &payload),
			 STATUS_OK);
	for (size_t len = 0; len < payload.len; len++)
		assert_int_equal(open_payload(message, key, slice_of(payload.data, len), open, &again),
				 STATUS_MALFORMED);
	struct bytes copy = bytes_new(SEALED_ROOM);
	bytes_put(&copy, payload.data, payload.len);
	bytes_put_u8(&copy, 0);
	assert_int_equal(open_payload(message, key, bytes_slice(&copy), open, &again), STATUS_MALFORMED);
	copy.len--;
	for (size_t bit = 0; bit < payload.len * 8; bit++) {
		copy.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		(void)open_payload(message, key, bytes_slice(&copy), open, &again);
		copy.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(open_payload(message, key, bytes_slice(&copy), open, &again), STATUS_OK);
	/* The version is the first value of the map, after the map's head and the key 1. */
	copy.data[2] = 2;
	assert_int_equal(open_payload(message, key, bytes_slice(&copy), open, &again), STATUS_VERSION);
	bytes_free(&copy);
	bytes_free(&again);
}

#endif
