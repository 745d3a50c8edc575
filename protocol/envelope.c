#include "protocol/envelope.h"

#include <string.h>

#include "protocol/cbor.h"

enum { COSE_SIGN1_TAG = 18 };

/* {1: -8, 4: h'key id'} in deterministic form is always these bytes around the id. */
static const uint8_t PROTECTED_START[] = {0xA2, 0x01, 0x27, 0x04, 0x48};
enum { PROTECTED_LEN = sizeof(PROTECTED_START) + KEY_ID_LEN };

static const char *message_name(enum message message)
{
	static const char *const names[] = {
		[MESSAGE_BATCH] = "motcua/1/batch",       [MESSAGE_REQUEST] = "motcua/1/request",
		[MESSAGE_ENROL] = "motcua/1/enrol",       [MESSAGE_RECEIPT] = "motcua/1/receipt",
		[MESSAGE_HEAD] = "motcua/1/head",         [MESSAGE_ENROLLED] = "motcua/1/enrolled",
		[MESSAGE_IDENTITY] = "motcua/1/identity", [MESSAGE_ACT] = "motcua/1/act",
		[MESSAGE_COMPARE] = "motcua/1/compare",   [MESSAGE_COMPARED] = "motcua/1/compared",
	};
	return names[message];
}

/* The Sig_structure of RFC 9052 section 4.4: what is really signed. */
static enum status put_sig_structure(enum message message, const uint8_t hub_id[static HUB_ID_LEN],
				     struct slice protected_header, struct slice payload, struct bytes *out)
{
	const char *name = message_name(message);
	uint8_t aad[64];
	size_t name_len = strlen(name);
	memcpy(aad, name, name_len);
	memcpy(aad + name_len, hub_id, HUB_ID_LEN);
	cbor_put_array(out, 4);
	cbor_put_text(out, "Signature1", strlen("Signature1"));
	cbor_put_bytes(out, protected_header.data, protected_header.len);
	cbor_put_bytes(out, aad, name_len + HUB_ID_LEN);
	cbor_put_bytes(out, payload.data, payload.len);
	return bytes_status(out);
}

enum status envelope_seal(enum message message, const uint8_t hub_id[static HUB_ID_LEN],
			  const struct signing_key *key, struct slice payload, struct bytes *out)
{
	uint8_t header[PROTECTED_LEN];
	memcpy(header, PROTECTED_START, sizeof(PROTECTED_START));
	sign_key_id(signing_key_public(key), header + sizeof(PROTECTED_START));
	struct bytes to_sign = bytes_new(payload.len + 256);
	enum status s = put_sig_structure(message, hub_id, slice_of(header, sizeof(header)), payload, &to_sign);
	if (s == STATUS_OK) {
		uint8_t signature[SIGNATURE_LEN];
		sign_bytes(key, bytes_slice(&to_sign), signature);
		cbor_put_tag(out, COSE_SIGN1_TAG);
		cbor_put_array(out, 4);
		cbor_put_bytes(out, header, sizeof(header));
		cbor_put_map(out, 0);
		cbor_put_bytes(out, payload.data, payload.len);
		cbor_put_bytes(out, signature, sizeof(signature));
		s = bytes_status(out);
	}
	bytes_free(&to_sign);
	return s;
}

enum status envelope_peek(struct slice sealed, struct envelope *ret_envelope)
{
	struct cbor r = cbor_reader(sealed.data, sealed.len);
	struct envelope e = {0};
	cbor_tag(&r, COSE_SIGN1_TAG);
	cbor_array_of(&r, 4);
	e.protected_header = cbor_bytes(&r, PROTECTED_LEN);
	if (cbor_map(&r, 0) != 0)
		cbor_fail(&r);
	e.payload = cbor_bytes(&r, sealed.len);
	struct slice signature = cbor_bytes(&r, SIGNATURE_LEN);
	if (cbor_end(&r) != STATUS_OK || signature.len != SIGNATURE_LEN ||
	    e.protected_header.len != PROTECTED_LEN ||
	    memcmp(e.protected_header.data, PROTECTED_START, sizeof(PROTECTED_START)) != 0)
		return STATUS_MALFORMED;
	memcpy(e.key_id, e.protected_header.data + sizeof(PROTECTED_START), KEY_ID_LEN);
	e.signature = signature.data;
	*ret_envelope = e;
	return STATUS_OK;
}

enum status envelope_verify(const struct envelope *e, enum message message, const uint8_t hub_id[static HUB_ID_LEN],
			    const uint8_t public_key[static PUBLIC_KEY_LEN])
{
	uint8_t id[KEY_ID_LEN];
	sign_key_id(public_key, id);
	if (memcmp(id, e->key_id, KEY_ID_LEN) != 0)
		return STATUS_FORGED;
	struct bytes to_sign = bytes_new(e->payload.len + 256);
	enum status s = put_sig_structure(message, hub_id, e->protected_header, e->payload, &to_sign);
	if (s == STATUS_OK)
		s = sign_verify(public_key, bytes_slice(&to_sign), e->signature);
	bytes_free(&to_sign);
	return s;
}

enum status envelope_open(struct slice sealed, enum message message, const uint8_t hub_id[static HUB_ID_LEN],
			  const uint8_t public_key[static PUBLIC_KEY_LEN], struct slice *ret_payload)
{
	struct envelope e;
	enum status s = envelope_peek(sealed, &e);
	if (s != STATUS_OK)
		return s;
	s = envelope_verify(&e, message, hub_id, public_key);
	if (s == STATUS_OK)
		*ret_payload = e.payload;
	return s;
}
