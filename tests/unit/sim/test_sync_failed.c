/*
 * L1: after a failed sync a process goes on with nothing. Hub and service on a simulated disk whose sync fails
 * once: both give up by themselves though the disk is well again, and the next process goes on with what is really
 * there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <time.h>

#include "agent/enroll.h"
#include "agent/queue.h"
#include "agent/service.h"
#include "hub/log.h"
#include "hub/writer.h"
#include "tests/sim/story.h"
#include "tests/unit/hub/exchange_fixture.h"

enum { INVITED = 3, ADDED = 5, LOOKS = 2000 };

struct office {
	struct disk *disks[STORY_DISKS];
	struct story story;
	struct transport line; /* keeps what is sent, and answers nothing */
	struct bytes sent;
};

static struct office *the_office;

static enum status keep_request(struct transport *t, const struct uplink_request *request, int *ret_http_status,
				int64_t *ret_retry_after_s, struct bytes *ret_body)
{
	struct hub *hub = the_office->story.hub;
	(void)t;
	bytes_clear(ret_body);
	*ret_retry_after_s = -1;
	*ret_http_status = 200;
	if (!request->post) {
		bytes_put(ret_body, hub->identity_doc.data, hub->identity_doc.len);
		return STATUS_OK;
	}
	bytes_clear(&the_office->sent);
	bytes_put(&the_office->sent, request->body.data, request->body.len);
	return STATUS_UNREACHABLE;
}

static struct office *open_office(size_t steps)
{
	static const char *const roots[STORY_DISKS] = {"/disk-0", "/disk-1", "/disk-hub"};
	struct office *o = calloc(1, sizeof(*o));
	assert_non_null(o);
	assert_int_equal(sign_start(), STATUS_OK);
	for (int i = 0; i < STORY_DISKS; i++)
		o->disks[i] = disk_new(roots[i]);
	story_init(&o->story, "start-1");
	o->line = (struct transport){.exchange = keep_request};
	o->sent = bytes_new(LIMIT_REQUEST);
	for (size_t i = 0; i < steps; i++)
		assert_int_equal(story_play(&o->story, i), STATUS_OK);
	the_office = o;
	return o;
}

static void close_office(struct office *o)
{
	story_clear(&o->story);
	bytes_free(&o->sent);
	for (int i = 0; i < STORY_DISKS; i++)
		disk_free(o->disks[i]);
	free(o);
}

static void fail_one_sync(struct office *o, int disk)
{
	disk_fail(o->disks[disk], (struct disk_fault){.calls = DISK_SYNC, .nth = 1, .error = EIO});
}

/* The enrolment of PC 0, on its way. */
static void make_enrolment(struct office *o)
{
	struct enroll_report report;
	o->story.pcs[0].world.transport = &o->line;
	assert_int_equal(
		enroll_run(o->story.pcs[0].dir, &o->story.pcs[0].world, o->story.pcs[0].code, NULL, &report),
		STATUS_UNREACHABLE);
	assert_true(o->sent.len > 0);
}

static int answer_to_enrolment(struct office *o, struct writer *w)
{
	struct http_exchange *e = exchange_new();
	assert_int_equal(writer_push(w, e, NULL, bytes_slice(&o->sent)), STATUS_OK);
	wait_for(e);
	int status = e->status;
	exchange_free(e);
	return status;
}

static enum status trouble_in_time(struct writer *w)
{
	const struct timespec nap = {.tv_nsec = 5000000};
	for (int i = 0; i < LOOKS && writer_trouble(w) == STATUS_OK; i++)
		(void)nanosleep(&nap, NULL); /* only a look earlier */
	return writer_trouble(w);
}

static void st_05_a_hub_whose_commit_was_not_synced_answers_nobody_any_more(void **state)
{
	(void)state;
	struct office *o = open_office(INVITED);
	struct writer *w = NULL;
	uint8_t answered[LOG_END_LEN];
	uint8_t kept[LOG_END_LEN];
	make_enrolment(o);
	assert_int_equal(writer_start(o->story.hub, &w), STATUS_OK);
	fail_one_sync(o, STORY_HUB);
	assert_int_equal(answer_to_enrolment(o, w), 503);
	assert_int_equal(disk_failed(o->disks[STORY_HUB]), 1);
	assert_int_equal(writer_trouble(w), STATUS_DISK_SYNC);
	assert_int_equal(answer_to_enrolment(o, w), 503);
	writer_stop(w);
	story_end_hub(&o->story);
	/* The next process; the power goes right after its answer. */
	assert_int_equal(story_hub(&o->story), STATUS_OK);
	assert_int_equal(writer_start(o->story.hub, &w), STATUS_OK);
	assert_int_equal(answer_to_enrolment(o, w), 200);
	writer_stop(w);
	assert_int_equal(log_end(o->story.hub->db, answered), STATUS_OK);
	disk_cut_power(o->disks[STORY_HUB], 0);
	story_end_hub(&o->story);
	assert_int_equal(story_hub(&o->story), STATUS_OK);
	assert_int_equal(log_end(o->story.hub->db, kept), STATUS_OK);
	assert_memory_equal(kept, answered, LOG_END_LEN);
	close_office(o);
}

static void st_05_a_hub_whose_checkpoint_was_not_synced_ends(void **state)
{
	(void)state;
	struct office *o = open_office(INVITED);
	struct writer *w = NULL;
	make_enrolment(o);
	assert_int_equal(writer_start(o->story.hub, &w), STATUS_OK);
	assert_int_equal(answer_to_enrolment(o, w), 200);
	fail_one_sync(o, STORY_HUB);
	writer_tidy(w);
	assert_int_equal(trouble_in_time(w), STATUS_DISK_SYNC);
	assert_int_equal(answer_to_enrolment(o, w), 503);
	writer_stop(w);
	close_office(o);
}

static void st_05_a_service_whose_commit_was_not_synced_ends(void **state)
{
	(void)state;
	struct office *o = open_office(ADDED);
	struct session session = {
		.setup = {.uplink = "/nonexistent", .sync_minutes = 15, .sync_after = 200},
		.world = o->story.pcs[0].world,
	};
	struct queue_counts counts;
	assert_int_equal(story_open(&o->story, 0, &session.agent), STATUS_OK);
	fail_one_sync(o, 0);
	assert_int_equal(service_run(&session), STATUS_DISK_SYNC);
	assert_int_equal(disk_failed(o->disks[0]), 1);
	agent_close(session.agent);
	assert_int_equal(story_open(&o->story, 0, &session.agent), STATUS_OK);
	assert_int_equal(queue_count(session.agent, &counts), STATUS_OK);
	assert_int_equal(counts.waiting, 1);
	agent_close(session.agent);
	close_office(o);
}

static void st_05_a_handle_whose_sync_failed_is_asked_nothing_more(void **state)
{
	(void)state;
	struct office *o = open_office(ADDED);
	struct agent *a = NULL;
	int64_t number = 0;
	assert_int_equal(story_open(&o->story, 0, &a), STATUS_OK);
	/* Full disks show in a sync too, and mean the same there. */
	disk_fail(o->disks[0], (struct disk_fault){.calls = DISK_SYNC, .nth = 1, .error = ENOSPC});
	assert_int_equal(store_set_number(a->db, STORE_FAILURES, 7), STATUS_DISK_SYNC);
	assert_true(database_sync_failed(a->db));
	assert_int_equal(store_number(a->db, STORE_FAILURES, 0, &number), STATUS_DISK_SYNC);
	assert_int_equal(database_begin(a->db), STATUS_DISK_SYNC);
	assert_int_equal(agent_check_file(a), STATUS_DISK_SYNC);
	agent_close(a);
	assert_int_equal(story_open(&o->story, 0, &a), STATUS_OK);
	assert_int_equal(store_number(a->db, STORE_FAILURES, 0, &number), STATUS_OK);
	assert_int_equal(number, 0);
	agent_close(a);
	close_office(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(st_05_a_hub_whose_commit_was_not_synced_answers_nobody_any_more),
		cmocka_unit_test(st_05_a_hub_whose_checkpoint_was_not_synced_ends),
		cmocka_unit_test(st_05_a_service_whose_commit_was_not_synced_ends),
		cmocka_unit_test(st_05_a_handle_whose_sync_failed_is_asked_nothing_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
