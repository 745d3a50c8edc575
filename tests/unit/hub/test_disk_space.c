#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/disk_space.h"
#include "hub/verify.h"
#include "tests/unit/hub/courier_fixture.h"

/* As if the disk were full: no disk has as much room as is to be left. */
static void fill_disk(struct fixture *f)
{
	f->hub->disk_reserve = INT64_MAX;
}

static void assert_verifies(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
}

/* HB-09: what is new is refused whole; what asks only, and what an operator does, goes on. */
static void hb_09_without_room_only_batches_are_refused(void **state)
{
	struct fixture *f = *state;
	int64_t left = 0;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batches[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2"),
				  dossier_batch(f, &pc, "A-3")};
	struct reply *r = send_batches(f, &pc, batches, 1);
	reply_free(r);
	assert_int_equal(disk_space(f->dir, &left), STATUS_OK);
	assert_true(left > 0 && left < INT64_MAX);
	fill_disk(f);
	assert_int_equal(refusal(f, &pc, batches, 2), STATUS_DISK_FULL);     /* one of them new */
	assert_int_equal(refusal(f, &pc, batches + 2, 1), STATUS_DISK_FULL); /* one that would wait */
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 0);
	r = send_batches(f, &pc, batches, 1); /* known: its receipt is given again */
	assert_true(r->n_receipts == 1 && r->head.chains[0].have == 1);
	reply_free(r);
	invite(f->hub, "05802", true);
	struct bytes file = courier_file(f, &pc, NULL, batches + 1, 2, NULL);
	struct ingest *run = ingest_new(f->hub);
	struct ingested out;
	assert_int_equal(ingest_bytes(run, bytes_slice(&file), &out), STATUS_DISK_FULL);
	assert_true(out.taken.joined == 0);
	ingest_free(run);
	assert_verifies(f);
	/* Once there is room nothing more is to be done. */
	f->hub->disk_reserve = 1;
	r = send_batches(f, &pc, batches, 3);
	assert_true(r->head.chains[0].have == 3);
	reply_free(r);
	assert_verifies(f);
	bytes_free(&file);
	free_all(batches, 3);
	signing_key_free(pc.key);
}

static void hb_09_a_disk_that_does_not_say_has_room(void **state)
{
	struct fixture *f = *state;
	char *dir = f->hub->dir;
	int64_t left = 0;
	fill_disk(f);
	f->hub->dir = (char[]){"/nowhere/at/all"};
	assert_false(disk_is_short(f->hub));
	f->hub->dir = dir;
	assert_true(disk_is_short(f->hub));
	f->hub->disk_reserve = 0;
	assert_false(disk_is_short(f->hub));
	assert_int_equal(disk_space("/nowhere/at/all", &left), STATUS_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hb_09_without_room_only_batches_are_refused, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(hb_09_a_disk_that_does_not_say_has_room, fixture_up, fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
