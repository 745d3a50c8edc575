#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/state.h"
#include "hub/store.h"
#include "hub/totals.h"
#include "reading.h"

enum { THING_BYTES = 1 << 20, STATE_BYTES = 1 << 24 };

/* Rule 2 as design section 3 says it, in words of its own. */
static int64_t bounded(const struct origin *o)
{
	int64_t bound = o->accepted_at + 10 * MINUTE_MS;
	return o->changed_at > bound ? bound : o->changed_at;
}

static bool beats(const struct origin *a, const struct origin *b)
{
	const struct {
		int64_t a, b;
	} parts[] = {{bounded(a), bounded(b)},
		     {a->changed_at, b->changed_at},
		     {memcmp(a->device, b->device, DEVICE_ID_LEN), 0},
		     {incarnation_compare(&a->incarnation, &b->incarnation), 0},
		     {(int64_t)a->seq, (int64_t)b->seq},
		     {a->index, b->index}};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].a != parts[i].b)
			return parts[i].a > parts[i].b;
	return false;
}

static bool same_origin(const struct origin *a, const struct origin *b)
{
	return memcmp(a->device, b->device, DEVICE_ID_LEN) == 0 && a->seq == b->seq && a->index == b->index &&
	       incarnation_compare(&a->incarnation, &b->incarnation) == 0;
}

static bool counts(const struct resolved *r, const struct origin *o)
{
	for (size_t i = 0; i < r->thing->n_origins; i++)
		if (same_origin(&r->thing->origins[i], o))
			return r->counts[i];
	return false;
}

/* The greatest write of a field that counts and lies below another; NULL if there is none. */
static const struct logged *next_best(const struct resolved *r, struct logged *const *mine, size_t n, enum field f,
				      const struct logged *below)
{
	const struct logged *best = NULL;
	for (size_t i = 0; i < n; i++)
		if (mine[i]->change.fields[f].state != VALUE_ABSENT && counts(r, &mine[i]->origin) &&
		    mine[i] != below && (below == NULL || beats(&below->origin, &mine[i]->origin)) &&
		    (best == NULL || beats(&mine[i]->origin, &best->origin)))
			best = mine[i];
	return best;
}

/* When a status was reached: back over the writes that say the same, to the first that tells a time. */
static int64_t told_at(const struct resolved *r, struct logged *const *mine, size_t n, const struct logged *winner)
{
	for (const struct logged *l = winner; l != NULL; l = next_best(r, mine, n, FIELD_STATUS, l)) {
		const struct value *at = &l->change.fields[FIELD_STATUS_AT];
		if (!value_equal(&l->change.fields[FIELD_STATUS], &winner->change.fields[FIELD_STATUS]))
			return TIME_UNSET;
		if (at->state == VALUE_NUMBER)
			return at->number;
		if (l->origin.time_stated)
			return bounded(&l->origin);
	}
	return TIME_UNSET;
}

static void check_winner(struct sim *sim, const struct resolved *r, struct logged *const *mine, size_t n,
			 enum field f)
{
	const struct logged *best = next_best(r, mine, n, f, NULL);
	const struct write *winner = r->winner[f];
	SIM_REQUIRE(sim, (best == NULL) == (winner == NULL));
	if (best == NULL)
		return;
	SIM_REQUIRE(sim, same_origin(&r->thing->origins[winner->origin], &best->origin));
	SIM_REQUIRE(sim, value_equal(&winner->value, &best->change.fields[f]));
	if (f != FIELD_STATUS || winner->value.state != VALUE_NUMBER)
		return;
	SIM_REQUIRE(sim, resolved_status_at(r) == told_at(r, mine, n, best));
}

static void check_history(struct sim *sim, const struct resolved *r, enum field f)
{
	struct history_entry *entries = NULL;
	size_t n = 0;
	SIM_OK(sim, fold_history(r, f, &entries, &n));
	for (size_t i = 0; i < n; i++) {
		const struct write *w = entries[i].write;
		int64_t at = w->status_at != TIME_UNSET ? w->status_at : bounded(entries[i].origin);
		SIM_REQUIRE(sim, entries[i].day == date_of(at) && (i == 0 || entries[i - 1].day <= entries[i].day));
	}
	free(entries);
}

static void check_resolved(struct sim *sim, const struct thing *thing, struct logged *const *mine, size_t n)
{
	struct scope scope = registry_scope(sim->hub->registry);
	struct resolved r;
	for (size_t i = 1; i < thing->n_origins; i++)
		SIM_REQUIRE(sim, beats(&thing->origins[i], &thing->origins[i - 1]));
	SIM_OK(sim, fold_resolve(thing, &scope, &r));
	for (size_t f = 0; f < FIELD_COUNT; f++)
		if (f != FIELD_STATUS_AT)
			check_winner(sim, &r, mine, n, (enum field)f);
	check_history(sim, &r, FIELD_STATUS);
	check_history(sim, &r, FIELD_UNIT);
	resolved_free(&r);
}

/* The first of the kind and key in the list by key; they stand together. */
static size_t find_first(const struct reading *r, enum kind kind, struct slice key)
{
	size_t low = 0;
	size_t high = r->n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct change *c = &r->by_key[middle]->change;
		bool before = c->kind != kind ? c->kind < kind : slice_compare(c->key, key) < 0;
		low = before ? middle + 1 : low;
		high = before ? high : middle;
	}
	return low;
}

static void check_thing(struct reading *r, enum kind kind, struct slice key, struct slice writes)
{
	struct sim *sim = r->sim;
	struct logged **mine = NULL;
	struct thing thing = thing_new(kind);
	struct bytes again = bytes_new(THING_BYTES);
	size_t n = 0;
	for (size_t i = find_first(r, kind, key); i < r->n; i++) {
		struct logged *l = r->by_key[i];
		if (l->change.kind != kind || !slice_equal(l->change.key, key))
			break;
		if (!l->counts)
			continue;
		mine = reading_more(sim, mine, n, sizeof(*mine));
		size_t at = sim_index(sim, n + 1);
		mine[n] = l;
		mine[n++] = mine[at];
		mine[at] = l;
	}
	SIM_REQUIRE(sim, n > 0);
	for (size_t i = 0; i < 2 * n; i++) {
		const struct logged *l = mine[i < n ? i : sim_index(sim, n)];
		bool fresh = false;
		SIM_OK(sim, thing_add(&thing, &l->origin, &l->change, &fresh));
		SIM_REQUIRE(sim, fresh == (i < n));
	}
	thing_put(&thing, &again);
	SIM_REQUIRE(sim, slice_equal(bytes_slice(&again), writes));
	check_resolved(sim, &thing, mine, n);
	bytes_free(&again);
	thing_free(&thing);
	free(mine);
}

void order_check_things(struct reading *r)
{
	struct query q = query_start(r->sim->hub->db, "SELECT kind, key, writes FROM thing");
	while (query_row(&q))
		check_thing(r, (enum kind)query_get_int(&q, 0), query_get_text(&q, 1), query_get_blob(&q, 2));
	SIM_OK(r->sim, query_finish(&q));
}

/* Everything in a derived table, as bytes one after the other. */
static void put_table(struct sim *sim, struct database *db, const struct derived_table *table, struct bytes *out)
{
	struct query q = query_start(db, table->select);
	int n = 1;
	for (const char *c = table->columns; *c != '\0'; c++)
		n += *c == ',';
	bytes_put_str(out, table->name);
	while (query_row(&q))
		for (int i = 0; i < n; i++) {
			struct slice cell = query_get_blob(&q, i);
			cbor_put_bytes(out, cell.data, cell.len);
		}
	SIM_OK(sim, query_finish(&q));
}

/* With a registry just read, as a report has it. */
static void put_totals(struct sim *sim, struct database *db, struct bytes *out)
{
	struct registry *registry = NULL;
	SIM_OK(sim, registry_new(db, &registry));
	judge_put_totals(sim, db, registry, TOTALS_BY_UNIT, sim->now, out);
	registry_free(registry);
}

/* What is derived, whatever the order of the batches: all tables but the chains, and the totals. */
static void compare(struct sim *sim, struct database *db, struct bytes *all)
{
	struct bytes ours = bytes_new(STATE_BYTES);
	struct bytes theirs = bytes_new(STATE_BYTES);
	for (const struct derived_table *t = DERIVED_TABLES;; t++) {
		bytes_clear(&ours);
		bytes_clear(&theirs);
		if (t->name == NULL) {
			put_totals(sim, sim->hub->db, &ours);
			put_totals(sim, db, &theirs);
		} else if (strcmp(t->name, "chain") != 0) {
			put_table(sim, sim->hub->db, t, &ours);
			put_table(sim, db, t, &theirs);
		}
		if (!slice_equal(bytes_slice(&ours), bytes_slice(&theirs)))
			(void)fprintf(stderr, "%s differs\n", t->name == NULL ? "totals" : t->name);
		SIM_REQUIRE(sim, slice_equal(bytes_slice(&ours), bytes_slice(&theirs)));
		bytes_put(all, ours.data, ours.len);
		if (t->name == NULL)
			break;
	}
	SIM_OK(sim, bytes_status(all));
	bytes_free(&ours);
	bytes_free(&theirs);
}

/* Another hub's tables: the acts, then the batches in any order, then the facts. */
static void fold_shuffled(struct reading *r, struct database *db, struct registry *registry)
{
	struct sim *sim = r->sim;
	struct state state = state_new(db, registry, sim->hub);
	state.log_db = sim->hub->db;
	state.defer_facts = true;
	for (size_t i = r->n_entries; i > 1; i--) {
		size_t at = sim_index(sim, i);
		/* Acts keep their order among themselves. */
		if (r->entries[i - 1].type == LOG_ACT || r->entries[at].type == LOG_ACT)
			continue;
		struct log_entry moved = r->entries[i - 1];
		r->entries[i - 1] = r->entries[at];
		r->entries[at] = moved;
	}
	SIM_OK(sim, database_begin(db));
	for (int acts = 1; acts >= 0; acts--)
		for (size_t i = 0; i < r->n_entries; i++)
			if ((r->entries[i].type == LOG_ACT) == (acts == 1))
				SIM_OK(sim, state_apply_entry(&state, &r->entries[i]));
	SIM_OK(sim, state_refresh(&state));
	SIM_OK(sim, database_commit(db));
	state_clear(&state);
}

void order_check_tables(struct reading *r, uint8_t ret_digest[static HASH_LEN])
{
	struct sim *sim = r->sim;
	struct database *db = NULL;
	struct registry *registry = NULL;
	struct bytes all = bytes_new(STATE_BYTES);
	struct database_plan plan = store_plan(":memory:", NULL, DATABASE_SCRATCH, true);
	SIM_OK(sim, database_open(&plan, &db));
	SIM_OK(sim, registry_new(db, &registry));
	fold_shuffled(r, db, registry);
	compare(sim, db, &all);
	hash_bytes(bytes_slice(&all), ret_digest);
	bytes_free(&all);
	registry_free(registry);
	database_close(db);
}
