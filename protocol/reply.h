/*
 * What the hub answers: receipts (a batch is durable; immutable), heads (where the device's chains stand; fresh)
 * and the answer to an enrolment. Each is a signed envelope (envelope.h) over a CBOR map (PROTOCOL.md section 6).
 * Only a receipt acknowledges (L2). Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_REPLY_H
#define MOTCUA_PROTOCOL_REPLY_H

#include "protocol/batch.h"

/* Why a record or a whole batch was set aside. Stable numbers on the wire; names in verdict_name(). */
enum verdict {
	VERDICT_TAKEN = 0,
	VERDICT_UNREADABLE = 1,   /* the batch does not inflate or decode (batch only) */
	VERDICT_INVALID = 2,      /* a value, key or field the record table does not allow */
	VERDICT_UNKNOWN_UNIT = 3, /* no such unit in the province's list */
	VERDICT_OTHER_UNIT = 4,   /* a unit this device does not write for */
	VERDICT_TOO_MANY = 5      /* the thing has LIMIT_THING_CHANGES changes already */
};
/* A newer hub may give verdicts this program does not know: they refuse all the same, up to this number. */
enum { VERDICT_MAX = 255 };
/* "unknown-unit", …; "unknown" for a number this program does not know. Never NULL. */
const char *verdict_name(enum verdict v);

/*
 * The verdicts on a batch at rest and in a receipt: [batch verdict, [index, verdict, index, verdict, …]], indices
 * ascending, taken changes left out.
 */
struct verdicts {
	enum verdict batch;
	size_t count;      /* refused changes */
	struct cbor pairs; /* reader for verdict_next() */
};
/* Borrows from data. STATUS_MALFORMED. */
MUST_CHECK enum status verdicts_read(struct slice data, struct verdicts *ret_verdicts);
/* The next refused change; false at the end. */
bool verdict_next(struct verdicts *v, uint32_t *ret_index, enum verdict *ret_verdict);
/* Appends the encoding; index and verdict are arrays of count. */
void verdicts_put(struct bytes *out, enum verdict batch, size_t count, const uint32_t *indices,
		  const uint8_t *reasons);

struct receipt {
	uint8_t hash[HASH_LEN]; /* SHA-256 of the envelope it acknowledges */
	uint8_t device[DEVICE_ID_LEN];
	struct incarnation incarnation;
	uint64_t seq;
	int64_t accepted_at;   /* hub's time when the batch joined its chain */
	struct slice verdicts; /* encoded, see verdicts_read() */
};
MUST_CHECK enum status receipt_seal(const struct receipt *receipt, const uint8_t hub_id[static HUB_ID_LEN],
				    const struct signing_key *hub_key, struct bytes *out);
/* Verifies and reads; ret_receipt->verdicts borrows from sealed and is well-formed. STATUS_FORGED,
 * STATUS_MALFORMED. */
MUST_CHECK enum status receipt_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
				    const uint8_t hub_key[static PUBLIC_KEY_LEN], struct receipt *ret_receipt);

enum device_state {
	DEVICE_ACTIVE = 1,
	DEVICE_WAITING = 2,     /* enrolled, the operator has not confirmed its fingerprint: nothing is taken */
	DEVICE_UNCONFIRMED = 3, /* enrolled by an invitation without confirmation: taken, and shown as such */
	DEVICE_SUSPENDED = 4,
	DEVICE_REVOKED = 5
};
const char *device_state_name(enum device_state state); /* "active", "waiting", … Never NULL. */

struct chain_head {
	struct incarnation incarnation;
	uint64_t have;          /* contiguous and committed; 0: nothing yet */
	uint8_t hash[HASH_LEN]; /* of batch `have`; zeros at 0 */
	uint64_t safe;          /* inside a verified backup; = have where the hub runs without backups */
};
struct chain_gap {
	struct incarnation incarnation;
	uint64_t seq; /* held, waiting for its predecessor: no receipt yet */
};
struct head {
	uint8_t device[DEVICE_ID_LEN];
	uint64_t epoch;   /* rises when a hub was restored */
	uint64_t counter; /* rises with every head of an epoch */
	int64_t hub_time;
	uint64_t policy;
	uint8_t nonce[NONCE_LEN]; /* the request's */
	size_t n_chains;
	struct chain_head chains[LIMIT_INCARNATIONS];
	size_t n_pending;
	struct chain_gap pending[LIMIT_PENDING];
	enum device_state state; /* of the device, as the operator has left it */
};
MUST_CHECK enum status head_seal(const struct head *head, const uint8_t hub_id[static HUB_ID_LEN],
				 const struct signing_key *hub_key, struct bytes *out);
MUST_CHECK enum status head_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
				 const uint8_t hub_key[static PUBLIC_KEY_LEN], struct head *ret_head);

struct enrolled {
	uint8_t nonce[NONCE_LEN];
	uint8_t device[DEVICE_ID_LEN];
	enum device_state state;
	int64_t hub_time;
	struct slice unit; /* code */
	struct slice unit_name;
};
MUST_CHECK enum status enrolled_seal(const struct enrolled *e, const uint8_t hub_id[static HUB_ID_LEN],
				     const struct signing_key *hub_key, struct bytes *out);
/* Slices borrow from sealed. */
MUST_CHECK enum status enrolled_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
				     const uint8_t hub_key[static PUBLIC_KEY_LEN], struct enrolled *ret_enrolled);

/* The body of an answer to /v1/batches: a CBOR array of byte strings, the sealed head first, then sealed receipts.
 */

#endif
