#include "count_fixture.h"
#include "protocol/conflict.h"
#include "protocol/difference.h"
#include "random_fixture.h"

#define HOUR       (INT64_C(3600) * 1000)
#define BIT(field) (UINT64_C(1) << (field))

enum { ROUNDS = 20000, HISTORY = 4 };

struct pair {
	struct dossier_facts ours;
	struct dossier_facts theirs;
	struct count_rule our_rule;
	struct count_rule their_rule;
	int64_t our_receipt;
	int64_t their_receipt;
	bool we_outside;
	bool they_outside;
	struct difference_hints hints;
};

/* Two equal ones. */
static struct pair pair_of(struct dossier_facts facts)
{
	return (struct pair){.ours = facts,
			     .theirs = facts,
			     .our_rule = COUNT_FORM06,
			     .their_rule = COUNT_FORM06,
			     .our_receipt = TIME_UNSET,
			     .their_receipt = TIME_UNSET};
}

static struct difference find(const struct pair *p)
{
	struct count_query here = QUERY;
	struct count_query there = QUERY;
	here.rule = &p->our_rule;
	there.rule = &p->their_rule;
	struct dossier_facts facts = difference_adopt(&p->theirs, &p->ours, p->hints.silent);
	const struct difference_side ours = {
		.facts = &p->ours, .received_at = p->our_receipt, .outside = p->we_outside};
	const struct difference_side theirs = {
		.facts = &facts, .received_at = p->their_receipt, .outside = p->they_outside};
	return difference_find(&here, &ours, &there, &theirs, &p->hints);
}

/* Something differs, and all of it for one cause. */
static void assert_cause(const struct pair *p, enum difference_cause cause)
{
	struct difference d = find(p);
	assert_true(d.any);
	for (int i = 0; i < DIFFERENCE_CELLS; i++)
		if (d.more[i] != 0 && d.cause[i] != cause)
			fail_msg("%s: %s", difference_cell_name((enum difference_cell)i),
				 difference_cause_name(d.cause[i]));
}

static void date_facts(struct dossier_facts *f)
{
	f->status_day = date_of(f->status_at);
	f->finished = date_of(f->finished_at);
	f->returned = date_of(f->returned_at);
	f->due = date_of(f->due_at);
}

static int64_t moment(int32_t day, int hour)
{
	return date_start(day) + hour * HOUR;
}

/* Received on day 110, due at five on day 118, handed over at three on the day given. */
static struct dossier_facts handed_over(int32_t day)
{
	struct dossier_facts f = {.status = DOSSIER_RETURNED,
				  .status_at = TIME_UNSET,
				  .submitted = DAY_UNSET,
				  .received = 110,
				  .finished_at = moment(day - 1, 10),
				  .returned_at = moment(day, 15),
				  .due_at = moment(118, 17),
				  .channel = CHANNEL_ONLINE};
	date_facts(&f);
	return f;
}

static void test_what_is_equal_has_no_cause(void **state)
{
	(void)state;
	struct pair p = pair_of(handed_over(117));
	assert_false(find(&p).any);
	/* Nor has what differs and is not counted: another moment of the same day. */
	p.theirs.returned_at += HOUR;
	assert_false(find(&p).any);
	p.ours.received = AS_OF + 1;
	p.theirs.received = AS_OF + 5;
	assert_false(find(&p).any);
}

static void test_one_side_alone_has_one_cause(void **state)
{
	(void)state;
	struct dossier_facts f = handed_over(117);
	struct difference d = difference_alone(&QUERY, &f, true, CAUSE_DUPLICATE);
	assert_int_equal(d.more[CELL_RECEIVED], -1);
	assert_int_equal(d.more[CELL_TOTAL_IN], -1);
	assert_int_equal(d.more[CELL_DONE_EARLY], -1);
	assert_int_equal(d.cause[CELL_DONE_EARLY], CAUSE_DUPLICATE);
	d = difference_alone(&QUERY, &f, false, CAUSE_HERE_ONLY);
	assert_int_equal(d.more[CELL_RECEIVED_ONLINE], 1);
	assert_int_equal(d.cause[CELL_RECEIVED_ONLINE], CAUSE_HERE_ONLY);
	f.received = AS_OF + 1;
	assert_false(difference_alone(&QUERY, &f, true, CAUSE_DUPLICATE).any);
}

static void test_void_unit_and_conflict_take_all_cells(void **state)
{
	(void)state;
	struct pair p = pair_of(handed_over(117));
	p.theirs.channel = CHANNEL_COUNTER;
	p.ours.taken_back = true;
	assert_cause(&p, CAUSE_VOID);
	p.ours.taken_back = false;
	p.we_outside = true;
	assert_cause(&p, CAUSE_UNIT);
	p.hints.conflicts = CONFLICT_RECEIVED;
	assert_cause(&p, CAUSE_UNIT);
	p.hints.conflicts = CONFLICT_UNIT;
	assert_cause(&p, CAUSE_CONFLICT);
	p.they_outside = true;
	assert_false(find(&p).any);
}

static void test_receipt(void **state)
{
	(void)state;
	struct pair p = pair_of(handed_over(117));
	p.theirs.received = FROM - 1;
	assert_cause(&p, CAUSE_RECEIVED);
	p.hints.conflicts = CONFLICT_RECEIVED;
	assert_cause(&p, CAUSE_CONFLICT);
	p.hints.conflicts = 0;
	p.their_receipt = moment(FROM - 1, 19);
	p.our_receipt = moment(FROM, 2);
	assert_cause(&p, CAUSE_TIMES);
	p.our_receipt += 1;
	assert_cause(&p, CAUSE_RECEIVED);
	p.hints.unread = BIT(FIELD_RECEIVED_AT);
	assert_cause(&p, CAUSE_UNREADABLE);
}

static void test_ends(void **state)
{
	(void)state;
	struct pair p = pair_of(handed_over(120));
	p.theirs.returned_at = moment(117, 15);
	date_facts(&p.theirs);
	assert_cause(&p, CAUSE_END_DATE);
	/* They have the day of the decision for that of the handing over. */
	p.ours.finished_at = moment(117, 10);
	date_facts(&p.ours);
	assert_cause(&p, CAUSE_END_FIELD);
	/* They have none; then, no such column at all. */
	p.theirs.finished_at = p.ours.finished_at;
	p.theirs.returned_at = TIME_UNSET;
	date_facts(&p.theirs);
	assert_cause(&p, CAUSE_END_DATE);
	p.hints.silent = BIT(FIELD_RETURNED_AT);
	assert_cause(&p, CAUSE_END_FIELD);
	/* By the decision there is no difference. */
	p.our_rule.end = RULE_END_FINISHED;
	p.their_rule.end = RULE_END_FINISHED;
	assert_false(find(&p).any);
}

static void test_hours_on_the_due_day(void **state)
{
	(void)state;
	struct pair p = pair_of(handed_over(118));
	p.ours.due_at = moment(118, 11);
	p.theirs.due_at = p.ours.due_at;
	p.their_rule.compare_times = true;
	assert_cause(&p, CAUSE_TIMES);
	/* Both compare hours: another hour of the same day. */
	p.our_rule.compare_times = true;
	p.ours.due_at = moment(118, 17);
	assert_cause(&p, CAUSE_TIMES);
	p.ours.due_at = moment(119, 17);
	date_facts(&p.ours);
	assert_cause(&p, CAUSE_DUE);
}

static void test_status(void **state)
{
	(void)state;
	struct pair p = pair_of(handed_over(117));
	p.theirs.status = DOSSIER_IN_PROGRESS;
	p.theirs.finished_at = TIME_UNSET;
	p.theirs.returned_at = TIME_UNSET;
	date_facts(&p.theirs);
	assert_cause(&p, CAUSE_STATUS);
	p.theirs = handed_over(121);
	p.ours.status = DOSSIER_WITHDRAWN;
	p.theirs.returned_at = p.ours.returned_at;
	date_facts(&p.theirs);
	assert_cause(&p, CAUSE_WITHDRAWN);
	/* A list without a column for the status: waiting dossiers are not told from others. */
	p = pair_of(dossier());
	const struct status_day waits = {.day = 112, .status = DOSSIER_NEED_DOCS};
	p.ours.status = DOSSIER_NEED_DOCS;
	p.ours.n_history = 1;
	p.ours.history = &waits;
	p.theirs.status = 0;
	assert_cause(&p, CAUSE_STATUS);
	p.hints.silent = BIT(FIELD_STATUS);
	assert_cause(&p, CAUSE_PAUSED);
	/* The status is the same by now; on the day it was another. */
	p.theirs.status = DOSSIER_NEED_DOCS;
	p.hints.silent = 0;
	assert_cause(&p, CAUSE_PAUSED);
}

/* What the list never says is not held against it, but where it decides when a dossier counts. */
static void test_what_a_list_does_not_state(void **state)
{
	(void)state;
	struct pair p = pair_of(handed_over(117));
	p.ours.fee_due = true;
	p.ours.paid = PAID_ONLINE;
	p.ours.rating = 5;
	p.ours.input_digitised = true;
	p.ours.result_digitised = true;
	p.theirs.channel = 0;
	p.theirs.due_at = TIME_UNSET;
	date_facts(&p.theirs);
	struct difference d = find(&p);
	assert_int_equal(d.cause[CELL_RECEIVED_ONLINE], CAUSE_CHANNEL);
	assert_int_equal(d.cause[CELL_DONE_EARLY], CAUSE_DUE);
	assert_int_equal(d.cause[CELL_SATISFIED], CAUSE_DETAILS);
	assert_int_equal(d.more[CELL_DONE], 0);
	p.hints.silent = BIT(FIELD_CHANNEL) | BIT(FIELD_DUE_AT) | BIT(FIELD_FEE) | BIT(FIELD_PAID) |
			 BIT(FIELD_RATING) | BIT(FIELD_INPUT_DIGITISED) | BIT(FIELD_RESULT_DIGITISED);
	assert_false(find(&p).any);
	p.hints.silent |= BIT(FIELD_RECEIVED_AT);
	p.theirs.received = DAY_UNSET;
	assert_cause(&p, CAUSE_RECEIVED);
}

/* --- whatever is stated --- */

static int64_t any_moment(struct random *r)
{
	return random_below(r, 5) == 0 ? TIME_UNSET
				       : moment((int32_t)(97 + random_below(r, 25)), (int)random_below(r, 24));
}

static void any_facts(struct random *r, struct status_day *history, struct dossier_facts *f)
{
	*f = (struct dossier_facts){.status = (uint8_t)random_below(r, DOSSIER_RETURNED + 1),
				    .submitted = date_of(any_moment(r)),
				    .received = date_of(any_moment(r)),
				    .status_at = any_moment(r),
				    .finished_at = any_moment(r),
				    .returned_at = any_moment(r),
				    .due_at = any_moment(r),
				    .channel = (uint8_t)random_below(r, 4),
				    .paid = (uint8_t)random_below(r, 4),
				    .rating = (uint8_t)random_below(r, 6),
				    .input_digitised = random_below(r, 2) == 0,
				    .result_digitised = random_below(r, 2) == 0,
				    .fee_due = random_below(r, 2) == 0,
				    .status_ahead = random_below(r, 9) == 0,
				    .n_history = random_below(r, HISTORY + 1),
				    .history = history};
	int32_t day = 95;
	for (size_t i = 0; i < HISTORY; i++) {
		day += (int32_t)random_below(r, 12);
		history[i] = (struct status_day){.day = day, .status = DOSSIER_NEED_DOCS};
		if (random_below(r, 2) == 0)
			history[i].status = (uint8_t)random_below(r, DOSSIER_RETURNED + 1);
	}
	date_facts(f);
}

static struct count_rule any_rule(struct random *r)
{
	struct count_rule rule = COUNT_FORM06;
	rule.end = (enum rule_end)random_below(r, 3);
	rule.compare_times = random_below(r, 2) == 0;
	rule.withdrawn_compared = random_below(r, 2) == 0;
	rule.stopped_ends = random_below(r, 2) == 0;
	rule.paused_late = random_below(r, 2) == 0;
	rule.refused_counts = random_below(r, 2) == 0;
	rule.waiting_subtracted = random_below(r, 2) == 0;
	rule.supplements_max = (int64_t)random_below(r, 3);
	return rule;
}

/* The causes add up to the counts of both sides, and nothing is left without a cause. */
static void test_every_difference_has_a_cause(void **state)
{
	(void)state;
	struct random r = {.state = 766};
	int n_different = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct status_day histories[2][HISTORY];
		struct pair p = {.our_receipt = any_moment(&r), .their_receipt = any_moment(&r)};
		any_facts(&r, histories[0], &p.ours);
		any_facts(&r, histories[1], &p.theirs);
		p.our_rule = any_rule(&r);
		p.their_rule = any_rule(&r);
		p.hints.unread = random_next(&r) & random_next(&r) & schema_mask(KIND_DOSSIER);
		p.hints.silent = random_next(&r) & random_next(&r) & schema_mask(KIND_DOSSIER);
		p.hints.conflicts = (unsigned)random_below(&r, 16);
		struct difference d = find(&p);
		n_different += d.any;
		for (int cell = 0; cell < DIFFERENCE_CELLS; cell++)
			assert_true(d.more[cell] == 0 || d.cause[cell] != CAUSE_UNEXPLAINED);
	}
	assert_true(n_different > ROUNDS / 2);
}

/* Whatever the dossier, one point of the rule that is otherwise is the only cause. */
static void test_one_point_of_the_rule_is_the_only_cause(void **state)
{
	(void)state;
	static const enum difference_cause causes[] = {CAUSE_END_FIELD,    CAUSE_TIMES,      CAUSE_WITHDRAWN,
						       CAUSE_STOPPED,      CAUSE_PAUSED,     CAUSE_REFUSED,
						       CAUSE_WAITING_TIME, CAUSE_SUPPLEMENTS};
	enum { POINTS = sizeof(causes) / sizeof(causes[0]) };
	struct random r = {.state = 61};
	int met[POINTS] = {0};
	for (int i = 0; i < ROUNDS; i++) {
		struct status_day history[HISTORY];
		struct dossier_facts facts;
		any_facts(&r, history, &facts);
		struct pair p = pair_of(facts);
		p.our_rule = any_rule(&r);
		p.their_rule = p.our_rule;
		int point = (int)random_below(&r, POINTS);
		bool *const flags[POINTS] = {
			[1] = &p.their_rule.compare_times,  [2] = &p.their_rule.withdrawn_compared,
			[3] = &p.their_rule.stopped_ends,   [4] = &p.their_rule.paused_late,
			[5] = &p.their_rule.refused_counts, [6] = &p.their_rule.waiting_subtracted};
		if (point == 0)
			p.their_rule.end = (enum rule_end)((p.our_rule.end + 1) % 3);
		else if (flags[point] != NULL)
			*flags[point] = !*flags[point];
		else
			p.their_rule.supplements_max = (p.our_rule.supplements_max + 1) % 3;
		if (!find(&p).any)
			continue;
		met[point]++;
		assert_cause(&p, causes[point]);
	}
	for (int i = 0; i < POINTS; i++)
		if (met[i] <= 10)
			fail_msg("%s: %d", difference_cause_name(causes[i]), met[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_equal_has_no_cause),
		cmocka_unit_test(test_one_side_alone_has_one_cause),
		cmocka_unit_test(test_void_unit_and_conflict_take_all_cells),
		cmocka_unit_test(test_receipt),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_hours_on_the_due_day),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_what_a_list_does_not_state),
		cmocka_unit_test(test_every_difference_has_a_cause),
		cmocka_unit_test(test_one_point_of_the_rule_is_the_only_cause),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
