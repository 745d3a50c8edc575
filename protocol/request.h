/*
 * What a device asks: the signed request that opens an exchange, and its enrolment (PROTOCOL.md sections 5 and 7).
 *
 * The body of POST /v1/batches and /v1/head is a CBOR array of byte strings: the sealed request first, then 0 to
 * LIMIT_ENVELOPES whole batch envelopes, at most LIMIT_REQUEST bytes in all. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_REQUEST_H
#define MOTCUA_PROTOCOL_REQUEST_H

#include "protocol/batch.h"

enum { VERSION_TEXT = 32 };

struct request {
	uint8_t device[DEVICE_ID_LEN];
	uint8_t nonce[NONCE_LEN];
	size_t n_chains;
	struct {
		struct incarnation incarnation;
		uint64_t receipted; /* the last seq this device holds a receipt for */
	} chains[LIMIT_INCARNATIONS];
	uint64_t epoch; /* highest (epoch, counter) of a head seen */
	uint64_t counter;
	uint64_t policy;
	int64_t sent_at;      /* the device's clock */
	uint64_t waiting;     /* changes without a receipt, for the operator's list */
	struct slice version; /* program version, ≤ VERSION_TEXT bytes */
};
MUST_CHECK enum status request_seal(const struct request *request, const uint8_t hub_id[static HUB_ID_LEN],
				    const struct signing_key *key, struct bytes *out);
/* Reads the payload of a verified request; version borrows from it. STATUS_MALFORMED, STATUS_VERSION. */
MUST_CHECK enum status request_read(struct slice payload, struct request *ret_request);

struct enrol_request {
	uint8_t invitation[KEY_ID_LEN];     /* invitation_id() of the secret */
	uint8_t public_key[PUBLIC_KEY_LEN]; /* Ed25519; the device id is its key id */
	uint8_t box_key[PUBLIC_KEY_LEN];    /* X25519, for replies on a stick */
	struct incarnation incarnation;
	uint8_t nonce[NONCE_LEN];
	int64_t sent_at;
	struct slice version;
};
/*
 * Appends the body of POST /v1/enroll: [sealed, MAC], sealed by the device's own key, the MAC over it with the
 * invitation's key: the secret itself never crosses.
 */
MUST_CHECK enum status enrol_seal(const struct enrol_request *request, const uint8_t hub_id[static HUB_ID_LEN],
				  const struct signing_key *key, const uint8_t mac_key[static MAC_LEN],
				  struct bytes *out);
/*
 * Takes a body apart: both keys must be sound and the first sign itself, the MAC is handed out for the caller to
 * check with the invitation's key (enrol_mac_ok). Slices borrow from body. STATUS_MALFORMED, STATUS_VERSION,
 * STATUS_FORGED.
 */
MUST_CHECK enum status enrol_open(struct slice body, const uint8_t hub_id[static HUB_ID_LEN],
				  struct enrol_request *ret_request, struct slice *ret_sealed,
				  uint8_t ret_mac[static MAC_LEN]);
/*
 * The body by which a device returns to a hub that was put back to before it enrolled: [sealed, zeros, enrolled],
 * where enrolled is the hub's sealed answer of then. It proves no invitation.
 */
MUST_CHECK enum status enrol_seal_returning(const struct enrol_request *request,
					    const uint8_t hub_id[static HUB_ID_LEN], const struct signing_key *key,
					    struct slice enrolled, struct bytes *out);
/* The hub's answer of then in a body; empty where there is none. Borrows. */
struct slice enrol_evidence(struct slice body);
bool enrol_mac_ok(struct slice sealed, const uint8_t mac[static MAC_LEN], const uint8_t mac_key[static MAC_LEN]);

#endif
