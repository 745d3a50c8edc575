#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hub/hub_fixture.h"

static void rebuild(struct fixture *f)
{
	struct hub_transaction t;
	struct state state = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_rebuild(&state, f->hub->db), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&state);
}

/* L6: state = fold(log). What intake left is what the log gives when it is folded from its start. */
static void assert_rebuilds(struct fixture *f)
{
	struct bytes rows = derived_rows(f->hub);
	rebuild(f);
	assert_derived(f->hub, &rows);
	/* And from nothing at all. */
	for (const struct derived_table *t = DERIVED_TABLES; t->name != NULL; t++)
		sql(f, t->clear);
	rebuild(f);
	assert_derived(f->hub, &rows);
	bytes_free(&rows);
}

static int32_t heard_day(struct fixture *f, const struct pc *pc)
{
	struct query q = query_start(f->hub->db, "SELECT heard_day FROM device WHERE id = ?1");
	query_blob(&q, 1, slice_of(pc->id, DEVICE_ID_LEN));
	assert_true(query_row(&q));
	int32_t day = query_is_null(&q, 0) ? DAY_UNSET : (int32_t)query_get_int(&q, 0);
	assert_int_equal(query_finish(&q), STATUS_OK);
	return day;
}

/* A heartbeat sealed at a time, of a PC that has seen a head of a time. */
static void beat(struct fixture *f, struct pc *pc, int64_t sealed_at, int64_t head_time)
{
	struct batch_head head = next_head(f, pc);
	head.sealed_at = sealed_at;
	head.head_time = head_time;
	struct bytes sealed = seal_batch(f, pc->key, &head, NULL, 0);
	hash_bytes(bytes_slice(&sealed), pc->prev);
	pc->seq++;
	deliver(f, pc, sealed);
}

static void test_heartbeat_moves_the_day_a_device_was_heard(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	assert_int_equal(heard_day(f, &pc), DAY_UNSET);
	beat(f, &pc, f->now, 0);
	assert_int_equal(heard_day(f, &pc), START_DAY);
	f->now += DAY;
	beat(f, &pc, f->now, 0);
	assert_int_equal(heard_day(f, &pc), START_DAY + 1);
	assert_true(number(f->hub, "SELECT count(*) FROM thing") == 0);
	assert_rebuilds(f);
	signing_key_free(pc.key);
}

/* Contract section 6: min(sealed_at, accepted_at), not before the hub time of the head it names. */
static void test_day_heard_is_bounded_on_both_sides_and_never_falls(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	beat(f, &pc, f->now - 10 * DAY, 0);
	assert_int_equal(heard_day(f, &pc), START_DAY - 10);
	/* A clock that runs behind: the head it has seen says it was later. */
	beat(f, &pc, f->now - 10 * DAY, f->now - 3 * DAY);
	assert_int_equal(heard_day(f, &pc), START_DAY - 3);
	/* A head from the future is no head of ours. */
	beat(f, &pc, f->now - 10 * DAY, f->now + 5 * DAY);
	assert_int_equal(heard_day(f, &pc), START_DAY - 3);
	/* A clock that runs ahead is bounded by our own. */
	beat(f, &pc, f->now + 20 * DAY, 0);
	assert_int_equal(heard_day(f, &pc), START_DAY);
	beat(f, &pc, f->now - 2 * DAY, 0);
	assert_int_equal(heard_day(f, &pc), START_DAY);
	assert_rebuilds(f);
	signing_key_free(pc.key);
}

/* Everything that can stand in a log, and the ways it can have come there. */
static void fill_hub(struct fixture *f, struct pc *pc, struct pc *above)
{
	struct units_fault fault;
	*pc = enrolled_pc(f, 1, "05801");
	*above = enrolled_pc(f, 2, "058");
	struct change later = dossier_of("A-1", f->now, "05801");
	change_set_number(&later, FIELD_STATUS, DOSSIER_DONE);
	change_set_number(&later, FIELD_FINISHED_AT, f->now);
	struct change mixed[] = {dossier_of("B-1", f->now, "05802"), dossier_of("B-2", f->now, "99999"), later};
	struct change equipment = change_new(KIND_EQUIPMENT);
	equipment.changed_at = f->now;
	equipment.key = slice_str("PC-1");
	change_set_number(&equipment, FIELD_STATE, STATE_IN_USE);
	struct bytes first = dossier_batch(f, pc, "A-1");
	deliver(f, pc, dossier_batch(f, pc, "A-2"));
	deliver(f, above, next_batch(f, above, mixed, 3));
	f->now += MINUTE;
	deliver(f, pc, first);
	deliver(f, pc, unreadable_batch(f, pc));
	deliver(f, pc, next_batch(f, pc, &equipment, 1));
	pc->incarnation.ordinal = 2;
	pc->seq = 0;
	deliver(f, pc, dossier_batch(f, pc, "A-1"));
	assert_int_equal(import_units(f->hub, "code,name,level,parent\n05803,Xa A3,commune,058\n", &fault),
			 STATUS_OK);
	deliver(f, pc, next_batch(f, pc, NULL, 0));
}

static void test_rebuilding_gives_the_same_tables(void **state)
{
	struct fixture *f = *state;
	struct pc pc;
	struct pc above;
	struct invitation waiting = invite(f->hub, "05802", true);
	struct pc third = pc_new(3);
	struct bytes body = enrolment(f, &third, &waiting);
	struct bytes out = bytes_new(LIMIT_REPLY);
	char fingerprint[FINGERPRINT_TEXT];
	uint8_t confirmed[DEVICE_ID_LEN];
	fill_hub(f, &pc, &above);
	assert_int_equal(take_enrolment(f->hub, bytes_slice(&body), &out), STATUS_OK);
	assert_rebuilds(f);
	fingerprint_format(f->hub->identity.hub_id, signing_key_public(third.key), fingerprint);
	assert_int_equal(enrol_confirm(f->hub, fingerprint, "tester", confirmed), STATUS_OK);
	assert_rebuilds(f);
	/* And it goes on from there. */
	deliver(f, &pc, dossier_batch(f, &pc, "A-9"));
	deliver(f, &third, dossier_batch(f, &third, "C-1"));
	assert_rebuilds(f);
	bytes_free(&out);
	bytes_free(&body);
	signing_key_free(pc.key);
	signing_key_free(above.key);
	signing_key_free(third.key);
}

/* L6, rule 5: who stands above whom decides what counts; a change of the list is seen at once and by a rebuild. */
static void test_change_of_units_changes_what_counts(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	struct pc above = enrolled_pc(f, 1, "058");
	struct change c = dossier_of("A-1", f->now, "05801");
	deliver(f, &above, next_batch(f, &above, &c, 1));
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 1);
	assert_int_equal(import_units(f->hub, "code,name,level,parent\n05801,Xa A1,commune,059\n", &fault),
			 STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 0);
	assert_rebuilds(f);
	assert_int_equal(import_units(f->hub, "code,name,level,parent\n05801,Xa A1,commune,058\n", &fault),
			 STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 1);
	assert_rebuilds(f);
	signing_key_free(above.key);
}

/* The things and what follows from them, without the numbers of the log that tell how they came. */
static struct bytes folded_rows(struct fixture *f)
{
	struct bytes all = bytes_new(1024 * 1024);
	struct query q = query_start(f->hub->db, "SELECT t.key, t.writes, d.unit, d.status, d.history FROM thing t"
						 " LEFT JOIN dossier d ON d.code = t.key ORDER BY t.key");
	while (query_row(&q)) {
		for (int i = 0; i < 5; i++) {
			struct slice cell = query_get_blob(&q, i);
			cbor_put_bytes(&all, cell.data, cell.len);
		}
	}
	assert_int_equal(query_finish(&q), STATUS_OK);
	return all;
}

enum { BATCHES = 4 };

/* Two PCs tell of the same dossiers, two batches each; they come in the order given, some of them twice. */
static struct bytes rows_after(const int *order, size_t count)
{
	void *state = NULL;
	assert_int_equal(fixture_up(&state), 0);
	struct fixture *f = state;
	struct pc pcs[2] = {enrolled_pc(f, 1, "05801"), enrolled_pc(f, 2, "05801")};
	struct bytes batches[BATCHES];
	for (int i = 0; i < BATCHES; i++) {
		struct change changes[] = {dossier("A-1", f->now + (i * 7 % 4) * MINUTE), dossier("A-2", f->now),
					   dossier(i < 2 ? "A-3" : "A-4", f->now)};
		change_set_number(&changes[0], FIELD_STATUS, DOSSIER_IN_PROGRESS + i);
		change_set_number(&changes[1], FIELD_FEE, 1000 * i);
		batches[i] = next_batch(f, &pcs[i % 2], changes, 3);
	}
	for (size_t i = 0; i < count; i++) {
		struct reply *r = send_batches(f, &pcs[order[i] % 2], &batches[order[i]], 1);
		reply_free(r);
	}
	assert_true(number(f->hub, "SELECT count(*) FROM batch") == BATCHES);
	struct bytes rows = folded_rows(f);
	for (int i = 0; i < BATCHES; i++)
		bytes_free(&batches[i]);
	signing_key_free(pcs[0].key);
	signing_key_free(pcs[1].key);
	assert_int_equal(fixture_down(&state), 0);
	return rows;
}

/* L5: any order, any repetition. */
static void test_order_and_repetition_do_not_change_the_state(void **state)
{
	static const int orders[][6] = {
		{0, 1, 2, 3, 0, 1}, {3, 2, 1, 0, 0, 3}, {2, 2, 3, 0, 0, 1}, {1, 3, 3, 1, 2, 0}};
	(void)state;
	struct bytes first = rows_after(orders[0], 6);
	assert_true(first.len > 0);
	for (size_t i = 1; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct bytes rows = rows_after(orders[i], 6);
		assert_true(slice_equal(bytes_slice(&first), bytes_slice(&rows)));
		bytes_free(&rows);
	}
	bytes_free(&first);
}

/* An entry that cannot be applied stops the rebuild, and the state stays as it was. */
static void test_rebuild_that_fails_leaves_the_state(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct hub_transaction t;
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	struct bytes rows = derived_rows(f->hub);
	sql(f, "UPDATE log SET body = x'00' WHERE n = 4");
	struct state again = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_not_equal(state_rebuild(&again, f->hub->db), STATUS_OK);
	hub_rollback(&t);
	state_clear(&again);
	assert_derived(f->hub, &rows);
	assert_int_equal(registry_device_count(f->hub->registry), 1);
	assert_int_equal(registry_unit_count(f->hub->registry), 6);
	bytes_free(&rows);
	signing_key_free(pc.key);
}

static void test_entries_of_no_known_form_are_not_applied(void **state)
{
	struct fixture *f = *state;
	struct state s = state_of(f->hub);
	struct log_entry entry = {.n = 3, .type = LOG_BATCH, .accepted_at = START, .body = slice_str("rubbish")};
	struct act act = {.type = (enum act_type)99, .at = START};
	assert_int_equal(state_apply_entry(&s, &entry), STATUS_MALFORMED);
	entry.type = LOG_ACT;
	assert_int_equal(state_apply_entry(&s, &entry), STATUS_MALFORMED);
	assert_int_equal(state_apply_act(&s, &act), STATUS_VERSION);
	act = (struct act){.type = ACT_UNITS, .at = START, .body = slice_str("rubbish")};
	assert_int_equal(state_apply_act(&s, &act), STATUS_MALFORMED);
	act.type = ACT_ENROL;
	assert_int_equal(state_apply_act(&s, &act), STATUS_MALFORMED);
	act.type = ACT_CONFIRM;
	assert_int_equal(state_apply_act(&s, &act), STATUS_MALFORMED);
	state_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_heartbeat_moves_the_day_a_device_was_heard),
		HUB_TEST(test_day_heard_is_bounded_on_both_sides_and_never_falls),
		HUB_TEST(test_rebuilding_gives_the_same_tables),
		HUB_TEST(test_change_of_units_changes_what_counts),
		cmocka_unit_test(test_order_and_repetition_do_not_change_the_state),
		HUB_TEST(test_rebuild_that_fails_leaves_the_state),
		HUB_TEST(test_entries_of_no_known_form_are_not_applied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
