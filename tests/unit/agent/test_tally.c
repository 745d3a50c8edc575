#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/tally.h"
#include "tests/unit/agent/office.h"

#define DAY INT64_C(86400000)

static void received(const struct office *office, const char *code, int days_ago, const char *domain)
{
	struct change c = dossier(code, NOON - 1000, DOSSIER_ACCEPTED);
	change_set_number(&c, FIELD_RECEIVED_AT, NOON - days_ago * DAY);
	change_set_number(&c, FIELD_CHANNEL, CHANNEL_ONLINE);
	if (domain[0] != '\0')
		change_set_text(&c, FIELD_DOMAIN, slice_str(domain));
	assert_true(queue_one(office->agent, &c));
}

static void join(const struct office *office, const char *provisional, const char *official)
{
	struct change c = change_new(KIND_DOSSIER);
	c.key = slice_str(provisional);
	c.changed_at = NOON;
	c.time_stated = true;
	change_set_text(&c, FIELD_REPLACED_BY, slice_str(official));
	assert_true(queue_one(office->agent, &c));
}

static struct tally tally(const struct office *office, enum tally_by by, int days)
{
	struct tally t;
	const struct tally_query query = {
		.period = {.from = date_of(NOON) - days, .to = date_of(NOON)},
		.today = date_of(NOON),
		.by = by,
		.rule = &COUNT_FORM06,
	};
	check_ok(tally_compute(office->agent, &query, &t));
	return t;
}

static void what_was_entered_here_counts_sent_or_not(void **state)
{
	const struct office *office = *state;
	received(office, "A", 1, "");
	received(office, "B", 30, "");
	struct tally t = tally(office, TALLY_BY_NONE, 5);
	assert_int_equal(t.total.received, 1);
	assert_int_equal(t.total.received_online, 1);
	assert_int_equal(t.total.carried_in, 1);
	assert_int_equal(t.total.open, 2);
	assert_int_equal(t.n_groups, 1);
	assert_string_equal(t.groups[0].key, "01831");
	assert_int_equal(t.groups[0].cells.open, 2);
	tally_clear(&t);
}

static void an_empty_book_has_one_row_of_zeros(void **state)
{
	const struct office *office = *state;
	struct tally t = tally(office, TALLY_BY_NONE, 5);
	assert_int_equal(t.n_groups, 1);
	assert_int_equal(t.total.received, 0);
	tally_clear(&t);
	t = tally(office, TALLY_BY_DOMAIN, 5);
	assert_int_equal(t.n_groups, 0);
	tally_clear(&t);
}

static void keys_stand_in_order_with_the_unstated_last(void **state)
{
	const struct office *office = *state;
	received(office, "A", 1, "");
	received(office, "B", 1, "Hộ tịch");
	received(office, "C", 1, "Chứng thực");
	received(office, "D", 1, "Hộ tịch");
	struct tally t = tally(office, TALLY_BY_DOMAIN, 5);
	assert_int_equal(t.n_groups, 3);
	assert_string_equal(t.groups[0].key, "Chứng thực");
	assert_string_equal(t.groups[1].key, "Hộ tịch");
	assert_int_equal(t.groups[1].cells.received, 2);
	assert_string_equal(t.groups[2].key, "");
	tally_clear(&t);
}

static void procedures_are_grouped_by_their_national_code(void **state)
{
	const struct office *office = *state;
	static const char *const procedures[] = {"1.001612.000.00.00.H48", "1.001612.000.00.00.H05",
						 "1.00161x.000"};
	for (size_t i = 0; i < 3; i++) {
		char code[] = {(char)('A' + i), '\0'};
		struct change c = dossier(code, NOON - 1000, DOSSIER_ACCEPTED);
		change_set_number(&c, FIELD_RECEIVED_AT, NOON);
		change_set_text(&c, FIELD_PROCEDURE, slice_str(procedures[i]));
		assert_true(queue_one(office->agent, &c));
	}
	struct tally t = tally(office, TALLY_BY_PROCEDURE, 1);
	assert_int_equal(t.n_groups, 2);
	assert_string_equal(t.groups[0].key, "1.001612");
	assert_int_equal(t.groups[0].cells.received, 2);
	tally_clear(&t);
}

static void rows_by_month_agree_with_their_total(void **state)
{
	const struct office *office = *state;
	received(office, "A", 60, "");
	received(office, "B", 25, "");
	received(office, "C", 1, "");
	struct tally t = tally(office, TALLY_BY_MONTH, 40);
	assert_int_equal(t.n_groups, 2);
	assert_string_equal(t.groups[0].key, "2024-04");
	assert_string_equal(t.groups[1].key, "2024-05");
	assert_int_equal(t.groups[0].cells.received, 1);
	assert_int_equal(t.groups[1].cells.carried_in, 2);
	assert_int_equal(t.total.carried_in, 1);
	assert_int_equal(t.total.received, 2);
	assert_int_equal(t.total.open, 3);
	tally_clear(&t);
	t = tally(office, TALLY_BY_DAY, 2);
	assert_int_equal(t.n_groups, 3);
	assert_int_equal(t.groups[1].cells.received, 1);
	tally_clear(&t);
}

static void too_many_rows_are_refused(void **state)
{
	const struct office *office = *state;
	struct tally t;
	const struct tally_query query = {
		.period = {.from = 0, .to = TALLY_ROWS_MAX},
		.today = date_of(NOON),
		.by = TALLY_BY_DAY,
		.rule = &COUNT_FORM06,
	};
	assert_status(tally_compute(office->agent, &query, &t), LIMIT);
}

static void a_joined_provisional_dossier_counts_once(void **state)
{
	const struct office *office = *state;
	received(office, "L-1", 1, "Hộ tịch");
	received(office, "L-2", 1, "Hộ tịch");
	struct tally t = tally(office, TALLY_BY_DOMAIN, 5);
	assert_int_equal(t.total.received, 2);
	tally_clear(&t);
	/* Nothing of O-1 was entered here; O-2 has one more word of its own. */
	join(office, "L-1", "O-1");
	join(office, "L-2", "O-2");
	struct change done = dossier("O-2", NOON, DOSSIER_DONE);
	change_set_number(&done, FIELD_FINISHED_AT, NOON);
	assert_true(queue_one(office->agent, &done));
	t = tally(office, TALLY_BY_DOMAIN, 5);
	assert_int_equal(t.total.received, 2);
	assert_int_equal(t.total.done, 1);
	assert_int_equal(t.total.open, 1);
	assert_int_equal(t.n_groups, 1);
	tally_clear(&t);
	/* Two provisional codes of one dossier. */
	join(office, "L-1", "O-2");
	t = tally(office, TALLY_BY_DOMAIN, 5);
	assert_int_equal(t.total.received, 1);
	tally_clear(&t);
}

static void a_grouping_is_known_by_its_word(void **state)
{
	(void)state;
	enum tally_by by = TALLY_BY_NONE;
	check_ok(tally_by_parse("procedure", &by));
	assert_int_equal(by, TALLY_BY_PROCEDURE);
	assert_string_equal(tally_by_name(by), "procedure");
	assert_status(tally_by_parse("level", &by), USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(what_was_entered_here_counts_sent_or_not),
		WITH_OFFICE(an_empty_book_has_one_row_of_zeros),
		WITH_OFFICE(keys_stand_in_order_with_the_unstated_last),
		WITH_OFFICE(procedures_are_grouped_by_their_national_code),
		WITH_OFFICE(rows_by_month_agree_with_their_total),
		WITH_OFFICE(too_many_rows_are_refused),
		WITH_OFFICE(a_joined_provisional_dossier_counts_once),
		cmocka_unit_test(a_grouping_is_known_by_its_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
