#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "hub/spans.h"
#include "hub/verify.h"
#include "hub/writer.h"
#include "tests/unit/config/capture.h"
#include "tests/unit/hub/exchange_fixture.h"
#include "tests/unit/hub/hub_fixture.h"

static void assert_answered(const struct http_exchange *e, int status, const char *code)
{
	assert_int_equal(e->count, 1);
	assert_int_equal(e->status, status);
	assert_true(e->retry_after_s == (status == 503 ? 30 : -1));
	if (code != NULL)
		assert_true(slice_equal(bytes_slice(&e->body), slice_str(code)));
}

/* One device's exchange on its way: what the front would hold. */
struct sending {
	struct pc pc;
	struct bytes body;
	struct http_exchange *exchange;
};

static struct sending sending_of(struct fixture *f, struct pc pc, const struct change *changes, size_t count)
{
	struct sending s = {.pc = pc, .exchange = exchange_new()};
	struct bytes batch = next_batch(f, &s.pc, changes, count);
	struct request request = request_of(f, &s.pc);
	s.body = body_of(f, &s.pc, &request, &batch, 1);
	bytes_free(&batch);
	return s;
}

static struct sending sending_one(struct fixture *f, uint8_t device, const char *code)
{
	struct change c = dossier(code, f->now);
	return sending_of(f, enrolled_pc(f, device, "05801"), &c, 1);
}

static void push(struct fixture *f, struct writer *w, struct sending *s)
{
	struct arrival *arrival = NULL;
	assert_int_equal(intake_open(f->hub, bytes_slice(&s->body), &arrival), STATUS_OK);
	assert_int_equal(writer_push(w, s->exchange, arrival, (struct slice){0}), STATUS_OK);
}

static void sending_free(struct sending *s)
{
	exchange_free(s->exchange);
	bytes_free(&s->body);
	signing_key_free(s->pc.key);
}

static struct writer *started(struct fixture *f)
{
	struct writer *w = NULL;
	assert_int_equal(writer_start(f->hub, &w), STATUS_OK);
	return w;
}

/* Another process in a transaction: the writer stands still with its first job while the others gather behind it.
 */
struct hold {
	struct hub *hub;
	struct hub_transaction t;
};

static struct hold hold_writer(struct fixture *f)
{
	struct hold h = {.hub = open_hub(f)};
	assert_int_equal(hub_begin(h.hub, &h.t), STATUS_OK);
	return h;
}

static void let_go(struct hold *h)
{
	hub_rollback(&h->t);
	hub_close(h->hub);
}

static int64_t batches(struct fixture *f)
{
	return number(f->hub, "SELECT count(*) FROM log WHERE type = 1");
}

static void assert_verifies(struct fixture *f, enum status expected)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), expected);
	free(report);
}

static void test_exchanges_of_a_group_are_all_taken_and_answered(void **state)
{
	struct fixture *f = *state;
	enum { COUNT = 8 };
	struct sending sendings[COUNT];
	for (uint8_t i = 0; i < COUNT; i++) {
		char code[16];
		(void)snprintf(code, sizeof(code), "A-%u", (unsigned)i);
		sendings[i] = sending_one(f, (uint8_t)(i + 1), code);
	}
	struct writer *w = started(f);
	struct hold h = hold_writer(f);
	for (size_t i = 0; i < COUNT; i++)
		push(f, w, &sendings[i]);
	let_go(&h);
	writer_stop(w);
	assert_true(batches(f) == COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		assert_answered(sendings[i].exchange, 200, NULL);
		struct bytes body = sendings[i].exchange->body;
		sendings[i].exchange->body = bytes_new(0);
		struct reply *r = read_reply(f->hub, &body);
		assert_int_equal(r->n_receipts, 1);
		assert_memory_equal(r->receipts[0].device, sendings[i].pc.id, DEVICE_ID_LEN);
		reply_free(r);
		sending_free(&sendings[i]);
	}
	assert_verifies(f, STATUS_OK);
}

static void test_refused_device_does_not_disturb_its_group(void **state)
{
	struct fixture *f = *state;
	struct sending first = sending_one(f, 1, "A-1");
	struct sending refused = sending_one(f, 2, "A-2");
	struct sending last = sending_one(f, 3, "A-3");
	struct writer *w = started(f);
	struct hold h = hold_writer(f);
	push(f, w, &first);
	push(f, w, &refused);
	push(f, w, &last);
	struct query q = query_start(h.hub->db, "UPDATE device SET state = 4 WHERE id = ?1");
	query_blob(&q, 1, slice_of(refused.pc.id, DEVICE_ID_LEN));
	assert_int_equal(query_run(&q), STATUS_OK);
	/* An act beside it, so that the writer reads its registry again. */
	assert_int_equal(act_record(h.hub, ACT_INVITE, NULL, slice_str("x")), STATUS_OK);
	assert_int_equal(hub_commit(&h.t), STATUS_OK);
	hub_close(h.hub);
	writer_stop(w);
	assert_answered(first.exchange, 200, NULL);
	assert_answered(refused.exchange, 403, "E-DEVICE-SUSPENDED");
	assert_answered(last.exchange, 200, NULL);
	assert_true(batches(f) == 2);
	sending_free(&first);
	sending_free(&refused);
	sending_free(&last);
}

/* L10: a job that fails half-way is undone as a whole, and the others of its group are taken. */
static void hb_01_job_that_fails_half_way_leaves_nothing_and_holds_up_nobody(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 9, "05801");
	deliver(f, &pc, dossier_batch(f, &pc, "POISON"));
	sql(f, "UPDATE thing SET writes = x'00' WHERE key = 'POISON'");
	struct change changes[] = {dossier("A-1", f->now), dossier("POISON", f->now)};
	struct sending half = sending_of(f, enrolled_pc(f, 2, "05801"), changes, 2);
	struct sending stall = sending_one(f, 1, "B-1");
	struct sending other = sending_one(f, 3, "B-2");
	struct writer *w = started(f);
	struct hold h = hold_writer(f);
	push(f, w, &stall);
	push(f, w, &half);
	push(f, w, &other);
	let_go(&h);
	writer_stop(w);
	assert_answered(stall.exchange, 200, NULL);
	assert_answered(half.exchange, 503, "E-DIFFERENT");
	assert_answered(other.exchange, 200, NULL);
	assert_true(batches(f) == 3);
	assert_true(number(f->hub, "SELECT count(*) FROM thing WHERE key = 'A-1'") == 0);
	/* Once the state is as the log says, it is taken, and log and state agree. */
	struct hub_transaction t;
	struct state again = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_rebuild(&again, f->hub->db), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&again);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(exchange(f->hub, bytes_slice(&half.body), &out), STATUS_OK);
	assert_verifies(f, STATUS_OK);
	bytes_free(&out);
	sending_free(&half);
	sending_free(&stall);
	sending_free(&other);
	signing_key_free(pc.key);
}

/* L1: after a commit that failed on the disk this process commits nothing more, even if the disk seems well again.
 */
static void hb_01_after_a_failed_commit_nothing_is_committed_any_more(void **state)
{
	struct fixture *f = *state;
	struct sending failing[] = {sending_one(f, 1, "A-1"), sending_one(f, 2, "A-2"), sending_one(f, 3, "A-3")};
	struct sending later = sending_one(f, 4, "A-4");
	struct writer *w = started(f);
	struct hold h = hold_writer(f);
	for (size_t i = 0; i < 3; i++)
		push(f, w, &failing[i]);
	assert_int_equal(writer_trouble(w), STATUS_OK);
	break_disk(f);
	let_go(&h);
	for (size_t i = 0; i < 3; i++)
		wait_for(failing[i].exchange);
	mend_disk();
	assert_int_equal(writer_trouble(w), STATUS_DISK);
	push(f, w, &later);
	writer_stop(w);
	assert_answered(later.exchange, 503, "E-DISK");
	for (size_t i = 0; i < 3; i++)
		assert_answered(failing[i].exchange, 503, "E-DISK");
	reopen_hub(f);
	assert_true(batches(f) == 0);
	assert_verifies(f, STATUS_OK);
	for (size_t i = 0; i < 3; i++)
		sending_free(&failing[i]);
	sending_free(&later);
}

/* Many exchanges of one device meet a hub that another process has; how long it takes until all are refused. */
static int64_t refuse_crowd(struct fixture *f, int lock_wait_ms, bool hurry)
{
	enum { CROWD = 300 };
	struct sending *crowd = calloc(CROWD, sizeof(*crowd));
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct timespec start;
	struct timespec end;
	assert_non_null(crowd);
	for (size_t i = 0; i < CROWD; i++) {
		struct request request = request_of(f, &pc);
		crowd[i].exchange = exchange_new();
		crowd[i].body = body_of(f, &pc, &request, NULL, 0);
	}
	f->hub->lock_wait_ms = lock_wait_ms;
	struct hold h = hold_writer(f);
	struct writer *w = started(f);
	if (hurry)
		writer_hurry(w);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &start), 0);
	for (size_t i = 0; i < CROWD; i++)
		push(f, w, &crowd[i]);
	writer_stop(w);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &end), 0);
	let_go(&h);
	for (size_t i = 0; i < CROWD; i++) {
		assert_answered(crowd[i].exchange, 503, "E-BUSY");
		exchange_free(crowd[i].exchange);
		bytes_free(&crowd[i].body);
	}
	free(crowd);
	signing_key_free(pc.key);
	return (int64_t)(end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
}

static void test_a_hub_that_is_taken_is_waited_for_once_a_group(void **state)
{
	assert_true(refuse_crowd(*state, 100, false) < 5000);
}

static void test_in_a_hurry_it_is_waited_for_once(void **state)
{
	assert_true(refuse_crowd(*state, 1000, true) < 1900);
}

static void test_enrolments_go_through_the_writer_too(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct http_exchange *taken = exchange_new();
	struct http_exchange *refused = exchange_new();
	struct enrolled enrolled;
	struct writer *w = started(f);
	assert_int_equal(writer_push(w, taken, NULL, bytes_slice(&body)), STATUS_OK);
	assert_int_equal(writer_push(w, refused, NULL, slice_str("rubbish")), STATUS_OK);
	writer_stop(w);
	assert_answered(taken, 200, NULL);
	assert_answered(refused, 400, "E-MALFORMED");
	assert_int_equal(enrolled_open(bytes_slice(&taken->body), f->hub->identity.hub_id,
				       f->hub->identity.sign_key, &enrolled),
			 STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM device") == 1);
	exchange_free(taken);
	exchange_free(refused);
	bytes_free(&body);
	signing_key_free(pc.key);
}

static void test_end_and_tidying_move_the_wal_into_the_file(void **state)
{
	struct fixture *f = *state;
	struct sending one = sending_one(f, 1, "A-1");
	struct stat wal;
	char *path = path_join(f->dir, "hub.db-wal");
	struct writer *w = started(f);
	push(f, w, &one);
	writer_tidy(w);
	writer_stop(w);
	assert_answered(one.exchange, 200, NULL);
	assert_int_equal(stat(path, &wal), 0);
	assert_true(wal.st_size == 0);
	free(path);
	writer_stop(NULL);
	sending_free(&one);
}

/* A round of tidying, and the one after it: then the first is over. */
static void tidy(struct writer *w)
{
	const struct timespec look = {.tv_nsec = 1000 * 1000};
	for (int i = 0; i < 2; i++) {
		const uint64_t before = writer_rounds(w);
		writer_tidy(w);
		while (writer_rounds(w) == before)
			(void)nanosleep(&look, NULL);
	}
}

/* When it is quiet what work has emptied is counted again, of other processes' work as well. */
static void test_tidying_counts_the_sums_again(void **state)
{
	struct fixture *f = *state;
	struct sending one = sending_one(f, 1, "A-1");
	struct pc other = enrolled_pc(f, 2, "05802");
	struct writer *w = started(f);
	push(f, w, &one);
	wait_for(one.exchange);
	for (int i = 0; i < 2; i++) {
		tidy(w);
		struct hub *reader = NULL;
		assert_int_equal(hub_open(f->dir, &f->world, false, &reader), STATUS_OK);
		assert_true(number(reader, "SELECT length(sums) FROM span WHERE first = ''") > 0);
		hub_close(reader);
		if (i > 0)
			break;
		struct bytes batch = dossier_batch(f, &other, "B-1");
		struct hub *another = open_hub(f);
		reply_free(send_through(f, another, &other, &batch, 1));
		assert_true(number(another, "SELECT length(sums) FROM span WHERE first = ''") == 0);
		hub_close(another);
		bytes_free(&batch);
	}
	writer_stop(w);
	signing_key_free(other.key);
	sending_free(&one);
}

/* One row that cannot be read leaves its span to be looked at by reports; the others are counted, and work goes on.
 */
static void test_a_damaged_dossier_is_no_trouble_for_the_writer(void **state)
{
	struct fixture *f = *state;
	struct sending before = sending_one(f, 1, "A-1");
	struct sending after = sending_one(f, 2, "A-2");
	struct writer *w = started(f);
	push(f, w, &before);
	wait_for(before.exchange);
	struct hub *other = open_hub(f);
	assert_int_equal(database_script(other->db, "UPDATE dossier SET history = x'00'; DELETE FROM span;"
						    "INSERT INTO span (first, sums) VALUES ('', x''), ('B', x'')"),
			 STATUS_OK);
	tidy(w);
	assert_int_equal(writer_trouble(w), STATUS_OK);
	assert_true(number(other, "SELECT length(sums) FROM span WHERE first = ''") == 0);
	assert_true(number(other, "SELECT length(sums) FROM span WHERE first = 'B'") > 0);
	hub_close(other);
	push(f, w, &after);
	writer_tidy(w);
	writer_stop(w);
	assert_answered(after.exchange, 200, NULL);
	sending_free(&before);
	sending_free(&after);
}

static int count_twice(void *context)
{
	struct fixture *f = context;
	f->hub = open_hub(f);
	struct pc pc = enrolled_pc(f, 1, "05801");
	for (int i = 0; i < 2; i++) {
		deliver(f, &pc, dossier_batch(f, &pc, i == 0 ? "A-1" : "A-2"));
		sql(f, "UPDATE dossier SET history = x'00'");
		struct writer *w = started(f);
		tidy(w);
		writer_stop(w);
	}
	signing_key_free(pc.key);
	hub_close(f->hub);
	return 0;
}

static void test_sums_that_are_not_counted_are_told_once_in_a_while(void **state)
{
	struct fixture *f = *state;
	struct capture told;
	hub_close(f->hub);
	f->hub = NULL;
	capture_run(count_twice, f, &told);
	assert_int_equal(told.exit_status, 0);
	const char *first = strstr(told.err, "event=not-counted code=E-CORRUPT");
	assert_non_null(first);
	assert_null(strstr(first + 1, "event=not-counted"));
	f->hub = open_hub(f);
}

/* What is left of the disk is for batches and heads. */
static void test_sums_wait_for_room_on_the_disk(void **state)
{
	struct fixture *f = *state;
	f->hub->disk_reserve = INT64_MAX;
	struct writer *w = started(f);
	tidy(w);
	writer_stop(w);
	assert_true(number(f->hub, "SELECT count(*) FROM span") == 0);
}

/* Work that comes while the hub is waited for to count does not wait as long as for itself. */
static void test_tidying_waits_for_the_hub_a_short_while(void **state)
{
	struct fixture *f = *state;
	struct timespec start;
	struct timespec end;
	f->hub->lock_wait_ms = 60 * 1000;
	struct hold h = hold_writer(f);
	struct writer *w = started(f);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &start), 0);
	tidy(w);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &end), 0);
	assert_true(end.tv_sec - start.tv_sec < 30);
	let_go(&h);
	writer_stop(w);
}

enum { EMPTY_SPANS = 400, TIMES_IN = 10 };

static void empty_spans(struct fixture *f)
{
	sql(f, "DELETE FROM span; INSERT INTO span (first, sums) VALUES ('', x'');"
	       " WITH RECURSIVE n(i) AS (VALUES (1001) UNION ALL SELECT i + 1 FROM n WHERE i < 1400)"
	       " INSERT INTO span (first, sums) SELECT 'Z' || i, x'' FROM n");
	assert_true(number(f->hub, "SELECT count(*) FROM span") == EMPTY_SPANS + 1);
}

/* Another process has the hub again and again, each time after more was counted and before all was. */
static void get_in(const struct fixture *f)
{
	const struct timespec look = {.tv_nsec = 2000 * 1000};
	struct hub *other = open_hub(f);
	int64_t before = EMPTY_SPANS + 1;
	for (int times = 0; times < TIMES_IN;) {
		struct hub_transaction t;
		assert_int_equal(hub_begin(other, &t), STATUS_OK);
		int64_t left = number(other, "SELECT count(*) FROM span WHERE length(sums) = 0");
		hub_rollback(&t);
		assert_true(left > 0);
		times += left < before ? 1 : 0;
		before = left;
		(void)nanosleep(&look, NULL);
	}
	hub_close(other);
}

static void test_others_have_the_hub_while_the_writer_counts_much(void **state)
{
	struct fixture *f = *state;
	empty_spans(f);
	struct writer *w = started(f);
	writer_tidy(w);
	get_in(f);
	writer_stop(w);
}

/* Counting alone moves no entry of the log: the WAL does not grow by all the sums for that. */
static void test_much_counting_moves_the_wal_into_the_file_at_times(void **state)
{
	struct fixture *f = *state;
	const struct timespec look = {.tv_nsec = 1000 * 1000};
	struct stat wal;
	char *path = path_join(f->dir, "hub.db-wal");
	off_t before = 0;
	bool shrunk = false;
	empty_spans(f);
	struct writer *w = started(f);
	writer_tidy(w);
	while (writer_rounds(w) < EMPTY_SPANS / SPANS_AT_ONCE - 10) {
		assert_int_equal(stat(path, &wal), 0);
		shrunk = shrunk || wal.st_size < before;
		before = wal.st_size;
		(void)nanosleep(&look, NULL);
	}
	assert_true(shrunk);
	writer_stop(w);
	free(path);
}

static void *refresh_all(void *context)
{
	enum status s = spans_refresh_all(context);
	return s == STATUS_OK ? NULL : context;
}

static void test_others_have_the_hub_while_all_is_counted(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;
	void *failed = NULL;
	empty_spans(f);
	struct hub *counting = open_hub(f);
	assert_int_equal(pthread_create(&thread, NULL, refresh_all, counting), 0);
	get_in(f);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	hub_close(counting);
	assert_true(number(f->hub, "SELECT count(*) FROM span WHERE length(sums) = 0") == 0);
}

static void test_each_refusal_has_its_http_status(void **state)
{
	static const struct {
		enum status s;
		int http;
	} cases[] = {
		{STATUS_UNKNOWN_DEVICE, 403}, {STATUS_WAITING_DEVICE, 403}, {STATUS_SUSPENDED, 403},
		{STATUS_INVITATION, 403},     {STATUS_MALFORMED, 400},      {STATUS_VERSION, 400},
		{STATUS_FORGED, 422},         {STATUS_LIMIT, 413},          {STATUS_DISK_FULL, 503},
		{STATUS_DISK, 503},           {STATUS_BUSY, 503},           {STATUS_NO_MEMORY, 503},
		{STATUS_DIFFERENT, 503},      {STATUS_FORK, 403},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_exchange *e = exchange_new();
		writer_refuse(e, cases[i].s);
		assert_answered(e, cases[i].http, status_code(cases[i].s));
		exchange_free(e);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_exchanges_of_a_group_are_all_taken_and_answered),
		HUB_TEST(test_refused_device_does_not_disturb_its_group),
		HUB_TEST(hb_01_job_that_fails_half_way_leaves_nothing_and_holds_up_nobody),
		HUB_TEST(hb_01_after_a_failed_commit_nothing_is_committed_any_more),
		HUB_TEST(test_a_hub_that_is_taken_is_waited_for_once_a_group),
		HUB_TEST(test_in_a_hurry_it_is_waited_for_once),
		HUB_TEST(test_enrolments_go_through_the_writer_too),
		HUB_TEST(test_end_and_tidying_move_the_wal_into_the_file),
		HUB_TEST(test_tidying_counts_the_sums_again),
		HUB_TEST(test_a_damaged_dossier_is_no_trouble_for_the_writer),
		HUB_TEST(test_sums_that_are_not_counted_are_told_once_in_a_while),
		HUB_TEST(test_sums_wait_for_room_on_the_disk),
		HUB_TEST(test_tidying_waits_for_the_hub_a_short_while),
		HUB_TEST(test_others_have_the_hub_while_the_writer_counts_much),
		HUB_TEST(test_others_have_the_hub_while_all_is_counted),
		HUB_TEST(test_much_counting_moves_the_wal_into_the_file_at_times),
		cmocka_unit_test(test_each_refusal_has_its_http_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
