#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/tls_key.h"

enum { PEM_MAX = 8192 };

#define NOW_S INT64_C(1700000000)

/* P-256, made with: openssl ecparam -genkey -name prime256v1 | openssl req -x509 -new -key … -subj /CN=golden */
static const char golden_certificate[] = "-----BEGIN CERTIFICATE-----\n"
					 "MIIBdzCCAR2gAwIBAgIUVKc0hfqCpLWOewfnflGb/XN7ND8wCgYIKoZIzj0EAwIw\n"
					 "ETEPMA0GA1UEAwwGZ29sZGVuMB4XDTI2MTEyMjAwNDMzNloXDTI2MTEyMzAwNDMz\n"
					 "NlowETEPMA0GA1UEAwwGZ29sZGVuMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n"
					 "p//ku5XQF0tXBPdeQgPSsfoqlnhHsliKdWVJJdtGeFz76XrSaUP0/QxVr7xcIqxs\n"
					 "8XMxnWCw379KALijwirA46NTMFEwHQYDVR0OBBYEFB3vtYidfTu3D9y8nlkbjA0W\n"
					 "Mg6BMB8GA1UdIwQYMBaAFB3vtYidfTu3D9y8nlkbjA0WMg6BMA8GA1UdEwEB/wQF\n"
					 "MAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIhAPB3oqiwHSOSpQIjOtccrmLwJVa9Qzaa\n"
					 "l1B7CdMqOxkcAiAp5rrmpC4IZFvGHJs6fLtVzgl4nuMnw6eRbvxXE9FjpA==\n"
					 "-----END CERTIFICATE-----\n";
/* openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 */
static const uint8_t golden_pin[32] = {
	0xf4, 0x2a, 0x4c, 0x9d, 0x1c, 0x9e, 0x6c, 0xfe, 0x1f, 0xdd, 0xca, 0x6e, 0x72, 0xe3, 0xbd, 0x8c,
	0x4d, 0xbb, 0x8f, 0x69, 0xad, 0x1d, 0x47, 0x5a, 0x56, 0xd1, 0xd6, 0x67, 0xf3, 0xa4, 0x66, 0x2f,
};

static bool contains(struct slice text, const char *part)
{
	size_t len = strlen(part);
	for (size_t i = 0; i + len <= text.len; i++)
		if (memcmp(text.data + i, part, len) == 0)
			return true;
	return false;
}

static void test_pin_is_the_digest_of_the_public_key(void **state)
{
	(void)state;
	uint8_t pin[32];
	assert_int_equal(tls_key_pin(slice_str(golden_certificate), pin), STATUS_OK);
	assert_memory_equal(pin, golden_pin, sizeof(pin));
}

static void test_generated_key_is_pem_and_has_a_pin_of_its_own(void **state)
{
	(void)state;
	uint8_t pins[2][32];
	for (size_t i = 0; i < 2; i++) {
		struct bytes key = bytes_new(PEM_MAX);
		struct bytes certificate = bytes_new(PEM_MAX);
		assert_int_equal(tls_key_generate("Tỉnh", NOW_S, &key, &certificate), STATUS_OK);
		assert_true(contains(bytes_slice(&key), "-----BEGIN PRIVATE KEY-----"));
		assert_true(contains(bytes_slice(&certificate), "-----BEGIN CERTIFICATE-----"));
		assert_false(contains(bytes_slice(&certificate), "PRIVATE"));
		assert_true(certificate.len < 600);
		assert_int_equal(tls_key_pin(bytes_slice(&certificate), pins[i]), STATUS_OK);
		bytes_free(&key);
		bytes_free(&certificate);
	}
	assert_memory_not_equal(pins[0], pins[1], 32);
}

static void test_generating_appends(void **state)
{
	(void)state;
	struct bytes key = bytes_new(PEM_MAX);
	struct bytes certificate = bytes_new(PEM_MAX);
	bytes_put_str(&key, "before\n");
	assert_int_equal(tls_key_generate("hub", NOW_S, &key, &certificate), STATUS_OK);
	assert_memory_equal(key.data, "before\n-----BEGIN", 17);
	bytes_free(&key);
	bytes_free(&certificate);
}

static void test_without_room_nothing_is_kept(void **state)
{
	(void)state;
	struct bytes key = bytes_new(PEM_MAX);
	struct bytes certificate = bytes_new(10);
	assert_int_equal(tls_key_generate("hub", NOW_S, &key, &certificate), STATUS_LIMIT);
	assert_int_equal(key.len, 0);
	assert_int_equal(certificate.len, 0);
	bytes_free(&key);
	bytes_free(&certificate);
}

static void test_what_is_no_certificate_has_no_pin(void **state)
{
	(void)state;
	uint8_t pin[32] = {7};
	assert_int_equal(tls_key_pin(slice_str(""), pin), STATUS_MALFORMED);
	assert_int_equal(
		tls_key_pin(slice_str("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), pin),
		STATUS_MALFORMED);
	struct slice cut = slice_str(golden_certificate);
	cut.len -= 60;
	assert_int_equal(tls_key_pin(cut, pin), STATUS_MALFORMED);
	assert_int_equal(pin[0], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pin_is_the_digest_of_the_public_key),
		cmocka_unit_test(test_generated_key_is_pem_and_has_a_pin_of_its_own),
		cmocka_unit_test(test_generating_appends),
		cmocka_unit_test(test_without_room_nothing_is_kept),
		cmocka_unit_test(test_what_is_no_certificate_has_no_pin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
