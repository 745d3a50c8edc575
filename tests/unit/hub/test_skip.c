#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/chain_place.h"
#include "hub/device_acts.h"
#include "hub/skip.h"
#include "hub/verify.h"
#include "tests/unit/hub/courier_fixture.h"

/* Batches 1 to COUNT of a PC; 1 has come, 4 and 5 wait, 2 and 3 are nowhere. */
enum { COUNT = 6 };
struct gapped {
	struct pc pc;
	struct bytes b[COUNT];
};

static struct gapped gapped(struct fixture *f)
{
	struct gapped g = {.pc = enrolled_pc(f, 1, "05801")};
	for (size_t i = 0; i < COUNT; i++) {
		char code[16];
		(void)snprintf(code, sizeof(code), "A-%zu", i + 1);
		g.b[i] = dossier_batch(f, &g.pc, code);
	}
	const struct bytes sent[] = {g.b[0], g.b[4], g.b[3]};
	reply_free(send_batches(f, &g.pc, sent, 3));
	return g;
}

static void gapped_free(struct gapped *g)
{
	free_all(g->b, COUNT);
	signing_key_free(g->pc.key);
}

static enum status skip_to(struct fixture *f, const struct gapped *g, uint64_t to, struct skip_report *report)
{
	return skip_lost(f->hub, g->pc.id, to, "tester", report);
}

static void assert_sound(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	struct hub_transaction t;
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, false, report), STATUS_OK);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
	struct bytes rows = derived_rows(f->hub);
	struct state state = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_rebuild(&state, f->hub->db), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&state);
	assert_derived(f->hub, &rows);
	bytes_free(&rows);
}

static void test_chain_goes_on_at_the_batch_that_waits(void **state)
{
	struct fixture *f = *state;
	struct gapped g = gapped(f);
	struct skip_report report;
	assert_int_equal(skip_to(f, &g, 4, &report), STATUS_OK);
	assert_true(report.first == 2 && report.last == 3);
	assert_true(report.taken.joined == 2 && report.taken.changes == 2);
	assert_true(number(f->hub, "SELECT have FROM chain") == 5);
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 0);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 3);
	/* A device that lacks 2 and 3 gets what there is above them. */
	g.pc.receipted = 1;
	struct reply *r = send_batches(f, &g.pc, NULL, 0);
	assert_int_equal(r->n_receipts, 2);
	assert_true(r->receipts[0].seq == 4 && r->receipts[1].seq == 5);
	assert_true(r->head.chains[0].have == 5 && r->head.n_pending == 0);
	reply_free(r);
	deliver(f, &g.pc, g.b[5]);
	g.b[5] = bytes_new(1);
	assert_true(number(f->hub, "SELECT have FROM chain") == 6);
	assert_sound(f);
	gapped_free(&g);
}

static void test_only_the_first_that_waits_can_be_gone_on_to(void **state)
{
	struct fixture *f = *state;
	struct gapped g = gapped(f);
	struct skip_report report;
	static const uint64_t wrong[] = {1, 2, 3, 5, 6, 99};
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(skip_to(f, &g, wrong[i], &report), STATUS_REFUSED);
		assert_int_equal(report.n_waiting, 2);
		assert_true(report.waiting[0] == 4 && report.waiting[1] == 5);
	}
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	sql(f, "UPDATE device SET held = 1");
	reopen_hub(f);
	assert_int_equal(skip_to(f, &g, 4, &report), STATUS_FORK);
	sql(f, "UPDATE device SET held = 0; DELETE FROM pending");
	reopen_hub(f);
	assert_int_equal(skip_to(f, &g, 4, &report), STATUS_EMPTY);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	gapped_free(&g);
}

/* In whichever order the lost ones come after all, they join, and nothing else moves. */
static void assert_late(struct fixture *f, size_t first, size_t second)
{
	struct gapped g = gapped(f);
	struct skip_report report;
	assert_int_equal(skip_to(f, &g, 4, &report), STATUS_OK);
	f->now -= MINUTE; /* a hub clock that was set back */
	const size_t order[] = {first, second};
	uint8_t end[HASH_LEN];
	hash_bytes(bytes_slice(&g.b[4]), end);
	for (size_t i = 0; i < 2; i++) {
		g.pc.receipted = 1;
		struct reply *r = send_batches(f, &g.pc, &g.b[order[i] - 1], 1);
		assert_int_equal(r->n_receipts, 3 + i);
		assert_true(r->head.chains[0].have == 5);
		assert_memory_equal(r->head.chains[0].hash, end, HASH_LEN);
		for (size_t k = 1; k < r->n_receipts; k++)
			assert_true(r->receipts[k].seq > r->receipts[k - 1].seq);
		reply_free(r);
	}
	struct ingested again = ingest_batches(f, &g.pc, g.b, 5);
	assert_true(again.taken.known == 5 && again.status == STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 5);
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 0);
	assert_true(number(f->hub, "SELECT have FROM chain") == 5);
	assert_sound(f);
	gapped_free(&g);
}

static void test_lost_batches_that_come_after_all_join_late(void **state)
{
	assert_late(*state, 2, 3);
}

static void test_lost_batches_join_late_in_the_other_order_too(void **state)
{
	assert_late(*state, 3, 2);
}

/* What does not fit between its neighbours is no lost batch but another one under its number. */
static void test_late_batch_that_does_not_fit_is_evidence(void **state)
{
	struct fixture *f = *state;
	struct gapped g = gapped(f);
	struct skip_report report;
	struct pc clone = g.pc;
	clone.seq = 1;
	hash_bytes(bytes_slice(&g.b[0]), clone.prev);
	struct bytes fork[] = {dossier_batch(f, &clone, "X-2"), dossier_batch(f, &clone, "X-3")};
	assert_int_equal(skip_to(f, &g, 4, &report), STATUS_OK);
	/* 4 names another 3. */
	reply_free(send_batches(f, &g.pc, &fork[1], 1));
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 1);
	assert_int_equal(device_release(f->hub, g.pc.id, "tester"), STATUS_OK);
	/* 3 is there and names another 2. */
	reply_free(send_batches(f, &g.pc, &g.b[2], 1));
	reply_free(send_batches(f, &g.pc, &fork[0], 1));
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 2);
	assert_int_equal(device_release(f->hub, g.pc.id, "tester"), STATUS_OK);
	/* One that does not name the one before it. */
	clone.seq = 1;
	memset(clone.prev, 9, HASH_LEN);
	struct bytes stray = dossier_batch(f, &clone, "Y-2");
	reply_free(send_batches(f, &g.pc, &stray, 1));
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 3);
	assert_int_equal(device_release(f->hub, g.pc.id, "tester"), STATUS_OK);
	reply_free(send_batches(f, &g.pc, &g.b[1], 1));
	assert_true(number(f->hub, "SELECT count(*) FROM batch") == 5);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE code LIKE 'A-%'") == 5);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 5);
	assert_sound(f);
	free_all(fork, 2);
	bytes_free(&stray);
	gapped_free(&g);
}

static void test_a_chain_whose_beginning_is_lost_goes_on_as_well(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc old = pc;
	struct skip_report report;
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	pc.incarnation = (struct incarnation){.ordinal = 2, .bits = 7};
	pc.seq = 0;
	struct bytes lost = dossier_batch(f, &pc, "A-2");
	deliver(f, &pc, dossier_batch(f, &pc, "A-3"));
	/* The older incarnation has something waiting too; the newest is meant. */
	old.seq = 7;
	deliver(f, &old, dossier_batch(f, &old, "A-9"));
	assert_int_equal(skip_lost(f->hub, pc.id, 2, "tester", &report), STATUS_OK);
	assert_true(report.first == 1 && report.last == 1 && report.incarnation.ordinal == 2);
	assert_true(number(f->hub, "SELECT have FROM chain WHERE ordinal = 2") == 2);
	assert_true(number(f->hub, "SELECT have FROM chain WHERE ordinal = 1") == 1);
	assert_sound(f);
	reply_free(send_batches(f, &pc, &lost, 1));
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 3);
	assert_sound(f);
	bytes_free(&lost);
	signing_key_free(pc.key);
}

/* A verifier sees a late batch that nobody gave up, and one that does not fit. */
static void test_verify_knows_what_was_given_up(void **state)
{
	struct fixture *f = *state;
	struct gapped g = gapped(f);
	struct skip_report report;
	struct verify_report *found = calloc(1, sizeof(*found));
	assert_non_null(found);
	assert_int_equal(skip_to(f, &g, 4, &report), STATUS_OK);
	assert_sound(f);
	sql(f, "UPDATE skipped SET last = 2");
	assert_int_equal(verify_run(f->hub, true, found), STATUS_DIFFERENT);
	assert_int_equal(found->findings[0].kind, FINDING_STATE);
	free(found);
	gapped_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_chain_goes_on_at_the_batch_that_waits),
		HUB_TEST(test_only_the_first_that_waits_can_be_gone_on_to),
		HUB_TEST(test_lost_batches_that_come_after_all_join_late),
		HUB_TEST(test_lost_batches_join_late_in_the_other_order_too),
		HUB_TEST(test_late_batch_that_does_not_fit_is_evidence),
		HUB_TEST(test_a_chain_whose_beginning_is_lost_goes_on_as_well),
		HUB_TEST(test_verify_knows_what_was_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
