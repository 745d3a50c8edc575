#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/places.h"
#include "protocol/cbor.h"

static void add(struct places *places, int64_t entry, uint32_t index)
{
	assert_int_equal(places_add(places, (struct record_place){.entry = entry, .index = index}), STATUS_OK);
}

static void test_set_survives_its_form(void **state)
{
	(void)state;
	struct places places = {0};
	struct places again = {0};
	struct bytes form = bytes_new(10000);
	for (uint32_t i = 0; i < 200; i++)
		add(&places, 7, 4095 - i);
	add(&places, 3, 5);
	add(&places, 3, 0);
	add(&places, INT64_MAX, 1);
	places_sort(&places);
	places_put(&places, &form);
	assert_int_equal(bytes_status(&form), STATUS_OK);
	assert_int_equal(places_take(bytes_slice(&form), &again), STATUS_OK);
	assert_int_equal(again.count, 203);
	for (size_t i = 0; i < again.count; i++) {
		assert_true(again.at[i].entry == places.at[i].entry);
		assert_int_equal(again.at[i].index, places.at[i].index);
	}
	assert_true(places_has(&again, (struct record_place){.entry = 3, .index = 5}));
	assert_false(places_has(&again, (struct record_place){.entry = 3, .index = 4}));
	assert_false(places_has(&again, (struct record_place){.entry = 4, .index = 5}));
	bytes_free(&form);
	places_free(&again);
	places_free(&places);
	assert_false(places_has(&places, (struct record_place){.entry = 3, .index = 5}));
}

static void test_forms_out_of_order_or_range_are_none(void **state)
{
	(void)state;
	static const struct {
		uint8_t bytes[12];
		size_t len;
	} forms[] = {
		{{0x80}, 0},                                                 /* nothing */
		{{0x81, 0x82, 0x00, 0x81, 0x00}, 5},                         /* there is no entry 0 */
		{{0x81, 0x82, 0x03, 0x82, 0x01, 0x01}, 6},                   /* an index twice */
		{{0x81, 0x82, 0x03, 0x82, 0x02, 0x01}, 6},                   /* indices falling */
		{{0x82, 0x82, 0x03, 0x81, 0x01, 0x82, 0x03, 0x81, 0x02}, 9}, /* an entry twice */
		{{0x81, 0x82, 0x03, 0x81, 0x19, 0x10, 0x00}, 7},             /* an index no batch has */
		{{0x80, 0x00}, 2},                                           /* more than a form */
	};
	struct places places = {0};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_int_equal(places_take(slice_of(forms[i].bytes, forms[i].len), &places), STATUS_MALFORMED);
	static const uint8_t good[] = {0x81, 0x82, 0x03, 0x81, 0x19, 0x0F, 0xFF};
	places_free(&places);
	assert_int_equal(places_take(slice_of(good, sizeof(good)), &places), STATUS_OK);
	assert_int_equal(places.at[0].index, 4095);
	places_free(&places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_survives_its_form),
		cmocka_unit_test(test_forms_out_of_order_or_range_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
