#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/http_headers.h"

enum { MAX_BODY = 1000 };

/* Judges a POST over HTTP/1.1 with the header of each name and value given; a NULL name ends them. */
static int judged(const char *const headers[][2])
{
	struct http_headers seen = {0};
	for (size_t i = 0; headers[i][0] != NULL; i++)
		http_headers_note(&seen, headers[i][0], headers[i][1]);
	return http_headers_judge(&seen, "POST", "HTTP/1.1", MAX_BODY);
}

static int judged_length(const char *length)
{
	const char *const headers[][2] = {{"Content-Length", length}, {NULL, NULL}};
	return judged(headers);
}

static int judged_head(const char *method, const char *version, const char *length)
{
	struct http_headers seen = {0};
	if (length != NULL)
		http_headers_note(&seen, "content-LENGTH", length);
	return http_headers_judge(&seen, method, version, MAX_BODY);
}

static void test_post_with_one_length_passes(void **state)
{
	(void)state;
	assert_int_equal(judged_length("0"), 0);
	assert_int_equal(judged_length("1000"), 0);
	assert_int_equal(judged_length("0001000"), 0);
}

static void test_longer_body_is_too_large(void **state)
{
	(void)state;
	assert_int_equal(judged_length("1001"), 413);
	assert_int_equal(judged_length("1844674407370955161"), 413);
}

static void test_length_that_is_no_number_is_bad(void **state)
{
	(void)state;
	static const char *const lengths[] = {
		"", " 1", "1 ", "+1", "-1", "0x1", "1,1", "1.0", "1e3", "18446744073709551617", NULL};
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		assert_int_equal(judged_length(lengths[i]), 400);
}

static void test_two_lengths_are_bad_even_if_they_agree(void **state)
{
	(void)state;
	const char *const headers[][2] = {{"Content-Length", "1"}, {"content-length", "1"}, {NULL, NULL}};
	assert_int_equal(judged(headers), 400);
}

static void test_length_and_encoding_together_are_bad(void **state)
{
	(void)state;
	const char *const headers[][2] = {{"Content-Length", "1"}, {"TRANSFER-Encoding", "chunked"}, {NULL, NULL}};
	assert_int_equal(judged(headers), 400);
}

static void test_without_a_length_post_is_told_to_send_one(void **state)
{
	(void)state;
	const char *const nothing[][2] = {{"Host", "hub"}, {NULL, NULL}};
	const char *const chunked[][2] = {{"Transfer-Encoding", "chunked"}, {NULL, NULL}};
	const char *const odd[][2] = {{"Transfer-Encoding-X", ""}, {NULL, NULL}};
	assert_int_equal(judged(nothing), 411);
	assert_int_equal(judged(chunked), 411);
	assert_int_equal(judged(odd), 411);
}

static void test_name_that_is_no_token_is_bad(void **state)
{
	(void)state;
	static const char *const names[] = {"", "a b", "a\t", "a:b", "Content-Length ", "\xC3\xA9", "a(b"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *const headers[][2] = {{names[i], "1"}, {"Content-Length", "1"}, {NULL, NULL}};
		assert_int_equal(judged(headers), 400);
	}
}

static void test_names_that_only_begin_like_a_length_are_ignored(void **state)
{
	(void)state;
	const char *const headers[][2] = {
		{"Content-Length", "1"}, {"Content-Length-Of", "x"}, {"Content", "2"}, {NULL, NULL}};
	assert_int_equal(judged(headers), 0);
}

static void test_only_get_and_post_over_http_1_1(void **state)
{
	(void)state;
	assert_int_equal(judged_head("GET", "HTTP/1.1", NULL), 0);
	assert_int_equal(judged_head("GET", "HTTP/1.1", "0"), 0);
	assert_int_equal(judged_head("GET", "HTTP/1.1", "1"), 400);
	assert_int_equal(judged_head("HEAD", "HTTP/1.1", NULL), 405);
	assert_int_equal(judged_head("PUT", "HTTP/1.1", "1"), 405);
	assert_int_equal(judged_head("post", "HTTP/1.1", "1"), 405);
	assert_int_equal(judged_head("POST", "HTTP/1.0", "1"), 505);
	assert_int_equal(judged_head("POST", "HTTP/2.0", "1"), 505);
	assert_int_equal(judged_head("GET", "http/1.1", NULL), 505);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_post_with_one_length_passes),
		cmocka_unit_test(test_longer_body_is_too_large),
		cmocka_unit_test(test_length_that_is_no_number_is_bad),
		cmocka_unit_test(test_two_lengths_are_bad_even_if_they_agree),
		cmocka_unit_test(test_length_and_encoding_together_are_bad),
		cmocka_unit_test(test_without_a_length_post_is_told_to_send_one),
		cmocka_unit_test(test_name_that_is_no_token_is_bad),
		cmocka_unit_test(test_names_that_only_begin_like_a_length_are_ignored),
		cmocka_unit_test(test_only_get_and_post_over_http_1_1),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
