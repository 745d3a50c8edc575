#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/agent/office.h"

#include "agent/book.h"
#include "agent/compare_ask.h"
#include "agent/compare_repair.h"
#include "agent/seal.h"
#include "agent/sync.h"

static const struct period MAY = {19844, 19874};
enum { NOON_DAY = 19865 };

/* What the hub has is what the book has, but for one thing each. */
struct there {
	const struct office *office;
	struct digest digest;
	const char *without;     /* a key */
	const char *fewer;       /* of this key the fields but its fee */
	const char *unfounded;   /* of this key the mark */
	const char *never_heard; /* a thing only the hub has, with the writes of every other */
	const char *nobodys;     /* and one without any */
	uint64_t have;
};

static bool every(const void *context, const struct origin *origin)
{
	(void)context;
	(void)origin;
	return true;
}

static bool is(const char *name, struct slice key)
{
	return name != NULL && slice_equal(slice_str(name), key);
}

static enum status tell(void *context, enum kind kind, struct slice key, const struct thing *thing)
{
	static const struct digest_choice all = {.includes = every};
	struct there *there = context;
	struct thing told = *thing;
	bool added = false;
	(void)kind;
	if (is(there->without, key))
		return STATUS_OK;
	/* The fee is the last field these tests write. */
	if (is(there->fewer, key))
		told.n_writes--;
	if (there->never_heard != NULL)
		check_ok(digest_add(&there->digest, &told, slice_str(there->never_heard), &all, 0, &added));
	there->never_heard = NULL;
	return digest_add(&there->digest, &told, key, &all, is(there->unfounded, key) ? DIGEST_UNFOUNDED : 0,
			  &added);
}

static struct compare_heard answer(const struct office *office, struct there there, int64_t hub_time,
				   const struct comparison_question *question)
{
	static const struct comparison_question nothing;
	struct compare_heard heard = {.sealed = bytes_new(LIMIT_REPLY)};
	struct comparison_answer a = {.epoch = 1, .hub_time = hub_time, .n_chains = 1};
	there.digest = digest_new(MAY);
	check_ok(book_each(office->agent, KIND_NONE, tell, &there));
	if (there.nobodys != NULL)
		check_ok(digest_add_bare(&there.digest, KIND_DOSSIER, NOON_DAY, slice_str(there.nobodys),
					 DIGEST_UNFOUNDED));
	check_ok(digest_finish(&there.digest));
	a.chains[0] = (struct comparison_chain){.incarnation = office->agent->incarnation, .have = there.have};
	memcpy(a.device, office->agent->device, DEVICE_ID_LEN);
	const struct comparison_content content = {.digest = &there.digest,
						   .question = question == NULL ? &nothing : question};
	check_ok(compared_seal(&a, &content, office->hub.id, office->hub.key, &heard.sealed));
	check_ok(compared_open(bytes_slice(&heard.sealed), office->hub.id, signing_key_public(office->hub.key),
			       &heard.answer));
	digest_free(&there.digest);
	return heard;
}

struct laid {
	struct compare_heard heard;
	struct compare_own own;
	struct compare_result result;
};

static struct laid lay_asked(struct office *office, struct there there, const struct comparison_question *question)
{
	struct laid laid = {.heard = answer(office, there, NOON, question)};
	check_ok(compare_sum(office->agent, MAY, COMPARE_AS_OF, &laid.heard.answer, &laid.own));
	check_ok(compare_lay(office->agent, &laid.own, &laid.heard.answer, MAY, &laid.result));
	return laid;
}

static struct laid lay(struct office *office, struct there there)
{
	return lay_asked(office, there, NULL);
}

static void laid_free(struct laid *laid)
{
	compare_result_free(&laid->result);
	compare_own_free(&laid->own);
	compare_heard_free(&laid->heard);
}

static void enter(struct office *office, const char *code, int64_t fee)
{
	struct change c = dossier(code, NOON, DOSSIER_ACCEPTED);
	change_set_number(&c, FIELD_RECEIVED_AT, NOON);
	change_set_number(&c, FIELD_FEE, fee);
	assert_true(queue_one(office->agent, &c));
}

/* Three dossiers, sent and acknowledged in one batch. */
static void send_three(struct office *office)
{
	struct sync_report report;
	for (int i = 1; i <= 3; i++) {
		char code[8];
		(void)snprintf(code, sizeof(code), "A-%d", i);
		enter(office, code, 1000 * i);
	}
	check_ok(sync_run(office->agent, false, &report));
}

static void assert_only(const struct laid *laid, enum compare_verdict verdict, const char *key, size_t here,
			size_t there)
{
	assert_false(compare_agrees(&laid->result));
	assert_int_equal(laid->result.n_differences, 1);
	const struct compare_difference *d = &laid->result.differences[0];
	assert_int_equal(d->verdict, verdict);
	assert_string_equal(d->key, key);
	assert_int_equal(d->here, here);
	assert_int_equal(d->there, there);
	assert_int_equal(d->day, verdict == COMPARE_ONLY_THERE || here + there == 0 ? d->day : NOON_DAY);
}

static void equal_sides_agree(void **state)
{
	struct office *office = *state;
	send_three(office);
	struct laid laid = lay(office, (struct there){.have = 1});
	assert_true(compare_agrees(&laid.result));
	assert_int_equal(laid.result.n_days, 1);
	assert_int_equal(laid.result.days[0].here, 3);
	assert_int_equal(laid.own.later, 0);
	laid_free(&laid);
}

static void each_difference_is_named_and_nothing_else(void **state)
{
	struct office *office = *state;
	send_three(office);
	struct laid laid = lay(office, (struct there){.have = 1, .without = "A-2"});
	assert_only(&laid, COMPARE_ONLY_HERE, "A-2", 3, 0);
	laid_free(&laid);
	laid = lay(office, (struct there){.have = 1, .fewer = "A-3"});
	assert_only(&laid, COMPARE_WRITES, "A-3", 1, 0);
	laid_free(&laid);
	laid = lay(office, (struct there){.have = 1, .unfounded = "A-1"});
	assert_only(&laid, COMPARE_COUNTED, "A-1", 0, 0);
	laid_free(&laid);
	laid = lay(office, (struct there){.have = 1, .never_heard = "B-1"});
	assert_only(&laid, COMPARE_ONLY_THERE, "B-1", 0, 3);
	laid_free(&laid);
	laid = lay(office, (struct there){.have = 1, .nobodys = "B-2"});
	assert_only(&laid, COMPARE_COUNTED, "B-2", 0, 0);
	laid_free(&laid);
}

/* The answer had no reason to go into the day when it was asked, and now it differs. */
static void a_day_the_answer_does_not_go_into_is_said(void **state)
{
	struct office *office = *state;
	struct compare_own own;
	struct comparison_question question = {.days = MAY};
	send_three(office);
	struct laid equal = lay(office, (struct there){.have = 1, .without = "A-2"});
	/* As if this PC had had the very sums of the hub when it asked. */
	struct digest theirs = digest_new(MAY);
	theirs.n_sums = equal.heard.answer.n_sums;
	memcpy(theirs.sums, equal.heard.answer.sums, sizeof(theirs.sums));
	compare_put_sums(&question, &theirs);
	struct laid laid = lay_asked(office, (struct there){.have = 1, .without = "A-2"}, &question);
	assert_false(compare_agrees(&laid.result));
	assert_int_equal(laid.result.n_differences, 0);
	assert_true(laid.result.days[0].unknown);
	laid_free(&laid);
	laid_free(&equal);
	check_ok(compare_sum(office->agent, MAY, COMPARE_ACKNOWLEDGED, NULL, &own));
	assert_int_equal(own.digest.n_lines, 3);
	compare_own_free(&own);
}

static void what_is_not_sent_is_no_difference(void **state)
{
	struct office *office = *state;
	size_t sealed = 0;
	send_three(office);
	struct there before = {.have = 1, .without = "A-4"};
	enter(office, "A-4", 4000);
	struct laid laid = lay(office, before);
	assert_true(compare_agrees(&laid.result));
	assert_int_equal(laid.own.later, 1);
	laid_free(&laid);
	/* Sealed for a stick it is what the hub will have. */
	check_ok(seal_waiting(office->agent, false, &sealed));
	struct compare_own own;
	check_ok(compare_sum(office->agent, MAY, COMPARE_SEALED, NULL, &own));
	assert_int_equal(own.digest.n_lines, 4);
	compare_own_free(&own);
	check_ok(compare_sum(office->agent, MAY, COMPARE_ACKNOWLEDGED, NULL, &own));
	assert_int_equal(own.digest.n_lines, 3);
	compare_own_free(&own);
}

/* The hub has it, its receipt was lost on the way: nobody lacks anything. */
static void what_waits_for_its_receipt_is_no_difference(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	office->hub.mood = TAKES_AND_BREAKS;
	enter(office, "A-1", 1000);
	assert_true(sync_run(office->agent, false, &report) != STATUS_OK);
	struct laid laid = lay(office, (struct there){.have = 1});
	assert_true(compare_agrees(&laid.result));
	assert_int_equal(laid.result.unacknowledged, 1);
	laid_free(&laid);
	/* A thing that nobody here ever wrote is one all the same. */
	laid = lay(office, (struct there){.have = 1, .nobodys = "B-2"});
	assert_only(&laid, COMPARE_COUNTED, "B-2", 0, 0);
	laid_free(&laid);
}

static void what_was_refused_or_sent_under_an_earlier_key_is_left_out(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	office->hub.mood = REFUSES_SECOND;
	enter(office, "A-1", 1000);
	enter(office, "A-2", 2000);
	check_ok(sync_run(office->agent, false, &report));
	struct laid laid = lay(office, (struct there){.have = 1, .without = "A-2"});
	assert_true(compare_agrees(&laid.result));
	assert_int_equal(laid.result.days[0].here, 1);
	laid_free(&laid);
	/* The hub took it in an earlier life, before this database was put back: that is told. */
	laid = lay(office, (struct there){.have = 1});
	assert_false(compare_agrees(&laid.result));
	assert_int_equal(laid.result.unacknowledged, 0);
	assert_only(&laid, COMPARE_ONLY_THERE, "A-2", 0, laid.result.differences[0].there);
	laid_free(&laid);
	check_ok(database_begin(office->agent->db));
	check_ok(store_set_number(office->agent->db, STORE_KEY_FROM, 2));
	check_ok(database_commit(office->agent->db));
	struct compare_own own;
	check_ok(compare_sum(office->agent, MAY, COMPARE_ACKNOWLEDGED, NULL, &own));
	assert_int_equal(own.digest.n_lines, 0);
	compare_own_free(&own);
}

/* Exactly the lacking writes go again, with their own time; what is here stays what it was. */
static void a_repair_says_again_what_is_lacking(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	int64_t changes = 0;
	send_three(office);
	struct laid before = lay(office, (struct there){.have = 1, .fewer = "A-3", .without = "A-2"});
	assert_int_equal(before.result.n_differences, 2);
	check_ok(compare_repair(office->agent, &before.own, &before.heard.answer, &before.result, &changes));
	assert_true(changes == 2);
	assert_true(waiting(office->agent) == 2);
	struct bytes record = bytes_new(LIMIT_LINE);
	struct change c;
	check_ok(queue_record(office->agent, 5, &record));
	check_ok(change_decode(bytes_slice(&record), &c));
	assert_true(slice_equal(c.key, slice_str("A-3")));
	assert_true(c.changed_at == NOON);
	assert_true(change_mask(&c) == UINT64_C(1) << FIELD_FEE);
	bytes_free(&record);
	/* Asked for once more before it was sent, it is on its way already. */
	struct laid again = lay(office, (struct there){.have = 1, .fewer = "A-3", .without = "A-2"});
	check_ok(compare_repair(office->agent, &again.own, &again.heard.answer, &again.result, &changes));
	assert_true(changes == 0);
	assert_true(waiting(office->agent) == 2);
	laid_free(&again);
	check_ok(sync_run(office->agent, false, &report));
	struct laid after = lay(office, (struct there){.have = 2});
	assert_true(compare_agrees(&after.result));
	assert_memory_equal(after.own.digest.sums[0].hash, before.own.digest.sums[0].hash, HASH_LEN);
	/* What only the hub has is left alone. */
	laid_free(&after);
	/* Said twice by now, it is repaired once. */
	after = lay(office, (struct there){.have = 2, .without = "A-2"});
	check_ok(compare_repair(office->agent, &after.own, &after.heard.answer, &after.result, &changes));
	assert_true(changes == 1);
	laid_free(&after);
	after = lay(office, (struct there){.have = 2, .nobodys = "B-2"});
	check_ok(compare_repair(office->agent, &after.own, &after.heard.answer, &after.result, &changes));
	assert_true(changes == 0);
	laid_free(&after);
	laid_free(&before);
}

static void the_newest_answer_is_kept_and_the_last_that_agreed(void **state)
{
	struct office *office = *state;
	const struct agent *a = office->agent;
	struct compare_heard recalled;
	int64_t at = 0;
	bool ours = false;
	send_three(office);
	assert_int_equal(compare_recall(a, MAY, &recalled), STATUS_EMPTY);
	compare_heard_free(&recalled);
	struct compare_heard heard[2] = {
		answer(office, (struct there){.have = 1}, NOON, NULL),
		answer(office, (struct there){.have = 1, .without = "A-1"}, NOON + 1, NULL)};
	for (int i = 1; i >= 0; i--) {
		check_ok(database_begin(a->db));
		check_ok(compare_keep(a, bytes_slice(&heard[i].sealed), &ours));
		check_ok(database_commit(a->db));
		assert_true(ours);
		check_ok(compare_recall(a, MAY, &recalled));
		assert_true(recalled.answer.hub_time == NOON + 1);
		compare_heard_free(&recalled);
	}
	check_ok(compare_agreed_at(a, MAY, &at));
	assert_true(at == TIME_UNSET);
	check_ok(compare_note_agreed(a, &heard[0]));
	check_ok(compare_agreed_at(a, MAY, &at));
	assert_true(at == NOON);
	/* Neither a longer month nor a word that is not the hub's. */
	assert_int_equal(compare_recall(a, (struct period){MAY.from, MAY.to + 1}, &recalled), STATUS_EMPTY);
	compare_heard_free(&recalled);
	heard[1].sealed.data[heard[1].sealed.len - 1] ^= 1;
	check_ok(database_begin(a->db));
	check_ok(compare_keep(a, bytes_slice(&heard[1].sealed), &ours));
	check_ok(database_commit(a->db));
	assert_false(ours);
	for (int i = 0; i < 2; i++)
		compare_heard_free(&heard[i]);
}

static void a_month_asked_about_in_vain_goes_with_the_next_stick(void **state)
{
	struct office *office = *state;
	const struct agent *a = office->agent;
	static const struct period february = {19754, 19782};
	const struct period wanted[] = {{19814, 19874}, february, {19814, 19874}};
	for (size_t i = 0; i < 3; i++) {
		struct bytes sealed = bytes_new(LIMIT_REPLY);
		struct comparison_question q;
		struct slice payload;
		check_ok(compare_question_carried(a, &sealed));
		check_ok(envelope_open(bytes_slice(&sealed), MESSAGE_COMPARE, office->hub.id,
				       office->hub.device_key, &payload));
		check_ok(compare_read(payload, &q));
		/* This month and the one before, or the one that was asked about. */
		assert_int_equal(q.days.from, wanted[i].from);
		assert_int_equal(q.days.to, wanted[i].to);
		bytes_free(&sealed);
		if (i == 0)
			check_ok(compare_note_asked(a, february));
		if (i != 1)
			continue;
		/* Its answer settles it. */
		bool ours = false;
		struct bytes reply = bytes_new(LIMIT_REPLY);
		struct digest nothing = digest_new(february);
		struct comparison_answer said = {.hub_time = NOON};
		const struct comparison_content content = {.digest = &nothing, .question = &q};
		memcpy(said.device, a->device, DEVICE_ID_LEN);
		check_ok(compared_seal(&said, &content, office->hub.id, office->hub.key, &reply));
		check_ok(database_begin(a->db));
		check_ok(compare_keep(a, bytes_slice(&reply), &ours));
		check_ok(database_commit(a->db));
		assert_true(ours);
		bytes_free(&reply);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(equal_sides_agree),
		WITH_OFFICE(each_difference_is_named_and_nothing_else),
		WITH_OFFICE(a_day_the_answer_does_not_go_into_is_said),
		WITH_OFFICE(what_is_not_sent_is_no_difference),
		WITH_OFFICE(what_waits_for_its_receipt_is_no_difference),
		WITH_OFFICE(what_was_refused_or_sent_under_an_earlier_key_is_left_out),
		WITH_OFFICE(a_repair_says_again_what_is_lacking),
		WITH_OFFICE(the_newest_answer_is_kept_and_the_last_that_agreed),
		WITH_OFFICE(a_month_asked_about_in_vain_goes_with_the_next_stick),
	};
	return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
