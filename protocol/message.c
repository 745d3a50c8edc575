#include "protocol/message.h"

enum { BITS_LEN = 8, PAIRS_MAX = 64 };

void message_put_start(struct bytes *b, size_t pairs)
{
	cbor_put_map(b, pairs);
	message_put_counter(b, 1, MESSAGE_VERSION);
}

void message_take_start(struct cbor *r, size_t *ret_left)
{
	/* A later version may have more pairs than this one: its number is read before they are judged. */
	size_t left = cbor_map(r, PAIRS_MAX);
	cbor_need(r, &left, 1);
	uint64_t version = cbor_uint(r, UINT64_MAX);
	if (cbor_status(r) == STATUS_OK && version != MESSAGE_VERSION) {
		cbor_fail(r);
		r->error = STATUS_VERSION;
	}
	*ret_left = left;
}

void message_put_bits(struct bytes *b, uint64_t bits)
{
	uint8_t big[BITS_LEN];
	for (size_t i = 0; i < BITS_LEN; i++)
		big[i] = (uint8_t)(bits >> (8 * (BITS_LEN - 1 - i)));
	cbor_put_bytes(b, big, BITS_LEN);
}

uint64_t message_take_bits(struct cbor *r)
{
	uint8_t big[BITS_LEN] = {0};
	cbor_fixed(r, big, BITS_LEN);
	uint64_t bits = 0;
	for (size_t i = 0; i < BITS_LEN; i++)
		bits = bits << 8 | big[i];
	return bits;
}

void message_put_incarnation(struct bytes *b, const struct incarnation *i)
{
	cbor_put_uint(b, i->ordinal);
	message_put_bits(b, i->bits);
}

struct incarnation message_take_incarnation(struct cbor *r)
{
	struct incarnation i = {.ordinal = message_take_from_one(r)};
	i.bits = message_take_bits(r);
	return i;
}

uint64_t message_take_counter(struct cbor *r)
{
	return cbor_uint(r, INT64_MAX);
}

uint64_t message_take_from_one(struct cbor *r)
{
	return (uint64_t)cbor_int(r, 1, INT64_MAX);
}

int64_t message_take_instant(struct cbor *r)
{
	return cbor_int(r, TIME_MIN, TIME_MAX);
}

void message_put_counter(struct bytes *b, uint64_t key, uint64_t value)
{
	cbor_put_uint(b, key);
	cbor_put_uint(b, value);
}

void message_put_instant(struct bytes *b, uint64_t key, int64_t ms)
{
	cbor_put_uint(b, key);
	cbor_put_int(b, ms);
}

void message_put_string(struct bytes *b, uint64_t key, const uint8_t *data, size_t len)
{
	cbor_put_uint(b, key);
	cbor_put_bytes(b, data, len);
}

void message_put_text(struct bytes *b, uint64_t key, struct slice text)
{
	cbor_put_uint(b, key);
	cbor_put_text(b, (const char *)text.data, text.len);
}

enum status message_seal(enum message message, const uint8_t hub_id[static HUB_ID_LEN],
			 const struct signing_key *key, struct bytes *payload, struct bytes *out)
{
	enum status s = bytes_status(payload);
	if (s == STATUS_OK)
		s = envelope_seal(message, hub_id, key, bytes_slice(payload), out);
	bytes_free(payload);
	return s;
}

enum status message_check_version(struct slice payload, uint64_t newest)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	size_t pairs = cbor_map(&r, payload.len);
	bool says = cbor_key(&r, &pairs, 1);
	uint64_t version = cbor_uint(&r, UINT64_MAX);
	bool known = version >= 1 && version <= newest;
	return says && cbor_status(&r) == STATUS_OK && !known ? STATUS_VERSION : STATUS_OK;
}

enum status message_open(struct slice sealed, enum message message, const uint8_t hub_id[static HUB_ID_LEN],
			 const uint8_t public_key[static PUBLIC_KEY_LEN], struct slice *ret_payload)
{
	struct envelope e;
	enum status s = envelope_peek(sealed, &e);
	if (s == STATUS_OK)
		s = message_check_version(e.payload, MESSAGE_VERSION);
	return s == STATUS_OK ? envelope_open(sealed, message, hub_id, public_key, ret_payload) : s;
}

enum status message_verify_own(const struct envelope *e, enum message message,
			       const uint8_t hub_id[static HUB_ID_LEN],
			       const uint8_t public_key[static PUBLIC_KEY_LEN])
{
	if (!sign_public_key_ok(public_key))
		return STATUS_FORGED;
	return envelope_verify(e, message, hub_id, public_key);
}
