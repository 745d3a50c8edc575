#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/authority.h"
#include "units_fixture.h"

#define TODAY "2026-05-01"

static struct device device_of(const struct hub_tables *h, int number)
{
	struct device device;
	uint8_t id[DEVICE_ID_LEN];
	device_id(number, id);
	assert_int_equal(registry_find_device(h->registry, id, &device), STATUS_OK);
	return device;
}

static bool covers(const struct hub_tables *h, int number, const char *date, const char *code)
{
	struct device device = device_of(h, number);
	return authority_covers(h->registry, &device, day(date), slice_str(code));
}

/* "01 02 …": the codes of the province a device writes for on a day. */
static void assert_covers(const struct hub_tables *h, int number, const char *date, const char *expected)
{
	static const char *const codes[] = {"01", "02", "03", "04", "05",  "06", "06C",
					    "07", "08", "09", "10", "901", "902"};
	char found[100] = "";
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		size_t used = strlen(found);
		if (covers(h, number, date, codes[i]))
			(void)snprintf(found + used, sizeof(found) - used, "%s%s", used > 0 ? " " : "", codes[i]);
	}
	assert_string_equal(found, expected);
}

static const char *unit_of(const struct hub_tables *h, int number, const char *date)
{
	struct device device = device_of(h, number);
	return registry_unit(h->registry, registry_device_unit(h->registry, &device, day(date)))->code;
}

static void test_merges_and_renames_are_followed_from_their_day_on(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	/* The code of a unit that merged is the new unit's from then on, and who took it over writes for its parts.
	 */
	assert_covers(&h, 1, LAST, "01");
	assert_covers(&h, 1, FIRST, "01 02");
	assert_covers(&h, 2, LAST, "02");
	assert_covers(&h, 2, FIRST, "01 02");
	/* Renamed; the old code is another unit's now, and what it was stated for is not known from the code alone.
	 */
	assert_covers(&h, 3, LAST, "03 09"); /* a code that nobody has yet: test_coming_units */
	assert_covers(&h, 3, FIRST, "03 09");
	assert_covers(&h, 5, FIRST, "03 05 06C");
	assert_string_equal(unit_of(&h, 2, LAST), "02");
	assert_string_equal(unit_of(&h, 2, FIRST), "01");
	assert_string_equal(unit_of(&h, 3, FIRST), "09");
	tables_free(&h);
}

static void test_divided_units_wait_for_the_operator(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	assert_covers(&h, 4, FIRST, "04");
	assert_string_equal(unit_of(&h, 4, "2026-01-01"), "04");
	struct device before = device_of(&h, 4);
	assert_int_equal(registry_device_unit(h.registry, &before, day(FIRST)), unit_on(&h, "04", LAST));
	add_assignment(h.db, 4, "2025-07-10", "10");
	read_registry(&h);
	assert_covers(&h, 4, "2025-07-09", "04");
	assert_covers(&h, 4, "2025-07-10", "04 10");
	assert_string_equal(unit_of(&h, 4, "2025-07-09"), "04");
	assert_string_equal(unit_of(&h, 4, "2025-07-10"), "10");
	tables_free(&h);
}

static void test_those_above_keep_what_stood_below_them(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	assert_covers(&h, 6, LAST, "01 02 03 04 09 901");
	/* 04: of the parts one came by a division. 03: its communes' renamed one, not the code's new owner … */
	assert_true(covers(&h, 6, FIRST, "09"));
	assert_true(covers(&h, 6, FIRST, "01"));
	assert_false(covers(&h, 6, FIRST, "10"));
	assert_false(covers(&h, 6, FIRST, "05"));
	assert_covers(&h, 7, LAST, "01 02 03 04 05 06 06C 07 08 09 10 901 902");
	assert_covers(&h, 7, FIRST, "01 02 03 04 05 06 06C 07 08 09 10 901 902");
	tables_free(&h);
}

/* All parts of what was divided are below the province: it writes for the whole. */
static void test_whoever_has_all_parts_has_the_whole(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	add_unit(h.db, "19", LEVEL_PROVINCE, "", NULL, LAST);
	add_unit(h.db, "91", LEVEL_COMMUNE, "19", NULL, LAST);
	add_unit(h.db, "92", LEVEL_COMMUNE, "19", NULL, LAST);
	add_unit(h.db, "93", LEVEL_COMMUNE, "19", NULL, LAST);
	add_succession(h.db, "91", "10", FIRST, SUCCESSION_SPLIT);
	add_succession(h.db, "91", "09", FIRST, SUCCESSION_SPLIT);
	add_succession(h.db, "92", "09", FIRST, SUCCESSION_SPLIT); /* its other parts are elsewhere */
	read_registry(&h);
	assert_true(covers(&h, 7, FIRST, "91"));
	assert_false(covers(&h, 7, LAST, "91"));
	assert_false(covers(&h, 7, FIRST, "92"));
	assert_false(covers(&h, 7, FIRST, "93"));
	assert_false(covers(&h, 3, FIRST, "91"));
	tables_free(&h);
}

/* A code that nobody had yet is judged as on its first day; one that another unit has is that unit. */
static void test_coming_units(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	assert_true(covers(&h, 3, "2025-06-01", "09"));
	assert_false(covers(&h, 5, "2025-06-01", "03"));
	assert_true(covers(&h, 5, FIRST, "03"));
	assert_false(covers(&h, 4, "2025-06-01", "10"));
	assert_false(covers(&h, 7, FIRST, "unheard-of"));
	tables_free(&h);
}

static void test_a_later_assignment_ends_what_would_have_followed(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	add_assignment(h.db, 2, "2025-06-01", "03");
	add_assignment(h.db, 99, "2025-06-01", "03"); /* of nobody known */
	read_registry(&h);
	assert_string_equal(unit_of(&h, 2, "2025-05-31"), "02");
	assert_string_equal(unit_of(&h, 2, "2025-06-01"), "03");
	assert_string_equal(unit_of(&h, 2, FIRST), "09");
	struct device device = device_of(&h, 2);
	assert_int_equal(device.unit, unit_on(&h, "09", FIRST));
	assert_covers(&h, 2, FIRST, "01 02 03 09"); /* 01 succeeded what was its own */
	tables_free(&h);
}

static void test_devices_that_may_state_different_units(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	struct device of_01 = device_of(&h, 1);
	struct device of_02 = device_of(&h, 2);
	struct device of_04 = device_of(&h, 4);
	struct device district = device_of(&h, 6);
	assert_true(authority_ranked(h.registry, &of_01, &of_02)); /* both are of the new 01 now */
	assert_true(authority_ranked(h.registry, &of_04, &district));
	assert_false(authority_ranked(h.registry, &of_01, &of_04));
	assert_true(authority_follows(h.registry, slice_str("04"), slice_str("10")));
	assert_true(authority_follows(h.registry, slice_str("10"), slice_str("04")));
	assert_true(authority_follows(h.registry, slice_str("02"), slice_str("01")));
	assert_false(authority_follows(h.registry, slice_str("02"), slice_str("09")));
	assert_false(authority_follows(h.registry, slice_str("02"), slice_str("unheard-of")));
	tables_free(&h);
}

/* A later list can take its ground from a row; followed all the same, these two would lead in a circle for ever. */
static void test_a_row_that_no_longer_fits_the_list_says_nothing(void **state)
{
	(void)state;
	struct hub_tables h = {.db = tables_blank()};
	add_unit(h.db, "P", LEVEL_PROVINCE, "", NULL, NULL);
	add_unit(h.db, "A", LEVEL_COMMUNE, "P", NULL, LAST);
	add_unit(h.db, "B", LEVEL_COMMUNE, "P", NULL, "2024-06-30");
	add_succession(h.db, "A", "B", FIRST, SUCCESSION_MERGE);
	add_succession(h.db, "B", "A", "2024-07-01", SUCCESSION_MERGE);
	add_device(h.db, 1, "A", NULL);
	add_device(h.db, 2, "B", NULL);
	read_registry(&h);
	assert_string_equal(unit_of(&h, 1, TODAY), "A");
	assert_string_equal(unit_of(&h, 2, TODAY), "A");
	assert_true(covers(&h, 1, TODAY, "B"));
	assert_false(covers(&h, 1, TODAY, "P"));
	struct unit_map map = map_of(&h, TODAY);
	assert_int_equal(unit_map_find(&map, slice_str("B"), day(LAST)), unit_on(&h, "A", LAST));
	assert_true(unit_map_undivided(&map, unit_on(&h, "A", LAST)));
	unit_map_free(&map);
	tables_free(&h);
}

/* Nothing anybody can put into the tables keeps a question from ending. */
static void test_tangles_end(void **state)
{
	(void)state;
	struct hub_tables h = {.db = tables_blank()};
	char code[16];
	char other[16];
	add_unit(h.db, "P", LEVEL_PROVINCE, "", NULL, NULL);
	for (int i = 0; i < 40; i++) {
		(void)snprintf(code, sizeof(code), "%02d", i);
		(void)snprintf(other, sizeof(other), "%02d", (i + 7) % 40);
		add_unit(h.db, code, LEVEL_COMMUNE, other, NULL, LAST);
		add_unit(h.db, code, LEVEL_COMMUNE, "P", FIRST, NULL);
	}
	for (int i = 0; i < 1600; i++) {
		(void)snprintf(code, sizeof(code), "%02d", i % 40);
		(void)snprintf(other, sizeof(other), "%02d", i / 40);
		add_succession(h.db, code, other, FIRST, i % 3 == 0 ? SUCCESSION_SPLIT : SUCCESSION_MERGE);
	}
	add_device(h.db, 1, "00", NULL);
	read_registry(&h);
	assert_true(covers(&h, 1, FIRST, "00"));
	assert_false(covers(&h, 1, FIRST, "P"));
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merges_and_renames_are_followed_from_their_day_on),
		cmocka_unit_test(test_divided_units_wait_for_the_operator),
		cmocka_unit_test(test_those_above_keep_what_stood_below_them),
		cmocka_unit_test(test_whoever_has_all_parts_has_the_whole),
		cmocka_unit_test(test_coming_units),
		cmocka_unit_test(test_a_later_assignment_ends_what_would_have_followed),
		cmocka_unit_test(test_devices_that_may_state_different_units),
		cmocka_unit_test(test_a_row_that_no_longer_fits_the_list_says_nothing),
		cmocka_unit_test(test_tangles_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
