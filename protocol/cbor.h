/*
 * The subset of CBOR this project writes and accepts: unsigned and negative integers of 64 bits, byte and text
 * strings, arrays, maps, null, true, false, one tag; definite lengths, shortest heads, map keys ascending
 * (RFC 8949 section 4.2.1, without floats). Whatever is not deterministic is STATUS_MALFORMED before anything
 * is made of it. Reading allocates nothing; strings are slices of the input.
 *
 * Both sides are sticky: put or take many things, then ask once.
 */
#ifndef MOTCUA_PROTOCOL_CBOR_H
#define MOTCUA_PROTOCOL_CBOR_H

#include "protocol/bytes.h"

/* --- writing: errors stick in the bytes --- */
void cbor_put_uint(struct bytes *b, uint64_t value);
void cbor_put_int(struct bytes *b, int64_t value);
void cbor_put_bytes(struct bytes *b, const void *data, size_t len);
void cbor_put_text(struct bytes *b, const char *text, size_t len);
void cbor_put_array(struct bytes *b, size_t items);
void cbor_put_map(struct bytes *b, size_t pairs);
void cbor_put_null(struct bytes *b);
void cbor_put_bool(struct bytes *b, bool value);
void cbor_put_tag(struct bytes *b, uint64_t tag);

/* --- reading --- */
struct cbor {
	const uint8_t *next;
	const uint8_t *end;
	enum status error; /* sticky; after an error every take returns 0, empty or false */
};

/* A reader over borrowed bytes. */
struct cbor cbor_reader(const void *data, size_t len);

/* An integer within [min, max]; outside is STATUS_MALFORMED. */
uint64_t cbor_uint(struct cbor *r, uint64_t max);
int64_t cbor_int(struct cbor *r, int64_t min, int64_t max);

/* A string of at most max bytes; text is checked to be UTF-8 (RFC 3629: no surrogates, no overlong forms). */
struct slice cbor_bytes(struct cbor *r, size_t max);
struct slice cbor_text(struct cbor *r, size_t max);

/* A byte string of exactly len bytes, copied out. */
void cbor_fixed(struct cbor *r, uint8_t *out, size_t len);

/* The number of items or pairs, at most max and never more than the bytes left could hold. */
size_t cbor_array(struct cbor *r, size_t max);
size_t cbor_map(struct cbor *r, size_t max);

/* An array of exactly items. */
void cbor_array_of(struct cbor *r, size_t items);

bool cbor_bool(struct cbor *r);
/* Consumes a null if it is next; false (and nothing consumed) otherwise. */
bool cbor_take_null(struct cbor *r);
void cbor_tag(struct cbor *r, uint64_t tag);

/* True if the next item is a byte string (major type 2). */
bool cbor_next_is_bytes(const struct cbor *r);

/*
 * Messages are maps with small unsigned keys in ascending order. cbor_key consumes the next key if it is `key`
 * and returns true; otherwise it consumes nothing. *left counts the pairs of the map down; call cbor_map_end
 * when all known keys were tried: pairs left over (unknown or misplaced keys) are STATUS_MALFORMED.
 */
bool cbor_key(struct cbor *r, size_t *left, uint64_t key);
/* As cbor_key, but the key must be there. */
void cbor_need(struct cbor *r, size_t *left, uint64_t key);
void cbor_map_end(struct cbor *r, size_t left);

/* Marks the input as malformed, for a caller that found a value senseless. */
void cbor_fail(struct cbor *r);

/* STATUS_OK if nothing failed so far. */
MUST_CHECK enum status cbor_status(const struct cbor *r);
/* As cbor_status, and every byte was consumed. */
MUST_CHECK enum status cbor_end(const struct cbor *r);

/* True if the bytes are well-formed UTF-8. */
bool utf8_valid(const uint8_t *text, size_t len);

#endif
