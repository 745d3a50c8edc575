#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tables/foreign/serial_date.h"

static void expect(const char *number, struct number_form form, bool since_1904, const char *text)
{
	char out[NUMBER_TEXT];
	size_t len = number_text(slice_str(number), form, since_1904, out);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(out, text, len);
}

static void expect_look(const char *code, enum number_look look, unsigned width)
{
	struct number_form form = number_form_of(slice_str(code));
	assert_int_equal(form.look, look);
	assert_int_equal(form.width, width);
}

static void test_days_count_from_the_last_of_1899_and_skip_a_day_that_was_not(void **state)
{
	(void)state;
	const struct number_form day = {.look = LOOK_DATE};
	expect("1", day, false, "1900-01-01");
	expect("59", day, false, "1900-02-28");
	expect("60", day, false, "60"); /* 29 February 1900 */
	expect("61", day, false, "1900-03-01");
	expect("25569", day, false, "1970-01-01");
	expect("45352", day, false, "2024-03-01");
	expect("2958465", day, false, "9999-12-31");
	expect("2958466", day, false, "2958466");
	expect("0", day, false, "0");
	expect("-1", day, false, "-1");
}

static void test_days_since_1904(void **state)
{
	(void)state;
	const struct number_form day = {.look = LOOK_DATE};
	expect("0", day, true, "1904-01-01");
	expect("43890", day, true, "2024-03-01");
}

static void test_a_fraction_of_a_day_is_its_time_to_the_second(void **state)
{
	(void)state;
	const struct number_form day = {.look = LOOK_DATE};
	const struct number_form clock = {.look = LOOK_TIME};
	expect("45352.5", day, false, "2024-03-01T12:00:00");
	expect("45356.60422453704", day, false, "2024-03-05T14:30:05");
	/* Less than half a second to midnight is midnight. */
	expect("45352.999999", day, false, "2024-03-02");
	expect("45352.99999", day, false, "2024-03-01T23:59:59");
	expect("0.5", clock, false, "12:00:00");
	expect("0.999999", clock, false, "24:00:00");
	expect("1.5", clock, false, "1,5");
}

static void test_numbers_are_digits_and_fractions_stand_behind_a_comma(void **state)
{
	(void)state;
	const struct number_form plain = {.look = LOOK_PLAIN};
	expect("12", plain, false, "12");
	expect("1.5E6", plain, false, "1500000");
	expect("-3", plain, false, "-3");
	expect("9007199254740992", plain, false, "9007199254740992");
	/* With a dot it would read as one thousand two hundred and thirty-four. */
	expect("1.234", plain, false, "1,234");
	expect("1E300", plain, false, "1e+300");
	expect("1834", (struct number_form){.look = LOOK_PLAIN, .width = 5}, false, "01834");
}

static void test_what_is_no_number_stands_for_itself(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", " 1", "0x10", "nan", "inf", "1E999", "1,5", "--1", "1234567890123456789012345678901234567890"};
	char out[NUMBER_TEXT];
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(
			number_text(slice_str(texts[i]), (struct number_form){.look = LOOK_PLAIN}, false, out), 0);
}

static void test_a_format_tells_by_its_letters_what_is_no_letter_apart(void **state)
{
	(void)state;
	expect_look("General", LOOK_PLAIN, 0);
	expect_look("dd/mm/yyyy", LOOK_DATE, 0);
	expect_look("DD/MM/YYYY\\ HH:MM:SS", LOOK_DATE, 0);
	expect_look("[$-42A]dd\\ mmmm\\ yyyy;@", LOOK_DATE, 0);
	expect_look("mmm", LOOK_DATE, 0);
	expect_look("hh:mm", LOOK_TIME, 0);
	expect_look("[h]:mm:ss", LOOK_TIME, 0);
	expect_look("mm:ss.0", LOOK_TIME, 0);
	expect_look("00000", LOOK_PLAIN, 5);
	expect_look("0", LOOK_PLAIN, 0);
	expect_look("#,##0", LOOK_PLAIN, 0);
	expect_look("0.00", LOOK_PLAIN, 0);
	expect_look("#,##0\\ \"đồng\"", LOOK_PLAIN, 0);
	expect_look("[Red]0;[Blue]\"days\"0", LOOK_PLAIN, 0);
	expect_look("_(* #,##0_d;_(* \\(#,##0\\)", LOOK_PLAIN, 0);
	expect_look("0;dd/mm", LOOK_PLAIN, 0);
	expect_look("\"", LOOK_PLAIN, 0);
	expect_look("[", LOOK_PLAIN, 0);
	expect_look("\\", LOOK_PLAIN, 0);
}

static void test_formats_that_are_known_by_number(void **state)
{
	(void)state;
	static const unsigned days[] = {14, 15, 16, 17, 22, 27, 36, 50, 58};
	static const unsigned clocks[] = {18, 21, 45, 47};
	static const unsigned plain[] = {0, 1, 13, 23, 26, 37, 44, 48, 49, 59};
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		assert_int_equal(number_form_builtin(days[i]).look, LOOK_DATE);
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		assert_int_equal(number_form_builtin(clocks[i]).look, LOOK_TIME);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_int_equal(number_form_builtin(plain[i]).look, LOOK_PLAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days_count_from_the_last_of_1899_and_skip_a_day_that_was_not),
		cmocka_unit_test(test_days_since_1904),
		cmocka_unit_test(test_a_fraction_of_a_day_is_its_time_to_the_second),
		cmocka_unit_test(test_numbers_are_digits_and_fractions_stand_behind_a_comma),
		cmocka_unit_test(test_what_is_no_number_stands_for_itself),
		cmocka_unit_test(test_a_format_tells_by_its_letters_what_is_no_letter_apart),
		cmocka_unit_test(test_formats_that_are_known_by_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
