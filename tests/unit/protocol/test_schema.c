#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/calendar.h"
#include "protocol/limits.h"
#include "protocol/schema.h"

static const enum kind all_kinds[] = {KIND_DOSSIER, KIND_EQUIPMENT, KIND_INDICATOR};

static enum column_role role(enum kind kind, const char *folded, enum field *ret_field)
{
	return schema_column(kind, folded, strlen(folded), ret_field);
}

static void expect_field(enum kind kind, const char *folded, enum field expected)
{
	enum field found = FIELD_COUNT;
	assert_int_equal(role(kind, folded, &found), COLUMN_FIELD);
	assert_int_equal(found, expected);
}

static int64_t word(enum field field, const char *folded)
{
	int64_t value = -1;
	return schema_word(schema_field(field), folded, strlen(folded), &value) == STATUS_OK ? value : -1;
}

static bool key_ok(enum kind kind, const char *key)
{
	return schema_key_ok(kind, key, strlen(key));
}

static void test_every_field_stands_at_its_own_number(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		const struct field_spec *spec = schema_field((enum field)i);
		assert_int_equal(spec->field, i);
		assert_non_null(spec->name);
		assert_true(strlen(spec->title_vi) > 0);
		assert_true(spec->kinds != 0);
		assert_true(spec->min <= spec->max);
	}
	assert_null(schema_field(FIELD_COUNT));
}

static void test_kinds_have_the_fields_of_the_contract(void **state)
{
	(void)state;
	uint64_t common = UINT64_C(1) << FIELD_UNIT | UINT64_C(1) << FIELD_VOID;
	uint64_t dossier = ((UINT64_C(1) << FIELD_TYPE) - 1) & ~UINT64_C(3);
	uint64_t equipment = ((UINT64_C(1) << FIELD_VALUE) - 1) & ~((UINT64_C(1) << FIELD_TYPE) - 1);
	assert_int_equal(schema_mask(KIND_DOSSIER), common | dossier);
	assert_int_equal(schema_mask(KIND_EQUIPMENT), common | equipment);
	assert_int_equal(schema_mask(KIND_INDICATOR),
			 UINT64_C(1) << FIELD_VOID | UINT64_C(1) << FIELD_VALUE | UINT64_C(1) << FIELD_OF);
	assert_int_equal(schema_mask(KIND_NONE), 0);
	assert_int_equal(schema_mask((enum kind)200), 0);
}

static void test_history_is_kept_for_the_fields_of_the_contract_only(void **state)
{
	(void)state;
	uint64_t history = 0;
	for (unsigned i = 0; i < FIELD_COUNT; i++)
		if (schema_field((enum field)i)->history)
			history |= UINT64_C(1) << i;
	assert_int_equal(history, UINT64_C(1) << FIELD_UNIT | UINT64_C(1) << FIELD_STATUS |
					  UINT64_C(1) << FIELD_STATUS_AT | UINT64_C(1) << FIELD_DUE_AT |
					  UINT64_C(1) << FIELD_STATE | UINT64_C(1) << FIELD_CONDITION);
}

static void test_a_field_is_found_by_its_name_within_its_kind_only(void **state)
{
	(void)state;
	assert_ptr_equal(schema_field_named(KIND_DOSSIER, "due_at", 6), schema_field(FIELD_DUE_AT));
	assert_null(schema_field_named(KIND_EQUIPMENT, "due_at", 6));
	assert_null(schema_field_named(KIND_DOSSIER, "due_at2", 7));
	assert_null(schema_field_named(KIND_DOSSIER, "due_at\0", 7));
	assert_null(schema_field_named(KIND_DOSSIER, "", 0));
}

static void test_headers_of_real_exports_are_known(void **state)
{
	(void)state;
	enum field none = FIELD_COUNT;
	assert_int_equal(role(KIND_DOSSIER, "mã hồ sơ", &none), COLUMN_KEY);
	assert_int_equal(role(KIND_DOSSIER, "số hồ sơ", &none), COLUMN_KEY);
	expect_field(KIND_DOSSIER, "đơn vị tiếp nhận", FIELD_UNIT);
	expect_field(KIND_DOSSIER, "đơn vị giải quyết", FIELD_DECIDED_BY);
	expect_field(KIND_DOSSIER, "trạng thái", FIELD_STATUS);
	expect_field(KIND_DOSSIER, "ngày nộp hồ sơ", FIELD_SUBMITTED_AT);
	expect_field(KIND_DOSSIER, "ngày nộp", FIELD_SUBMITTED_AT);
	expect_field(KIND_DOSSIER, "ngày nhận", FIELD_RECEIVED_AT);
	expect_field(KIND_DOSSIER, "ngày tiếp nhận", FIELD_RECEIVED_AT);
	expect_field(KIND_DOSSIER, "ngày hẹn trả", FIELD_DUE_AT);
	expect_field(KIND_DOSSIER, "ngày kết thúc xử lý", FIELD_FINISHED_AT);
	expect_field(KIND_DOSSIER, "ngày trả", FIELD_RETURNED_AT);
	expect_field(KIND_DOSSIER, "hình thức tiếp nhận", FIELD_CHANNEL);
	expect_field(KIND_DOSSIER, "kênh", FIELD_CHANNEL);
	expect_field(KIND_DOSSIER, "mã tthc", FIELD_PROCEDURE);
	expect_field(KIND_DOSSIER, "lĩnh vực", FIELD_DOMAIN);
	assert_int_equal(role(KIND_DOSSIER, "người nộp", &none), COLUMN_IGNORED);
	assert_int_equal(role(KIND_DOSSIER, "chủ hồ sơ", &none), COLUMN_IGNORED);
	assert_int_equal(role(KIND_DOSSIER, "ghi chú", &none), COLUMN_IGNORED);
}

static void test_one_header_may_mean_different_fields_of_different_kinds(void **state)
{
	(void)state;
	expect_field(KIND_DOSSIER, "trạng thái", FIELD_STATUS);
	expect_field(KIND_EQUIPMENT, "trạng thái", FIELD_STATE);
	enum field none = FIELD_COUNT;
	assert_int_equal(role(KIND_DOSSIER, "tình trạng", &none), COLUMN_IGNORED);
	expect_field(KIND_EQUIPMENT, "tình trạng", FIELD_CONDITION);
}

static void test_key_columns_belong_to_their_kind(void **state)
{
	(void)state;
	enum field none = FIELD_COUNT;
	assert_int_equal(role(KIND_DOSSIER, "code", &none), COLUMN_KEY);
	assert_int_equal(role(KIND_EQUIPMENT, "code", &none), COLUMN_IGNORED);
	assert_int_equal(role(KIND_EQUIPMENT, "asset", &none), COLUMN_KEY);
	assert_int_equal(role(KIND_EQUIPMENT, "mã tài sản", &none), COLUMN_KEY);
	assert_int_equal(role(KIND_INDICATOR, "tên chỉ tiêu", &none), COLUMN_NAME);
	assert_int_equal(role(KIND_INDICATOR, "kỳ", &none), COLUMN_PERIOD);
	assert_int_equal(role(KIND_DOSSIER, "kỳ", &none), COLUMN_IGNORED);
	assert_int_equal(role(KIND_DOSSIER, "replaces", &none), COLUMN_REPLACES);
	assert_int_equal(role(KIND_NONE, "kind", &none), COLUMN_KIND);
	assert_int_equal(role(KIND_NONE, "changed_at", &none), COLUMN_CHANGED_AT);
	assert_int_equal(role(KIND_NONE, "code", &none), COLUMN_IGNORED);
	expect_field(KIND_INDICATOR, "unit", FIELD_UNIT);
}

/* What a name means within a kind, as one number, so that two meanings can be compared. */
static int meaning(enum kind kind, const char *folded)
{
	enum field field = FIELD_COUNT;
	enum column_role found = role(kind, folded, &field);
	return (int)found * 100 + (found == COLUMN_FIELD ? (int)field : 0);
}

static void test_no_alias_means_two_fields_within_one_kind(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof all_kinds / sizeof *all_kinds; k++) {
		for (unsigned i = 0; i < FIELD_COUNT; i++) {
			const struct field_spec *spec = schema_field((enum field)i);
			if ((schema_mask(all_kinds[k]) >> i & 1U) == 0)
				continue;
			int expected = COLUMN_FIELD * 100 + (int)i;
			assert_int_equal(meaning(all_kinds[k], spec->name), expected);
			for (size_t a = 0; spec->aliases != NULL && spec->aliases[a] != NULL; a++)
				assert_int_equal(meaning(all_kinds[k], spec->aliases[a]), expected);
		}
	}
}

static void test_no_word_means_two_values_of_a_field(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		const struct field_spec *spec = schema_field((enum field)i);
		assert_int_equal(spec->n_words > 0, spec->type == TYPE_ENUM || spec->type == TYPE_BOOL);
		for (size_t w = 0; w < spec->n_words; w++) {
			const char *const *spelling = spec->words[w].spellings;
			assert_string_equal(schema_word_name(spec, spec->words[w].value), spelling[0]);
			for (; *spelling != NULL; spelling++)
				assert_int_equal(word((enum field)i, *spelling), spec->words[w].value);
		}
	}
}

static void test_national_status_names_and_numbers_are_known(void **state)
{
	(void)state;
	static const char *const national[] = {"mới đăng ký", "được tiếp nhận", "không được tiếp nhận",
					       "đang xử lý", "yêu cầu bổ sung giấy tờ", "yêu cầu thực hiện nghĩa vụ tài chính",
					       "công dân yêu cầu rút hồ sơ", "dừng xử lý", "đã xử lý xong",
					       "đã trả kết quả"};
	static const char *const numbers[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"};
	for (int i = 0; i < 10; i++) {
		assert_int_equal(word(FIELD_STATUS, national[i]), i + 1);
		assert_int_equal(word(FIELD_STATUS, numbers[i]), i + 1);
		assert_string_equal(schema_word_vi(schema_field(FIELD_STATUS), i + 1), national[i]);
	}
	assert_int_equal(word(FIELD_STATUS, "11"), -1);
	assert_int_equal(word(FIELD_STATUS, "0"), -1);
	assert_int_equal(word(FIELD_STATUS, ""), -1);
}

static void test_words_in_vietnamese_are_known(void **state)
{
	(void)state;
	assert_int_equal(word(FIELD_CHANNEL, "trực tiếp"), CHANNEL_COUNTER);
	assert_int_equal(word(FIELD_CHANNEL, "trực tuyến"), CHANNEL_ONLINE);
	assert_int_equal(word(FIELD_RETURN_CHANNEL, "bưu chính công ích"), CHANNEL_POSTAL);
	assert_int_equal(word(FIELD_CHANNEL, "1"), -1);
	assert_int_equal(word(FIELD_REUSED, "có"), 1);
	assert_int_equal(word(FIELD_REUSED, "x"), 1);
	assert_int_equal(word(FIELD_VOID, "không"), 0);
	assert_int_equal(word(FIELD_TYPE, "máy vi tính"), 1);
	assert_int_equal(word(FIELD_TYPE, "máy scan"), 2);
	assert_int_equal(word(FIELD_STATE, "đang sử dụng"), STATE_IN_USE);
	assert_int_equal(word(FIELD_CONDITION, "hỏng"), 2);
	assert_int_equal(word(FIELD_PAID, "chưa thanh toán"), PAID_NONE);
	assert_null(schema_word_vi(schema_field(FIELD_PAID), 9));
	assert_null(schema_word_name(schema_field(FIELD_FEE), 1));
}

static void test_kinds_are_known_in_both_languages(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof all_kinds / sizeof *all_kinds; k++) {
		const char *name = schema_kind_name(all_kinds[k]);
		assert_int_equal(schema_kind(name, strlen(name)), all_kinds[k]);
	}
	assert_int_equal(schema_kind("hồ sơ", strlen("hồ sơ")), KIND_DOSSIER);
	assert_int_equal(schema_kind("thiết bị", strlen("thiết bị")), KIND_EQUIPMENT);
	assert_int_equal(schema_kind("chỉ tiêu", strlen("chỉ tiêu")), KIND_INDICATOR);
	assert_int_equal(schema_kind("person", 6), KIND_NONE);
	assert_string_equal(schema_kind_name(KIND_NONE), "");
}

static void test_numbers_are_bounded_at_both_ends(void **state)
{
	(void)state;
	static const enum field bounded[] = {FIELD_FEE, FIELD_RATING, FIELD_VALUE, FIELD_OF, FIELD_DUE_AT,
					     FIELD_INSTALLED_ON, FIELD_STATUS, FIELD_TYPE, FIELD_VOID};
	for (size_t i = 0; i < sizeof bounded / sizeof *bounded; i++) {
		const struct field_spec *spec = schema_field(bounded[i]);
		assert_true(schema_number_ok(spec, spec->min));
		assert_true(schema_number_ok(spec, spec->max));
		assert_false(schema_number_ok(spec, spec->min - 1));
		assert_false(schema_number_ok(spec, spec->max + 1));
		assert_false(schema_text_ok(spec, "1", 1));
	}
	assert_int_equal(schema_field(FIELD_INSTALLED_ON)->min, date_from(1900, 1, 1));
	assert_int_equal(schema_field(FIELD_INSTALLED_ON)->max, date_from(9999, 12, 31));
	assert_false(schema_number_ok(schema_field(FIELD_DOMAIN), 1));
	assert_false(schema_number_ok(schema_field(FIELD_UNIT), 1));
}

static void test_text_is_bounded_and_has_no_controls(void **state)
{
	(void)state;
	const struct field_spec *domain = schema_field(FIELD_DOMAIN);
	char text[LIMIT_TEXT + 1];
	memset(text, 'a', sizeof text);
	assert_true(schema_text_ok(domain, text, LIMIT_TEXT));
	assert_false(schema_text_ok(domain, text, LIMIT_TEXT + 1));
	assert_false(schema_text_ok(domain, text, 0));
	assert_true(schema_text_ok(domain, "Đất đai", strlen("Đất đai")));
	assert_false(schema_text_ok(domain, "a\tb", 3));
	assert_false(schema_text_ok(domain, "a\x7f", 2));
	assert_false(schema_text_ok(domain, "a\xc2\x85", 3));
	assert_true(schema_text_ok(domain, "a\xc2\xa9", 3));
	assert_false(schema_text_ok(domain, "a\xff", 2));
	assert_true(schema_text_ok(schema_field(FIELD_LINKED_TO), "H01.1", 5));
	assert_false(schema_text_ok(schema_field(FIELD_REPLACED_BY), " H01.1", 6));
}

static void test_unit_codes_have_their_own_alphabet(void **state)
{
	(void)state;
	assert_true(schema_unit_ok("058", 3));
	assert_true(schema_unit_ok("000.00.01.H01", 13));
	assert_true(schema_unit_ok("a_B-9", 5));
	assert_false(schema_unit_ok("", 0));
	assert_false(schema_unit_ok("05 8", 4));
	assert_false(schema_unit_ok("05|8", 4));
	assert_false(schema_unit_ok("xã", strlen("xã")));
	assert_true(schema_unit_ok("01234567890123456789012345678901", LIMIT_UNIT));
	assert_false(schema_unit_ok("012345678901234567890123456789012", LIMIT_UNIT + 1));
}

static void test_keys_of_dossiers_and_assets_are_bounded_text_without_outer_blanks(void **state)
{
	(void)state;
	char code[LIMIT_CODE + 2];
	memset(code, '7', sizeof code);
	code[LIMIT_CODE + 1] = '\0';
	assert_true(schema_key_ok(KIND_DOSSIER, code, LIMIT_CODE));
	assert_false(schema_key_ok(KIND_EQUIPMENT, code, LIMIT_CODE + 1));
	assert_false(key_ok(KIND_DOSSIER, ""));
	assert_true(key_ok(KIND_DOSSIER, "000.00.01.H01-240522-0001"));
	assert_true(key_ok(KIND_EQUIPMENT, "Máy 3"));
	assert_false(key_ok(KIND_EQUIPMENT, " 3"));
	assert_false(key_ok(KIND_DOSSIER, "3 "));
	assert_false(key_ok(KIND_DOSSIER, "3\n4"));
	assert_false(key_ok(KIND_DOSSIER, "\xc3"));
	assert_false(key_ok(KIND_NONE, "1"));
	assert_false(key_ok((enum kind)77, "1"));
}

static void test_an_indicator_key_has_unit_period_and_name(void **state)
{
	(void)state;
	char long_name[LIMIT_NAME + 16] = "058|2024-05|";
	size_t begin = strlen(long_name);
	memset(long_name + begin, 'n', LIMIT_NAME + 1);
	assert_true(schema_key_ok(KIND_INDICATOR, long_name, begin + LIMIT_NAME));
	assert_false(schema_key_ok(KIND_INDICATOR, long_name, begin + LIMIT_NAME + 1));
	assert_false(schema_key_ok(KIND_INDICATOR, long_name, begin));
	assert_true(key_ok(KIND_INDICATOR, "058|2024|hồ sơ"));
	assert_true(key_ok(KIND_INDICATOR, "058|2024-Q2|a"));
	assert_true(key_ok(KIND_INDICATOR, "058|2024-05-22|a"));
	assert_false(key_ok(KIND_INDICATOR, "058|2024-13|a"));
	assert_false(key_ok(KIND_INDICATOR, "058|a"));
	assert_false(key_ok(KIND_INDICATOR, "058"));
	assert_false(key_ok(KIND_INDICATOR, "|2024|a"));
	assert_false(key_ok(KIND_INDICATOR, "058||a"));
	assert_false(key_ok(KIND_INDICATOR, "058|2024|a|b"));
	assert_false(key_ok(KIND_INDICATOR, "058|2024|a\tb"));
	assert_false(key_ok(KIND_INDICATOR, "058|2024| a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_field_stands_at_its_own_number),
		cmocka_unit_test(test_kinds_have_the_fields_of_the_contract),
		cmocka_unit_test(test_history_is_kept_for_the_fields_of_the_contract_only),
		cmocka_unit_test(test_a_field_is_found_by_its_name_within_its_kind_only),
		cmocka_unit_test(test_headers_of_real_exports_are_known),
		cmocka_unit_test(test_one_header_may_mean_different_fields_of_different_kinds),
		cmocka_unit_test(test_key_columns_belong_to_their_kind),
		cmocka_unit_test(test_no_alias_means_two_fields_within_one_kind),
		cmocka_unit_test(test_no_word_means_two_values_of_a_field),
		cmocka_unit_test(test_national_status_names_and_numbers_are_known),
		cmocka_unit_test(test_words_in_vietnamese_are_known),
		cmocka_unit_test(test_kinds_are_known_in_both_languages),
		cmocka_unit_test(test_numbers_are_bounded_at_both_ends),
		cmocka_unit_test(test_text_is_bounded_and_has_no_controls),
		cmocka_unit_test(test_unit_codes_have_their_own_alphabet),
		cmocka_unit_test(test_keys_of_dossiers_and_assets_are_bounded_text_without_outer_blanks),
		cmocka_unit_test(test_an_indicator_key_has_unit_period_and_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
