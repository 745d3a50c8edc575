#include "fold_fixture.h"

enum { DELIVERIES = 8, CASES = 500 };

static void test_a_stamp_is_bounded_by_the_time_of_acceptance(void **state)
{
	(void)state;
	struct origin o = origin_of(1, NOON, 1);
	const int64_t bound = NOON + CLOCK_TOLERANCE_MS;
	o.accepted_at = NOON;
	assert_true(origin_stamp(&o) == NOON);
	o.changed_at = bound;
	assert_true(origin_stamp(&o) == bound);
	o.changed_at = bound + 1;
	assert_true(origin_stamp(&o) == bound);
	o.changed_at = INT64_C(7258118400000); /* 2200 */
	assert_true(origin_stamp(&o) == bound);
	o.changed_at = TIME_MIN;
	assert_true(origin_stamp(&o) == TIME_MIN);
	o.changed_at = TIME_MAX;
	o.accepted_at = TIME_MAX;
	assert_true(origin_stamp(&o) == TIME_MAX);
}

/* Each differs from the one before in one part of rule 2, and all parts after it speak against it. */
static void test_origins_are_ordered_by_rule_2(void **state)
{
	(void)state;
	const int64_t bound = NOON + CLOCK_TOLERANCE_MS;
	const struct origin ascending[] = {
		{{9}, {9, 9}, 9, 9, true, NOON, NOON},
		{{9}, {9, 9}, 9, 9, true, NOON + 1, NOON},
		{{9}, {9, 9}, 9, 9, true, bound, NOON},
		{{1}, {1, 1}, 1, 1, true, bound + 1, NOON}, /* the same stamp, a later claim */
		{{2}, {1, 1}, 1, 1, true, bound + 1, NOON},
		{{2}, {2, 0}, 1, 1, true, bound + 1, NOON},
		{{2}, {2, 1}, 1, 1, true, bound + 1, NOON},
		{{2}, {2, UINT64_MAX}, 1, 1, true, bound + 1, NOON},
		{{2}, {2, UINT64_MAX}, 2, 0, true, bound + 1, NOON},
		{{2}, {2, UINT64_MAX}, 2, 1, true, bound + 1, NOON},
		{{2}, {2, UINT64_MAX}, 2, UINT32_MAX, true, bound + 1, NOON},
		{{0x80}, {1, 0}, 1, 0, true, bound + 1, NOON},
	};
	const size_t n = sizeof(ascending) / sizeof(ascending[0]);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			int order = origin_compare(&ascending[i], &ascending[k]);
			if ((order > 0) - (order < 0) != (i > k) - (i < k))
				fail_msg("origins %zu and %zu", i, k);
		}
}

static void test_incarnations_are_ordered_by_ordinal_then_bits(void **state)
{
	(void)state;
	static const struct incarnation ascending[] = {
		{1, 0}, {1, 1}, {1, UINT64_MAX}, {2, 0}, {2, UINT64_C(1) << 63}, {INT64_MAX, 0}};
	const size_t n = sizeof(ascending) / sizeof(ascending[0]);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			assert_int_equal(incarnation_compare(&ascending[i], &ascending[k]), (i > k) - (i < k));
}

/* Law L5: any order, any repetition, the same bytes. */
static void test_the_same_writes_give_the_same_bytes_in_any_order_and_repetition(void **state)
{
	(void)state;
	struct random r = {5};
	struct delivery all[DELIVERIES];
	for (size_t i = 0; i < CASES; i++) {
		size_t count = random_deliveries(&r, all, DELIVERIES);
		struct thing a = delivered(&r, all, count);
		struct thing b = delivered(&r, all, count);
		struct bytes bytes_a = canonical(&a);
		struct bytes bytes_b = canonical(&b);
		assert_true(slice_equal(bytes_slice(&bytes_a), bytes_slice(&bytes_b)));
		bytes_free(&bytes_a);
		bytes_free(&bytes_b);
		thing_free(&a);
		thing_free(&b);
	}
}

/* Also with the bytes written and read in between, as a store does. */
static void test_things_read_back_and_grow_on(void **state)
{
	(void)state;
	struct random r = {6};
	struct delivery all[DELIVERIES];
	for (size_t i = 0; i < CASES; i++) {
		size_t count = random_deliveries(&r, all, DELIVERIES);
		struct thing whole = delivered(&r, all, count);
		struct bytes expected = canonical(&whole);
		struct bytes stored = bytes_new(THING_ROOM);
		bool fresh = false;
		for (size_t k = 0; k < count; k++) {
			struct thing t = thing_new(KIND_DOSSIER);
			if (stored.len > 0)
				assert_int_equal(thing_read(bytes_slice(&stored), &t), STATUS_OK);
			assert_int_equal(thing_add(&t, &all[k].origin, &all[k].change, &fresh), STATUS_OK);
			struct bytes next = canonical(&t);
			thing_free(&t);
			bytes_free(&stored);
			stored = next;
		}
		assert_true(slice_equal(bytes_slice(&stored), bytes_slice(&expected)));
		bytes_free(&stored);
		bytes_free(&expected);
		thing_free(&whole);
	}
}

static void test_one_record_is_one_origin_whatever_else_differs(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_number(&t, &o, FIELD_VOID, 1);
	struct bytes before = canonical(&t);
	struct change c = dossier_change();
	bool fresh = true;
	change_set_number(&c, FIELD_VOID, 0);
	o.changed_at += DAY;
	assert_int_equal(thing_add(&t, &o, &c, &fresh), STATUS_OK);
	assert_false(fresh);
	struct bytes after = canonical(&t);
	assert_true(slice_equal(bytes_slice(&before), bytes_slice(&after)));
	bytes_free(&before);
	bytes_free(&after);
	thing_free(&t);
}

static void test_absent_writes_nothing_and_null_writes_a_tombstone(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct change c = dossier_change();
	struct origin o = origin_of(1, NOON, 1);
	change_set_null(&c, FIELD_DUE_AT);
	add_change(&t, &o, c);
	assert_int_equal(t.n_origins, 1);
	assert_int_equal(t.n_writes, 1);
	assert_int_equal(t.writes[0].field, FIELD_DUE_AT);
	assert_int_equal(t.writes[0].value.state, VALUE_NULL);
	thing_free(&t);
}

static void test_status_and_status_at_are_one_write(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct change c = dossier_change();
	const struct origin first = origin_of(1, NOON, 1);
	const struct origin second = origin_of(1, NOON + 1, 2);
	const struct origin third = origin_of(1, NOON + 2, 3);
	const struct origin fourth = origin_of(1, NOON + 3, 4);
	change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
	change_set_number(&c, FIELD_STATUS_AT, NOON - DAY);
	add_change(&t, &first, c);
	/* Status alone, and with a cleared date, leave the date unset. */
	c.fields[FIELD_STATUS_AT].state = VALUE_ABSENT;
	add_change(&t, &second, c);
	change_set_null(&c, FIELD_STATUS_AT);
	add_change(&t, &third, c);
	change_set_null(&c, FIELD_STATUS);
	add_change(&t, &fourth, c);
	assert_int_equal(t.n_writes, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(t.writes[i].field, FIELD_STATUS);
	assert_true(t.writes[0].status_at == NOON - DAY);
	assert_true(t.writes[1].status_at == TIME_UNSET);
	assert_true(t.writes[2].status_at == TIME_UNSET);
	assert_int_equal(t.writes[3].value.state, VALUE_NULL);
	thing_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stamp_is_bounded_by_the_time_of_acceptance),
		cmocka_unit_test(test_origins_are_ordered_by_rule_2),
		cmocka_unit_test(test_incarnations_are_ordered_by_ordinal_then_bits),
		cmocka_unit_test(test_the_same_writes_give_the_same_bytes_in_any_order_and_repetition),
		cmocka_unit_test(test_things_read_back_and_grow_on),
		cmocka_unit_test(test_one_record_is_one_origin_whatever_else_differs),
		cmocka_unit_test(test_absent_writes_nothing_and_null_writes_a_tombstone),
		cmocka_unit_test(test_status_and_status_at_are_one_write),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
