#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "config/shown_name.h"

static void assert_shown(const char *name, const char *expected)
{
	char *shown = shown_name(name);
	assert_non_null(shown);
	assert_string_equal(shown, expected);
	free(shown);
}

static void test_ordinary_names_stay_as_they_are(void **state)
{
	(void)state;
	assert_shown("", "");
	assert_shown("../../thang 3/CON:x\\y%s.mcs", "../../thang 3/CON:x\\y%s.mcs");
	assert_shown("Xã Vị Quang – tháng 3.mcs", "Xã Vị Quang – tháng 3.mcs");
}

static void in_14_what_moves_a_terminal_is_spelt_out(void **state)
{
	(void)state;
	assert_shown("a\nb\r\tc", "a\\x0ab\\x0d\\x09c");
	assert_shown("\x1b[2J\x7f", "\\x1b[2J\\x7f");
	assert_shown("\xc2\x9b[2J", "\\xc2\\x9b[2J");                  /* C1 */
	assert_shown("\xe2\x80\xaegpj.exe", "\\xe2\\x80\\xaegpj.exe"); /* right to left */
	assert_shown("a\xe2\x81\xa7z", "a\\xe2\\x81\\xa7z");
	assert_shown("a\xe2\x80\xa8z", "a\\xe2\\x80\\xa8z");
}

static void test_bytes_that_are_no_text_are_spelt_out(void **state)
{
	(void)state;
	assert_shown("\xff\xfe", "\\xff\\xfe");
	assert_shown("a\xc3", "a\\xc3");
	assert_shown("\xe1\xba", "\\xe1\\xba");
	assert_shown("\xc0\xaf.mcs", "\\xc0\\xaf.mcs");
	assert_shown("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
}

static void test_a_long_name_is_shown_whole(void **state)
{
	(void)state;
	char name[301];
	memset(name, 'n', sizeof(name) - 1);
	name[300] = '\0';
	assert_shown(name, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ordinary_names_stay_as_they_are),
		cmocka_unit_test(in_14_what_moves_a_terminal_is_spelt_out),
		cmocka_unit_test(test_bytes_that_are_no_text_are_spelt_out),
		cmocka_unit_test(test_a_long_name_is_shown_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
