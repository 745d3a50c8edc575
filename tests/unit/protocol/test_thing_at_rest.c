#include "cbor_fixture.h"
#include "fold_fixture.h"

static const char *const NOBODY[256];

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

/* Several devices' writes, one each. */
static struct thing thing_of_devices(uint8_t devices)
{
	struct thing t = thing_new(KIND_EQUIPMENT);
	for (uint8_t device = 1; device <= devices; device++) {
		const struct origin o = origin_of(device, NOON - device * MINUTE, device);
		add_number(&t, &o, FIELD_TYPE, 1);
	}
	return t;
}

static void assert_reads_as(struct thing *t, const struct thing *expected)
{
	struct bytes at_rest = canonical(expected);
	assert_int_equal(thing_read(bytes_slice(&at_rest), t), STATUS_OK);
	struct bytes again = canonical(t);
	assert_true(slice_equal(bytes_slice(&again), bytes_slice(&at_rest)));
	assert_int_equal(thing_read(slice_of(at_rest.data, at_rest.len - 1), t), STATUS_MALFORMED);
	assert_int_equal(t->n_origins, 0);
	assert_int_equal(t->n_writes, 0);
	assert_int_equal(thing_read(bytes_slice(&at_rest), t), STATUS_OK);
	bytes_free(&again);
	bytes_free(&at_rest);
}

static void test_what_is_read_takes_the_place_of_what_was_there(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct thing sample = sample_thing();
	assert_reads_as(&t, &sample);
	for (uint8_t devices = 1; devices < 20; devices++) {
		struct thing many = thing_of_devices(devices);
		assert_reads_as(&t, &many);
		assert_int_equal(t.kind, KIND_EQUIPMENT);
		assert_reads_as(&t, &sample);
		thing_free(&many);
	}
	const struct origin later = origin_of(9, NOON + DAY, 1);
	thing_clear(&t, KIND_INDICATOR);
	add_number(&t, &later, FIELD_VALUE, 3);
	assert_int_equal(t.kind, KIND_INDICATOR);
	assert_int_equal(t.n_origins, 1);
	assert_int_equal(t.n_writes, 1);
	thing_free(&sample);
	thing_free(&t);
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
		cmocka_unit_test(test_the_form_at_rest),
		cmocka_unit_test(test_every_truncation_is_refused_and_no_flipped_bit_does_harm),
		cmocka_unit_test(test_what_is_no_thing_is_refused),
		cmocka_unit_test(test_what_is_read_takes_the_place_of_what_was_there),
		cmocka_unit_test(test_a_buffer_too_small_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
