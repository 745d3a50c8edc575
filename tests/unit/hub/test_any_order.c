/*
 * L5 and fold rule 2, over the hub's own tables: log entries in any order and any repetition give the same state,
 * and the same changes of a device cut into other batches give the same winners and the same totals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/judge.h"
#include "hub/state.h"
#include "hub/totals.h"
#include "reading_fixture.h"

enum { CASES = 2000, DEVICES = 4, CHANGES_MAX = 14, ENTRIES_MAX = DEVICES * CHANGES_MAX, STATE_BYTES = 1 << 20 };
#define HOUR   (INT64_C(60) * 60 * 1000)
#define DAY_MS (24 * HOUR)
#define MARCH  INT64_C(1709226000000) /* 2024-03-01T00:00:00+07:00 */

static const char *const CODES[] = {"A-1", "A-2", "L-1"};
static const char *const STATED[] = {"05801", "05802", "05901", "058", "H27"};

struct random {
	uint64_t state;
};

static size_t below(struct random *r, size_t n)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (size_t)(r->state % n);
}

/* What each device has to say, in its order. */
struct told {
	size_t n[DEVICES];
	struct change changes[DEVICES][CHANGES_MAX];
	int64_t accepted_at[DEVICES];
};

struct entry {
	struct batch *batch;
	int64_t accepted_at;
	struct bytes verdicts;
};

struct cut {
	size_t n;
	struct entry entries[ENTRIES_MAX];
};

/* What the tables say: everything, and only what does not name the batches it came by. */
struct outcome {
	struct bytes whole;
	struct bytes meaning;
};

struct any_order {
	struct hub_tables tables;
	struct hub hub; /* for the keys of acts, of which there are none here */
	struct signing_key *key;
	struct told told;
	struct cut cut;
	struct random random;
};

/* Few moments, so that stamps tie; two clocks are centuries ahead, and every acceptance lies between. */
static int64_t any_moment(struct random *r)
{
	static const int64_t moments[] = {0, HOUR, DAY_MS, 2 * DAY_MS, 9 * DAY_MS, 5553000000000, 5553000000001};
	return MARCH + moments[below(r, sizeof(moments) / sizeof(moments[0]))];
}

static void any_time(struct random *r, struct change *c, enum field field)
{
	if (below(r, 4) == 0)
		change_set_null(c, field);
	else
		change_set_number(c, field, MARCH + (int64_t)below(r, 20) * DAY_MS);
}

static void any_status(struct random *r, struct change *c)
{
	change_set_number(c, FIELD_STATUS, DOSSIER_SUBMITTED + (int64_t)below(r, DOSSIER_RETURNED));
	if (below(r, 3) == 0)
		change_set_number(c, FIELD_STATUS_AT, MARCH + (int64_t)below(r, 20) * DAY_MS);
}

static void any_joining(struct random *r, struct change *c)
{
	c->key = slice_str("L-1");
	if (below(r, 3) == 0)
		change_set_null(c, FIELD_REPLACED_BY);
	else
		change_set_text(c, FIELD_REPLACED_BY, slice_str(CODES[below(r, 2)]));
}

static void any_dossier(struct random *r, struct change *c)
{
	c->key = slice_str(CODES[below(r, 3)]);
	any_status(r, c);
	switch (below(r, 8)) {
	case 0:
		change_set_number(c, FIELD_VOID, (int64_t)below(r, 2));
		break;
	case 1:
		any_joining(r, c);
		break;
	case 2:
		change_set_text(c, FIELD_DECIDED_BY, slice_str(STATED[below(r, 5)]));
		break;
	case 3:
	case 4:
		change_set_text(c, FIELD_UNIT, slice_str(STATED[below(r, 5)]));
		break;
	default:
		any_time(r, c, FIELD_FINISHED_AT);
		any_time(r, c, FIELD_DUE_AT);
		break;
	}
	if (below(r, 2) == 0)
		any_time(r, c, FIELD_RECEIVED_AT);
	if (below(r, 3) == 0)
		change_set_number(c, FIELD_CHANNEL, CHANNEL_COUNTER + (int64_t)below(r, 3));
}

static struct change any_change(struct random *r)
{
	bool asset = below(r, 6) == 0;
	struct change c = change_new(asset ? KIND_EQUIPMENT : KIND_DOSSIER);
	c.time_stated = below(r, 3) > 0;
	c.changed_at = any_moment(r);
	if (!asset) {
		any_dossier(r, &c);
		return c;
	}
	c.key = slice_str("PC-1");
	change_set_number(&c, FIELD_STATE, STATE_PLANNED + (int64_t)below(r, STATE_RETIRED));
	if (below(r, 3) == 0)
		change_set_text(&c, FIELD_UNIT, slice_str(STATED[below(r, 5)]));
	return c;
}

static void tell_anything(struct random *r, struct told *told)
{
	*told = (struct told){0};
	size_t n = 3 + below(r, CHANGES_MAX - 3);
	for (size_t i = 0; i < n; i++) {
		size_t d = below(r, DEVICES);
		told->changes[d][told->n[d]++] = any_change(r);
	}
	for (size_t d = 0; d < DEVICES; d++)
		told->accepted_at[d] = MARCH + 10 * DAY_MS + (int64_t)below(r, 3) * DAY_MS;
}

static void add_entry(struct any_order *a, size_t d, uint64_t seq, const struct change *changes, size_t n)
{
	struct batch_head head = {.incarnation = {.ordinal = 1, .bits = d}, .seq = seq, .sealed_at = MARCH};
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	struct entry *entry = &a->cut.entries[a->cut.n++];
	struct envelope envelope;
	struct device device;
	device_id((int)d + 1, head.device);
	struct batch_writer *w = batch_writer_new();
	assert_non_null(w);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(batch_writer_add(w, &changes[i]), STATUS_OK);
	assert_int_equal(batch_seal(w, &head, a->hub.identity.hub_id, a->key, &sealed), STATUS_OK);
	assert_int_equal(envelope_peek(bytes_slice(&sealed), &envelope), STATUS_OK);
	*entry = (struct entry){.accepted_at = a->told.accepted_at[d], .verdicts = bytes_new(LIMIT_REPLY)};
	assert_int_equal(batch_read(envelope.payload, &entry->batch), STATUS_OK);
	assert_int_equal(registry_find_device(a->tables.registry, head.device, &device), STATUS_OK);
	assert_int_equal(judge_batch(a->tables.registry, &device, date_of(entry->accepted_at), entry->batch,
				     &entry->verdicts),
			 STATUS_OK);
	batch_writer_free(w);
	bytes_free(&sealed);
}

/* Cuts what was told into batches anywhere, device by device. */
static void cut_anywhere(struct any_order *a)
{
	a->cut.n = 0;
	for (size_t d = 0; d < DEVICES; d++) {
		size_t done = 0;
		for (uint64_t seq = 1; done < a->told.n[d]; seq++) {
			size_t n = 1 + below(&a->random, a->told.n[d] - done);
			add_entry(a, d, seq, &a->told.changes[d][done], n);
			done += n;
		}
	}
}

static void free_cut(struct cut *cut)
{
	for (size_t i = 0; i < cut->n; i++) {
		batch_free(cut->entries[i].batch);
		bytes_free(&cut->entries[i].verdicts);
	}
	cut->n = 0;
}

static void apply(struct state *state, const struct entry *entry)
{
	struct slice verdicts = bytes_slice(&entry->verdicts);
	assert_int_equal(state_apply_changes(state, batch_get_head(entry->batch), entry->accepted_at, entry->batch,
					     verdicts, NULL),
			 STATUS_OK);
}

static void put_rows(struct database *db, const struct derived_table *table, struct bytes *out)
{
	int n_columns = 1;
	for (const char *c = table->columns; *c != '\0'; c++)
		n_columns += *c == ',';
	bytes_put_str(out, table->name);
	struct query q = query_start(db, table->select);
	while (query_row(&q)) {
		for (int i = 0; i < n_columns; i++) {
			struct slice cell = query_get_blob(&q, i);
			cbor_put_bytes(out, cell.data, cell.len);
		}
	}
	assert_int_equal(query_finish(&q), STATUS_OK);
}

static void put_winners(const struct any_order *a, enum kind kind, struct slice writes, struct bytes *out)
{
	struct scope scope = registry_scope(a->tables.registry);
	struct thing thing = thing_new(kind);
	struct resolved r;
	assert_int_equal(thing_read(writes, &thing), STATUS_OK);
	assert_int_equal(fold_resolve(&thing, &scope, &r), STATUS_OK);
	cbor_put_bytes(out, r.unit.data, r.unit.len);
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		cbor_put_uint(out, f);
		if (r.winner[f] != NULL)
			value_put(out, &r.winner[f]->value);
	}
	resolved_free(&r);
	thing_free(&thing);
}

static void put_all_winners(const struct any_order *a, struct bytes *out)
{
	struct query q = query_start(a->tables.db, "SELECT kind, key, writes FROM thing ORDER BY kind, key");
	while (query_row(&q)) {
		struct slice key = query_get_text(&q, 1);
		cbor_put_bytes(out, key.data, key.len);
		put_winners(a, (enum kind)query_get_int(&q, 0), query_get_blob(&q, 2), out);
	}
	assert_int_equal(query_finish(&q), STATUS_OK);
}

static void put_totals(const struct any_order *a, struct bytes *out)
{
	struct totals_query query = {.period = {.from = day("2024-03-03"), .to = day("2024-03-15")},
				     .today = day("2024-06-01"),
				     .unit = unit_index(&a->tables, "27"),
				     .by = TOTALS_BY_UNIT,
				     .rule = &COUNT_FORM06};
	struct totals totals;
	assert_int_equal(totals_compute(a->tables.db, a->tables.registry, &query, &totals), STATUS_OK);
	bytes_put(out, &totals.total.cells, sizeof(totals.total.cells));
	for (size_t i = 0; i < totals.n_groups; i++)
		bytes_put(out, &totals.groups[i].cells, sizeof(totals.groups[i].cells));
	totals_clear(&totals);
}

static bool is_compared(const char *name)
{
	return strcmp(name, "unit") != 0 && strcmp(name, "device") != 0;
}

/* Folds entries, each named by its index, into empty tables. */
static struct outcome fold(struct any_order *a, const size_t *order, size_t n)
{
	struct outcome found = {.whole = bytes_new(STATE_BYTES), .meaning = bytes_new(STATE_BYTES)};
	struct state state = state_new(a->tables.db, a->tables.registry, &a->hub);
	assert_int_equal(database_begin(a->tables.db), STATUS_OK);
	for (size_t i = 0; i < n; i++)
		apply(&state, &a->cut.entries[order[i]]);
	for (const struct derived_table *t = DERIVED_TABLES; t->name != NULL; t++) {
		if (!is_compared(t->name))
			continue;
		put_rows(a->tables.db, t, &found.whole);
		if (strcmp(t->name, "thing") != 0)
			put_rows(a->tables.db, t, &found.meaning);
	}
	put_all_winners(a, &found.meaning);
	put_totals(a, &found.meaning);
	assert_int_equal(bytes_status(&found.whole), STATUS_OK);
	assert_int_equal(bytes_status(&found.meaning), STATUS_OK);
	database_rollback(a->tables.db);
	state_clear(&state);
	return found;
}

static void outcome_free(struct outcome *o)
{
	bytes_free(&o->whole);
	bytes_free(&o->meaning);
}

/* Every entry once and some again, shuffled. */
static size_t any_order_of(struct random *r, size_t n, size_t *order)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t times = 1 + below(r, 3) / 2; times > 0; times--) {
			size_t at = below(r, count + 1);
			order[count++] = order[at];
			order[at] = i;
		}
	return count;
}

static void check_same(struct bytes *a, struct bytes *b, const char *what, int number)
{
	if (!slice_equal(bytes_slice(a), bytes_slice(b)))
		fail_msg("case %d: another state by %s", number, what);
}

static void check_case(struct any_order *a, int number)
{
	size_t order[2 * ENTRIES_MAX] = {0};
	tell_anything(&a->random, &a->told);
	cut_anywhere(a);
	for (size_t i = 0; i < a->cut.n; i++)
		order[i] = i;
	struct outcome expected = fold(a, order, a->cut.n);
	struct outcome shuffled = fold(a, order, any_order_of(&a->random, a->cut.n, order));
	check_same(&shuffled.whole, &expected.whole, "another order", number);
	check_same(&shuffled.meaning, &expected.meaning, "another order", number);
	free_cut(&a->cut);
	cut_anywhere(a);
	struct outcome recut = fold(a, order, any_order_of(&a->random, a->cut.n, order));
	check_same(&recut.meaning, &expected.meaning, "other batches", number);
	free_cut(&a->cut);
	outcome_free(&expected);
	outcome_free(&shuffled);
	outcome_free(&recut);
}

static void test_any_order_repetition_and_cut_give_the_same_state(void **state)
{
	(void)state;
	static const uint8_t seed[SEED_LEN] = {1};
	struct any_order *a = calloc(1, sizeof(*a));
	assert_non_null(a);
	assert_int_equal(sign_start(), STATUS_OK);
	a->tables = tables_new();
	a->key = signing_key_new(seed);
	a->random.state = UINT64_C(88172645463325252);
	for (int i = 0; i < CASES; i++)
		check_case(a, i);
	signing_key_free(a->key);
	tables_free(&a->tables);
	free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_order_repetition_and_cut_give_the_same_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
