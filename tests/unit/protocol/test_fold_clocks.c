/* Clocks that drift against each other, and writes that no clock tells apart. */
#include "fold_fixture.h"

enum { SHUFFLES = 10000, DRIFTING = 24, DRIFT_MIN = 5, LOT = LIMIT_THING_CHANGES };

static void shuffle(struct random *r, size_t *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (size_t i = count; i-- > 1;) {
		size_t j = random_below(r, i + 1);
		size_t kept = order[i];
		order[i] = order[j];
		order[j] = kept;
	}
}

/* The one that wins by rule 2, in whichever place it stands. */
static const struct delivery *greatest(const struct delivery *all, size_t count)
{
	const struct delivery *best = &all[0];
	for (size_t i = 1; i < count; i++)
		if (origin_compare(&all[i].origin, &best->origin) > 0)
			best = &all[i];
	return best;
}

static struct thing thing_in_order(const struct delivery *all, const size_t *order, size_t count)
{
	struct thing t = thing_new(KIND_DOSSIER);
	bool fresh = false;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(thing_add(&t, &all[order[i]].origin, &all[order[i]].change, &fresh), STATUS_OK);
	return t;
}

static void assert_one_outcome(const struct delivery *all, size_t count, size_t shuffles)
{
	static const char *const units[256] = {"p", "p", "p", "p"};
	struct random r = {11};
	size_t *order = calloc(count, sizeof(*order));
	struct bytes first = bytes_new(THING_ROOM);
	int64_t wanted = greatest(all, count)->change.fields[FIELD_FEE].number;
	assert_non_null(order);
	for (size_t i = 0; i < shuffles; i++) {
		shuffle(&r, order, count);
		struct thing t = thing_in_order(all, order, count);
		struct bytes outcome = canonical(&t);
		struct resolved resolved = resolved_of(&t, units);
		assert_true(resolved_number(&resolved, FIELD_FEE, -1) == wanted);
		if (i == 0)
			bytes_put(&first, outcome.data, outcome.len);
		assert_true(slice_equal(bytes_slice(&outcome), bytes_slice(&first)));
		resolved_free(&resolved);
		bytes_free(&outcome);
		thing_free(&t);
	}
	bytes_free(&first);
	free(order);
}

/* Four computers, up to five minutes apart, write about one thing at the same true time. */
static void ti_06_drifting_clocks_give_one_winner_in_any_order(void **state)
{
	(void)state;
	struct delivery all[DRIFTING];
	struct random r = {6};
	for (size_t i = 0; i < DRIFTING; i++) {
		int64_t true_time = NOON + (int64_t)(i / 4) * MINUTE;
		int64_t drift = (int64_t)random_below(&r, 2 * DRIFT_MIN + 1) - DRIFT_MIN;
		all[i] = (struct delivery){
			.origin = origin_of((uint8_t)(i % 4), true_time + drift * MINUTE, 1 + i / 4),
			.change = dossier_change()};
		all[i].origin.accepted_at = true_time + MINUTE;
		all[i].change.changed_at = all[i].origin.changed_at;
		change_set_number(&all[i].change, FIELD_FEE, (int64_t)i);
	}
	assert_one_outcome(all, DRIFTING, SHUFFLES);
}

/* As many as a thing may have, all of one millisecond: device, incarnation, seq and index tell them apart. */
static void ti_07_writes_of_one_millisecond_have_one_order(void **state)
{
	(void)state;
	struct delivery *all = calloc(LOT, sizeof(*all));
	assert_non_null(all);
	for (size_t i = 0; i < LOT; i++) {
		all[i] = (struct delivery){.origin = origin_of((uint8_t)(i % 3), NOON, 1 + i / 300),
					   .change = dossier_change()};
		all[i].origin.incarnation.ordinal = 1 + i % 2;
		all[i].origin.index = (uint32_t)i;
		all[i].change.changed_at = NOON;
		change_set_number(&all[i].change, FIELD_FEE, (int64_t)i);
	}
	const struct delivery *last = greatest(all, LOT);
	assert_int_equal(last->origin.device[0], 2);
	assert_int_equal(last->origin.incarnation.ordinal, 2);
	assert_int_equal(last->origin.seq, 1 + (LOT - 1) / 300);
	assert_one_outcome(all, LOT, 20);
	free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ti_06_drifting_clocks_give_one_winner_in_any_order),
		cmocka_unit_test(ti_07_writes_of_one_millisecond_have_one_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
