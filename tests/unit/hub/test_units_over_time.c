#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/equipment_list.h"
#include "hub/report_equipment.h"
#include "hub/report_indicators.h"
#include "hub/report_silent.h"
#include "hub/silence.h"
#include "totals_fixture.h"
#include "units_fixture.h"

#define TODAY "2026-01-01"

enum { OTHER = 7 /* the computer of the province */ };

static void receive(struct hub_tables *h, const char *code, const char *at, const char *unit)
{
	char fields[100];
	(void)snprintf(fields, sizeof(fields), "unit=%s status=accepted received_at=%s", unit, at);
	tell(h, 7, KIND_DOSSIER, code, at, fields);
}

static struct totals count_by(const struct hub_tables *h, const char *from, const char *to, enum totals_by by,
			      const char *units_of)
{
	struct totals_query query = {.period = {.from = day(from), .to = day(to)},
				     .today = day(TODAY),
				     .unit = registry_province(h->registry),
				     .units_given = units_of != NULL,
				     .units_day = units_of == NULL ? 0 : day(units_of),
				     .by = by,
				     .rule = &COUNT_FORM06};
	struct totals totals;
	assert_int_equal(totals_compute(h->db, h->registry, &query, &totals), STATUS_OK);
	assert_same_by_spans(h, &totals, 1);
	return totals;
}

/* "key=received reporting/expected …" of the groups, then "= received reporting/expected". */
static void assert_counted(const struct hub_tables *h, const char *from, const char *to, enum totals_by by,
			   const char *units_of, const char *expected)
{
	struct totals t = count_by(h, from, to, by, units_of);
	char found[1000] = "";
	for (size_t i = 0; i <= t.n_groups; i++) {
		const struct totals_group *g = i == t.n_groups ? &t.total : &t.groups[i];
		size_t used = strlen(found);
		(void)snprintf(found + used, sizeof(found) - used, "%s=%lld %lld/%lld%s",
			       i == t.n_groups ? "" : g->key, (long long)g->cells.received,
			       (long long)g->units_reporting, (long long)g->units_expected,
			       i == t.n_groups ? "" : " ");
	}
	assert_string_equal(found, expected);
	totals_clear(&t);
}

static void hear(const struct hub_tables *h, int device, const char *date)
{
	uint8_t id[DEVICE_ID_LEN];
	device_id(device, id);
	struct query q = query_start(h->db, "UPDATE device SET heard_day = ?2 WHERE id = ?1");
	query_blob(&q, 1, slice_of(id, sizeof(id)));
	query_int(&q, 2, day(date));
	assert_int_equal(query_run(&q), STATUS_OK);
}

static struct hub_tables one_of_each(void)
{
	static const char *const units[] = {"01", "02", "03", "04", "05", "06C", "07", "08"};
	struct hub_tables h = units_new();
	for (size_t i = 0; i < 8; i++)
		receive(&h, units[i], "2025-06-10T08:00:00", units[i]);
	receive(&h, "N-1", "2025-07-10T08:00:00", "01");
	receive(&h, "N-2", "2025-07-10T08:00:00", "10");
	hear(&h, 2, "2025-08-01");
	read_registry(&h);
	return h;
}

static void test_a_year_by_the_units_of_either_day(void **state)
{
	(void)state;
	struct hub_tables h = one_of_each();
	assert_counted(&h, "2025-01-01", "2025-06-30", TOTALS_BY_UNIT, NULL, "901=4 1/4 902=4 0/4 06=0 0/0 =8 1/8");
	assert_counted(
		&h, "2025-01-01", "2025-06-30", TOTALS_BY_UNIT, FIRST,
		"01=2 1/1 03=2 0/1 04@2025-06-30=1 0/0 04=0 0/1 07=1 0/1 08@2025-06-30=1 0/0 09=1 0/1 10=0 0/1 "
		"06=0 0/0 =8 1/6");
	assert_counted(
		&h, "2025-01-01", "2025-07-31", TOTALS_BY_UNIT, NULL,
		"01=3 1/1 03=2 0/1 04@2025-06-30=1 0/0 04=0 0/1 07=1 0/1 08@2025-06-30=1 0/0 09=1 0/1 10=1 0/1 "
		"06=0 0/0 =10 1/6");
	/* By the old units: what came to the new 01, made of two, stands apart; the 10 came of 04 alone. */
	assert_counted(&h, "2025-01-01", "2025-07-31", TOTALS_BY_UNIT, LAST,
		       "901=6 2/4 902=4 0/4 06=0 0/0 =10 2/8");
	tables_free(&h);
}

static void test_levels_that_are_gone_are_no_rows(void **state)
{
	(void)state;
	struct hub_tables h = one_of_each();
	assert_counted(&h, "2025-01-01", "2025-07-31", TOTALS_BY_LEVEL, NULL,
		       "province=0 0/0 commune=10 1/6 =10 1/6");
	assert_counted(&h, "2025-01-01", "2025-06-30", TOTALS_BY_LEVEL, NULL,
		       "province=0 0/0 district=0 0/0 commune=8 1/8 =8 1/8");
	/* A district that had records of its own is not forgotten. */
	receive(&h, "D-1", "2025-06-10T08:00:00", "901");
	assert_counted(&h, "2025-01-01", "2025-07-31", TOTALS_BY_LEVEL, NULL,
		       "province=0 0/0 district=1 0/0 commune=10 1/6 =11 1/6");
	tables_free(&h);
}

/* Each month is a period of its own, with the units of its last day, unless one day is given for all. */
static void test_months_expect_the_units_of_their_own_end(void **state)
{
	(void)state;
	struct hub_tables h = one_of_each();
	assert_counted(&h, "2025-06-01", "2025-07-31", TOTALS_BY_MONTH, NULL,
		       "2025-06=8 1/8 2025-07=2 1/6 =10 1/6");
	assert_counted(&h, "2025-06-01", "2025-07-31", TOTALS_BY_MONTH, FIRST,
		       "2025-06=8 1/6 2025-07=2 1/6 =10 1/6");
	tables_free(&h);
}

static int64_t silent_units(const struct hub_tables *h, const char *from, const char *to, int64_t *ret_expected)
{
	struct silent_query query = {.period = {.from = day(from), .to = day(to)},
				     .today = day(TODAY),
				     .unit = registry_province(h->registry)};
	struct silent_report report;
	assert_int_equal(silent_compute(h->db, h->registry, &query, &report), STATUS_OK);
	int64_t silent = (int64_t)report.n_lines;
	*ret_expected = report.expected;
	silent_clear(&report);
	return silent;
}

/*
 * The computer of the old 03 works for the 09 since, that of the old 02 for the new 01: whatever they say of the
 * codes they had, or of a neighbour, nobody above has spoken.
 */
static void test_only_who_stands_above_a_unit_breaks_its_silence(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	int64_t expected = 0;
	mention(&h, 3, "03", "2025-06-21");
	mention(&h, 3, "03", "2025-07-11");
	mention(&h, 2, "02", "2025-07-11");
	mention(&h, 2, "07", "2025-06-21");
	assert_int_equal(silent_units(&h, "2025-06-01", "2025-07-31", &expected), 6);
	/* The district's, while there was one. */
	mention(&h, 6, "01", "2025-06-21");
	assert_int_equal(silent_units(&h, "2025-06-01", "2025-07-31", &expected), 5);
	mention(&h, 6, "10", "2025-07-11");
	assert_int_equal(silent_units(&h, "2025-06-01", "2025-07-31", &expected), 5);
	assert_int_equal(silent_units(&h, "2025-06-01", LAST, &expected), 7);
	assert_int_equal(expected, 8);
	tables_free(&h);
}

static void test_a_unit_is_heard_of_through_what_it_was_made_of(void **state)
{
	(void)state;
	struct hub_tables h = one_of_each();
	int64_t expected = 0;
	assert_int_equal(silent_units(&h, "2025-06-01", LAST, &expected), 7);
	assert_int_equal(expected, 8);
	assert_int_equal(silent_units(&h, FIRST, "2025-07-31", &expected), 5);
	assert_int_equal(expected, 6);
	/* A record of an old code by a computer above is a sign of life of what it became; of a divided one, of
	 * none. */
	mention(&h, OTHER, "05", "2025-07-21");
	mention(&h, OTHER, "08", "2025-07-01");
	assert_int_equal(silent_units(&h, FIRST, "2025-07-31", &expected), 4);
	/* A code that was one unit's in June and is another's in July: both were heard of. */
	assert_int_equal(silent_units(&h, "2025-06-01", "2025-07-31", &expected), 4);
	mention(&h, OTHER, "03", "2025-06-21");
	mention(&h, OTHER, "03", "2025-07-11");
	assert_int_equal(silent_units(&h, "2025-06-01", "2025-07-31", &expected), 3);
	assert_int_equal(database_script(h.db, "DELETE FROM heard WHERE unit = '03'"), STATUS_OK);
	/* By the old units: the divided one is heard of once both its parts are. */
	add_device(h.db, 8, "10", "2025-08-01");
	add_device(h.db, 9, "04", "2025-08-01");
	read_registry(&h);
	add_assignment(h.db, 9, "2025-05-01", "07");
	read_registry(&h);
	assert_counted(&h, FIRST, "2025-07-31", TOTALS_BY_NONE, LAST, "06=2 6/8 =2 6/8");
	add_assignment(h.db, 9, FIRST, "04");
	read_registry(&h);
	assert_counted(&h, FIRST, "2025-07-31", TOTALS_BY_NONE, LAST, "06=2 6/8 =2 6/8");
	assert_int_equal(silent_units(&h, FIRST, "2025-07-31", &expected), 2);
	tables_free(&h);
}

static struct equipment_report equipment_on(const struct hub_tables *h, const char *date)
{
	struct equipment_query query = {.as_of = day(date),
					.today = day(TODAY),
					.level = LEVEL_COMMUNE,
					.unit = registry_province(h->registry)};
	struct equipment_report report;
	assert_int_equal(equipment_required_parse("computer=2", query.required), STATUS_OK);
	assert_int_equal(equipment_compute(h->db, h->registry, &query, &report), STATUS_OK);
	return report;
}

/* The computers of two communes are those of the one they became. */
static void test_equipment_goes_where_its_unit_goes(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	static const char *const units[] = {"01", "02", "04"};
	for (size_t i = 0; i < 3; i++) {
		char key[8];
		char fields[60];
		(void)snprintf(key, sizeof(key), "PC-%zu", i);
		(void)snprintf(fields, sizeof(fields), "unit=%s type=computer state=in_use", units[i]);
		tell(&h, 7, KIND_EQUIPMENT, key, "2025-05-01T08:00:00", fields);
	}
	struct equipment_report before = equipment_on(&h, LAST);
	assert_true(before.units == 8 && before.complete == 0 && before.partial == 3);
	struct equipment_report after = equipment_on(&h, "2025-08-01");
	assert_true(after.units == 6 && after.complete == 1 && after.partial == 0);
	assert_true(after.complete + after.partial + after.none + after.not_reporting == after.units);
	tables_free(&h);
}

static struct indicator_count indicator(const struct hub_tables *h, const char *period, const char *as_of,
					int64_t *ret_expected, int64_t *ret_reporting)
{
	struct indicator_query query = {
		.name = "fibre", .period = period, .as_of = day(as_of), .unit = registry_province(h->registry)};
	struct indicator_report report;
	assert_int_equal(indicator_compute(h->db, h->registry, &query, &report), STATUS_OK);
	struct indicator_count chosen = indicator_chosen(&report.total);
	*ret_expected = report.units_expected;
	*ret_reporting = report.units_reporting;
	indicator_clear(&report);
	return chosen;
}

static void test_indicators_sum_over_the_units_of_the_day(void **state)
{
	(void)state;
	struct hub_tables h = units_new();
	int64_t expected = 0;
	int64_t reporting = 0;
	tell(&h, 7, KIND_INDICATOR, "01|2025-06|fibre", "2025-06-30T08:00:00", "value=3");
	tell(&h, 7, KIND_INDICATOR, "02|2025-06|fibre", "2025-06-30T08:00:00", "value=4");
	tell(&h, 7, KIND_INDICATOR, "08|2025-06|fibre", "2025-06-30T08:00:00", "value=5");
	assert_true(indicator(&h, "2025-06", LAST, &expected, &reporting).value == 12);
	assert_true(expected == 8 && reporting == 3);
	/* Stated under old codes for a later month: parts of what they became; of what ended, a line of its own. */
	tell(&h, 7, KIND_INDICATOR, "02|2025-07|fibre", "2025-07-31T08:00:00", "value=4");
	tell(&h, 7, KIND_INDICATOR, "05|2025-07|fibre", "2025-07-31T08:00:00", "value=1");
	tell(&h, 7, KIND_INDICATOR, "06C|2025-07|fibre", "2025-07-31T08:00:00", "value=2");
	tell(&h, 7, KIND_INDICATOR, "08|2025-07|fibre", "2025-07-31T08:00:00", "value=5");
	assert_true(indicator(&h, "2025-07", "2025-07-31", &expected, &reporting).value == 12);
	assert_true(expected == 6 && reporting == 2);
	/* The unit's own report comes before theirs. */
	tell(&h, 7, KIND_INDICATOR, "01|2025-07|fibre", "2025-07-31T08:00:00", "value=9");
	assert_true(indicator(&h, "2025-07", "2025-07-31", &expected, &reporting).value == 17);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_year_by_the_units_of_either_day),
		cmocka_unit_test(test_levels_that_are_gone_are_no_rows),
		cmocka_unit_test(test_months_expect_the_units_of_their_own_end),
		cmocka_unit_test(test_only_who_stands_above_a_unit_breaks_its_silence),
		cmocka_unit_test(test_a_unit_is_heard_of_through_what_it_was_made_of),
		cmocka_unit_test(test_equipment_goes_where_its_unit_goes),
		cmocka_unit_test(test_indicators_sum_over_the_units_of_the_day),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
