/*
 * Whichever allocation of ours fails while a period is closed, or looked at again, the status says so, nothing is
 * half kept, nothing leaks, and the same works a moment later.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/close.h"
#include "hub/closing_notes.h"
#include "hub/verify.h"
#include "tests/support/failing_memory.h"
#include "tests/unit/hub/hub_fixture.h"

enum { TRIES_MAX = 5000 };

static const struct period FEBRUARY = {.from = START_DAY - 29, .to = START_DAY - 1};
static const struct period MARCH = {.from = START_DAY, .to = START_DAY + 1};

/*
 * Fails one allocation after the other until the work is done without any; what it did then stands. Work that
 * checks its own results may do without some: a rule is looked for in several places.
 */
static void try_all(struct fixture *f, enum status (*work)(struct fixture *f), bool checks)
{
	long failed = 0;
	for (long n = 1; n < TRIES_MAX; n += 1 + n / 40) { /* the later, the rarer */
		int64_t entries = number(f->hub, "SELECT count(*) FROM log");
		countdown = n;
		enum status s = work(f);
		bool reached = countdown == 0;
		countdown = 0;
		if (!reached) {
			assert_int_equal(s, STATUS_OK);
			assert_true(failed > 10);
			return;
		}
		failed++;
		/* Once it is committed, what acts.log lacks is written with the next act. */
		if (s == STATUS_OK && number(f->hub, "SELECT count(*) FROM log") == entries + 1)
			return;
		assert_true(s == STATUS_NO_MEMORY || (s == STATUS_OK && checks));
		assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	}
	fail_msg("allocations without end");
}

static enum status close_february(struct fixture *f)
{
	struct closing closing = {0};
	struct close_plan plan = {.period = FEBRUARY, .rule = &COUNT_FORM06};
	enum status s = close_period(f->hub, "tester", &plan, &closing);
	closing_clear(&closing);
	/* A hub that could not read its registry anew does so with its next transaction. */
	return s;
}

static enum status look_at_february(struct fixture *f)
{
	struct closing_ref ref = {.period = FEBRUARY, .rule = "form06", .revision = 1};
	struct periods_query query = {.data = f->dir};
	struct period_state state;
	enum status s = period_state_read(f->hub, &ref, &query, &state);
	if (s == STATUS_OK) {
		s = period_state_correct(f->hub, &state, NULL, NULL);
		if (s == STATUS_OK) {
			assert_true(state.causes[CORRECTION_LATE].dossiers == 1);
			assert_true(state.causes[CORRECTION_JOINED].dossiers == 1);
			assert_true(state.now.cells.received == 2 && corrections_none(&state.unexplained));
		}
		period_state_clear(&state);
	}
	database_rollback(f->hub->db);
	return s;
}

static enum status fold_february(struct fixture *f)
{
	struct closing closing;
	struct as_known known;
	struct as_known_missing missing;
	enum status s = closing_find(f->hub->db, FEBRUARY, "form06", &closing);
	if (s != STATUS_OK)
		return s;
	s = as_known_closing(f->hub, &closing, &known, &missing);
	if (s == STATUS_OK)
		as_known_clear(&known);
	database_rollback(f->hub->db);
	closing_clear(&closing);
	return s;
}

static enum status count_march(struct fixture *f)
{
	struct totals totals = {0};
	struct closing_notes notes = {0};
	struct totals_query query = {.period = MARCH,
				     .today = START_DAY + 1,
				     .unit = registry_province(f->hub->registry),
				     .by = TOTALS_BY_LEVEL_AND_DOMAIN,
				     .rule = &COUNT_FORM06};
	enum status s = database_snapshot(f->hub->db);
	if (s == STATUS_OK)
		s = closing_notes_explain(f->hub, &query, f->dir, &notes);
	if (s == STATUS_OK)
		s = totals_compute(f->hub->db, f->hub->registry, &query, &totals);
	if (s == STATUS_OK)
		s = closing_notes_read(f->hub->db, f->hub->registry, &totals, &notes);
	if (s == STATUS_OK) {
		assert_true(notes.follows && notes.explained && totals.total.cells.carried_in == 2);
		assert_true(notes.carried.total.cells.carried_in == 2);
	}
	database_rollback(f->hub->db);
	closing_notes_clear(&notes);
	totals_clear(&totals);
	return s;
}

static enum status verify_all(struct fixture *f)
{
	struct verify_report report;
	return verify_run(f->hub, true, &report);
}

static void test_nothing_is_half_kept_without_memory(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change early[] = {dossier_of("A-1", START - 3 * DAY, "05801"), dossier("L-1", START - DAY)};
	change_set_text(&early[0], FIELD_DOMAIN, slice_str("Ho tich"));
	deliver(f, &pc, next_batch(f, &pc, early, 2));
	try_all(f, close_february, false);
	struct change late[] = {dossier_of("A-2", START - 2 * DAY, "05801"), dossier("L-1", START - DAY + MINUTE)};
	change_set_text(&late[1], FIELD_REPLACED_BY, slice_str("A-1"));
	deliver(f, &pc, next_batch(f, &pc, late, 2));
	f->now += DAY;
	try_all(f, look_at_february, true);
	try_all(f, fold_february, false);
	try_all(f, count_march, true);
	try_all(f, verify_all, false);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {HUB_TEST(test_nothing_is_half_kept_without_memory)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
