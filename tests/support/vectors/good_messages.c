#include "vectors.h"

#include <string.h>

#include "protocol/identity.h"
#include "protocol/reply.h"
#include "protocol/request.h"

/* Bytes that count up, for hashes and nonces. */
static void fill(uint8_t *out, size_t len, unsigned first)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(first + i);
}

static void seal_request(struct vectors *v, const char *name, const char *why, const struct request *request)
{
	must(request_seal(request, the_hub(), the_key(SEED_DEVICE),
			  vector_message(v, true, MESSAGE_REQUEST, name, why)),
	     name);
}

static void requests(struct vectors *v)
{
	struct request q = {.sent_at = SEALED_AT, .version = slice_str("0.1.0")};
	the_device(q.device);
	fill(q.nonce, NONCE_LEN, 0x50);
	seal_request(v, "request-first", "no chains, no head seen", &q);
	q.n_chains = 2;
	q.chains[0].incarnation = (struct incarnation){2, 0xfedcba9876543210};
	q.chains[1].incarnation = (struct incarnation){1, 0x0123456789abcdef};
	q.chains[1].receipted = 300;
	q.epoch = 1;
	q.counter = 1000;
	q.policy = 7;
	q.waiting = 65536;
	seal_request(v, "request-chains", "two incarnations", &q);
	q.n_chains = LIMIT_INCARNATIONS;
	for (size_t i = 0; i < LIMIT_INCARNATIONS; i++) {
		q.chains[i].incarnation = (struct incarnation){LIMIT_INCARNATIONS - i, i};
		q.chains[i].receipted = INT64_MAX;
	}
	q.sent_at = TIME_MIN;
	q.version = slice_str("a version of just thirty-two B..");
	seal_request(v, "request-64-chains", "as many incarnations as there may be", &q);
}

static void seal_receipt(struct vectors *v, const char *name, const char *why, enum verdict batch, size_t count,
			 const uint8_t *reasons)
{
	static const uint32_t indices[] = {0, 1, 23, 24, 4095};
	struct receipt r = {.incarnation = {1, 0x0123456789abcdef}, .seq = 2, .accepted_at = SEALED_AT + 1500};
	struct bytes verdicts = bytes_new(256);
	the_device(r.device);
	fill(r.hash, HASH_LEN, 0x80);
	verdicts_put(&verdicts, batch, count, indices, reasons);
	r.verdicts = bytes_slice(&verdicts);
	must(receipt_seal(&r, the_hub(), the_key(SEED_HUB), vector_message(v, true, MESSAGE_RECEIPT, name, why)),
	     name);
	bytes_free(&verdicts);
}

static void receipts(struct vectors *v)
{
	static const uint8_t known[] = {VERDICT_INVALID, VERDICT_UNKNOWN_UNIT, VERDICT_OTHER_UNIT, VERDICT_TOO_MANY,
					VERDICT_INVALID};
	static const uint8_t later[] = {6, 255};
	seal_receipt(v, "receipt-taken", "every change taken", VERDICT_TAKEN, 0, NULL);
	seal_receipt(v, "receipt-verdicts", "every verdict on a change", VERDICT_TAKEN, sizeof(known), known);
	seal_receipt(v, "receipt-unreadable", "the batch was unreadable", VERDICT_UNREADABLE, 0, NULL);
	seal_receipt(v, "receipt-later", "verdicts of a later version", VERDICT_TAKEN, sizeof(later), later);
	seal_receipt(v, "receipt-batch-later", "a verdict of a later version on the whole batch",
		     (enum verdict)VERDICT_MAX, 0, NULL);
}

static void heads(struct vectors *v)
{
	struct head h = {.epoch = 1, .counter = 1001, .hub_time = SEALED_AT + 2000, .state = DEVICE_UNCONFIRMED};
	the_device(h.device);
	fill(h.nonce, NONCE_LEN, 0x50);
	must(head_seal(&h, the_hub(), the_key(SEED_HUB),
		       vector_message(v, true, MESSAGE_HEAD, "head-empty", "nothing of the device is known yet")),
	     "head");
	h.policy = 7;
	h.state = DEVICE_ACTIVE;
	h.n_chains = 2;
	h.chains[0].incarnation = (struct incarnation){2, 0xfedcba9876543210};
	h.chains[1].incarnation = (struct incarnation){1, 0x0123456789abcdef};
	h.chains[1].have = 300;
	h.chains[1].safe = 299;
	fill(h.chains[1].hash, HASH_LEN, 0x80);
	h.n_pending = 2;
	h.pending[0].incarnation = h.chains[0].incarnation;
	h.pending[0].seq = 2;
	h.pending[1].incarnation = h.chains[1].incarnation;
	h.pending[1].seq = INT64_MAX;
	must(head_seal(&h, the_hub(), the_key(SEED_HUB),
		       vector_message(v, true, MESSAGE_HEAD, "head-pending",
				      "two incarnations, each with a batch that waits")),
	     "head");
}

static void enrolments(struct vectors *v)
{
	struct enrol_request q = {.incarnation = {1, 0x0123456789abcdef}, .sent_at = SEALED_AT};
	static const uint8_t mac_key[MAC_LEN];
	uint8_t mac[MAC_LEN];
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	struct slice sealed;
	uint8_t seed[SEED_LEN];
	fill(q.invitation, KEY_ID_LEN, 0x70);
	memcpy(q.public_key, signing_key_public(the_key(SEED_DEVICE)), PUBLIC_KEY_LEN);
	seed_bytes(SEED_DEVICE_BOX, seed);
	box_public_key(seed, q.box_key);
	fill(q.nonce, NONCE_LEN, 0x50);
	q.version = slice_str("0.1.0");
	must(enrol_seal(&q, the_hub(), the_key(SEED_DEVICE), mac_key, &body), "enrol");
	must(enrol_open(bytes_slice(&body), the_hub(), &q, &sealed, mac), "enrol");
	bytes_put(vector_message(v, true, MESSAGE_ENROL, "enrol", "the envelope alone, without its MAC"),
		  sealed.data, sealed.len);
	bytes_free(&body);
}

/* The answer in every state a device can be in. */
static void answers(struct vectors *v)
{
	static const struct {
		enum device_state state;
		const char *name;
		const char *why;
	} states[] = {
		{DEVICE_ACTIVE, "enrolled-active", "the device is active"},
		{DEVICE_WAITING, "enrolled-waiting", "it waits for the operator"},
		{DEVICE_UNCONFIRMED, "enrolled-unconfirmed", "it is taken without confirmation"},
		{DEVICE_SUSPENDED, "enrolled-suspended", "it is suspended"},
		{DEVICE_REVOKED, "enrolled-revoked", "it is revoked"},
	};
	struct enrolled e = {.hub_time = SEALED_AT, .unit = slice_str("01842")};
	the_device(e.device);
	fill(e.nonce, NONCE_LEN, 0x50);
	e.unit_name = slice_str("Ủy ban nhân dân xã Đông Hòa");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		e.state = states[i].state;
		must(enrolled_seal(&e, the_hub(), the_key(SEED_HUB),
				   vector_message(v, true, MESSAGE_ENROLLED, states[i].name, states[i].why)),
		     "enrolled");
	}
}

static void identities(struct vectors *v)
{
	struct identity d = {.province = slice_str("01"), .name = slice_str("Tỉnh mẫu")};
	uint8_t seed[SEED_LEN];
	memcpy(d.hub_id, the_hub(), HUB_ID_LEN);
	memcpy(d.sign_key, signing_key_public(the_key(SEED_HUB)), PUBLIC_KEY_LEN);
	seed_bytes(SEED_HUB_BOX, seed);
	box_public_key(seed, d.box_key);
	fill(d.pins[0], HASH_LEN, 0xa0);
	fill(d.pins[1], HASH_LEN, 0xc0);
	must(identity_seal(&d, the_key(SEED_HUB),
			   vector_message(v, true, MESSAGE_IDENTITY, "identity", "signed by the key in it")),
	     "identity");
}

void good_messages(struct vectors *v)
{
	requests(v);
	receipts(v);
	heads(v);
	enrolments(v);
	answers(v);
	identities(v);
}
