#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include "hub/device_acts.h"
#include "tests/unit/hub/courier_fixture.h"

static void assert_counts(const struct ingested *r, int64_t joined, int64_t known, int64_t waiting)
{
	assert_true(r->taken.joined == joined);
	assert_true(r->taken.known == known);
	assert_true(r->taken.waiting == waiting);
}

static void test_a_whole_file_is_taken_and_counted(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct change changes[] = {dossier("A-2", f->now), dossier_of("A-3", f->now, "05901")};
	struct bytes batches[] = {dossier_batch(f, &pc, "A-1"), next_batch(f, &pc, changes, 2),
				  unreadable_batch(f, &pc)};
	struct ingested r = ingest_batches(f, &pc, batches, 3);
	assert_counts(&r, 3, 0, 0);
	assert_true(r.taken.changes == 4);
	assert_true(r.taken.refused == 2); /* one of another unit, one that cannot be read */
	assert_int_equal(r.status, STATUS_OK);
	assert_int_equal(r.fault, INGEST_NO_FAULT);
	assert_true(r.has_device && memcmp(r.device, pc.id, DEVICE_ID_LEN) == 0);
	assert_true(r.damaged == 0 && r.missing == 0 && r.part == 1 && !r.more);
	assert_true(number(f->hub, "SELECT have FROM chain") == 3);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE unit = '05801'") == 2);
	free_all(batches, 3);
	signing_key_free(pc.key);
}

/* NW-15: one batch over both roads, each twice: one entry, one receipt. */
static void nw_15_what_came_over_the_line_comes_by_stick_as_well(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batches[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2"),
				  dossier_batch(f, &pc, "A-3")};
	struct reply *first = send_batches(f, &pc, batches, 2);
	f->now += MINUTE;
	struct ingested r = ingest_batches(f, &pc, batches, 3);
	assert_counts(&r, 1, 2, 0);
	struct bytes rows = derived_rows(f->hub);
	r = ingest_batches(f, &pc, batches, 3);
	assert_counts(&r, 0, 3, 0);
	assert_int_equal(r.status, STATUS_OK);
	f->now += MINUTE;
	struct reply *again = send_batches(f, &pc, batches, 3);
	assert_int_equal(again->n_receipts, 3);
	for (size_t i = 0; i < first->n_receipts; i++)
		assert_true(slice_equal(first->sealed[i], again->sealed[i]));
	assert_true(again->receipts[2].accepted_at == START + MINUTE);
	assert_derived(f->hub, &rows);
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 1") == 3);
	reply_free(first);
	reply_free(again);
	bytes_free(&rows);
	free_all(batches, 3);
	signing_key_free(pc.key);
}

/* NW-16: the stick overtakes the line; the head names what waits. */
static void nw_16_a_file_that_overtakes_the_line_waits_and_is_named(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes b[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2"),
			    dossier_batch(f, &pc, "A-3"), dossier_batch(f, &pc, "A-4")};
	struct bytes late[] = {b[3], b[2]};
	struct ingest *run = ingest_new(f->hub);
	struct ingested r;
	int64_t waiting = -1;
	struct bytes file = courier_file(f, &pc, NULL, late, 2, NULL);
	assert_int_equal(ingest_bytes(run, bytes_slice(&file), &r), STATUS_OK);
	assert_counts(&r, 0, 0, 2);
	assert_int_equal(r.status, STATUS_OK);
	assert_int_equal(ingest_waiting(run, &waiting), STATUS_OK);
	assert_true(waiting == 2);
	bytes_free(&file);
	struct reply *reply = send_batches(f, &pc, b, 1);
	assert_true(reply->head.chains[0].have == 1);
	assert_int_equal(reply->head.n_pending, 2);
	assert_true(reply->head.pending[0].seq == 3 && reply->head.pending[1].seq == 4);
	assert_int_equal(reply->n_receipts, 1);
	reply_free(reply);
	/* Again the same: it waits already. Then the one that was missing. */
	r = ingest_batches(f, &pc, late, 2);
	assert_counts(&r, 0, 2, 0);
	r = ingest_batches(f, &pc, &b[1], 1);
	assert_counts(&r, 3, 0, 0);
	assert_true(r.taken.changes == 3);
	assert_int_equal(ingest_waiting(run, &waiting), STATUS_OK);
	assert_true(waiting == 0);
	assert_true(number(f->hub, "SELECT have FROM chain") == 4);
	ingest_free(run);
	free_all(b, 4);
	signing_key_free(pc.key);
}

/* More than a transaction holds; a serving hub writes between two of them. */
static void test_a_long_file_is_taken_in_groups_beside_another_writer(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "05802");
	enum { COUNT = 150 };
	struct bytes batches[COUNT];
	for (size_t i = 0; i < COUNT; i++)
		batches[i] = next_batch(f, &pc, NULL, 0);
	struct hub *second = open_hub(f);
	struct bytes own = dossier_batch(f, &other, "B-1");
	struct reply *reply = send_through(f, second, &other, &own, 1);
	struct bytes file = courier_file(f, &pc, NULL, batches, COUNT, NULL);
	struct ingested r = ingest_one(f->hub, bytes_slice(&file));
	assert_counts(&r, COUNT, 0, 0);
	reply_free(reply);
	reply = send_through(f, second, &other, &own, 1);
	assert_true(reply->n_receipts == 1);
	assert_true(number(second, "SELECT max(n) FROM log") == number(f->hub, "SELECT count(*) FROM log"));
	reply_free(reply);
	hub_close(second);
	bytes_free(&own);
	bytes_free(&file);
	free_all(batches, COUNT);
	signing_key_free(pc.key);
	signing_key_free(other.key);
}

/* A broken byte costs its own frame alone. */
static void test_every_frame_but_the_damaged_one_is_taken(void **state)
{
	struct fixture *f = *state;
	struct courier_map map;
	struct pc pc = enrolled_pc(f, 1, "05801");
	enum { COUNT = 6 };
	struct bytes b[COUNT];
	for (size_t i = 0; i < COUNT; i++)
		b[i] = dossier_batch(f, &pc, "A-1");
	struct bytes file = courier_file(f, &pc, NULL, b, COUNT, &map);
	static const size_t offsets[] = {0, 9, 11, 40, 100}; /* mark, length twice, key of the box, content */
	int64_t joined = 0;
	for (size_t i = 0; i < 5; i++) {
		size_t hit = map.at[COUNT - 1 - i] + offsets[i];
		file.data[hit] ^= 0x15;
		struct ingested r = ingest_one(f->hub, bytes_slice(&file));
		assert_int_equal(r.status, STATUS_MALFORMED);
		assert_true(r.missing == 1 && r.damaged <= 1);
		joined += r.taken.joined;
		assert_true(r.taken.joined + r.taken.known + r.taken.waiting == COUNT - 1);
		file.data[hit] ^= 0x15;
	}
	struct ingested r = ingest_one(f->hub, bytes_slice(&file));
	assert_int_equal(r.status, STATUS_OK);
	assert_true(joined + r.taken.joined == COUNT);
	bytes_free(&file);
	free_all(b, COUNT);
	signing_key_free(pc.key);
}

static void test_a_file_cut_anywhere_gives_what_came_before(void **state)
{
	struct fixture *f = *state;
	struct courier_map map;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes b[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2"),
			    dossier_batch(f, &pc, "A-3")};
	struct bytes file = courier_file(f, &pc, NULL, b, 3, &map);
	struct ingested r = ingest_one(f->hub, slice_of(file.data, map.at[1] + 50));
	assert_counts(&r, 1, 0, 0);
	assert_int_equal(r.status, STATUS_MALFORMED);
	assert_true(r.missing == 1 && r.part == 0);
	r = ingest_one(f->hub, slice_of(file.data, map.at[3]));
	assert_counts(&r, 2, 1, 0);
	assert_int_equal(r.status, STATUS_MALFORMED);
	/* Without its start as well. */
	r = ingest_one(f->hub, slice_of(file.data + 20, file.len - 20));
	assert_counts(&r, 0, 3, 0);
	assert_int_equal(r.status, STATUS_MALFORMED);
	bytes_free(&file);
	free_all(b, 3);
	signing_key_free(pc.key);
}

static void assert_fault(struct fixture *f, struct slice file, enum ingest_fault fault, enum status s)
{
	int64_t writes = database_writes(f->hub->db);
	struct ingested r = ingest_one(f->hub, file);
	assert_int_equal(r.fault, fault);
	assert_int_equal(r.status, s);
	assert_counts(&r, 0, 0, 0);
	assert_true(database_writes(f->hub->db) == writes);
}

static void test_what_is_no_file_for_this_hub_is_told(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	assert_fault(f, (struct slice){0}, INGEST_NOT_COURIER, STATUS_MALFORMED);
	assert_fault(f, slice_str("code,status\nA-1,done\n"), INGEST_NOT_COURIER, STATUS_MALFORMED);
	f->hub->identity.hub_id[0] ^= 1;
	f->hub->identity.box_key[0] ^= 1;
	struct bytes foreign = courier_file(f, &pc, NULL, &batch, 1, NULL);
	f->hub->identity.hub_id[0] ^= 1;
	f->hub->identity.box_key[0] ^= 1;
	assert_fault(f, bytes_slice(&foreign), INGEST_OTHER_HUB, STATUS_REFUSED);
	struct courier_map map;
	struct bytes own = courier_file(f, &pc, NULL, &batch, 1, &map);
	for (size_t i = COURIER_START_LEN; i < own.len; i += 20)
		own.data[i] ^= 1;
	assert_fault(f, bytes_slice(&own), INGEST_ALL_DAMAGED, STATUS_MALFORMED);
	own.data[12] = COURIER_TO_DEVICE;
	assert_fault(f, bytes_slice(&own), INGEST_FOR_DEVICE, STATUS_REFUSED);
	own.data[11] = 2;
	assert_fault(f, bytes_slice(&own), INGEST_VERSION, STATUS_VERSION);
	bytes_free(&foreign);
	bytes_free(&own);
	bytes_free(&batch);
	signing_key_free(pc.key);
}

/* Of a stranger, or of a computer the operator has not let in, nothing is taken; of the others in the file all is.
 */
static void test_devices_that_may_not_send_are_refused_one_by_one(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *change;
		enum status expected;
	} cases[] = {
		{"UPDATE device SET state = 2", STATUS_WAITING_DEVICE},
		{"UPDATE device SET state = 4", STATUS_SUSPENDED},
		{"UPDATE device SET state = 5", STATUS_SUSPENDED},
	};
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc stranger = pc_new(9);
	struct bytes b[] = {dossier_batch(f, &stranger, "X-1"), dossier_batch(f, &pc, "A-1")};
	struct request request = request_of(f, &pc);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sql(f, cases[i].change);
		reopen_hub(f);
		struct bytes file = courier_file(f, &pc, &request, &b[1], 1, NULL);
		struct ingested r = ingest_one(f->hub, bytes_slice(&file));
		assert_counts(&r, 0, 0, 0);
		assert_int_equal(r.status, cases[i].expected);
		assert_true(r.refused_frames == 2);
		bytes_free(&file);
	}
	assert_true(number(f->hub, "SELECT count(*) FROM seen") == 0);
	sql(f, "UPDATE device SET state = 1");
	reopen_hub(f);
	struct ingested r = ingest_batches(f, &stranger, b, 2);
	assert_counts(&r, 1, 0, 0);
	assert_int_equal(r.status, STATUS_UNKNOWN_DEVICE);
	assert_true(r.refused_frames == 1);
	assert_memory_equal(r.device, pc.id, DEVICE_ID_LEN);
	free_all(b, 2);
	signing_key_free(pc.key);
	signing_key_free(stranger.key);
}

/* ID-03: the file that shows it is taken to its end; of the next one nothing is stored. */
static void id_03_files_of_a_held_device_are_refused_whole(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc clone = pc;
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	enum { COUNT = 70 }; /* two groups */
	struct bytes shows[COUNT];
	shows[0] = dossier_batch(f, &clone, "A-other");
	for (size_t i = 1; i < COUNT; i++)
		shows[i] = next_batch(f, &pc, NULL, 0);
	struct ingested r = ingest_batches(f, &pc, shows, COUNT);
	assert_counts(&r, COUNT - 1, 0, 0);
	assert_true(r.taken.evidence == 1);
	assert_int_equal(r.status, STATUS_FORK);
	assert_true(r.refused_frames == 0);
	struct bytes next = dossier_batch(f, &pc, "A-2");
	int64_t writes = database_writes(f->hub->db);
	r = ingest_batches(f, &pc, &next, 1);
	assert_counts(&r, 0, 0, 0);
	assert_int_equal(r.status, STATUS_FORK);
	assert_true(r.refused_frames == 1);
	assert_true(database_writes(f->hub->db) == writes);
	assert_int_equal(device_release(f->hub, pc.id, "tester"), STATUS_OK);
	r = ingest_batches(f, &pc, &next, 1);
	assert_counts(&r, 1, 0, 0);
	bytes_free(&next);
	free_all(shows, COUNT);
	signing_key_free(pc.key);
}

static void test_forged_envelopes_are_not_taken(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes b[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2")};
	b[0].data[b[0].len - 1] ^= 1;
	struct ingested r = ingest_batches(f, &pc, b, 2);
	assert_int_equal(r.status, STATUS_FORGED);
	assert_counts(&r, 0, 0, 1);
	assert_true(r.refused_frames == 1);
	free_all(b, 2);
	signing_key_free(pc.key);
}

/* --- files --- */

static struct ingested ingest_named(struct fixture *f, const char *path)
{
	struct ingested r;
	struct ingest *run = ingest_new(f->hub);
	assert_non_null(run);
	assert_int_equal(ingest_file(run, path, &r), STATUS_OK);
	ingest_free(run);
	return r;
}

/* ID-19: what a file is called opens it and decides nothing. */
static void id_19_any_name_opens_its_file_and_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct bytes file = courier_file(f, &pc, NULL, &batch, 1, NULL);
	char longest[256];
	memset(longest, 'n', sizeof(longest) - 1);
	longest[255] = '\0';
	const char *const names[] = {"CON", "a:b", "..x..", "\x1b[2J\n.mcs", "%s%n",
				     " ",   "-",   "x.csv", longest,         "\xff"};
	char start[4096];
	assert_non_null(getcwd(start, sizeof(start)));
	assert_int_equal(chdir(f->dir), 0);
	int64_t taken = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		FILE *out = fopen(names[i], "wb");
		if (out == NULL) /* file_write adds to the name, and 255 characters are the most there can be */
			fail();
		assert_int_equal(fwrite(file.data, 1, file.len, out), file.len);
		assert_int_equal(fclose(out), 0);
		struct ingested r = ingest_named(f, names[i]);
		assert_int_equal(r.status, STATUS_OK);
		taken += r.taken.joined;
		assert_true(r.taken.joined + r.taken.known == 1);
		assert_int_equal(unlink(names[i]), 0);
	}
	assert_true(taken == 1);
	char beyond[400];
	memset(beyond, 'n', sizeof(beyond) - 1);
	beyond[399] = '\0';
	static const char *const none[] = {"../../none", "hub.db/x", "", "none.mcs"};
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(ingest_named(f, none[i]).fault, INGEST_MISSING);
	assert_int_equal(ingest_named(f, beyond).fault, INGEST_MISSING);
	assert_int_equal(chdir(start), 0);
	bytes_free(&batch);
	bytes_free(&file);
	signing_key_free(pc.key);
}

static void st_17_what_is_no_finished_file_is_told(void **state)
{
	struct fixture *f = *state;
	char *part = path_join(f->dir, "x.mcs.part");
	char *pipe_name = path_join(f->dir, "pipe");
	char *large = path_join(f->dir, "large");
	assert_int_equal(ingest_named(f, part).fault, INGEST_UNFINISHED); /* whether it is there or not */
	assert_int_equal(ingest_named(f, f->dir).fault, INGEST_NOT_A_FILE);
	assert_int_equal(mkfifo(pipe_name, 0600), 0);
	assert_int_equal(ingest_named(f, pipe_name).fault, INGEST_NOT_A_FILE);
	assert_int_equal(ingest_named(f, "/dev/null").fault, INGEST_NOT_A_FILE);
	int fd = open(large, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)LIMIT_COURIER + 1), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(ingest_named(f, large).fault, INGEST_TOO_LARGE);
	free(part);
	free(pipe_name);
	free(large);
}

/* L1: what a failed commit held is not told as taken. */
static void test_a_broken_disk_ends_the_run(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct bytes file = courier_file(f, &pc, NULL, &batch, 1, NULL);
	struct ingest *run = ingest_new(f->hub);
	struct ingested r;
	break_disk(f);
	enum status s = ingest_bytes(run, bytes_slice(&file), &r);
	mend_disk();
	assert_int_equal(status_exit(s), EXIT_DISK);
	assert_counts(&r, 0, 0, 0);
	ingest_free(run);
	r = ingest_one(f->hub, bytes_slice(&file));
	assert_counts(&r, 1, 0, 0);
	bytes_free(&batch);
	bytes_free(&file);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_a_whole_file_is_taken_and_counted),
		HUB_TEST(nw_15_what_came_over_the_line_comes_by_stick_as_well),
		HUB_TEST(nw_16_a_file_that_overtakes_the_line_waits_and_is_named),
		HUB_TEST(test_a_long_file_is_taken_in_groups_beside_another_writer),
		HUB_TEST(test_every_frame_but_the_damaged_one_is_taken),
		HUB_TEST(test_a_file_cut_anywhere_gives_what_came_before),
		HUB_TEST(test_what_is_no_file_for_this_hub_is_told),
		HUB_TEST(test_devices_that_may_not_send_are_refused_one_by_one),
		HUB_TEST(id_03_files_of_a_held_device_are_refused_whole),
		HUB_TEST(test_forged_envelopes_are_not_taken),
		HUB_TEST(id_19_any_name_opens_its_file_and_nothing_else),
		HUB_TEST(st_17_what_is_no_finished_file_is_told),
		HUB_TEST(test_a_broken_disk_ends_the_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
