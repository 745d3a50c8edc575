/*
 * One dossier and one period for the tests of counting; each case changes what it is about.
 */
#ifndef MOTCUA_TESTS_COUNT_FIXTURE_H
#define MOTCUA_TESTS_COUNT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/count.h"

/* Days count from an arbitrary one: the period is 100 to 130, and what comes after 120 has not happened. */
enum { FROM = 100, TO = 130, AS_OF = 120 };

static const struct count_query QUERY = {.period = {FROM, TO}, .as_of = AS_OF, .rule = &COUNT_FORM06};

/* Received at the counter on day 110, in progress, due on day 125. */
static inline struct dossier_facts dossier(void)
{
	return (struct dossier_facts){.status = DOSSIER_IN_PROGRESS,
				      .status_day = 110,
				      .submitted = DAY_UNSET,
				      .received = 110,
				      .finished = DAY_UNSET,
				      .returned = DAY_UNSET,
				      .due = 125,
				      .channel = CHANNEL_COUNTER};
}

static inline struct dossier_facts returned_on(int32_t day)
{
	struct dossier_facts f = dossier();
	f.status = DOSSIER_RETURNED;
	f.status_day = day;
	f.returned = day;
	return f;
}

static inline struct cells counted(const struct dossier_facts *f)
{
	struct cells c = {0};
	count_dossier(&QUERY, f, &c);
	assert_int_equal(c.received,
			 c.received_online + c.received_counter + c.received_postal + c.received_unstated);
	assert_int_equal(c.done, c.done_early + c.done_on_time + c.done_late + c.done_no_due);
	assert_int_equal(c.open, c.open_in_time + c.open_late);
	assert_in_range(c.open_paused, 0, c.open_in_time);
	return c;
}

static inline void assert_cells(const struct dossier_facts *f, const struct cells *expected)
{
	struct cells c = counted(f);
	const struct {
		const char *name;
		int64_t found;
		int64_t expected;
	} all[] = {
		{"received", c.received, expected->received},
		{"online", c.received_online, expected->received_online},
		{"counter", c.received_counter, expected->received_counter},
		{"postal", c.received_postal, expected->received_postal},
		{"unstated", c.received_unstated, expected->received_unstated},
		{"carried_in", c.carried_in, expected->carried_in},
		{"done", c.done, expected->done},
		{"early", c.done_early, expected->done_early},
		{"on_time", c.done_on_time, expected->done_on_time},
		{"late", c.done_late, expected->done_late},
		{"no_due", c.done_no_due, expected->done_no_due},
		{"open", c.open, expected->open},
		{"open_in_time", c.open_in_time, expected->open_in_time},
		{"open_late", c.open_late, expected->open_late},
		{"open_paused", c.open_paused, expected->open_paused},
		{"refused", c.refused, expected->refused},
		{"withdrawn", c.withdrawn, expected->withdrawn},
		{"incomplete", c.incomplete, expected->incomplete},
	};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].found != all[i].expected)
			fail_msg("%s is %d", all[i].name, (int)all[i].found);
}

#define RECEIVED              .received = 1, .received_counter = 1
#define OPEN                  .open = 1, .open_in_time = 1
#define EXPECT(facts, ...)    assert_cells(&(facts), &(struct cells){__VA_ARGS__})
#define EXPECT_NOTHING(facts) EXPECT(facts, .received = 0)

#endif
