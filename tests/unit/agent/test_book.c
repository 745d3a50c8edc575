#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/book.h"
#include "tests/unit/agent/office.h"

static struct change listing(const char *code, int64_t at, int64_t status)
{
	struct change c = dossier(code, at, status);
	c.time_stated = false;
	return c;
}

static void a_stated_change_is_known_only_at_its_own_time(void **state)
{
	const struct office *office = *state;
	struct change c = dossier("A", NOON - 1000, DOSSIER_ACCEPTED);
	assert_true(queue_one(office->agent, &c));
	assert_false(queue_one(office->agent, &c));
	c.changed_at++;
	assert_true(queue_one(office->agent, &c));
}

static void a_stated_change_is_known_even_if_a_later_one_won(void **state)
{
	const struct office *office = *state;
	struct change older = dossier("A", NOON - 2000, DOSSIER_ACCEPTED);
	struct change newer = dossier("A", NOON - 1000, DOSSIER_DONE);
	assert_true(queue_one(office->agent, &older));
	assert_true(queue_one(office->agent, &newer));
	assert_false(queue_one(office->agent, &older));
}

static void a_stated_change_with_one_new_field_travels_whole(void **state)
{
	const struct office *office = *state;
	struct change c = dossier("A", NOON - 1000, DOSSIER_ACCEPTED);
	assert_true(queue_one(office->agent, &c));
	change_set_number(&c, FIELD_FEE, 8000);
	struct book_entry entry;
	check_ok(book_load(office->agent, c.kind, c.key, &entry));
	struct book_repeats repeats;
	assert_true(book_reduce(&entry.thing, &c, NOON, &repeats));
	assert_int_equal(c.fields[FIELD_STATUS].state, VALUE_NUMBER);
	assert_int_equal(c.fields[FIELD_FEE].state, VALUE_NUMBER);
	book_clear(&entry);
}

static void a_listing_says_only_what_differs_from_what_is_in_force(void **state)
{
	const struct office *office = *state;
	struct change c = dossier("A", NOON - 5000, DOSSIER_ACCEPTED);
	change_set_number(&c, FIELD_FEE, 8000);
	assert_true(queue_one(office->agent, &c));
	struct change again = listing("A", NOON - 1000, DOSSIER_ACCEPTED);
	assert_false(queue_one(office->agent, &again));
	change_set_number(&again, FIELD_FEE, 9000);
	struct book_entry entry;
	check_ok(book_load(office->agent, again.kind, again.key, &entry));
	struct book_repeats repeats;
	assert_true(book_reduce(&entry.thing, &again, NOON, &repeats));
	assert_int_equal(repeats.n, 1);
	assert_int_equal(repeats.list[0].fields, UINT64_C(1) << FIELD_STATUS);
	assert_int_equal(again.fields[FIELD_STATUS].state, VALUE_ABSENT);
	assert_int_equal(again.fields[FIELD_FEE].number, 9000);
	book_clear(&entry);
}

static void an_older_listing_is_compared_with_its_own_time(void **state)
{
	const struct office *office = *state;
	struct change done = dossier("A", NOON - 1000, DOSSIER_DONE);
	assert_true(queue_one(office->agent, &done));
	struct change older = listing("A", NOON - 5000, DOSSIER_DONE);
	assert_true(queue_one(office->agent, &older));
	assert_false(queue_one(office->agent, &older));
	struct change newer = listing("A", NOON - 500, DOSSIER_DONE);
	assert_false(queue_one(office->agent, &newer));
}

static void a_status_with_another_time_of_its_own_is_news(void **state)
{
	const struct office *office = *state;
	struct change c = listing("A", NOON - 5000, DOSSIER_DONE);
	change_set_number(&c, FIELD_STATUS_AT, NOON - 90000);
	assert_true(queue_one(office->agent, &c));
	assert_false(queue_one(office->agent, &c));
	change_set_number(&c, FIELD_STATUS_AT, NOON - 80000);
	assert_true(queue_one(office->agent, &c));
}

static void a_null_is_a_value_of_its_own(void **state)
{
	const struct office *office = *state;
	struct change c = listing("A", NOON - 5000, DOSSIER_DONE);
	change_set_null(&c, FIELD_DOMAIN);
	assert_true(queue_one(office->agent, &c));
	assert_false(queue_one(office->agent, &c));
	change_set_text(&c, FIELD_DOMAIN, slice_str("Đất đai"));
	assert_true(queue_one(office->agent, &c));
}

static void the_book_answers_with_the_winners(void **state)
{
	const struct office *office = *state;
	struct change newer = dossier("A", NOON - 1000, DOSSIER_DONE);
	struct change older = dossier("A", NOON - 2000, DOSSIER_ACCEPTED);
	assert_true(queue_one(office->agent, &newer));
	assert_true(queue_one(office->agent, &older));
	struct book_entry entry;
	struct resolved facts;
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	check_ok(book_resolve(office->agent, &entry.thing, &facts));
	assert_int_equal(resolved_number(&facts, FIELD_STATUS, 0), DOSSIER_DONE);
	assert_true(slice_equal(facts.unit, slice_str("01831")));
	assert_int_equal(book_last_stamp(&entry.thing), NOON - 1000);
	resolved_free(&facts);
	book_clear(&entry);
}

static enum status count_thing(void *context, enum kind kind, struct slice key, const struct thing *thing)
{
	int *count = context;
	assert_int_equal(kind, KIND_DOSSIER);
	assert_true(key.len > 0 && thing->n_writes > 0);
	return ++*count == 2 ? STATUS_STOPPED : STATUS_OK;
}

static void a_walk_ends_when_told_to(void **state)
{
	const struct office *office = *state;
	int count = 0;
	queue_many(office->agent, 5);
	assert_status(book_each(office->agent, KIND_EQUIPMENT, count_thing, &count), OK);
	assert_int_equal(count, 0);
	assert_status(book_each(office->agent, KIND_NONE, count_thing, &count), STOPPED);
	assert_int_equal(count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(a_stated_change_is_known_only_at_its_own_time),
		WITH_OFFICE(a_stated_change_is_known_even_if_a_later_one_won),
		WITH_OFFICE(a_stated_change_with_one_new_field_travels_whole),
		WITH_OFFICE(a_listing_says_only_what_differs_from_what_is_in_force),
		WITH_OFFICE(an_older_listing_is_compared_with_its_own_time),
		WITH_OFFICE(a_status_with_another_time_of_its_own_is_news),
		WITH_OFFICE(a_null_is_a_value_of_its_own),
		WITH_OFFICE(the_book_answers_with_the_winners),
		WITH_OFFICE(a_walk_ends_when_told_to),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
