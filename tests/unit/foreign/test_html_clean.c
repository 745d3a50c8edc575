#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tables/foreign/html_clean.h"

#define BROKEN "\xEF\xBF\xBD"

/* However the text comes, the same is clean of it. */
static void expect_as(bool bytes, struct slice text, const char *clean)
{
	for (size_t piece = 1; piece <= text.len + 1; piece++) {
		struct html_clean c = {.bytes = bytes};
		struct bytes out = bytes_new(1024);
		for (size_t at = 0; at < text.len; at += piece) {
			size_t len = text.len - at < piece ? text.len - at : piece;
			html_clean_feed(&c, slice_of(text.data + at, len), &out);
		}
		html_clean_end(&c, &out);
		bytes_put_u8(&out, '\0');
		assert_string_equal((const char *)out.data, clean);
		bytes_free(&out);
	}
}

static void expect(const char *text, const char *clean)
{
	expect_as(false, slice_str(text), clean);
}

static void test_text_stays_as_it_is(void **state)
{
	(void)state;
	expect("<td>Đức Xuân\t\r\n\f</td>", "<td>Đức Xuân\t\r\n\f</td>");
	expect("\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80");
	expect("a < b << c </ d </h1></hr></bo></b>", "a < b << c </ d </h1></hr></bo></b>");
	expect("", "");
}

static void test_what_is_no_text_is_marked(void **state)
{
	(void)state;
	expect("a\x01"
	       "b\x7f"
	       "c",
	       "a" BROKEN "b" BROKEN "c");
	expect_as(false, slice_of("a\0b", 3), "a" BROKEN "b");
	expect("\xFF\xC0\x80", BROKEN BROKEN BROKEN);
	expect("\xC4", BROKEN);
	expect("\xC4<td>", BROKEN "<td>");
	expect("\xE1\xBB\xC4\x91", BROKEN "đ");
	expect("\xED\xA0\x80x", BROKEN "x"); /* a surrogate */
	expect("\xF4\x90\x80\x80x", BROKEN "x");
	expect("\xE0\x80\x80x", BROKEN "x");
}

static void test_bytes_are_letters_where_there_is_no_utf_8(void **state)
{
	(void)state;
	expect_as(true, slice_str("M\xb7 \x01</BODY>"), "M\xb7 " BROKEN "</span>");
}

static void test_the_end_of_a_document_ends_nothing(void **state)
{
	(void)state;
	expect("a</html>b</BODY>c</Html >d", "a</span>b</span>c</span >d");
	expect("<</html></</body>", "<</span></</span>");
	expect("</htm", "</htm");
	expect("</htmx></bodx>", "</htmx></bodx>");
}

static void test_most_letters_whole_is_utf_8(void **state)
{
	(void)state;
	assert_true(html_is_utf8(slice_str("abc")));
	assert_true(html_is_utf8(slice_str("")));
	assert_true(html_is_utf8(slice_str("Đức Xuân\xff")));
	assert_true(html_is_utf8(slice_str("abc\xc4")));
	assert_false(html_is_utf8(slice_str("M\xb7 h\xe5 s\xac")));
	assert_false(html_is_utf8(slice_str("\xff")));
	assert_false(html_is_utf8(slice_str("đ\xff")));
}

static void test_unreadable_text_is_known_by_its_mark(void **state)
{
	(void)state;
	assert_true(html_unreadable(slice_str("a" BROKEN)));
	assert_true(html_unreadable(slice_str(BROKEN "a")));
	assert_false(html_unreadable(slice_str("a\xEF\xBF")));
	assert_false(html_unreadable(slice_str("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_stays_as_it_is),
		cmocka_unit_test(test_what_is_no_text_is_marked),
		cmocka_unit_test(test_bytes_are_letters_where_there_is_no_utf_8),
		cmocka_unit_test(test_the_end_of_a_document_ends_nothing),
		cmocka_unit_test(test_most_letters_whole_is_utf_8),
		cmocka_unit_test(test_unreadable_text_is_known_by_its_mark),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
