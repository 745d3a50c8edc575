#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data_fixture.h"
#include "figures_fixture.h"
#include "hub/index766.h"

#define HEAD                                                                                                       \
	"[index]\nname = ours\nversion = 3\nsource = a test\nrule = form06\nband_excellent = 90\nband_good = 80\n" \
	"band_fair = 70\nband_average = 50\n"
#define A "[a]\ntitle = A\nmax = 60\npart = a\nwhole = of a\n"
#define B "[b]\ntitle = B\nmax = 40\npart = b\nwhole = of b\n"

static struct index_definition *definition(const char *text)
{
	struct data_directory data = data_directory_new("index");
	struct index_definition *d = NULL;
	struct named_file_fault fault;
	data_directory_put(&data, "ours", text);
	assert_int_equal(index_read("ours", data.path, &d, &fault), STATUS_OK);
	data_directory_free(&data);
	return d;
}

static struct index_report report_of(const struct hub_tables *h, const struct index_definition *d, const char *unit)
{
	struct figures_query figures = second_quarter();
	struct index_query query = {.definition = d,
				    .rule = figures.rule,
				    .period = figures.period,
				    .today = figures.today,
				    .unit = unit_index(h, unit),
				    .by_unit = true};
	struct index_report report;
	assert_int_equal(index_compute(h->db, h->registry, &query, &report), STATUS_OK);
	return report;
}

static void test_equal_shares_share_a_rank(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct index_definition *d = definition(HEAD A B);
	report_q2(&h, 1, "05801", "a", "value=1 of=2");
	report_q2(&h, 1, "05801", "b", "value=1 of=2");
	report_q2(&h, 2, "05802", "a", "value=3 of=6");
	report_q2(&h, 2, "05802", "b", "value=5 of=10");
	struct index_report report = report_of(&h, d, "058");
	assert_int_equal(report.n, 2);
	assert_int_equal(report.rows[0].rank, 1);
	assert_int_equal(report.rows[1].rank, 1);
	assert_true(report.alike);
	assert_int_equal(report.rows[0].score, 50 * INDEX_SCORE);
	assert_int_equal(report.rows[0].band, BAND_AVERAGE);
	/* Counts are added, then divided: 4 of 8, 6 of 12. */
	assert_int_equal(report.total.scores[1].part, 6);
	assert_int_equal(report.total.score, 50 * INDEX_SCORE);
	index_clear(&report);
	report_q2(&h, 4, "058", "b", "value=12 of=12");
	report = report_of(&h, d, "27");
	assert_int_equal(report.rows[0].unit, unit_index(&h, "058"));
	assert_int_equal(report.rows[0].score, 70 * INDEX_SCORE);
	assert_int_equal(report.rows[0].rank, 1);
	assert_int_equal(report.rows[1].rank, 0); /* nothing is known of the other two */
	assert_int_equal(report.rows[1].available, 0);
	index_clear(&report);
	free(d);
	tables_free(&h);
}

static void test_the_sum_stands_beside_what_is_available(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct index_definition *d = definition(HEAD A B);
	report_q2(&h, 1, "05801", "b", "value=3 of=4");
	report_q2(&h, 2, "05802", "b", "value=5 of=4");
	struct index_report report = report_of(&h, d, "058");
	const struct index_row *row = &report.rows[0];
	assert_int_equal(row->score, 30 * INDEX_SCORE);
	assert_int_equal(row->available, 40 * INDEX_SCORE);
	assert_int_equal(row->max, 100 * INDEX_SCORE);
	assert_int_equal(row->share, 750000000);
	assert_int_equal(row->scores[0].state, INDEX_NOT_REPORTED);
	assert_int_equal(row->band, BAND_FAIR);
	assert_int_equal(report.rows[1].scores[1].state, INDEX_ABOVE);
	assert_int_equal(report.rows[1].available, 0);
	index_clear(&report);
	free(d);
	tables_free(&h);
}

static void test_full_points_from_a_share_on_and_for_nothing_to_count(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct index_definition *d = definition(HEAD A "full_at = 80\n" B "empty = full\n");
	report_q2(&h, 1, "05801", "a", "value=4 of=5");
	report_q2(&h, 1, "05801", "b", "value=0 of=0");
	report_q2(&h, 2, "05802", "a", "value=2 of=5");
	struct index_report report = report_of(&h, d, "058");
	assert_int_equal(report.rows[0].score, 100 * INDEX_SCORE);
	assert_int_equal(report.rows[0].scores[1].state, INDEX_FULL);
	assert_int_equal(report.rows[0].band, BAND_EXCELLENT);
	assert_int_equal(report.rows[1].score, 30 * INDEX_SCORE);
	assert_false(report.alike);
	index_clear(&report);
	free(d);
	tables_free(&h);
}

static void test_a_rate_may_be_multiplied_by_another(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct index_definition *d = definition(HEAD A "times = b\n" B);
	report_q2(&h, 1, "05801", "a", "value=1 of=2");
	report_q2(&h, 1, "05801", "b", "value=1 of=3");
	report_q2(&h, 2, "05802", "a", "value=1 of=2");
	struct index_report report = report_of(&h, d, "058");
	/* 05802 has half of 60 alone; 05801 half of a third of 60, and a third of 40. */
	assert_true(report.rows[0].scores[0].alone);
	assert_int_equal(report.rows[0].score, 30 * INDEX_SCORE);
	assert_false(report.rows[1].scores[0].alone);
	assert_int_equal(report.rows[1].scores[0].score, 10 * INDEX_SCORE);
	assert_int_equal(report.rows[1].scores[1].score, 133333);
	index_clear(&report);
	free(d);
	tables_free(&h);
}

static void test_what_does_not_apply(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct index_definition *d = definition(HEAD A "not_for = commune\n" B);
	report_q2(&h, 1, "05801", "a", "value=0 of=5");
	report_q2(&h, 1, "05801", "b", "value=1 of=2");
	struct index_report report = report_of(&h, d, "058");
	assert_int_equal(report.rows[0].score, 80 * INDEX_SCORE);
	assert_int_equal(report.rows[0].available, 100 * INDEX_SCORE);
	assert_int_equal(report.rows[1].available, 0); /* nothing was measured there */
	assert_int_equal(report.total.scores[0].state, INDEX_SCORED);
	index_clear(&report);
	d->left_out = true;
	report = report_of(&h, d, "058");
	assert_int_equal(report.rows[0].score, 20 * INDEX_SCORE);
	assert_int_equal(report.rows[0].available, 40 * INDEX_SCORE);
	assert_int_equal(report.rows[0].max, 40 * INDEX_SCORE);
	index_clear(&report);
	free(d);
	tables_free(&h);
}

static void test_large_counts_keep_their_share(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct index_definition *d = definition(HEAD A);
	report_q2(&h, 1, "05801", "a", "value=300000000000001 of=900000000000000");
	struct index_report report = report_of(&h, d, "05801");
	assert_int_equal(report.total.score, 20 * INDEX_SCORE);
	assert_int_equal(report.n, 0);
	index_clear(&report);
	free(d);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal_shares_share_a_rank),
		cmocka_unit_test(test_the_sum_stands_beside_what_is_available),
		cmocka_unit_test(test_full_points_from_a_share_on_and_for_nothing_to_count),
		cmocka_unit_test(test_a_rate_may_be_multiplied_by_another),
		cmocka_unit_test(test_what_does_not_apply),
		cmocka_unit_test(test_large_counts_keep_their_share),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
