#include "fold_fixture.h"

/* Device 1 in commune a, 2 in its neighbour b, 3 in the district above both, 4 in another district, 5 nowhere. */
static const char *const UNITS[256] = {[1] = "p.d.a", [2] = "p.d.b", [3] = "p.d", [4] = "p.e", [6] = "p.d.ab"};

/* --- rule 2: which write wins --- */

static int64_t winner_of_two(const struct origin *a, const struct origin *b)
{
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON - DAY, 99);
	add_text(&t, &o, FIELD_UNIT, "p.d.a");
	add_number(&t, b, FIELD_FEE, 2);
	add_number(&t, a, FIELD_FEE, 1);
	struct resolved r = resolved_of(&t, UNITS);
	int64_t fee = resolved_number(&r, FIELD_FEE, -1);
	resolved_free(&r);
	thing_free(&t);
	return fee;
}

static void test_ties_go_by_each_part_of_rule_2(void **state)
{
	(void)state;
	const int64_t bound = NOON + CLOCK_TOLERANCE_MS;
	/* Devices 1 and 3: 3 is above, so that both count. */
	const struct {
		struct origin less;
		struct origin more;
	} pairs[] = {
		{{{3}, {9, 9}, 9, 9, true, NOON, NOON}, {{1}, {1, 1}, 1, 1, true, NOON + 1, NOON}},
		{{{3}, {9, 9}, 9, 9, true, bound + 1, NOON}, {{1}, {1, 1}, 1, 1, true, bound + 2, NOON}},
		{{{1}, {9, 9}, 9, 9, true, NOON, NOON}, {{3}, {1, 1}, 1, 1, true, NOON, NOON}},
		{{{1}, {1, 9}, 9, 9, true, NOON, NOON}, {{1}, {2, 1}, 1, 1, true, NOON, NOON}},
		{{{1}, {1, 1}, 9, 9, true, NOON, NOON}, {{1}, {1, 2}, 1, 1, true, NOON, NOON}},
		{{{1}, {1, 1}, 1, 9, true, NOON, NOON}, {{1}, {1, 1}, 2, 1, true, NOON, NOON}},
		{{{1}, {1, 1}, 1, 1, true, NOON, NOON}, {{1}, {1, 1}, 1, 2, true, NOON, NOON}},
	};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_int_equal(winner_of_two(&pairs[i].less, &pairs[i].more), 2);
		assert_int_equal(winner_of_two(&pairs[i].more, &pairs[i].less), 1);
	}
}

static void ti_01_a_mad_clock_wins_for_ten_minutes_only(void **state)
{
	(void)state;
	struct origin mad = origin_of(1, INT64_C(7258118400000), 1); /* 2200 */
	mad.accepted_at = NOON;
	struct origin sane = origin_of(1, NOON + CLOCK_TOLERANCE_MS, 2);
	assert_int_equal(winner_of_two(&mad, &sane), 1);
	sane.changed_at++;
	assert_int_equal(winner_of_two(&mad, &sane), 2);
	/* Of two mad ones accepted at once the madder wins, whichever came first. */
	struct origin madder = mad;
	madder.seq = 0;
	madder.changed_at++;
	assert_int_equal(winner_of_two(&mad, &madder), 2);
	/* The hub's time decides before the claim. */
	madder.accepted_at--;
	assert_int_equal(winner_of_two(&mad, &madder), 1);
}

/* --- rule 1: null, absent, status in two parts --- */

static void test_null_clears_and_absent_leaves(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	const struct origin o[] = {origin_of(1, NOON, 1), origin_of(1, NOON + 1, 2), origin_of(1, NOON + 2, 3),
				   origin_of(1, NOON + 3, 4)};
	add_number(&t, &o[0], FIELD_VOID, 1);
	add_text(&t, &o[1], FIELD_PROCEDURE, "1.001193");
	struct resolved r = resolved_of(&t, UNITS);
	assert_true(resolved_void(&r));
	assert_true(slice_equal(resolved_text(&r, FIELD_PROCEDURE), slice_str("1.001193")));
	assert_int_equal(resolved_number(&r, FIELD_FEE, 17), 17);
	assert_int_equal(resolved_text(&r, FIELD_DOMAIN).len, 0);
	resolved_free(&r);
	add_null(&t, &o[2], FIELD_VOID);
	add_null(&t, &o[3], FIELD_PROCEDURE);
	r = resolved_of(&t, UNITS);
	assert_false(resolved_void(&r));
	assert_int_equal(resolved_text(&r, FIELD_PROCEDURE).len, 0);
	assert_non_null(r.winner[FIELD_VOID]);
	assert_int_equal(r.winner[FIELD_VOID]->value.state, VALUE_NULL);
	assert_null(r.winner[FIELD_FEE]);
	resolved_free(&r);
	thing_free(&t);
}

static void add_status(struct thing *t, const struct origin *o, int64_t status, int64_t status_at)
{
	struct change c = dossier_change();
	change_set_number(&c, FIELD_STATUS, status);
	if (status_at != TIME_UNSET)
		change_set_number(&c, FIELD_STATUS_AT, status_at);
	add_change(t, o, c);
}

static int64_t status_at_of(const struct thing *t)
{
	struct resolved r = resolved_of(t, UNITS);
	int64_t at = resolved_status_at(&r);
	resolved_free(&r);
	return at;
}

/* The order of import of a stated status and a listing that repeats it must not matter. */
static void test_a_listing_that_repeats_a_status_leaves_its_time(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_status(&t, &o, DOSSIER_STOPPED, TIME_UNSET);
	o = origin_of(1, NOON + DAY, 2);
	o.time_stated = false;
	add_status(&t, &o, DOSSIER_STOPPED, TIME_UNSET);
	assert_true(status_at_of(&t) == NOON);
	/* But not past another status in between. */
	o = origin_of(1, NOON + 2 * DAY, 3);
	add_status(&t, &o, DOSSIER_IN_PROGRESS, TIME_UNSET);
	o = origin_of(1, NOON + 3 * DAY, 4);
	o.time_stated = false;
	add_status(&t, &o, DOSSIER_STOPPED, TIME_UNSET);
	assert_true(status_at_of(&t) == TIME_UNSET);
	thing_free(&t);
}

static void test_the_date_of_a_status_goes_with_it(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	assert_true(status_at_of(&t) == TIME_UNSET);
	add_status(&t, &o, DOSSIER_ACCEPTED, NOON - DAY);
	assert_true(status_at_of(&t) == NOON - DAY);
	/* A later status alone takes its own time, where that was stated. */
	o = origin_of(1, NOON + MINUTE, 2);
	add_status(&t, &o, DOSSIER_IN_PROGRESS, TIME_UNSET);
	assert_true(status_at_of(&t) == NOON + MINUTE);
	/* A time after the hub's is bounded here too. */
	o = origin_of(1, NOON + 9 * DAY, 3);
	o.accepted_at = NOON + HOUR;
	add_status(&t, &o, DOSSIER_NEED_DOCS, TIME_UNSET);
	assert_true(status_at_of(&t) == NOON + HOUR + CLOCK_TOLERANCE_MS);
	/* A time that was only assumed dates nothing. */
	o = origin_of(1, NOON + 2 * HOUR, 4);
	o.time_stated = false;
	add_status(&t, &o, DOSSIER_DONE, TIME_UNSET);
	assert_true(status_at_of(&t) == TIME_UNSET);
	o = origin_of(1, NOON + 3 * HOUR, 5);
	add_null(&t, &o, FIELD_STATUS);
	assert_true(status_at_of(&t) == TIME_UNSET);
	thing_free(&t);
}

/* --- rule 3: history --- */

static void assert_history(const struct thing *t, enum field field, const int64_t (*expected)[2], size_t n)
{
	struct resolved r = resolved_of(t, UNITS);
	struct history_entry *entries = NULL;
	size_t count = SIZE_MAX;
	assert_int_equal(fold_history(&r, field, &entries, &count), STATUS_OK);
	assert_int_equal(count, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(entries[i].day, date_of(NOON) + expected[i][0]);
		const struct value *v = &entries[i].write->value;
		assert_int_equal(v->state == VALUE_NULL ? 0 : v->number, expected[i][1]);
		assert_ptr_equal(entries[i].origin, &t->origins[entries[i].write->origin]);
	}
	free(entries);
	resolved_free(&r);
}

static void test_history_is_by_date_then_by_rule_2(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_status(&t, &o, DOSSIER_NEED_DOCS, NOON + 3 * DAY);
	o = origin_of(1, NOON + HOUR, 2);
	add_status(&t, &o, DOSSIER_IN_PROGRESS, TIME_UNSET);
	/* Written last, dated first; and on one day the greater write comes later, whatever the hour of its date.
	 */
	o = origin_of(1, NOON + 2 * HOUR, 3);
	add_status(&t, &o, DOSSIER_ACCEPTED, NOON - DAY);
	o = origin_of(1, NOON - HOUR, 4);
	add_status(&t, &o, DOSSIER_DONE, NOON + 3 * DAY + HOUR);
	/* Neither an assumed time nor a cleared status is without a day. */
	o = origin_of(1, NOON + DAY, 5);
	o.time_stated = false;
	add_null(&t, &o, FIELD_STATUS);
	/* A neighbour's write does not count. */
	o = origin_of(2, NOON, 1);
	add_status(&t, &o, DOSSIER_STOPPED, TIME_UNSET);
	static const int64_t expected[][2] = {{-1, DOSSIER_ACCEPTED},
					      {0, DOSSIER_IN_PROGRESS},
					      {1, 0},
					      {3, DOSSIER_DONE},
					      {3, DOSSIER_NEED_DOCS}};
	/* The neighbour would be the earliest without this. */
	o = origin_of(1, NOON - DAY, 6);
	add_text(&t, &o, FIELD_UNIT, "p.d.a");
	assert_history(&t, FIELD_STATUS, expected, 5);
	assert_history(&t, FIELD_DUE_AT, NULL, 0);
	thing_free(&t);
}

static void test_the_day_of_a_write_is_local_and_bounded(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	int64_t midnight = date_start(date_of(NOON));
	struct origin o = origin_of(1, midnight - 1, 1);
	add_number(&t, &o, FIELD_DUE_AT, 1);
	o = origin_of(1, midnight, 2);
	add_number(&t, &o, FIELD_DUE_AT, 2);
	o = origin_of(1, midnight + 400 * DAY, 3);
	o.accepted_at = midnight + DAY;
	add_number(&t, &o, FIELD_DUE_AT, 3);
	static const int64_t expected[][2] = {{-1, 1}, {0, 2}, {1, 3}};
	assert_history(&t, FIELD_DUE_AT, expected, 3);
	thing_free(&t);
}

/* --- rules 4 and 5: unit and authority --- */

static void assert_counts(const struct thing *t, const char *unit, const char *by_origin)
{
	struct resolved r = resolved_of(t, UNITS);
	bool known = false;
	assert_int_equal(t->n_origins, strlen(by_origin));
	for (size_t i = 0; i < t->n_origins; i++) {
		assert_int_equal(r.counts[i], by_origin[i] == '+');
		known = known || r.counts[i];
	}
	assert_int_equal(r.known, known);
	assert_true(slice_equal(r.unit, slice_str(unit)));
	resolved_free(&r);
}

/* A fee from each device 1 to 6, a minute apart from NOON on. */
static void add_fees(struct thing *t)
{
	for (uint8_t device = 1; device <= 6; device++) {
		struct origin o = origin_of(device, NOON + device * MINUTE, 100);
		add_number(t, &o, FIELD_FEE, device);
	}
}

static void test_a_device_writes_for_its_unit_and_those_below(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_text(&t, &o, FIELD_UNIT, "p.d.a");
	add_fees(&t);
	assert_counts(&t, "p.d.a", "++-+---");
	struct resolved r = resolved_of(&t, UNITS);
	assert_int_equal(resolved_number(&r, FIELD_FEE, -1), 3);
	resolved_free(&r);
	thing_free(&t);
}

static void test_a_device_below_the_stated_unit_does_not_count(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(3, NOON, 1);
	add_text(&t, &o, FIELD_UNIT, "p.d");
	add_fees(&t);
	assert_counts(&t, "p.d", "+--+---");
	thing_free(&t);
}

static void test_who_decides_writes_too(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	struct change c = dossier_change();
	change_set_text(&c, FIELD_UNIT, slice_str("p.d.a"));
	change_set_text(&c, FIELD_DECIDED_BY, slice_str("p.e.x"));
	add_change(&t, &o, c);
	add_fees(&t);
	assert_counts(&t, "p.d.a", "++-++--");
	thing_free(&t);
}

/* Device 4 writes for p.e: naming p.e as the one who decides gives it no say. */
static void test_nobody_makes_himself_the_one_who_decides(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_text(&t, &o, FIELD_UNIT, "p.d.a");
	o = origin_of(4, NOON + 1000, 1);
	add_text(&t, &o, FIELD_DECIDED_BY, "p.e");
	add_fees(&t);
	assert_counts(&t, "p.d.a", "+-+-+---");
	thing_free(&t);
}

/* Device 2 was let in by device 1's word alone: its own lets nobody in. */
static void test_who_decides_lets_nobody_in(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_text(&t, &o, FIELD_DECIDED_BY, "p.d.b");
	o = origin_of(2, NOON + 1000, 1);
	add_text(&t, &o, FIELD_DECIDED_BY, "p.e");
	add_fees(&t);
	assert_counts(&t, "p.d.a", "+++++---");
	thing_free(&t);
}

/* decided_by states no unit: the receiving unit is still that of the earliest device, which goes on writing. */
static void test_decided_by_alone_does_not_take_the_thing_away(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_text(&t, &o, FIELD_DECIDED_BY, "p.e");
	add_fees(&t);
	assert_counts(&t, "p.d.a", "++-++--");
	thing_free(&t);
}

static void test_without_a_unit_the_earliest_device_has_it(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	add_fees(&t);
	assert_counts(&t, "p.d.a", "+-+---");
	/* An earlier write that comes later takes the thing over. */
	struct origin o = origin_of(2, NOON - MINUTE, 1);
	add_number(&t, &o, FIELD_FEE, 7);
	assert_counts(&t, "p.d.b", "+-++---");
	/* Until somebody states a unit. */
	o = origin_of(1, NOON + HOUR, 1);
	add_text(&t, &o, FIELD_UNIT, "p.d.a");
	assert_counts(&t, "p.d.a", "-+-+---+");
	thing_free(&t);
}

/* A unit that is cleared was never stated: it gives nobody a say and takes none away. */
static void test_a_cleared_unit_states_none(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_null(&t, &o, FIELD_UNIT);
	add_fees(&t);
	assert_counts(&t, "p.d.a", "++-+---");
	thing_free(&t);
}

/* Every unit that anybody stated gives a say, not only the one that wins. */
static void test_a_moved_thing_keeps_the_writes_of_both_units(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_text(&t, &o, FIELD_UNIT, "p.d.a");
	o = origin_of(3, NOON + 1, 1);
	add_text(&t, &o, FIELD_UNIT, "p.d.b");
	add_fees(&t);
	assert_counts(&t, "p.d.b", "+++++---");
	/* Cleared, it is the earliest device's; what was stated was stated. */
	o = origin_of(3, NOON + HOUR, 2);
	add_null(&t, &o, FIELD_UNIT);
	assert_counts(&t, "p.d.a", "+++++---+");
	thing_free(&t);
}

static void test_a_thing_only_strangers_wrote_is_not_known(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(5, NOON, 1);
	add_number(&t, &o, FIELD_FEE, 1);
	assert_counts(&t, "", "-");
	o = origin_of(4, NOON + 1, 1);
	add_text(&t, &o, FIELD_UNIT, "p.d.a");
	struct resolved r = resolved_of(&t, UNITS);
	assert_false(r.known);
	for (size_t f = 0; f < FIELD_COUNT; f++)
		assert_null(r.winner[f]);
	resolved_free(&r);
	resolved_free(NULL);
	thing_free(&t);
}

static void test_an_indicator_counts_whoever_was_let_in(void **state)
{
	(void)state;
	struct thing t = thing_new(KIND_INDICATOR);
	for (uint8_t device = 1; device <= 5; device++) {
		struct change c = change_new(KIND_INDICATOR);
		struct origin o = origin_of(device, NOON + device, 1);
		c.key = slice_str("p.d.a|2024|x");
		change_set_number(&c, FIELD_VALUE, device);
		add_change(&t, &o, c);
	}
	assert_counts(&t, "p.d.a", "+++++");
	thing_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ties_go_by_each_part_of_rule_2),
		cmocka_unit_test(ti_01_a_mad_clock_wins_for_ten_minutes_only),
		cmocka_unit_test(test_null_clears_and_absent_leaves),
		cmocka_unit_test(test_a_listing_that_repeats_a_status_leaves_its_time),
		cmocka_unit_test(test_the_date_of_a_status_goes_with_it),
		cmocka_unit_test(test_history_is_by_date_then_by_rule_2),
		cmocka_unit_test(test_the_day_of_a_write_is_local_and_bounded),
		cmocka_unit_test(test_a_device_writes_for_its_unit_and_those_below),
		cmocka_unit_test(test_a_device_below_the_stated_unit_does_not_count),
		cmocka_unit_test(test_who_decides_writes_too),
		cmocka_unit_test(test_nobody_makes_himself_the_one_who_decides),
		cmocka_unit_test(test_who_decides_lets_nobody_in),
		cmocka_unit_test(test_decided_by_alone_does_not_take_the_thing_away),
		cmocka_unit_test(test_without_a_unit_the_earliest_device_has_it),
		cmocka_unit_test(test_a_cleared_unit_states_none),
		cmocka_unit_test(test_a_moved_thing_keeps_the_writes_of_both_units),
		cmocka_unit_test(test_a_thing_only_strangers_wrote_is_not_known),
		cmocka_unit_test(test_an_indicator_counts_whoever_was_let_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
