#include "digest_fixture.h"

/* The dossier most tests are about: received on 22 May, done an hour later. */
static struct thing some_dossier(void)
{
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin first = origin_of(1, NOON, 1);
	struct origin later = origin_of(1, NOON + HOUR, 2);
	struct change c = dossier_change();
	change_set_number(&c, FIELD_RECEIVED_AT, NOON);
	change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
	change_set_text(&c, FIELD_DOMAIN, slice_str("Đất đai"));
	add_change(&t, &first, c);
	c = dossier_change();
	change_set_number(&c, FIELD_STATUS, DOSSIER_DONE);
	change_set_number(&c, FIELD_STATUS_AT, NOON + HOUR);
	change_set_null(&c, FIELD_DUE_AT);
	add_change(&t, &later, c);
	return t;
}

static void assert_same(const struct thing *a, const struct thing *b, bool same)
{
	char left[DIGEST_CODE_TEXT];
	char right[DIGEST_CODE_TEXT];
	code_of_thing(a, "H06-1", left);
	code_of_thing(b, "H06-1", right);
	assert_int_equal(strcmp(left, right) == 0, same);
}

static void test_what_was_sealed_twice_or_accepted_late_is_one_write(void **state)
{
	(void)state;
	struct thing once = some_dossier();
	struct thing twice = thing_new(KIND_DOSSIER);
	for (size_t i = 0; i < once.n_origins; i++) {
		for (uint64_t life = 1; life <= 2; life++) {
			struct change c = dossier_change();
			struct origin o = once.origins[i];
			o.incarnation = (struct incarnation){life, 77 * life};
			o.seq += 100 * life;
			o.accepted_at += (int64_t)life * DAY;
			for (size_t w = 0; w < once.n_writes; w++) {
				if (once.writes[w].origin != i)
					continue;
				c.fields[once.writes[w].field] = once.writes[w].value;
				if (once.writes[w].status_at != TIME_UNSET)
					change_set_number(&c, FIELD_STATUS_AT, once.writes[w].status_at);
			}
			add_change(&twice, &o, c);
		}
	}
	assert_int_equal(twice.n_origins, 4);
	assert_same(&once, &twice, true);
	thing_free(&twice);
	thing_free(&once);
}

static void test_other_devices_do_not_enter(void **state)
{
	(void)state;
	struct thing alone = some_dossier();
	struct thing touched = some_dossier();
	struct origin other = origin_of(2, NOON + DAY, 1);
	add_number(&touched, &other, FIELD_RECEIVED_AT, NOON - 40 * DAY);
	assert_same(&alone, &touched, true);
	thing_free(&touched);
	thing_free(&alone);
	touched = thing_new(KIND_DOSSIER);
	add_number(&touched, &other, FIELD_RECEIVED_AT, NOON);
	struct digest d = may();
	bool added = true;
	assert_int_equal(digest_add(&d, &touched, slice_str("H06-1"), &FIRST_DEVICE, 0, &added), STATUS_OK);
	assert_false(added);
	finish(&d);
	assert_int_equal(d.n_sums, 0);
	digest_free(&d);
	thing_free(&touched);
}

/* Each part of each write, one after the other, and back. */
static void test_every_part_of_every_write_is_told(void **state)
{
	(void)state;
	struct thing right = some_dossier();
	struct thing wrong = some_dossier();
	for (size_t i = 0; i < wrong.n_writes; i++) {
		struct write kept = wrong.writes[i];
		wrong.writes[i].value = (struct value){.state = VALUE_NUMBER, .number = NOON + 7};
		assert_same(&right, &wrong, false);
		wrong.writes[i] = kept;
		wrong.writes[i].status_at = NOON + 1;
		assert_same(&right, &wrong, false);
		wrong.writes[i] = kept;
		wrong.writes[i].field = FIELD_FEE;
		assert_same(&right, &wrong, false);
		wrong.writes[i] = kept;
	}
	for (size_t i = 0; i < wrong.n_origins; i++) {
		wrong.origins[i].changed_at++;
		assert_same(&right, &wrong, false);
		wrong.origins[i].changed_at--;
		wrong.origins[i].time_stated = false;
		assert_same(&right, &wrong, false);
		wrong.origins[i].time_stated = true;
	}
	wrong.n_writes--;
	assert_same(&right, &wrong, false);
	wrong.n_writes++;
	assert_same(&right, &wrong, true);
	thing_free(&wrong);
	thing_free(&right);
}

static void test_key_kind_and_marks_are_told(void **state)
{
	(void)state;
	struct digest d = may();
	assert_int_equal(digest_add_bare(&d, KIND_DOSSIER, MAY_1, slice_str("A"), 0), STATUS_OK);
	assert_int_equal(digest_add_bare(&d, KIND_DOSSIER, MAY_1 + 1, slice_str("B"), 0), STATUS_OK);
	assert_int_equal(digest_add_bare(&d, KIND_EQUIPMENT, MAY_1 + 2, slice_str("A"), 0), STATUS_OK);
	assert_int_equal(digest_add_bare(&d, KIND_DOSSIER, MAY_1 + 3, slice_str("A"), DIGEST_UNFOUNDED), STATUS_OK);
	assert_int_equal(digest_add_bare(&d, KIND_DOSSIER, MAY_31 + 1, slice_str("A"), 0), STATUS_OK);
	finish(&d);
	assert_int_equal(d.n_sums, 4);
	for (size_t i = 0; i < d.n_sums; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(d.sums[i].hash, d.sums[k].hash, HASH_LEN);
	digest_free(&d);
}

static int32_t day_of(const struct thing *t, const char *key)
{
	return digest_day(t, slice_str(key), &FIRST_DEVICE);
}

static void test_the_day_of_a_dossier(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON + DAY, 1);
	assert_int_equal(day_of(&t, "H06-1"), DAY_UNSET);
	add_number(&t, &o, FIELD_FEE, 10);
	assert_int_equal(day_of(&t, "H06-1"), MAY_22 + 1);
	o = origin_of(1, NOON, 2);
	add_number(&t, &o, FIELD_FEE, 11);
	assert_int_equal(day_of(&t, "H06-1"), MAY_22);
	o = origin_of(1, NOON + 2 * DAY, 3);
	add_number(&t, &o, FIELD_SUBMITTED_AT, NOON - 3 * DAY);
	assert_int_equal(day_of(&t, "H06-1"), MAY_22 - 3);
	o = origin_of(1, NOON + 3 * DAY, 4);
	add_number(&t, &o, FIELD_RECEIVED_AT, NOON - 2 * DAY);
	assert_int_equal(day_of(&t, "H06-1"), MAY_22 - 2);
	/* The last word counts, of one moment the later day, and a cleared one is below any. */
	o.seq = 5;
	add_number(&t, &o, FIELD_RECEIVED_AT, NOON - DAY);
	o.seq = 6;
	add_null(&t, &o, FIELD_RECEIVED_AT);
	assert_int_equal(day_of(&t, "H06-1"), MAY_22 - 1);
	o = origin_of(1, NOON + 4 * DAY, 7);
	add_null(&t, &o, FIELD_RECEIVED_AT);
	assert_int_equal(day_of(&t, "H06-1"), MAY_22 - 3);
	thing_free(&t);
}

/* A clock that ran ahead when a write was accepted moves no line from its day (the last word goes by changed_at).
 */
static void test_the_day_does_not_depend_on_acceptance(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin ahead = origin_of(1, NOON + 30 * DAY, 1);
	struct origin later = origin_of(1, NOON + 2 * DAY, 2);
	ahead.accepted_at = NOON;
	add_number(&t, &ahead, FIELD_RECEIVED_AT, NOON);
	add_number(&t, &later, FIELD_RECEIVED_AT, NOON + DAY);
	assert_int_equal(day_of(&t, "H06-1"), MAY_22);
	t.origins[0].accepted_at = t.origins[1].accepted_at = NOON + 60 * DAY;
	assert_int_equal(day_of(&t, "H06-1"), MAY_22);
	thing_free(&t);
}

static void test_the_days_of_equipment_and_indicators(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_EQUIPMENT);
	struct origin o = origin_of(1, NOON, 1);
	add_number(&t, &o, FIELD_TYPE, 1);
	assert_int_equal(day_of(&t, "M-1"), MAY_22);
	o.seq = 2;
	add_number(&t, &o, FIELD_INSTALLED_ON, MAY_1);
	assert_int_equal(day_of(&t, "M-1"), MAY_1);
	o.seq = 3;
	add_number(&t, &o, FIELD_IN_USE_ON, MAY_1 + 2);
	assert_int_equal(day_of(&t, "M-1"), MAY_1 + 2);
	thing_free(&t);
	t = thing_new(KIND_INDICATOR);
	o.seq = 1;
	add_number(&t, &o, FIELD_VALUE, 12);
	assert_int_equal(day_of(&t, "01842|2024-05|visits"), MAY_31);
	assert_int_equal(day_of(&t, "01842|2024-Q2|visits"), MAY_31 + 30);
	assert_int_equal(day_of(&t, "01842|2024-05-07|visits"), MAY_1 + 6);
	assert_int_equal(day_of(&t, "no period in it"), MAY_22);
	thing_free(&t);
}

static void test_sums_do_not_depend_on_the_order_of_adding(void **state)
{
	(void)state;
	static const char *const keys[] = {"A", "AA", "B", "Đ", "a"};
	enum { KEYS = sizeof(keys) / sizeof(keys[0]) };
	struct thing t = some_dossier();
	struct digest forth = may();
	struct digest back = may();
	for (size_t i = 0; i < KEYS; i++) {
		add_line(&forth, &t, keys[i]);
		add_line(&back, &t, keys[KEYS - 1 - i]);
	}
	finish(&forth);
	finish(&back);
	assert_int_equal(forth.n_sums, 1);
	assert_int_equal(forth.sums[0].count, KEYS);
	assert_int_equal(forth.sums[0].day, MAY_22);
	assert_memory_equal(forth.sums[0].hash, back.sums[0].hash, HASH_LEN);
	for (size_t i = 0; i < KEYS; i++)
		assert_true(slice_equal(forth.lines[i].key, back.lines[i].key));
	digest_free(&back);
	digest_free(&forth);
	thing_free(&t);
}

static void test_a_code_speaks_for_its_month_and_device(void **state)
{
	(void)state;
	const struct period april = {MAY_1 - 30, MAY_1 - 1};
	const struct period month = {MAY_1, MAY_31};
	static const uint8_t device[DEVICE_ID_LEN] = {1};
	static const uint8_t other[DEVICE_ID_LEN] = {2};
	uint8_t root[3][HASH_LEN];
	struct thing t = some_dossier();
	struct digest d = digest_new((struct period){MAY_1 - 30, MAY_31});
	add_line(&d, &t, "A");
	finish(&d);
	digest_root(d.sums, d.n_sums, month, device, root[0]);
	digest_root(d.sums, d.n_sums, month, other, root[1]);
	assert_memory_not_equal(root[0], root[1], HASH_LEN);
	assert_int_equal(digest_add_bare(&d, KIND_DOSSIER, MAY_1 - 1, slice_str("B"), 0), STATUS_OK);
	digest_free(&d);
	add_line(&d, &t, "A");
	assert_int_equal(digest_add_bare(&d, KIND_DOSSIER, MAY_1 - 1, slice_str("B"), 0), STATUS_OK);
	finish(&d);
	digest_root(d.sums, d.n_sums, month, device, root[1]);
	assert_memory_equal(root[0], root[1], HASH_LEN);
	digest_root(d.sums, d.n_sums, april, device, root[2]);
	assert_memory_not_equal(root[0], root[2], HASH_LEN);
	digest_free(&d);
	thing_free(&t);
}

static void test_a_code_is_forty_bits_in_letters_that_can_be_read_out(void **state)
{
	(void)state;
	char code[DIGEST_CODE_TEXT];
	uint8_t root[HASH_LEN] = {0};
	assert_string_equal(digest_code(root, code), "0000-0000");
	memset(root, 0xff, 5);
	assert_string_equal(digest_code(root, code), "ZZZZ-ZZZZ");
	static const uint8_t counted[] = {0x00, 0x44, 0x32, 0x14, 0xc7};
	memcpy(root, counted, sizeof(counted));
	assert_string_equal(digest_code(root, code), "0123-4567");
}

static bool is_third(const void *context, const struct origin *origin)
{
	(void)context;
	return origin->seq % 3 == 0;
}

/* Of the first 64 changes a choice is asked once, of those behind them each time. */
static void test_a_choice_goes_for_every_change_of_a_thing(void **state)
{
	(void)state;
	enum { CHANGES = 200 };
	const struct digest_choice thirds = {.includes = is_third};
	struct thing all = thing_new(KIND_DOSSIER);
	struct thing chosen = thing_new(KIND_DOSSIER);
	for (uint64_t seq = 1; seq <= CHANGES; seq++) {
		const struct origin o = origin_of(1, NOON + (int64_t)seq * HOUR, seq);
		add_number(&all, &o, FIELD_RECEIVED_AT, NOON - (int64_t)seq * HOUR);
		if (is_third(NULL, &o))
			add_number(&chosen, &o, FIELD_RECEIVED_AT, NOON - (int64_t)seq * HOUR);
		struct digest of_all = may();
		struct digest of_chosen = may();
		bool added = false;
		assert_int_equal(digest_add(&of_all, &all, slice_str("H06-1"), &thirds, 0, &added), STATUS_OK);
		assert_int_equal(added, seq > 2);
		if (added)
			add_line(&of_chosen, &chosen, "H06-1");
		finish(&of_all);
		finish(&of_chosen);
		assert_int_equal(of_all.n_sums, of_chosen.n_sums);
		if (added) {
			assert_int_equal(of_all.sums[0].day, of_chosen.sums[0].day);
			assert_memory_equal(of_all.sums[0].hash, of_chosen.sums[0].hash, HASH_LEN);
		}
		digest_free(&of_chosen);
		digest_free(&of_all);
	}
	thing_free(&chosen);
	thing_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_was_sealed_twice_or_accepted_late_is_one_write),
		cmocka_unit_test(test_other_devices_do_not_enter),
		cmocka_unit_test(test_every_part_of_every_write_is_told),
		cmocka_unit_test(test_key_kind_and_marks_are_told),
		cmocka_unit_test(test_a_choice_goes_for_every_change_of_a_thing),
		cmocka_unit_test(test_the_day_of_a_dossier),
		cmocka_unit_test(test_the_day_does_not_depend_on_acceptance),
		cmocka_unit_test(test_the_days_of_equipment_and_indicators),
		cmocka_unit_test(test_sums_do_not_depend_on_the_order_of_adding),
		cmocka_unit_test(test_a_code_speaks_for_its_month_and_device),
		cmocka_unit_test(test_a_code_is_forty_bits_in_letters_that_can_be_read_out),
	};
	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
