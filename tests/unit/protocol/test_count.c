#include "count_fixture.h"

static void test_received_from_the_first_day_of_the_period_to_as_of(void **state)
{
	(void)state;
	struct dossier_facts f = dossier();
	EXPECT(f, RECEIVED, OPEN);
	f.received = FROM;
	EXPECT(f, RECEIVED, OPEN);
	f.received = FROM - 1;
	EXPECT(f, .carried_in = 1, OPEN);
	f.received = AS_OF;
	EXPECT(f, RECEIVED, OPEN);
	f.received = AS_OF + 1;
	EXPECT_NOTHING(f);
	f.received = TO + 1;
	EXPECT_NOTHING(f);
}

static void test_received_by_channel(void **state)
{
	(void)state;
	struct dossier_facts f = dossier();
	f.channel = CHANNEL_ONLINE;
	EXPECT(f, .received = 1, .received_online = 1, OPEN);
	f.channel = CHANNEL_POSTAL;
	EXPECT(f, .received = 1, .received_postal = 1, OPEN);
	f.channel = 0;
	EXPECT(f, .received = 1, .received_unstated = 1, OPEN);
}

static void test_submitted_and_refused_are_not_received(void **state)
{
	(void)state;
	struct dossier_facts f = dossier();
	f.status = DOSSIER_SUBMITTED;
	EXPECT_NOTHING(f);
	f.status = DOSSIER_REFUSED;
	f.status_day = FROM - 1;
	EXPECT_NOTHING(f);
	/* Without a status, the receipt alone says that it was received. */
	f.status = 0;
	f.status_day = DAY_UNSET;
	EXPECT(f, RECEIVED, OPEN);
}

static void test_refused_by_the_first_of_three_dates(void **state)
{
	(void)state;
	struct dossier_facts f = dossier();
	f.status = DOSSIER_REFUSED;
	f.submitted = 105;
	const struct {
		int32_t status_day;
		int32_t received;
		int32_t submitted;
		int64_t refused;
	} cases[] = {
		{FROM, DAY_UNSET, DAY_UNSET, 1},
		{AS_OF, DAY_UNSET, DAY_UNSET, 1},
		{FROM - 1, FROM, FROM, 0},
		{AS_OF + 1, FROM, FROM, 0},
		{DAY_UNSET, FROM, DAY_UNSET, 1},
		{DAY_UNSET, FROM - 1, FROM, 0},
		{DAY_UNSET, DAY_UNSET, FROM, 1},
		{DAY_UNSET, DAY_UNSET, AS_OF + 1, 0},
		{DAY_UNSET, DAY_UNSET, DAY_UNSET, 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f.status_day = cases[i].status_day;
		f.received = cases[i].received;
		f.submitted = cases[i].submitted;
		EXPECT(f, .refused = cases[i].refused);
	}
}

static void test_done_early_on_time_late_or_without_a_due_date(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(115);
	f.due = 116;
	EXPECT(f, RECEIVED, .done = 1, .done_early = 1);
	f.due = 115;
	EXPECT(f, RECEIVED, .done = 1, .done_on_time = 1);
	f.due = 114;
	EXPECT(f, RECEIVED, .done = 1, .done_late = 1);
	f.due = DAY_UNSET;
	EXPECT(f, RECEIVED, .done = 1, .done_no_due = 1);
}

static void test_done_within_the_period(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(FROM);
	f.received = FROM - 10;
	EXPECT(f, .carried_in = 1, .done = 1, .done_early = 1);
	/* Ended on the day before, it is no part of this period. */
	f.returned = FROM - 1;
	EXPECT_NOTHING(f);
	f = returned_on(AS_OF);
	EXPECT(f, RECEIVED, .done = 1, .done_early = 1);
	/* An end that has not happened yet leaves it open, whatever the status says. */
	f = returned_on(AS_OF + 1);
	EXPECT(f, RECEIVED, OPEN);
}

static void test_returned_decides_before_finished(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(118);
	f.finished = 112;
	f.due = 115;
	assert_int_equal(dossier_end(&f, &COUNT_FORM06), 118);
	EXPECT(f, RECEIVED, .done = 1, .done_late = 1);
	f.returned = DAY_UNSET;
	f.status = DOSSIER_DONE;
	assert_int_equal(dossier_end(&f, &COUNT_FORM06), 112);
	EXPECT(f, RECEIVED, .done = 1, .done_early = 1);
	f.finished = DAY_UNSET;
	assert_int_equal(dossier_end(&f, &COUNT_FORM06), DAY_UNSET);
}

static void test_an_end_date_ends_an_open_status_that_is_not_later(void **state)
{
	(void)state;
	struct dossier_facts f = dossier();
	f.finished = 115;
	f.status_day = 115;
	EXPECT(f, RECEIVED, .done = 1, .done_early = 1);
	f.status_day = DAY_UNSET;
	EXPECT(f, RECEIVED, .done = 1, .done_early = 1);
}

static void test_stopped_and_waiting_stay_open(void **state)
{
	(void)state;
	static const uint8_t staying[] = {DOSSIER_STOPPED, DOSSIER_NEED_DOCS, DOSSIER_NEED_PAYMENT};
	for (size_t i = 0; i < sizeof(staying); i++) {
		struct dossier_facts f = dossier();
		f.status = staying[i];
		EXPECT(f, RECEIVED, OPEN);
		f.returned = 115;
		assert_int_equal(dossier_end(&f, &COUNT_FORM06), DAY_UNSET);
		EXPECT(f, RECEIVED, OPEN);
	}
}

static void test_late_from_the_day_after_the_due_date(void **state)
{
	(void)state;
	struct dossier_facts f = dossier();
	f.due = AS_OF;
	EXPECT(f, RECEIVED, OPEN);
	f.due = AS_OF - 1;
	EXPECT(f, RECEIVED, .open = 1, .open_late = 1);
	f.due = DAY_UNSET;
	EXPECT(f, RECEIVED, OPEN);
}

static void test_a_pause_on_as_of_is_in_time(void **state)
{
	(void)state;
	const struct status_day history[] = {
		{110, DOSSIER_ACCEPTED}, {AS_OF, DOSSIER_NEED_DOCS}, {AS_OF + 1, DOSSIER_IN_PROGRESS}};
	struct dossier_facts f = dossier();
	f.due = 112;
	f.history = history;
	f.n_history = 3;
	EXPECT(f, RECEIVED, OPEN, .open_paused = 1);
	/* Paused the day before, or only the day after. */
	struct count_query q = QUERY;
	struct cells c = {0};
	q.as_of = AS_OF - 1;
	count_dossier(&q, &f, &c);
	assert_int_equal(c.open_late, 1);
	assert_int_equal(c.open_paused, 0);
	q.as_of = AS_OF + 1;
	count_dossier(&q, &f, &c);
	assert_int_equal(c.open_late, 2);
	/* The winner does not pause, the day does. */
	f.status = DOSSIER_STOPPED;
	f.n_history = 1;
	EXPECT(f, RECEIVED, .open = 1, .open_late = 1);
}

static void test_each_pausing_status_pauses_and_no_other(void **state)
{
	(void)state;
	for (uint8_t status = 0; status <= DOSSIER_RETURNED; status++) {
		const struct status_day history[] = {{110, status}};
		struct dossier_facts f = dossier();
		f.history = history;
		f.n_history = 1;
		bool pausing =
			status == DOSSIER_NEED_DOCS || status == DOSSIER_NEED_PAYMENT || status == DOSSIER_STOPPED;
		assert_int_equal(counted(&f).open_paused, pausing);
	}
}

static void test_the_status_on_a_day(void **state)
{
	(void)state;
	const struct status_day history[] = {
		{100, DOSSIER_ACCEPTED}, {105, DOSSIER_NEED_DOCS}, {105, DOSSIER_IN_PROGRESS}, {110, 0}};
	struct dossier_facts f = dossier();
	assert_int_equal(dossier_status_on(&f, 200), 0);
	f.history = history;
	f.n_history = 4;
	assert_int_equal(dossier_status_on(&f, 99), 0);
	assert_int_equal(dossier_status_on(&f, 100), DOSSIER_ACCEPTED);
	assert_int_equal(dossier_status_on(&f, 104), DOSSIER_ACCEPTED);
	assert_int_equal(dossier_status_on(&f, 105), DOSSIER_IN_PROGRESS);
	assert_int_equal(dossier_status_on(&f, 110), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_received_from_the_first_day_of_the_period_to_as_of),
		cmocka_unit_test(test_received_by_channel),
		cmocka_unit_test(test_submitted_and_refused_are_not_received),
		cmocka_unit_test(test_refused_by_the_first_of_three_dates),
		cmocka_unit_test(test_done_early_on_time_late_or_without_a_due_date),
		cmocka_unit_test(test_done_within_the_period),
		cmocka_unit_test(test_returned_decides_before_finished),
		cmocka_unit_test(test_an_end_date_ends_an_open_status_that_is_not_later),
		cmocka_unit_test(test_stopped_and_waiting_stay_open),
		cmocka_unit_test(test_late_from_the_day_after_the_due_date),
		cmocka_unit_test(test_a_pause_on_as_of_is_in_time),
		cmocka_unit_test(test_each_pausing_status_pauses_and_no_other),
		cmocka_unit_test(test_the_status_on_a_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
