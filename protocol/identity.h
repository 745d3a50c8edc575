/*
 * Who the hub is: a document it signs itself, fetched untrusted by GET /v1/hub and trusted only if its hash is the
 * invitation code's; and the code an operator hands out (PROTOCOL.md section 7). Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_IDENTITY_H
#define MOTCUA_PROTOCOL_IDENTITY_H

#include "protocol/envelope.h"
#include "protocol/limits.h"

enum { IDENTITY_PINS = 2, IDENTITY_HASH_LEN = 16, PROVINCE_TEXT = 120 };

struct identity {
	uint8_t hub_id[HUB_ID_LEN];
	uint8_t sign_key[PUBLIC_KEY_LEN];
	uint8_t box_key[PUBLIC_KEY_LEN];
	uint8_t pins[IDENTITY_PINS][HASH_LEN]; /* TLS keys, current and next */
	struct slice province;                 /* unit code */
	struct slice name;                     /* ≤ PROVINCE_TEXT bytes */
};
MUST_CHECK enum status identity_seal(const struct identity *identity, const struct signing_key *key,
				     struct bytes *out);
/* Reads a document and checks that both its keys are sound and the first signed it. Slices borrow from sealed. */
MUST_CHECK enum status identity_open(struct slice sealed, struct identity *ret_identity);
/* The first 16 bytes of the SHA-256 of the sealed document. */
void identity_hash(struct slice sealed, uint8_t ret_hash[static IDENTITY_HASH_LEN]);

enum {
	SECRET_LEN = 10,       /* 80 bits */
	INVITATION_CHARS = 44, /* 26 bytes in base32 (42) and 2 check characters */
	INVITATION_HOST = 255,
	INVITATION_TEXT = INVITATION_HOST + 8 + INVITATION_CHARS + 12
};

/* [host[:port]/]XXXX… (without a host the agent must be told the address; host is then ""): Crockford's base32,
 * case and hyphens ignored, I and L read as 1, O as 0. Port 443 if none. */
struct invitation {
	char host[INVITATION_HOST + 1];
	uint16_t port;
	uint8_t secret[SECRET_LEN];
	uint8_t identity_hash[IDENTITY_HASH_LEN];
};
void invitation_format(const struct invitation *invitation, char ret_text[static INVITATION_TEXT]);
/* STATUS_REFUSED for a wrong form or a typing error (the check characters). */
MUST_CHECK enum status invitation_parse(const char *text, struct invitation *ret_invitation);

/* BLAKE2b(secret, 'id')[0..8]: names the invitation without giving the secret away. */
void invitation_id(const uint8_t secret[static SECRET_LEN], uint8_t ret_id[static KEY_ID_LEN]);
/* BLAKE2b(secret, 'mac'): the key both sides prove the code with. */
void invitation_mac_key(const uint8_t secret[static SECRET_LEN], uint8_t ret_key[static MAC_LEN]);

/* A key's fingerprint as people read it out: eight groups of four digits, over hub id and public key. */
enum { FINGERPRINT_TEXT = 40 };
void fingerprint_format(const uint8_t hub_id[static HUB_ID_LEN], const uint8_t public_key[static PUBLIC_KEY_LEN],
			char ret_text[static FINGERPRINT_TEXT]);

/* "https://host:port" or "host[:port]" taken apart. STATUS_REFUSED. Port 443 if none. IPv6 in brackets. */
MUST_CHECK enum status address_parse(const char *text, char ret_host[static INVITATION_HOST + 1],
				     uint16_t *ret_port);

#endif
