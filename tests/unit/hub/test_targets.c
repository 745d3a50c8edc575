#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hub/targets.h"

static enum status find(const char *csv, const char *name, const char *period, int64_t *target,
			struct targets_fault *fault)
{
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_int_equal(fwrite(csv, 1, strlen(csv), file), strlen(csv));
	rewind(file);
	enum status s = targets_find(file, name, period, target, fault);
	assert_int_equal(fclose(file), 0);
	return s;
}

static void refused(const char *csv, int64_t line, const char *reason)
{
	int64_t target = -1;
	struct targets_fault fault;
	assert_int_equal(find(csv, "fibre", "2024-Q2", &target, &fault), STATUS_REFUSED);
	assert_string_equal(fault.reason, reason);
	assert_true(fault.line == line);
	assert_true(target == -1);
}

static void test_target_is_that_of_the_name_and_the_period(void **state)
{
	(void)state;
	static const char csv[] =
		"name,period,target\nfibre,2024-Q1,80\nfibre,2024-Q2,\"95,5%\"\nother,2024-Q2,70\n";
	int64_t target = 0;
	struct targets_fault fault;
	assert_int_equal(find(csv, "fibre", "2024-Q2", &target, &fault), STATUS_OK);
	assert_true(target == 9550);
	assert_int_equal(find(csv, "fibre", "2024-Q1", &target, &fault), STATUS_OK);
	assert_true(target == 8000);
	assert_int_equal(find(csv, "fibre", "2024-Q3", &target, &fault), STATUS_EMPTY);
	/* As Excel writes it here. */
	assert_int_equal(find("target;period;name\n95,25;2024-Q2;fibre\n", "fibre", "2024-Q2", &target, &fault),
			 STATUS_OK);
	assert_true(target == 9525);
}

static void test_wrong_rows_refuse_the_file_and_are_named(void **state)
{
	(void)state;
	refused("name,period,target\nfibre,2024-Q2,95\nother,2024-Q2,much\n", 3, "target-value");
	refused("name,period,target\nfibre,2024-Q2,95\nfibre,2024-Q2,96\n", 3, "target-twice");
	refused("name,period\nfibre,2024-Q2\n", 2, "target-columns");
	refused("name,period,target\nfibre,2024-Q2,95,7\n", 2, "shape");
	refused("", 0, "empty");
}

static void test_percentages_are_read_strictly(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t target;
	} good[] = {{"0", 0}, {"95", 9500}, {"95.5", 9550}, {"95,05", 9505}, {"100%", 10000}, {"1000", 100000}};
	static const char *const bad[] = {
		"",    "%",     ".",   ".5", "5.", "-1", "95.555", "1000.01", "99999999999999999999",
		"9 5", "1.2.3", "95%%"};
	int64_t target = -1;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(target_parse(good[i].text, strlen(good[i].text), &target), STATUS_OK);
		assert_true(target == good[i].target);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(target_parse(bad[i], strlen(bad[i]), &target), STATUS_REFUSED);
}

static enum target_verdict judge(int64_t value, int64_t of, int64_t target)
{
	struct indicator_count count = {.known = true, .of_known = true, .value = value, .of = of};
	return target_judge(&count, target);
}

static void test_target_is_met_from_its_very_value_on(void **state)
{
	(void)state;
	static const int64_t most = INT64_C(900000000000000);
	assert_int_equal(judge(95, 100, 9500), TARGET_MET);
	assert_int_equal(judge(9499, 10000, 9500), TARGET_MISSED);
	assert_int_equal(judge(9500, 10000, 9500), TARGET_MET);
	assert_int_equal(judge(100, 100, 10000), TARGET_MET);
	assert_int_equal(judge(99, 100, 10000), TARGET_MISSED);
	assert_int_equal(judge(5, 2, 25000), TARGET_MET);
	assert_int_equal(judge(5, 2, 25001), TARGET_MISSED);
	assert_int_equal(judge(0, 7, 0), TARGET_MET);
	assert_int_equal(judge(most - 1, most, 10000), TARGET_MISSED);
	assert_int_equal(judge(most, most, 10000), TARGET_MET);
	assert_int_equal(judge(most * 500, most * 1000, 5000), TARGET_MET);
	assert_int_equal(judge(1, 0, 5000), TARGET_UNKNOWN);
	struct indicator_count bare = {.known = true, .value = 7};
	assert_int_equal(target_judge(&bare, 5000), TARGET_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target_is_that_of_the_name_and_the_period),
		cmocka_unit_test(test_wrong_rows_refuse_the_file_and_are_named),
		cmocka_unit_test(test_percentages_are_read_strictly),
		cmocka_unit_test(test_target_is_met_from_its_very_value_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
