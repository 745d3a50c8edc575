#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/book.h"
#include "agent/take_back.h"
#include "tests/unit/agent/office.h"

#define MINUTE INT64_C(60000)

static int64_t new_import(const struct office *office)
{
	check_ok(database_begin(office->agent->db));
	check_ok(database_script(office->agent->db, "INSERT INTO import (file, started_at) VALUES ('a.csv', 0)"));
	int64_t import = database_last_id(office->agent->db);
	check_ok(database_commit(office->agent->db));
	return import;
}

static void put(const struct office *office, const struct change *c, int64_t import)
{
	const struct queue_source source = {.import = import};
	bool queued = false;
	check_ok(database_begin(office->agent->db));
	check_ok(queue_append(office->agent, &source, c, &queued));
	check_ok(database_commit(office->agent->db));
}

static struct change row(const char *code, int64_t at, int64_t status, int64_t fee)
{
	struct change c = dossier(code, at, status);
	c.time_stated = false;
	change_set_number(&c, FIELD_FEE, fee);
	return c;
}

/* The winning number of a field; -1 for none. */
static int64_t now_says(const struct office *office, const char *code, enum field field)
{
	struct book_entry entry;
	struct resolved facts;
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str(code), &entry));
	check_ok(book_resolve(office->agent, &entry.thing, &facts));
	int64_t number = resolved_number(&facts, field, -1);
	resolved_free(&facts);
	book_clear(&entry);
	return number;
}

static struct take_back_report take_back(const struct office *office, int64_t import, bool undo)
{
	struct take_back_report report;
	check_ok(take_back_import(office->agent, import, undo, &report));
	return report;
}

static void what_only_the_import_knew_is_void_and_comes_back(void **state)
{
	const struct office *office = *state;
	int64_t import = new_import(office);
	struct change c = row("A", NOON - 9 * MINUTE, DOSSIER_ACCEPTED, 8000);
	put(office, &c, import);
	assert_int_equal(take_back(office, import, false).voided, 1);
	assert_int_equal(now_says(office, "A", FIELD_VOID), 1);
	assert_int_equal(now_says(office, "A", FIELD_FEE), 8000);
	assert_int_equal(take_back(office, import, true).voided, 1);
	assert_int_equal(now_says(office, "A", FIELD_VOID), -1);
}

static void a_field_the_import_won_says_again_what_it_said_without_it(void **state)
{
	const struct office *office = *state;
	int64_t import = new_import(office);
	struct change before = dossier("A", NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change c = row("A", NOON - 5 * MINUTE, DOSSIER_DONE, 8000);
	put(office, &before, 0);
	put(office, &c, import);
	struct take_back_report report = take_back(office, import, false);
	assert_int_equal(report.things, 1);
	assert_int_equal(report.voided, 0);
	assert_int_equal(report.restored, 1);
	assert_int_equal(now_says(office, "A", FIELD_STATUS), DOSSIER_ACCEPTED);
	assert_int_equal(now_says(office, "A", FIELD_FEE), -1);
	assert_int_equal(now_says(office, "A", FIELD_VOID), -1);
	(void)take_back(office, import, true); /* seen below */
	assert_int_equal(now_says(office, "A", FIELD_STATUS), DOSSIER_DONE);
	assert_int_equal(now_says(office, "A", FIELD_FEE), 8000);
}

static void a_status_that_is_said_again_keeps_its_own_time(void **state)
{
	const struct office *office = *state;
	int64_t import = new_import(office);
	struct change before = dossier("A", NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change c = row("A", NOON - 5 * MINUTE, DOSSIER_DONE, 8000);
	put(office, &before, 0);
	put(office, &c, import);
	(void)take_back(office, import, false); /* seen below */
	struct book_entry entry;
	struct resolved facts;
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	check_ok(book_resolve(office->agent, &entry.thing, &facts));
	assert_int_equal(resolved_status_at(&facts), NOON - 9 * MINUTE);
	resolved_free(&facts);
	book_clear(&entry);
}

static void what_a_later_word_won_is_left_alone(void **state)
{
	const struct office *office = *state;
	int64_t import = new_import(office);
	struct change c = row("A", NOON - 5 * MINUTE, DOSSIER_IN_PROGRESS, 8000);
	struct change later = dossier("A", NOON - MINUTE, DOSSIER_DONE);
	put(office, &c, import);
	put(office, &later, 0);
	(void)take_back(office, import, false); /* seen below */
	assert_int_equal(now_says(office, "A", FIELD_STATUS), DOSSIER_DONE);
	assert_int_equal(now_says(office, "A", FIELD_FEE), -1);
}

static void what_another_import_repeated_stays(void **state)
{
	const struct office *office = *state;
	int64_t import = new_import(office);
	int64_t other = new_import(office);
	struct change c = row("A", NOON - 5 * MINUTE, DOSSIER_IN_PROGRESS, 8000);
	struct change again = dossier("A", NOON - MINUTE, DOSSIER_IN_PROGRESS);
	again.time_stated = false;
	put(office, &c, import);
	put(office, &again, other);
	(void)take_back(office, import, false); /* seen below */
	assert_int_equal(now_says(office, "A", FIELD_STATUS), DOSSIER_IN_PROGRESS);
	assert_int_equal(now_says(office, "A", FIELD_FEE), -1);
	assert_int_equal(now_says(office, "A", FIELD_VOID), -1);
}

static void taking_back_twice_writes_once_and_can_be_turned_again(void **state)
{
	const struct office *office = *state;
	int64_t import = new_import(office);
	struct change before = dossier("A", NOON - 9 * MINUTE, DOSSIER_ACCEPTED);
	struct change c = row("A", NOON - 5 * MINUTE, DOSSIER_DONE, 8000);
	put(office, &before, 0);
	put(office, &c, import);
	(void)take_back(office, import, false); /* counted below */
	int64_t once = waiting(office->agent);
	struct take_back_report again = take_back(office, import, false);
	assert_int_equal(again.restored + again.voided, 0);
	assert_int_equal(waiting(office->agent), once);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM import WHERE about IS NOT NULL"), 1);
	assert_int_equal(take_back(office, import, true).restored, 1);
	assert_int_equal(take_back(office, import, true).restored, 0);
	assert_int_equal(take_back(office, import, false).restored, 1);
	assert_int_equal(now_says(office, "A", FIELD_STATUS), DOSSIER_ACCEPTED);
}

static void a_thing_of_several_rows_is_taken_back_once(void **state)
{
	const struct office *office = *state;
	int64_t import = new_import(office);
	struct change first = row("A", NOON - 9 * MINUTE, DOSSIER_ACCEPTED, 8000);
	struct change second = row("A", NOON - 5 * MINUTE, DOSSIER_DONE, 9000);
	put(office, &first, import);
	put(office, &second, import);
	assert_int_equal(take_back(office, import, false).things, 1);
	assert_int_equal(waiting(office->agent), 3);
}

static void no_such_import_and_one_that_took_back_are_none(void **state)
{
	const struct office *office = *state;
	struct take_back_report report;
	assert_status(take_back_import(office->agent, 1, false, &report), EMPTY);
	int64_t import = new_import(office);
	struct change c = row("A", NOON - 5 * MINUTE, DOSSIER_DONE, 8000);
	put(office, &c, import);
	(void)take_back(office, import, false); /* its own number is the next */
	assert_status(take_back_import(office->agent, import + 1, false, &report), EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(what_only_the_import_knew_is_void_and_comes_back),
		WITH_OFFICE(a_field_the_import_won_says_again_what_it_said_without_it),
		WITH_OFFICE(a_status_that_is_said_again_keeps_its_own_time),
		WITH_OFFICE(what_a_later_word_won_is_left_alone),
		WITH_OFFICE(what_another_import_repeated_stays),
		WITH_OFFICE(taking_back_twice_writes_once_and_can_be_turned_again),
		WITH_OFFICE(a_thing_of_several_rows_is_taken_back_once),
		WITH_OFFICE(no_such_import_and_one_that_took_back_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
