/*
 * What the small signed messages share: a CBOR map that begins with its version, instants, incarnations, and the
 * way from a payload to an envelope (PROTOCOL.md section 3). For the files of messages, and for who opens a message
 * in steps of its own.
 * Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_MESSAGE_H
#define MOTCUA_PROTOCOL_MESSAGE_H

#include "protocol/batch.h"
#include "protocol/cbor.h"

enum { MESSAGE_VERSION = 1 };

/* Appends the head of a map of `pairs` pairs, the first of them the version. */
void message_put_start(struct bytes *b, size_t pairs);
/*
 * Reads that much; *ret_left counts the pairs after the version. Another version sticks in the reader as
 * STATUS_VERSION: nothing else of such a message can be judged.
 */
void message_take_start(struct cbor *r, size_t *ret_left);

/* An incarnation as two items: ordinal, and its bits as 8 bytes, big-endian. */
void message_put_incarnation(struct bytes *b, const struct incarnation *i);
struct incarnation message_take_incarnation(struct cbor *r);
/* The random bits alone. */
void message_put_bits(struct bytes *b, uint64_t bits);
uint64_t message_take_bits(struct cbor *r);

/* A counter as every store can hold it: 0 to INT64_MAX. */
uint64_t message_take_counter(struct cbor *r);
/* The same from 1. */
uint64_t message_take_from_one(struct cbor *r);
/* An instant within the calendar. */
int64_t message_take_instant(struct cbor *r);

/* Key and value of a map. */
void message_put_counter(struct bytes *b, uint64_t key, uint64_t value);
void message_put_instant(struct bytes *b, uint64_t key, int64_t ms);
void message_put_string(struct bytes *b, uint64_t key, const uint8_t *data, size_t len);
void message_put_text(struct bytes *b, uint64_t key, struct slice text);

/* Seals a finished payload and frees it, whatever comes of it. */
MUST_CHECK enum status message_seal(enum message message, const uint8_t hub_id[static HUB_ID_LEN],
				    const struct signing_key *key, struct bytes *payload, struct bytes *out);

/*
 * STATUS_VERSION if the payload says that it is of a version outside 1 to newest (MESSAGE_VERSION, of batches
 * BATCH_VERSION), before anything else of it is believed: what a later version signs, and how, is not known here
 * (law 7 of PROTOCOL.md). STATUS_OK otherwise, also for nonsense.
 */
MUST_CHECK enum status message_check_version(struct slice payload, uint64_t newest);
/* envelope_open() of any message but a batch, with that check before the signature's. */
MUST_CHECK enum status message_open(struct slice sealed, enum message message,
				    const uint8_t hub_id[static HUB_ID_LEN],
				    const uint8_t public_key[static PUBLIC_KEY_LEN], struct slice *ret_payload);

/*
 * For a message that brings its own key: STATUS_OK if the key is sound, is the one the envelope names, and signed
 * it; STATUS_FORGED otherwise, or STATUS_NO_MEMORY.
 */
MUST_CHECK enum status message_verify_own(const struct envelope *e, enum message message,
					  const uint8_t hub_id[static HUB_ID_LEN],
					  const uint8_t public_key[static PUBLIC_KEY_LEN]);

#endif
