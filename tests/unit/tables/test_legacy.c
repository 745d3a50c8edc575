#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tables/legacy.h"
#include "protocol/tables/text.h"

enum { ROOM = 1024 };

/* Decoded and in normal form, since marks come apart from their letters. */
static void expect(enum legacy encoding, const char *text, const char *read)
{
	struct bytes decoded = bytes_new(ROOM);
	struct bytes normal = bytes_new(ROOM);
	assert_int_equal(legacy_decode(encoding, slice_str(text), &decoded), STATUS_OK);
	assert_int_equal(text_normal(bytes_slice(&decoded), &normal), STATUS_OK);
	bytes_put_u8(&normal, '\0');
	assert_string_equal((const char *)normal.data, read);
	bytes_free(&normal);
	bytes_free(&decoded);
}

static void expect_none(enum legacy encoding, const char *text)
{
	struct bytes decoded = bytes_new(ROOM);
	assert_int_equal(legacy_decode(encoding, slice_str(text), &decoded), STATUS_REFUSED);
	bytes_free(&decoded);
}

static void test_bytes_and_the_letters_they_became_read_alike(void **state)
{
	(void)state;
	expect(LEGACY_TCVN3, "M\xb7 h\xe5 s\xac", "Mã hồ sơ");
	expect(LEGACY_TCVN3, "M· hå s¬", "Mã hồ sơ");
	expect(LEGACY_VNI, "Ma\xf5 ho\xe0 s\xf4", "Mã hồ sơ");
	expect(LEGACY_VNI, "Maõ hoà sô", "Mã hồ sơ");
	expect(LEGACY_WINDOWS, "Ma\xde h\xf4\xcc s\xf5", "Mã hồ sơ");
	expect(LEGACY_TWICE, "MÃ£ há»“ sÆ¡", "Mã hồ sơ");
}

static void test_letters_of_tcvn3(void **state)
{
	(void)state;
	expect(LEGACY_TCVN3, "µ¶·¸¹ »¼½¾Æ ÇÈÉÊË", "àảãáạ ằẳẵắặ ầẩẫấậ");
	expect(LEGACY_TCVN3, "ÌÎÏÐÑ ÒÓÔÕÖ ×ØÜÝÞ", "èẻẽéẹ ềểễếệ ìỉĩíị");
	expect(LEGACY_TCVN3, "ßáâãä åæçèé êëìíî", "òỏõóọ ồổỗốộ ờởỡớợ");
	expect(LEGACY_TCVN3, "ïñòóô õö÷øù úûüýþ", "ùủũúụ ừửữứự ỳỷỹýỵ");
	expect(LEGACY_TCVN3, "¨©ª«¬\u00ad® ¡¢£¤¥¦§", "ăâêôơưđ ĂÂÊÔƠƯĐ");
}

static void test_letters_of_vni(void **state)
{
	(void)state;
	expect(LEGACY_VNI, "aøaùaûaõaï aèaéaúaüaë aàaáaåaãaä", "àáảãạ ằắẳẵặ ầấẩẫậ");
	expect(LEGACY_VNI, "ìíæóò ôøôùôûôõôï öøöùöûöõöï yøyùyûyõî", "ìíỉĩị ờớởỡợ ừứửữự ỳýỷỹỵ");
	expect(LEGACY_VNI, "aêaâeâoâôöñ AÊAÂEÂOÂ Ñ", "ăâêôơưđ ĂÂÊÔ đ");
}

static void test_what_an_encoding_has_no_letter_for_is_not_in_it(void **state)
{
	(void)state;
	expect_none(LEGACY_TCVN3, "Mã hồ sơ");
	expect_none(LEGACY_VNI, "Mã hồ sơ");
	expect_none(LEGACY_WINDOWS, "Mã hồ sơ");
	expect_none(LEGACY_TWICE, "Mã hồ sơ");
	expect_none(LEGACY_TCVN3, "\x80");
	expect_none(LEGACY_TCVN3, "\xff");
	expect_none(LEGACY_TWICE, "Ã");
}

static void test_room_is_bounded(void **state)
{
	(void)state;
	struct bytes little = bytes_new(2);
	assert_int_equal(legacy_decode(LEGACY_TCVN3, slice_str("abc"), &little), STATUS_LIMIT);
	bytes_free(&little);
}

static void test_each_encoding_has_its_word(void **state)
{
	(void)state;
	assert_string_equal(legacy_name(LEGACY_TCVN3), "tcvn3");
	assert_string_equal(legacy_name(LEGACY_VNI), "vni");
	assert_string_equal(legacy_name(LEGACY_WINDOWS), "windows-1258");
	assert_string_equal(legacy_name(LEGACY_TWICE), "utf-8-twice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes_and_the_letters_they_became_read_alike),
		cmocka_unit_test(test_letters_of_tcvn3),
		cmocka_unit_test(test_letters_of_vni),
		cmocka_unit_test(test_what_an_encoding_has_no_letter_for_is_not_in_it),
		cmocka_unit_test(test_room_is_bounded),
		cmocka_unit_test(test_each_encoding_has_its_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
