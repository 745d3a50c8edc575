#include "count_fixture.h"

static void in_12_reopened_counts_open_and_is_listed(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(112);
	f.status = DOSSIER_ACCEPTED;
	f.status_day = 113;
	EXPECT(f, RECEIVED, OPEN, .incomplete = 1);
	assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), INCOMPLETE_REOPENED);
	/* Ended before the period and reopened, it is carried into it. */
	f.received = FROM - 10;
	f.returned = FROM - 5;
	f.status_day = FROM - 4;
	EXPECT(f, .carried_in = 1, OPEN, .incomplete = 1);
	f.status_day = FROM - 5;
	EXPECT_NOTHING(f);
	/* A closing status after the end date is no reopening. */
	f = returned_on(112);
	f.status_day = 119;
	assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), 0);
	f.status = DOSSIER_NEED_DOCS;
	assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), INCOMPLETE_REOPENED);
}

static void test_withdrawn_ends_by_the_first_of_three_dates_and_on_time(void **state)
{
	(void)state;
	struct dossier_facts f = dossier();
	f.status = DOSSIER_WITHDRAWN;
	f.due = 111;
	f.finished = 113;
	f.returned = 114;
	f.status_day = 115;
	assert_int_equal(dossier_end(&f, &COUNT_FORM06), 113);
	EXPECT(f, RECEIVED, .done = 1, .done_on_time = 1, .withdrawn = 1);
	f.finished = DAY_UNSET;
	assert_int_equal(dossier_end(&f, &COUNT_FORM06), 114);
	f.returned = DAY_UNSET;
	assert_int_equal(dossier_end(&f, &COUNT_FORM06), 115);
	f.due = DAY_UNSET;
	EXPECT(f, RECEIVED, .done = 1, .done_on_time = 1, .withdrawn = 1);
	f.status_day = AS_OF + 1;
	EXPECT(f, RECEIVED, OPEN);
	/* Without any of the three it is neither done nor open. */
	f.status_day = DAY_UNSET;
	EXPECT(f, RECEIVED, .incomplete = 1);
	assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), INCOMPLETE_WITHDRAWN);
}

static int64_t gap_of(const struct dossier_facts *f)
{
	struct cells c = counted(f);
	return cells_gap(&c);
}

static void test_closed_without_a_date_is_the_gap(void **state)
{
	(void)state;
	static const uint8_t closing[] = {DOSSIER_DONE, DOSSIER_RETURNED, DOSSIER_WITHDRAWN};
	for (size_t i = 0; i < sizeof(closing); i++) {
		struct dossier_facts f = dossier();
		f.status = closing[i];
		f.status_day = DAY_UNSET;
		EXPECT(f, RECEIVED, .incomplete = 1);
		assert_int_equal(gap_of(&f), 1);
		f.received = FROM - 1;
		EXPECT(f, .carried_in = 1, .incomplete = 1);
		assert_int_equal(gap_of(&f), 1);
	}
	struct dossier_facts f = dossier();
	assert_int_equal(gap_of(&f), 0);
	f = returned_on(AS_OF + 1);
	assert_int_equal(gap_of(&f), 0);
}

static void in_12_an_end_before_the_receipt_is_listed(void **state)
{
	(void)state;
	struct dossier_facts f = returned_on(109);
	EXPECT(f, RECEIVED, .done = 1, .done_early = 1, .incomplete = 1);
	assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), INCOMPLETE_END_FIRST);
	f.returned = 110;
	EXPECT(f, RECEIVED, .done = 1, .done_early = 1);
	/* Ended before the period it was received in: in the gap, shown as incomplete. */
	f.returned = FROM - 1;
	EXPECT(f, RECEIVED, .incomplete = 1);
	assert_int_equal(gap_of(&f), 1);
}

static void test_accepted_or_later_without_a_receipt_is_listed(void **state)
{
	(void)state;
	for (uint8_t status = 0; status <= DOSSIER_RETURNED; status++) {
		struct dossier_facts f = returned_on(112);
		f.status = status;
		f.status_day = 110;
		f.received = DAY_UNSET;
		bool listed = status != 0 && status != DOSSIER_SUBMITTED && status != DOSSIER_REFUSED;
		EXPECT(f, .incomplete = listed, .refused = status == DOSSIER_REFUSED);
		assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), listed ? INCOMPLETE_NO_RECEIPT : 0);
	}
}

static void test_a_status_ahead_of_its_acceptance_is_listed(void **state)
{
	(void)state;
	struct dossier_facts f = dossier();
	f.status_ahead = true;
	EXPECT(f, RECEIVED, OPEN, .incomplete = 1);
	assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), INCOMPLETE_STATUS_AHEAD);
}

static void test_what_was_never_received_is_listed_for_a_status_ahead_alone(void **state)
{
	(void)state;
	const uint8_t never_received[] = {DOSSIER_SUBMITTED, DOSSIER_REFUSED};
	for (size_t i = 0; i < 2; i++) {
		struct dossier_facts f = returned_on(112);
		f.status = never_received[i];
		f.received = f.returned + 1;
		assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), 0);
		f.status_ahead = true;
		assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), INCOMPLETE_STATUS_AHEAD);
	}
}

static void test_reasons_add_up_and_a_dossier_is_listed_once(void **state)
{
	(void)state;
	struct dossier_facts f = dossier();
	f.status = DOSSIER_DONE;
	f.received = DAY_UNSET;
	f.status_ahead = true;
	assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06),
			 INCOMPLETE_NO_RECEIPT | INCOMPLETE_NO_END | INCOMPLETE_STATUS_AHEAD);
	EXPECT(f, .incomplete = 1);
	f = dossier();
	assert_int_equal(dossier_incomplete(&f, &COUNT_FORM06), 0);
}

static void test_what_was_taken_back_counts_nowhere(void **state)
{
	(void)state;
	for (uint8_t status = 0; status <= DOSSIER_RETURNED; status++) {
		struct dossier_facts f = returned_on(112);
		f.status = status;
		f.taken_back = true;
		f.status_ahead = true;
		EXPECT_NOTHING(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_12_reopened_counts_open_and_is_listed),
		cmocka_unit_test(test_withdrawn_ends_by_the_first_of_three_dates_and_on_time),
		cmocka_unit_test(test_closed_without_a_date_is_the_gap),
		cmocka_unit_test(in_12_an_end_before_the_receipt_is_listed),
		cmocka_unit_test(test_accepted_or_later_without_a_receipt_is_listed),
		cmocka_unit_test(test_a_status_ahead_of_its_acceptance_is_listed),
		cmocka_unit_test(test_what_was_never_received_is_listed_for_a_status_ahead_alone),
		cmocka_unit_test(test_reasons_add_up_and_a_dossier_is_listed_once),
		cmocka_unit_test(test_what_was_taken_back_counts_nowhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
