#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hub/keyed_groups.h"

static void add(struct keyed_groups *k, int part, const char *text)
{
	struct cells *cells = keyed_groups_at(k, part, slice_str(text));
	assert_non_null(cells);
	cells->received++;
}

static void test_a_key_has_one_group_however_many_there_are(void **state)
{
	(void)state;
	struct keyed_groups k = {0};
	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 1000; i++) {
			char text[16];
			(void)snprintf(text, sizeof(text), "key %d", i);
			add(&k, i % 2, text);
		}
	assert_int_equal(k.n, 1000);
	for (size_t i = 0; i < k.n; i++)
		assert_int_equal(k.groups[i].cells.received, 3);
	keyed_groups_free(&k);
	assert_int_equal(k.n, 0);
}

static void test_the_same_text_in_two_parts_is_two_groups(void **state)
{
	(void)state;
	struct keyed_groups k = {0};
	add(&k, 1, "land");
	add(&k, 2, "land");
	add(&k, 1, "lan");
	assert_int_equal(k.n, 3);
	keyed_groups_free(&k);
}

static void test_groups_stand_in_order_with_the_empty_text_last(void **state)
{
	(void)state;
	struct keyed_groups k = {0};
	static const char *const texts[] = {"", "b", "a", "ab"};
	for (size_t i = 0; i < 4; i++)
		add(&k, 2, texts[i]);
	add(&k, 1, "z");
	keyed_groups_sort(&k);
	static const char *const order[] = {"z", "a", "ab", "b", ""};
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(k.groups[i].text, order[i]);
	keyed_groups_free(&k);
}

static void test_nothing_is_sorted_and_freed(void **state)
{
	(void)state;
	struct keyed_groups k = {0};
	keyed_groups_sort(&k);
	keyed_groups_free(&k);
	assert_null(k.groups);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_key_has_one_group_however_many_there_are),
		cmocka_unit_test(test_the_same_text_in_two_parts_is_two_groups),
		cmocka_unit_test(test_groups_stand_in_order_with_the_empty_text_last),
		cmocka_unit_test(test_nothing_is_sorted_and_freed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
