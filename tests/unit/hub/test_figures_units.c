/* Figures of a period after units were merged: what the old ones said counts where the succession leads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "figures_fixture.h"
#include "units_fixture.h"

static struct figures *third_quarter(const struct hub_tables *h)
{
	const struct figures_query query = {.period = {.from = day("2025-07-01"), .to = day("2025-09-30")},
					    .today = day("2026-01-01"),
					    .rule = &COUNT_FORM06};
	struct figures *f = NULL;
	assert_int_equal(figures_read(h->db, h->registry, &query, &f), STATUS_OK);
	return f;
}

static struct figure trained(struct figures *f, const struct hub_tables *h, const char *unit)
{
	struct formula formula;
	struct figure figure;
	assert_int_equal(formula_parse(slice_str("trained"), &formula), STATUS_OK);
	assert_int_equal(figures_value(f, &formula, unit_on(h, unit, "2025-09-30"), &figure), STATUS_OK);
	return figure;
}

static void dossiers_of_merged_units_count_for_their_heir(void **state)
{
	struct hub_tables h = units_new();
	(void)state;
	tell(&h, 1, KIND_DOSSIER, "A-1", "2025-06-10T08:00:00", "status=accepted received_at=2025-06-10");
	tell(&h, 2, KIND_DOSSIER, "A-2", "2025-06-10T08:00:00", "status=accepted received_at=2025-06-10");
	struct figures *f = third_quarter(&h);
	assert_int_equal(figures_cells(f, unit_on(&h, "01", "2025-09-30"))->carried_in, 2);
	assert_int_equal(figures_cells(f, unit_on(&h, "06", "2025-09-30"))->carried_in, 2);
	figures_free(f);
	tables_free(&h);
}

/* An old computer goes on reporting under its old code: that is a part of the new unit's figure, not its own. */
static void reports_under_old_codes_are_parts(void **state)
{
	struct hub_tables h = units_new();
	(void)state;
	report_count(&h, 2, "02|2025-Q3|trained", "value=5");
	struct figures *f = third_quarter(&h);
	assert_int_equal(trained(f, &h, "01").value, 5);
	assert_false(trained(f, &h, "01").own);
	assert_int_equal(trained(f, &h, "06").value, 5);
	figures_free(f);
	report_count(&h, 1, "01|2025-Q3|trained", "value=9");
	f = third_quarter(&h);
	assert_int_equal(trained(f, &h, "01").value, 9);
	assert_true(trained(f, &h, "01").own);
	assert_int_equal(figures_own(f, 0, unit_on(&h, "01", "2025-09-30")).value, 9);
	figures_free(f);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dossiers_of_merged_units_count_for_their_heir),
		cmocka_unit_test(reports_under_old_codes_are_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
