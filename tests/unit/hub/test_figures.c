#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures_fixture.h"

static struct figures *read_figures(const struct hub_tables *h)
{
	struct figures_query query = second_quarter();
	struct figures *f = NULL;
	assert_int_equal(figures_read(h->db, h->registry, &query, &f), STATUS_OK);
	assert_int_equal(figures_as_of(f), day("2024-06-30"));
	return f;
}

static struct figure value_of(struct figures *f, const struct hub_tables *h, const char *unit, const char *text)
{
	struct formula formula;
	struct figure figure;
	assert_int_equal(formula_parse(slice_str(text), &formula), STATUS_OK);
	assert_int_equal(figures_value(f, &formula, unit_index(h, unit), &figure), STATUS_OK);
	return figure;
}

static void test_dossiers_count_for_every_unit_above(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	static const struct told_dossier told[] = {
		{1, "A-1", "status=accepted received_at=2024-04-02 channel=online"},
		{2, "A-2", "status=accepted received_at=2024-04-02"},
		{4, "A-3", "status=accepted received_at=2024-04-02 unit=058"},
		{3, "A-4", "status=accepted received_at=2024-07-02"},
	};
	tell_dossiers(&h, "2024-04-03T08:00:00", told, 4);
	struct figures *f = read_figures(&h);
	assert_int_equal(figures_cells(f, unit_index(&h, "27"))->received, 3);
	assert_int_equal(figures_cells(f, unit_index(&h, "058"))->received, 3);
	assert_int_equal(figures_own_cells(f, unit_index(&h, "058"))->received, 1);
	assert_int_equal(figures_cells(f, unit_index(&h, "059"))->received, 0);
	struct figure received = value_of(f, &h, "058", "dossiers.received - dossiers.received_online");
	assert_true(received.known);
	assert_int_equal(received.value, 2);
	assert_false(value_of(f, &h, "059", "dossiers.received").known); /* silent, and nothing is there */
	figures_free(f);
	tables_free(&h);
}

static void test_units_that_were_not_heard_of_make_a_sum_partial(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "A-1", "2024-04-03T08:00:00", "status=accepted received_at=2024-04-02");
	struct figures *f = read_figures(&h);
	assert_false(value_of(f, &h, "27", "dossiers.received").whole);
	assert_int_equal(figures_units(f, unit_index(&h, "27")).expected, 4);
	assert_int_equal(figures_units(f, unit_index(&h, "27")).reporting, 0);
	figures_free(f);
	hear_all(&h);
	f = read_figures(&h);
	assert_true(value_of(f, &h, "27", "dossiers.received").whole);
	assert_int_equal(figures_units(f, unit_index(&h, "27")).reporting, 4);
	struct figure none = value_of(f, &h, "059", "dossiers.received");
	assert_true(none.known && none.whole); /* heard of: zero is a statement */
	figures_free(f);
	tables_free(&h);
}

static void test_the_very_days_come_before_their_last_one(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	report_count(&h, 1, "05801|2024-Q2|trained", "value=3");
	report_count(&h, 1, "05801|2024-06-30|trained", "value=4");
	report_count(&h, 2, "05802|2024-06-30|trained", "value=5 of=6");
	report_count(&h, 3, "05901|2024-06|trained", "value=7");
	struct figures *f = read_figures(&h);
	assert_int_equal(value_of(f, &h, "05801", "trained").value, 3);
	assert_int_equal(value_of(f, &h, "058", "trained").value, 8);
	assert_false(value_of(f, &h, "058", "of trained").known); /* one part has none */
	assert_int_equal(value_of(f, &h, "05802", "of trained").value, 6);
	assert_false(value_of(f, &h, "059", "trained").known);
	assert_int_equal(figures_name_count(f), 1);
	assert_string_equal(figures_name(f, 0), "trained");
	assert_int_equal(figures_own(f, 0, unit_index(&h, "05801")).value, 3);
	assert_false(figures_own(f, 0, unit_index(&h, "058")).known);
	figures_free(f);
	tables_free(&h);
}

static void test_a_report_of_a_unit_stands_for_all_below_it(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	report_count(&h, 1, "05801|2024-Q2|trained", "value=3");
	struct figures *f = read_figures(&h);
	struct figure district = value_of(f, &h, "058", "trained");
	assert_true(district.known && !district.whole && !district.own);
	figures_free(f);
	report_count(&h, 4, "058|2024-Q2|trained", "value=9");
	f = read_figures(&h);
	district = value_of(f, &h, "058", "trained");
	assert_true(district.known && district.whole && district.own);
	assert_int_equal(district.value, 9);
	struct indicator_line line;
	int64_t missing = 0;
	assert_int_equal(figures_indicator(f, "trained", unit_index(&h, "27"), &line, &missing), STATUS_OK);
	assert_int_equal(missing, 2); /* 05901 and the department */
	figures_forget(f, 0);
	assert_int_equal(value_of(f, &h, "058", "trained").value, 9); /* made again */
	figures_free(f);
	tables_free(&h);
}

static void test_one_unknown_figure_makes_a_sum_unknown(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	report_count(&h, 1, "05801|2024-Q2|a", "value=900000000000000");
	report_count(&h, 1, "05801|2024-Q2|b", "value=1");
	struct figures *f = read_figures(&h);
	assert_false(value_of(f, &h, "05801", "b + c").known);
	assert_int_equal(value_of(f, &h, "05801", "a + a + b").value, 1800000000000001);
	assert_int_equal(value_of(f, &h, "05801", "b - a").value, -899999999999999);
	figures_free(f);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dossiers_count_for_every_unit_above),
		cmocka_unit_test(test_units_that_were_not_heard_of_make_a_sum_partial),
		cmocka_unit_test(test_the_very_days_come_before_their_last_one),
		cmocka_unit_test(test_a_report_of_a_unit_stands_for_all_below_it),
		cmocka_unit_test(test_one_unknown_figure_makes_a_sum_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
