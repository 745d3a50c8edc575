#include "signing_fixture.h"

#include "protocol/identity.h"

#define SAMPLE_CODE "041061050R3GG28A1C60T3GF208H44RM2MB1E60S38RR"

/* The bytes 1 to 26: SAMPLE_CODE is their form. */
static struct invitation sample(void)
{
	struct invitation i = {.host = "hub.example.vn", .port = 8443};
	fill(i.secret, SECRET_LEN, 1);
	fill(i.identity_hash, IDENTITY_HASH_LEN, 1 + SECRET_LEN);
	return i;
}

static struct invitation random_invitation(void)
{
	struct invitation i = {.host = "h", .port = 443};
	random_fill(i.secret, SECRET_LEN);
	random_fill(i.identity_hash, IDENTITY_HASH_LEN);
	return i;
}

static enum status parse(const char *text)
{
	struct invitation i = {.port = 7};
	enum status s = invitation_parse(text, &i);
	if (s == STATUS_OK) {
		struct invitation expected = sample();
		assert_string_equal(i.host, expected.host);
		assert_int_equal(i.port, expected.port);
		assert_memory_equal(i.secret, expected.secret, SECRET_LEN);
		assert_memory_equal(i.identity_hash, expected.identity_hash, IDENTITY_HASH_LEN);
	} else {
		assert_int_equal(s, STATUS_REFUSED);
		assert_int_equal(i.port, 7);
	}
	return s;
}

static void test_an_invitation_is_written_plainly(void **state)
{
	(void)state;
	char text[INVITATION_TEXT];
	struct invitation i = sample();
	invitation_format(&i, text);
	assert_string_equal(text, "hub.example.vn:8443/" SAMPLE_CODE);
	i.port = 443;
	invitation_format(&i, text);
	assert_string_equal(text, "hub.example.vn/" SAMPLE_CODE);
	(void)strncpy(i.host, "2001:db8::1", sizeof(i.host));
	i.port = 65535;
	invitation_format(&i, text);
	assert_string_equal(text, "[2001:db8::1]:65535/" SAMPLE_CODE);
}

static void test_the_longest_host_fits(void **state)
{
	(void)state;
	char text[INVITATION_TEXT];
	struct invitation i = sample();
	struct invitation got;
	memset(i.host, 'a', 253);
	i.host[253] = '\0';
	i.port = 65535;
	invitation_format(&i, text);
	assert_int_equal(strlen(text), 253 + 6 + 1 + INVITATION_CHARS);
	assert_int_equal(invitation_parse(text, &got), STATUS_OK);
	assert_string_equal(got.host, i.host);
	assert_int_equal(got.port, 65535);
}

static void test_what_is_written_is_read_again(void **state)
{
	(void)state;
	for (size_t n = 0; n < 200; n++) {
		char text[INVITATION_TEXT];
		struct invitation given = random_invitation();
		struct invitation got;
		invitation_format(&given, text);
		assert_int_equal(strlen(text), 2 + INVITATION_CHARS);
		assert_int_equal(invitation_parse(text, &got), STATUS_OK);
		assert_memory_equal(got.secret, given.secret, SECRET_LEN);
		assert_memory_equal(got.identity_hash, given.identity_hash, IDENTITY_HASH_LEN);
	}
}

static void test_all_zeros_and_all_ones_are_codes_too(void **state)
{
	(void)state;
	static const int fills[] = {0, 0xFF};
	for (size_t n = 0; n < 2; n++) {
		char text[INVITATION_TEXT];
		struct invitation given = sample();
		struct invitation got;
		memset(given.secret, fills[n], SECRET_LEN);
		memset(given.identity_hash, fills[n], IDENTITY_HASH_LEN);
		invitation_format(&given, text);
		assert_int_equal(invitation_parse(text, &got), STATUS_OK);
		assert_memory_equal(got.secret, given.secret, SECRET_LEN);
		assert_memory_equal(got.identity_hash, given.identity_hash, IDENTITY_HASH_LEN);
	}
}

static void test_a_code_may_be_typed_in_many_ways(void **state)
{
	(void)state;
	static const char *const ways[] = {
		"hub.example.vn:8443/" SAMPLE_CODE,
		"https://hub.example.vn:8443/" SAMPLE_CODE,
		"  hub.example.vn:8443/" SAMPLE_CODE "\r\n",
		"hub.example.vn:8443/041061050r3gg28a1c60t3gf208h44rm2mb1e60s38rr",
		"hub.example.vn:8443/0410-6105-0R3G-G28A-1C60-T3GF-208H-44RM-2MB1-E60S-38RR",
		"hub.example.vn:8443/ 0410 6105 0R3G G28A 1C60 T3GF\t208H 44RM 2MB1 E60S 38RR ",
		"hub.example.vn:8443/O4IO6lO5oR3GG28AiC6OT3GF2O8H44RM2MBLE6OS38RR",
	};
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (parse(ways[i]) != STATUS_OK)
			fail_msg("%s was refused", ways[i]);
}

static void test_a_code_may_stand_without_an_address(void **state)
{
	(void)state;
	struct invitation got = {.host = "left", .port = 7};
	struct invitation given = sample();
	char text[INVITATION_TEXT];
	assert_int_equal(invitation_parse(SAMPLE_CODE, &got), STATUS_OK);
	assert_string_equal(got.host, "");
	assert_memory_equal(got.secret, given.secret, SECRET_LEN);
	given.host[0] = '\0';
	invitation_format(&given, text);
	assert_string_equal(text, SAMPLE_CODE);
}

static void test_other_texts_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		"/",
		"/" SAMPLE_CODE,
		"hub.example.vn:8443",
		"hub.example.vn:8443/",
		"hub.example.vn:8443" SAMPLE_CODE,
		"hub.example.vn:8443/" SAMPLE_CODE "/",
		"hub.example.vn:8443/v1/" SAMPLE_CODE,
		"http://hub.example.vn:8443/" SAMPLE_CODE,
		"hub.example.vn:0/" SAMPLE_CODE,
		"hub.example.vn:8443/" SAMPLE_CODE "0",
		"hub.example.vn:8443/0" SAMPLE_CODE,
		"hub.example.vn:8443/041061050R3GG28A1C60T3GF208H44RM2MB1E60S38R",
		"hub.example.vn:8443/041061050R3GG28A1C60T3GF208H44RM2MB1E60S38R.",
		"hub.example.vn:8443/U41061050R3GG28A1C60T3GF208H44RM2MB1E60S38RR",
		"hub.example.vn:8443/041061050R3GG28A1C60T3GF208H44RM2MB1E60S38R\xC3\xB4",
		"hub.example.vn:8443/--------------------------------------------",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (parse(wrong[i]) != STATUS_REFUSED)
			fail_msg("%s was taken", wrong[i]);
}

/* The code of a text "h/CODE". */
static char *code_in(char *text)
{
	return text + 2;
}

static void test_any_single_wrong_character_is_refused(void **state)
{
	(void)state;
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	for (size_t n = 0; n < 20; n++) {
		char text[INVITATION_TEXT];
		struct invitation i = random_invitation();
		invitation_format(&i, text);
		for (size_t at = 0; at < INVITATION_CHARS; at++) {
			char right = code_in(text)[at];
			for (size_t a = 0; alphabet[a] != '\0'; a++) {
				code_in(text)[at] = alphabet[a];
				assert_int_equal(invitation_parse(text, &i),
						 alphabet[a] == right ? STATUS_OK : STATUS_REFUSED);
			}
			code_in(text)[at] = right;
		}
	}
}

static void test_any_swap_of_two_characters_is_refused(void **state)
{
	(void)state;
	for (size_t n = 0; n < 20; n++) {
		char text[INVITATION_TEXT];
		struct invitation i = random_invitation();
		invitation_format(&i, text);
		char *code = code_in(text);
		/* Neighbours are what people swap; the check is as good at any distance. */
		for (size_t a = 0; a < INVITATION_CHARS; a++)
			for (size_t b = a + 1; b < INVITATION_CHARS; b++) {
				char first = code[a];
				char second = code[b];
				code[a] = second;
				code[b] = first;
				assert_int_equal(invitation_parse(text, &i),
						 first == second ? STATUS_OK : STATUS_REFUSED);
				code[a] = first;
				code[b] = second;
			}
	}
}

static void test_a_character_left_out_or_doubled_is_refused(void **state)
{
	(void)state;
	char text[INVITATION_TEXT];
	struct invitation i = sample();
	invitation_format(&i, text);
	size_t len = strlen(text);
	for (size_t at = len - INVITATION_CHARS; at < len; at++) {
		char other[INVITATION_TEXT + 1] = "";
		memcpy(other, text, at);
		memcpy(other + at, text + at + 1, len - at);
		assert_int_equal(parse(other), STATUS_REFUSED);
		memcpy(other, text, at + 1);
		memcpy(other + at + 1, text + at, len - at + 1);
		assert_int_equal(parse(other), STATUS_REFUSED);
	}
}

static void test_the_spare_bits_are_zero(void **state)
{
	(void)state;
	/* The last character of the 42 with a spare bit set, under every check there is. */
	char text[] = "hub.example.vn:8443/" SAMPLE_CODE;
	char *code = strchr(text, '/') + 1;
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	size_t found = 0;
	code[41] = alphabet[(size_t)(strchr(alphabet, code[41]) - alphabet) + 1];
	for (size_t a = 0; a < 32 * 32; a++) {
		code[42] = alphabet[a / 32];
		code[43] = alphabet[a % 32];
		found += parse(text) == STATUS_OK ? 1 : 0;
	}
	assert_int_equal(found, 0);
}

static void test_each_code_has_one_check_only(void **state)
{
	(void)state;
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	for (size_t n = 0; n < 20; n++) {
		char text[INVITATION_TEXT];
		struct invitation i = random_invitation();
		size_t found = 0;
		invitation_format(&i, text);
		for (size_t a = 0; a < 32 * 32; a++) {
			code_in(text)[42] = alphabet[a / 32];
			code_in(text)[43] = alphabet[a % 32];
			found += invitation_parse(text, &i) == STATUS_OK ? 1 : 0;
		}
		assert_int_equal(found, 1);
	}
}

static void test_the_secret_is_named_and_keyed_by_blake2b(void **state)
{
	(void)state;
	struct invitation i = sample();
	uint8_t id[KEY_ID_LEN];
	uint8_t key[MAC_LEN];
	char text[2 * MAC_LEN + 1];
	invitation_id(i.secret, id);
	assert_string_equal(hex_format(id, sizeof(id), text), "6a9a4eb78f71e45c");
	invitation_mac_key(i.secret, key);
	assert_string_equal(hex_format(key, sizeof(key), text),
			    "9dad858ff2c5fe247e67946c928c1792f8f2b828b0238b7f3600961b38d3723a");
}

static void assert_address(const char *text, const char *host, uint16_t port)
{
	char got[INVITATION_HOST + 1] = "untouched";
	uint16_t got_port = 7;
	enum status s = address_parse(text, got, &got_port);
	if (s != (host == NULL ? STATUS_REFUSED : STATUS_OK))
		fail_msg("%s: %s", text, status_code(s));
	assert_string_equal(got, host == NULL ? "untouched" : host);
	assert_int_equal(got_port, host == NULL ? 7 : port);
}

static void test_addresses_are_taken_apart(void **state)
{
	(void)state;
	assert_address("hub.example.vn", "hub.example.vn", 443);
	assert_address("hub.example.vn:8443", "hub.example.vn", 8443);
	assert_address("https://hub.example.vn", "hub.example.vn", 443);
	assert_address("https://hub-1.example.vn:1", "hub-1.example.vn", 1);
	assert_address("127.0.0.1:65535", "127.0.0.1", 65535);
	assert_address("localhost:443", "localhost", 443);
	assert_address("[::1]", "::1", 443);
	assert_address("https://[2001:DB8::192.0.2.1]:8443", "2001:DB8::192.0.2.1", 8443);
}

static void test_other_addresses_are_refused(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"",
		":8443",
		"https://",
		"https://:8443",
		"http://hub",
		"HTTPS://hub",
		"ftp://hub",
		"hub:",
		"hub:0",
		"hub:080",
		"hub:65536",
		"hub:99999",
		"hub:100000",
		"hub:-1",
		"hub:+1",
		"hub:8443x",
		"hub: 8443",
		"hub:8443:1",
		"hub/",
		"hub/path",
		"user@hub",
		"hub name",
		"-hub",
		".hub",
		"::1",
		"[::1",
		"[]",
		"[:1]",
		"[hub]",
		"[::1]8443",
		"[::1]:",
		"[fe80::1%eth0]",
		"h\xC3\xB9ng.vn",
		"hub\n",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_address(wrong[i], NULL, 0);
	char text[300];
	memset(text, 'a', sizeof(text));
	text[253] = '\0';
	assert_address(text, text, 443);
	text[253] = 'a';
	text[254] = '\0';
	assert_address(text, NULL, 0);
	text[254] = 'a';
	text[299] = '\0';
	assert_address(text, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_invitation_is_written_plainly),
		cmocka_unit_test(test_the_longest_host_fits),
		cmocka_unit_test(test_a_code_may_stand_without_an_address),
		cmocka_unit_test(test_what_is_written_is_read_again),
		cmocka_unit_test(test_all_zeros_and_all_ones_are_codes_too),
		cmocka_unit_test(test_a_code_may_be_typed_in_many_ways),
		cmocka_unit_test(test_other_texts_are_refused),
		cmocka_unit_test(test_any_single_wrong_character_is_refused),
		cmocka_unit_test(test_any_swap_of_two_characters_is_refused),
		cmocka_unit_test(test_a_character_left_out_or_doubled_is_refused),
		cmocka_unit_test(test_the_spare_bits_are_zero),
		cmocka_unit_test(test_each_code_has_one_check_only),
		cmocka_unit_test(test_the_secret_is_named_and_keyed_by_blake2b),
		cmocka_unit_test(test_addresses_are_taken_apart),
		cmocka_unit_test(test_other_addresses_are_refused),
	};
	return cmocka_run_group_tests_name("invitation", tests, start_signing, NULL);
}
