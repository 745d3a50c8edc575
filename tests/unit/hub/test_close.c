#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/close.h"
#include "hub/closing_count.h"
#include "hub/device_acts.h"
#include "hub/periods.h"
#include "hub/totals.h"
#include "hub/verify.h"
#include "protocol/batch_form.h"
#include "tests/unit/hub/hub_fixture.h"
#include "tests/unit/hub/put_back_fixture.h"

static const struct period FEBRUARY = {.from = START_DAY - 29, .to = START_DAY - 1};

/* Two dossiers of February in different units, one of before and one of March. */
static struct pc fill(struct fixture *f)
{
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change changes[] = {dossier_of("A-1", START - 3 * DAY, "05801"),
				   dossier_of("A-2", START - DAY, "05802"),
				   dossier_of("A-3", START - 40 * DAY, "05801"), dossier_of("A-4", START, "05801")};
	change_set_number(&changes[0], FIELD_CHANNEL, CHANNEL_ONLINE);
	change_set_text(&changes[0], FIELD_PROCEDURE, slice_str("1.000001.000.00.00.H06"));
	change_set_text(&changes[1], FIELD_DOMAIN, slice_str("Ho tich"));
	deliver(f, &pc, next_batch(f, &pc, changes, 4));
	return pc;
}

static struct closing closed(struct fixture *f, bool again, enum status expected)
{
	struct closing closing = {0};
	struct close_plan plan = {.period = FEBRUARY, .rule = &COUNT_FORM06, .again = again};
	assert_int_equal(close_period(f->hub, "tester", &plan, &closing), expected);
	return closing;
}

static struct verify_report *verified(struct fixture *f, enum status expected)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), expected);
	return report;
}

static void assert_waiting(struct fixture *f, int64_t closings)
{
	struct verify_report *report = verified(f, STATUS_OK);
	assert_true(report->closings_waiting == closings);
	free(report);
}

static void test_closing_has_the_cells_of_the_totals(void **state)
{
	struct fixture *f = *state;
	struct pc pc = fill(f);
	struct totals totals;
	struct totals_query query = {.period = FEBRUARY,
				     .today = START_DAY,
				     .unit = registry_province(f->hub->registry),
				     .rule = &COUNT_FORM06};
	assert_int_equal(totals_compute(f->hub->db, f->hub->registry, &query, &totals), STATUS_OK);
	struct closing c = closed(f, false, STATUS_OK);
	struct cells total = closing_total(&c);
	assert_memory_equal(&total, &totals.total.cells, sizeof(total));
	assert_int_equal(c.n_rows, 3);
	assert_true(slice_equal(c.rows[0].unit, slice_str("05801")));
	assert_true(slice_equal(c.rows[1].procedure, slice_str("1.000001")));
	assert_true(c.rows[1].channel == CHANNEL_ONLINE && c.rows[1].cells.received_online == 1);
	assert_true(slice_equal(c.rows[2].domain, slice_str("Ho tich")));
	assert_true(c.rows[0].cells.carried_in == 1 && c.rows[0].carried_over == 1);
	assert_int_equal(c.n_silent, totals.n_silent);
	assert_true(c.revision == 1 && c.at == f->now && strcmp(c.who, "tester") == 0);
	assert_true(closing_set_batches(&c.set) == 1 && c.set.acts == 4 && c.set.entry == 5);
	assert_waiting(f, 0);
	closing_clear(&c);
	totals_clear(&totals);
	signing_key_free(pc.key);
}

static void test_closing_again_is_a_word_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct pc pc = fill(f);
	struct closing first = closed(f, false, STATUS_OK);
	f->now += DAY;
	struct closing stands = closed(f, false, STATUS_EXISTS);
	assert_true(stands.at == first.at && stands.revision == 1);
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 2") == first.set.acts + 1);
	deliver(f, &pc, dossier_batch(f, &pc, "A-9"));
	struct closing second = closed(f, true, STATUS_OK);
	assert_true(second.revision == 2 && second.at == f->now);
	struct closing found;
	assert_int_equal(closing_find(f->hub->db, FEBRUARY, "form06", &found), STATUS_OK);
	assert_true(found.revision == 2);
	assert_waiting(f, 0);
	closing_clear(&first);
	closing_clear(&stands);
	closing_clear(&second);
	closing_clear(&found);
	signing_key_free(pc.key);
}

static void test_what_is_not_over_is_not_closed(void **state)
{
	struct fixture *f = *state;
	struct closing c;
	struct close_plan plan = {.period = {.from = START_DAY, .to = START_DAY + 1}, .rule = &COUNT_FORM06};
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	assert_int_equal(close_period(f->hub, "tester", &plan, &c), STATUS_USAGE);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	plan.period.to = START_DAY; /* its last day runs */
	assert_int_equal(close_period(f->hub, "tester", &plan, &c), STATUS_OK);
	assert_int_equal(c.n_rows, 0);
	closing_clear(&c);
	assert_int_equal(closing_find(f->hub->db, FEBRUARY, "form06", &c), STATUS_EMPTY);
}

static void test_a_closing_survives_a_rebuild(void **state)
{
	struct fixture *f = *state;
	struct pc pc = fill(f);
	struct closing c = closed(f, false, STATUS_OK);
	struct bytes before = derived_rows(f->hub);
	struct hub_transaction t;
	struct state again = state_of(f->hub);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_rebuild(&again, f->hub->db), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&again);
	assert_derived(f->hub, &before);
	bytes_free(&before);
	closing_clear(&c);
	signing_key_free(pc.key);
}

/* Somebody with the hub's key says that more was reported. */
static void test_verify_counts_what_was_frozen(void **state)
{
	struct fixture *f = *state;
	struct pc pc = fill(f);
	struct closing c = closed(f, false, STATUS_OK);
	struct bytes body = bytes_new(LIMIT_ACT);
	struct hub_transaction t;
	struct closing_set set;
	c.revision = 2;
	c.rows[0].cells.received++;
	assert_int_equal(closing_set_read(f->hub->db, &set), STATUS_OK);
	closing_set_clear(&c.set);
	c.set = set;
	assert_int_equal(closing_put(&c, &body), STATUS_OK);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(act_record(f->hub, ACT_CLOSE, "tester", bytes_slice(&body)), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	struct verify_report *report = verified(f, STATUS_DIFFERENT);
	assert_true(report->n_findings == 1 && report->findings[0].kind == FINDING_CLOSING);
	assert_true(report->findings[0].entry == number(f->hub, "SELECT max(n) FROM log"));
	assert_string_equal(report->findings[0].where, "closing 2024-02-01/2024-02-29 form06 2");
	free(report);
	bytes_free(&body);
	closing_clear(&c);
	signing_key_free(pc.key);
}

/* Acts after which all dossiers count anew are many at a time: they are looked at once before the next closing. */
static void test_verify_derives_all_facts_once_for_many_acts(void **state)
{
	struct fixture *f = *state;
	struct pc pc = fill(f);
	struct closing first = closed(f, false, STATUS_OK);
	for (int i = 1; i <= 5; i++)
		assert_int_equal(device_assign(f->hub, pc.id, i % 2 == 0 ? "058" : "059", START_DAY + i, "tester"),
				 STATUS_OK);
	deliver(f, &pc, dossier_batch(f, &pc, "A-5"));
	struct closing second = closed(f, true, STATUS_OK);
	deliver(f, &pc, dossier_batch(f, &pc, "A-6"));
	struct verify_report *report = verified(f, STATUS_OK);
	assert_int_equal(report->closings_waiting, 0);
	assert_int_equal(report->refreshed, 3); /* at the closings, and at the end */
	free(report);
	closing_clear(&first);
	closing_clear(&second);
	signing_key_free(pc.key);
}

/* --- a hub that was put back --- */

/* The act as acts.log repeats it. */
static void repeat_act(struct fixture *f, struct slice sealed, int64_t at)
{
	struct hub_transaction t;
	struct act act;
	struct state state = state_of(f->hub);
	struct log_entry entry = {.type = LOG_ACT, .accepted_at = at, .body = sealed};
	assert_int_equal(act_open(sealed, state.hub_id, state.hub_key, &act), STATUS_OK);
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(state_apply_act(&state, &act), STATUS_OK);
	assert_int_equal(log_append(f->hub->db, &entry), STATUS_OK);
	f->hub->last_entry = entry.n;
	assert_int_equal(hub_commit(&t), STATUS_OK);
	state_clear(&state);
}

static struct bytes last_entry(struct fixture *f)
{
	struct query q = query_start(f->hub->db, "SELECT body FROM log ORDER BY n DESC LIMIT 1");
	assert_true(query_row(&q));
	struct bytes copy = bytes_of(query_get_blob(&q, 0));
	assert_int_equal(query_finish(&q), STATUS_OK);
	return copy;
}

/* How the closing of February stands, to be cleared. */
static struct period_state stands(struct fixture *f)
{
	struct closing_ref ref = {.period = FEBRUARY, .rule = "form06", .revision = 1};
	struct periods_query query = {.data = f->dir};
	struct period_state state;
	assert_int_equal(period_state_read(f->hub, &ref, &query, &state), STATUS_OK);
	assert_int_equal(period_state_correct(f->hub, &state, NULL, NULL), STATUS_OK);
	database_rollback(f->hub->db);
	return state;
}

/*
 * A closing repeated in a hub that has lost one of its batches: named as long as it has not come again; then it is
 * the same as ever, although the batch stands behind it now.
 */
static void come_again(struct fixture *f, bool with_receipt)
{
	struct pc pc = fill(f);
	struct bytes copy = copy_hub(f);
	f->now += MINUTE;
	struct change c = dossier_of("A-5", START - 2 * DAY, "05801");
	struct bytes batch = next_batch(f, &pc, &c, 1);
	struct reply *r = send_batches(f, &pc, &batch, 1);
	struct bytes receipt = bytes_of(r->sealed[r->n_receipts - 1]);
	reply_free(r);
	f->now += MINUTE;
	struct closing closing = closed(f, false, STATUS_OK);
	struct bytes sealed = last_entry(f);
	put_hub_back(f, &copy);
	repeat_act(f, bytes_slice(&sealed), closing.at);

	assert_waiting(f, 1);
	struct period_state found = stands(f);
	assert_true(found.missing.batches == 1 && found.missing.acts == 0 && !found.missing.other_act);
	assert_true(found.reported.cells.received == 3 && found.now.cells.received == 2);
	assert_true(found.unexplained.cells.received == 1);
	period_state_clear(&found);

	const struct bytes items[] = {with_receipt ? receipt : batch, batch};
	r = send_batches(f, &pc, items + (with_receipt ? 0 : 1), with_receipt ? 2 : 1);
	reply_free(r);
	assert_waiting(f, 0);
	found = stands(f);
	assert_true(as_known_complete(&found.missing) && corrections_none(&found.unexplained));
	assert_true(found.missing.retold == (with_receipt ? 0 : 1));
	assert_true(found.now.cells.received == 3 && found.causes[CORRECTION_LATE].dossiers == 0);
	period_state_clear(&found);
	closing_clear(&closing);
	bytes_free(&sealed);
	bytes_free(&receipt);
	bytes_free(&batch);
	bytes_free(&copy);
	signing_key_free(pc.key);
}

static void test_what_came_again_is_the_same_set(void **state)
{
	come_again(*state, true);
}

static void test_what_came_again_without_its_receipt_is_told(void **state)
{
	come_again(*state, false);
}

/*
 * Put back twice: the batch was judged otherwise in each of the hub's lives, the second one's word was counted, and
 * then it came with the receipt of the first.
 */
static void hb_04_a_receipt_of_an_earlier_life_is_told(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	struct pc pc = fill(f);
	struct bytes copy = copy_hub(f);
	struct change c = dossier_of("A-5", START - 2 * DAY, "05899");
	struct bytes batch = next_batch(f, &pc, &c, 1);
	struct reply *r = send_batches(f, &pc, &batch, 1);
	struct bytes receipt = bytes_of(r->sealed[r->n_receipts - 1]);
	reply_free(r);
	put_hub_back(f, &copy);
	f->now += MINUTE;
	assert_int_equal(import_units(f->hub, "code,name,level,parent\n05899,Xa moi,commune,058\n", &fault),
			 STATUS_OK);
	struct bytes units = last_entry(f);
	int64_t units_at = f->now;
	f->now += MINUTE;
	reply_free(send_batches(f, &pc, &batch, 1));
	struct closing closing = closed(f, false, STATUS_OK);
	struct bytes sealed = last_entry(f);
	put_hub_back(f, &copy);
	repeat_act(f, bytes_slice(&units), units_at);
	repeat_act(f, bytes_slice(&sealed), closing.at);
	assert_int_equal(registry_reload(f->hub->registry, f->hub->db), STATUS_OK);
	const struct bytes items[] = {receipt, batch};
	reply_free(send_batches(f, &pc, items, 2));
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 3") == 1);
	/* Nobody has forged anything: it cannot be counted again, which is what verify says. */
	assert_waiting(f, 1);
	struct period_state found = stands(f);
	assert_true(as_known_complete(&found.missing) && !corrections_none(&found.unexplained));
	assert_true(found.missing.retold == 0 && found.missing.again == 1);
	assert_true(found.reported.cells.received == 3 && found.now.cells.received == 2);
	period_state_clear(&found);
	closing_clear(&closing);
	bytes_free(&units);
	bytes_free(&sealed);
	bytes_free(&receipt);
	bytes_free(&batch);
	bytes_free(&copy);
	signing_key_free(pc.key);
}

/* Another batch stands where the last one of the set stood: it is not the one that was counted. */
static void test_another_batch_in_its_place_is_none(void **state)
{
	struct fixture *f = *state;
	struct pc pc = fill(f);
	struct bytes copy = copy_hub(f);
	struct pc twin = pc;
	deliver(f, &pc, dossier_batch(f, &pc, "A-5"));
	struct closing closing = closed(f, false, STATUS_OK);
	struct bytes sealed = last_entry(f);
	put_hub_back(f, &copy);
	repeat_act(f, bytes_slice(&sealed), closing.at);
	deliver(f, &twin, dossier_batch(f, &twin, "A-6"));
	assert_waiting(f, 1);
	struct period_state found = stands(f);
	assert_true(found.missing.batches == 1 && !as_known_complete(&found.missing));
	period_state_clear(&found);
	closing_clear(&closing);
	bytes_free(&sealed);
	bytes_free(&copy);
	signing_key_free(pc.key);
}

/* An act before it that was not repeated is missing for good. */
static void test_a_lost_act_is_told(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	struct pc pc = fill(f);
	struct bytes copy = copy_hub(f);
	assert_int_equal(import_units(f->hub, UNITS, &fault), STATUS_OK);
	struct closing closing = closed(f, false, STATUS_OK);
	struct bytes sealed = last_entry(f);
	put_hub_back(f, &copy);
	repeat_act(f, bytes_slice(&sealed), closing.at);
	assert_waiting(f, 1);
	struct period_state found = stands(f);
	assert_true(found.missing.batches == 0 && found.missing.acts == 1 && found.missing.other_act);
	period_state_clear(&found);
	closing_clear(&closing);
	bytes_free(&sealed);
	bytes_free(&copy);
	signing_key_free(pc.key);
}

/* --- the form --- */

static struct closing sample(struct closing_row rows[static 2], struct closing_chain chains[static 2],
			     struct closing_gap gaps[static 3], struct slice silent[static 1])
{
	rows[0] = (struct closing_row){.unit = slice_str("05801"),
				       .procedure = slice_str(""),
				       .domain = slice_str("B"),
				       .carried_over = 7};
	rows[1] = (struct closing_row){.unit = slice_str("05802"),
				       .procedure = slice_str("1.000001"),
				       .domain = slice_str("A"),
				       .channel = CHANNEL_POSTAL,
				       .cells = {.received = 300, .rated_done = 1}};
	chains[0] = (struct closing_chain){.device = {1}, .incarnation = {1, UINT64_MAX}, .have = 9, .n_gaps = 2};
	chains[1] = (struct closing_chain){
		.device = {1}, .incarnation = {2, 5}, .have = 4, .first_gap = 2, .n_gaps = 1};
	gaps[0] = (struct closing_gap){2, 3};
	gaps[1] = (struct closing_gap){5, 5};
	gaps[2] = (struct closing_gap){1, 1};
	silent[0] = slice_str("05901");
	return (struct closing){
		.period = FEBRUARY,
		.revision = 3,
		.rule = COUNT_FORM06,
		.set = {.entry = 12, .acts = 4, .n_chains = 2, .chains = chains, .n_gaps = 3, .gaps = gaps},
		.today = START_DAY,
		.n_silent = 1,
		.silent = silent,
		.n_rows = 2,
		.rows = rows};
}

static void test_a_closing_is_read_as_it_was_written(void **state)
{
	struct closing_row rows[2];
	struct closing_chain chains[2];
	struct closing_gap gaps[3];
	struct slice silent[1];
	struct closing c = sample(rows, chains, gaps, silent);
	struct closing found;
	struct closing_name name;
	struct bytes body = bytes_new(4096);
	(void)state;
	assert_int_equal(closing_put(&c, &body), STATUS_OK);
	assert_int_equal(closing_take(bytes_slice(&body), &found), STATUS_OK);
	assert_int_equal(closing_take_name(bytes_slice(&body), &name), STATUS_OK);
	assert_true(slice_equal(name.period, slice_str("2024-02-01/2024-02-29")) && name.revision == 3);
	assert_true(closing_set_same_batches(&found.set, &c.set) && found.set.entry == 12 && found.set.acts == 4);
	assert_true(found.n_rows == 2 && found.rows[0].carried_over == 7 && found.rows[1].cells.received == 300);
	assert_true(found.rows[1].cells.rated_done == 1 && found.rows[1].channel == CHANNEL_POSTAL);
	assert_true(slice_equal(found.rows[1].domain, slice_str("A")) && found.rows[0].procedure.len == 0);
	assert_string_equal(found.rule.name, "form06");
	assert_true(slice_equal(found.silent[0], slice_str("05901")) && found.today == START_DAY);
	struct bytes again = bytes_new(4096);
	assert_int_equal(closing_put(&found, &again), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&again), bytes_slice(&body)));
	for (size_t len = 0; len < body.len; len++)
		assert_int_equal(closing_take(slice_of(body.data, len), &(struct closing){0}), STATUS_MALFORMED);
	for (size_t bit = 0; bit < 8 * body.len; bit++) {
		struct closing any = {0};
		body.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (closing_take(bytes_slice(&body), &any) == STATUS_OK)
			closing_clear(&any);
		body.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	bytes_free(&again);
	bytes_free(&body);
	closing_clear(&found);
}

static void test_the_set_knows_what_had_not_come(void **state)
{
	struct closing_row rows[2];
	struct closing_chain chains[2];
	struct closing_gap gaps[3];
	struct slice silent[1];
	struct closing c = sample(rows, chains, gaps, silent);
	static const bool first[] = {true, false, false, true, false, true, true, true, true, false, false};
	struct batch_head head = {.device = {1}, .incarnation = {1, UINT64_MAX}};
	(void)state;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		head.seq = i + 1;
		assert_int_equal(closing_set_has(&c.set, &head), first[i]);
	}
	head.seq = 4;
	head.incarnation = (struct incarnation){2, 5};
	assert_true(closing_set_has(&c.set, &head));
	head.incarnation.bits = 6;
	assert_false(closing_set_has(&c.set, &head));
	assert_true(closing_set_batches(&c.set) == 9);
}

/* Numbers that were given up are no part of it, but for those that came late. */
static void test_gaps_are_what_never_came(void **state)
{
	struct fixture *f = *state;
	struct closing_set set;
	sql(f, "INSERT INTO chain VALUES (x'0000000000000001', 1, x'0000000000000002', 9, zeroblob(32), 0);"
	       "INSERT INTO skipped VALUES (x'0000000000000001', 1, x'0000000000000002', 1, 1, zeroblob(32)),"
	       " (x'0000000000000001', 1, x'0000000000000002', 4, 8, zeroblob(32));"
	       "INSERT INTO batch VALUES (x'0000000000000001', 1, x'0000000000000002', 5, 1, zeroblob(32)),"
	       " (x'0000000000000001', 1, x'0000000000000002', 9, 2, zeroblob(32)),"
	       " (x'0000000000000001', 1, x'0000000000000002', 1, 3, zeroblob(32))");
	assert_int_equal(closing_set_read(f->hub->db, &set), STATUS_OK);
	assert_true(set.n_chains == 1 && set.n_gaps == 2 && set.chains[0].n_gaps == 2);
	assert_true(set.gaps[0].first == 4 && set.gaps[0].last == 4);
	assert_true(set.gaps[1].first == 6 && set.gaps[1].last == 8);
	assert_true(closing_set_batches(&set) == 5);
	closing_set_clear(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_closing_has_the_cells_of_the_totals),
		HUB_TEST(test_closing_again_is_a_word_of_its_own),
		HUB_TEST(test_what_is_not_over_is_not_closed),
		HUB_TEST(test_a_closing_survives_a_rebuild),
		HUB_TEST(test_verify_counts_what_was_frozen),
		HUB_TEST(test_verify_derives_all_facts_once_for_many_acts),
		HUB_TEST(test_what_came_again_is_the_same_set),
		HUB_TEST(test_what_came_again_without_its_receipt_is_told),
		HUB_TEST(hb_04_a_receipt_of_an_earlier_life_is_told),
		HUB_TEST(test_another_batch_in_its_place_is_none),
		HUB_TEST(test_a_lost_act_is_told),
		cmocka_unit_test(test_a_closing_is_read_as_it_was_written),
		cmocka_unit_test(test_the_set_knows_what_had_not_come),
		HUB_TEST(test_gaps_are_what_never_came),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
