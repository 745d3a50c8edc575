#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reading_fixture.h"

static const struct period YEAR = {.from = 19723, .to = 20088}; /* 2024 */

struct seen {
	int rows;
	struct dossier_row last;
	char code[16];
	char unit[16];
	char procedure[16];
	struct status_day history[8];
};

static enum status see(void *context, const struct dossier_row *row)
{
	struct seen *seen = context;
	seen->rows++;
	seen->last = *row;
	(void)snprintf(seen->code, sizeof(seen->code), "%.*s", (int)row->code.len, (const char *)row->code.data);
	(void)snprintf(seen->unit, sizeof(seen->unit), "%.*s", (int)row->unit.len, (const char *)row->unit.data);
	(void)snprintf(seen->procedure, sizeof(seen->procedure), "%.*s", (int)row->procedure.len,
		       (const char *)row->procedure.data);
	for (size_t i = 0; i < row->facts.n_history && i < 8; i++)
		seen->history[i] = row->facts.history[i];
	return STATUS_OK;
}

static struct seen scan(struct hub_tables *h, struct period period)
{
	struct seen seen = {0};
	assert_int_equal(dossier_scan(h->db, period, see, &seen), STATUS_OK);
	return seen;
}

static void test_facts_come_back_as_put(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "D1", "2024-01-10T08:00:00",
	     "unit=05801 procedure=1.000 domain=land channel=online status=accepted status_at=2024-01-02T09:00:00"
	     " submitted_at=2023-12-31T23:00:00 received_at=2024-01-02T08:00:00 due_at=2024-01-20T17:00:00 "
	     "fee=5000 paid=online"
	     " rating=5 input_digitised=true");
	tell(&h, 1, KIND_DOSSIER, "D1", "2024-01-19T08:00:00",
	     "status=done status_at=2024-01-19T08:00:00 finished_at=2024-01-19T08:00:00 result_digitised=true");
	struct seen seen = scan(&h, YEAR);
	const struct dossier_facts *f = &seen.last.facts;
	assert_int_equal(seen.rows, 1);
	assert_string_equal(seen.code, "D1");
	assert_string_equal(seen.unit, "05801");
	assert_string_equal(seen.procedure, "1.000");
	assert_int_equal(f->status, DOSSIER_DONE);
	assert_int_equal(f->status_day, day("2024-01-19"));
	assert_int_equal(f->submitted, day("2023-12-31"));
	assert_int_equal(f->received, day("2024-01-02"));
	assert_int_equal(f->finished, day("2024-01-19"));
	assert_int_equal(f->returned, DAY_UNSET);
	assert_int_equal(f->due, day("2024-01-20"));
	assert_int_equal(f->channel, CHANNEL_ONLINE);
	assert_int_equal(f->paid, PAID_ONLINE);
	assert_int_equal(f->rating, 5);
	assert_true(f->input_digitised && f->result_digitised && f->fee_due);
	assert_false(f->status_ahead || f->taken_back);
	assert_int_equal(f->n_history, 2);
	assert_int_equal(seen.history[0].day, day("2024-01-02"));
	assert_int_equal(seen.history[0].status, DOSSIER_ACCEPTED);
	assert_int_equal(seen.history[1].day, day("2024-01-19"));
	assert_int_equal(seen.history[1].status, DOSSIER_DONE);
	tables_free(&h);
}

static void test_each_flag_is_kept_apart(void **state)
{
	(void)state;
	static const struct {
		const char *fields;
		unsigned flags;
		const char *code; /* NULL: an official one */
	} cases[] = {
		{"received_at=2024-01-02", 0, NULL},
		{"received_at=2024-01-02 input_digitised=true", 1 + 64, NULL},
		{"received_at=2024-01-02 input_digitised=false", 64, NULL},
		{"received_at=2024-01-02 result_digitised=true", 2 + 128, NULL},
		{"received_at=2024-01-02 result_digitised=false", 128, NULL},
		{"received_at=2024-01-02 fee=1", 4, NULL},
		{"received_at=2024-01-02 status=done status_at=2024-06-01", 8, NULL},
		{"received_at=2024-01-02 void=true", 16, NULL},
		{"received_at=2024-01-02 reused=true", 32 + 256, NULL},
		{"received_at=2024-01-02 reused=false", 256, NULL},
		{"received_at=2024-01-02 replaced_by=D9", 16, "L-1"},
		{"received_at=2024-01-02 replaced_by=L-2", 0, "L-1"},
		{"received_at=2024-01-02 replaced_by=D9", 0, NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hub_tables h = tables_new();
		const char *code = cases[i].code == NULL ? "D1" : cases[i].code;
		tell(&h, 1, KIND_DOSSIER, code, "2024-01-10T08:00:00", cases[i].fields);
		struct seen seen = scan(&h, YEAR);
		const struct dossier_facts *f = &seen.last.facts;
		unsigned flags = (f->input_digitised ? 1U : 0) | (f->result_digitised ? 2U : 0) |
				 (f->fee_due ? 4U : 0) | (f->status_ahead ? 8U : 0) | (f->taken_back ? 16U : 0) |
				 (f->reused ? 32U : 0) | (f->input_stated ? 64U : 0) |
				 (f->result_stated ? 128U : 0) | (f->reused_stated ? 256U : 0);
		assert_int_equal(seen.rows, 1);
		assert_int_equal(flags, cases[i].flags);
		tables_free(&h);
	}
}

static void test_history_is_stored_as_documented_bytes(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "D1", "1969-12-31T08:00:00", "status=accepted");
	tell(&h, 1, KIND_DOSSIER, "D1", "1970-01-02T08:00:00", "status=");
	static const uint8_t expected[] = {0x7F, 0xFF, 0xFF, 0xFF, 2, 0x80, 0, 0, 1, 0};
	struct query q = query_start(h.db, "SELECT history FROM dossier");
	assert_true(query_row(&q));
	assert_true(slice_equal(query_get_blob(&q, 0), slice_of(expected, sizeof(expected))));
	assert_int_equal(query_finish(&q), STATUS_OK);
	struct seen seen = scan(&h, YEAR);
	assert_int_equal(seen.history[0].day, -1);
	assert_int_equal(seen.history[1].day, 1);
	tables_free(&h);
}

static void test_a_dossier_no_write_of_which_counts_has_no_row(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "D1", "2024-01-10T08:00:00", "received_at=2024-01-02");
	assert_int_equal(scan(&h, YEAR).rows, 1);
	assert_int_equal(database_script(h.db, "UPDATE device SET unit = 'unheard-of' WHERE unit = '05801'"),
			 STATUS_OK);
	read_registry(&h);
	tell(&h, 1, KIND_DOSSIER, "D1", "2024-01-11T08:00:00", "rating=1");
	assert_int_equal(scan(&h, YEAR).rows, 0);
	tables_free(&h);
}

static void test_scan_leaves_out_only_what_cannot_matter(void **state)
{
	(void)state;
	static const struct {
		const char *fields;
		bool seen;
	} cases[] = {
		{"status=accepted received_at=2024-12-31", true},
		{"status=accepted received_at=2025-01-01", false},
		{"status=refused received_at=2025-01-01", true}, /* refused by its status's date */
		{"status=accepted", true},                       /* without a receipt date: incomplete */
		{"status=in_progress received_at=2010-01-01", true},
		{"status=done received_at=2023-01-01 finished_at=2023-12-31", false},
		{"status=done received_at=2023-01-01 finished_at=2024-01-01", true},
		{"status=done received_at=2023-01-01 finished_at=2023-12-31 returned_at=2024-01-01", true},
		{"status=returned received_at=2023-01-01 finished_at=2023-02-01 returned_at=2023-02-02", false},
		{"status=done received_at=2023-01-01", true}, /* the gap */
		{"status=returned received_at=2023-01-01 returned_at=2023-02-02",
		 true}, /* open to a rule of finished_at */
		{"status=done received_at=2024-01-01 finished_at=2023-12-31",
		 true}, /* ended before it was received */
		{"status=in_progress received_at=2023-01-01 finished_at=2023-02-01", true}, /* perhaps reopened */
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hub_tables h = tables_new();
		tell(&h, 1, KIND_DOSSIER, "D1", "2024-01-10T08:00:00", cases[i].fields);
		assert_int_equal(scan(&h, YEAR).rows, cases[i].seen ? 1 : 0);
		tables_free(&h);
	}
}

static enum status stop(void *context, const struct dossier_row *row)
{
	(void)row;
	(*(int *)context)++;
	return STATUS_STOPPED;
}

static void test_scan_stops_where_it_is_told_to(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "D1", "2024-01-10T08:00:00", "received_at=2024-01-02");
	tell(&h, 1, KIND_DOSSIER, "D2", "2024-01-10T08:00:00", "received_at=2024-01-02");
	int calls = 0;
	assert_int_equal(dossier_scan(h.db, YEAR, stop, &calls), STATUS_STOPPED);
	assert_int_equal(calls, 1);
	assert_int_equal(scan(&h, YEAR).rows, 2);
	tables_free(&h);
}

static void test_a_history_of_broken_length_is_corrupt(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	tell(&h, 1, KIND_DOSSIER, "D1", "2024-01-10T08:00:00", "status=accepted received_at=2024-01-02");
	assert_int_equal(database_script(h.db, "UPDATE dossier SET history = x'010203040506'"), STATUS_OK);
	struct seen seen = {0};
	assert_int_equal(dossier_scan(h.db, YEAR, see, &seen), STATUS_CORRUPT);
	assert_int_equal(seen.rows, 0);
	tables_free(&h);
}

static enum status keep_unit(void *context, const struct dossier_row *row)
{
	struct bytes *kept = context;
	bytes_put(kept, &row->unit_day, sizeof(row->unit_day));
	bytes_put(kept, row->unit.data, row->unit.len);
	bytes_put(kept, row->units.data, row->units.len);
	return bytes_status(kept);
}

/* By its code, too: which unit a code names depends on the day on which it was stated. */
static void test_one_that_is_found_has_the_units_and_the_day_of_a_scan(void **state)
{
	(void)state;
	struct hub_tables h = tables_new();
	struct bytes scanned = bytes_new(1000);
	struct bytes found = bytes_new(1000);
	struct bytes ranged = bytes_new(1000);
	tell(&h, 4, KIND_DOSSIER, "D1", "2024-01-10T08:00:00", "status=accepted received_at=2024-01-02 unit=05801");
	tell(&h, 4, KIND_DOSSIER, "D1", "2024-02-10T08:00:00", "unit=05802");
	assert_int_equal(dossier_scan(h.db, YEAR, keep_unit, &scanned), STATUS_OK);
	assert_int_equal(dossier_find(h.db, slice_str("D1"), keep_unit, &found), STATUS_OK);
	assert_int_equal(dossier_scan_codes(h.db, slice_str("D"), slice_str("D2"), keep_unit, &ranged), STATUS_OK);
	assert_true(found.len > sizeof(int32_t) + strlen("05802"));
	assert_true(slice_equal(bytes_slice(&found), bytes_slice(&scanned)));
	assert_true(slice_equal(bytes_slice(&ranged), bytes_slice(&scanned)));
	bytes_free(&scanned);
	bytes_free(&found);
	bytes_free(&ranged);
	tables_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_facts_come_back_as_put),
		cmocka_unit_test(test_each_flag_is_kept_apart),
		cmocka_unit_test(test_history_is_stored_as_documented_bytes),
		cmocka_unit_test(test_a_dossier_no_write_of_which_counts_has_no_row),
		cmocka_unit_test(test_scan_leaves_out_only_what_cannot_matter),
		cmocka_unit_test(test_scan_stops_where_it_is_told_to),
		cmocka_unit_test(test_a_history_of_broken_length_is_corrupt),
		cmocka_unit_test(test_one_that_is_found_has_the_units_and_the_day_of_a_scan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
