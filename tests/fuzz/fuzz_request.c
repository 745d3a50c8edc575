/* What a hub reads of a device it may not know yet: requests, questions of comparisons, the bodies of enrolments.
 */
#include "fuzz.h"

#include "protocol/cbor.h"
#include "protocol/comparison.h"
#include "protocol/request.h"

static const enum message REQUESTS[] = {MESSAGE_REQUEST, MESSAGE_ENROL, MESSAGE_COMPARE};
enum { COUNT = sizeof(REQUESTS) / sizeof(REQUESTS[0]) };

static void read_request(struct slice sealed)
{
	static struct request q;
	struct slice payload;
	struct bytes again = bytes_new(FUZZ_MAX);
	const struct signing_key *key = the_key(SEED_DEVICE);
	if (envelope_open(sealed, MESSAGE_REQUEST, the_hub(), signing_key_public(key), &payload) == STATUS_OK &&
	    request_read(payload, &q) == STATUS_OK) {
		must(request_seal(&q, the_hub(), key, &again), "request");
		hold_same(sealed, &again, "a request has one form");
	}
	bytes_free(&again);
}

static void read_question(struct slice sealed)
{
	static struct comparison_question q;
	struct slice payload;
	struct bytes again = bytes_new(FUZZ_MAX);
	const struct signing_key *key = the_key(SEED_DEVICE);
	if (envelope_open(sealed, MESSAGE_COMPARE, the_hub(), signing_key_public(key), &payload) == STATUS_OK &&
	    compare_read(payload, &q) == STATUS_OK) {
		hold(q.days.to - q.days.from < DIGEST_DAYS_MAX, "days that can be summed");
		must(compare_seal(&q, the_hub(), key, &again), "question");
		hold_same(sealed, &again, "a question has one form");
	}
	bytes_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t mac_key[MAC_LEN];
	struct enrol_request e;
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	read_request(slice_of(data, len));
	read_question(slice_of(data, len));
	enum status s = enrol_open(slice_of(data, len), the_hub(), &e, &sealed, mac);
	if (s != STATUS_OK)
		return 0;
	hold(sign_public_key_ok(e.public_key), "a key that is enrolled is sound");
	if (!enrol_mac_ok(sealed, mac, mac_key))
		return 0;
	struct bytes again = bytes_new(FUZZ_MAX);
	must(enrol_seal(&e, the_hub(), the_key(SEED_DEVICE), mac_key, &again), "enrolment");
	hold_same(slice_of(data, len), &again, "an enrolment has one form");
	return 0;
}

static bool put_enrolment(struct slice body, struct bytes *out)
{
	static const uint8_t mac_key[MAC_LEN];
	enum message message;
	struct slice payload;
	uint8_t mac[MAC_LEN];
	struct cbor r = cbor_reader(body.data, body.len);
	cbor_array_of(&r, 2);
	struct slice sealed = cbor_bytes(&r, body.len);
	if (cbor_status(&r) != STATUS_OK || !purpose_under(sealed, REQUESTS, COUNT, &message, &payload))
		return false;
	struct bytes other = bytes_new(FUZZ_MAX);
	seal_mutated(message, payload, &other);
	mac_bytes(mac_key, bytes_slice(&other), mac);
	cbor_put_array(out, 2);
	cbor_put_bytes(out, other.data, other.len);
	cbor_put_bytes(out, mac, MAC_LEN);
	bytes_free(&other);
	return true;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned seed)
{
	struct bytes out = bytes_new(FUZZ_MAX);
	enum message message;
	struct slice payload;
	if (seed % 16 != 0 && !put_enrolment(slice_of(data, len), &out) &&
	    purpose_under(slice_of(data, len), REQUESTS, COUNT, &message, &payload))
		seal_mutated(message, payload, &out);
	return hand_over(&out, data, len, max);
}
