#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/record.h"

enum { ROOM = 4096 };

#define NOON INT64_C(1716354000000) /* 2024-05-22T12:00+07:00 */

static struct change dossier(void)
{
	struct change c = change_new(KIND_DOSSIER);
	c.key = slice_str("H01-240522-0001");
	c.changed_at = NOON;
	c.time_stated = true;
	change_set_text(&c, FIELD_UNIT, slice_str("058"));
	change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
	change_set_number(&c, FIELD_STATUS_AT, NOON - 1000);
	change_set_null(&c, FIELD_DUE_AT);
	return c;
}

static enum field refused_field(const struct change *c)
{
	enum field bad = FIELD_UNIT;
	assert_int_equal(change_check(c, &bad), STATUS_REFUSED);
	return bad;
}

static void assert_same_change(const struct change *a, const struct change *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->time_stated, b->time_stated);
	assert_int_equal(a->changed_at, b->changed_at);
	assert_true(slice_equal(a->key, b->key));
	for (size_t i = 0; i < FIELD_COUNT; i++)
		assert_true(value_equal(&a->fields[i], &b->fields[i]));
}

static void test_masks_name_what_is_written_and_what_is_cleared(void **state)
{
	(void)state;
	struct change c = dossier();
	assert_int_equal(change_mask(&c), UINT64_C(1) << FIELD_UNIT | UINT64_C(1) << FIELD_STATUS |
						  UINT64_C(1) << FIELD_STATUS_AT | UINT64_C(1) << FIELD_DUE_AT);
	assert_int_equal(change_nulls(&c), UINT64_C(1) << FIELD_DUE_AT);
	c = change_new(KIND_DOSSIER);
	assert_int_equal(change_mask(&c), 0);
}

static void test_a_sound_change_is_accepted(void **state)
{
	(void)state;
	struct change c = dossier();
	assert_int_equal(change_check(&c, NULL), STATUS_OK);
}

static void test_a_field_of_another_kind_is_refused_by_name(void **state)
{
	(void)state;
	struct change c = dossier();
	change_set_number(&c, FIELD_VALUE, 5);
	assert_int_equal(refused_field(&c), FIELD_VALUE);
	c = dossier();
	c.kind = (enum kind)99;
	assert_int_equal(change_check(&c, NULL), STATUS_REFUSED);
	c.kind = KIND_NONE;
	assert_int_equal(change_check(&c, NULL), STATUS_REFUSED);
}

static void in_11_a_value_out_of_its_range_or_type_is_refused_by_name(void **state)
{
	(void)state;
	struct change c = dossier();
	change_set_number(&c, FIELD_RATING, 6);
	assert_int_equal(refused_field(&c), FIELD_RATING);
	c = dossier();
	change_set_number(&c, FIELD_DOMAIN, 6);
	assert_int_equal(refused_field(&c), FIELD_DOMAIN);
	c = dossier();
	change_set_text(&c, FIELD_CHANNEL, slice_str("online"));
	assert_int_equal(refused_field(&c), FIELD_CHANNEL);
	c = dossier();
	change_set_text(&c, FIELD_UNIT, slice_str("xã"));
	assert_int_equal(refused_field(&c), FIELD_UNIT);
}

static void test_status_at_is_refused_without_a_status(void **state)
{
	(void)state;
	struct change c = dossier();
	c.fields[FIELD_STATUS].state = VALUE_ABSENT;
	assert_int_equal(refused_field(&c), FIELD_STATUS_AT);
	change_set_null(&c, FIELD_STATUS);
	assert_int_equal(refused_field(&c), FIELD_STATUS_AT);
	change_set_null(&c, FIELD_STATUS_AT);
	assert_int_equal(change_check(&c, NULL), STATUS_OK);
}

static void test_a_bad_key_time_or_empty_change_is_refused_as_no_field(void **state)
{
	(void)state;
	struct change c = dossier();
	c.key = slice_str(" x");
	assert_int_equal(refused_field(&c), FIELD_COUNT);
	c = dossier();
	c.key = (struct slice){0};
	assert_int_equal(refused_field(&c), FIELD_COUNT);
	c = dossier();
	c.changed_at = TIME_UNSET;
	assert_int_equal(refused_field(&c), FIELD_COUNT);
	c.changed_at = TIME_MAX + 1;
	assert_int_equal(refused_field(&c), FIELD_COUNT);
	c = change_new(KIND_DOSSIER);
	c.key = slice_str("a");
	c.changed_at = NOON;
	assert_int_equal(refused_field(&c), FIELD_COUNT);
}

static void test_an_indicator_states_its_unit_in_its_key(void **state)
{
	(void)state;
	struct change c = change_new(KIND_INDICATOR);
	c.key = slice_str("058|2024-05|hồ sơ");
	assert_true(slice_equal(change_unit(&c), slice_str("058")));
	struct indicator_key parts;
	assert_int_equal(indicator_key_split(c.key, &parts), STATUS_OK);
	assert_true(slice_equal(parts.period, slice_str("2024-05")));
	assert_true(slice_equal(parts.name, slice_str("hồ sơ")));
	c.key = slice_str("058|2024-05");
	assert_int_equal(change_unit(&c).len, 0);
	assert_int_equal(indicator_key_split(c.key, &parts), STATUS_REFUSED);
}

static void test_other_kinds_state_their_unit_in_a_field(void **state)
{
	(void)state;
	struct change c = dossier();
	assert_true(slice_equal(change_unit(&c), slice_str("058")));
	change_set_null(&c, FIELD_UNIT);
	assert_int_equal(change_unit(&c).len, 0);
}

static void test_values_are_equal_by_state_and_content(void **state)
{
	(void)state;
	struct value absent = {0};
	struct value null = {.state = VALUE_NULL};
	struct value one = {.state = VALUE_NUMBER, .number = 1};
	struct value two = {.state = VALUE_NUMBER, .number = 2};
	struct value text = {.state = VALUE_TEXT, .text = slice_str("a")};
	struct value other = {.state = VALUE_TEXT, .text = slice_str("b")};
	assert_true(value_equal(&absent, &absent));
	assert_true(value_equal(&null, &null));
	assert_false(value_equal(&absent, &null));
	assert_true(value_equal(&one, &one));
	assert_false(value_equal(&one, &two));
	assert_true(value_equal(&text, &text));
	assert_false(value_equal(&text, &other));
}

static void test_the_form_at_rest_is_what_it_was(void **state)
{
	(void)state;
	static const uint8_t golden[] = {
		0x85, 0x01, 0xf5, 0x1b, 0x00, 0x00, 0x01, 0x8f, 0x9e, 0xc0, 0x70, 0x80, /* kind, stated, time */
		0x61, 'A',                                                              /* key */
		0xa3, 0x04, 0x62, 'd',  'o',  0x07, 0x02, 0x0d, 0xf6,                   /* fields */
	};
	struct change c = change_new(KIND_DOSSIER);
	c.key = slice_str("A");
	c.changed_at = INT64_C(0x018f9ec07080);
	c.time_stated = true;
	change_set_text(&c, FIELD_DOMAIN, slice_str("do"));
	change_set_number(&c, FIELD_STATUS, 2);
	change_set_null(&c, FIELD_DUE_AT);
	struct bytes out = bytes_new(ROOM);
	change_encode(&c, &out);
	assert_int_equal(bytes_status(&out), STATUS_OK);
	assert_int_equal(out.len, sizeof golden);
	assert_memory_equal(out.data, golden, sizeof golden);
	struct change back;
	assert_int_equal(change_decode(bytes_slice(&out), &back), STATUS_OK);
	assert_same_change(&c, &back);
	bytes_free(&out);
}

/* A change of a kind with every field at its lower or its upper end. */
static struct change full(enum kind kind, const char *key, bool upper, const char *text)
{
	struct change c = change_new(kind);
	c.key = slice_str(key);
	c.changed_at = upper ? TIME_MAX : TIME_MIN;
	for (unsigned i = 0; i < FIELD_COUNT; i++) {
		const struct field_spec *spec = schema_field((enum field)i);
		if ((schema_mask(kind) >> i & 1U) == 0)
			continue;
		if (spec->type == TYPE_TEXT || spec->type == TYPE_UNIT)
			change_set_text(&c, (enum field)i, slice_of(text, upper ? (size_t)spec->max : 1));
		else
			change_set_number(&c, (enum field)i, upper ? spec->max : spec->min);
	}
	return c;
}

static void test_every_field_survives_at_both_ends(void **state)
{
	(void)state;
	static const struct {
		enum kind kind;
		const char *key;
	} things[] = {{KIND_DOSSIER, "d"}, {KIND_EQUIPMENT, "e"}, {KIND_INDICATOR, "058|2024|n"}};
	char text[LIMIT_TEXT];
	memset(text, 'z', sizeof text);
	for (size_t i = 0; i < 6; i++) {
		struct change c = full(things[i / 2].kind, things[i / 2].key, i % 2 == 1, text);
		struct bytes out = bytes_new(ROOM);
		change_encode(&c, &out);
		struct change back;
		assert_int_equal(change_decode(bytes_slice(&out), &back), STATUS_OK);
		assert_same_change(&c, &back);
		bytes_free(&out);
	}
}

static void test_every_truncation_and_a_trailing_byte_are_malformed(void **state)
{
	(void)state;
	struct change c = dossier();
	struct bytes out = bytes_new(ROOM);
	change_encode(&c, &out);
	bytes_put_u8(&out, 0);
	assert_int_equal(bytes_status(&out), STATUS_OK);
	for (size_t len = 0; len <= out.len; len++) {
		if (len == out.len - 1)
			continue;
		/* A copy of the exact length lets the sanitizer see a read past the end. */
		uint8_t *copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy, out.data, len);
		uint8_t *exact = realloc(copy, len > 0 ? len : 1);
		assert_non_null(exact);
		struct change back;
		assert_int_equal(change_decode(slice_of(exact, len), &back), STATUS_MALFORMED);
		free(exact);
	}
	bytes_free(&out);
}

static void test_every_bit_flip_is_malformed_or_a_sound_change(void **state)
{
	(void)state;
	struct change c = dossier();
	struct bytes out = bytes_new(ROOM);
	change_encode(&c, &out);
	for (size_t bit = 0; bit < out.len * 8; bit++) {
		out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		struct change back;
		enum status s = change_decode(bytes_slice(&out), &back);
		if (s == STATUS_OK) {
			struct bytes again = bytes_new(ROOM);
			assert_int_equal(change_check(&back, NULL), STATUS_OK);
			change_encode(&back, &again);
			assert_true(slice_equal(bytes_slice(&again), bytes_slice(&out)));
			bytes_free(&again);
		} else {
			assert_int_equal(s, STATUS_MALFORMED);
		}
		out.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	bytes_free(&out);
}

static void test_what_may_not_be_queued_does_not_decode(void **state)
{
	(void)state;
	struct change bad[5];
	for (size_t i = 0; i < 5; i++)
		bad[i] = dossier();
	bad[0].kind = KIND_INDICATOR;
	bad[1].fields[FIELD_STATUS].state = VALUE_ABSENT;
	bad[2].key = slice_str("");
	change_set_number(&bad[3], FIELD_FEE, -1);
	change_set_text(&bad[4], FIELD_DOMAIN, slice_str("a\nb"));
	for (size_t i = 0; i < 5; i++) {
		struct bytes out = bytes_new(ROOM);
		change_encode(&bad[i], &out);
		struct change back;
		assert_int_equal(change_decode(bytes_slice(&out), &back), STATUS_MALFORMED);
		bytes_free(&out);
	}
}

static void test_a_failed_decode_leaves_the_answer_alone(void **state)
{
	(void)state;
	struct change c = dossier();
	struct change before = c;
	assert_int_equal(change_decode(slice_str("nonsense"), &c), STATUS_MALFORMED);
	assert_same_change(&before, &c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masks_name_what_is_written_and_what_is_cleared),
		cmocka_unit_test(test_a_sound_change_is_accepted),
		cmocka_unit_test(test_a_field_of_another_kind_is_refused_by_name),
		cmocka_unit_test(in_11_a_value_out_of_its_range_or_type_is_refused_by_name),
		cmocka_unit_test(test_status_at_is_refused_without_a_status),
		cmocka_unit_test(test_a_bad_key_time_or_empty_change_is_refused_as_no_field),
		cmocka_unit_test(test_an_indicator_states_its_unit_in_its_key),
		cmocka_unit_test(test_other_kinds_state_their_unit_in_a_field),
		cmocka_unit_test(test_values_are_equal_by_state_and_content),
		cmocka_unit_test(test_the_form_at_rest_is_what_it_was),
		cmocka_unit_test(test_every_field_survives_at_both_ends),
		cmocka_unit_test(test_every_truncation_and_a_trailing_byte_are_malformed),
		cmocka_unit_test(test_every_bit_flip_is_malformed_or_a_sound_change),
		cmocka_unit_test(test_what_may_not_be_queued_does_not_decode),
		cmocka_unit_test(test_a_failed_decode_leaves_the_answer_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
