#include "protocol/identity.h"

#include <string.h>

#include "protocol/message.h"

enum status identity_seal(const struct identity *identity, const struct signing_key *key, struct bytes *out)
{
	if (identity->province.len > LIMIT_UNIT || identity->name.len > PROVINCE_TEXT)
		return STATUS_LIMIT;
	struct bytes b = bytes_new(LIMIT_IDENTITY);
	message_put_start(&b, 7);
	message_put_string(&b, 2, identity->hub_id, HUB_ID_LEN);
	message_put_string(&b, 3, identity->sign_key, PUBLIC_KEY_LEN);
	message_put_string(&b, 4, identity->box_key, PUBLIC_KEY_LEN);
	cbor_put_uint(&b, 5);
	cbor_put_array(&b, IDENTITY_PINS);
	for (size_t i = 0; i < IDENTITY_PINS; i++)
		cbor_put_bytes(&b, identity->pins[i], HASH_LEN);
	message_put_text(&b, 6, identity->province);
	message_put_text(&b, 7, identity->name);
	return message_seal(MESSAGE_IDENTITY, identity->hub_id, key, &b, out);
}

static enum status read_identity(struct slice payload, struct identity *ret_identity)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	struct identity d = {0};
	size_t left = 0;
	message_take_start(&r, &left);
	cbor_need(&r, &left, 2);
	cbor_fixed(&r, d.hub_id, HUB_ID_LEN);
	cbor_need(&r, &left, 3);
	cbor_fixed(&r, d.sign_key, PUBLIC_KEY_LEN);
	cbor_need(&r, &left, 4);
	cbor_fixed(&r, d.box_key, PUBLIC_KEY_LEN);
	cbor_need(&r, &left, 5);
	cbor_array_of(&r, IDENTITY_PINS);
	for (size_t i = 0; i < IDENTITY_PINS; i++)
		cbor_fixed(&r, d.pins[i], HASH_LEN);
	cbor_need(&r, &left, 6);
	d.province = cbor_text(&r, LIMIT_UNIT);
	cbor_need(&r, &left, 7);
	d.name = cbor_text(&r, PROVINCE_TEXT);
	cbor_map_end(&r, left);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_identity = d;
	return s;
}

enum status identity_open(struct slice sealed, struct identity *ret_identity)
{
	if (sealed.len > LIMIT_IDENTITY)
		return STATUS_MALFORMED;
	struct envelope e;
	enum status s = envelope_peek(sealed, &e);
	if (s != STATUS_OK)
		return s;
	struct identity d;
	s = read_identity(e.payload, &d);
	if (s != STATUS_OK)
		return s;
	s = box_public_key_ok(d.box_key) ? STATUS_OK : STATUS_FORGED;
	if (s == STATUS_OK)
		s = message_verify_own(&e, MESSAGE_IDENTITY, d.hub_id, d.sign_key);
	if (s == STATUS_OK)
		*ret_identity = d;
	return s;
}

void identity_hash(struct slice sealed, uint8_t ret_hash[static IDENTITY_HASH_LEN])
{
	uint8_t hash[HASH_LEN];
	hash_bytes(sealed, hash);
	memcpy(ret_hash, hash, IDENTITY_HASH_LEN);
}

void fingerprint_format(const uint8_t hub_id[static HUB_ID_LEN], const uint8_t public_key[static PUBLIC_KEY_LEN],
			char ret_text[static FINGERPRINT_TEXT])
{
	uint8_t both[HUB_ID_LEN + PUBLIC_KEY_LEN];
	uint8_t digest[HASH_LEN];
	memcpy(both, hub_id, HUB_ID_LEN);
	memcpy(both + HUB_ID_LEN, public_key, PUBLIC_KEY_LEN);
	digest_bytes("fingerprint", slice_of(both, sizeof(both)), digest);
	enum { GROUPS = 8, DIGITS = 4, STRIDE = DIGITS + 1 };
	_Static_assert(GROUPS * STRIDE == FINGERPRINT_TEXT, "groups, the blanks between them and a NUL");
	for (size_t i = 0; i < GROUPS; i++) {
		unsigned value = ((unsigned)digest[2 * i] << 8 | digest[2 * i + 1]) % 10000;
		char *group = ret_text + i * STRIDE;
		for (size_t d = DIGITS; d-- > 0; value /= 10)
			group[d] = (char)('0' + value % 10);
		group[DIGITS] = i + 1 < GROUPS ? ' ' : '\0';
	}
}
