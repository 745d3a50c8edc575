#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/devices.h"
#include "tests/unit/hub/hub_fixture.h"

static void assert_finds(struct fixture *f, const char *text, const struct pc *pc)
{
	struct device device;
	assert_int_equal(devices_find_or_unit(f->hub->registry, text, &device), STATUS_OK);
	assert_memory_equal(device.id, pc->id, DEVICE_ID_LEN);
}

static void test_a_device_is_found_by_what_it_begins_with(void **state)
{
	struct fixture *f = *state;
	struct pc a = enrolled_pc(f, 1, "05801");
	struct pc b = enrolled_pc(f, 2, "05802");
	struct device device;
	char id[2 * DEVICE_ID_LEN + 1];
	hex_format(a.id, DEVICE_ID_LEN, id);
	for (size_t len = 2 * DEVICE_ID_LEN; len >= DEVICE_PREFIX_MIN; len--) {
		id[len] = '\0';
		assert_int_equal(devices_find(f->hub->registry, id, &device), STATUS_OK);
		assert_memory_equal(device.id, a.id, DEVICE_ID_LEN);
	}
	id[DEVICE_PREFIX_MIN - 1] = '\0';
	assert_int_equal(devices_find(f->hub->registry, id, &device), STATUS_USAGE);
	hex_format(b.id, DEVICE_ID_LEN, id);
	for (size_t i = 0; id[i] != '\0'; i++)
		if (id[i] >= 'a')
			id[i] = (char)(id[i] - 'a' + 'A');
	assert_finds(f, id, &b);
	id[0] = id[0] == '0' ? '1' : '0';
	assert_int_equal(devices_find(f->hub->registry, id, &device), STATUS_EMPTY);
	static const char *const wrong[] = {"", "xyzw", "0123456789abcdef0", "12 34", "12g4"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(devices_find(f->hub->registry, wrong[i], &device), STATUS_USAGE);
	signing_key_free(a.key);
	signing_key_free(b.key);
}

static void test_two_that_begin_alike_are_told_apart_by_more(void **state)
{
	struct fixture *f = *state;
	struct pc a = enrolled_pc(f, 1, "05801");
	struct device device;
	char id[2 * DEVICE_ID_LEN + 1];
	hex_format(a.id, DEVICE_ID_LEN, id);
	sql(f, "CREATE TEMP TABLE twin AS SELECT * FROM device;"
	       "UPDATE twin SET id = CAST(substr(id, 1, 4) || x'00000000' AS BLOB), key_id = x'0000000000000000';"
	       "INSERT INTO device SELECT * FROM twin");
	reopen_hub(f);
	assert_int_equal(registry_device_count(f->hub->registry), 2);
	assert_finds(f, id, &a);
	id[8] = '\0';
	assert_int_equal(devices_find(f->hub->registry, id, &device), STATUS_DIFFERENT);
	signing_key_free(a.key);
}

static void test_a_unit_stands_for_its_one_device(void **state)
{
	struct fixture *f = *state;
	struct device device;
	struct pc a = enrolled_pc(f, 1, "05801");
	assert_finds(f, "05801", &a);
	assert_int_equal(devices_find_or_unit(f->hub->registry, "05802", &device), STATUS_EMPTY);
	assert_int_equal(devices_find_or_unit(f->hub->registry, "99999", &device), STATUS_EMPTY);
	struct pc b = enrolled_pc(f, 2, "05801");
	assert_int_equal(devices_find_or_unit(f->hub->registry, "05801", &device), STATUS_DIFFERENT);
	/* One that was replaced is not meant. */
	struct query q = query_start(f->hub->db, "UPDATE device SET state = 4 WHERE id = ?1");
	query_blob(&q, 1, slice_of(a.id, DEVICE_ID_LEN));
	assert_int_equal(query_run(&q), STATUS_OK);
	reopen_hub(f);
	assert_finds(f, "05801", &b);
	signing_key_free(a.key);
	signing_key_free(b.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_a_device_is_found_by_what_it_begins_with),
		HUB_TEST(test_two_that_begin_alike_are_told_apart_by_more),
		HUB_TEST(test_a_unit_stands_for_its_one_device),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
