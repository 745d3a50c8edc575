#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/verify.h"
#include "tests/unit/hub/courier_fixture.h"
#include "tests/unit/hub/put_back_fixture.h"

/* Batches that a hub put back from a copy is sent again, with the receipts it gave in its first life. */

enum { COUNT = 3 };

#define NEW_UNIT "code,name,level,parent\n05899,Xa moi,commune,058\n"
#define HEARD    "SELECT count(*) FROM heard WHERE unit = '05899'"

struct first_life {
	struct pc pc;
	struct bytes copy; /* of the hub before it all */
	struct bytes batches[COUNT];
	struct bytes receipts[COUNT];
	struct bytes derived; /* what then held */
};

/* A day for each batch; the second one has a record that is refused. */
static struct first_life live(struct fixture *f)
{
	struct first_life life = {.pc = enrolled_pc(f, 1, "05801")};
	life.copy = copy_hub(f);
	for (int i = 0; i < COUNT; i++) {
		char code[LIMIT_CODE];
		(void)snprintf(code, sizeof(code), "A-%d", i);
		struct change c = i == 1 ? dossier_of(code, f->now, "05901") : dossier(code, f->now + DAY);
		life.batches[i] = next_batch(f, &life.pc, &c, 1);
		struct reply *r = send_batches(f, &life.pc, &life.batches[i], 1);
		assert_int_equal(r->n_receipts, 1);
		life.receipts[i] = bytes_of(r->sealed[0]);
		life.pc.receipted++;
		reply_free(r);
		f->now += DAY;
	}
	life.derived = derived_rows(f->hub);
	put_hub_back(f, &life.copy);
	life.pc.receipted = 0; /* so that the hub says what it says now */
	f->now += DAY;
	return life;
}

static void life_free(struct first_life *life)
{
	for (int i = 0; i < COUNT; i++) {
		bytes_free(&life->batches[i]);
		bytes_free(&life->receipts[i]);
	}
	bytes_free(&life->derived);
	bytes_free(&life->copy);
	signing_key_free(life->pc.key);
}

static void assert_same_receipts(const struct first_life *life, const struct reply *r)
{
	assert_int_equal(r->n_receipts, COUNT);
	for (int i = 0; i < COUNT; i++)
		assert_true(slice_equal(r->sealed[i], bytes_slice(&life->receipts[i])));
}

static void assert_verifies(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
}

/* HB-04: their times, their verdicts, and so all that holds, are those of the first life. */
static void hb_04_what_comes_again_with_its_receipt_keeps_what_was_said(void **state)
{
	struct fixture *f = *state;
	struct first_life life = live(f);
	const struct bytes items[] = {life.receipts[0], life.batches[0],  life.receipts[1],
				      life.batches[1],  life.receipts[2], life.batches[2]};
	struct reply *r = send_batches(f, &life.pc, items, sizeof(items) / sizeof(items[0]));
	assert_same_receipts(&life, r);
	assert_derived(f->hub, &life.derived);
	assert_verifies(f);
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 3") == COUNT);
	reply_free(r);
	/* A rebuild reads the same of the log. */
	struct hub_transaction t;
	struct state again = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_rebuild(&again, f->hub->db), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&again);
	assert_derived(f->hub, &life.derived);
	life_free(&life);
}

/* Rule 2: whatever its predecessor got. */
static void hb_04_a_receipt_that_never_arrived_takes_nothing_from_the_next(void **state)
{
	struct fixture *f = *state;
	struct first_life life = live(f);
	const struct bytes items[] = {life.batches[0], life.receipts[1], life.batches[1], life.receipts[2],
				      life.batches[2]};
	struct reply *r = send_batches(f, &life.pc, items, sizeof(items) / sizeof(items[0]));
	assert_int_equal(r->n_receipts, COUNT);
	assert_true(r->receipts[0].accepted_at == f->now);
	assert_true(slice_equal(r->sealed[1], bytes_slice(&life.receipts[1])));
	assert_true(slice_equal(r->sealed[2], bytes_slice(&life.receipts[2])));
	assert_verifies(f);
	reply_free(r);
	/* What is new after them does not fall behind the first one. */
	struct bytes next = dossier_batch(f, &life.pc, "A-9");
	f->now -= MINUTE;
	r = send_batches(f, &life.pc, &next, 1);
	assert_true(r->receipts[COUNT].accepted_at == f->now + MINUTE);
	assert_verifies(f);
	bytes_free(&next);
	reply_free(r);
	life_free(&life);
}

/* While it waits for the ones before it, its receipt waits with it. */
static void hb_04_in_any_order(void **state)
{
	struct fixture *f = *state;
	struct first_life life = live(f);
	for (int i = COUNT - 1; i >= 0; i--) {
		const struct bytes items[] = {life.receipts[i], life.batches[i]};
		struct reply *r = send_batches(f, &life.pc, items, 2);
		assert_int_equal(r->n_receipts, i == 0 ? COUNT : 0);
		if (i == 0)
			assert_same_receipts(&life, r);
		reply_free(r);
	}
	assert_derived(f->hub, &life.derived);
	assert_verifies(f);
	life_free(&life);
}

/* One may wait there without its receipt, from before it had any; it comes in time behind the one before. */
static void hb_04_what_waits_without_its_receipt_gets_it_in_time(void **state)
{
	struct fixture *f = *state;
	struct first_life life = live(f);
	struct reply *r = send_batches(f, &life.pc, &life.batches[1], 1);
	assert_int_equal(r->n_receipts, 0);
	reply_free(r);
	const struct bytes items[] = {life.receipts[0], life.batches[0],  life.receipts[1],
				      life.batches[1],  life.receipts[2], life.batches[2]};
	r = send_batches(f, &life.pc, items, sizeof(items) / sizeof(items[0]));
	assert_same_receipts(&life, r);
	assert_derived(f->hub, &life.derived);
	assert_verifies(f);
	reply_free(r);
	life_free(&life);
}

/* Another batch's, another hub's, a changed one, one in the wrong place: as if there were none. */
static void hb_04_only_our_own_word_on_this_very_batch_counts(void **state)
{
	struct fixture *f = *state;
	struct first_life life = live(f);
	struct bytes changed = bytes_of(bytes_slice(&life.receipts[2]));
	changed.data[changed.len - 70] ^= 1;
	const struct bytes items[] = {life.receipts[1], life.batches[0], life.batches[1], life.receipts[1],
				      changed,          life.batches[2], life.receipts[2]};
	struct reply *r = send_batches(f, &life.pc, items, sizeof(items) / sizeof(items[0]));
	assert_int_equal(r->n_receipts, COUNT);
	for (int i = 0; i < COUNT; i++)
		assert_true(r->receipts[i].accepted_at == f->now);
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 3") == 0);
	assert_verifies(f);
	reply_free(r);
	bytes_free(&changed);
	life_free(&life);
}

/* A receipt for a batch that a device says is the one it got it for, and is not. */
static void hb_04_a_receipt_does_not_move_to_another_device(void **state)
{
	struct fixture *f = *state;
	struct first_life life = live(f);
	struct pc other = enrolled_pc(f, 2, "05802");
	struct bytes batch = dossier_batch(f, &other, "B-1");
	const struct bytes items[] = {life.receipts[0], batch};
	struct reply *r = send_batches(f, &other, items, 2);
	assert_true(r->receipts[0].accepted_at == f->now);
	reply_free(r);
	bytes_free(&batch);
	signing_key_free(other.key);
	life_free(&life);
}

/* The same by stick: a receipt is the frame before its batch. */
static void hb_04_by_stick(void **state)
{
	struct fixture *f = *state;
	struct first_life life = live(f);
	struct bytes file = bytes_new(LIMIT_COURIER);
	struct courier_start start = {.direction = COURIER_TO_HUB};
	struct courier_end end = {.frames = (uint64_t)2 * COUNT, .part = 1};
	memcpy(start.hub_id, f->hub->identity.hub_id, HUB_ID_LEN);
	memcpy(start.device, life.pc.id, DEVICE_ID_LEN);
	courier_put_start(&file, &start);
	for (int i = 0; i < COUNT; i++) {
		put_frame(f, &file, COURIER_RECEIPT, bytes_slice(&life.receipts[i]), NULL);
		put_frame(f, &file, COURIER_BATCH, bytes_slice(&life.batches[i]), NULL);
	}
	assert_int_equal(courier_put_end(&file, f->hub->identity.box_key, &end), STATUS_OK);
	struct ingested out = ingest_one(f->hub, bytes_slice(&file));
	assert_int_equal(out.status, STATUS_OK);
	assert_true(out.taken.joined == COUNT && out.refused_frames == 0);
	assert_derived(f->hub, &life.derived);
	assert_verifies(f);
	bytes_free(&file);
	life_free(&life);
}

/* A commune that came into the list since is heard of by its district again, though the list lacks it for now. */
static void hb_04_a_unit_that_is_not_in_the_list_any_more_was_heard(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct bytes copy = copy_hub(f);
	struct units_fault fault;
	assert_int_equal(import_units(f->hub, NEW_UNIT, &fault), STATUS_OK);
	struct change c = dossier_of("A-1", f->now, "05899");
	struct bytes batch = next_batch(f, &pc, &c, 1);
	struct reply *r = send_batches(f, &pc, &batch, 1);
	assert_int_equal(r->n_receipts, 1);
	struct bytes receipt = bytes_of(r->sealed[0]);
	reply_free(r);
	assert_true(number(f->hub, HEARD) == 1);
	put_hub_back(f, &copy);
	assert_true(number(f->hub, HEARD) == 0);
	const struct bytes items[] = {receipt, batch};
	reply_free(send_batches(f, &pc, items, 2));
	assert_int_equal(import_units(f->hub, NEW_UNIT, &fault), STATUS_OK);
	assert_true(number(f->hub, HEARD) == 1);
	assert_verifies(f);
	bytes_free(&batch);
	bytes_free(&receipt);
	bytes_free(&copy);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hb_04_what_comes_again_with_its_receipt_keeps_what_was_said,
						fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_a_receipt_that_never_arrived_takes_nothing_from_the_next,
						fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_in_any_order, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_what_waits_without_its_receipt_gets_it_in_time, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_only_our_own_word_on_this_very_batch_counts, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_a_receipt_does_not_move_to_another_device, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_by_stick, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_a_unit_that_is_not_in_the_list_any_more_was_heard, fixture_up,
						fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
