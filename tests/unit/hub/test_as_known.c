#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/as_known.h"
#include "hub/close.h"
#include "hub/corrections.h"
#include "hub/conflicts.h"
#include "hub/report_incomplete.h"
#include "hub/retry.h"
#include "tests/unit/hub/hub_fixture.h"
#include "tests/unit/hub/same_totals.h"

static const struct period FEBRUARY = {.from = START_DAY - 29, .to = START_DAY - 1};

enum { CODES = 12, CHANGES = 6, ROUNDS = 40, LIST_TEXT = 64 * 1024 };

/* A small generator of its own, so that a round can be played again by its number. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * UINT32_C(1664525) + UINT32_C(1013904223);
	return *seed >> 16;
}

/* Codes 0 to 5 are official, the others provisional ones that are joined to them and taken apart again. */
static const char *const NAMES[CODES] = {"A-0", "A-1", "A-2", "A-3", "A-4", "A-5",
					 "L-0", "L-1", "L-2", "L-3", "L-4", "L-5"};

static struct change random_change(uint32_t *seed, int64_t now)
{
	static const char *const units[] = {"05801", "05802", "058", "05901"};
	uint32_t code = next_random(seed) % CODES;
	struct change c = change_new(KIND_DOSSIER);
	c.time_stated = true;
	c.changed_at = now - (int64_t)(next_random(seed) % 4) * MINUTE;
	c.key = slice_str(NAMES[code]);
	change_set_text(&c, FIELD_UNIT, slice_str(units[next_random(seed) % 3]));
	if (next_random(seed) % 2 == 0)
		change_set_number(&c, FIELD_RECEIVED_AT, START - (int64_t)(next_random(seed) % 40) * DAY);
	if (next_random(seed) % 2 == 0)
		change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED + (int64_t)(next_random(seed) % 8));
	if (next_random(seed) % 3 == 0)
		change_set_number(&c, FIELD_FINISHED_AT, START - (int64_t)(next_random(seed) % 30) * DAY);
	if (next_random(seed) % 5 == 0)
		change_set_number(&c, FIELD_VOID, (int64_t)(next_random(seed) % 2));
	if (code >= CODES / 2 && next_random(seed) % 2 == 0)
		change_set_text(&c, FIELD_REPLACED_BY, slice_str(NAMES[next_random(seed) % (CODES / 2)]));
	else if (code >= CODES / 2)
		change_set_null(&c, FIELD_REPLACED_BY);
	return c;
}

static void send_random(struct fixture *f, struct pc *pc, uint32_t *seed, size_t count)
{
	struct change changes[CHANGES];
	f->now += MINUTE;
	for (size_t i = 0; i < count; i++)
		changes[i] = random_change(seed, f->now);
	deliver(f, pc, next_batch(f, pc, changes, count));
}

struct list {
	char text[LIST_TEXT];
	size_t len;
	struct closing_row sum;
};

static enum status list_one(void *context, const struct correction *c)
{
	struct list *l = context;
	int n = snprintf(l->text + l->len, sizeof(l->text) - l->len, "%.*s %s %.*s", (int)c->code.len,
			 (const char *)c->code.data, correction_cause_name(c->cause), (int)c->change.unit.len,
			 (const char *)c->change.unit.data);
	assert_true(n > 0 && l->len + (size_t)n < sizeof(l->text));
	l->len += (size_t)n;
	const int64_t *cells = (const int64_t *)(const void *)&c->change.cells;
	for (size_t i = 0; i < sizeof(c->change.cells) / sizeof(*cells); i++)
		l->len +=
			(size_t)snprintf(l->text + l->len, sizeof(l->text) - l->len, " %lld", (long long)cells[i]);
	l->len += (size_t)snprintf(l->text + l->len, sizeof(l->text) - l->len, " %lld\n",
				   (long long)c->change.carried_over);
	assert_true(l->len < sizeof(l->text));
	corrections_add(&l->sum, &c->change, 1);
	return STATUS_OK;
}

typedef enum status (*fold_function)(struct hub *hub, const struct closing *closing, struct as_known *ret_known,
				     struct as_known_missing *ret_missing);

static struct list *corrections(struct fixture *f, const struct closing *closing, fold_function fold, bool partly)
{
	struct as_known then;
	struct as_known_missing missing;
	struct list *l = calloc(1, sizeof(*l));
	assert_non_null(l);
	assert_int_equal(fold(f->hub, closing, &then, &missing), STATUS_OK);
	assert_true(as_known_complete(&missing) && missing.retold == 0);
	assert_int_equal(then.partly, partly);
	assert_int_equal(registry_reload(f->hub->registry, f->hub->db), STATUS_OK);
	struct corrections_query query = {.closing = closing,
					  .then = &then,
					  .db = f->hub->db,
					  .registry = f->hub->registry,
					  .rule = &COUNT_FORM06};
	assert_int_equal(corrections_walk(&query, list_one, l), STATUS_OK);
	as_known_clear(&then);
	database_rollback(f->hub->db);
	return l;
}

static struct closing close_now(struct fixture *f)
{
	struct closing closing;
	struct close_plan plan = {.period = FEBRUARY, .rule = &COUNT_FORM06};
	assert_int_equal(close_period(f->hub, "tester", &plan, &closing), STATUS_OK);
	return closing;
}

static struct cells count_now(struct fixture *f)
{
	struct totals totals;
	struct totals_query query = {.period = FEBRUARY,
				     .today = START_DAY,
				     .unit = registry_province(f->hub->registry),
				     .rule = &COUNT_FORM06};
	assert_int_equal(totals_compute(f->hub->db, f->hub->registry, &query, &totals), STATUS_OK);
	struct cells cells = totals.total.cells;
	totals_clear(&totals);
	return cells;
}

/* What only the words since are looked at for is what the fold of everything gives, and the difference it is. */
static void test_the_short_way_finds_what_the_long_one_does(void **state)
{
	struct fixture *f = *state;
	size_t found = 0;
	struct pc pcs[2] = {enrolled_pc(f, 1, "058"), enrolled_pc(f, 2, "27")};
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t seed = round;
		send_random(f, &pcs[0], &seed, CHANGES);
		send_random(f, &pcs[1], &seed, CHANGES);
		struct cells before = count_now(f);
		struct closing_ref ref = {.period = FEBRUARY, .rule = "form06", .revision = round + 1};
		struct closing closing;
		struct close_plan plan = {.period = FEBRUARY, .rule = &COUNT_FORM06, .again = true};
		assert_int_equal(close_period(f->hub, "tester", &plan, &closing), STATUS_OK);
		assert_true(closing.revision == ref.revision);
		send_random(f, &pcs[round % 2], &seed, 1 + round % 2); /* most dossiers stay out of it */
		struct cells after = count_now(f);
		struct list *all = corrections(f, &closing, as_known_closing, false);
		struct list *some = corrections(f, &closing, as_known_changed, true);
		assert_string_equal(some->text, all->text);
		cells_add(&before, &all->sum.cells);
		assert_memory_equal(&before, &after, sizeof(before));
		found += all->len;
		free(all);
		free(some);
		closing_clear(&closing);
	}
	assert_true(found > 1000);
	signing_key_free(pcs[0].key);
	signing_key_free(pcs[1].key);
}

/* Old words count otherwise after a list of units: everything is folded. */
static void test_units_that_change_take_the_long_way(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change c = dossier_of("A-1", START - 2 * DAY, "05801");
	deliver(f, &pc, next_batch(f, &pc, &c, 1));
	struct closing closing = close_now(f);
	free(corrections(f, &closing, as_known_changed, true));
	assert_int_equal(import_units(f->hub, "code,name,level,parent\n05801,Xa A1,commune,059\n", &fault),
			 STATUS_OK);
	struct list *l = corrections(f, &closing, as_known_changed, false);
	assert_non_null(strstr(l->text, "A-1 units-changed 05801 -1"));
	free(l);
	closing_clear(&closing);
	signing_key_free(pc.key);
}

/* A batch that was refused as a whole stands in the log, and nobody reads it. */
static void test_a_refused_batch_is_no_word(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	deliver(f, &pc, unreadable_batch(f, &pc));
	struct closing closing = close_now(f);
	deliver(f, &pc, unreadable_batch(f, &pc));
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	struct list *l = corrections(f, &closing, as_known_changed, true);
	struct list *all = corrections(f, &closing, as_known_closing, false);
	assert_string_equal(l->text, all->text);
	assert_non_null(strstr(l->text, "A-1 known-since 05801 1"));
	free(l);
	free(all);
	closing_clear(&closing);
	signing_key_free(pc.key);
}

/* By their times, both ends included; what a computer sent before anybody let it in is not there. */
static void test_an_instant_takes_what_was_accepted_by_then(void **state)
{
	struct fixture *f = *state;
	struct as_known known;
	struct pc pc = enrolled_pc(f, 1, "05801");
	static const int64_t wanted[] = {0, 1, 1, 2, 3};
	int64_t first = f->now + MINUTE;
	for (int i = 0; i < 3; i++) {
		static const char *const codes[] = {"A-1", "A-2", "A-3"};
		f->now += MINUTE;
		deliver(f, &pc, dossier_batch(f, &pc, codes[i]));
	}
	const int64_t instants[] = {first - 1, first, first + MINUTE - 1, first + MINUTE, INT64_MAX};
	for (size_t i = 0; i < sizeof(instants) / sizeof(instants[0]); i++) {
		assert_int_equal(as_known_at(f->hub, instants[i], &known), STATUS_OK);
		database_rollback(f->hub->db);
		struct query q = query_start(known.db, "SELECT count(*) FROM dossier");
		assert_true(query_row(&q) && query_get_int(&q, 0) == wanted[i]);
		assert_int_equal(query_finish(&q), STATUS_OK);
		assert_int_equal(registry_device_count(known.registry), 1);
		as_known_clear(&known);
	}
	assert_int_equal(as_known_at(f->hub, START - 1, &known), STATUS_OK);
	database_rollback(f->hub->db);
	assert_true(registry_unit_count(known.registry) == 0 && registry_device_count(known.registry) == 0);
	as_known_clear(&known);
	signing_key_free(pc.key);
}

typedef enum status (*state_of_then)(struct hub *hub, int64_t at, struct as_known *ret_known);

/* A hub as it was known at an instant, for whoever reads it. */
static struct hub *known_at(const struct fixture *f, int64_t instant, state_of_then then, bool partly)
{
	struct hub *hub = NULL;
	struct as_known known;
	assert_int_equal(hub_open(f->dir, &f->world, false, &hub), STATUS_OK);
	assert_int_equal(then(hub, instant, &known), STATUS_OK);
	assert_int_equal(known.partly, partly);
	as_known_enter(hub, &known);
	return hub;
}

static struct totals totals_of(const struct hub *hub, enum totals_by by)
{
	struct totals totals;
	struct totals_query query = {.period = FEBRUARY,
				     .today = START_DAY,
				     .unit = registry_province(hub->registry),
				     .by = by,
				     .rule = &COUNT_FORM06};
	assert_int_equal(totals_compute(hub->db, hub->registry, &query, &totals), STATUS_OK);
	return totals;
}

/* What the report on incomplete dossiers prints. */
static char *incomplete_of(const struct hub *hub, enum report_format format)
{
	char *text = NULL;
	size_t len = 0;
	struct totals_query query = {.period = FEBRUARY,
				     .today = START_DAY,
				     .unit = registry_province(hub->registry),
				     .rule = &COUNT_FORM06};
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	assert_int_equal(incomplete_print(hub->db, hub->registry, &query, format, out), STATUS_OK);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_same_incomplete(const struct hub *all, const struct hub *some, enum report_format format)
{
	char *expected = incomplete_of(all, format);
	char *printed = incomplete_of(some, format);
	assert_string_equal(printed, expected);
	free(expected);
	free(printed);
}

/* Whoever looks only at what was said since counts what whoever folds the whole log counts. */
static void assert_short_way(const struct fixture *f, int64_t instant, bool partly)
{
	static const enum totals_by ways[] = {TOTALS_BY_UNIT, TOTALS_BY_MONTH, TOTALS_BY_CHANNEL};
	struct hub *all = known_at(f, instant, as_known_at, false);
	struct hub *some = known_at(f, instant, as_known_dossiers_at, partly);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct totals expected = totals_of(all, ways[i]);
		struct totals found = totals_of(some, ways[i]);
		assert_same_totals(&found, &expected);
		totals_clear(&expected);
		totals_clear(&found);
	}
	assert_same_incomplete(all, some, REPORT_CSV);
	assert_same_incomplete(all, some, REPORT_JSON);
	assert_true(number(all, "SELECT count(*) FROM heard") == number(some, "SELECT count(*) FROM heard"));
	assert_true(number(all, "SELECT sum(have) FROM chain") == number(some, "SELECT sum(have) FROM chain"));
	hub_close(all);
	hub_close(some);
}

static void test_the_short_way_to_an_instant_counts_what_the_long_one_does(void **state)
{
	struct fixture *f = *state;
	struct pc pcs[2] = {enrolled_pc(f, 1, "058"), enrolled_pc(f, 2, "27")};
	int64_t instants[ROUNDS / 4];
	for (uint32_t round = 0; round < ROUNDS / 4; round++) {
		uint32_t seed = round + 100;
		send_random(f, &pcs[round % 2], &seed, CHANGES);
		instants[round] = f->now;
	}
	for (size_t i = 0; i < ROUNDS / 4; i++) {
		assert_short_way(f, instants[i], true);
		assert_short_way(f, instants[i] - 1, true);
	}
	/* An operator parts what two computers said of one code: old words count otherwise. */
	struct change c = dossier_of("A-0", f->now, "05801");
	f->now += MINUTE;
	deliver(f, &pcs[0], next_batch(f, &pcs[0], &c, 1));
	deliver(f, &pcs[1], next_batch(f, &pcs[1], &c, 1));
	f->now += MINUTE;
	assert_int_equal(conflicts_split(f->hub, "A-0", pcs[1].id, "tester"), STATUS_OK);
	assert_short_way(f, instants[3], false);
	assert_short_way(f, f->now, true);
	/* And what was said of the parts since is looked at apart from the rest. */
	f->now += MINUTE;
	int64_t before = f->now - 1;
	change_set_number(&c, FIELD_VOID, 1);
	deliver(f, &pcs[1], next_batch(f, &pcs[1], &c, 1));
	assert_short_way(f, before, true);
	signing_key_free(pcs[0].key);
	signing_key_free(pcs[1].key);
}

/* A hub of communes alone, where nobody speaks of others. */
/* One dossier taken, another set aside with a word about it; then their unit comes, and both are taken. */
static struct pc retried(struct fixture *f)
{
	struct units_fault fault;
	struct retry_count count;
	struct pc pc = enrolled_pc(f, 1, "058");
	struct change first = dossier_of("A-2", START - 3 * DAY, "05801");
	deliver(f, &pc, next_batch(f, &pc, &first, 1));
	struct change aside[] = {dossier_of("A-2", START - 2 * DAY, "05809"),
				 dossier_of("A-9", START - 2 * DAY, "05809")};
	deliver(f, &pc, next_batch(f, &pc, aside, 2));
	f->now += MINUTE;
	assert_int_equal(import_units(f->hub, "code,name,level,parent\n05809,Xa A9,commune,058\n", &fault),
			 STATUS_OK);
	assert_int_equal(retry_run(f->hub, "tester", &count), STATUS_OK);
	assert_true(count.taken == 2);
	f->now += MINUTE;
	return pc;
}

/* What was taken in the end stands among what is known already. */
static void test_the_short_way_takes_what_was_retried_once(void **state)
{
	struct fixture *f = *state;
	struct pc pc = retried(f);
	int64_t instant = f->now;
	assert_short_way(f, instant, true);
	f->now += MINUTE;
	struct change later = dossier_of("A-2", START - DAY, "05802");
	deliver(f, &pc, next_batch(f, &pc, &later, 1));
	assert_short_way(f, instant, true);
	assert_short_way(f, instant - 2 * MINUTE, false);
	signing_key_free(pc.key);
}

static void test_the_short_way_to_a_closing_takes_what_was_retried_once(void **state)
{
	struct fixture *f = *state;
	struct pc pc = retried(f);
	struct closing closing = close_now(f);
	f->now += MINUTE;
	struct change later = dossier_of("A-9", START - DAY, "05802");
	deliver(f, &pc, next_batch(f, &pc, &later, 1));
	struct list *found = corrections(f, &closing, as_known_changed, true);
	struct list *expected = corrections(f, &closing, as_known_closing, false);
	assert_true(expected->text[0] != '\0');
	assert_string_equal(found->text, expected->text);
	free(found);
	free(expected);
	closing_clear(&closing);
	signing_key_free(pc.key);
}

static void test_the_short_way_without_words_about_others(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	for (int i = 0; i < 3; i++) {
		static const char *const codes[] = {"A-1", "A-2", "L-9"};
		f->now += MINUTE;
		deliver(f, &pc, dossier_batch(f, &pc, codes[i]));
		assert_short_way(f, f->now - MINUTE, true);
		assert_short_way(f, f->now, true);
	}
	signing_key_free(pc.key);
}

/* Changed since or not, they stand in the order of their codes. */
static void test_the_short_way_tells_dossiers_in_their_order(void **state)
{
	static const char *const codes[] = {"A-1", "A-2", "A-3", "A-4"};
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	for (size_t i = 0; i < 6; i++) {
		/* the first four, then the second and the last once more */
		const char *code = codes[i < 4 ? i : (i - 4) * 2 + 1];
		struct change c = dossier_of(code, START - 2 * DAY + (int64_t)i * MINUTE, "05801");
		change_set_number(&c, FIELD_STATUS, DOSSIER_DONE);
		change_set_number(&c, FIELD_RECEIVED_AT, START - 5 * DAY);
		change_set_number(&c, FIELD_FINISHED_AT, START - 9 * DAY);
		f->now += MINUTE;
		deliver(f, &pc, next_batch(f, &pc, &c, 1));
	}
	char *text = incomplete_of(f->hub, REPORT_CSV);
	const char *at = text;
	for (size_t i = 0; i < 4; i++) {
		at = strstr(at, codes[i]);
		assert_non_null(at);
	}
	free(text);
	for (int64_t i = 0; i < 3; i++)
		assert_short_way(f, f->now - i * MINUTE, true);
	signing_key_free(pc.key);
}

/* A code may look like that of a dossier that was split off, and one that was split may have the mark in itself. */
static void test_the_short_way_with_codes_that_hold_the_mark_of_a_split(void **state)
{
	static const char *const codes[] = {"A@B", "X", "X@0123456789abcdef"};
	struct fixture *f = *state;
	struct pc pcs[2] = {enrolled_pc(f, 1, "058"), enrolled_pc(f, 2, "27")};
	for (size_t i = 0; i < 3; i++) {
		struct change c = dossier_of(codes[i], START - 2 * DAY, "05801");
		f->now += MINUTE;
		deliver(f, &pcs[0], next_batch(f, &pcs[0], &c, 1));
		if (i == 0)
			deliver(f, &pcs[1], next_batch(f, &pcs[1], &c, 1));
	}
	assert_int_equal(conflicts_split(f->hub, codes[0], pcs[1].id, "tester"), STATUS_OK);
	for (size_t i = 0; i < 3; i++) {
		int64_t before = f->now;
		struct change c = dossier_of(codes[i], START - 2 * DAY, "05802");
		f->now += MINUTE;
		deliver(f, &pcs[i == 0 ? 1 : 0], next_batch(f, &pcs[i == 0 ? 1 : 0], &c, 1));
		assert_short_way(f, before, true);
		assert_short_way(f, f->now, true);
	}
	signing_key_free(pcs[0].key);
	signing_key_free(pcs[1].key);
}

static void test_a_damaged_act_of_later_takes_the_long_way(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	f->now += MINUTE;
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	int64_t before = f->now;
	f->now += MINUTE;
	(void)invite(f->hub, "05802", true);
	assert_short_way(f, before, true);
	sql(f, "UPDATE log SET body = x'00' WHERE n = (SELECT max(n) FROM log)");
	assert_short_way(f, before, false);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_the_short_way_finds_what_the_long_one_does),
		HUB_TEST(test_units_that_change_take_the_long_way),
		HUB_TEST(test_a_refused_batch_is_no_word),
		HUB_TEST(test_an_instant_takes_what_was_accepted_by_then),
		HUB_TEST(test_the_short_way_to_an_instant_counts_what_the_long_one_does),
		HUB_TEST(test_the_short_way_takes_what_was_retried_once),
		HUB_TEST(test_the_short_way_to_a_closing_takes_what_was_retried_once),
		HUB_TEST(test_the_short_way_without_words_about_others),
		HUB_TEST(test_the_short_way_tells_dossiers_in_their_order),
		HUB_TEST(test_a_damaged_act_of_later_takes_the_long_way),
		HUB_TEST(test_the_short_way_with_codes_that_hold_the_mark_of_a_split),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
