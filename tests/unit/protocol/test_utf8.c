#include "cbor_fixture.h"

static bool valid(const char *hex)
{
	struct input in = input_of(hex);
	bool ok = utf8_valid(in.data, in.len);
	free(in.data);
	return ok;
}

static void test_well_formed_utf8_is_accepted(void **state)
{
	(void)state;
	static const char *const good[] = {
		"",
		"00",
		"7f",
		"c2 80",
		"df bf",
		"e0 a0 80",
		"e1 ba bf", /* ế */
		"ed 9f bf", /* the last before the surrogates */
		"ee 80 80", /* the first after them */
		"ef bf bf",
		"f0 90 80 80",
		"f3 bf bf bf",
		"f4 8f bf bf", /* U+10FFFF */
		"61 e1 bb 87 62",
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (!valid(good[i]))
			fail_msg("%s was refused", good[i]);
}

static void test_other_bytes_are_no_utf8(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"80",
		"bf", /* a continuation alone */
		"c0 80",
		"c1 bf", /* overlong, two bytes */
		"e0 80 80",
		"e0 9f bf", /* overlong, three */
		"f0 80 80 80",
		"f0 8f bf bf", /* overlong, four */
		"ed a0 80",
		"ed bf bf",          /* surrogates */
		"ed a0 bd ed b8 80", /* a pair of them, as CESU-8 has it */
		"f4 90 80 80",
		"f5 80 80 80", /* beyond U+10FFFF */
		"f8 88 80 80 80",
		"fe",
		"ff", /* never a lead */
		"c2",
		"e1 ba",
		"f0 90 80",
		"61 e1", /* cut off */
		"c2 41",
		"e1 ba 41",
		"e1 41 bf", /* no continuation where one must be */
		"f0 90 80 41",
		"f0 41 80 80",
		"c2 c2", /* the same, elsewhere */
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (valid(bad[i]))
			fail_msg("%s was taken", bad[i]);
}

static void test_every_code_point_is_valid_but_the_surrogates(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		uint8_t text[4];
		size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
		for (size_t i = 1; i < len; i++)
			text[i] = (uint8_t)(0x80 | (c >> 6 * (len - 1 - i) & 0x3F));
		text[0] = (uint8_t)(leads[len] | c >> 6 * (len - 1));
		bool surrogate = c >= 0xD800 && c <= 0xDFFF;
		if (utf8_valid(text, len) == surrogate)
			fail_msg("U+%04X", c);
	}
}

static void test_text_must_be_utf8_and_bytes_need_not(void **state)
{
	(void)state;
	assert_taken("63 e1 ba bf", take_text);
	assert_refused("62 c0 80", take_text);
	assert_refused("61 ff", take_text);
	assert_taken("41 ff", take_bytes);
	/* A character must not be cut by the end of its string. */
	assert_refused("61 c3 bc", take_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well_formed_utf8_is_accepted),
		cmocka_unit_test(test_other_bytes_are_no_utf8),
		cmocka_unit_test(test_every_code_point_is_valid_but_the_surrogates),
		cmocka_unit_test(test_text_must_be_utf8_and_bytes_need_not),
	};
	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
