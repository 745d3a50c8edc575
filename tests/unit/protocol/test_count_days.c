#include "count_fixture.h"
#include "random_fixture.h"

#include "protocol/count_days.h"

enum { DAYS = 24, HISTORY = 5, DOSSIERS = 5000, DAY_MS = 24 * 3600 * 1000 };

struct told {
	struct day_cells always;
	struct day_cells days[DAYS + 2];
};

static enum status tell(void *context, int32_t day, const struct day_cells *cells)
{
	struct told *told = context;
	assert_true(day == COUNT_ALWAYS || (day >= 0 && day < DAYS + 2));
	day_cells_add(day == COUNT_ALWAYS ? &told->always : &told->days[day], cells);
	return STATUS_OK;
}

/* One of the days, or none. */
static int32_t some_day(struct random *r)
{
	return random_below(r, 4) == 0 ? DAY_UNSET : (int32_t)random_below(r, DAYS);
}

/* An instant of that day. */
static int64_t some_instant(struct random *r, int32_t day)
{
	return day == DAY_UNSET ? TIME_UNSET : date_start(day) + (int64_t)random_below(r, 3) * (DAY_MS / 4);
}

static struct dossier_facts some_facts(struct random *r, struct status_day *history)
{
	struct dossier_facts f = {.status = (uint8_t)random_below(r, DOSSIER_RETURNED + 1),
				  .status_day = some_day(r),
				  .submitted = some_day(r),
				  .received = some_day(r),
				  .finished = some_day(r),
				  .returned = some_day(r),
				  .due = some_day(r),
				  .channel = (uint8_t)random_below(r, 4),
				  .paid = (uint8_t)random_below(r, 4),
				  .rating = (uint8_t)random_below(r, 6),
				  .input_digitised = random_below(r, 2) == 0,
				  .result_digitised = random_below(r, 2) == 0,
				  .reused = random_below(r, 2) == 0,
				  .input_stated = random_below(r, 2) == 0,
				  .result_stated = random_below(r, 2) == 0,
				  .reused_stated = random_below(r, 2) == 0,
				  .fee_due = random_below(r, 2) == 0,
				  .status_ahead = random_below(r, 10) == 0,
				  .taken_back = random_below(r, 20) == 0,
				  .history = history};
	f.status_at = some_instant(r, f.status_day);
	f.finished_at = some_instant(r, f.finished);
	f.returned_at = some_instant(r, f.returned);
	f.due_at = some_instant(r, f.due);
	int32_t day = 0;
	for (f.n_history = random_below(r, HISTORY + 1); day < (int32_t)f.n_history; day++)
		history[day] = (struct status_day){
			.day = (int32_t)(day * DAYS / HISTORY + (int32_t)random_below(r, DAYS / HISTORY)),
			.status = (uint8_t)random_below(r, DOSSIER_RETURNED + 1)};
	return f;
}

static struct count_rule some_rule(struct random *r)
{
	struct count_rule rule = COUNT_FORM06;
	rule.end = (enum rule_end)random_below(r, 3);
	rule.compare_times = random_below(r, 2) == 0;
	rule.withdrawn_compared = random_below(r, 2) == 0;
	rule.stopped_ends = random_below(r, 2) == 0;
	rule.paused_late = random_below(r, 2) == 0;
	rule.refused_counts = random_below(r, 2) == 0;
	rule.supplements_max = (int64_t)random_below(r, 3);
	return rule;
}

/* Whether anything ended on these days, which are later than as_of. */
static bool ended(const struct told *told, int32_t from, int32_t to)
{
	bool any = false;
	for (int32_t day = from; day < to; day++)
		any = any || told->days[day].cells.done != 0;
	return any;
}

static struct cells from_days(const struct told *told, struct period period, int32_t as_of)
{
	struct day_cells before = told->always;
	struct day_cells within = {0};
	for (int32_t day = 0; day <= as_of; day++)
		day_cells_add(day < period.from ? &before : &within, &told->days[day]);
	return count_days_cells(&before, &within);
}

/* Every period, and every day up to which something is known. */
static void expect_same(const struct count_rule *rule, const struct dossier_facts *f, const struct told *told)
{
	for (int32_t from = 0; from < DAYS; from++)
		for (int32_t as_of = 0; as_of < DAYS; as_of++) {
			const struct count_query query = {
				.period = {.from = from, .to = DAYS}, .as_of = as_of, .rule = rule};
			struct cells expected = {0};
			if (as_of < from && ended(told, as_of + 1, from))
				continue;
			count_dossier(&query, f, &expected);
			const struct cells found = from_days(told, query.period, as_of);
			assert_memory_equal(&found, &expected, sizeof(found));
		}
}

static void expect_by_days(const struct count_rule *rule, struct random *r, int *fitted)
{
	struct status_day history[HISTORY];
	const struct dossier_facts f = some_facts(r, history);
	struct told told = {0};
	if (!count_days_fits(rule, &f))
		return;
	(*fitted)++;
	assert_int_equal(count_days(rule, &f, tell, &told), STATUS_OK);
	expect_same(rule, &f, &told);
}

static void test_days_give_the_cells_of_every_period(void **state)
{
	(void)state;
	struct random r = {.state = 20230102};
	int fitted = 0;
	for (int i = 0; i < DOSSIERS / 2; i++)
		expect_by_days(&COUNT_FORM06, &r, &fitted);
	for (int i = 0; i < DOSSIERS / 2; i++) {
		const struct count_rule rule = some_rule(&r);
		expect_by_days(&rule, &r, &fitted);
	}
	assert_in_range(fitted, DOSSIERS / 2, DOSSIERS - 1);
}

static void test_sums_of_many_give_the_sums_of_their_cells(void **state)
{
	(void)state;
	struct random r = {.state = 7};
	struct told told = {0};
	const struct count_query query = {.period = {.from = 8, .to = 15}, .as_of = 12, .rule = &COUNT_FORM06};
	struct cells expected = {0};
	for (int i = 0; i < 1000; i++) {
		struct status_day history[HISTORY];
		const struct dossier_facts f = some_facts(&r, history);
		if (!count_days_fits(query.rule, &f))
			continue;
		assert_int_equal(count_days(query.rule, &f, tell, &told), STATUS_OK);
		count_dossier(&query, &f, &expected);
	}
	const struct cells found = from_days(&told, query.period, query.as_of);
	assert_memory_equal(&found, &expected, sizeof(found));
	assert_true(found.carried_in > 0 && found.done > 0 && found.open_late > 0 && found.open_paused > 0 &&
		    found.refused > 0 && found.incomplete > 0);
}

static void test_what_takes_two_days_together_does_not_fit(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(109); /* received on 110 */
	assert_false(count_days_fits(&COUNT_FORM06, &f));
	f = returned_on(110);
	assert_true(count_days_fits(&COUNT_FORM06, &f));
	f.received = DAY_UNSET;
	assert_true(count_days_fits(&COUNT_FORM06, &f));
	struct count_rule rule = COUNT_FORM06;
	assert_true(count_days_rule(&rule));
	rule.waiting_subtracted = true;
	assert_false(count_days_rule(&rule));
}

static enum status refuse(void *context, int32_t day, const struct day_cells *cells)
{
	(void)day;
	(void)cells;
	int *left = context;
	return (*left)-- > 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

static void test_it_ends_where_it_is_told_to(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(130);
	for (int calls = 0; calls < 5; calls++) { /* received, done, open, late, not open */
		int left = calls;
		assert_int_equal(count_days(&COUNT_FORM06, &f, refuse, &left), STATUS_NO_MEMORY);
		assert_int_equal(left, -1);
	}
	int enough = 5;
	assert_int_equal(count_days(&COUNT_FORM06, &f, refuse, &enough), STATUS_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days_give_the_cells_of_every_period),
		cmocka_unit_test(test_sums_of_many_give_the_sums_of_their_cells),
		cmocka_unit_test(test_what_takes_two_days_together_does_not_fit),
		cmocka_unit_test(test_it_ends_where_it_is_told_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
