#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hub/hub_fixture.h"

#include "hub/refusals.h"
#include "hub/retry.h"
#include "hub/verify.h"

static void assert_sound(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	assert_int_equal(verify_run(f->hub, false, report), STATUS_OK);
	free(report);
	/* And a rebuild gives what is there (L6). */
	struct bytes rows = derived_rows(f->hub);
	struct hub_transaction t;
	struct state state = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_rebuild(&state, f->hub->db), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&state);
	assert_derived(f->hub, &rows);
	bytes_free(&rows);
}

struct listed {
	size_t count;
	int64_t entry[16];
	uint32_t index[16];
	enum verdict why[16];
	char key[16][LIMIT_KEY + 1];
};

static enum status list(void *context, const struct refusal *refusal)
{
	struct listed *listed = context;
	size_t n = listed->count++;
	assert_true(n < 16);
	listed->entry[n] = refusal->entry;
	listed->index[n] = refusal->index;
	listed->why[n] = refusal->why;
	if (refusal->change == NULL)
		return STATUS_OK;
	memcpy(listed->key[n], refusal->change->key.data, refusal->change->key.len);
	return STATUS_OK;
}

static struct listed refusals(struct fixture *f)
{
	struct listed listed = {0};
	assert_int_equal(refusals_walk(f->hub, list, &listed), STATUS_OK);
	return listed;
}

static void retry(struct fixture *f, int64_t judged, int64_t taken)
{
	struct retry_count count;
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	assert_int_equal(retry_run(f->hub, "tester", &count), STATUS_OK);
	assert_true(count.judged == judged);
	assert_true(count.taken == taken);
	/* Nothing to take is no act. */
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries + (taken > 0));
}

static void take_units(struct fixture *f, const char *rows)
{
	char csv[400];
	struct units_fault fault;
	(void)snprintf(csv, sizeof(csv), "code,name,level,parent\n%s", rows);
	assert_int_equal(import_units(f->hub, csv, &fault), STATUS_OK);
}

/* Of a batch of six: 1 unknown, 2 of another unit, 4 unknown and unknown for good. */
static struct pc send_mixed(struct fixture *f)
{
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change changes[] = {dossier_of("A-0", f->now, "05801"), dossier_of("A-1", f->now, "05809"),
				   dossier_of("A-2", f->now, "05901"), dossier_of("A-3", f->now, "058"),
				   dossier_of("A-4", f->now, "99999"), dossier_of("A-5", f->now, "05809")};
	deliver(f, &pc, next_batch(f, &pc, changes, 6));
	return pc;
}

static void test_refusals_are_told_in_the_order_of_the_log(void **state)
{
	struct fixture *f = *state;
	struct pc pc = send_mixed(f);
	deliver(f, &pc, dossier_batch(f, &pc, "B-1"));
	deliver(f, &pc, unreadable_batch(f, &pc));
	struct listed listed = refusals(f);
	static const struct {
		uint32_t index;
		enum verdict why;
		const char *key;
	} expected[] = {{1, VERDICT_UNKNOWN_UNIT, "A-1"},
			{2, VERDICT_OTHER_UNIT, "A-2"},
			{4, VERDICT_UNKNOWN_UNIT, "A-4"},
			{5, VERDICT_UNKNOWN_UNIT, "A-5"},
			{REFUSED_WHOLE, VERDICT_UNREADABLE, ""}};
	assert_int_equal(listed.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(listed.index[i], expected[i].index);
		assert_int_equal(listed.why[i], expected[i].why);
		assert_string_equal(listed.key[i], expected[i].key);
	}
	assert_true(listed.entry[4] == listed.entry[0] + 2);
	signing_key_free(pc.key);
}

static void test_record_of_a_unit_that_came_later_is_taken_as_of_its_arrival(void **state)
{
	struct fixture *f = *state;
	struct pc pc = send_mixed(f);
	int64_t accepted_at = f->now;
	retry(f, 4, 0);
	f->now += 40 * DAY;
	take_units(f, "05809,Xa A9,commune,058\n");
	retry(f, 4, 2);
	assert_true(number(f->hub, "SELECT count(*) FROM thing WHERE key IN ('A-1', 'A-5')") == 2);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE unit = '05809'") == 2);
	assert_true(number(f->hub, "SELECT count(*) FROM heard WHERE unit = '05809'") == 1);
	struct thing thing = thing_new(KIND_DOSSIER);
	struct query q = query_start(f->hub->db, "SELECT writes FROM thing WHERE key = 'A-5'");
	assert_true(query_row(&q));
	assert_int_equal(thing_read(query_get_blob(&q, 0), &thing), STATUS_OK);
	assert_int_equal(thing.n_origins, 1);
	assert_true(thing.origins[0].accepted_at == accepted_at);
	assert_int_equal(thing.origins[0].index, 5);
	assert_true(thing.origins[0].seq == 1);
	assert_memory_equal(thing.origins[0].device, pc.id, DEVICE_ID_LEN);
	thing_free(&thing);
	assert_int_equal(query_finish(&q), STATUS_OK);
	assert_sound(f);
	signing_key_free(pc.key);
}

static void test_what_was_taken_is_not_judged_again(void **state)
{
	struct fixture *f = *state;
	struct pc pc = send_mixed(f);
	take_units(f, "05809,Xa A9,commune,058\n");
	retry(f, 4, 2);
	assert_int_equal(refusals(f).count, 2);
	retry(f, 2, 0);
	/* The unit of another moves below the device's. */
	take_units(f, "059,Huyen B,district,058\n");
	retry(f, 2, 1);
	retry(f, 1, 0);
	assert_string_equal(refusals(f).key[0], "A-4");
	assert_sound(f);
	signing_key_free(pc.key);
}

static void test_later_words_stand_whatever_is_taken_after_them(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change early = dossier_of("A-1", f->now, "05809");
	deliver(f, &pc, next_batch(f, &pc, &early, 1));
	f->now += DAY;
	struct change late = dossier_of("A-1", f->now, "05801");
	change_set_number(&late, FIELD_STATUS, DOSSIER_DONE);
	deliver(f, &pc, next_batch(f, &pc, &late, 1));
	take_units(f, "05809,Xa A9,commune,058\n");
	retry(f, 1, 1);
	assert_true(number(f->hub, "SELECT status FROM dossier WHERE code = 'A-1'") == DOSSIER_DONE);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE unit = '05801'") == 1);
	assert_sound(f);
	signing_key_free(pc.key);
}

static void test_full_thing_takes_no_more_and_stays_listed(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change *many = calloc(LIMIT_THING_CHANGES, sizeof(*many));
	assert_non_null(many);
	for (int i = 0; i < LIMIT_THING_CHANGES; i++) {
		many[i] = dossier_of("A-1", f->now + i, i >= LIMIT_THING_CHANGES - 1 ? "05801" : "058");
		if (i == 3 || i == 4)
			many[i] = dossier_of("A-1", f->now + i, "05809");
	}
	deliver(f, &pc, next_batch(f, &pc, many, LIMIT_THING_CHANGES));
	struct change last = dossier("A-1", f->now + 2 * MINUTE);
	deliver(f, &pc, next_batch(f, &pc, &last, 1));
	free(many);
	/* One place is left for two. */
	take_units(f, "05809,Xa A9,commune,058\n");
	retry(f, 2, 1);
	struct listed left = refusals(f);
	assert_int_equal(left.count, 1);
	assert_int_equal(left.index[0], 4);
	retry(f, 1, 0);
	assert_sound(f);
	signing_key_free(pc.key);
}

static enum status apply(struct fixture *f, const uint8_t *body, size_t len)
{
	struct state fold = state_of(f->hub);
	struct act act = {.type = ACT_RETRY, .body = slice_of(body, len)};
	enum status s = retry_apply(&fold, &act);
	state_clear(&fold);
	return s;
}

static void test_act_that_names_no_record_is_not_applied(void **state)
{
	struct fixture *f = *state;
	struct pc pc = send_mixed(f); /* entry 5: after the identity, the units, the invitation, the enrolment */
	static const uint8_t no_entry[] = {0x81, 0x82, 0x09, 0x81, 0x00};
	static const uint8_t an_act[] = {0x81, 0x82, 0x02, 0x81, 0x00};
	static const uint8_t no_record[] = {0x81, 0x82, 0x05, 0x81, 0x06};
	static const uint8_t the_last[] = {0x81, 0x82, 0x05, 0x81, 0x05};
	assert_int_equal(apply(f, no_entry, sizeof(no_entry)), STATUS_MALFORMED);
	assert_int_equal(apply(f, an_act, sizeof(an_act)), STATUS_MALFORMED);
	assert_int_equal(apply(f, no_record, sizeof(no_record)), STATUS_MALFORMED);
	assert_int_equal(apply(f, the_last, sizeof(the_last)), STATUS_OK);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_refusals_are_told_in_the_order_of_the_log),
		HUB_TEST(test_record_of_a_unit_that_came_later_is_taken_as_of_its_arrival),
		HUB_TEST(test_what_was_taken_is_not_judged_again),
		HUB_TEST(test_later_words_stand_whatever_is_taken_after_them),
		HUB_TEST(test_full_thing_takes_no_more_and_stays_listed),
		HUB_TEST(test_act_that_names_no_record_is_not_applied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
