#include "signing_fixture.h"

#include "protocol/cbor.h"
#include "protocol/reply.h"

/* One hub and its key for all tests of this file. */
static struct signing_key *hub_key(void)
{
	return key_number(9);
}

static struct bytes some_verdicts(void)
{
	static const uint32_t indices[] = {0, 7, 300, LIMIT_BATCH_CHANGES - 1};
	static const uint8_t reasons[] = {VERDICT_INVALID, VERDICT_UNKNOWN_UNIT, VERDICT_OTHER_UNIT,
					  VERDICT_INVALID};
	struct bytes b = bytes_new(SEALED_ROOM);
	verdicts_put(&b, VERDICT_TAKEN, 4, indices, reasons);
	assert_int_equal(bytes_status(&b), STATUS_OK);
	return b;
}

static struct receipt some_receipt(struct slice verdicts)
{
	struct receipt r = {.incarnation = {.ordinal = 3, .bits = UINT64_C(0xFEDCBA9876543210)},
			    .seq = 70000,
			    .accepted_at = INT64_C(1716354000123),
			    .verdicts = verdicts};
	fill(r.hash, HASH_LEN, 0x20);
	fill(r.device, DEVICE_ID_LEN, 0x60);
	return r;
}

static struct head some_head(void)
{
	struct head h = {.epoch = 2,
			 .counter = 5000,
			 .hub_time = INT64_C(1716354000000),
			 .policy = 4,
			 .n_chains = 2,
			 .n_pending = 1,
			 .state = DEVICE_UNCONFIRMED};
	fill(h.device, DEVICE_ID_LEN, 0x60);
	fill(h.nonce, NONCE_LEN, 0x70);
	h.chains[0] = (struct chain_head){.incarnation = {.ordinal = 1, .bits = 5}};
	h.chains[1] =
		(struct chain_head){.incarnation = {.ordinal = 2, .bits = UINT64_MAX}, .have = 900, .safe = 899};
	fill(h.chains[1].hash, HASH_LEN, 0x30);
	h.pending[0] = (struct chain_gap){.incarnation = {.ordinal = 2, .bits = UINT64_MAX}, .seq = 902};
	return h;
}

static struct enrolled some_enrolled(void)
{
	struct enrolled e = {.state = DEVICE_WAITING,
			     .hub_time = INT64_C(1716354000000),
			     .unit = slice_str("01842"),
			     .unit_name = slice_str("Xã Bằng Thành")};
	fill(e.nonce, NONCE_LEN, 0x10);
	fill(e.device, DEVICE_ID_LEN, 0x40);
	return e;
}

static enum status reopen_receipt(struct slice sealed, struct bytes *out)
{
	struct signing_key *key = hub_key();
	struct receipt r;
	enum status s = receipt_open(sealed, hub_number(1), signing_key_public(key), &r);
	if (s == STATUS_OK)
		s = receipt_seal(&r, hub_number(1), key, out);
	signing_key_free(key);
	return s;
}

static enum status reopen_head(struct slice sealed, struct bytes *out)
{
	struct signing_key *key = hub_key();
	struct head h;
	enum status s = head_open(sealed, hub_number(1), signing_key_public(key), &h);
	if (s == STATUS_OK)
		s = head_seal(&h, hub_number(1), key, out);
	signing_key_free(key);
	return s;
}

static enum status reopen_enrolled(struct slice sealed, struct bytes *out)
{
	struct signing_key *key = hub_key();
	struct enrolled e;
	enum status s = enrolled_open(sealed, hub_number(1), signing_key_public(key), &e);
	if (s == STATUS_OK)
		s = enrolled_seal(&e, hub_number(1), key, out);
	signing_key_free(key);
	return s;
}

static struct bytes sealed_receipt(const struct receipt *receipt)
{
	struct signing_key *key = hub_key();
	struct bytes sealed = bytes_new(SEALED_ROOM);
	assert_int_equal(receipt_seal(receipt, hub_number(1), key, &sealed), STATUS_OK);
	signing_key_free(key);
	return sealed;
}

static struct bytes sealed_head(const struct head *head)
{
	struct signing_key *key = hub_key();
	struct bytes sealed = bytes_new(SEALED_ROOM);
	assert_int_equal(head_seal(head, hub_number(1), key, &sealed), STATUS_OK);
	signing_key_free(key);
	return sealed;
}

static struct bytes sealed_enrolled(const struct enrolled *enrolled)
{
	struct signing_key *key = hub_key();
	struct bytes sealed = bytes_new(SEALED_ROOM);
	assert_int_equal(enrolled_seal(enrolled, hub_number(1), key, &sealed), STATUS_OK);
	signing_key_free(key);
	return sealed;
}

static void test_a_receipt_comes_back(void **state)
{
	(void)state;
	struct signing_key *key = hub_key();
	struct bytes verdicts = some_verdicts();
	struct receipt given = some_receipt(bytes_slice(&verdicts));
	struct bytes sealed = sealed_receipt(&given);
	struct receipt got;
	assert_int_equal(receipt_open(bytes_slice(&sealed), hub_number(1), signing_key_public(key), &got),
			 STATUS_OK);
	assert_memory_equal(got.hash, given.hash, HASH_LEN);
	assert_memory_equal(got.device, given.device, DEVICE_ID_LEN);
	assert_int_equal(got.incarnation.ordinal, given.incarnation.ordinal);
	assert_true(got.incarnation.bits == given.incarnation.bits);
	assert_int_equal(got.seq, given.seq);
	assert_int_equal(got.accepted_at, given.accepted_at);
	assert_true(slice_equal(got.verdicts, given.verdicts));
	assert_true(got.verdicts.data > sealed.data && got.verdicts.data < sealed.data + sealed.len);
	bytes_free(&sealed);
	bytes_free(&verdicts);
	signing_key_free(key);
}

static void test_a_head_comes_back(void **state)
{
	(void)state;
	struct signing_key *key = hub_key();
	struct head given = some_head();
	struct bytes sealed = sealed_head(&given);
	struct head got;
	assert_int_equal(head_open(bytes_slice(&sealed), hub_number(1), signing_key_public(key), &got), STATUS_OK);
	assert_memory_equal(got.device, given.device, DEVICE_ID_LEN);
	assert_memory_equal(got.nonce, given.nonce, NONCE_LEN);
	assert_int_equal(got.epoch, given.epoch);
	assert_int_equal(got.counter, given.counter);
	assert_int_equal(got.hub_time, given.hub_time);
	assert_int_equal(got.policy, given.policy);
	assert_int_equal(got.n_chains, 2);
	assert_int_equal(got.n_pending, 1);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(got.chains[i].incarnation.ordinal, given.chains[i].incarnation.ordinal);
		assert_true(got.chains[i].incarnation.bits == given.chains[i].incarnation.bits);
		assert_int_equal(got.chains[i].have, given.chains[i].have);
		assert_int_equal(got.chains[i].safe, given.chains[i].safe);
		assert_memory_equal(got.chains[i].hash, given.chains[i].hash, HASH_LEN);
	}
	assert_int_equal(got.pending[0].incarnation.ordinal, 2);
	assert_true(got.pending[0].incarnation.bits == UINT64_MAX);
	assert_int_equal(got.pending[0].seq, 902);
	assert_int_equal(got.state, DEVICE_UNCONFIRMED);
	bytes_free(&sealed);
	signing_key_free(key);
}

static void test_an_answer_to_an_enrolment_comes_back(void **state)
{
	(void)state;
	struct signing_key *key = hub_key();
	for (int device = DEVICE_ACTIVE; device <= DEVICE_REVOKED; device++) {
		struct enrolled given = some_enrolled();
		given.state = (enum device_state)device;
		struct bytes sealed = sealed_enrolled(&given);
		struct enrolled got;
		assert_int_equal(enrolled_open(bytes_slice(&sealed), hub_number(1), signing_key_public(key), &got),
				 STATUS_OK);
		assert_memory_equal(got.nonce, given.nonce, NONCE_LEN);
		assert_memory_equal(got.device, given.device, DEVICE_ID_LEN);
		assert_int_equal(got.state, device);
		assert_int_equal(got.hub_time, given.hub_time);
		assert_true(slice_equal(got.unit, given.unit));
		assert_true(slice_equal(got.unit_name, given.unit_name));
		bytes_free(&sealed);
	}
	signing_key_free(key);
}

static void test_replies_are_read_strictly(void **state)
{
	(void)state;
	struct signing_key *key = hub_key();
	struct bytes verdicts = some_verdicts();
	struct receipt receipt = some_receipt(bytes_slice(&verdicts));
	struct bytes sealed = sealed_receipt(&receipt);
	assert_truncations_refused(bytes_slice(&sealed), reopen_receipt);
	assert_payload_read_strictly(bytes_slice(&sealed), MESSAGE_RECEIPT, key, reopen_receipt);
	bytes_free(&sealed);
	struct head head = some_head();
	sealed = sealed_head(&head);
	assert_truncations_refused(bytes_slice(&sealed), reopen_head);
	assert_payload_read_strictly(bytes_slice(&sealed), MESSAGE_HEAD, key, reopen_head);
	bytes_free(&sealed);
	struct enrolled enrolled = some_enrolled();
	sealed = sealed_enrolled(&enrolled);
	assert_truncations_refused(bytes_slice(&sealed), reopen_enrolled);
	assert_payload_read_strictly(bytes_slice(&sealed), MESSAGE_ENROLLED, key, reopen_enrolled);
	bytes_free(&sealed);
	bytes_free(&verdicts);
	signing_key_free(key);
}

static void test_only_the_hub_itself_answers_and_each_answer_is_what_it_is(void **state)
{
	(void)state;
	struct signing_key *key = hub_key();
	struct signing_key *other = key_number(1);
	struct head head = some_head();
	struct bytes sealed = sealed_head(&head);
	struct head got;
	struct receipt receipt;
	struct enrolled enrolled;
	struct slice s = bytes_slice(&sealed);
	assert_int_equal(head_open(s, hub_number(1), signing_key_public(other), &got), STATUS_FORGED);
	assert_int_equal(head_open(s, hub_number(2), signing_key_public(key), &got), STATUS_FORGED);
	assert_int_equal(receipt_open(s, hub_number(1), signing_key_public(key), &receipt), STATUS_FORGED);
	assert_int_equal(enrolled_open(s, hub_number(1), signing_key_public(key), &enrolled), STATUS_FORGED);
	assert_int_equal(
		head_open(slice_str("<html>Please sign in</html>"), hub_number(1), signing_key_public(key), &got),
		STATUS_MALFORMED);
	bytes_free(&sealed);
	signing_key_free(other);
	signing_key_free(key);
}

/* Seals the head as it stands and says how it is read. */
static enum status head_status(const struct head *head)
{
	struct bytes sealed = sealed_head(head);
	struct bytes again = bytes_new(SEALED_ROOM);
	enum status s = reopen_head(bytes_slice(&sealed), &again);
	bytes_free(&again);
	bytes_free(&sealed);
	return s;
}

static void test_a_head_without_chains_and_a_full_one(void **state)
{
	(void)state;
	struct head h = some_head();
	h.n_chains = 0;
	h.n_pending = 0;
	assert_int_equal(head_status(&h), STATUS_OK);
	h.n_chains = LIMIT_INCARNATIONS;
	h.n_pending = LIMIT_PENDING;
	for (size_t i = 0; i < LIMIT_INCARNATIONS; i++)
		h.chains[i] = (struct chain_head){.incarnation = {.ordinal = i + 1, .bits = i}, .have = INT64_MAX};
	for (size_t i = 0; i < LIMIT_PENDING; i++)
		h.pending[i] = (struct chain_gap){.incarnation = {.ordinal = 1, .bits = 0}, .seq = i + 1};
	assert_int_equal(head_status(&h), STATUS_OK);
	struct bytes out = bytes_new(SEALED_ROOM);
	struct signing_key *key = hub_key();
	h.n_chains++;
	assert_int_equal(head_seal(&h, hub_number(1), key, &out), STATUS_LIMIT);
	h.n_chains--;
	h.n_pending++;
	assert_int_equal(head_seal(&h, hub_number(1), key, &out), STATUS_LIMIT);
	assert_int_equal(out.len, 0);
	signing_key_free(key);
	bytes_free(&out);
}

static void test_senseless_values_of_a_head_are_refused(void **state)
{
	(void)state;
	struct head h = some_head();
	h.chains[1].safe = h.chains[1].have + 1;
	assert_int_equal(head_status(&h), STATUS_MALFORMED);
	h = some_head();
	h.chains[0].incarnation.ordinal = 0;
	assert_int_equal(head_status(&h), STATUS_MALFORMED);
	h = some_head();
	h.pending[0].seq = 0;
	assert_int_equal(head_status(&h), STATUS_MALFORMED);
	h = some_head();
	h.state = (enum device_state)0;
	assert_int_equal(head_status(&h), STATUS_MALFORMED);
	h.state = (enum device_state)(DEVICE_REVOKED + 1);
	assert_int_equal(head_status(&h), STATUS_MALFORMED);
	h = some_head();
	h.counter = (uint64_t)INT64_MAX + 1;
	assert_int_equal(head_status(&h), STATUS_MALFORMED);
	h = some_head();
	h.hub_time = TIME_MAX + 1;
	assert_int_equal(head_status(&h), STATUS_MALFORMED);
	h.hub_time = TIME_MAX;
	assert_int_equal(head_status(&h), STATUS_OK);
	h.hub_time = 0;
	assert_int_equal(head_status(&h), STATUS_OK);
}

static enum status receipt_status(const struct receipt *receipt)
{
	struct bytes sealed = sealed_receipt(receipt);
	struct bytes again = bytes_new(SEALED_ROOM);
	enum status s = reopen_receipt(bytes_slice(&sealed), &again);
	bytes_free(&again);
	bytes_free(&sealed);
	return s;
}

static void test_senseless_values_of_a_receipt_are_refused(void **state)
{
	(void)state;
	struct bytes verdicts = some_verdicts();
	struct receipt r = some_receipt(bytes_slice(&verdicts));
	assert_int_equal(receipt_status(&r), STATUS_OK);
	r.seq = 0;
	assert_int_equal(receipt_status(&r), STATUS_MALFORMED);
	r = some_receipt(bytes_slice(&verdicts));
	r.incarnation.ordinal = 0;
	assert_int_equal(receipt_status(&r), STATUS_MALFORMED);
	r = some_receipt(bytes_slice(&verdicts));
	r.accepted_at = TIME_MIN - 1;
	assert_int_equal(receipt_status(&r), STATUS_MALFORMED);
	r = some_receipt(slice_of("\x82\x19\x01\x00\x80", 5));
	assert_int_equal(receipt_status(&r), STATUS_MALFORMED);
	r = some_receipt(slice_of(NULL, 0));
	assert_int_equal(receipt_status(&r), STATUS_MALFORMED);
	bytes_free(&verdicts);
}

static void test_senseless_values_of_an_enrolment_are_refused(void **state)
{
	(void)state;
	static const enum device_state states[] = {(enum device_state)0, (enum device_state)(DEVICE_REVOKED + 1)};
	struct bytes again = bytes_new(SEALED_ROOM);
	for (size_t i = 0; i < 2; i++) {
		struct enrolled e = some_enrolled();
		e.state = states[i];
		struct bytes sealed = sealed_enrolled(&e);
		assert_int_equal(reopen_enrolled(bytes_slice(&sealed), &again), STATUS_MALFORMED);
		bytes_free(&sealed);
	}
	struct enrolled e = some_enrolled();
	e.unit = slice_str("012345678901234567890123456789012");
	assert_int_equal(e.unit.len, LIMIT_UNIT + 1);
	struct bytes sealed = sealed_enrolled(&e);
	assert_int_equal(reopen_enrolled(bytes_slice(&sealed), &again), STATUS_MALFORMED);
	bytes_free(&sealed);
	bytes_free(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_receipt_comes_back),
		cmocka_unit_test(test_a_head_comes_back),
		cmocka_unit_test(test_an_answer_to_an_enrolment_comes_back),
		cmocka_unit_test(test_replies_are_read_strictly),
		cmocka_unit_test(test_only_the_hub_itself_answers_and_each_answer_is_what_it_is),
		cmocka_unit_test(test_a_head_without_chains_and_a_full_one),
		cmocka_unit_test(test_senseless_values_of_a_head_are_refused),
		cmocka_unit_test(test_senseless_values_of_a_receipt_are_refused),
		cmocka_unit_test(test_senseless_values_of_an_enrolment_are_refused),
	};
	return cmocka_run_group_tests_name("reply", tests, start_signing, NULL);
}
