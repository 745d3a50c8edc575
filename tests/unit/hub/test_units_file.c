#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hub/hub_fixture.h"

#define HEADER "code,name,level,parent,valid_from,valid_to,phone\n"

static const struct unit *unit_of(const struct fixture *f, const char *code)
{
	int unit = registry_find_unit(f->hub->registry, slice_str(code));
	assert_int_not_equal(unit, UNIT_NONE);
	return registry_unit(f->hub->registry, unit);
}

static const char *parent_of(const struct fixture *f, const char *code)
{
	int parent = unit_of(f, code)->parent;
	return parent == UNIT_NONE ? "" : registry_unit(f->hub->registry, parent)->code;
}

static void take(struct fixture *f, const char *csv)
{
	struct units_fault fault;
	assert_int_equal(import_units(f->hub, csv, &fault), STATUS_OK);
	assert_null(fault.reason);
}

/* Nothing of a refused file is taken; the fault says where. */
static void refused(struct fixture *f, const char *csv, int64_t line, const char *unit, const char *reason)
{
	struct units_fault fault;
	int units = registry_unit_count(f->hub->registry);
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	assert_int_equal(import_units(f->hub, csv, &fault), STATUS_REFUSED);
	assert_string_equal(fault.reason, reason);
	assert_string_equal(fault.unit, unit);
	assert_true(fault.line == line);
	assert_int_equal(registry_unit_count(f->hub->registry), units);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
}

static void test_units_are_one_act_and_stand_in_the_registry(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(registry_unit_count(f->hub->registry), 6);
	assert_string_equal(parent_of(f, "05801"), "058");
	assert_string_equal(parent_of(f, "27"), "");
	assert_int_equal(unit_of(f, "059")->level, LEVEL_DISTRICT);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == 2);
}

static void test_columns_may_come_in_any_order_and_rows_too(void **state)
{
	struct fixture *f = *state;
	take(f, "phone,parent,level,name,code,valid_to,valid_from\n"
		"0209 123,0591,commune,Xa C,05911,2024-12-31,2024-01-01\n"
		",27,district,Huyen C,0591,,\n");
	assert_string_equal(parent_of(f, "05911"), "0591");
	assert_true(unit_of(f, "05911")->valid_from < unit_of(f, "05911")->valid_to);
	assert_true(number(f->hub, "SELECT count(*) FROM unit WHERE phone = '0209 123'") == 1);
	assert_int_equal(unit_of(f, "0591")->valid_from, DAY_UNSET);
}

static void test_later_file_replaces_its_units_and_leaves_the_others(void **state)
{
	struct fixture *f = *state;
	take(f, HEADER "05801,Phuong A1,commune,059,,,\n");
	assert_int_equal(registry_unit_count(f->hub->registry), 6);
	assert_string_equal(unit_of(f, "05801")->name, "Phuong A1");
	assert_string_equal(parent_of(f, "05801"), "059");
	assert_string_equal(unit_of(f, "05802")->name, "Xa A2");
}

static void test_faulty_rows_refuse_the_file_and_are_named(void **state)
{
	struct fixture *f = *state;
	refused(f, HEADER "1,A,commune,058,,,\n,B,commune,058,,,\n", 3, "", "unit-no-code");
	refused(f, HEADER "a b,B,commune,058,,,\n", 2, "", "unit-code");
	refused(f, HEADER "1,,commune,058,,,\n", 2, "1", "unit-no-name");
	refused(f, HEADER "1,B,village,058,,,\n", 2, "1", "unit-level");
	refused(f, HEADER "1,B,,058,,,\n", 2, "1", "unit-level");
	refused(f, HEADER "1,B,commune,,,,\n", 2, "1", "unit-parent");
	refused(f, HEADER "1,B,commune,1,,,\n", 2, "1", "unit-parent");
	refused(f, HEADER "1,B,commune,a b,,,\n", 2, "1", "unit-parent");
	refused(f, HEADER "27,B,province,058,,,\n", 2, "27", "unit-parent");
	refused(f, HEADER "1,B,commune,058,,,\n1,C,commune,058,,,\n", 3, "1", "unit-twice");
	refused(f, HEADER "1,B,commune,058,2024-02-30,,\n", 2, "1", "unit-date");
	refused(f, HEADER "1,B,commune,058,,yesterday,\n", 2, "1", "unit-date");
	refused(f, HEADER "1,B,commune,058,2024-03-02,2024-03-01,\n", 2, "1", "unit-period");
	refused(f, HEADER "1,B,commune,0589,,,\n", 2, "0589", "unit-parent-unknown");
}

static void test_cells_over_their_length_are_named_and_those_at_it_are_taken(void **state)
{
	struct fixture *f = *state;
	char csv[1000];
	char text[UNIT_NAME + 2];
	memset(text, 'x', sizeof(text));
	text[UNIT_NAME + 1] = '\0';
	(void)snprintf(csv, sizeof(csv), HEADER "1,%s,commune,058,,,\n", text);
	refused(f, csv, 2, "1", "unit-name");
	(void)snprintf(csv, sizeof(csv), HEADER "1,B,commune,058,,,%.*s\n", UNIT_PHONE + 1, text);
	refused(f, csv, 2, "1", "unit-phone");
	(void)snprintf(csv, sizeof(csv), HEADER "%.*s,B,commune,058,,,\n", LIMIT_UNIT + 1, text);
	refused(f, csv, 2, "", "unit-code");
	(void)snprintf(csv, sizeof(csv), HEADER "%.*s,%.*s,commune,058,,,%.*s\n", LIMIT_UNIT, text, UNIT_NAME, text,
		       UNIT_PHONE, text);
	take(f, csv);
}

/* What stands under a second province would be in no total of the first. */
static void test_there_is_one_province_and_it_is_the_hubs(void **state)
{
	struct fixture *f = *state;
	refused(f, HEADER "28,B,province,,,,\n", 2, "28", "unit-province");
	refused(f, HEADER "27,A,province,,,,\n28,B,province,,,,\n", 3, "28", "unit-province");
	refused(f, HEADER "27,A,commune,058,,,\n", 2, "27", "unit-province");
	take(f, HEADER "27,Another name,province,,,,\n");
	assert_string_equal(unit_of(f, "27")->name, "Another name");
}

/* A row that could not be read is not told under the unit of the row before. */
static void test_unreadable_row_is_not_named_after_another_unit(void **state)
{
	struct fixture *f = *state;
	refused(f, HEADER "1,B,commune,058,,,\n2,C,commune,058,,,,too,many\n", 3, "", "shape");
}

static void test_circles_are_refused(void **state)
{
	struct fixture *f = *state;
	refused(f, HEADER "1,A,commune,2,,,\n2,B,commune,1,,,\n", 2, "1", "unit-cycle");
	/* Through what is known from before. */
	refused(f, HEADER "058,Huyen A,district,05801,,,\n", 2, "058", "unit-cycle");
	/* Turned round in one file it is none. */
	take(f, HEADER "05801,A1,district,27,,,\n058,A,commune,05801,,,\n");
	assert_string_equal(parent_of(f, "058"), "05801");
}

static void test_tables_that_are_none_are_refused_as_a_whole(void **state)
{
	struct fixture *f = *state;
	refused(f, HEADER, 0, "", "empty");
	refused(f, "", 0, "", "empty");
	refused(f, "code,code\n1,2\n", 0, "", "header-repeated");
	refused(f, "<html>", 0, "", "html");
}

static void test_without_the_needed_columns_no_row_is_good(void **state)
{
	struct fixture *f = *state;
	refused(f, "name,level\nA,commune\n", 2, "", "unit-no-code");
	refused(f, "ma,ten\n1,A\n", 2, "", "unit-no-code");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_units_are_one_act_and_stand_in_the_registry),
		HUB_TEST(test_columns_may_come_in_any_order_and_rows_too),
		HUB_TEST(test_later_file_replaces_its_units_and_leaves_the_others),
		HUB_TEST(test_faulty_rows_refuse_the_file_and_are_named),
		HUB_TEST(test_there_is_one_province_and_it_is_the_hubs),
		HUB_TEST(test_cells_over_their_length_are_named_and_those_at_it_are_taken),
		HUB_TEST(test_unreadable_row_is_not_named_after_another_unit),
		HUB_TEST(test_circles_are_refused),
		HUB_TEST(test_tables_that_are_none_are_refused_as_a_whole),
		HUB_TEST(test_without_the_needed_columns_no_row_is_good),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
