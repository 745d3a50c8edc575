#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/act_device.h"
#include "hub/device_acts.h"
#include "hub/evidence.h"
#include "hub/skip.h"
#include "hub/verify.h"
#include "tests/unit/hub/hub_fixture.h"

static void assert_verifies(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
}

static enum status change(struct fixture *f, const struct pc *pc, enum device_state to, enum device_state *now)
{
	return device_change_state(f->hub, pc->id, to, "tester", now);
}

static void set_state(struct fixture *f, enum device_state state)
{
	struct query q = query_start(f->hub->db, "UPDATE device SET state = ?1");
	query_int(&q, 1, (int64_t)state);
	assert_int_equal(query_run(&q), STATUS_OK);
	assert_int_equal(registry_reload(f->hub->registry, f->hub->db), STATUS_OK);
}

static void test_every_change_of_state_is_allowed_or_says_why_not(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	static const struct {
		enum device_state from;
		enum status suspend;
		enum status resume;
		enum status revoke;
	} cases[] = {
		{DEVICE_ACTIVE, STATUS_OK, STATUS_EXISTS, STATUS_OK},
		{DEVICE_WAITING, STATUS_REFUSED, STATUS_REFUSED, STATUS_OK},
		{DEVICE_UNCONFIRMED, STATUS_OK, STATUS_REFUSED, STATUS_OK},
		{DEVICE_SUSPENDED, STATUS_EXISTS, STATUS_OK, STATUS_OK},
		{DEVICE_REVOKED, STATUS_REFUSED, STATUS_REFUSED, STATUS_EXISTS},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const enum device_state to[] = {DEVICE_SUSPENDED, DEVICE_ACTIVE, DEVICE_REVOKED};
		const enum status expected[] = {cases[i].suspend, cases[i].resume, cases[i].revoke};
		for (size_t k = 0; k < 3; k++) {
			enum device_state now = 0;
			struct device device;
			set_state(f, cases[i].from);
			int64_t entries = number(f->hub, "SELECT count(*) FROM log");
			assert_int_equal(change(f, &pc, to[k], &now), expected[k]);
			assert_int_equal(now, cases[i].from);
			bool done = expected[k] == STATUS_OK;
			assert_true(number(f->hub, "SELECT count(*) FROM log") == entries + (done ? 1 : 0));
			assert_int_equal(registry_find_device(f->hub->registry, pc.id, &device), STATUS_OK);
			assert_int_equal(device.state, done ? to[k] : cases[i].from);
		}
	}
	struct pc stranger = pc_new(9);
	enum device_state now = 0;
	assert_int_equal(change(f, &stranger, DEVICE_SUSPENDED, &now), STATUS_UNKNOWN_DEVICE);
	assert_int_equal(device_release(f->hub, stranger.id, "tester"), STATUS_UNKNOWN_DEVICE);
	signing_key_free(pc.key);
	signing_key_free(stranger.key);
}

static void test_suspended_device_is_refused_and_taken_again_after_resuming(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	enum device_state now = 0;
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	struct bytes next = dossier_batch(f, &pc, "A-2");
	assert_int_equal(change(f, &pc, DEVICE_SUSPENDED, &now), STATUS_OK);
	assert_int_equal(refusal(f, &pc, &next, 1), STATUS_SUSPENDED);
	assert_verifies(f);
	assert_int_equal(change(f, &pc, DEVICE_ACTIVE, &now), STATUS_OK);
	deliver(f, &pc, next);
	assert_true(number(f->hub, "SELECT have FROM chain") == 2);
	assert_verifies(f);
	signing_key_free(pc.key);
}

/* The newest act of the log. */
static void last_act(struct fixture *f, struct bytes *sealed, struct act *act)
{
	struct query q = query_start(f->hub->db, "SELECT body FROM log WHERE type = 2 ORDER BY n DESC LIMIT 1");
	assert_true(query_row(&q));
	struct slice body = query_get_blob(&q, 0);
	bytes_clear(sealed);
	bytes_put(sealed, body.data, body.len);
	assert_int_equal(query_finish(&q), STATUS_OK);
	assert_int_equal(act_open(bytes_slice(sealed), f->hub->identity.hub_id, f->hub->identity.sign_key, act),
			 STATUS_OK);
}

/* ID-03: the act names both batches; one hold for all of them, and a rebuild knows it. */
static void id_03_the_act_of_holding_names_both_batches(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc clone = pc;
	struct bytes own = dossier_batch(f, &pc, "A-1");
	struct bytes other[] = {dossier_batch(f, &clone, "A-2"), next_batch(f, &clone, NULL, 0)};
	struct bytes sealed = bytes_new(LIMIT_ACT);
	struct act act;
	struct hold_act hold;
	uint8_t hash[HASH_LEN];
	reply_free(send_batches(f, &pc, &own, 1));
	int64_t acts = number(f->hub, "SELECT count(*) FROM log WHERE type = 2");
	reply_free(send_batches(f, &pc, other, 2));
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 2") == acts + 1);
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 2);
	last_act(f, &sealed, &act);
	assert_int_equal(act.type, ACT_HOLD);
	assert_true(slice_equal(act.who, slice_str("hub")));
	assert_int_equal(act_hold_take(act.body, &hold), STATUS_OK);
	assert_memory_equal(hold.device, pc.id, DEVICE_ID_LEN);
	assert_true(incarnation_compare(&hold.incarnation, &pc.incarnation) == 0 && hold.seq == 1);
	hash_bytes(bytes_slice(&own), hash);
	assert_memory_equal(hold.stands, hash, HASH_LEN);
	hash_bytes(bytes_slice(&other[0]), hash);
	assert_memory_equal(hold.other, hash, HASH_LEN);
	assert_verifies(f);
	/* Resuming and releasing are two things. */
	enum device_state now = 0;
	assert_int_equal(change(f, &pc, DEVICE_SUSPENDED, &now), STATUS_OK);
	assert_int_equal(change(f, &pc, DEVICE_ACTIVE, &now), STATUS_OK);
	assert_int_equal(refusal(f, &pc, NULL, 0), STATUS_FORK);
	assert_int_equal(device_release(f->hub, pc.id, "tester"), STATUS_OK);
	reply_free(send_batches(f, &pc, NULL, 0));
	assert_verifies(f);
	bytes_free(&sealed);
	bytes_free(&own);
	bytes_free(&other[0]);
	bytes_free(&other[1]);
	signing_key_free(pc.key);
}

static bool is_held(const struct fixture *f)
{
	return number(f->hub, "SELECT count(*) FROM device WHERE held") > 0;
}

static void send_one(struct fixture *f, struct pc *pc, const struct bytes *batch)
{
	reply_free(send_batches(f, pc, batch, 1));
}

/* ID-03: a branch leaves room for another contradiction, and whatever comes again holds nobody again. */
static void id_03_no_hold_comes_back_after_its_release(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc clone = pc;
	struct pc third = pc;
	struct bytes own = dossier_batch(f, &pc, "A-1");
	struct bytes branch[EVIDENCE_MAX];
	for (size_t i = 0; i < EVIDENCE_MAX; i++)
		branch[i] = dossier_batch(f, &clone, "A-other");
	f->now++;
	struct bytes root = dossier_batch(f, &third, "A-third");
	send_one(f, &pc, &own);
	send_one(f, &pc, &branch[0]);
	assert_true(is_held(f));
	/* One at a time: the next of the branch stands where the chain would go on. */
	for (size_t i = 1; i < EVIDENCE_MAX; i++) {
		if (is_held(f))
			assert_int_equal(device_release(f->hub, pc.id, "tester"), STATUS_OK);
		send_one(f, &pc, &branch[i]);
		assert_false(is_held(f));
	}
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == EVIDENCE_MAX / 2);
	send_one(f, &pc, &root);
	assert_true(is_held(f));
	assert_int_equal(device_release(f->hub, pc.id, "tester"), STATUS_OK);
	send_one(f, &pc, &root);
	send_one(f, &pc, &branch[0]);
	assert_false(is_held(f));
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == EVIDENCE_MAX / 2 + 1);
	for (size_t i = 0; i < EVIDENCE_MAX; i++)
		bytes_free(&branch[i]);
	bytes_free(&own);
	bytes_free(&root);
	signing_key_free(pc.key);
}

/* A hub of before let it wait: it is evidence or it waits, never both, or 'device skip' could let it join. */
static void id_03_what_waited_and_is_evidence_waits_no_more(void **state)
{
	struct fixture *f = *state;
	struct skip_report report;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc clone = pc;
	struct bytes own = dossier_batch(f, &pc, "A-1");
	struct bytes branch[] = {dossier_batch(f, &clone, "A-other"), dossier_batch(f, &clone, "A-other"),
				 dossier_batch(f, &clone, "A-other")};
	send_one(f, &pc, &own);
	send_one(f, &pc, &branch[1]);
	assert_int_equal(device_release(f->hub, pc.id, "tester"), STATUS_OK);
	struct query q = query_start(f->hub->db, "INSERT INTO pending (device, ordinal, bits, seq, envelope)"
						 " SELECT device, ordinal, bits, 3, ?1 FROM chain");
	query_blob(&q, 1, bytes_slice(&branch[2]));
	assert_int_equal(query_run(&q), STATUS_OK);
	send_one(f, &pc, &branch[2]);
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 0);
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == 2);
	assert_false(is_held(f));
	assert_int_equal(skip_lost(f->hub, pc.id, 3, "tester", &report), STATUS_EMPTY);
	assert_true(number(f->hub, "SELECT have FROM chain") == 1);
	for (size_t i = 0; i < 3; i++)
		bytes_free(&branch[i]);
	bytes_free(&own);
	signing_key_free(pc.key);
}

/* Whatever a device sends, its evidence takes so much room and no more; what is more is counted. */
static void test_evidence_has_a_quota_and_is_counted_beyond_it(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "05802");
	enum { COUNT = EVIDENCE_MAX + 5 };
	int64_t count = -1;
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	struct bytes forks[COUNT];
	for (size_t i = 0; i < COUNT; i++) {
		struct pc clone = pc;
		clone.seq = 0;
		f->now++;
		forks[i] = dossier_batch(f, &clone, "A-1");
	}
	reply_free(send_batches(f, &pc, forks, COUNT));
	assert_true(number(f->hub, "SELECT count(*) FROM evidence") == EVIDENCE_MAX);
	assert_int_equal(evidence_count(f->hub, pc.id, &count), STATUS_OK);
	assert_true(count == COUNT);
	/* One that is kept is nothing new when it comes again, and holds nobody again. */
	assert_int_equal(device_release(f->hub, pc.id, "tester"), STATUS_OK);
	reply_free(send_batches(f, &pc, forks, 1));
	assert_true(number(f->hub, "SELECT count(*) FROM device WHERE held") == 0);
	assert_int_equal(evidence_count(f->hub, pc.id, &count), STATUS_OK);
	assert_true(count == COUNT);
	assert_int_equal(evidence_count(f->hub, other.id, &count), STATUS_OK);
	assert_true(count == 0);
	for (size_t i = 0; i < COUNT; i++)
		bytes_free(&forks[i]);
	signing_key_free(pc.key);
	signing_key_free(other.key);
}

/* ID-03: what goes on from a batch that contradicts its chain can never join, so it does not wait either. */
static void assert_branch_is_evidence(struct fixture *f, uint8_t number_of_pc, bool backwards)
{
	enum { COUNT = EVIDENCE_MAX + 5 };
	struct pc pc = enrolled_pc(f, number_of_pc, "05801");
	struct pc clone = pc;
	struct bytes own = dossier_batch(f, &pc, "A-1");
	struct bytes branch[COUNT];
	struct bytes sent[COUNT];
	int64_t count = -1;
	for (size_t i = 0; i < COUNT; i++) {
		branch[i] = dossier_batch(f, &clone, "A-other");
		sent[backwards && i > 0 ? COUNT - i : i] = branch[i];
	}
	reply_free(send_batches(f, &pc, &own, 1));
	struct reply *r = send_batches(f, &pc, sent, COUNT);
	assert_int_equal(r->head.n_pending, 0);
	reply_free(r);
	assert_int_equal(evidence_count(f->hub, pc.id, &count), STATUS_OK);
	assert_true(count == COUNT);
	assert_int_equal(device_release(f->hub, pc.id, "tester"), STATUS_OK);
	/* Nor does what was sealed before its device knew; it is no reason to hold that again. */
	struct bytes later = dossier_batch(f, &clone, "A-other");
	r = send_batches(f, &pc, &later, 1);
	assert_int_equal(r->head.n_pending, 0);
	reply_free(r);
	assert_true(number(f->hub, "SELECT count(*) FROM device WHERE held") == 0);
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 0);
	/* What goes on from nothing that is known waits as ever. */
	clone.prev[0] ^= 1;
	struct bytes waits = dossier_batch(f, &clone, "A-other");
	r = send_batches(f, &pc, &waits, 1);
	assert_int_equal(r->head.n_pending, 1);
	reply_free(r);
	sql(f, "DELETE FROM pending");
	assert_verifies(f);
	for (size_t i = 0; i < COUNT; i++)
		bytes_free(&branch[i]);
	bytes_free(&own);
	bytes_free(&later);
	bytes_free(&waits);
	signing_key_free(pc.key);
}

static void id_03_what_goes_on_from_evidence_is_evidence_in_any_order(void **state)
{
	struct fixture *f = *state;
	assert_branch_is_evidence(f, 1, false);
	assert_branch_is_evidence(f, 2, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_every_change_of_state_is_allowed_or_says_why_not),
		HUB_TEST(test_suspended_device_is_refused_and_taken_again_after_resuming),
		HUB_TEST(id_03_the_act_of_holding_names_both_batches),
		HUB_TEST(id_03_what_goes_on_from_evidence_is_evidence_in_any_order),
		HUB_TEST(id_03_no_hold_comes_back_after_its_release),
		HUB_TEST(id_03_what_waited_and_is_evidence_waits_no_more),
		HUB_TEST(test_evidence_has_a_quota_and_is_counted_beyond_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
