/*
 * Inputs written in hexadecimal and one taker for each kind of item, for the tests of the CBOR codec.
 */
#ifndef MOTCUA_TESTS_CBOR_FIXTURE_H
#define MOTCUA_TESTS_CBOR_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/cbor.h"

enum { INPUT_MAX = 64 };

/* Bytes written as "1b 00 ff", on the heap in exactly their size. */
struct input {
	uint8_t *data;
	size_t len;
};

static inline struct input input_of(const char *text)
{
	uint8_t parsed[INPUT_MAX];
	size_t len = 0;
	for (const char *at = text; *at != '\0'; len++) {
		char *after = NULL;
		assert_true(len < sizeof(parsed));
		parsed[len] = (uint8_t)strtoul(at, &after, 16);
		at = *after == ' ' ? after + 1 : after;
	}
	struct input in = {.data = malloc(len == 0 ? 1 : len), .len = len};
	assert_non_null(in.data);
	if (len > 0)
		memcpy(in.data, parsed, len);
	return in;
}

typedef void (*taker)(struct cbor *r);

static inline void take_uint(struct cbor *r)
{
	assert_true(cbor_uint(r, UINT64_MAX) == 0 || cbor_status(r) == STATUS_OK);
}

static inline void take_int(struct cbor *r)
{
	assert_true(cbor_int(r, INT64_MIN, INT64_MAX) == 0 || cbor_status(r) == STATUS_OK);
}

static inline void take_bytes(struct cbor *r)
{
	assert_true(cbor_bytes(r, SIZE_MAX).len == 0 || cbor_status(r) == STATUS_OK);
}

static inline void take_text(struct cbor *r)
{
	assert_true(cbor_text(r, SIZE_MAX).len == 0 || cbor_status(r) == STATUS_OK);
}

static inline void take_array(struct cbor *r)
{
	assert_true(cbor_array(r, SIZE_MAX) == 0 || cbor_status(r) == STATUS_OK);
}

static inline void take_map(struct cbor *r)
{
	assert_true(cbor_map(r, SIZE_MAX) == 0 || cbor_status(r) == STATUS_OK);
}

static inline void take_tag(struct cbor *r)
{
	cbor_tag(r, 0);
}

static inline void take_bool(struct cbor *r)
{
	(void)cbor_bool(r);
}

static inline void take_fixed(struct cbor *r)
{
	uint8_t out[2] = {0};
	cbor_fixed(r, out, sizeof(out));
}

static inline enum status outcome(const char *text, taker take)
{
	struct input in = input_of(text);
	struct cbor r = cbor_reader(in.data, in.len);
	take(&r);
	enum status s = cbor_end(&r);
	free(in.data);
	return s;
}

static inline void assert_refused(const char *text, taker take)
{
	if (outcome(text, take) != STATUS_MALFORMED)
		fail_msg("%s was taken", text);
}

static inline void assert_taken(const char *text, taker take)
{
	if (outcome(text, take) != STATUS_OK)
		fail_msg("%s was refused", text);
}

#endif
