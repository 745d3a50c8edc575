#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data_fixture.h"
#include "hub/check_file.h"

static void test_each_section_is_a_kind_of_check(void **state)
{
	(void)state;
	struct data_directory data = data_directory_new("checks");
	struct check_list *list = NULL;
	struct named_file_fault fault;
	data_directory_put(&data, "ours",
			   "[total]\nall = a + b\nall = dossiers.done\n[rate]\nr = a + b / of c\n"
			   "[combined]\ns = r, t\n[part]\na = b\n[same]\nof a = b\n"
			   "[allow]\nx = above\ny = not_added\n");
	assert_int_equal(check_list_read("ours", data.path, &list, &fault), STATUS_OK);
	assert_string_equal(list->name, "ours");
	assert_int_equal(list->n, 8);
	assert_int_equal(list->checks[0].kind, CHECK_TOTAL);
	assert_int_equal(list->checks[0].sum.n, 2);
	assert_int_equal(list->checks[1].sum.terms[0].kind, FIGURE_DOSSIERS);
	assert_int_equal(list->checks[2].kind, CHECK_RATE);
	assert_int_equal(list->checks[2].sum.n, 2);
	assert_int_equal(list->checks[2].whole.terms[0].kind, FIGURE_OF);
	assert_int_equal(list->checks[3].kind, CHECK_COMBINED);
	assert_string_equal(list->checks[3].sum.terms[1].name, "t");
	assert_int_equal(list->checks[4].kind, CHECK_PART);
	assert_int_equal(list->checks[5].kind, CHECK_SAME);
	assert_int_equal(list->checks[5].figure.kind, FIGURE_OF);
	assert_true(check_list_names(list, CHECK_ALLOW_ABOVE, "x"));
	assert_false(check_list_names(list, CHECK_ALLOW_ABOVE, "y"));
	assert_true(check_list_names(list, CHECK_NOT_ADDED, "y"));
	assert_true(check_list_is_rate(list, "r") && check_list_is_rate(list, "s") &&
		    check_list_is_rate(list, "t"));
	assert_false(check_list_is_rate(list, "a") || check_list_is_rate(list, "all"));
	free(list);
	data_directory_free(&data);
}

static void test_what_is_wrong_is_named_with_its_line(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *word; /* of the sentence */
	} cases[] = {
		{"[total]\na + b = c\n", "one figure"},
		{"[total]\na =\n", "sum"},
		{"[total]\na = dossiers.no\n", "sum"},
		{"[rate]\na = b\n", "numerator"},
		{"[rate]\na = b / c / d\n", "numerator"},
		{"[rate]\na = b / dossiers.no\n", "sum"},
		{"[rate]\nof a = b / c\n", "indicator"},
		{"[combined]\na = b\n", "two or more"},
		{"[combined]\na = b, of c\n", "commas"},
		{"[combined]\na = b,\n", "commas"},
		{"[combined]\na = b,c,d,e,f,g,h,i,j,k,l,m,n\n", "commas"},
		{"[combined]\ndossiers.done = b, c\n", "indicator"},
		{"[allow]\na = anything\n", "above"},
		{"[whole]\na = b\n", "sections"},
	};
	struct data_directory data = data_directory_new("checks");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check_list *list = NULL;
		struct named_file_fault fault;
		data_directory_put(&data, "ours", cases[i].text);
		assert_int_equal(check_list_read("ours", data.path, &list, &fault), STATUS_SETTINGS);
		assert_null(list);
		assert_int_equal(fault.settings.line, 2);
		assert_non_null(strstr(fault.settings.what, cases[i].word));
	}
	data_directory_free(&data);
}

static void test_only_so_many_checks_are_taken(void **state)
{
	(void)state;
	struct data_directory data = data_directory_new("checks");
	struct check_list *list = NULL;
	struct named_file_fault fault;
	struct bytes text = bytes_new(1 << 16);
	bytes_put(&text, "[part]\n", 7);
	for (int i = 0; i < CHECKS_MAX; i++)
		bytes_put(&text, "a = b\n", 6);
	bytes_put(&text, "", 1);
	data_directory_put(&data, "ours", (const char *)text.data);
	assert_int_equal(check_list_read("ours", data.path, &list, &fault), STATUS_OK);
	assert_int_equal(list->n, CHECKS_MAX);
	free(list);
	text.len--;
	bytes_put(&text, "a = b\n", 7);
	data_directory_put(&data, "ours", (const char *)text.data);
	assert_int_equal(check_list_read("ours", data.path, &list, &fault), STATUS_SETTINGS);
	assert_int_equal(fault.settings.line, CHECKS_MAX + 2);
	assert_int_equal(check_list_read("other", data.path, &list, &fault), STATUS_EMPTY);
	bytes_free(&text);
	data_directory_free(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_section_is_a_kind_of_check),
		cmocka_unit_test(test_what_is_wrong_is_named_with_its_line),
		cmocka_unit_test(test_only_so_many_checks_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
