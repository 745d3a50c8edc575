/* Figures of the small province of reading_fixture.h for one quarter. Included by each test after cmocka.h. */
#ifndef MOTCUA_TESTS_FIGURES_FIXTURE_H
#define MOTCUA_TESTS_FIGURES_FIXTURE_H

#include "hub/figures.h"
#include "reading_fixture.h"

static inline struct figures_query second_quarter(void)
{
	return (struct figures_query){.period = {.from = day("2024-04-01"), .to = day("2024-06-30")},
				      .today = day("2026-01-01"),
				      .rule = &COUNT_FORM06};
}

/* key is "UNIT|PERIOD|NAME". */
static inline void report_count(struct hub_tables *h, int device, const char *key, const char *fields)
{
	tell(h, device, KIND_INDICATOR, key, "2024-06-30T08:00:00", fields);
}

/* For the quarter. */
static inline void report_q2(struct hub_tables *h, int device, const char *unit, const char *name,
			     const char *fields)
{
	char key[100];
	(void)snprintf(key, sizeof(key), "%s|2024-Q2|%s", unit, name);
	report_count(h, device, key, fields);
}

/* As if each unit's computer was heard of after the quarter. */
static inline void hear_all(struct hub_tables *h)
{
	static const char *const units[] = {"05801", "05802", "05901", "H27"};
	add_device(h->db, 9, "27", NULL);
	read_registry(h);
	for (size_t i = 0; i < 4; i++)
		mention(h, 9, units[i], "2024-06-28");
}

#endif
