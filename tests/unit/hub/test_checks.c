#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data_fixture.h"
#include "figures_fixture.h"
#include "hub/checks.h"

/* The checks of a file over the province; to be cleared with its list. */
static struct checks_report checked(const struct hub_tables *h, const char *declared)
{
	struct data_directory data = data_directory_new("checks");
	struct check_list *list = NULL;
	struct named_file_fault fault;
	data_directory_put(&data, "ours", declared);
	assert_int_equal(check_list_read("ours", data.path, &list, &fault), STATUS_OK);
	data_directory_free(&data);
	struct checks_query query = {.figures = second_quarter(), .list = list, .unit = unit_index(h, "27")};
	struct checks_report report;
	assert_int_equal(checks_compute(h->db, h->registry, &query, &report), STATUS_OK);
	return report;
}

static void end(struct checks_report *report)
{
	struct check_list *list = (struct check_list *)(uintptr_t)report->list; /* ours: checked() read it */
	checks_clear(report);
	free(list);
}

static void expect_nothing(const struct hub_tables *h, const char *declared)
{
	struct checks_report report = checked(h, declared);
	assert_int_equal(report.n, 0);
	end(&report);
}

/* The one finding. */
static struct finding expect_one(const struct hub_tables *h, const char *declared, enum finding_kind kind,
				 const char *unit, const char *figure)
{
	struct checks_report report = checked(h, declared);
	assert_int_equal(report.n, 1);
	struct finding found = report.findings[0];
	assert_int_equal(found.kind, kind);
	assert_int_equal(found.unit, unit_index(h, unit));
	assert_string_equal(found.figure, figure);
	end(&report);
	return found;
}

static void test_a_value_above_its_of(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	report_q2(&h, 1, "05801", "fulfilled", "value=12 of=10");
	report_q2(&h, 1, "05801", "equal", "value=10 of=10");
	struct finding f = expect_one(&h, "", FINDING_ABOVE, "05801", "fulfilled");
	assert_int_equal(f.stated, 12);
	assert_int_equal(f.computed, 10);
	expect_nothing(&h, "[allow]\nfulfilled = above\n");
	tables_free(&h);
}

static void test_an_own_report_and_the_units_below(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	report_q2(&h, 4, "058", "trained", "value=9");
	report_q2(&h, 1, "05801", "trained", "value=4");
	expect_nothing(&h, ""); /* 05802 may have the rest */
	report_q2(&h, 2, "05802", "trained", "value=5");
	expect_nothing(&h, "");
	report_q2(&h, 2, "05802", "trained", "value=5 of=5");
	tell(&h, 2, KIND_INDICATOR, "05802|2024-Q2|trained", "2024-06-30T09:00:00", "value=4");
	struct finding f = expect_one(&h, "", FINDING_CHILDREN, "058", "trained");
	assert_int_equal(f.stated, 9);
	assert_int_equal(f.computed, 8);
	expect_nothing(&h, "[allow]\ntrained = not_added\n");
	expect_nothing(&h, "[rate]\ntrained = a / b\n"); /* rates are never added */
	tables_free(&h);
}

/* More than the whole is wrong, whoever is still missing. */
static void test_a_part_of_the_units_with_more_than_the_whole(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	report_q2(&h, 4, "058", "trained", "value=9 of=20");
	report_q2(&h, 1, "05801", "trained", "value=10 of=19");
	(void)expect_one(&h, "", FINDING_CHILDREN, "058", "trained");
	tables_free(&h);
}

static void test_a_total_beside_its_parts(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	static const char declared[] = "[total]\nall = a + b\n";
	report_q2(&h, 1, "05801", "all", "value=100");
	report_q2(&h, 1, "05801", "a", "value=60");
	expect_nothing(&h, declared);
	struct checks_report report = checked(&h, declared);
	assert_int_equal(report.n_unchecked, 1);
	assert_string_equal(report.unchecked[0].figure, "all");
	end(&report);
	report_q2(&h, 1, "05801", "b", "value=25");
	report_q2(&h, 1, "05801", "forgotten", "value=3 of=15");
	struct finding f = expect_one(&h, declared, FINDING_TOTAL, "05801", "all");
	assert_string_equal(f.fits, "of forgotten");
	assert_int_equal(f.computed, 85);
	tell(&h, 1, KIND_INDICATOR, "05801|2024-Q2|b", "2024-06-30T09:00:00", "value=40");
	expect_nothing(&h, declared);
	tables_free(&h);
}

/* A sum over units is no statement of anybody, and lacks units. */
static void test_sums_of_reports_are_not_judged_as_statements(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	static const char declared[] = "[total]\nall = a + b\n[part]\na = b\n";
	report_q2(&h, 4, "058", "all", "value=10");
	report_q2(&h, 1, "05801", "a", "value=2");
	report_q2(&h, 1, "05801", "b", "value=3");
	expect_nothing(&h, declared);
	report_q2(&h, 2, "05802", "a", "value=1");
	report_q2(&h, 2, "05802", "b", "value=2");
	struct finding f = expect_one(&h, declared, FINDING_TOTAL, "058", "all");
	assert_int_equal(f.computed, 8);
	tables_free(&h);
}

static void test_a_part_above_the_whole_and_another_base(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	report_q2(&h, 1, "05801", "a", "value=12");
	report_q2(&h, 1, "05801", "b", "value=10 of=13");
	(void)expect_one(&h, "[part]\na = b\n", FINDING_ABOVE, "05801", "a");
	expect_nothing(&h, "[part]\nb = a\n");
	struct finding f = expect_one(&h, "[same]\nof b = a\n", FINDING_SAME, "05801", "of b");
	assert_int_equal(finding_severity(f.kind), SEVERITY_NOTE);
	assert_int_equal(f.stated, 13);
	tables_free(&h);
}

static void test_a_rate_is_rounded_half_up_at_its_last_place(void **state)
{
	(void)state;
	static const struct {
		const char *rate;
		bool agrees;
	} cases[] = {
		{"value=33 of=100", true},    {"value=34 of=100", false},    {"value=333 of=1000", true},
		{"value=334 of=1000", false}, {"value=3333 of=10000", true}, {"value=333333 of=1000000", true},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hub_tables h = tables_new();
		report_q2(&h, 1, "05801", "done", "value=1000 of=3000");
		report_q2(&h, 1, "05801", "rate", cases[i].rate);
		if (cases[i].agrees)
			expect_nothing(&h, "[rate]\nrate = done / of done\n");
		else
			assert_int_equal(
				expect_one(&h, "[rate]\nrate = done / of done\n", FINDING_RATE, "05801", "rate")
					.computed,
				3333);
		tables_free(&h);
	}
	struct hub_tables h = tables_new();
	report_q2(&h, 1, "05801", "done", "value=1 of=8"); /* 12.5 */
	report_q2(&h, 1, "05801", "rate", "value=13 of=100");
	expect_nothing(&h, "[rate]\nrate = done / of done\n");
	tables_free(&h);
}

static void test_denominators_that_would_fit_are_told(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	report_q2(&h, 1, "05801", "forms", "value=388 of=1824");
	report_q2(&h, 1, "05801", "rate", "value=216 of=1000");
	struct finding f = expect_one(&h, "[rate]\nrate = forms / of forms\n", FINDING_RATE, "05801", "rate");
	assert_int_equal(f.fits_from, 1793);
	assert_int_equal(f.fits_to, 1800);
	assert_string_equal(f.fits, "");
	report_q2(&h, 1, "05801", "older", "value=1796");
	f = expect_one(&h, "[rate]\nrate = forms / of forms\n", FINDING_RATE, "05801", "rate");
	assert_string_equal(f.fits, "older");
	f = expect_one(&h, "[rate]\nrate = forms / people\n", FINDING_BASE, "05801", "rate");
	assert_string_equal(f.fits, "older");
	assert_false(f.computes);
	tables_free(&h);
}

/* Four of eight people are half of any eight things: that says nothing. */
static void test_small_numbers_fit_by_chance(void **state)
{
	(void)state;
	static const char *const rates[][2] = {{"value=4", "value=500 of=1000"}, {"value=400", "value=50 of=100"}};
	for (size_t i = 0; i < 2; i++) {
		struct hub_tables h = tables_new();
		report_q2(&h, 1, "05801", "signed", rates[i][0]);
		report_q2(&h, 1, "05801", "rate", rates[i][1]);
		report_q2(&h, 1, "05801", "houses", "value=8");
		report_q2(&h, 1, "05801", "people", "value=800");
		struct checks_report report = checked(&h, "[rate]\nrate = signed / unknown\n");
		assert_int_equal(report.n, 0);
		assert_int_equal(report.n_unchecked, 1);
		end(&report);
		tables_free(&h);
	}
}

static void test_a_rate_that_no_numerator_gives(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	report_q2(&h, 1, "05801", "services", "value=1459");
	report_q2(&h, 1, "05801", "rate", "value=3908 of=10000");
	(void)expect_one(&h, "[rate]\nrate = used / services\n", FINDING_IMPOSSIBLE, "05801", "rate");
	tell(&h, 1, KIND_INDICATOR, "05801|2024-Q2|services", "2024-06-30T09:00:00", "value=1456");
	struct checks_report report = checked(&h, "[rate]\nrate = used / services\n");
	assert_int_equal(report.n, 0);
	assert_int_equal(report.n_unchecked, 1);
	end(&report);
	tell(&h, 1, KIND_INDICATOR, "05801|2024-Q2|rate", "2024-06-30T09:00:00", "value=0");
	expect_nothing(&h, "[rate]\nrate = used / services\n");
	tables_free(&h);
}

static void test_what_is_no_printed_rate_is_not_judged(void **state)
{
	(void)state;
	static const char *const fields[] = {"value=1", "value=1 of=10", "value=1 of=1000000000",
					     "value=1001 of=100"};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct hub_tables h = tables_new();
		report_q2(&h, 1, "05801", "done", "value=1 of=3");
		report_q2(&h, 1, "05801", "rate", fields[i]);
		struct checks_report report = checked(&h, "[rate]\nrate = done / of done\n[allow]\nrate = above\n");
		assert_int_equal(report.n, 0);
		assert_int_equal(report.n_unchecked, 1);
		end(&report);
		tables_free(&h);
	}
}

static void combine(const char *whole, const char *first, const char *second, int wanted /* -1: nothing */)
{
	static const char declared[] = "[combined]\nall = in, out\n";
	struct hub_tables h = tables_new();
	report_q2(&h, 1, "05801", "all", whole);
	report_q2(&h, 1, "05801", "in", first);
	report_q2(&h, 1, "05801", "out", second);
	if (wanted < 0)
		expect_nothing(&h, declared);
	else
		(void)expect_one(&h, declared, (enum finding_kind)wanted, "05801", "all");
	tables_free(&h);
}

static void test_a_rate_over_others(void **state)
{
	(void)state;
	combine("value=3064 of=10000", "value=4174 of=10000", "value=1954 of=10000", FINDING_MEAN);
	combine("value=306 of=1000", "value=4174 of=10000", "value=1954 of=10000", FINDING_MEAN);
	combine("value=2500 of=10000", "value=4174 of=10000", "value=1954 of=10000", -1);
	combine("value=7946 of=10000", "value=6464 of=10000", "value=9429 of=10000", FINDING_ROUNDING);
	combine("value=7947 of=10000", "value=6464 of=10000", "value=9429 of=10000", FINDING_MEAN);
	combine("value=4175 of=10000", "value=4174 of=10000", "value=1954 of=10000", -1); /* within rounding */
	combine("value=4176 of=10000", "value=4174 of=10000", "value=1954 of=10000", FINDING_OUTSIDE);
	combine("value=1952 of=10000", "value=4174 of=10000", "value=1954 of=10000", FINDING_OUTSIDE);
	combine("value=5887 of=10000", "value=59 of=100", "value=5912 of=10000", -1); /* 59 may have been 58,87 */
	combine("value=50 of=100", "value=5000 of=10000", "value=5000 of=10000", -1);
	/* Near each other: 99.61 may be weighted, and is no mean rounded wrongly. */
	combine("value=9961 of=10000", "value=9960 of=10000", "value=9963 of=10000", -1);
	combine("value=9962 of=10000", "value=9960 of=10000", "value=9963 of=10000", -1);
	combine("value=65 of=100", "value=60 of=100", "value=71 of=100", -1); /* whole percents meet by chance */
}

static void test_a_rate_with_known_counts_is_no_mean(void **state)
{
	(void)state;
	static const char declared[] = "[combined]\nall = in, out\n[rate]\nall = done / of done\n";
	struct hub_tables h = tables_new();
	report_q2(&h, 1, "05801", "all", "value=3064 of=10000");
	report_q2(&h, 1, "05801", "in", "value=4174 of=10000");
	report_q2(&h, 1, "05801", "out", "value=1954 of=10000");
	(void)expect_one(&h, declared, FINDING_MEAN, "05801", "all");
	report_q2(&h, 1, "05801", "done", "value=3064 of=10000");
	expect_nothing(&h, declared);
	tables_free(&h);
}

static void test_dossiers_that_are_neither_done_nor_open(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "A-1", "2024-04-03T08:00:00", "status=done received_at=2024-04-02");
	struct finding f = expect_one(&h, "", FINDING_GAP, "05801", "dossiers.total_in");
	assert_int_equal(f.stated, 1);
	assert_int_equal(f.computed, 0);
	tables_free(&h);
}

static void test_what_agrees_is_listed_if_asked_for(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct data_directory data = data_directory_new("checks");
	struct check_list *list = NULL;
	struct named_file_fault fault;
	data_directory_put(&data, "ours", "[total]\nall = a + b\n");
	assert_int_equal(check_list_read("ours", data.path, &list, &fault), STATUS_OK);
	data_directory_free(&data);
	report_q2(&h, 1, "05801", "all", "value=100");
	report_q2(&h, 1, "05801", "a", "value=60");
	report_q2(&h, 1, "05801", "b", "value=40");
	struct checks_query query = {
		.figures = second_quarter(), .list = list, .unit = unit_index(&h, "05801"), .all = true};
	struct checks_report report;
	assert_int_equal(checks_compute(h.db, h.registry, &query, &report), STATUS_OK);
	assert_int_equal(report.n, 1);
	assert_int_equal(report.findings[0].kind, FINDING_AGREES);
	assert_int_equal(report.findings[0].computed, 100);
	assert_int_equal(checks_count(&report, SEVERITY_CONTRADICTION), 0);
	assert_int_equal(checks_count(&report, SEVERITY_AGREES), 1);
	end(&report);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_value_above_its_of),
		cmocka_unit_test(test_an_own_report_and_the_units_below),
		cmocka_unit_test(test_a_part_of_the_units_with_more_than_the_whole),
		cmocka_unit_test(test_a_total_beside_its_parts),
		cmocka_unit_test(test_sums_of_reports_are_not_judged_as_statements),
		cmocka_unit_test(test_a_part_above_the_whole_and_another_base),
		cmocka_unit_test(test_a_rate_is_rounded_half_up_at_its_last_place),
		cmocka_unit_test(test_denominators_that_would_fit_are_told),
		cmocka_unit_test(test_small_numbers_fit_by_chance),
		cmocka_unit_test(test_a_rate_that_no_numerator_gives),
		cmocka_unit_test(test_what_is_no_printed_rate_is_not_judged),
		cmocka_unit_test(test_a_rate_over_others),
		cmocka_unit_test(test_a_rate_with_known_counts_is_no_mean),
		cmocka_unit_test(test_dossiers_that_are_neither_done_nor_open),
		cmocka_unit_test(test_what_agrees_is_listed_if_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
