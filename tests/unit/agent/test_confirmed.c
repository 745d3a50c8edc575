#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/confirmed.h"
#include "tests/unit/agent/office.h"

enum { UNIT = 1 << FIELD_UNIT, CHANNEL = 1 << FIELD_CHANNEL };

static void raise_to(const struct office *office, uint64_t fields, int64_t until)
{
	check_ok(database_begin(office->agent->db));
	check_ok(confirmed_raise(office->agent, 7, fields, until, 3));
	check_ok(database_commit(office->agent->db));
}

static int64_t until(const struct office *office, enum field field)
{
	struct confirmation found;
	check_ok(confirmed_find(office->agent, 7, field, &found));
	return found.until;
}

static void a_confirmed_time_only_rises(void **state)
{
	const struct office *office = *state;
	assert_int_equal(until(office, FIELD_UNIT), TIME_UNSET);
	raise_to(office, UNIT | CHANNEL, NOON);
	raise_to(office, UNIT, NOON + 10);
	raise_to(office, UNIT | CHANNEL, NOON + 5);
	assert_int_equal(until(office, FIELD_UNIT), NOON + 10);
	assert_int_equal(until(office, FIELD_CHANNEL), NOON + 5);
}

/* The unit keeps a history: what held between two listings is told by the first of them. */
static void a_history_keeps_every_time(void **state)
{
	const struct office *office = *state;
	struct confirmation found;
	raise_to(office, UNIT | CHANNEL, NOON);
	raise_to(office, UNIT | CHANNEL, NOON + 10);
	raise_to(office, UNIT | CHANNEL, NOON + 5);
	check_ok(confirmed_after(office->agent, 7, FIELD_UNIT, NOON, &found));
	assert_int_equal(found.until, NOON + 5);
	check_ok(confirmed_after(office->agent, 7, FIELD_CHANNEL, NOON, &found));
	assert_int_equal(found.until, NOON + 10);
	check_ok(confirmed_after(office->agent, 7, FIELD_UNIT, NOON + 10, &found));
	assert_int_equal(found.until, TIME_UNSET);
	check_ok(confirmed_move(office->agent, 7, FIELD_UNIT, NOON, 8));
	assert_int_equal(until(office, FIELD_UNIT), NOON);
	assert_int_equal(until(office, FIELD_CHANNEL), NOON + 10);
	check_ok(confirmed_find(office->agent, 8, FIELD_UNIT, &found));
	assert_int_equal(found.until, NOON + 10);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM confirmed WHERE change = 8"), 2);
}

static void fields_confirmed_together_share_a_row(void **state)
{
	const struct office *office = *state;
	raise_to(office, UNIT, NOON);
	raise_to(office, CHANNEL, NOON);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM confirmed"), 1);
	assert_int_equal(ask(office->agent, "SELECT fields FROM confirmed"), UNIT | CHANNEL);
}

static void one_field_is_forgotten_alone(void **state)
{
	const struct office *office = *state;
	raise_to(office, UNIT | CHANNEL, NOON);
	check_ok(confirmed_drop(office->agent, 7, FIELD_UNIT, INT64_MIN, INT64_MAX));
	assert_int_equal(until(office, FIELD_UNIT), TIME_UNSET);
	assert_int_equal(until(office, FIELD_CHANNEL), NOON);
	check_ok(confirmed_drop(office->agent, 7, FIELD_CHANNEL, INT64_MIN, INT64_MAX));
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM confirmed"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(a_confirmed_time_only_rises),
		WITH_OFFICE(a_history_keeps_every_time),
		WITH_OFFICE(fields_confirmed_together_share_a_row),
		WITH_OFFICE(one_field_is_forgotten_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
