#include "fold_fixture.h"

/* The rules of the fold written down a second time, without an order kept and without a thing, against random
 * writes. */
enum { DELIVERIES = 8, CASES = 2000, MODEL_DAYS = 9 };

struct model {
	const struct delivery *all;
	size_t count;
	const char *const *units;
	struct slice fallback;
	bool counts[DELIVERIES];
};

/* A unit the thing is stated to be of, or, where none is, the earliest device's. */
static bool model_covers_thing(const struct model *m, const struct delivery *d)
{
	struct slice unit = unit_of_device(m->units, d->origin.device);
	bool stated = false;
	for (size_t i = 0; i < m->count; i++) {
		const struct value *v = &m->all[i].change.fields[FIELD_UNIT];
		stated = stated || v->state == VALUE_TEXT;
		if (v->state == VALUE_TEXT && unit_covers(NULL, unit, v->text))
			return true;
	}
	return !stated && unit_covers(NULL, unit, m->fallback);
}

static bool model_counts(const struct model *m, const struct delivery *d)
{
	struct slice unit = unit_of_device(m->units, d->origin.device);
	bool counts = model_covers_thing(m, d);
	for (size_t i = 0; i < m->count; i++) {
		const struct value *decided = &m->all[i].change.fields[FIELD_DECIDED_BY];
		counts = counts || (decided->state == VALUE_TEXT && model_covers_thing(m, &m->all[i]) &&
				    unit_covers(NULL, unit, decided->text));
	}
	return counts;
}

static struct model model_of(const struct delivery *all, size_t count, const char *const *units)
{
	struct model m = {.all = all, .count = count, .units = units};
	const struct delivery *first = &all[0];
	for (size_t i = 1; i < count; i++)
		if (origin_compare(&all[i].origin, &first->origin) < 0)
			first = &all[i];
	m.fallback = unit_of_device(units, first->origin.device);
	for (size_t i = 0; i < count; i++)
		m.counts[i] = model_counts(&m, &all[i]);
	return m;
}

/* The delivery that wins a field up to a day of its history, NULL if none does. */
static const struct delivery *model_winner(const struct model *m, enum field field, bool by_day, int32_t day)
{
	const struct delivery *best = NULL;
	int32_t best_day = 0;
	for (size_t i = 0; i < m->count; i++) {
		const struct delivery *d = &m->all[i];
		const struct value *at = &d->change.fields[FIELD_STATUS_AT];
		if (!m->counts[i] || d->change.fields[field].state == VALUE_ABSENT)
			continue;
		bool dated = field == FIELD_STATUS && at->state == VALUE_NUMBER;
		int32_t its_day = by_day ? date_of(dated ? at->number : origin_stamp(&d->origin)) : 0;
		if (by_day && its_day > day)
			continue;
		if (best == NULL || its_day > best_day ||
		    (its_day == best_day && origin_compare(&d->origin, &best->origin) > 0)) {
			best = d;
			best_day = its_day;
		}
	}
	return best;
}

static void assert_write_of(const struct write *w, const struct origin *o, const struct delivery *expected,
			    enum field field)
{
	assert_int_equal(w != NULL, expected != NULL);
	if (w == NULL)
		return;
	assert_true(same_record(o, &expected->origin));
	assert_true(value_equal(&w->value, &expected->change.fields[field]));
	const struct value *at = &expected->change.fields[FIELD_STATUS_AT];
	bool dated = field == FIELD_STATUS && at->state == VALUE_NUMBER;
	assert_true(w->status_at == (dated ? at->number : TIME_UNSET));
}

static void assert_history_like(const struct resolved *r, const struct model *m, enum field field)
{
	struct history_entry *entries = NULL;
	size_t count = 0;
	assert_int_equal(fold_history(r, field, &entries, &count), STATUS_OK);
	for (int32_t day = date_of(NOON) - 2; day < date_of(NOON) + MODEL_DAYS; day++) {
		const struct history_entry *last = NULL;
		for (size_t i = 0; i < count && entries[i].day <= day; i++)
			last = &entries[i];
		assert_write_of(last == NULL ? NULL : last->write, last == NULL ? NULL : last->origin,
				model_winner(m, field, true, day), field);
	}
	free(entries);
}

static void test_random_writes_resolve_as_the_rules_say(void **state)
{
	(void)state;
	static const char *const places[] = {"p", "p.d", "p.d.a", "p.d.b", "p.e.a", NULL};
	struct random r = {7};
	struct delivery all[DELIVERIES];
	for (size_t i = 0; i < CASES; i++) {
		const char *units[256] = {NULL};
		for (size_t device = 0; device < 3; device++)
			units[device] = places[random_below(&r, 6)];
		size_t count = random_deliveries(&r, all, DELIVERIES);
		struct thing t = delivered(&r, all, count);
		struct model m = model_of(all, count, units);
		struct resolved resolved = resolved_of(&t, units);
		for (unsigned f = 0; f < FIELD_COUNT; f++) {
			const struct write *w = resolved.winner[f];
			if (f != FIELD_STATUS_AT)
				assert_write_of(w, w == NULL ? NULL : &t.origins[w->origin],
						model_winner(&m, (enum field)f, false, 0), (enum field)f);
		}
		const struct delivery *unit = model_winner(&m, FIELD_UNIT, false, 0);
		bool stated = unit != NULL && unit->change.fields[FIELD_UNIT].state == VALUE_TEXT;
		assert_true(slice_equal(resolved.unit, stated ? unit->change.fields[FIELD_UNIT].text : m.fallback));
		assert_history_like(&resolved, &m, FIELD_STATUS);
		assert_history_like(&resolved, &m, FIELD_DUE_AT);
		assert_history_like(&resolved, &m, FIELD_UNIT);
		resolved_free(&resolved);
		thing_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_writes_resolve_as_the_rules_say),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
