#include "cbor_fixture.h"
#include "fold_fixture.h"

enum { DELIVERIES = 8, CASES = 500 };

static const char *const NOBODY[256];

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

/* One device, two incarnations, all kinds of values. */
static struct thing sample_thing(void)
{
	struct thing t = thing_new(KIND_DOSSIER);
	struct change c = dossier_change();
	struct origin o = origin_of(7, NOON, 1);
	change_set_text(&c, FIELD_UNIT, slice_str("p.d"));
	change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
	change_set_number(&c, FIELD_STATUS_AT, NOON);
	add_change(&t, &o, c);
	c = dossier_change();
	o = origin_of(7, NOON - MINUTE, 2);
	o.incarnation = (struct incarnation){2, 0xff};
	o.index = 40;
	o.time_stated = false;
	change_set_number(&c, FIELD_STATUS, DOSSIER_DONE);
	change_set_null(&c, FIELD_DUE_AT);
	change_set_text(&c, FIELD_DOMAIN, slice_str("ồ"));
	add_change(&t, &o, c);
	return t;
}

/* These bytes are in databases. */
static void test_the_form_at_rest(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"84 01 86 48 07 00 00 00 00 00 00 00 01 48 00 00 00 00 00 00 00 00",
		"48 07 00 00 00 00 00 00 00 02 48 00 00 00 00 00 00 00 ff",
		"8c 01 02 18 28 1b 00 00 01 8f 9e aa ba 20 19 ea 60 00",
		"00 01 00 1b 00 00 01 8f 9e ab a4 80 19 ea 60 01",
		"8f 00 01 63 70 2e 64 04 00 63 e1 bb 93 07 00 09",
		"07 01 82 02 1b 00 00 01 8f 9e ab a4 80 0d 00 f6",
	};
	struct bytes expected = bytes_new(THING_ROOM);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct input in = input_of(lines[i]);
		bytes_put(&expected, in.data, in.len);
		free(in.data);
	}
	struct thing t = sample_thing();
	struct bytes out = canonical(&t);
	assert_int_equal(out.len, expected.len);
	assert_memory_equal(out.data, expected.data, out.len);
	bytes_free(&out);
	bytes_free(&expected);
	thing_free(&t);
}

/* Reads an exact copy; what could be read is in order and may be added to. */
static enum status read_copy(struct slice data)
{
	struct thing t = thing_new(KIND_DOSSIER);
	uint8_t *copy = malloc(data.len + 1);
	assert_non_null(copy);
	memcpy(copy, data.data, data.len);
	enum status s = thing_read(slice_of(copy, data.len), &t);
	for (size_t i = 1; i < t.n_origins; i++)
		assert_true(origin_compare(&t.origins[i - 1], &t.origins[i]) < 0);
	for (size_t i = 1; i < t.n_writes; i++) {
		const struct write *w = &t.writes[i];
		assert_true(w[-1].field < w->field || (w[-1].field == w->field && w[-1].origin < w->origin));
		assert_true(w->origin < t.n_origins);
		assert_true(w->status_at == TIME_UNSET || w->field == FIELD_STATUS);
	}
	if (s == STATUS_OK) {
		const struct origin o = origin_of(0xee, NOON, 1);
		add_number(&t, &o, FIELD_VOID, 1);
		struct resolved r = resolved_of(&t, NOBODY);
		resolved_free(&r);
	} else {
		assert_int_equal(t.n_origins, 0);
		assert_int_equal(t.n_writes, 0);
	}
	thing_free(&t);
	free(copy);
	return s;
}

static void test_every_truncation_is_refused_and_no_flipped_bit_does_harm(void **state)
{
	(void)state;
	struct thing t = sample_thing();
	struct bytes out = canonical(&t);
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(read_copy(slice_of(out.data, len)), STATUS_MALFORMED);
	bytes_put_u8(&out, 0);
	assert_int_equal(read_copy(bytes_slice(&out)), STATUS_MALFORMED);
	out.len--;
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		enum status s = read_copy(bytes_slice(&out));
		assert_true(s == STATUS_OK || s == STATUS_MALFORMED);
		out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	assert_int_equal(read_copy(bytes_slice(&out)), STATUS_OK);
	bytes_free(&out);
	thing_free(&t);
}

#define SOURCE  "83 48 07 00 00 00 00 00 00 00 01 48 00 00 00 00 00 00 00 00"
#define ORIGINS "8c 00 01 00 05 05 01 00 02 00 06 05 01"

static enum status read_parts(const char *kind, const char *sources, const char *origins, const char *writes)
{
	const char *const parts[] = {"84", kind, sources, origins, writes};
	struct bytes data = bytes_new(THING_ROOM);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct input in = input_of(parts[i]);
		bytes_put(&data, in.data, in.len);
		free(in.data);
	}
	enum status s = read_copy(bytes_slice(&data));
	bytes_free(&data);
	return s;
}

static void test_what_is_no_thing_is_refused(void **state)
{
	(void)state;
	static const char *const origins[] = {
		"80", /* none */
		"85 00 01 00 05 05",
		"87 00 01 00 05 05 01 00", /* not six parts */
		"86 01 01 00 05 05 01",    /* a source that is not there */
		"86 00 01 00 05 05 02",
		"8c 00 02 00 06 05 01 00 01 00 05 05 01",       /* the later one first */
		"8c 00 01 00 05 05 01 00 01 00 05 05 01",       /* one twice */
		"86 00 01 00 1b 7f ff ff ff ff ff ff ff 05 01", /* beyond the calendar */
		"86 00 01 00 05 1b 7f ff ff ff ff ff ff ff 01",
		"9b 00 00 00 00 ff ff ff fc",
	};
	static const char *const writes[] = {
		"81 00",
		"82 07 00",       /* not three parts */
		"83 07 02 02",    /* an origin that is not there */
		"83 18 22 00 02", /* field 34 */
		"83 07 00 0b",    /* status 11 */
		"83 07 00 82 02 f6",
		"83 07 00 83 02 00 00",
		"83 01 00 82 01 05", /* only a status has two parts */
		"86 07 01 02 07 00 02",
		"86 07 00 02 07 00 02", /* not ascending */
		"86 07 00 02 01 00 01",
		"83 00 00 60",
		"83 00 00 61 20", /* no unit codes */
		"9b 00 00 00 00 ff ff ff fc",
	};
	assert_int_equal(read_parts("01", SOURCE, ORIGINS, "86 07 00 02 07 01 82 02 05"), STATUS_OK);
	assert_int_equal(read_parts("01", SOURCE, ORIGINS, "80"), STATUS_OK);
	assert_int_equal(read_parts("04", SOURCE, ORIGINS, "80"), STATUS_MALFORMED);
	assert_int_equal(read_parts("01", "80", ORIGINS, "80"), STATUS_MALFORMED);
	assert_int_equal(read_parts("01", "9b 00 00 00 00 ff ff ff fc", ORIGINS, "80"), STATUS_MALFORMED);
	/* The list of origins as a fourth part of the list of sources. */
	assert_int_equal(read_parts("01",
				    "84"
				    " 48 07 00 00 00 00 00 00 00 01 48 00 00 00 00 00 00 00 00",
				    ORIGINS, "80"),
			 STATUS_MALFORMED);
	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]); i++)
		if (read_parts("01", SOURCE, origins[i], "80") != STATUS_MALFORMED)
			fail_msg("origins %s were taken", origins[i]);
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		if (read_parts("01", SOURCE, ORIGINS, writes[i]) != STATUS_MALFORMED)
			fail_msg("writes %s were taken", writes[i]);
}

static void test_a_buffer_too_small_is_an_error(void **state)
{
	(void)state;
	struct thing t = sample_thing();
	struct bytes fits = canonical(&t);
	for (size_t limit = 0; limit < fits.len; limit++) {
		struct bytes out = bytes_new(limit);
		thing_put(&t, &out);
		assert_int_equal(bytes_status(&out), STATUS_LIMIT);
		bytes_free(&out);
	}
	bytes_free(&fits);
	thing_free(&t);
	thing_free(NULL);
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
		cmocka_unit_test(test_the_form_at_rest),
		cmocka_unit_test(test_every_truncation_is_refused_and_no_flipped_bit_does_harm),
		cmocka_unit_test(test_what_is_no_thing_is_refused),
		cmocka_unit_test(test_a_buffer_too_small_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
