#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/limits.h"
#include "protocol/schema.h"
#include "protocol/tables/text.h"

enum { ROOM = 1024 };

typedef enum status (*form_function)(struct slice text, struct bytes *out);

static void expect(form_function form, const char *text, const char *expected)
{
	struct bytes out = bytes_new(ROOM);
	assert_int_equal(form(slice_str(text), &out), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&out), slice_str(expected)));
	bytes_free(&out);
}

static void expect_status(struct slice text, enum status expected)
{
	struct bytes out = bytes_new(16);
	assert_int_equal(text_normal(text, &out), expected);
	assert_int_equal(text_fold(text, &out), expected);
	bytes_free(&out);
}

static void in_02_decomposed_letters_are_composed(void **state)
{
	(void)state;
	expect(text_normal, "ho\xcc\x82\xcc\x80 s\x6f\xcc\x9b", "hồ sơ");
	expect(text_normal, "\xe1\xba\xa5", "ấ");
	expect(text_normal, "a\xcc\x81\xcc\xa3", "\xe1\xba\xa1\xcc\x81");
}

static void test_text_in_nfc_is_told_without_changing_it(void **state)
{
	(void)state;
	static const char *const composed[] = {"", "A-1 ~", "hồ sơ", "\xe1\xba\xa1\xcc\x81", "漢 😀", "\xc2\xa0"};
	static const char *const others[] = {"ho\xcc\x82\xcc\x80", "a\xcc\x81\xcc\xa3", "e\xcc\x81", "\xe2\x84\xab",
					     "\xc3"};
	char longest[LIMIT_TEXT + 2];
	for (size_t i = 0; i < sizeof(composed) / sizeof(composed[0]); i++)
		assert_true(text_is_nfc(slice_str(composed[i])));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(text_is_nfc(slice_str(others[i])));
	/* U+1F82 falls apart into most parts, four of three bytes; and it comes back together. */
	for (size_t i = 0; i + 3 <= LIMIT_TEXT; i += 3)
		memcpy(longest + i, "\xe1\xbe\x82", 3);
	assert_true(text_is_nfc(slice_of(longest, LIMIT_TEXT)));
	memcpy(longest + LIMIT_TEXT, "\xc3\xa9", 2);
	assert_false(text_is_nfc(slice_of(longest, LIMIT_TEXT + 2)));
}

static void test_blanks_of_any_kind_are_trimmed(void **state)
{
	(void)state;
	expect(text_normal, " \t\xc2\xa0 a  b\xe3\x80\x80\r\n", "a  b");
	expect(text_normal, "  a  b ", "a  b");
	expect(text_normal, "a\nb", "a b");
	expect(text_normal, " \xc2\xa0 ", "");
	expect(text_normal, "", "");
}

static void test_what_has_no_width_is_left_out(void **state)
{
	(void)state;
	expect(text_normal, "\xef\xbb\xbf" "H01\xe2\x80\x8b-1", "H01-1");
	expect(text_fold, "m\xc3\xa3\xc2\xad h\xe1\xbb\x93 s\xc6\xa1", "mã hồ sơ");
}

static void test_folding_lowers_letters_and_squeezes_blanks(void **state)
{
	(void)state;
	expect(text_fold, "  NGÀY\xc2\xa0 TIẾP \n NHẬN ", "ngày tiếp nhận");
	expect(text_fold, "ĐƠN VỊ", "đơn vị");
	expect(text_fold, "Changed_At  X", "changed_at x");
	expect(text_fold, "U\xcc\x9b\xcc\xa3", "ự");
}

static void test_both_forms_are_stable(void **state)
{
	(void)state;
	static const char *const samples[] = {" Ẩ\xcc\xa3 B", "e\xcc\x82\xcc\xa3 \xc2\xa0 e", "İ", "ǅ ſ",
					      "\xe2\x80\x80x", "\xf0\x9d\x85\xa0", "\xef\xac\xac"};
	static const form_function forms[] = {text_normal, text_fold};
	for (size_t i = 0; i < 2 * sizeof samples / sizeof *samples; i++) {
		struct bytes once = bytes_new(ROOM);
		struct bytes twice = bytes_new(ROOM);
		assert_int_equal(forms[i % 2](slice_str(samples[i / 2]), &once), STATUS_OK);
		assert_int_equal(forms[i % 2](bytes_slice(&once), &twice), STATUS_OK);
		assert_true(slice_equal(bytes_slice(&once), bytes_slice(&twice)));
		bytes_free(&once);
		bytes_free(&twice);
	}
}

static void in_02_what_is_no_text_is_refused(void **state)
{
	(void)state;
	expect_status(slice_str("a\xff"), STATUS_REFUSED);
	expect_status(slice_str("\xc3"), STATUS_REFUSED);
	expect_status(slice_str("a\x01"), STATUS_REFUSED);
	expect_status(slice_str("a\x7f"), STATUS_REFUSED);
	expect_status(slice_str("a\xc2\x85"), STATUS_REFUSED);
	expect_status(slice_of("a\0b", 3), STATUS_REFUSED);
}

static void test_the_limit_of_the_output_holds(void **state)
{
	(void)state;
	expect_status(slice_str("0123456789abcdef"), STATUS_OK);
	expect_status(slice_str("0123456789abcdefg"), STATUS_LIMIT);
	expect_status(slice_str("ơơơơơơơơ"), STATUS_OK);
	expect_status(slice_str("ơơơơơơơơa"), STATUS_LIMIT);
}

/* Headings with line breaks come padded: what is squeezed away is no part of the length. */
static void test_the_limit_is_for_what_is_left_after_folding(void **state)
{
	(void)state;
	char padded[400];
	struct bytes out = bytes_new(LIMIT_TEXT);
	const char *const between[] = {" ", "\t", "\n"};
	for (size_t i = 0; i < sizeof between / sizeof *between; i++) {
		memset(padded, ' ', sizeof(padded));
		padded[0] = 'A';
		memcpy(padded + 150, between[i], 1);
		padded[301] = 'b';
		assert_int_equal(text_fold(slice_of(padded, 302), &out), STATUS_OK);
		assert_true(slice_equal(bytes_slice(&out), slice_str("a b")));
		assert_int_equal(text_normal(slice_of(padded, 302), &out), STATUS_LIMIT);
	}
	memset(padded, 'x', sizeof(padded));
	padded[100] = ' ';
	assert_int_equal(text_fold(slice_of(padded, LIMIT_TEXT), &out), STATUS_OK);
	assert_int_equal(out.len, LIMIT_TEXT);
	assert_int_equal(text_fold(slice_of(padded, LIMIT_TEXT + 1), &out), STATUS_LIMIT);
	bytes_free(&out);
}

static void test_the_output_is_replaced(void **state)
{
	(void)state;
	struct bytes out = bytes_new(4);
	assert_int_equal(text_normal(slice_str("too long"), &out), STATUS_LIMIT);
	assert_int_equal(text_normal(slice_str("ab"), &out), STATUS_OK);
	assert_int_equal(text_normal(slice_str("cd"), &out), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&out), slice_str("cd")));
	bytes_free(&out);
}

static void expect_folded(const char *word)
{
	expect(text_fold, word, word);
	expect(text_normal, word, word);
}

static void test_the_record_table_is_written_in_folded_form(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		const struct field_spec *spec = schema_field((enum field)i);
		expect_folded(spec->name);
		expect(text_normal, spec->title_vi, spec->title_vi);
		for (size_t a = 0; spec->aliases != NULL && spec->aliases[a] != NULL; a++)
			expect_folded(spec->aliases[a]);
		for (size_t w = 0; w < spec->n_words; w++)
			for (const char *const *s = spec->words[w].spellings; *s != NULL; s++)
				expect_folded(*s);
	}
}

static void test_the_heading_people_see_is_read_back_as_the_same_field(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		const struct field_spec *spec = schema_field((enum field)i);
		enum kind kind = (spec->kinds & 1U << KIND_DOSSIER) != 0     ? KIND_DOSSIER
				 : (spec->kinds & 1U << KIND_EQUIPMENT) != 0 ? KIND_EQUIPMENT
									     : KIND_INDICATOR;
		struct bytes out = bytes_new(ROOM);
		enum field found = FIELD_COUNT;
		assert_int_equal(text_fold(slice_str(spec->title_vi), &out), STATUS_OK);
		assert_int_equal(schema_column(kind, (const char *)out.data, out.len, &found), COLUMN_FIELD);
		assert_int_equal(found, i);
		bytes_free(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_02_decomposed_letters_are_composed),
		cmocka_unit_test(test_text_in_nfc_is_told_without_changing_it),
		cmocka_unit_test(test_blanks_of_any_kind_are_trimmed),
		cmocka_unit_test(test_what_has_no_width_is_left_out),
		cmocka_unit_test(test_folding_lowers_letters_and_squeezes_blanks),
		cmocka_unit_test(test_both_forms_are_stable),
		cmocka_unit_test(in_02_what_is_no_text_is_refused),
		cmocka_unit_test(test_the_limit_of_the_output_holds),
		cmocka_unit_test(test_the_limit_is_for_what_is_left_after_folding),
		cmocka_unit_test(test_the_output_is_replaced),
		cmocka_unit_test(test_the_record_table_is_written_in_folded_form),
		cmocka_unit_test(test_the_heading_people_see_is_read_back_as_the_same_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
