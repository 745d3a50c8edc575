#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "units_fixture.h"
#include "hub/authority.h"
#include "hub/dossier_units.h"
#include "hub/unit_title.h"
#include "tests/unit/protocol/random_fixture.h"

/* "01 06": the line's key and the one above it. */
static void assert_line(const struct unit_map *map, const char *code, const char *stated_on, const char *expected)
{
	char found[2 * UNIT_KEY + 2];
	char key[UNIT_KEY];
	char above[UNIT_KEY] = "";
	int line = unit_map_find(map, slice_str(code), day(stated_on));
	assert_int_not_equal(line, UNIT_NONE);
	assert_true(unit_map_is_line(map, line));
	if (map->parent[line] != UNIT_NONE)
		(void)unit_map_key(map, map->parent[line], above);
	(void)snprintf(found, sizeof(found), "%s %s", unit_map_key(map, line, key), above);
	assert_string_equal(found, expected);
}

static void test_a_code_names_one_unit_after_the_other(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	int before = unit_on(&h, "01", LAST);
	int after = unit_on(&h, "01", FIRST);
	assert_int_equal(after, before + 1);
	assert_int_equal(registry_find_unit(h.registry, slice_str("01")), after);
	assert_int_equal(registry_unit_before(h.registry, after), before);
	assert_int_equal(registry_unit_before(h.registry, before), UNIT_NONE);
	assert_int_equal(unit_on(&h, "01", "1990-01-01"), before);
	assert_int_equal(unit_on(&h, "01", "2090-01-01"), after);
	assert_int_equal(unit_on(&h, "10", "1990-01-01"), unit_on(&h, "10", FIRST));
	assert_int_equal(unit_on(&h, "08", "2090-01-01"), unit_on(&h, "08", LAST));
	assert_int_equal(registry_find_unit_on(h.registry, slice_str("0"), day(FIRST)), UNIT_NONE);
	assert_int_equal(registry_province(h.registry), unit_on(&h, "06", FIRST));
	tables_free(&h);
}

static void test_old_records_count_where_the_succession_leads(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	struct unit_map map = map_of(&h, "2026-05-01");
	assert_line(&map, "01", LAST, "01 06");
	assert_line(&map, "02", LAST, "01 06");
	assert_line(&map, "03", LAST, "09 06");
	assert_line(&map, "05", LAST, "03 06");
	assert_line(&map, "03", FIRST, "03 06");
	assert_line(&map, "07", LAST, "07 06");
	assert_line(&map, "06", LAST, "06 ");
	/* What is divided, and what nobody knows the end of, keeps its name, under what is certainly above it. */
	assert_line(&map, "04", LAST, "04@2025-06-30 06");
	assert_line(&map, "08", LAST, "08@2025-06-30 06");
	assert_line(&map, "901", LAST, "901@2025-06-30 06");
	assert_line(&map, "04", FIRST, "04 06");
	unit_map_free(&map);
	tables_free(&h);
}

static void test_new_records_count_by_the_old_units_where_that_is_certain(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	struct unit_map map = map_of(&h, LAST);
	assert_line(&map, "09", FIRST, "03 901");
	assert_line(&map, "10", FIRST, "04 901");
	assert_line(&map, "04", FIRST, "04 901");
	assert_line(&map, "07", FIRST, "07 902");
	assert_line(&map, "01", FIRST, "01@2025-07-01 901");
	assert_line(&map, "03", FIRST, "03@2025-07-01 902");
	assert_line(&map, "06", FIRST, "06 ");
	unit_map_free(&map);
	tables_free(&h);
}

/* 04 was divided and one part merged back later: the other part alone is in doubt no more than the whole was. */
static void test_parts_that_meet_again_are_one(void **state)
{
	(void)state;
	struct hub_tables h = {.db = tables_blank()};
	add_old_units(h.db);
	add_unit(h.db, "06", LEVEL_PROVINCE, "", FIRST, NULL);
	add_unit(h.db, "10", LEVEL_COMMUNE, "06", FIRST, "2025-12-31");
	add_unit(h.db, "11", LEVEL_COMMUNE, "06", FIRST, "2025-12-31");
	add_unit(h.db, "12", LEVEL_COMMUNE, "06", "2026-01-01", NULL);
	add_succession(h.db, "04", "10", FIRST, SUCCESSION_SPLIT);
	add_succession(h.db, "04", "11", FIRST, SUCCESSION_SPLIT);
	add_succession(h.db, "10", "12", "2026-01-01", SUCCESSION_MERGE);
	add_succession(h.db, "11", "12", "2026-01-01", SUCCESSION_MERGE);
	add_succession(h.db, "08", "11", FIRST, SUCCESSION_SPLIT); /* the other parts are not stated */
	read_registry(&h);
	struct unit_map then = map_of(&h, "2025-10-01");
	assert_line(&then, "04", LAST, "04@2025-06-30 06");
	struct unit_map now = map_of(&h, "2026-10-01");
	assert_line(&now, "04", LAST, "12 06");
	assert_line(&now, "08", LAST, "08@2025-06-30 06");
	unit_map_free(&then);
	unit_map_free(&now);
	tables_free(&h);
}

static void test_what_is_divided_within_a_district_stays_within_it(void **state)
{
	(void)state;
	struct hub_tables h = {.db = tables_blank()};
	add_unit(h.db, "06", LEVEL_PROVINCE, "", NULL, NULL);
	add_unit(h.db, "901", LEVEL_DISTRICT, "06", NULL, NULL);
	add_unit(h.db, "902", LEVEL_DISTRICT, "06", NULL, NULL);
	add_unit(h.db, "01", LEVEL_COMMUNE, "901", NULL, LAST);
	add_unit(h.db, "02", LEVEL_COMMUNE, "902", NULL, LAST);
	add_unit(h.db, "03", LEVEL_COMMUNE, "901", FIRST, NULL);
	add_unit(h.db, "04", LEVEL_COMMUNE, "901", FIRST, NULL);
	add_succession(h.db, "01", "03", FIRST, SUCCESSION_SPLIT);
	add_succession(h.db, "01", "04", FIRST, SUCCESSION_SPLIT);
	add_succession(h.db, "02", "04", FIRST, SUCCESSION_SPLIT);
	add_succession(h.db, "02", "902", FIRST, SUCCESSION_SPLIT);
	read_registry(&h);
	struct unit_map map = map_of(&h, FIRST);
	assert_line(&map, "01", LAST, "01@2025-06-30 901");
	assert_line(&map, "02", LAST, "02@2025-06-30 06");
	assert_true(unit_map_covers(&map, unit_on(&h, "901", FIRST), unit_on(&h, "01", LAST)));
	unit_map_free(&map);
	tables_free(&h);
}

/* A former province that the hub took over stands under its own, with all that was below it. */
static void test_former_provinces_stand_under_the_hubs_own(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	add_unit(h.db, "19", LEVEL_PROVINCE, "", NULL, LAST);
	add_unit(h.db, "91", LEVEL_COMMUNE, "19", NULL, LAST);
	add_succession(h.db, "91", "10", FIRST, SUCCESSION_MERGE);
	read_registry(&h);
	struct unit_map then = map_of(&h, LAST);
	assert_line(&then, "91", LAST, "91 19");
	assert_line(&then, "19", LAST, "19 06");
	struct unit_map now = map_of(&h, FIRST);
	assert_line(&now, "91", LAST, "10 06");
	assert_line(&now, "19", LAST, "19@2025-06-30 06");
	unit_map_free(&then);
	unit_map_free(&now);
	tables_free(&h);
}

static void test_leaves_are_those_of_the_day(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	struct unit_map then = map_of(&h, LAST);
	struct unit_map now = map_of(&h, FIRST);
	int leaves_then = 0;
	int leaves_now = 0;
	for (int i = 0; i < then.n; i++) {
		leaves_then += unit_map_is_leaf(&then, i);
		leaves_now += unit_map_is_leaf(&now, i);
	}
	assert_int_equal(leaves_then, 8);
	assert_int_equal(leaves_now, 6);
	assert_int_equal(then.same_to, day(LAST));
	assert_int_equal(then.same_from, INT32_MIN);
	assert_int_equal(now.same_from, day(FIRST));
	assert_int_equal(now.same_to, INT32_MAX);
	unit_map_free(&then);
	unit_map_free(&now);
	tables_free(&h);
}

static void test_a_line_is_named_by_its_code_or_by_a_day_of_its_own(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	struct unit_map map = map_of(&h, FIRST);
	int named = UNIT_NONE;
	char title[UNIT_TITLE];
	char codes[UNIT_MAY_BE];
	assert_int_equal(unit_map_parse(&map, "04", &named), unit_on(&h, "04", FIRST));
	assert_int_equal(named, UNIT_NONE);
	assert_int_equal(unit_map_parse(&map, "04@2025-06-30", &named), unit_on(&h, "04", LAST));
	assert_int_equal(named, UNIT_NONE);
	assert_int_equal(unit_map_parse(&map, "02", &named), unit_on(&h, "01", FIRST));
	assert_int_equal(named, unit_on(&h, "02", LAST));
	assert_int_equal(unit_map_parse(&map, "99", &named), UNIT_NONE);
	assert_int_equal(unit_map_parse(&map, "04@yesterday", &named), UNIT_NONE);
	assert_string_equal(unit_title(&map, unit_on(&h, "04", FIRST), title), "Unit 04");
	assert_string_equal(unit_title(&map, unit_on(&h, "04", LAST), title),
			    "Unit 04 (divided, not known between which of 04,10)");
	assert_string_equal(unit_title(&map, unit_on(&h, "08", LAST), title), "Unit 08 (no unit on 2025-07-01)");
	assert_string_equal(unit_may_be(&map, unit_on(&h, "08", LAST), codes), "");
	unit_map_free(&map);
	map = map_of(&h, LAST);
	assert_string_equal(unit_title(&map, unit_on(&h, "01", FIRST), title),
			    "Unit 01 (made of several, not known which of 01,02)");
	unit_map_free(&map);
	tables_free(&h);
}

/* A dossier's own words say what the list cannot. */
static void test_what_was_stated_before_decides_for_a_day_before(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	tell(&h, 7, KIND_DOSSIER, "A-1", "2025-05-02T08:00:00", "unit=02");
	tell(&h, 7, KIND_DOSSIER, "A-1", "2025-06-02T08:00:00", "unit=02");
	struct query plain = query_start(h.db, "SELECT length(units) FROM dossier");
	assert_true(query_row(&plain) && query_get_int(&plain, 0) == 0);
	assert_int_equal(query_finish(&plain), STATUS_OK);
	tell(&h, 7, KIND_DOSSIER, "A-1", "2025-08-02T08:00:00", "unit=01");
	tell(&h, 7, KIND_DOSSIER, "A-2", "2025-05-02T08:00:00", "unit=01");
	tell(&h, 7, KIND_DOSSIER, "A-2", "2025-08-02T08:00:00", "unit=01"); /* the same code, another unit */
	struct unit_map then = map_of(&h, LAST);
	struct unit_map now = map_of(&h, FIRST);
	static const char *const codes[] = {"A-1", "A-2"};
	static const char *const units[] = {"02", "01"};
	for (size_t i = 0; i < 2; i++) {
		struct query q = query_start(h.db, "SELECT unit, unit_day, units FROM dossier WHERE code = ?1");
		query_str(&q, 1, codes[i]);
		assert_true(query_row(&q));
		struct slice unit = query_get_text(&q, 0);
		int32_t on = (int32_t)query_get_int(&q, 1);
		struct slice before = query_get_blob(&q, 2);
		assert_int_equal(on, day("2025-08-02"));
		assert_int_equal(unit_map_find_stated(&then, unit, on, before), unit_on(&h, units[i], LAST));
		assert_int_equal(unit_map_find_stated(&now, unit, on, before), unit_on(&h, "01", FIRST));
		assert_int_equal(query_finish(&q), STATUS_OK);
	}
	unit_map_free(&then);
	unit_map_free(&now);
	tables_free(&h);
}

static void test_damaged_history_is_none(void **state)
{
	(void)state;
	static const uint8_t entries[] = {0x82, 0x82, 0x05, 0x61, 'a', 0x82, 0x09, 0x61, 'b'};
	struct slice unit;
	int32_t on = 0;
	assert_true(dossier_units_nearest(slice_of(entries, sizeof(entries)), 8, &unit, &on));
	assert_true(slice_equal(unit, slice_str("a")) && on == 5);
	assert_true(dossier_units_nearest(slice_of(entries, sizeof(entries)), 9, &unit, &on));
	assert_true(slice_equal(unit, slice_str("b")) && on == 9);
	assert_true(dossier_units_nearest(slice_of(entries, sizeof(entries)), 1, &unit, &on));
	assert_true(slice_equal(unit, slice_str("a")));
	for (size_t len = 0; len < sizeof(entries); len++)
		assert_false(dossier_units_nearest(slice_of(entries, len), 9, &unit, &on));
}

static void add_random_row(struct hub_tables *h, struct random *r)
{
	char from[DATE_TEXT];
	char old[8];
	char heir[8];
	(void)date_format(day("2020-01-01") + (int32_t)random_below(r, 12) * 100, from);
	(void)snprintf(old, sizeof(old), "%d", (int)random_below(r, 8));
	(void)snprintf(heir, sizeof(heir), "%d", (int)random_below(r, 8));
	struct query q = query_start(h->db, "INSERT OR REPLACE INTO succession VALUES (?1, ?2, ?3, ?4)");
	query_str(&q, 1, old);
	query_str(&q, 2, heir);
	query_int(&q, 3, day(from));
	query_int(&q, 4, 1 + (int64_t)random_below(r, 4));
	assert_int_equal(query_run(&q), STATUS_OK);
}

/* Units of a few codes, one after the other without order or sense, under each other. */
static void add_random_units(struct hub_tables *h, struct random *r)
{
	add_unit(h->db, "P", LEVEL_PROVINCE, "", NULL, NULL);
	for (int code = 0; code < 8; code++) {
		char name[8];
		char parent[8] = "P";
		int32_t from = day("2020-01-01");
		(void)snprintf(name, sizeof(name), "%d", code);
		for (int i = (int)random_below(r, 4); i > 0; i--) {
			char first[DATE_TEXT];
			char last[DATE_TEXT];
			int32_t to = from + 99 + (int32_t)random_below(r, 3) * 100;
			if (random_below(r, 2) == 0)
				(void)snprintf(parent, sizeof(parent), "%d", (int)random_below(r, 8));
			add_unit(h->db, name, LEVEL_COMMUNE, parent, date_format(from, first),
				 i == 1 && random_below(r, 2) == 0 ? NULL : date_format(to, last));
			from = to + 1 + (int32_t)random_below(r, 2) * 100;
		}
	}
}

/* Header: 1 and 2, whatever the list says. */
static void assert_is_a_forest(const struct unit_map *map)
{
	for (int i = 0; i < map->n; i++) {
		int line = map->place[i];
		assert_true(line >= 0 && line < map->n && unit_map_is_line(map, line));
		if (unit_valid_on(registry_unit(map->registry, i), map->day))
			assert_int_equal(line, i);
		int steps = 0;
		for (int at = line; at != UNIT_NONE; at = map->parent[at]) {
			assert_true(unit_map_is_line(map, at));
			assert_true(steps++ <= map->n);
		}
	}
}

/* Whatever the answer is, there is one, and a device never loses its own unit. */
static void assert_questions_end(const struct hub_tables *h, int32_t on)
{
	const struct device *device = registry_device(h->registry, 0);
	int unit = registry_device_unit(h->registry, device, on);
	for (int code = 0; code < 8; code++) {
		char name[8];
		(void)snprintf(name, sizeof(name), "%d", code);
		(void)authority_covers(h->registry, device, on, slice_str(name));
		(void)authority_follows(h->registry, slice_str(name), slice_str("3"));
	}
	if (unit != UNIT_NONE && registry_unit(h->registry, unit)->valid_from <= on)
		assert_true(authority_covers(h->registry, device, on,
					     slice_str(registry_unit(h->registry, unit)->code)));
}

static void test_any_list_gives_lines_without_circles(void **state)
{
	(void)state;
	struct random r = {.state = 20250701};
	for (int round = 0; round < 300; round++) {
		struct hub_tables h = {.db = tables_blank()};
		add_random_units(&h, &r);
		for (int i = (int)random_below(&r, 20); i > 0; i--)
			add_random_row(&h, &r);
		add_device(h.db, 1, "3", NULL);
		read_registry(&h);
		for (int step = 0; step < 14; step++) {
			struct unit_map map;
			assert_int_equal(unit_map_new(h.registry, day("2019-12-01") + step * 90, &map), STATUS_OK);
			assert_is_a_forest(&map);
			assert_questions_end(&h, map.day);
			unit_map_free(&map);
		}
		tables_free(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_code_names_one_unit_after_the_other),
		cmocka_unit_test(test_old_records_count_where_the_succession_leads),
		cmocka_unit_test(test_new_records_count_by_the_old_units_where_that_is_certain),
		cmocka_unit_test(test_parts_that_meet_again_are_one),
		cmocka_unit_test(test_what_is_divided_within_a_district_stays_within_it),
		cmocka_unit_test(test_former_provinces_stand_under_the_hubs_own),
		cmocka_unit_test(test_leaves_are_those_of_the_day),
		cmocka_unit_test(test_a_line_is_named_by_its_code_or_by_a_day_of_its_own),
		cmocka_unit_test(test_what_was_stated_before_decides_for_a_day_before),
		cmocka_unit_test(test_damaged_history_is_none),
		cmocka_unit_test(test_any_list_gives_lines_without_circles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
