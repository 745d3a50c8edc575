#include "signing_fixture.h"

#include "protocol/cbor.h"

static const char PAYLOAD[] = "what is signed";

static const struct {
	enum message message;
	const char *name;
} MESSAGES[] = {
	{MESSAGE_BATCH, "motcua/1/batch"},       {MESSAGE_REQUEST, "motcua/1/request"},
	{MESSAGE_ENROL, "motcua/1/enrol"},       {MESSAGE_RECEIPT, "motcua/1/receipt"},
	{MESSAGE_HEAD, "motcua/1/head"},         {MESSAGE_ENROLLED, "motcua/1/enrolled"},
	{MESSAGE_IDENTITY, "motcua/1/identity"}, {MESSAGE_ACT, "motcua/1/act"},
	{MESSAGE_COMPARE, "motcua/1/compare"},   {MESSAGE_COMPARED, "motcua/1/compared"},
};
enum { MESSAGES_COUNT = sizeof(MESSAGES) / sizeof(MESSAGES[0]) };

static struct bytes sealed_sample(const struct signing_key *key)
{
	return sealed_payload(MESSAGE_BATCH, key, slice_str(PAYLOAD));
}

static enum status opened(struct slice sealed, enum message message, const uint8_t *hub,
			  const struct signing_key *key)
{
	struct slice payload = slice_str("untouched");
	enum status s = envelope_open(sealed, message, hub, signing_key_public(key), &payload);
	assert_true(slice_equal(payload, slice_str(s == STATUS_OK ? PAYLOAD : "untouched")));
	return s;
}

static void test_what_is_sealed_opens(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	for (size_t i = 0; i < MESSAGES_COUNT; i++) {
		struct bytes sealed = sealed_payload(MESSAGES[i].message, key, slice_str(PAYLOAD));
		assert_int_equal(opened(bytes_slice(&sealed), MESSAGES[i].message, hub_number(1), key), STATUS_OK);
		bytes_free(&sealed);
	}
	signing_key_free(key);
}

static void test_sealing_appends_and_is_the_same_every_time(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct bytes once = sealed_sample(key);
	struct bytes out = bytes_new(SEALED_ROOM);
	bytes_put_str(&out, "before");
	assert_int_equal(envelope_seal(MESSAGE_BATCH, hub_number(1), key, slice_str(PAYLOAD), &out), STATUS_OK);
	assert_memory_equal(out.data, "before", 6);
	assert_true(slice_equal(slice_of(out.data + 6, out.len - 6), bytes_slice(&once)));
	bytes_free(&out);
	bytes_free(&once);
	signing_key_free(key);
}

static void test_an_empty_payload_and_a_long_one(void **state)
{
	(void)state;
	static const uint8_t zeros[40000];
	static const size_t lengths[] = {0, 23, 24, 255, 256, 40000};
	struct signing_key *key = key_number(1);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct bytes sealed = sealed_payload(MESSAGE_ACT, key, slice_of(zeros, lengths[i]));
		struct slice payload;
		assert_int_equal(envelope_open(bytes_slice(&sealed), MESSAGE_ACT, hub_number(1),
					       signing_key_public(key), &payload),
				 STATUS_OK);
		assert_true(slice_equal(payload, slice_of(zeros, lengths[i])));
		bytes_free(&sealed);
	}
	signing_key_free(key);
}

static void test_the_limit_of_the_buffer_holds(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct bytes fits = sealed_sample(key);
	for (size_t limit = 0; limit < fits.len; limit++) {
		struct bytes out = bytes_new(limit);
		assert_int_equal(envelope_seal(MESSAGE_BATCH, hub_number(1), key, slice_str(PAYLOAD), &out),
				 STATUS_LIMIT);
		bytes_free(&out);
	}
	bytes_free(&fits);
	signing_key_free(key);
}

/* The structure of RFC 9052 section 4.4, put together here a second time. */
static void test_the_signature_is_over_purpose_and_hub_too(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	for (size_t i = 0; i < MESSAGES_COUNT; i++) {
		struct bytes sealed = sealed_payload(MESSAGES[i].message, key, slice_str(PAYLOAD));
		struct bytes aad = bytes_new(64);
		bytes_put_str(&aad, MESSAGES[i].name);
		bytes_put(&aad, hub_number(1), HUB_ID_LEN);
		uint8_t header[13] = {0xA2, 1, 0x27, 4, 0x48};
		sign_key_id(signing_key_public(key), header + 5);
		struct bytes to_sign = bytes_new(SEALED_ROOM);
		cbor_put_array(&to_sign, 4);
		cbor_put_text(&to_sign, "Signature1", 10);
		cbor_put_bytes(&to_sign, header, sizeof(header));
		cbor_put_bytes(&to_sign, aad.data, aad.len);
		cbor_put_bytes(&to_sign, PAYLOAD, strlen(PAYLOAD));
		assert_int_equal(sign_verify(signing_key_public(key), bytes_slice(&to_sign),
					     sealed.data + sealed.len - SIGNATURE_LEN),
				 STATUS_OK);
		bytes_free(&to_sign);
		bytes_free(&aad);
		bytes_free(&sealed);
	}
	signing_key_free(key);
}

static void test_the_parts_can_be_seen_before_anybody_verifies(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct bytes sealed = sealed_sample(key);
	struct envelope e;
	uint8_t id[KEY_ID_LEN];
	sign_key_id(signing_key_public(key), id);
	assert_int_equal(envelope_peek(bytes_slice(&sealed), &e), STATUS_OK);
	assert_memory_equal(e.key_id, id, KEY_ID_LEN);
	assert_true(slice_equal(e.payload, slice_str(PAYLOAD)));
	assert_true(e.payload.data > sealed.data && e.payload.data < sealed.data + sealed.len);
	assert_ptr_equal(e.signature, sealed.data + sealed.len - SIGNATURE_LEN);
	bytes_free(&sealed);
	signing_key_free(key);
}

static void test_another_purpose_hub_or_key_is_refused(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct signing_key *other = key_number(2);
	for (size_t made = 0; made < MESSAGES_COUNT; made++) {
		struct bytes sealed = sealed_payload(MESSAGES[made].message, key, slice_str(PAYLOAD));
		for (size_t taken = 0; taken < MESSAGES_COUNT; taken++)
			assert_int_equal(opened(bytes_slice(&sealed), MESSAGES[taken].message, hub_number(1), key),
					 made == taken ? STATUS_OK : STATUS_FORGED);
		assert_int_equal(opened(bytes_slice(&sealed), MESSAGES[made].message, hub_number(2), key),
				 STATUS_FORGED);
		assert_int_equal(opened(bytes_slice(&sealed), MESSAGES[made].message, hub_number(1), other),
				 STATUS_FORGED);
		bytes_free(&sealed);
	}
	signing_key_free(other);
	signing_key_free(key);
}

static void test_every_single_flipped_bit_is_refused(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct bytes sealed = sealed_sample(key);
	for (size_t bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		enum status s = opened(bytes_slice(&sealed), MESSAGE_BATCH, hub_number(1), key);
		assert_true(s == STATUS_FORGED || s == STATUS_MALFORMED);
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(opened(bytes_slice(&sealed), MESSAGE_BATCH, hub_number(1), key), STATUS_OK);
	bytes_free(&sealed);
	signing_key_free(key);
}

static void test_every_truncation_and_a_byte_more_are_refused(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct bytes sealed = sealed_sample(key);
	for (size_t len = 0; len < sealed.len; len++) {
		uint8_t *copy = exact_copy(slice_of(sealed.data, len));
		assert_int_equal(opened(slice_of(copy, len), MESSAGE_BATCH, hub_number(1), key), STATUS_MALFORMED);
		free(copy);
	}
	bytes_put_u8(&sealed, 0);
	assert_int_equal(opened(bytes_slice(&sealed), MESSAGE_BATCH, hub_number(1), key), STATUS_MALFORMED);
	bytes_free(&sealed);
	signing_key_free(key);
}

/* An envelope of another form, with a signature that is right for it. */
struct form {
	struct slice header;
	uint64_t tag;
	size_t items;
	size_t unprotected;
	size_t signature_len;
};

static enum status peek_form(const struct signing_key *key, const struct form *form)
{
	struct bytes to_sign = bytes_new(SEALED_ROOM);
	struct bytes aad = bytes_new(64);
	struct bytes out = bytes_new(SEALED_ROOM);
	uint8_t signature[SIGNATURE_LEN + 1] = {0};
	bytes_put_str(&aad, "motcua/1/batch");
	bytes_put(&aad, hub_number(1), HUB_ID_LEN);
	cbor_put_array(&to_sign, 4);
	cbor_put_text(&to_sign, "Signature1", 10);
	cbor_put_bytes(&to_sign, form->header.data, form->header.len);
	cbor_put_bytes(&to_sign, aad.data, aad.len);
	cbor_put_bytes(&to_sign, PAYLOAD, strlen(PAYLOAD));
	sign_bytes(key, bytes_slice(&to_sign), signature);
	if (form->tag != 0)
		cbor_put_tag(&out, form->tag);
	cbor_put_array(&out, form->items);
	cbor_put_bytes(&out, form->header.data, form->header.len);
	cbor_put_map(&out, form->unprotected);
	for (size_t i = 0; i < 2 * form->unprotected; i++)
		cbor_put_uint(&out, i + 4);
	cbor_put_bytes(&out, PAYLOAD, strlen(PAYLOAD));
	cbor_put_bytes(&out, signature, form->signature_len);
	enum status s = opened(bytes_slice(&out), MESSAGE_BATCH, hub_number(1), key);
	bytes_free(&out);
	bytes_free(&aad);
	bytes_free(&to_sign);
	return s;
}

static void test_any_other_form_of_cose_is_refused(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	uint8_t header[13] = {0xA2, 1, 0x27, 4, 0x48};
	sign_key_id(signing_key_public(key), header + 5);
	const struct form ours = {
		.header = slice_of(header, sizeof(header)), .tag = 18, .items = 4, .signature_len = 64};
	assert_int_equal(peek_form(key, &ours), STATUS_OK);
	struct form other = ours;
	other.tag = 0;
	assert_int_equal(peek_form(key, &other), STATUS_MALFORMED);
	other.tag = 98; /* COSE_Sign */
	assert_int_equal(peek_form(key, &other), STATUS_MALFORMED);
	other = ours;
	other.items = 3;
	assert_int_equal(peek_form(key, &other), STATUS_MALFORMED);
	other.items = 5;
	assert_int_equal(peek_form(key, &other), STATUS_MALFORMED);
	other = ours;
	other.unprotected = 1;
	assert_int_equal(peek_form(key, &other), STATUS_MALFORMED);
	other = ours;
	other.signature_len = SIGNATURE_LEN - 1;
	assert_int_equal(peek_form(key, &other), STATUS_MALFORMED);
	other.signature_len = SIGNATURE_LEN + 1;
	assert_int_equal(peek_form(key, &other), STATUS_MALFORMED);
	signing_key_free(key);
}

static void test_any_other_protected_header_is_refused(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct form form = {.tag = 18, .items = 4, .signature_len = SIGNATURE_LEN};
	uint8_t id[KEY_ID_LEN];
	sign_key_id(signing_key_public(key), id);
	static const struct {
		uint8_t start[10];
		size_t len;
	} starts[] = {
		{{0xA2, 1, 0x26, 4, 0x48}, 5},          /* alg -7, ES256 */
		{{0xA2, 1, 0x08, 4, 0x48}, 5},          /* alg 8 */
		{{0xA2, 1, 0x38, 0x18, 4, 0x48}, 6},    /* alg -25 */
		{{0xA2, 1, 0x38, 0x07, 4, 0x48}, 6},    /* alg -8, not in its shortest form */
		{{0xA1, 4, 0x48}, 3},                   /* no alg */
		{{0xA2, 1, 0x27, 5, 0x48}, 5},          /* another parameter for the key id */
		{{0xA3, 1, 0x27, 2, 0x80, 4, 0x48}, 7}, /* crit */
		{{0xBF, 1, 0x27, 4, 0x48}, 5},          /* an indefinite map */
		{{0xA2, 1, 0x27, 4, 0x58, 0x08}, 6},    /* a longer head than needed */
	};
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		uint8_t header[32];
		memcpy(header, starts[i].start, starts[i].len);
		memcpy(header + starts[i].len, id, KEY_ID_LEN);
		form.header = slice_of(header, starts[i].len + KEY_ID_LEN);
		assert_int_equal(peek_form(key, &form), STATUS_MALFORMED);
	}
	form.header = slice_str("");
	assert_int_equal(peek_form(key, &form), STATUS_MALFORMED);
	signing_key_free(key);
}

static void test_a_key_id_that_is_not_the_keys_does_not_verify(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct bytes sealed = sealed_sample(key);
	struct envelope e;
	assert_int_equal(envelope_peek(bytes_slice(&sealed), &e), STATUS_OK);
	/* The id stands in the protected header: another one breaks the signature. */
	sealed.data[(size_t)(e.protected_header.data - sealed.data) + 5] ^= 1;
	assert_int_equal(opened(bytes_slice(&sealed), MESSAGE_BATCH, hub_number(1), key), STATUS_FORGED);
	bytes_free(&sealed);
	signing_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_sealed_opens),
		cmocka_unit_test(test_sealing_appends_and_is_the_same_every_time),
		cmocka_unit_test(test_an_empty_payload_and_a_long_one),
		cmocka_unit_test(test_the_limit_of_the_buffer_holds),
		cmocka_unit_test(test_the_signature_is_over_purpose_and_hub_too),
		cmocka_unit_test(test_the_parts_can_be_seen_before_anybody_verifies),
		cmocka_unit_test(test_another_purpose_hub_or_key_is_refused),
		cmocka_unit_test(test_every_single_flipped_bit_is_refused),
		cmocka_unit_test(test_every_truncation_and_a_byte_more_are_refused),
		cmocka_unit_test(test_any_other_form_of_cose_is_refused),
		cmocka_unit_test(test_any_other_protected_header_is_refused),
		cmocka_unit_test(test_a_key_id_that_is_not_the_keys_does_not_verify),
	};
	return cmocka_run_group_tests_name("envelope", tests, start_signing, NULL);
}
