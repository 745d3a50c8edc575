#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "reading_fixture.h"

static void test_levels_have_names(void **state)
{
	(void)state;
	for (int i = LEVEL_PROVINCE; i <= LEVEL_COMMUNE; i++) {
		const char *name = unit_level_name((enum unit_level)i);
		assert_int_equal(unit_level_of(name, strlen(name)), i);
	}
	assert_int_equal(unit_level_of("commune", 4), 0);
	assert_int_equal(unit_level_of("", 0), 0);
	assert_string_equal(unit_level_name((enum unit_level)0), "");
	assert_string_equal(unit_level_name((enum unit_level)9), "");
}

static void test_empty_tables_make_an_empty_registry(void **state)
{
	(void)state;
	struct hub_tables h = {.db = tables_blank()};
	read_registry(&h);
	uint8_t id[DEVICE_ID_LEN] = {0};
	uint8_t key_id[KEY_ID_LEN] = {0};
	struct device device;
	assert_int_equal(registry_unit_count(h.registry), 0);
	assert_int_equal(registry_device_count(h.registry), 0);
	assert_int_equal(registry_province(h.registry), UNIT_NONE);
	assert_int_equal(registry_find_unit(h.registry, slice_str("27")), UNIT_NONE);
	assert_int_equal(registry_find_device(h.registry, id, &device), STATUS_UNKNOWN_DEVICE);
	assert_int_equal(registry_find_key(h.registry, key_id, &device), STATUS_UNKNOWN_DEVICE);
	tables_free(&h);
	registry_free(NULL);
}

static void test_units_stand_by_code_and_know_their_place(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	const struct registry *r = h.registry;
	assert_int_equal(registry_unit_count(r), 7);
	for (int i = 1; i < registry_unit_count(r); i++)
		assert_true(strcmp(registry_unit(r, i - 1)->code, registry_unit(r, i)->code) < 0);
	assert_int_equal(registry_province(r), unit_index(&h, "27"));
	assert_int_equal(registry_unit(r, unit_index(&h, "05801"))->parent, unit_index(&h, "058"));
	assert_string_equal(registry_unit(r, unit_index(&h, "05801"))->name, "Unit 05801");
	assert_true(registry_is_leaf(r, unit_index(&h, "05801")));
	assert_true(registry_is_leaf(r, unit_index(&h, "H27")));
	assert_false(registry_is_leaf(r, unit_index(&h, "058")));
	tables_free(&h);
}

static void test_a_unit_covers_itself_and_what_is_below(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	const struct registry *r = h.registry;
	int province = unit_index(&h, "27");
	int district = unit_index(&h, "058");
	int commune = unit_index(&h, "05801");
	assert_true(registry_covers(r, province, commune));
	assert_true(registry_covers(r, district, commune));
	assert_true(registry_covers(r, commune, commune));
	assert_false(registry_covers(r, commune, district));
	assert_false(registry_covers(r, unit_index(&h, "059"), commune));
	assert_false(registry_covers(r, UNIT_NONE, commune));
	assert_false(registry_covers(r, province, UNIT_NONE));
	tables_free(&h);
}

static void test_parents_in_a_circle_or_unknown_are_none(void **state)
{
	(void)state;
	struct hub_tables h = {.db = tables_blank()};
	add_unit(h.db, "A", LEVEL_DISTRICT, "B", NULL, NULL);
	add_unit(h.db, "B", LEVEL_DISTRICT, "C", NULL, NULL);
	add_unit(h.db, "C", LEVEL_DISTRICT, "A", NULL, NULL);
	add_unit(h.db, "D", LEVEL_COMMUNE, "A", NULL, NULL);
	add_unit(h.db, "E", LEVEL_COMMUNE, "E", NULL, NULL);
	add_unit(h.db, "F", LEVEL_COMMUNE, "nowhere", NULL, NULL);
	add_unit(h.db, "P", LEVEL_PROVINCE, "", NULL, NULL);
	read_registry(&h);
	static const char *const alone[] = {"A", "B", "C", "E", "F", "P"};
	for (size_t i = 0; i < sizeof(alone) / sizeof(alone[0]); i++)
		assert_int_equal(registry_unit(h.registry, unit_index(&h, alone[i]))->parent, UNIT_NONE);
	assert_true(registry_covers(h.registry, unit_index(&h, "A"), unit_index(&h, "D")));
	assert_false(registry_covers(h.registry, unit_index(&h, "B"), unit_index(&h, "D")));
	assert_int_equal(registry_province(h.registry), unit_index(&h, "P"));
	tables_free(&h);
}

static void test_units_are_valid_from_first_to_last_day(void **state)
{
	(void)state;
	struct hub_tables h = {.db = tables_blank()};
	add_unit(h.db, "A", LEVEL_COMMUNE, "", "2024-01-01", "2025-06-30");
	add_unit(h.db, "B", LEVEL_COMMUNE, "", NULL, NULL);
	read_registry(&h);
	const struct unit *a = registry_unit(h.registry, 0);
	assert_false(unit_valid_on(a, day("2023-12-31")));
	assert_true(unit_valid_on(a, day("2024-01-01")));
	assert_true(unit_valid_on(a, day("2025-06-30")));
	assert_false(unit_valid_on(a, day("2025-07-01")));
	assert_true(unit_valid_on(registry_unit(h.registry, 1), day("1900-01-01")));
	tables_free(&h);
}

static void test_devices_are_found_by_id_and_by_key(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	add_device(h.db, 9, "unheard-of", "2024-05-22");
	read_registry(&h);
	assert_int_equal(registry_device_count(h.registry), 5);
	for (int number = 1; number <= 4; number++) {
		uint8_t id[DEVICE_ID_LEN];
		uint8_t key_id[KEY_ID_LEN];
		struct device by_id;
		struct device by_key;
		device_id(number, id);
		device_key_id(number, key_id);
		assert_int_equal(registry_find_device(h.registry, id, &by_id), STATUS_OK);
		assert_int_equal(registry_find_key(h.registry, key_id, &by_key), STATUS_OK);
		assert_memory_equal(by_id.id, id, DEVICE_ID_LEN);
		assert_memory_equal(by_key.id, id, DEVICE_ID_LEN);
		assert_int_equal(by_id.heard_day, DAY_UNSET);
		assert_int_equal(by_id.state, DEVICE_ACTIVE);
	}
	uint8_t id[DEVICE_ID_LEN];
	struct device found;
	device_id(9, id);
	assert_int_equal(registry_find_device(h.registry, id, &found), STATUS_OK);
	assert_int_equal(found.unit, UNIT_NONE);
	assert_int_equal(found.heard_day, day("2024-05-22"));
	device_id(5, id);
	assert_int_equal(registry_find_device(h.registry, id, &found), STATUS_UNKNOWN_DEVICE);
	tables_free(&h);
}

static void test_scope_answers_by_code(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	add_device(h.db, 9, "unheard-of", NULL);
	read_registry(&h);
	struct scope scope = registry_scope(h.registry);
	uint8_t id[DEVICE_ID_LEN];
	device_id(2, id);
	assert_true(slice_equal(scope.device_unit(scope.context, id, 0), slice_str("05802")));
	assert_true(scope.covers(scope.context, id, 0, slice_str("05802")));
	assert_false(scope.covers(scope.context, id, 0, slice_str("05801")));
	assert_false(scope.covers(scope.context, id, 0, slice_str("058")));
	assert_false(scope.covers(scope.context, id, 0, slice_str("unheard-of")));
	assert_false(scope.covers(scope.context, id, 0, (struct slice){0}));
	device_id(4, id);
	assert_true(scope.covers(scope.context, id, 0, slice_str("05801")));
	for (int number = 9; number <= 77; number += 77 - 9) {
		device_id(number, id);
		assert_int_equal(scope.device_unit(scope.context, id, 0).len, 0);
		assert_false(scope.covers(scope.context, id, 0, slice_str("05801")));
	}
	tables_free(&h);
}

static void test_reload_shows_what_changed_and_failure_keeps_the_old(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	add_unit(h.db, "05803", LEVEL_COMMUNE, "058", NULL, NULL);
	assert_int_equal(registry_find_unit(h.registry, slice_str("05803")), UNIT_NONE);
	read_registry(&h);
	assert_int_not_equal(registry_find_unit(h.registry, slice_str("05803")), UNIT_NONE);
	assert_int_equal(database_script(h.db, "UPDATE device SET box_key = x'00' WHERE unit = '05802'"),
			 STATUS_OK);
	assert_int_equal(registry_reload(h.registry, h.db), STATUS_CORRUPT);
	assert_int_equal(registry_unit_count(h.registry), 8);
	assert_int_equal(registry_device_count(h.registry), 4);
	tables_free(&h);
}

static void test_a_name_too_long_is_cut_between_characters(void **state)
{
	(void)state;
	struct hub_tables h = {.db = tables_blank()};
	/* 199 bytes, then letters of two bytes: the first of them would be cut in half. */
	assert_int_equal(database_script(h.db, "INSERT INTO unit VALUES ('A', replace(hex(zeroblob(99)), '0', 'x')"
					       " || 'xéé', 4, '', NULL, NULL, '')"),
			 STATUS_OK);
	read_registry(&h);
	assert_int_equal(strlen(registry_unit(h.registry, 0)->name), 199);
	tables_free(&h);
}

struct looker {
	struct registry *registry;
	atomic_bool stop;
	atomic_int missed;
};

static void *look(void *argument)
{
	struct looker *looker = argument;
	uint8_t id[DEVICE_ID_LEN];
	device_id(3, id);
	while (!atomic_load(&looker->stop)) {
		struct device found;
		if (registry_find_device(looker->registry, id, &found) != STATUS_OK || found.id[0] != 3)
			atomic_fetch_add(&looker->missed, 1);
	}
	return NULL;
}

static void test_lookups_go_on_while_it_is_read_again(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct looker looker = {.registry = h.registry};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, look, &looker), 0);
	for (int i = 0; i < 200; i++)
		read_registry(&h);
	atomic_store(&looker.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(atomic_load(&looker.missed), 0);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels_have_names),
		cmocka_unit_test(test_empty_tables_make_an_empty_registry),
		cmocka_unit_test(test_units_stand_by_code_and_know_their_place),
		cmocka_unit_test(test_a_unit_covers_itself_and_what_is_below),
		cmocka_unit_test(test_parents_in_a_circle_or_unknown_are_none),
		cmocka_unit_test(test_units_are_valid_from_first_to_last_day),
		cmocka_unit_test(test_devices_are_found_by_id_and_by_key),
		cmocka_unit_test(test_scope_answers_by_code),
		cmocka_unit_test(test_reload_shows_what_changed_and_failure_keeps_the_old),
		cmocka_unit_test(test_a_name_too_long_is_cut_between_characters),
		cmocka_unit_test(test_lookups_go_on_while_it_is_read_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
