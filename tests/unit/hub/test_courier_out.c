#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/courier_out.h"
#include "tests/unit/hub/courier_fixture.h"

/* What a device finds in a file; everything in it must open and verify. */
struct received {
	struct head head;
	struct courier_end end;
	size_t n;
	struct receipt receipts[RECEIPTS_MAX];
};

static void take_frame(const struct fixture *f, const struct courier_frame *frame, bool first, struct received *r)
{
	const struct identity *hub = &f->hub->identity;
	assert_int_equal(frame->kind, first ? COURIER_HEAD : COURIER_RECEIPT);
	if (first) {
		assert_int_equal(head_open(frame->content, hub->hub_id, hub->sign_key, &r->head), STATUS_OK);
		return;
	}
	struct receipt *receipt = &r->receipts[r->n++];
	assert_int_equal(receipt_open(frame->content, hub->hub_id, hub->sign_key, receipt), STATUS_OK);
	receipt->verdicts = (struct slice){0};
}

static struct received read_file(const struct fixture *f, const struct pc *pc, const char *path, unsigned part)
{
	struct received r = {0};
	struct courier_start start;
	struct courier_frame frame;
	struct bytes file = bytes_new(LIMIT_COURIER);
	char *numbered = path_numbered(path, part);
	assert_int_equal(file_read(numbered, &file), STATUS_OK);
	free(numbered);
	assert_int_equal(courier_start_read(bytes_slice(&file), &start), STATUS_OK);
	assert_int_equal(start.direction, COURIER_TO_DEVICE);
	assert_memory_equal(start.device, pc->id, DEVICE_ID_LEN);
	assert_memory_equal(start.hub_id, f->hub->identity.hub_id, HUB_ID_LEN);
	struct box_key *key = box_key_new(pc->box_seed);
	struct courier_reader reader = courier_reader_new(bytes_slice(&file), key);
	for (bool first = true; courier_next(&reader, &frame) == STATUS_OK; first = false)
		take_frame(f, &frame, first, &r);
	assert_true(courier_is_whole(&reader));
	assert_true(reader.end.part == part);
	r.end = reader.end;
	courier_reader_free(&reader);
	box_key_free(key);
	bytes_free(&file);
	assert_memory_equal(r.head.device, pc->id, DEVICE_ID_LEN);
	return r;
}

static enum status write_out(struct fixture *f, const uint8_t *device, const char *path, size_t limit,
			     struct receipts_done *done)
{
	struct receipts_plan plan = {.path = path, .file_limit = limit};
	memcpy(plan.device, device, DEVICE_ID_LEN);
	return courier_write_receipts(f->hub, &plan, done);
}

static struct received written(struct fixture *f, const struct pc *pc)
{
	struct receipts_done done;
	char *path = path_join(f->dir, "out.mcs");
	assert_int_equal(write_out(f, pc->id, path, 0, &done), STATUS_OK);
	assert_int_equal(done.files, 1);
	struct received r = read_file(f, pc, path, 1);
	assert_true(done.receipts == (int64_t)r.n);
	assert_false(r.end.more);
	free(path);
	return r;
}

static void test_a_device_never_seen_gets_every_receipt(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	static const uint8_t zeros[NONCE_LEN];
	struct bytes b[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2"),
			    dossier_batch(f, &pc, "A-3")};
	struct received r = written(f, &pc); /* nothing came yet */
	assert_true(r.n == 0 && r.head.n_chains == 0);
	uint64_t counter = r.head.counter;
	(void)ingest_batches(f, &pc, b, 3);
	r = written(f, &pc);
	assert_int_equal(r.n, 3);
	for (size_t i = 0; i < 3; i++) {
		uint8_t hash[HASH_LEN];
		hash_bytes(bytes_slice(&b[i]), hash);
		assert_memory_equal(r.receipts[i].hash, hash, HASH_LEN);
		assert_true(r.receipts[i].seq == i + 1 && r.receipts[i].accepted_at == f->now);
	}
	assert_memory_equal(r.head.nonce, zeros, NONCE_LEN);
	assert_true(r.head.counter > counter && r.head.chains[0].have == 3);
	free_all(b, 3);
	signing_key_free(pc.key);
}

static void test_only_what_the_last_request_lacked_is_written(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc old = pc;
	for (int i = 0; i < 3; i++)
		deliver(f, &pc, next_batch(f, &pc, NULL, 0));
	pc.receipted = 2;
	reply_free(send_batches(f, &pc, NULL, 0));
	struct received r = written(f, &pc);
	assert_int_equal(r.n, 1);
	assert_true(r.receipts[0].seq == 3);
	/* A request from a stick says it as well; an incarnation it does not name gets all. */
	pc.incarnation.ordinal = 2;
	pc.seq = 0;
	pc.receipted = 0;
	struct bytes fresh = dossier_batch(f, &pc, "A-1");
	old.receipted = 3;
	struct request request = request_of(f, &old);
	struct bytes file = courier_file(f, &old, &request, &fresh, 1, NULL);
	assert_int_equal(ingest_one(f->hub, bytes_slice(&file)).status, STATUS_OK);
	r = written(f, &pc);
	assert_int_equal(r.n, 1);
	assert_true(r.receipts[0].incarnation.ordinal == 2);
	bytes_free(&file);
	bytes_free(&fresh);
	signing_key_free(pc.key);
}

static void test_what_does_not_fit_goes_into_files_that_stand_alone(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct receipts_done done;
	char *path = path_join(f->dir, "out.mcs");
	enum { COUNT = 40, SMALL = 4000 };
	for (int i = 0; i < COUNT / 2; i++)
		deliver(f, &pc, next_batch(f, &pc, NULL, 0));
	pc.incarnation.ordinal = 2;
	pc.seq = 0;
	for (int i = 0; i < COUNT / 2; i++)
		deliver(f, &pc, next_batch(f, &pc, NULL, 0));
	assert_int_equal(write_out(f, pc.id, path, SMALL, &done), STATUS_OK);
	assert_true(done.files > 2 && done.receipts == COUNT);
	uint64_t counter = 0;
	uint64_t expected = 0;
	for (unsigned part = 1; part <= done.files; part++) {
		struct received r = read_file(f, &pc, path, part);
		assert_true(r.end.more == (part < done.files));
		assert_true(r.head.counter > counter);
		counter = r.head.counter;
		for (size_t i = 0; i < r.n; i++, expected++) {
			assert_true(r.receipts[i].seq == expected % (COUNT / 2) + 1);
			assert_true(r.receipts[i].incarnation.ordinal == expected / (COUNT / 2) + 1);
		}
	}
	assert_true(expected == COUNT);
	assert_int_equal(write_out(f, pc.id, path, 600, &done), STATUS_LIMIT);
	free(path);
	signing_key_free(pc.key);
}

static void test_only_devices_that_may_send_get_receipts(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc stranger = pc_new(9);
	struct receipts_done done;
	char *path = path_join(f->dir, "out.mcs");
	assert_int_equal(write_out(f, stranger.id, path, 0, &done), STATUS_UNKNOWN_DEVICE);
	sql(f, "UPDATE device SET state = 2");
	reopen_hub(f);
	assert_int_equal(write_out(f, pc.id, path, 0, &done), STATUS_WAITING_DEVICE);
	sql(f, "UPDATE device SET state = 4");
	reopen_hub(f);
	assert_int_equal(write_out(f, pc.id, path, 0, &done), STATUS_SUSPENDED);
	assert_false(path_exists(path));
	free(path);
	signing_key_free(pc.key);
	signing_key_free(stranger.key);
}

static void test_a_folder_that_is_not_there_is_told(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct receipts_done done;
	char *path = path_join(f->dir, "none/out.mcs");
	assert_int_not_equal(write_out(f, pc.id, path, 0, &done), STATUS_OK);
	assert_int_equal(done.files, 0);
	free(path);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_a_device_never_seen_gets_every_receipt),
		HUB_TEST(test_only_what_the_last_request_lacked_is_written),
		HUB_TEST(test_what_does_not_fit_goes_into_files_that_stand_alone),
		HUB_TEST(test_only_devices_that_may_send_get_receipts),
		HUB_TEST(test_a_folder_that_is_not_there_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
