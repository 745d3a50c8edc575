#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/bytes.h"

static void test_puts_append_in_order(void **state)
{
	(void)state;
	struct bytes b = bytes_new(100);
	bytes_put(&b, "ab", 2);
	bytes_put_u8(&b, 'c');
	bytes_put_str(&b, "def");
	bytes_put(&b, NULL, 0);
	assert_int_equal(bytes_status(&b), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&b), slice_str("abcdef")));
	bytes_free(&b);
}

static void test_growing_keeps_the_content(void **state)
{
	(void)state;
	struct bytes b = bytes_new(100000);
	for (unsigned i = 0; i < 100000; i++)
		bytes_put_u8(&b, (uint8_t)(i * 7));
	assert_int_equal(bytes_status(&b), STATUS_OK);
	assert_int_equal(b.len, 100000);
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(b.data[i], (uint8_t)(i * 7));
	bytes_free(&b);
}

static void test_the_limit_itself_still_fits(void **state)
{
	(void)state;
	struct bytes b = bytes_new(3);
	bytes_put(&b, "abc", 3);
	assert_int_equal(bytes_status(&b), STATUS_OK);
	bytes_put_u8(&b, 'd');
	assert_int_equal(bytes_status(&b), STATUS_LIMIT);
	assert_true(slice_equal(bytes_slice(&b), slice_str("abc")));
	bytes_free(&b);
}

static void test_after_a_failure_nothing_is_put(void **state)
{
	(void)state;
	struct bytes b = bytes_new(4);
	bytes_put(&b, "ab", 2);
	bytes_put(&b, "cde", 3);
	bytes_put_u8(&b, 'x');
	bytes_put_str(&b, "y");
	bytes_put(&b, "z", 1);
	assert_null(bytes_grow(&b, 1));
	assert_int_equal(bytes_status(&b), STATUS_LIMIT);
	assert_true(slice_equal(bytes_slice(&b), slice_str("ab")));
	bytes_free(&b);
}

static void test_a_length_near_the_largest_does_not_wrap(void **state)
{
	(void)state;
	struct bytes b = bytes_new(SIZE_MAX);
	bytes_put(&b, "ab", 2);
	assert_null(bytes_grow(&b, SIZE_MAX));
	assert_int_equal(bytes_status(&b), STATUS_LIMIT);
	bytes_clear(&b);
	bytes_put_u8(&b, 'c');
	assert_null(bytes_grow(&b, SIZE_MAX));
	assert_int_equal(bytes_status(&b), STATUS_LIMIT);
	bytes_free(&b);
}

static void test_grow_hands_out_the_end(void **state)
{
	(void)state;
	struct bytes b = bytes_new(10);
	bytes_put(&b, "ab", 2);
	uint8_t *room = bytes_grow(&b, 8);
	assert_non_null(room);
	memcpy(room, "cdefghij", 8);
	assert_true(slice_equal(bytes_slice(&b), slice_str("abcdefghij")));
	bytes_free(&b);
}

static void test_clear_forgets_content_and_error_but_not_memory_or_limit(void **state)
{
	(void)state;
	struct bytes b = bytes_new(4);
	bytes_put(&b, "abcd", 4);
	bytes_put_u8(&b, 'e');
	const uint8_t *memory = b.data;
	bytes_clear(&b);
	assert_int_equal(bytes_status(&b), STATUS_OK);
	assert_int_equal(b.len, 0);
	bytes_put(&b, "xyz", 3);
	assert_ptr_equal(b.data, memory);
	bytes_put(&b, "12", 2);
	assert_int_equal(bytes_status(&b), STATUS_LIMIT);
	bytes_free(&b);
}

static void test_a_freed_buffer_is_usable_again(void **state)
{
	(void)state;
	struct bytes b = bytes_new(4);
	bytes_put(&b, "abcd", 4);
	bytes_put_u8(&b, 'e');
	bytes_free(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
	assert_int_equal(bytes_status(&b), STATUS_OK);
	bytes_put(&b, "efgh", 4);
	assert_true(slice_equal(bytes_slice(&b), slice_str("efgh")));
	bytes_free(&b);
	bytes_free(NULL);
}

static void test_an_empty_buffer_holds_nothing(void **state)
{
	(void)state;
	struct bytes b = bytes_new(0);
	assert_null(b.data);
	bytes_put(&b, "", 0);
	assert_int_equal(bytes_status(&b), STATUS_OK);
	bytes_put_u8(&b, 1);
	assert_int_equal(bytes_status(&b), STATUS_LIMIT);
	bytes_free(&b);
}

static void test_slices_are_equal_by_content(void **state)
{
	(void)state;
	assert_true(slice_equal(slice_str("ab"), slice_of("abc", 2)));
	assert_false(slice_equal(slice_str("ab"), slice_str("ac")));
	assert_false(slice_equal(slice_str("ab"), slice_str("abc")));
	assert_true(slice_equal(slice_of(NULL, 0), slice_str("")));
	assert_false(slice_equal(slice_of(NULL, 0), slice_str("a")));
}

static void test_slices_order_as_bytes_the_shorter_first(void **state)
{
	(void)state;
	assert_int_equal(slice_compare(slice_str("ab"), slice_str("ab")), 0);
	assert_true(slice_compare(slice_str("ab"), slice_str("b")) < 0);
	assert_true(slice_compare(slice_str("ab"), slice_str("abc")) < 0);
	assert_true(slice_compare(slice_str("abc"), slice_str("ab")) > 0);
	assert_true(slice_compare(slice_str("b"), slice_str("abc")) > 0);
	assert_true(slice_compare(slice_of("\xFF", 1), slice_str("a")) > 0);
	assert_true(slice_compare(slice_of(NULL, 0), slice_str("a")) < 0);
	assert_int_equal(slice_compare(slice_of(NULL, 0), slice_str("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_puts_append_in_order),
		cmocka_unit_test(test_growing_keeps_the_content),
		cmocka_unit_test(test_the_limit_itself_still_fits),
		cmocka_unit_test(test_after_a_failure_nothing_is_put),
		cmocka_unit_test(test_a_length_near_the_largest_does_not_wrap),
		cmocka_unit_test(test_grow_hands_out_the_end),
		cmocka_unit_test(test_clear_forgets_content_and_error_but_not_memory_or_limit),
		cmocka_unit_test(test_a_freed_buffer_is_usable_again),
		cmocka_unit_test(test_an_empty_buffer_holds_nothing),
		cmocka_unit_test(test_slices_are_equal_by_content),
		cmocka_unit_test(test_slices_order_as_bytes_the_shorter_first),
	};
	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
