#include "count_fixture.h"
#include "random_fixture.h"

static const struct count_rule INDEX766 = {
	.name = "index766", .version = 1, .end = RULE_END_FINISHED, .stopped_ends = true};

/* Numerators and denominators: of received, of done, of received with a fee, of done and rated. */
static void test_rates(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(112);
	f.input_digitised = true;
	f.result_digitised = true;
	f.fee_due = true;
	f.paid = PAID_ONLINE;
	f.rating = 4;
	struct cells c = counted(&f);
	assert_int_equal(c.rate_input_digitised, 1);
	assert_int_equal(c.rate_result_digitised, 1);
	assert_int_equal(c.fee_received, 1);
	assert_int_equal(c.rate_paid_online, 1);
	assert_int_equal(c.rated_done, 1);
	assert_int_equal(c.rate_satisfied, 1);
	f.rating = 3;
	f.paid = PAID_COUNTER;
	c = counted(&f);
	assert_int_equal(c.rated_done, 1);
	assert_int_equal(c.rate_satisfied, 0);
	assert_int_equal(c.fee_received, 1);
	assert_int_equal(c.rate_paid_online, 0);
	f.rating = 0;
	f.fee_due = false;
	f.paid = PAID_ONLINE;
	c = counted(&f);
	assert_int_equal(c.rated_done, 0);
	assert_int_equal(c.fee_received, 0);
	assert_int_equal(c.rate_paid_online, 0);
	/* Carried in and done: only the rates over what is done. Open: only those over what was received. */
	f.fee_due = true;
	f.rating = 5;
	f.received = FROM - 1;
	c = counted(&f);
	assert_int_equal(c.rate_input_digitised + c.fee_received + c.rate_paid_online, 0);
	assert_int_equal(c.rate_result_digitised + c.rated_done + c.rate_satisfied, 3);
	f = dossier();
	f.result_digitised = true;
	f.rating = 5;
	f.input_digitised = true;
	c = counted(&f);
	assert_int_equal(c.rate_input_digitised, 1);
	assert_int_equal(c.rate_result_digitised + c.rated_done + c.rate_satisfied, 0);
}

/* What the indices count besides: reused of received, both digitised and low ratings of done. */
static void test_counts_for_indices(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(112);
	f.reused = true;
	f.input_digitised = true;
	f.rating = 2;
	struct cells c = counted(&f);
	assert_int_equal(c.reused_received, 1);
	assert_int_equal(c.digitised_done, 0);
	assert_int_equal(c.dissatisfied_done, 1);
	f.result_digitised = true;
	f.rating = 3;
	c = counted(&f);
	assert_int_equal(c.digitised_done, 1);
	assert_int_equal(c.dissatisfied_done, 0);
	f.received = FROM - 1;
	f.rating = 1;
	c = counted(&f);
	assert_int_equal(c.reused_received, 0);
	assert_int_equal(c.digitised_done + c.dissatisfied_done, 2);
	f = dossier();
	f.reused = true;
	f.input_digitised = true;
	f.result_digitised = true;
	f.rating = 1;
	c = counted(&f);
	assert_int_equal(c.reused_received, 1);
	assert_int_equal(c.digitised_done + c.dissatisfied_done, 0);
}

/* Of how many something was said at all, be it no. */
static void test_what_was_said_is_counted_apart(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(112);
	struct cells c = counted(&f);
	assert_int_equal(c.input_stated + c.result_stated + c.digitised_stated + c.reused_stated + c.paid_stated,
			 0);
	f.input_stated = f.reused_stated = f.fee_due = true;
	f.paid = PAID_NONE;
	c = counted(&f);
	assert_int_equal(c.input_stated + c.reused_stated + c.paid_stated, 3);
	assert_int_equal(c.result_stated + c.digitised_stated, 0);
	f.result_stated = true;
	f.fee_due = false;
	f.received = FROM - 1;
	c = counted(&f);
	assert_int_equal(c.input_stated + c.reused_stated + c.paid_stated, 0);
	assert_int_equal(c.result_stated + c.digitised_stated, 2);
}

static void test_the_index_rule_ends_when_finished_or_stopped(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(118);
	f.finished = 112;
	assert_int_equal(dossier_end(&f, &INDEX766), 112);
	f.finished = DAY_UNSET;
	assert_int_equal(dossier_end(&f, &INDEX766), DAY_UNSET);
	f = dossier();
	f.status = DOSSIER_STOPPED;
	f.status_day = 113;
	assert_int_equal(dossier_end(&f, &INDEX766), 113);
	f.finished = 112;
	assert_int_equal(dossier_end(&f, &INDEX766), 112);
	assert_int_equal(dossier_incomplete(&f, &INDEX766), 0);
	f.status = DOSSIER_NEED_DOCS;
	assert_int_equal(dossier_end(&f, &INDEX766), DAY_UNSET);
}

static void test_times_compare_by_the_date_that_ended_it(void **state)
{
	(void)state;
	const int64_t hour_ms = INT64_C(3600) * 1000;
	struct dossier_facts f = returned_on(112);
	f.finished = f.due = 112;
	f.finished_at = date_start(112) + 8 * hour_ms;
	f.due_at = date_start(112) + 9 * hour_ms;
	f.returned_at = date_start(112) + 10 * hour_ms;
	struct count_rule rule = {.end = RULE_END_RETURNED_FINISHED, .compare_times = true};
	struct count_query query = {.period = {FROM, TO}, .as_of = AS_OF, .rule = &rule};
	struct cells c = {0};
	count_dossier(&query, &f, &c);
	assert_int_equal(c.done_late, 1);
	rule.end = RULE_END_FINISHED_RETURNED;
	count_dossier(&query, &f, &c);
	assert_int_equal(c.done_early, 1);
	f.due_at = f.finished_at;
	count_dossier(&query, &f, &c);
	assert_int_equal(c.done_on_time, 1);
	rule.compare_times = false;
	count_dossier(&query, &f, &c);
	assert_int_equal(c.done_on_time, 2);
	/* Stopped after it was handed over on the same day: where that ends nothing, it ended when stopped. */
	rule = (struct count_rule){.end = RULE_END_FINISHED, .compare_times = true, .stopped_ends = true};
	f.status = DOSSIER_STOPPED;
	f.finished = DAY_UNSET;
	f.finished_at = TIME_UNSET;
	f.due_at = f.returned_at + hour_ms;
	f.status_at = f.due_at + hour_ms;
	count_dossier(&query, &f, &c);
	assert_int_equal(c.done_late, 2);
}

static int32_t random_day(struct random *r)
{
	return random_below(r, 4) == 0 ? DAY_UNSET : FROM - 10 + (int32_t)random_below(r, 45);
}

static struct dossier_facts random_facts(struct random *r, struct status_day history[static 1])
{
	history[0] = (struct status_day){FROM + (int32_t)random_below(r, 30), (uint8_t)random_below(r, 11)};
	return (struct dossier_facts){.status = (uint8_t)random_below(r, 11),
				      .status_day = random_day(r),
				      .submitted = random_day(r),
				      .received = random_day(r),
				      .finished = random_day(r),
				      .returned = random_day(r),
				      .due = random_day(r),
				      .channel = (uint8_t)random_below(r, 4),
				      .paid = (uint8_t)random_below(r, 4),
				      .rating = (uint8_t)random_below(r, 6),
				      .input_digitised = random_below(r, 2) == 1,
				      .result_digitised = random_below(r, 2) == 1,
				      .fee_due = random_below(r, 2) == 1,
				      .status_ahead = random_below(r, 10) == 0,
				      .taken_back = random_below(r, 10) == 0,
				      .n_history = 1,
				      .history = history};
}

static void test_groups_sum_to_the_total(void **state)
{
	(void)state;
	struct random r = {8};
	struct cells groups[5] = {{0}};
	struct cells total = {0};
	struct cells sum = {0};
	for (size_t i = 0; i < 5000; i++) {
		struct status_day history[1];
		struct dossier_facts f = random_facts(&r, history);
		(void)counted(&f);
		count_dossier(&QUERY, &f, &total);
		count_dossier(&QUERY, &f, &groups[random_below(&r, 5)]);
	}
	for (size_t i = 0; i < 5; i++)
		cells_add(&sum, &groups[i]);
	assert_memory_equal(&sum, &total, sizeof(sum));
	assert_int_equal(cells_total_in(&total), total.received + total.carried_in);
	assert_int_equal(cells_gap(&total), cells_total_in(&total) - total.done - total.open);
	assert_true(total.done > 0 && total.open > 0 && total.refused > 0 && total.withdrawn > 0);
}

/* No dossier is counted as more than it is, and one in the gap is always listed. */
static void test_every_dossier_is_done_or_open_or_a_gap_that_is_listed(void **state)
{
	(void)state;
	struct random r = {9};
	for (size_t i = 0; i < 5000; i++) {
		struct status_day history[1];
		struct dossier_facts f = random_facts(&r, history);
		struct cells c = counted(&f);
		assert_in_range(cells_total_in(&c), 0, 1);
		assert_in_range(c.done + c.open, 0, cells_total_in(&c));
		if (cells_gap(&c) != 0)
			assert_int_equal(c.incomplete, 1);
	}
}

/* What is open at the end of a period is what the next one carries in, but for what is in the gap. */
static void test_one_period_follows_the_other(void **state)
{
	(void)state;
	struct random r = {10};
	struct count_query first = {.period = {FROM, 109}, .as_of = 109, .rule = &COUNT_FORM06};
	struct count_query second = {.period = {110, AS_OF}, .as_of = AS_OF, .rule = &COUNT_FORM06};
	for (size_t i = 0; i < 5000; i++) {
		struct status_day history[1];
		struct dossier_facts f = random_facts(&r, history);
		struct cells a = {0};
		struct cells b = {0};
		if ((dossier_incomplete(&f, &COUNT_FORM06) & INCOMPLETE_END_FIRST) != 0)
			continue;
		count_dossier(&first, &f, &a);
		count_dossier(&second, &f, &b);
		assert_int_equal(a.open + cells_gap(&a), b.carried_in);
		assert_in_range(a.done + b.done, 0, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_counts_for_indices),
		cmocka_unit_test(test_what_was_said_is_counted_apart),
		cmocka_unit_test(test_the_index_rule_ends_when_finished_or_stopped),
		cmocka_unit_test(test_times_compare_by_the_date_that_ended_it),
		cmocka_unit_test(test_groups_sum_to_the_total),
		cmocka_unit_test(test_every_dossier_is_done_or_open_or_a_gap_that_is_listed),
		cmocka_unit_test(test_one_period_follows_the_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
