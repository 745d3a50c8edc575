#include "count_fixture.h"

#include <stdio.h>

/* What a rule may settle otherwise than form06: one choice at a time. */
static struct cells under(const struct count_rule *rule, const struct dossier_facts *f)
{
	const struct count_query query = {.period = {FROM, TO}, .as_of = AS_OF, .rule = rule};
	struct cells c = {0};
	count_dossier(&query, f, &c);
	return c;
}

static void test_a_refused_dossier_counts_where_the_rule_says_so(void **state)
{
	(void)state;
	struct count_rule rule = COUNT_FORM06;
	struct dossier_facts f = dossier();
	f.status = DOSSIER_REFUSED;
	f.status_day = 112;
	rule.refused_counts = true;
	struct cells c = under(&rule, &f);
	assert_int_equal(c.received, 1);
	assert_int_equal(c.refused, 1);
	assert_int_equal(c.done_early, 1);
	assert_int_equal(c.incomplete, 0);
	/* Never received, it is not one that lacks a receipt. */
	f.received = DAY_UNSET;
	c = under(&rule, &f);
	assert_int_equal(c.received + c.done + c.open + c.incomplete, 0);
	assert_int_equal(c.refused, 1);
}

static void test_what_waits_is_late_where_the_rule_says_so(void **state)
{
	(void)state;
	const struct status_day history[] = {{110, DOSSIER_ACCEPTED}, {111, DOSSIER_NEED_DOCS}};
	struct count_rule rule = COUNT_FORM06;
	struct dossier_facts f = dossier();
	f.status = DOSSIER_NEED_DOCS;
	f.status_day = 111;
	f.due = 115;
	f.history = history;
	f.n_history = 2;
	struct cells c = under(&rule, &f);
	assert_int_equal(c.open_in_time, 1);
	assert_int_equal(c.open_paused, 1);
	rule.paused_late = true;
	c = under(&rule, &f);
	assert_int_equal(c.open_late, 1);
	assert_int_equal(c.open_paused, 0);
}

/* Due at noon of its day; the rest is said by each case. */
static struct dossier_facts due_at_noon(void)
{
	struct dossier_facts f = dossier();
	f.due_at = date_start(f.due) + INT64_C(12) * 3600 * 1000;
	f.finished_at = f.returned_at = f.status_at = TIME_UNSET;
	return f;
}

static void assert_timeliness(const struct count_rule *rule, const struct dossier_facts *f, int early, int on_time,
			      int late)
{
	const struct count_query query = {.period = {FROM, TO}, .as_of = TO, .rule = rule};
	struct cells c = {0};
	count_dossier(&query, f, &c);
	assert_int_equal(c.done_early, early);
	assert_int_equal(c.done_on_time, on_time);
	assert_int_equal(c.done_late, late);
}

static void test_times_are_compared_where_the_rule_says_so(void **state)
{
	(void)state;
	struct count_rule rule = COUNT_FORM06;
	struct dossier_facts f = due_at_noon();
	f.status = DOSSIER_DONE;
	f.finished = f.due;
	f.finished_at = f.due_at;
	assert_timeliness(&rule, &f, 0, 1, 0);
	rule.compare_times = true;
	rule.end = RULE_END_FINISHED;
	assert_timeliness(&rule, &f, 0, 1, 0);
	f.finished_at = f.due_at - 1;
	assert_timeliness(&rule, &f, 1, 0, 0);
	f.finished_at = f.due_at + 1;
	assert_timeliness(&rule, &f, 0, 0, 1);
	/* A due date without an hour is compared by its day. */
	f.due_at = TIME_UNSET;
	assert_timeliness(&rule, &f, 0, 1, 0);
}

static void test_the_instant_of_an_end_is_the_first_stated_on_its_day(void **state)
{
	(void)state;
	struct count_rule rule = COUNT_FORM06;
	struct dossier_facts f = due_at_noon();
	rule.compare_times = true;
	/* form06 asks for the return first. */
	f.status = DOSSIER_RETURNED;
	f.returned = f.finished = f.due;
	f.returned_at = f.due_at + 1;
	f.finished_at = f.due_at - 1;
	assert_timeliness(&rule, &f, 0, 0, 1);
	rule.end = RULE_END_FINISHED_RETURNED;
	assert_timeliness(&rule, &f, 1, 0, 0);
	/* Without an instant of that day it is the day's last moment. */
	f.finished_at = TIME_UNSET;
	f.returned_at = f.due_at - INT64_C(48) * 3600 * 1000;
	f.status_at = f.returned_at;
	assert_timeliness(&rule, &f, 0, 0, 1);
	/* A status of that day tells the hour as well. */
	f.status_at = f.due_at - 1;
	assert_timeliness(&rule, &f, 1, 0, 0);
}

static void test_withdrawn_and_refused_have_instants_of_their_own(void **state)
{
	(void)state;
	struct count_rule rule = COUNT_FORM06;
	struct dossier_facts f = due_at_noon();
	rule.compare_times = true;
	rule.withdrawn_compared = true;
	rule.end = RULE_END_RETURNED_FINISHED;
	f.status = DOSSIER_WITHDRAWN;
	f.finished = f.due;
	f.finished_at = f.due_at - 1;
	f.returned_at = f.due_at + 1;
	assert_timeliness(&rule, &f, 1, 0, 0);
	rule.end = RULE_END_FINISHED;
	f.finished = DAY_UNSET;
	f.finished_at = TIME_UNSET;
	f.returned = f.due;
	assert_timeliness(&rule, &f, 0, 0, 1);
	rule.refused_counts = true;
	f.status = DOSSIER_REFUSED;
	f.status_day = f.due;
	f.status_at = f.due_at;
	assert_timeliness(&rule, &f, 0, 1, 0);
}

/* Whoever counts from sums that were made by one rule asks whether another counts the same. */
static void test_rules_are_the_same_by_what_they_settle_alone(void **state)
{
	(void)state;
	struct count_rule other[8];
	for (size_t i = 0; i < 8; i++)
		other[i] = COUNT_FORM06;
	other[0].end = RULE_END_FINISHED;
	other[1].compare_times = true;
	other[2].withdrawn_compared = true;
	other[3].stopped_ends = true;
	other[4].paused_late = true;
	other[5].refused_counts = true;
	other[6].waiting_subtracted = true;
	other[7].supplements_max = 1;
	for (size_t i = 0; i < 8; i++)
		assert_false(count_rule_same(&COUNT_FORM06, &other[i]));
	struct count_rule named = COUNT_FORM06;
	(void)snprintf(named.name, sizeof(named.name), "ours");
	(void)snprintf(named.source, sizeof(named.source), "TT 01/2018");
	named.version = 7;
	memset(named.hash, 1, sizeof(named.hash));
	assert_true(count_rule_same(&COUNT_FORM06, &named));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_refused_dossier_counts_where_the_rule_says_so),
		cmocka_unit_test(test_what_waits_is_late_where_the_rule_says_so),
		cmocka_unit_test(test_times_are_compared_where_the_rule_says_so),
		cmocka_unit_test(test_the_instant_of_an_end_is_the_first_stated_on_its_day),
		cmocka_unit_test(test_rules_are_the_same_by_what_they_settle_alone),
		cmocka_unit_test(test_withdrawn_and_refused_have_instants_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
