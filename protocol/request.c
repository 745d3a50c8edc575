#include "protocol/request.h"

#include <string.h>

#include "protocol/message.h"

enum { ENROL_MAX = 1024 }; /* a sealed enrolment is about 300 bytes */

enum status request_seal(const struct request *request, const uint8_t hub_id[static HUB_ID_LEN],
			 const struct signing_key *key, struct bytes *out)
{
	if (request->n_chains > LIMIT_INCARNATIONS || request->version.len > VERSION_TEXT)
		return STATUS_LIMIT;
	struct bytes b = bytes_new(LIMIT_REQUEST);
	message_put_start(&b, 10);
	message_put_string(&b, 2, request->device, DEVICE_ID_LEN);
	message_put_string(&b, 3, request->nonce, NONCE_LEN);
	cbor_put_uint(&b, 4);
	cbor_put_array(&b, request->n_chains);
	for (size_t i = 0; i < request->n_chains; i++) {
		cbor_put_array(&b, 3);
		message_put_incarnation(&b, &request->chains[i].incarnation);
		cbor_put_uint(&b, request->chains[i].receipted);
	}
	message_put_counter(&b, 5, request->epoch);
	message_put_counter(&b, 6, request->counter);
	message_put_counter(&b, 7, request->policy);
	message_put_instant(&b, 8, request->sent_at);
	message_put_counter(&b, 9, request->waiting);
	message_put_text(&b, 10, request->version);
	return message_seal(MESSAGE_REQUEST, hub_id, key, &b, out);
}

enum status request_read(struct slice payload, struct request *ret_request)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	struct request q = {0};
	size_t left = 0;
	message_take_start(&r, &left);
	cbor_need(&r, &left, 2);
	cbor_fixed(&r, q.device, DEVICE_ID_LEN);
	cbor_need(&r, &left, 3);
	cbor_fixed(&r, q.nonce, NONCE_LEN);
	cbor_need(&r, &left, 4);
	q.n_chains = cbor_array(&r, LIMIT_INCARNATIONS);
	for (size_t i = 0; i < q.n_chains; i++) {
		cbor_array_of(&r, 3);
		q.chains[i].incarnation = message_take_incarnation(&r);
		q.chains[i].receipted = message_take_counter(&r);
	}
	cbor_need(&r, &left, 5);
	q.epoch = message_take_counter(&r);
	cbor_need(&r, &left, 6);
	q.counter = message_take_counter(&r);
	cbor_need(&r, &left, 7);
	q.policy = message_take_counter(&r);
	cbor_need(&r, &left, 8);
	q.sent_at = message_take_instant(&r);
	cbor_need(&r, &left, 9);
	q.waiting = message_take_counter(&r);
	cbor_need(&r, &left, 10);
	q.version = cbor_text(&r, VERSION_TEXT);
	cbor_map_end(&r, left);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_request = q;
	return s;
}

/* --- enrolment --- */

static void put_enrol(const struct enrol_request *request, struct bytes *b)
{
	message_put_start(b, 9);
	message_put_string(b, 2, request->invitation, KEY_ID_LEN);
	message_put_string(b, 3, request->public_key, PUBLIC_KEY_LEN);
	message_put_string(b, 4, request->box_key, PUBLIC_KEY_LEN);
	message_put_counter(b, 5, request->incarnation.ordinal);
	cbor_put_uint(b, 6);
	message_put_bits(b, request->incarnation.bits);
	message_put_string(b, 7, request->nonce, NONCE_LEN);
	message_put_instant(b, 8, request->sent_at);
	message_put_text(b, 9, request->version);
}

static enum status seal_enrol(const struct enrol_request *request, const uint8_t hub_id[static HUB_ID_LEN],
			      const struct signing_key *key, struct bytes *sealed)
{
	if (request->version.len > VERSION_TEXT)
		return STATUS_LIMIT;
	struct bytes payload = bytes_new(ENROL_MAX);
	put_enrol(request, &payload);
	return message_seal(MESSAGE_ENROL, hub_id, key, &payload, sealed);
}

enum status enrol_seal_returning(const struct enrol_request *request, const uint8_t hub_id[static HUB_ID_LEN],
				 const struct signing_key *key, struct slice enrolled, struct bytes *out)
{
	static const uint8_t no_mac[MAC_LEN];
	struct bytes sealed = bytes_new(ENROL_MAX);
	enum status s = seal_enrol(request, hub_id, key, &sealed);
	if (s == STATUS_OK) {
		cbor_put_array(out, 3);
		cbor_put_bytes(out, sealed.data, sealed.len);
		cbor_put_bytes(out, no_mac, MAC_LEN);
		cbor_put_bytes(out, enrolled.data, enrolled.len);
		s = bytes_status(out);
	}
	bytes_free(&sealed);
	return s;
}

enum status enrol_seal(const struct enrol_request *request, const uint8_t hub_id[static HUB_ID_LEN],
		       const struct signing_key *key, const uint8_t mac_key[static MAC_LEN], struct bytes *out)
{
	struct bytes sealed = bytes_new(ENROL_MAX);
	enum status s = seal_enrol(request, hub_id, key, &sealed);
	if (s == STATUS_OK) {
		uint8_t mac[MAC_LEN];
		mac_bytes(mac_key, bytes_slice(&sealed), mac);
		cbor_put_array(out, 2);
		cbor_put_bytes(out, sealed.data, sealed.len);
		cbor_put_bytes(out, mac, MAC_LEN);
		s = bytes_status(out);
	}
	bytes_free(&sealed);
	return s;
}

static enum status read_enrol(struct slice payload, struct enrol_request *ret_request)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	struct enrol_request q = {0};
	size_t left = 0;
	message_take_start(&r, &left);
	cbor_need(&r, &left, 2);
	cbor_fixed(&r, q.invitation, KEY_ID_LEN);
	cbor_need(&r, &left, 3);
	cbor_fixed(&r, q.public_key, PUBLIC_KEY_LEN);
	cbor_need(&r, &left, 4);
	cbor_fixed(&r, q.box_key, PUBLIC_KEY_LEN);
	cbor_need(&r, &left, 5);
	q.incarnation.ordinal = message_take_from_one(&r);
	cbor_need(&r, &left, 6);
	q.incarnation.bits = message_take_bits(&r);
	cbor_need(&r, &left, 7);
	cbor_fixed(&r, q.nonce, NONCE_LEN);
	cbor_need(&r, &left, 8);
	q.sent_at = message_take_instant(&r);
	cbor_need(&r, &left, 9);
	q.version = cbor_text(&r, VERSION_TEXT);
	cbor_map_end(&r, left);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_request = q;
	return s;
}

static void take_body(struct cbor *r, struct slice *ret_sealed, uint8_t ret_mac[static MAC_LEN],
		      struct slice *ret_evidence)
{
	size_t items = cbor_array(r, 3);
	if (items < 2)
		cbor_fail(r);
	*ret_sealed = cbor_bytes(r, ENROL_MAX);
	cbor_fixed(r, ret_mac, MAC_LEN);
	*ret_evidence = items == 3 ? cbor_bytes(r, ENROL_MAX) : (struct slice){0};
}

struct slice enrol_evidence(struct slice body)
{
	struct cbor r = cbor_reader(body.data, body.len);
	struct slice sealed;
	struct slice evidence;
	uint8_t mac[MAC_LEN];
	take_body(&r, &sealed, mac, &evidence);
	return cbor_end(&r) == STATUS_OK ? evidence : (struct slice){0};
}

enum status enrol_open(struct slice body, const uint8_t hub_id[static HUB_ID_LEN],
		       struct enrol_request *ret_request, struct slice *ret_sealed, uint8_t ret_mac[static MAC_LEN])
{
	struct cbor r = cbor_reader(body.data, body.len);
	uint8_t mac[MAC_LEN] = {0};
	struct slice sealed;
	struct slice evidence;
	take_body(&r, &sealed, mac, &evidence);
	enum status s = cbor_end(&r);
	if (s != STATUS_OK)
		return s;
	struct envelope e;
	s = envelope_peek(sealed, &e);
	if (s != STATUS_OK)
		return s;
	struct enrol_request request;
	s = read_enrol(e.payload, &request);
	if (s != STATUS_OK)
		return s;
	s = box_public_key_ok(request.box_key) ? STATUS_OK : STATUS_FORGED;
	if (s == STATUS_OK)
		s = message_verify_own(&e, MESSAGE_ENROL, hub_id, request.public_key);
	if (s != STATUS_OK)
		return s;
	*ret_request = request;
	*ret_sealed = sealed;
	memcpy(ret_mac, mac, MAC_LEN);
	return STATUS_OK;
}

bool enrol_mac_ok(struct slice sealed, const uint8_t mac[static MAC_LEN], const uint8_t mac_key[static MAC_LEN])
{
	uint8_t expected[MAC_LEN];
	mac_bytes(mac_key, sealed, expected);
	return secret_equal(mac, expected, MAC_LEN);
}
