#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/protocol/random_fixture.h"
#include "totals_fixture.h"

enum { CODES = 60, ROUNDS = 120, TELLINGS = 4, ROWS = 5 };

static const enum totals_by WAYS[] = {TOTALS_BY_NONE,   TOTALS_BY_UNIT,    TOTALS_BY_LEVEL,
				      TOTALS_BY_DOMAIN, TOTALS_BY_CHANNEL, TOTALS_BY_PROCEDURE,
				      TOTALS_BY_MONTH,  TOTALS_BY_DAY,     TOTALS_BY_LEVEL_AND_DOMAIN};

static void refresh(const struct hub_tables *h, size_t rows)
{
	bool left = true;
	while (left)
		assert_int_equal(spans_refresh(h->db, h->registry, rows, 2, &left), STATUS_OK);
}

static int64_t number_of(const struct hub_tables *h, const char *literal)
{
	struct query q = query_start(h->db, literal);
	assert_true(query_row(&q));
	int64_t number = query_get_int(&q, 0);
	assert_int_equal(query_finish(&q), STATUS_OK);
	return number;
}

/* As the state does it: the row, then the mark. */
static void tell_marked(struct hub_tables *h, struct spans_marked *marked, int device, const char *code,
			const char *at, const char *fields)
{
	tell(h, device, KIND_DOSSIER, code, at, fields);
	assert_int_equal(spans_mark(h->db, marked, slice_str(code)), STATUS_OK);
}

static void tell_once(struct hub_tables *h, int device, const char *code, const char *fields)
{
	struct spans_marked marked = {0};
	tell_marked(h, &marked, device, code, "2024-03-01T08:00:00", fields);
}

static struct totals compute(const struct hub_tables *h, struct period period, const char *today, enum totals_by by)
{
	struct totals_query query = {.period = period,
				     .today = day(today),
				     .unit = unit_index(h, "27"),
				     .by = by,
				     .rule = &COUNT_FORM06};
	struct totals totals;
	assert_int_equal(totals_compute(h->db, h->registry, &query, &totals), STATUS_OK);
	return totals;
}

/* From the spans as they stand, and without any; they stand as before afterwards. */
static void expect_same(const struct hub_tables *h, struct period period, const char *today, enum totals_by by)
{
	struct totals by_spans = compute(h, period, today, by);
	assert_int_equal(database_begin(h->db), STATUS_OK);
	assert_int_equal(spans_clear(h->db), STATUS_OK);
	struct totals looked_at = compute(h, period, today, by);
	database_rollback(h->db);
	assert_same_totals(&by_spans, &looked_at);
	totals_clear(&by_spans);
	totals_clear(&looked_at);
}

static void expect_agreement(const struct hub_tables *h, bool expected, const char *where)
{
	char first[SPAN_CODE] = "";
	bool agree = !expected;
	assert_int_equal(spans_agree(h->db, h->registry, &agree, first), STATUS_OK);
	assert_int_equal(agree, expected);
	assert_string_equal(first, where);
}

/* Words of all kinds about one of the dossiers, dates before and after each other as they come. */
static void tell_something(struct hub_tables *h, struct random *r, struct spans_marked *marked, int round)
{
	static const char *const statuses[] = {"submitted", "accepted", "in_progress", "need_docs", "stopped",
					       "withdrawn", "done",     "returned",    "refused"};
	static const char *const channels[] = {" channel=online", " channel=counter", " channel=postal", ""};
	static const char *const dates[] = {"received_at", "finished_at", "returned_at", "due_at", "submitted_at"};
	static const char *const units[] = {"", " unit=05801", " unit=05901", " unit=H27"};
	char code[16];
	char when[32];
	char fields[200];
	(void)snprintf(code, sizeof(code), "D-%02d", (int)random_below(r, CODES));
	(void)snprintf(when, sizeof(when), "2024-%02d-%02dT08:%02d:00", (int)random_below(r, 6) + 1,
		       (int)random_below(r, 28) + 1, round % 60);
	(void)snprintf(fields, sizeof(fields), "status=%s%s%s %s=2024-%02d-%02d%s", statuses[random_below(r, 9)],
		       channels[random_below(r, 4)], units[random_below(r, 4)], dates[random_below(r, 5)],
		       (int)random_below(r, 6) + 1, (int)random_below(r, 28) + 1,
		       random_below(r, 20) == 0 ? " void=true" : "");
	tell_marked(h, marked, random_below(r, 10) == 0 ? 4 : 1, code, when, fields);
}

static void test_totals_are_the_same_whatever_was_said_in_between(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct random r = {.state = 24};
	const struct period year = {.from = day("2024-01-01"), .to = day("2024-12-31")};
	const struct period spring = {.from = day("2024-03-10"), .to = day("2024-04-20")};
	for (int round = 0; round < ROUNDS; round++) {
		struct spans_marked marked = {0};
		for (int i = 0; i < TELLINGS; i++)
			tell_something(&h, &r, &marked, round);
		if (round % 3 != 0)
			refresh(&h, ROWS);
		const enum totals_by by = WAYS[(size_t)round % (sizeof(WAYS) / sizeof(WAYS[0]))];
		expect_same(&h, year, round % 2 == 0 ? "2026-01-01" : "2024-04-01", by);
		expect_same(&h, spring, round % 2 == 0 ? "2024-03-20" : "2024-01-15", by);
		expect_agreement(&h, true, "");
	}
	assert_true(number_of(&h, "SELECT count(*) FROM span") > 3);
	tables_free(&h);
}

static void test_a_word_empties_the_span_of_its_dossier_alone(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	char code[] = "D-00";
	for (int i = 0; i < 12; i++) {
		code[3] = (char)('a' + i);
		tell_once(&h, 1, code, "status=accepted received_at=2024-01-02");
	}
	assert_int_equal(number_of(&h, "SELECT count(*) FROM span"), 0);
	refresh(&h, 4); /* a to d, and e to l: not more than twice as many */
	assert_int_equal(number_of(&h, "SELECT count(*) FROM span"), 2);
	assert_int_equal(
		number_of(&h, "SELECT count(*) FROM span WHERE first IN ('', 'D-0e') AND length(sums) > 0"), 2);
	tell_once(&h, 1, "D-0d", "status=done finished_at=2024-01-03");
	assert_int_equal(number_of(&h, "SELECT length(sums) FROM span WHERE first = ''"), 0);
	assert_true(number_of(&h, "SELECT length(sums) FROM span WHERE first = 'D-0e'") > 0);
	refresh(&h, 4);
	tell_once(&h, 1, "Z", "status=accepted received_at=2024-01-02");
	assert_true(number_of(&h, "SELECT length(sums) FROM span WHERE first = ''") > 0);
	refresh(&h, 4); /* nine are too many for one */
	assert_int_equal(number_of(&h, "SELECT count(*) FROM span WHERE first IN ('', 'D-0e', 'D-0i')"), 3);
	expect_agreement(&h, true, "");
	tables_free(&h);
}

/* More spans than are remembered, there and back. */
static void test_marks_of_one_transaction_reach_every_span(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct spans_marked marked = {0};
	char code[] = "D-00";
	for (int i = 0; i < 20; i++) {
		code[3] = (char)('a' + i);
		tell_once(&h, 1, code, "status=accepted received_at=2024-01-02");
	}
	refresh(&h, 1);
	int64_t spans = number_of(&h, "SELECT count(*) FROM span");
	assert_true(spans > 2 * SPANS_MARKED);
	for (int i = 0; i < 40; i++) {
		code[3] = (char)('a' + (i < 20 ? i : 39 - i));
		assert_int_equal(spans_mark(h.db, &marked, slice_str(code)), STATUS_OK);
	}
	assert_int_equal(number_of(&h, "SELECT count(*) FROM span WHERE length(sums) = 0"), spans);
	expect_same(&h, (struct period){.from = day("2024-01-01"), .to = day("2024-12-31")}, "2025-01-01",
		    TOTALS_BY_UNIT);
	tables_free(&h);
}

static void test_sums_that_are_not_those_of_their_rows_are_found(void **state)
{
	(void)state;
	static const char *const harm[] = {
		"UPDATE dossier SET received = received + 1 WHERE code = 'D-5'",
		"UPDATE span SET sums = (SELECT sums FROM span WHERE first = '') WHERE first = 'D-5'",
		"UPDATE span SET sums = x'A1FF' WHERE first = 'D-5'",
		"DELETE FROM dossier WHERE code = 'D-6'",
	};
	struct hub_tables h = tables_new();
	char code[] = "D-0";
	for (int i = 0; i < 8; i++) {
		char fields[64];
		code[2] = (char)('1' + i);
		(void)snprintf(fields, sizeof(fields), "status=accepted received_at=2024-01-%02d", i + 1);
		tell_once(&h, 1, code, fields);
	}
	refresh(&h, 2);
	expect_agreement(&h, true, "");
	for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
		assert_int_equal(database_begin(h.db), STATUS_OK);
		assert_int_equal(database_script(h.db, harm[i]), STATUS_OK);
		expect_agreement(&h, false, "D-5");
		database_rollback(h.db);
	}
	/* Codes before the first span are in none. */
	assert_int_equal(database_script(h.db, "DELETE FROM span WHERE first = ''"), STATUS_OK);
	expect_agreement(&h, false, "D-3");
	tables_free(&h);
}

static void test_damaged_sums_are_no_numbers(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell_once(&h, 1, "D-1", "status=accepted received_at=2024-01-02 channel=online");
	refresh(&h, SPAN_ROWS);
	static const char *const harm[] = {
		"UPDATE span SET sums = x'A180'",                         /* a number without an end */
		"UPDATE span SET sums = x'A101'",                         /* no unit where one is announced */
		"UPDATE span SET sums = x'A10121'",                       /* a unit's code that is too long */
		"UPDATE span SET sums = x'A10000000000'",                 /* sums of no unit */
		"UPDATE span SET sums = x'A1000105'",                     /* no dossier where one is announced */
		"UPDATE span SET sums = CAST(sums || x'0000' AS BLOB)",   /* sums that break off */
		"UPDATE span SET sums = CAST(sums || x'000900' AS BLOB)", /* no channel */
		"UPDATE span SET sums = CAST(sums || x'00000080808080808001' AS BLOB)", /* a member there is not */
		"UPDATE span SET sums = x'A10001024E4F'",                               /* a dossier there is not */
	};
	for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
		struct totals totals;
		struct totals_query query = {.period = {.from = day("2024-01-01"), .to = day("2024-12-31")},
					     .today = day("2025-01-01"),
					     .unit = unit_index(&h, "27"),
					     .rule = &COUNT_FORM06};
		assert_int_equal(database_begin(h.db), STATUS_OK);
		assert_int_equal(database_script(h.db, harm[i]), STATUS_OK);
		assert_int_equal(totals_compute(h.db, h.registry, &query, &totals), STATUS_CORRUPT);
		database_rollback(h.db);
	}
	tables_free(&h);
}

/* Sums of another form are counted again, and meanwhile nobody reads them. */
static void test_sums_of_another_program_are_as_good_as_none(void **state)
{
	(void)state;
	const struct period year = {.from = day("2024-01-01"), .to = day("2024-12-31")};
	struct hub_tables h = tables_new();
	char code[] = "D-0";
	for (int i = 0; i < 8; i++) {
		code[2] = (char)('1' + i);
		tell_once(&h, 1, code, "status=accepted received_at=2024-01-02 channel=online");
	}
	refresh(&h, 2);
	int64_t spans = number_of(&h, "SELECT count(*) FROM span");
	assert_int_equal(database_script(h.db, "UPDATE span SET sums = CAST(x'A2' || substr(sums, 2) AS BLOB)"),
			 STATUS_OK);
	expect_same(&h, year, "2025-01-01", TOTALS_BY_UNIT);
	expect_agreement(&h, true, "");
	refresh(&h, 2);
	assert_int_equal(number_of(&h, "SELECT count(*) FROM span WHERE substr(sums, 1, 1) = x'A1'"), spans);
	expect_same(&h, year, "2025-01-01", TOTALS_BY_UNIT);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_totals_are_the_same_whatever_was_said_in_between),
		cmocka_unit_test(test_a_word_empties_the_span_of_its_dossier_alone),
		cmocka_unit_test(test_marks_of_one_transaction_reach_every_span),
		cmocka_unit_test(test_sums_that_are_not_those_of_their_rows_are_found),
		cmocka_unit_test(test_damaged_sums_are_no_numbers),
		cmocka_unit_test(test_sums_of_another_program_are_as_good_as_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
