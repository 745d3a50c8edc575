/*
 * What is signed: COSE_Sign1 (RFC 9052 section 4.2, tagged), alg -8 (EdDSA, RFC 9053), all headers protected
 * {1: -8, 4: key id}, the payload attached, external_aad = message type and hub id, so that nothing made for one
 * purpose or one hub verifies for another. Bytes are hashed and verified as received, never re-encoded.
 * Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_ENVELOPE_H
#define MOTCUA_PROTOCOL_ENVELOPE_H

#include "protocol/bytes.h"
#include "protocol/sign.h"

enum message {
	MESSAGE_BATCH,    /* device: a batch of changes */
	MESSAGE_REQUEST,  /* device: opens an exchange */
	MESSAGE_ENROL,    /* device: asks to be enrolled */
	MESSAGE_RECEIPT,  /* hub: a batch is durable */
	MESSAGE_HEAD,     /* hub: where the device's chains stand */
	MESSAGE_ENROLLED, /* hub: the device is registered */
	MESSAGE_IDENTITY, /* hub: who it is */
	MESSAGE_ACT,      /* hub: what an operator did */
	MESSAGE_COMPARE,  /* device: does the hub know of it what it knows itself */
	MESSAGE_COMPARED  /* hub: what it knows */
};

/* Appends the signed message to out. Errors stick in out; STATUS_NO_MEMORY or STATUS_LIMIT. */
MUST_CHECK enum status envelope_seal(enum message message, const uint8_t hub_id[static HUB_ID_LEN],
				     const struct signing_key *key, struct slice payload, struct bytes *out);

/* What stands in an envelope before anybody has verified it. Slices borrow from the envelope. */
struct envelope {
	uint8_t key_id[KEY_ID_LEN];
	struct slice protected_header;
	struct slice payload;
	const uint8_t *signature; /* SIGNATURE_LEN bytes */
};

/* Takes an envelope apart without trusting it. STATUS_MALFORMED if its form is not exactly ours. */
MUST_CHECK enum status envelope_peek(struct slice sealed, struct envelope *ret_envelope);

/*
 * STATUS_OK if the envelope names this key and the signature is of this key, this purpose and this hub;
 * STATUS_FORGED, STATUS_NO_MEMORY.
 */
MUST_CHECK enum status envelope_verify(const struct envelope *e, enum message message,
				       const uint8_t hub_id[static HUB_ID_LEN],
				       const uint8_t public_key[static PUBLIC_KEY_LEN]);

/* Peeks and verifies in one step; ret_payload borrows from sealed. */
MUST_CHECK enum status envelope_open(struct slice sealed, enum message message,
				     const uint8_t hub_id[static HUB_ID_LEN],
				     const uint8_t public_key[static PUBLIC_KEY_LEN], struct slice *ret_payload);

#endif
