/* Totals of the small province of reading_fixture.h, by the rule of form 06. Included by each test after cmocka.h.
 */
#ifndef MOTCUA_TESTS_TOTALS_FIXTURE_H
#define MOTCUA_TESTS_TOTALS_FIXTURE_H

#include "hub/spans.h"
#include "reading_fixture.h"
#include "same_totals.h"

/* Whoever counts from the sums of spans, of so many rows each, gets the same as whoever looks at every dossier. */
static inline void assert_same_by_spans(const struct hub_tables *h, const struct totals *looked_at, size_t rows)
{
	struct totals totals;
	bool left = true;
	while (left)
		assert_int_equal(spans_refresh(h->db, h->registry, rows, 3, &left), STATUS_OK);
	assert_int_equal(totals_compute(h->db, h->registry, &looked_at->query, &totals), STATUS_OK);
	assert_same_totals(&totals, looked_at);
	totals_clear(&totals);
	/* The next dossier is put into the tables behind their back. */
	assert_int_equal(spans_clear(h->db), STATUS_OK);
}

static inline struct totals count(const struct hub_tables *h, const char *from, const char *to, const char *today,
				  const char *unit, enum totals_by by)
{
	struct totals_query query = {.period = {.from = day(from), .to = day(to)},
				     .today = day(today),
				     .unit = unit_index(h, unit),
				     .by = by,
				     .rule = &COUNT_FORM06};
	struct totals totals;
	assert_int_equal(totals_compute(h->db, h->registry, &query, &totals), STATUS_OK);
	assert_same_by_spans(h, &totals, 2);
	assert_same_by_spans(h, &totals, SPAN_ROWS);
	return totals;
}

/* Long after the period's end. */
static inline struct totals count_later(const struct hub_tables *h, const char *from, const char *to,
					const char *unit, enum totals_by by)
{
	return count(h, from, to, "2026-01-01", unit, by);
}

static inline struct totals count_2024(const struct hub_tables *h, const char *unit, enum totals_by by)
{
	return count_later(h, "2024-01-01", "2024-12-31", unit, by);
}

#endif
