#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/spans.h"
#include "hub/verify.h"
#include "tests/unit/hub/hub_fixture.h"

struct filled {
	struct pc pc;
	struct pc other;
};

/*
 * Entry 1 init, 2 units, 3 and 4 an invitation and the enrolment of pc, 5 to 7 its batches, 8 and 9 of the other
 * PC, 10 its batch, 11 an invitation nobody used.
 */
static struct filled fill_hub(struct fixture *f)
{
	struct filled all = {.pc = enrolled_pc(f, 1, "05801")};
	for (int i = 0; i < 3; i++) {
		char code[16];
		(void)snprintf(code, sizeof(code), "A-%d", i);
		f->now += MINUTE;
		deliver(f, &all.pc, dossier_batch(f, &all.pc, code));
	}
	all.other = enrolled_pc(f, 2, "058");
	struct change changes[] = {dossier_of("B-1", f->now, "05802"), dossier_of("B-2", f->now, "05901")};
	deliver(f, &all.other, next_batch(f, &all.other, changes, 2));
	(void)invite(f->hub, "05802", true);
	assert_true(number(f->hub, "SELECT max(n) FROM log") == 11);
	return all;
}

static void filled_free(struct filled *all)
{
	signing_key_free(all->pc.key);
	signing_key_free(all->other.key);
}

static struct verify_report *verified(struct fixture *f, bool full, enum status expected)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, full, report), expected);
	assert_true((expected == STATUS_DIFFERENT) == (report->n_findings > 0));
	return report;
}

static bool has_finding(const struct verify_report *report, enum finding_kind kind, int64_t entry)
{
	for (int64_t i = 0; i < report->n_findings && i < VERIFY_FINDINGS; i++)
		if (report->findings[i].kind == kind && report->findings[i].entry == entry)
			return true;
	return false;
}

static void assert_found(struct fixture *f, bool full, enum finding_kind kind, int64_t entry)
{
	struct verify_report *report = verified(f, full, STATUS_DIFFERENT);
	assert_true(has_finding(report, kind, entry));
	free(report);
}

static void assert_sound(struct fixture *f)
{
	free(verified(f, false, STATUS_OK));
	free(verified(f, true, STATUS_OK));
}

static void test_sound_hub_verifies_and_is_counted(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	struct verify_report *report = verified(f, true, STATUS_OK);
	assert_true(report->entries == 11);
	assert_true(report->batches == 4);
	assert_true(report->acts == 7);
	free(report);
	assert_sound(f);
	/* Looking changes nothing, and the hub goes on. */
	deliver(f, &all.pc, dossier_batch(f, &all.pc, "A-9"));
	assert_sound(f);
	filled_free(&all);
}

static void flip_body(struct fixture *f, int64_t n)
{
	struct bytes body = bytes_new(LIMIT_ACT);
	struct query q = query_start(f->hub->db, "SELECT body FROM log WHERE n = ?1");
	query_int(&q, 1, n);
	assert_true(query_row(&q));
	struct slice stored = query_get_blob(&q, 0);
	bytes_put(&body, stored.data, stored.len);
	assert_int_equal(query_finish(&q), STATUS_OK);
	body.data[body.len / 2] ^= 1;
	q = query_start(f->hub->db, "UPDATE log SET body = ?2 WHERE n = ?1");
	query_int(&q, 1, n);
	query_blob(&q, 2, bytes_slice(&body));
	assert_int_equal(query_run(&q), STATUS_OK);
	bytes_free(&body);
}

/* Whatever stands in an entry, one changed byte is found, in the quick look as well. */
static void test_changed_byte_in_an_entry_is_found(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	static const struct {
		const char *change; /* NULL: one bit in the body of the entry */
		enum finding_kind kind;
		int64_t entry;
	} cases[] = {
		{NULL, FINDING_SIGNATURE, 6},
		{"UPDATE log SET verdicts = x'820180' WHERE n = 7", FINDING_CHAIN, 7},
		{"UPDATE log SET accepted_at = accepted_at + 1 WHERE n = 7", FINDING_CHAIN, 7},
		{"UPDATE log SET accepted_at = accepted_at + 1 WHERE n = 2", FINDING_CHAIN, 2},
		{"UPDATE log SET chain = zeroblob(32) WHERE n = 5", FINDING_CHAIN, 5},
		{"UPDATE log SET type = 1 WHERE n = 2", FINDING_CHAIN, 2},
		{NULL, FINDING_SIGNATURE, 2},
		{NULL, FINDING_SIGNATURE, 11},
		{"UPDATE log SET verdicts = x'00' WHERE n = 11", FINDING_CHAIN, 11},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sql(f, "CREATE TEMP TABLE kept AS SELECT * FROM log");
		if (cases[i].change == NULL)
			flip_body(f, cases[i].entry);
		else
			sql(f, cases[i].change);
		assert_found(f, false, cases[i].kind, cases[i].entry);
		assert_found(f, true, cases[i].kind, cases[i].entry);
		sql(f, "DELETE FROM log; INSERT INTO log SELECT * FROM kept; DROP TABLE kept");
		assert_sound(f);
	}
	filled_free(&all);
}

static void test_missing_entries_are_found(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	static const struct {
		const char *change;
		int64_t gap; /* where it is told */
	} cases[] = {
		{"DELETE FROM log WHERE n = 1", 2},
		{"DELETE FROM log WHERE n = 6", 7},
		{"DELETE FROM log WHERE n = 11", 11},
		{"DELETE FROM log WHERE n >= 10", 10},
		{"DELETE FROM log", 1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sql(f, "CREATE TEMP TABLE kept AS SELECT * FROM log");
		sql(f, cases[i].change);
		assert_found(f, false, FINDING_GAP, cases[i].gap);
		assert_found(f, true, FINDING_GAP, cases[i].gap);
		sql(f, "DELETE FROM log; INSERT INTO log SELECT * FROM kept; DROP TABLE kept");
	}
	assert_sound(f);
	filled_free(&all);
}

static void test_difference_in_any_derived_table_is_found_by_a_full_look(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	static const char *const changes[] = {
		"UPDATE unit SET name = 'Tinh X' WHERE code = '27'",
		"INSERT INTO unit VALUES ('99', 'X', 4, '058', NULL, NULL, '')",
		"INSERT INTO unit VALUES ('059', 'X', 2, '27', 19900, NULL, '')",
		"UPDATE unit SET valid_from = 19000 WHERE code = '059'",
		"UPDATE unit SET valid_to = 30000 WHERE code = '059'",
		"DELETE FROM unit WHERE code = '059'",
		"INSERT INTO succession VALUES ('05801', '05802', 19900, 1)",
		"INSERT INTO assignment SELECT id, 19000, '05801' FROM device",
		"UPDATE device SET state = 1",
		"UPDATE device SET heard_day = heard_day + 1",
		"UPDATE device SET heard_day = NULL",
		"UPDATE batch SET entry = entry + 1 WHERE seq = 2",
		"UPDATE chain SET have = have + 1",
		"INSERT INTO heard SELECT id, '05801', 19000, 0 FROM device",
		"UPDATE heard SET known_at = known_at - 1",
		"DELETE FROM speaks_of",
		"DELETE FROM heard",
		"UPDATE thing SET writes = (SELECT writes FROM thing WHERE key = 'A-1') WHERE key = 'A-2'",
		"INSERT INTO thing SELECT kind, 'A-2x', writes FROM thing WHERE key = 'A-2'",
		"DELETE FROM thing WHERE key = 'A-0'",
		"UPDATE dossier SET status = 9 WHERE code = 'A-1'",
		"UPDATE dossier SET unit_day = unit_day + 1 WHERE code = 'A-1'",
		"UPDATE dossier SET units = x'80' WHERE code = 'A-1'",
		("CREATE TEMP TABLE one AS SELECT * FROM dossier WHERE code = 'A-1'; UPDATE one SET code = 'Z';"
		 "INSERT INTO dossier SELECT * FROM one"),
		"DELETE FROM dossier WHERE code = 'B-1'",
	};
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct hub_transaction t;
		sql(f, changes[i]);
		free(verified(f, false, STATUS_OK)); /* the quick look does not fold */
		assert_found(f, true, FINDING_STATE, 0);
		struct state again = state_of(f->hub);
		assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
		assert_int_equal(state_rebuild(&again, f->hub->db), STATUS_OK);
		assert_int_equal(hub_commit(&t), STATUS_OK);
		state_clear(&again);
		assert_sound(f);
	}
	filled_free(&all);
}

/* Another document signed by the hub's own key, as an older one after a change of keys would be. */
static void test_identity_that_is_not_the_logged_one_is_found(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	struct identity other = f->hub->identity;
	struct bytes sealed = bytes_new(LIMIT_IDENTITY);
	memset(other.pins[0], 0, HASH_LEN);
	assert_int_equal(identity_seal(&other, f->hub->key, &sealed), STATUS_OK);
	assert_int_equal(hub_note_set(f->hub, "identity", bytes_slice(&sealed)), STATUS_OK);
	bytes_free(&sealed);
	reopen_hub(f);
	assert_found(f, false, FINDING_STATE, 1);
	assert_found(f, true, FINDING_STATE, 1);
	filled_free(&all);
}

/* Writes the log's numbers and chain anew, as somebody would who hides what they took out. */
static void forge_chain(struct fixture *f)
{
	sql(f, "CREATE TEMP TABLE kept AS SELECT * FROM log ORDER BY n; DELETE FROM log");
	struct query q = query_start(f->hub->db, "SELECT type, accepted_at, body, verdicts FROM kept ORDER BY n");
	uint8_t end[LOG_END_LEN];
	while (query_row(&q)) {
		struct log_entry entry = {.type = (enum log_type)query_get_int(&q, 0),
					  .accepted_at = query_get_int(&q, 1),
					  .body = query_get_blob(&q, 2),
					  .verdicts = query_get_blob(&q, 3)};
		assert_int_equal(log_append(f->hub->db, &entry), STATUS_OK);
	}
	assert_int_equal(query_finish(&q), STATUS_OK);
	assert_int_equal(log_end(f->hub->db, end), STATUS_OK);
	assert_int_equal(hub_note_set(f->hub, "log", slice_of(end, sizeof(end))), STATUS_OK);
	sql(f, "DROP TABLE kept");
}

/* L3: the devices' own chains tell even where the hub's numbers and chain were written anew. */
static void test_batch_taken_out_under_a_forged_chain_is_found(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	sql(f, "DELETE FROM log WHERE n = 6");
	forge_chain(f);
	assert_found(f, false, FINDING_CHAIN, 6);
	assert_found(f, true, FINDING_CHAIN, 6);
	filled_free(&all);
}

static void test_batches_in_another_order_under_a_forged_chain_are_found(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	sql(f, "UPDATE log SET n = 99 WHERE n = 6; UPDATE log SET n = 6 WHERE n = 5; UPDATE log SET n = 5 WHERE n "
	       "= 99");
	forge_chain(f);
	assert_found(f, false, FINDING_CHAIN, 5);
	filled_free(&all);
}

static void test_enrolment_taken_out_leaves_batches_without_a_known_key(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	sql(f, "DELETE FROM log WHERE n = 9");
	forge_chain(f);
	assert_found(f, false, FINDING_SIGNATURE, 9);
	filled_free(&all);
}

/* L7: signed by one device, claimed for another. */
static void test_batch_of_another_device_than_its_key_is_found(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	struct batch_head head = next_head(f, &all.other);
	struct bytes claimed = seal_batch(f, all.pc.key, &head, NULL, 0);
	static const uint8_t none_refused[] = {0x82, 0x00, 0x80};
	struct log_entry entry = {.type = LOG_BATCH,
				  .accepted_at = f->now,
				  .body = bytes_slice(&claimed),
				  .verdicts = slice_of(none_refused, sizeof(none_refused))};
	assert_int_equal(log_append(f->hub->db, &entry), STATUS_OK);
	forge_chain(f);
	assert_found(f, false, FINDING_SIGNATURE, 12);
	bytes_free(&claimed);
	filled_free(&all);
}

static void test_more_findings_than_are_kept_are_counted(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	for (int i = 0; i < VERIFY_FINDINGS; i++)
		deliver(f, &all.pc, next_batch(f, &all.pc, NULL, 0));
	sql(f, "UPDATE log SET accepted_at = accepted_at + 1");
	struct verify_report *report = verified(f, false, STATUS_DIFFERENT);
	assert_true(report->n_findings == 11 + VERIFY_FINDINGS);
	free(report);
	filled_free(&all);
}

/* A serving hub may write meanwhile; a reader's look works without the key. */
static void test_reader_can_verify(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	struct hub *reader = NULL;
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(hub_open(f->dir, &f->world, false, &reader), STATUS_OK);
	assert_int_equal(verify_run(reader, true, report), STATUS_OK);
	free(report);
	hub_close(reader);
	filled_free(&all);
}

/* The log is gone through in ranges: nothing is looked at twice or left out where one ends. */
static void test_a_log_of_several_ranges_is_one_log(void **state)
{
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	for (int i = 0; i < 2 * LOG_RANGE; i++)
		deliver(f, &all.pc, next_batch(f, &all.pc, NULL, 0));
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	assert_true(entries > 2 * LOG_RANGE);
	struct verify_report *report = verified(f, true, STATUS_OK);
	assert_true(report->entries == entries);
	free(report);
	for (int64_t n = LOG_RANGE; n <= LOG_RANGE + 1; n++) {
		sql(f, "CREATE TEMP TABLE kept AS SELECT * FROM log");
		struct query q = query_start(f->hub->db, "DELETE FROM log WHERE n = ?1");
		query_int(&q, 1, n);
		assert_int_equal(query_run(&q), STATUS_OK);
		assert_found(f, false, FINDING_GAP, n + 1);
		sql(f, "DELETE FROM log; INSERT INTO log SELECT * FROM kept; DROP TABLE kept");
	}
	assert_sound(f);
	filled_free(&all);
}

/* What totals are counted from: sums that are made up, and rows changed behind their back. */
static void test_sums_that_are_not_those_of_the_dossiers_are_found_by_a_full_look(void **state)
{
	static const char *const harm[] = {
		"UPDATE span SET sums = x'A10000'",
		"INSERT INTO span (first, sums) VALUES ('A-1', x'A10000')",
		"UPDATE dossier SET received = received + 1 WHERE code = 'A-1'",
		"UPDATE dossier SET history = x'00' WHERE code = 'A-1'",
	};
	struct fixture *f = *state;
	struct filled all = fill_hub(f);
	assert_int_equal(spans_refresh_all(f->hub), STATUS_OK);
	assert_true(number(f->hub, "SELECT min(length(sums)) FROM span") > 2);
	assert_sound(f);
	for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
		sql(f, "CREATE TEMP TABLE rows AS SELECT * FROM dossier; CREATE TEMP TABLE kept AS SELECT * FROM "
		       "span");
		sql(f, harm[i]);
		assert_found(f, true, FINDING_STATE, 0);
		free(verified(f, false, STATUS_OK));
		sql(f, "DELETE FROM dossier; INSERT INTO dossier SELECT * FROM rows; DROP TABLE rows");
		sql(f, "DELETE FROM span; INSERT INTO span SELECT * FROM kept; DROP TABLE kept");
	}
	/* Empty ones say nothing: another batch, other units, everything derived anew. */
	deliver(f, &all.pc, dossier_batch(f, &all.pc, "A-9"));
	assert_true(number(f->hub, "SELECT max(length(sums)) FROM span") == 0);
	assert_sound(f);
	assert_int_equal(spans_refresh_all(f->hub), STATUS_OK);
	struct units_fault fault;
	assert_int_equal(import_units(f->hub, UNITS, &fault), STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM span") == 0);
	assert_sound(f);
	filled_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_sound_hub_verifies_and_is_counted),
		HUB_TEST(test_changed_byte_in_an_entry_is_found),
		HUB_TEST(test_missing_entries_are_found),
		HUB_TEST(test_difference_in_any_derived_table_is_found_by_a_full_look),
		HUB_TEST(test_identity_that_is_not_the_logged_one_is_found),
		HUB_TEST(test_batch_taken_out_under_a_forged_chain_is_found),
		HUB_TEST(test_batches_in_another_order_under_a_forged_chain_are_found),
		HUB_TEST(test_enrolment_taken_out_leaves_batches_without_a_known_key),
		HUB_TEST(test_batch_of_another_device_than_its_key_is_found),
		HUB_TEST(test_more_findings_than_are_kept_are_counted),
		HUB_TEST(test_reader_can_verify),
		HUB_TEST(test_a_log_of_several_ranges_is_one_log),
		HUB_TEST(test_sums_that_are_not_those_of_the_dossiers_are_found_by_a_full_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
