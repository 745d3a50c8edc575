#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/conflicts.h"
#include "hub/device_acts.h"
#include "hub/retry.h"
#include "tests/unit/hub/hub_fixture.h"
#include "tests/unit/hub/compare_fixture.h"

static void rebuild(struct fixture *f)
{
	struct hub_transaction t;
	struct state state = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_rebuild(&state, f->hub->db), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&state);
}

static void send(struct fixture *f, struct pc *pc, const char *code, const char *unit)
{
	struct change c = unit == NULL ? dossier(code, f->now) : dossier_of(code, f->now, unit);
	deliver(f, pc, next_batch(f, pc, &c, 1));
}

/* Each as one does it who knows SQL, and nothing else is named; a rebuild from the log mends all of it. */
static void id_26_each_edited_record_is_named_and_no_other(void **state)
{
	static const struct {
		const char *sql;
		const char *expected;
	} edits[] = {
		{"UPDATE dossier SET received = received + 1 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET unit = '05901' WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET channel = 2 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET procedure = 'x' WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET domain = 'x' WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET status = 9 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET status_at = 7 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET submitted = 7 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET received = NULL WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET finished = 7 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET returned = 7 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET due = 7 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET paid = 3 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET rating = 5 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET flags = 16 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET history = x'00' WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET unit_day = 7 WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"UPDATE dossier SET units = x'80' WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"DELETE FROM dossier WHERE code = 'A-2'", "A-1 A-2! A-3"},
		{"DELETE FROM thing WHERE key = 'A-2'", "A-1 A-2! A-3"}, /* counted, and nobody's word */
		{"DELETE FROM thing WHERE key = 'A-2'; DELETE FROM dossier WHERE code = 'A-2'", "A-1 A-3"},
		{"UPDATE thing SET writes = CAST(x'8400' || substr(writes, 3) AS BLOB) WHERE key = 'A-2';"
		 " DELETE FROM dossier WHERE code = 'A-2'",
		 "A-1 A-3"},
		{"INSERT INTO thing SELECT kind, 'A-9', writes FROM thing WHERE key = 'A-2'", "A-1 A-2 A-3 A-9!"},
		{"INSERT INTO dossier SELECT 'A-9', unit, procedure, domain, channel, status, status_at, submitted,"
		 " received, finished, returned, due, paid, rating, flags, history, unit_day, units FROM dossier "
		 "WHERE code = 'A-2'",
		 "A-1 A-2 A-3 A-9!"},
		/* Nothing a device can have said: it must not spoil the answer either. */
		{"INSERT INTO thing SELECT 9, key, writes FROM thing WHERE key = 'A-2';"
		 "INSERT INTO thing SELECT kind, CAST(zeroblob(200) AS TEXT), writes FROM thing WHERE key = 'A-2';"
		 "INSERT INTO thing SELECT kind, CAST(x'c328' AS TEXT), writes FROM thing WHERE key = 'A-1'",
		 "A-1 A-2 A-3"},
		/* What is counted elsewhere, or in another month, is nothing to this computer. */
		{"INSERT INTO dossier SELECT 'A-9', '05901', procedure, domain, channel, status, status_at, "
		 "submitted,"
		 " received, finished, returned, due, paid, rating, flags, history, unit_day, units FROM dossier "
		 "WHERE code = 'A-2'",
		 "A-1 A-2 A-3"},
		{"INSERT INTO dossier SELECT 'A-9', unit, procedure, domain, channel, status, status_at, submitted,"
		 " received - 99, finished, returned, due, paid, rating, flags, history, unit_day, units FROM "
		 "dossier WHERE code = "
		 "'A-2'",
		 "A-1 A-2 A-3"},
	};
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	char right[DIGEST_CODE_TEXT];
	char now[DIGEST_CODE_TEXT];
	send(f, &pc, "A-1", NULL);
	send(f, &pc, "A-2", "05801");
	send(f, &pc, "A-3", NULL);
	assert_has(f, &pc, "A-1 A-2 A-3");
	code_of(f, &pc, right);
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		sql(f, edits[i].sql);
		assert_has(f, &pc, edits[i].expected);
		code_of(f, &pc, now);
		assert_int_equal(strcmp(now, right) == 0, strcmp(edits[i].expected, "A-1 A-2 A-3") == 0);
		rebuild(f);
		code_of(f, &pc, now);
		assert_string_equal(now, right);
	}
	signing_key_free(pc.key);
}

static void test_other_months_and_devices_are_left_out(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "058");
	send(f, &pc, "A-1", NULL);
	send(f, &other, "B-1", NULL);
	struct change old = dossier("A-0", f->now);
	change_set_number(&old, FIELD_RECEIVED_AT, f->now - 40 * DAY);
	deliver(f, &pc, next_batch(f, &pc, &old, 1));
	assert_has(f, &pc, "A-1");
	assert_has(f, &other, "B-1");
	signing_key_free(other.key);
	signing_key_free(pc.key);
}

/* A device above changes a field: the line stays what it was, and the change is told apart. */
static void test_another_devices_word_is_told_apart(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc above = enrolled_pc(f, 2, "058");
	char before[DIGEST_CODE_TEXT];
	char after[DIGEST_CODE_TEXT];
	send(f, &pc, "A-1", "05801");
	send(f, &pc, "A-2", "05801");
	code_of(f, &pc, before);
	f->now += DAY;
	struct change c = change_new(KIND_DOSSIER);
	c.key = slice_str("A-2");
	c.time_stated = true;
	c.changed_at = f->now;
	change_set_number(&c, FIELD_FEE, 5000);
	deliver(f, &above, next_batch(f, &above, &c, 1));
	struct compare_view *view = scan(f, &pc);
	assert_lines(view, "A-1 A-2");
	assert_int_equal(view->n_others, 1);
	assert_true(slice_equal(view->others[0].key, slice_str("A-2")));
	assert_true(view->others[0].fields == UINT64_C(1) << FIELD_FEE);
	(void)compare_code(view, MARCH, after);
	assert_string_equal(after, before);
	compare_view_free(view);
	signing_key_free(above.key);
	signing_key_free(pc.key);
}

static void test_up_to_a_batch(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	send(f, &pc, "A-1", NULL);
	send(f, &pc, "A-2", NULL);
	struct compare_view *view = scan_up_to(f, &pc, 1);
	assert_lines(view, "A-1");
	assert_int_equal(view->n_chains, 1);
	assert_int_equal(view->chains[0].have, 1);
	compare_view_free(view);
	view = scan(f, &pc);
	assert_lines(view, "A-1 A-2");
	assert_int_equal(view->chains[0].have, 2);
	compare_view_free(view);
	signing_key_free(pc.key);
}

/* A record that was refused and taken later is not part of what the device knows to be taken. */
static void test_what_was_refused_stays_out_when_it_is_taken_later(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	struct retry_count count;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change changes[] = {dossier_of("A-0", f->now, "05801"), dossier_of("A-1", f->now, "05809"),
				   dossier_of("A-2", f->now, "05802")};
	char before[DIGEST_CODE_TEXT];
	char after[DIGEST_CODE_TEXT];
	deliver(f, &pc, next_batch(f, &pc, changes, 3));
	assert_has(f, &pc, "A-0 A-2");
	code_of(f, &pc, before);
	assert_int_equal(import_units(f->hub, "code,name,level,parent\n05809,Xa A9,commune,058\n", &fault),
			 STATUS_OK);
	assert_int_equal(retry_run(f->hub, "tester", &count), STATUS_OK);
	assert_true(count.taken == 1);
	assert_true(number(f->hub, "SELECT count(*) FROM thing WHERE key = 'A-1'") == 1);
	assert_has(f, &pc, "A-0 A-2");
	code_of(f, &pc, after);
	assert_string_equal(after, before);
	signing_key_free(pc.key);
}

/* Joined and split dossiers are counted by other rows than their own: no false alarm, and a true one. */
static void test_joined_and_split_dossiers_agree(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "05901");
	send(f, &pc, "L-1-1-240301-1", "05801");
	f->now += MINUTE;
	struct change join = change_new(KIND_DOSSIER);
	join.key = slice_str("L-1-1-240301-1");
	join.time_stated = true;
	join.changed_at = f->now;
	change_set_text(&join, FIELD_REPLACED_BY, slice_str("H-1"));
	deliver(f, &pc, next_batch(f, &pc, &join, 1));
	send(f, &pc, "H-2", "05801");
	send(f, &other, "H-2", "05901");
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code = 'H-1'") == 1);
	assert_int_equal(conflicts_split(f->hub, "H-2", other.id, "tester"), STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code LIKE 'H-2@%'") == 1);
	assert_has(f, &pc, "H-2 L-1-1-240301-1");
	assert_has(f, &other, "H-2");
	sql(f, "UPDATE dossier SET rating = 5 WHERE code = 'H-1'");
	assert_has(f, &pc, "H-2 L-1-1-240301-1!");
	signing_key_free(other.key);
	signing_key_free(pc.key);
}

/* What nobody wrote is told once: the answer of a computer that came back was one that nobody could read. */
static void test_a_computer_that_came_back_to_its_commune(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	send(f, &pc, "A-1", "05801");
	assert_int_equal(device_assign(f->hub, pc.id, "05802", START_DAY + 1, "tester"), STATUS_OK);
	assert_int_equal(device_assign(f->hub, pc.id, "05801", START_DAY + 2, "tester"), STATUS_OK);
	sql(f, "INSERT INTO dossier SELECT 'A-9', unit, procedure, domain, channel, status, status_at, submitted,"
	       " received, finished, returned, due, paid, rating, flags, history, unit_day, units FROM dossier"
	       " WHERE code = 'A-1'");
	assert_has(f, &pc, "A-1 A-9!");
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(id_26_each_edited_record_is_named_and_no_other),
		HUB_TEST(test_other_months_and_devices_are_left_out),
		HUB_TEST(test_another_devices_word_is_told_apart),
		HUB_TEST(test_up_to_a_batch),
		HUB_TEST(test_what_was_refused_stays_out_when_it_is_taken_later),
		HUB_TEST(test_joined_and_split_dossiers_agree),
		HUB_TEST(test_a_computer_that_came_back_to_its_commune),
	};
	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
