#include "fold_fixture.h"

#include "protocol/count.h"

static const char *const UNITS[256] = {[1] = "p.d.a"};

/* The facts of a thing; the history lives in days. */
static struct dossier_facts facts_of(const struct thing *t, struct bytes *days)
{
	struct resolved r = resolved_of(t, UNITS);
	struct dossier_facts f;
	assert_int_equal(dossier_facts_of(slice_str("L-1"), &r, days, &f), STATUS_OK);
	resolved_free(&r);
	return f;
}

static void test_nothing_written_is_nothing_known(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct bytes days = bytes_new(THING_ROOM);
	const struct dossier_facts f = facts_of(&t, &days);
	assert_int_equal(f.status, 0);
	const int32_t dates[] = {f.status_day, f.submitted, f.received, f.finished, f.returned, f.due};
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
		assert_int_equal(dates[i], DAY_UNSET);
	assert_int_equal(f.channel + f.paid + f.rating, 0);
	assert_false(f.input_digitised || f.result_digitised || f.fee_due || f.status_ahead || f.taken_back);
	assert_int_equal(f.n_history, 0);
	bytes_free(&days);
	thing_free(&t);
}

static void test_dates_are_local(void **state)
{
	(void)state;
	static const enum field fields[] = {FIELD_SUBMITTED_AT, FIELD_RECEIVED_AT, FIELD_FINISHED_AT,
					    FIELD_RETURNED_AT,  FIELD_DUE_AT,      FIELD_STATUS_AT};
	struct thing t = thing_new(KIND_DOSSIER);
	struct bytes days = bytes_new(THING_ROOM);
	struct change c = dossier_change();
	const struct origin o = origin_of(1, NOON, 1);
	const int32_t day = date_of(NOON);
	/* Each field a day after the one before, at midnight and at a millisecond before it by turns. */
	change_set_number(&c, FIELD_STATUS, DOSSIER_RETURNED);
	for (int32_t i = 0; i < 6; i++)
		change_set_number(&c, fields[i], date_start(day - i) + (i % 2 == 0 ? 0 : DAY - 1));
	add_change(&t, &o, c);
	const struct dossier_facts f = facts_of(&t, &days);
	const int32_t dates[] = {f.submitted, f.received, f.finished, f.returned, f.due, f.status_day};
	for (int32_t i = 0; i < 6; i++)
		assert_int_equal(dates[i], day - i);
	assert_int_equal(f.status, DOSSIER_RETURNED);
	bytes_free(&days);
	thing_free(&t);
}

static void test_the_other_facts_are_the_winners(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct bytes days = bytes_new(THING_ROOM);
	struct change c = dossier_change();
	struct origin o = origin_of(1, NOON, 1);
	change_set_number(&c, FIELD_CHANNEL, CHANNEL_POSTAL);
	change_set_number(&c, FIELD_PAID, PAID_ONLINE);
	change_set_number(&c, FIELD_RATING, 5);
	change_set_number(&c, FIELD_INPUT_DIGITISED, 1);
	change_set_number(&c, FIELD_RESULT_DIGITISED, 1);
	change_set_number(&c, FIELD_REUSED, 1);
	change_set_number(&c, FIELD_FEE, 1);
	add_change(&t, &o, c);
	struct dossier_facts f = facts_of(&t, &days);
	assert_int_equal(f.channel, CHANNEL_POSTAL);
	assert_int_equal(f.paid, PAID_ONLINE);
	assert_int_equal(f.rating, 5);
	assert_true(f.input_digitised && f.result_digitised && f.reused && f.fee_due);
	assert_true(f.input_stated && f.result_stated && f.reused_stated);
	/* No fee is no fee due; a cleared field is as if never written. */
	c = dossier_change();
	o = origin_of(1, NOON + 1, 2);
	change_set_number(&c, FIELD_FEE, 0);
	change_set_number(&c, FIELD_INPUT_DIGITISED, 0);
	change_set_null(&c, FIELD_RESULT_DIGITISED);
	change_set_null(&c, FIELD_REUSED);
	change_set_null(&c, FIELD_CHANNEL);
	change_set_null(&c, FIELD_PAID);
	change_set_null(&c, FIELD_RATING);
	change_set_null(&c, FIELD_RECEIVED_AT);
	add_change(&t, &o, c);
	f = facts_of(&t, &days);
	assert_int_equal(f.channel + f.paid + f.rating, 0);
	assert_false(f.input_digitised || f.result_digitised || f.reused || f.fee_due);
	assert_true(f.input_stated); /* as no */
	assert_false(f.result_stated || f.reused_stated);
	assert_int_equal(f.received, DAY_UNSET);
	bytes_free(&days);
	thing_free(&t);
}

static bool ahead_by(int64_t status_at)
{
	struct thing t = thing_new(KIND_DOSSIER);
	struct bytes days = bytes_new(THING_ROOM);
	struct change c = dossier_change();
	struct origin o = origin_of(1, NOON - HOUR, 1);
	o.accepted_at = NOON;
	change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
	if (status_at != TIME_UNSET)
		change_set_number(&c, FIELD_STATUS_AT, status_at);
	add_change(&t, &o, c);
	bool ahead = facts_of(&t, &days).status_ahead;
	bytes_free(&days);
	thing_free(&t);
	return ahead;
}

static void test_a_status_is_ahead_more_than_a_day_after_its_acceptance(void **state)
{
	(void)state;
	assert_false(ahead_by(TIME_UNSET));
	assert_false(ahead_by(NOON - DAY));
	assert_false(ahead_by(NOON + DAY));
	assert_true(ahead_by(NOON + DAY + 1));
	assert_true(ahead_by(TIME_MAX));
}

static void test_void_and_replaced_are_taken_back_and_null_brings_back(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct bytes days = bytes_new(THING_ROOM);
	struct origin o = origin_of(1, NOON, 1);
	add_number(&t, &o, FIELD_VOID, 1);
	assert_true(facts_of(&t, &days).taken_back);
	o = origin_of(1, NOON + 1, 2);
	add_null(&t, &o, FIELD_VOID);
	assert_false(facts_of(&t, &days).taken_back);
	o = origin_of(1, NOON + 2, 3);
	add_text(&t, &o, FIELD_REPLACED_BY, "H06-2");
	assert_true(facts_of(&t, &days).taken_back);
	o = origin_of(1, NOON + 3, 4);
	add_null(&t, &o, FIELD_REPLACED_BY);
	assert_false(facts_of(&t, &days).taken_back);
	o = origin_of(1, NOON + 4, 5);
	add_number(&t, &o, FIELD_VOID, 0);
	assert_false(facts_of(&t, &days).taken_back);
	bytes_free(&days);
	thing_free(&t);
}

static void test_the_history_is_kept_by_day_and_replaced_each_time(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct bytes days = bytes_new(THING_ROOM);
	const int32_t day = date_of(NOON);
	for (int64_t i = 0; i < 3; i++) {
		struct origin o = origin_of(1, NOON + i * DAY, (uint64_t)i + 1);
		if (i == 1)
			add_null(&t, &o, FIELD_STATUS);
		else
			add_number(&t, &o, FIELD_STATUS, DOSSIER_NEED_DOCS + i);
	}
	for (size_t round = 0; round < 2; round++) {
		struct dossier_facts f = facts_of(&t, &days);
		assert_int_equal(f.n_history, 3);
		for (int32_t i = 0; i < 3; i++)
			assert_int_equal(f.history[i].day, day + i);
		assert_int_equal(dossier_status_on(&f, day - 1), 0);
		assert_int_equal(dossier_status_on(&f, day), DOSSIER_NEED_DOCS);
		assert_int_equal(dossier_status_on(&f, day + 1), 0);
		assert_int_equal(dossier_status_on(&f, day + 2), DOSSIER_WITHDRAWN);
	}
	bytes_free(&days);
	thing_free(&t);
}

static void test_a_history_without_room_is_an_error(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	const struct origin o = origin_of(1, NOON, 1);
	add_number(&t, &o, FIELD_STATUS, DOSSIER_ACCEPTED);
	struct bytes days = bytes_new(sizeof(struct status_day) - 1);
	struct resolved r = resolved_of(&t, UNITS);
	struct dossier_facts f = {.status = 77};
	assert_int_equal(dossier_facts_of(slice_str("L-1"), &r, &days, &f), STATUS_LIMIT);
	assert_int_equal(f.status, 77);
	resolved_free(&r);
	bytes_free(&days);
	thing_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_written_is_nothing_known),
		cmocka_unit_test(test_dates_are_local),
		cmocka_unit_test(test_the_other_facts_are_the_winners),
		cmocka_unit_test(test_a_status_is_ahead_more_than_a_day_after_its_acceptance),
		cmocka_unit_test(test_void_and_replaced_are_taken_back_and_null_brings_back),
		cmocka_unit_test(test_the_history_is_kept_by_day_and_replaced_each_time),
		cmocka_unit_test(test_a_history_without_room_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
