#include "signing_fixture.h"

#include "protocol/cbor.h"
#include "protocol/request.h"

static struct request some_request(void)
{
	struct request q = {.n_chains = 2,
			    .epoch = 2,
			    .counter = 5000,
			    .policy = 7,
			    .sent_at = INT64_C(1716354000123),
			    .waiting = 312,
			    .version = slice_str("0.1.0")};
	fill(q.device, DEVICE_ID_LEN, 0x60);
	fill(q.nonce, NONCE_LEN, 0x70);
	q.chains[0].incarnation = (struct incarnation){.ordinal = 1, .bits = 5};
	q.chains[1].incarnation = (struct incarnation){.ordinal = 2, .bits = UINT64_C(0x8000000000000001)};
	q.chains[1].receipted = 70000;
	return q;
}

static enum status reopen_request(struct slice sealed, struct bytes *out)
{
	struct signing_key *key = key_number(3);
	struct slice payload;
	struct request q;
	enum status s = envelope_open(sealed, MESSAGE_REQUEST, hub_number(1), signing_key_public(key), &payload);
	if (s == STATUS_OK)
		s = request_read(payload, &q);
	if (s == STATUS_OK)
		s = request_seal(&q, hub_number(1), key, out);
	signing_key_free(key);
	return s;
}

static struct bytes sealed_request(const struct request *request)
{
	struct signing_key *key = key_number(3);
	struct bytes sealed = bytes_new(SEALED_ROOM);
	assert_int_equal(request_seal(request, hub_number(1), key, &sealed), STATUS_OK);
	signing_key_free(key);
	return sealed;
}

static enum status request_status(const struct request *request)
{
	struct bytes sealed = sealed_request(request);
	struct bytes again = bytes_new(SEALED_ROOM);
	enum status s = reopen_request(bytes_slice(&sealed), &again);
	bytes_free(&again);
	bytes_free(&sealed);
	return s;
}

static void test_a_request_comes_back(void **state)
{
	(void)state;
	struct request given = some_request();
	struct bytes sealed = sealed_request(&given);
	struct envelope e;
	struct request got;
	assert_int_equal(envelope_peek(bytes_slice(&sealed), &e), STATUS_OK);
	assert_int_equal(request_read(e.payload, &got), STATUS_OK);
	assert_memory_equal(got.device, given.device, DEVICE_ID_LEN);
	assert_memory_equal(got.nonce, given.nonce, NONCE_LEN);
	assert_int_equal(got.n_chains, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(got.chains[i].incarnation.ordinal, given.chains[i].incarnation.ordinal);
		assert_true(got.chains[i].incarnation.bits == given.chains[i].incarnation.bits);
		assert_int_equal(got.chains[i].receipted, given.chains[i].receipted);
	}
	assert_int_equal(got.epoch, given.epoch);
	assert_int_equal(got.counter, given.counter);
	assert_int_equal(got.policy, given.policy);
	assert_int_equal(got.sent_at, given.sent_at);
	assert_int_equal(got.waiting, given.waiting);
	assert_true(slice_equal(got.version, given.version));
	bytes_free(&sealed);
}

static void test_a_request_is_read_strictly(void **state)
{
	(void)state;
	struct signing_key *key = key_number(3);
	struct request q = some_request();
	struct bytes sealed = sealed_request(&q);
	assert_truncations_refused(bytes_slice(&sealed), reopen_request);
	assert_payload_read_strictly(bytes_slice(&sealed), MESSAGE_REQUEST, key, reopen_request);
	bytes_free(&sealed);
	signing_key_free(key);
}

static void test_a_first_request_and_one_of_many_lives(void **state)
{
	(void)state;
	struct request q = {.version = slice_str("")};
	assert_int_equal(request_status(&q), STATUS_OK);
	q = some_request();
	q.n_chains = LIMIT_INCARNATIONS;
	for (size_t i = 0; i < LIMIT_INCARNATIONS; i++)
		q.chains[i].incarnation.ordinal = i + 1;
	assert_int_equal(request_status(&q), STATUS_OK);
	q.n_chains++;
	struct signing_key *key = key_number(3);
	struct bytes out = bytes_new(SEALED_ROOM);
	assert_int_equal(request_seal(&q, hub_number(1), key, &out), STATUS_LIMIT);
	q.n_chains = 0;
	q.version = slice_str("a version of thirty-three letters");
	assert_int_equal(q.version.len, VERSION_TEXT + 1);
	assert_int_equal(request_seal(&q, hub_number(1), key, &out), STATUS_LIMIT);
	q.version.len--;
	assert_int_equal(request_status(&q), STATUS_OK);
	bytes_free(&out);
	signing_key_free(key);
}

static void test_senseless_values_of_a_request_are_refused(void **state)
{
	(void)state;
	struct request q = some_request();
	q.chains[0].incarnation.ordinal = 0;
	assert_int_equal(request_status(&q), STATUS_MALFORMED);
	q = some_request();
	q.chains[1].receipted = UINT64_MAX;
	assert_int_equal(request_status(&q), STATUS_MALFORMED);
	q = some_request();
	q.waiting = UINT64_MAX;
	assert_int_equal(request_status(&q), STATUS_MALFORMED);
	q = some_request();
	q.sent_at = TIME_MAX + 1;
	assert_int_equal(request_status(&q), STATUS_MALFORMED);
	q = some_request();
	q.version = slice_str("\xFF");
	assert_int_equal(request_status(&q), STATUS_MALFORMED);
}

/* --- enrolment --- */

static void mac_key(uint8_t out[static MAC_LEN])
{
	fill(out, MAC_LEN, 0x90);
}

static struct enrol_request some_enrolment(const struct signing_key *key)
{
	struct enrol_request q = {.incarnation = {.ordinal = 1, .bits = UINT64_MAX},
				  .sent_at = INT64_C(1716354000123),
				  .version = slice_str("0.1.0")};
	fill(q.invitation, KEY_ID_LEN, 0x10);
	memcpy(q.public_key, signing_key_public(key), PUBLIC_KEY_LEN);
	fill(q.box_key, PUBLIC_KEY_LEN, 0x30);
	fill(q.nonce, NONCE_LEN, 0x50);
	return q;
}

static struct bytes enrolment_body(const struct enrol_request *request, const struct signing_key *key)
{
	uint8_t mac[MAC_LEN];
	mac_key(mac);
	struct bytes body = bytes_new(SEALED_ROOM);
	assert_int_equal(enrol_seal(request, hub_number(1), key, mac, &body), STATUS_OK);
	return body;
}

/* A body around something sealed elsewhere; mac_len bytes stand for its MAC. The caller frees. */
static struct bytes body_around(struct slice sealed, size_t mac_len)
{
	static const uint8_t zeros[MAC_LEN + 1];
	struct bytes body = bytes_new(SEALED_ROOM);
	cbor_put_array(&body, 2);
	cbor_put_bytes(&body, sealed.data, sealed.len);
	cbor_put_bytes(&body, zeros, mac_len);
	assert_int_equal(bytes_status(&body), STATUS_OK);
	return body;
}

/* Opens a sealed enrolment and puts what it was read as, sealed again, into out. */
static enum status reopen_enrolment(struct slice sealed, struct bytes *out)
{
	struct signing_key *key = key_number(3);
	struct bytes body = body_around(sealed, MAC_LEN);
	struct bytes again = bytes_new(SEALED_ROOM);
	struct enrol_request q;
	struct slice inner;
	uint8_t mac[MAC_LEN];
	enum status s = enrol_open(bytes_slice(&body), hub_number(1), &q, &inner, mac);
	if (s == STATUS_OK) {
		assert_true(slice_equal(inner, sealed));
		assert_int_equal(enrol_seal(&q, hub_number(1), key, mac, &again), STATUS_OK);
		assert_int_equal(enrol_open(bytes_slice(&again), hub_number(1), &q, &inner, mac), STATUS_OK);
		bytes_put(out, inner.data, inner.len);
	}
	bytes_free(&again);
	bytes_free(&body);
	signing_key_free(key);
	return s;
}

static void test_an_enrolment_comes_back_and_proves_the_code(void **state)
{
	(void)state;
	struct signing_key *key = key_number(3);
	struct enrol_request given = some_enrolment(key);
	struct bytes body = enrolment_body(&given, key);
	struct enrol_request got;
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	uint8_t secret[MAC_LEN];
	mac_key(secret);
	assert_int_equal(enrol_open(bytes_slice(&body), hub_number(1), &got, &sealed, mac), STATUS_OK);
	assert_memory_equal(got.invitation, given.invitation, KEY_ID_LEN);
	assert_memory_equal(got.public_key, given.public_key, PUBLIC_KEY_LEN);
	assert_memory_equal(got.box_key, given.box_key, PUBLIC_KEY_LEN);
	assert_memory_equal(got.nonce, given.nonce, NONCE_LEN);
	assert_int_equal(got.incarnation.ordinal, 1);
	assert_true(got.incarnation.bits == UINT64_MAX);
	assert_int_equal(got.sent_at, given.sent_at);
	assert_true(slice_equal(got.version, given.version));
	assert_true(enrol_mac_ok(sealed, mac, secret));
	secret[0] ^= 1;
	assert_false(enrol_mac_ok(sealed, mac, secret));
	secret[0] ^= 1;
	mac[MAC_LEN - 1] ^= 1;
	assert_false(enrol_mac_ok(sealed, mac, secret));
	mac[MAC_LEN - 1] ^= 1;
	assert_false(enrol_mac_ok(slice_of(sealed.data, sealed.len - 1), mac, secret));
	bytes_free(&body);
	signing_key_free(key);
}

static void test_an_enrolment_is_read_strictly(void **state)
{
	(void)state;
	struct signing_key *key = key_number(3);
	struct enrol_request q = some_enrolment(key);
	struct bytes body = enrolment_body(&q, key);
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	for (size_t len = 0; len < body.len; len++) {
		uint8_t *copy = exact_copy(slice_of(body.data, len));
		assert_int_equal(enrol_open(slice_of(copy, len), hub_number(1), &q, &sealed, mac),
				 STATUS_MALFORMED);
		free(copy);
	}
	assert_int_equal(enrol_open(bytes_slice(&body), hub_number(1), &q, &sealed, mac), STATUS_OK);
	for (size_t mac_len = MAC_LEN - 1; mac_len <= MAC_LEN + 1; mac_len += 2) {
		struct bytes wrong = body_around(sealed, mac_len);
		struct slice inner;
		assert_int_equal(enrol_open(bytes_slice(&wrong), hub_number(1), &q, &inner, mac), STATUS_MALFORMED);
		bytes_free(&wrong);
	}
	assert_truncations_refused(sealed, reopen_enrolment);
	assert_payload_read_strictly(sealed, MESSAGE_ENROL, key, reopen_enrolment);
	bytes_put_u8(&body, 0);
	assert_int_equal(enrol_open(bytes_slice(&body), hub_number(1), &q, &sealed, mac), STATUS_MALFORMED);
	bytes_free(&body);
	signing_key_free(key);
}

static void test_every_flipped_bit_of_an_enrolment_is_noticed(void **state)
{
	(void)state;
	struct signing_key *key = key_number(3);
	struct enrol_request q = some_enrolment(key);
	struct bytes body = enrolment_body(&q, key);
	uint8_t secret[MAC_LEN];
	mac_key(secret);
	for (size_t bit = 0; bit < 8 * body.len; bit++) {
		struct slice sealed;
		uint8_t mac[MAC_LEN];
		body.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		enum status s = enrol_open(bytes_slice(&body), hub_number(1), &q, &sealed, mac);
		assert_false(s == STATUS_OK && enrol_mac_ok(sealed, mac, secret));
		body.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	bytes_free(&body);
	signing_key_free(key);
}

static void test_an_enrolment_by_another_key_or_for_another_hub_is_refused(void **state)
{
	(void)state;
	struct signing_key *key = key_number(3);
	struct signing_key *other = key_number(4);
	struct enrol_request q = some_enrolment(key);
	struct bytes body = enrolment_body(&q, key);
	struct slice sealed = slice_str("untouched");
	uint8_t mac[MAC_LEN];
	struct enrol_request got;
	assert_int_equal(enrol_open(bytes_slice(&body), hub_number(2), &got, &sealed, mac), STATUS_FORGED);
	bytes_free(&body);
	body = enrolment_body(&q, other);
	assert_int_equal(enrol_open(bytes_slice(&body), hub_number(1), &got, &sealed, mac), STATUS_FORGED);
	bytes_free(&body);
	/* A key of small order would verify many a message; the neutral point is one. */
	memset(q.public_key, 0, PUBLIC_KEY_LEN);
	q.public_key[0] = 1;
	body = enrolment_body(&q, key);
	assert_int_equal(enrol_open(bytes_slice(&body), hub_number(1), &got, &sealed, mac), STATUS_FORGED);
	bytes_free(&body);
	/* Whoever seals a file to such a key seals it to everybody. */
	q = some_enrolment(key);
	memset(q.box_key, 0, PUBLIC_KEY_LEN);
	body = enrolment_body(&q, key);
	assert_int_equal(enrol_open(bytes_slice(&body), hub_number(1), &got, &sealed, mac), STATUS_FORGED);
	bytes_free(&body);
	assert_true(slice_equal(sealed, slice_str("untouched")));
	signing_key_free(other);
	signing_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_request_comes_back),
		cmocka_unit_test(test_a_request_is_read_strictly),
		cmocka_unit_test(test_a_first_request_and_one_of_many_lives),
		cmocka_unit_test(test_senseless_values_of_a_request_are_refused),
		cmocka_unit_test(test_an_enrolment_comes_back_and_proves_the_code),
		cmocka_unit_test(test_an_enrolment_is_read_strictly),
		cmocka_unit_test(test_every_flipped_bit_of_an_enrolment_is_noticed),
		cmocka_unit_test(test_an_enrolment_by_another_key_or_for_another_hub_is_refused),
	};
	return cmocka_run_group_tests_name("request", tests, start_signing, NULL);
}
