#include "hub/state.h"

#include <stdlib.h>
#include <string.h>

#include "hub/chain.h"
#include "hub/dossier_fold.h"
#include "hub/store.h"
#include "protocol/batch_form.h"

enum { THING_BYTES = 4 * 1024 * 1024, DAYS_BYTES = 4 * 1024 * 1024 };

struct state state_new(struct database *db, struct registry *registry, const struct hub *hub)
{
	struct state state = {
		.db = db, .registry = registry, .scratch = bytes_new(THING_BYTES), .days = bytes_new(DAYS_BYTES)};
	memcpy(state.hub_id, hub->identity.hub_id, HUB_ID_LEN);
	memcpy(state.hub_key, hub->identity.sign_key, PUBLIC_KEY_LEN);
	return state;
}

struct state state_of(struct hub *hub)
{
	return state_new(hub->db, hub->registry, hub);
}

void state_clear(struct state *state)
{
	bytes_free(&state->scratch);
	bytes_free(&state->days);
}

static enum status put_thing(struct state *state, const struct change *c, const struct thing *thing)
{
	bytes_clear(&state->scratch);
	thing_put(thing, &state->scratch);
	enum status s = bytes_status(&state->scratch);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(state->db, "INSERT INTO thing (kind, key, writes) VALUES (?1, ?2, ?3)"
						" ON CONFLICT (kind, key) DO UPDATE SET writes = excluded.writes");
	query_int(&q, 1, (int64_t)c->kind);
	query_text(&q, 2, c->key);
	query_blob(&q, 3, bytes_slice(&state->scratch));
	s = query_run(&q);
	if (s == STATUS_OK && c->kind == KIND_DOSSIER && !state->defer_facts)
		s = dossier_fold(state, c->key, thing);
	return s;
}

static enum status apply_change(struct state *state, const struct origin *origin, const struct change *c)
{
	struct thing thing = thing_new(c->kind);
	enum status s = STATUS_OK;
	bool fresh = false;
	struct query q = query_start(state->db, "SELECT writes FROM thing WHERE kind = ?1 AND key = ?2");
	query_int(&q, 1, (int64_t)c->kind);
	query_text(&q, 2, c->key);
	if (query_row(&q))
		s = thing_read(query_get_blob(&q, 0), &thing);
	if (s == STATUS_OK)
		s = thing.n_origins < LIMIT_THING_CHANGES ? thing_add(&thing, origin, c, &fresh) : STATUS_LIMIT;
	if (s == STATUS_OK && fresh)
		s = put_thing(state, c, &thing);
	enum status end = query_finish(&q);
	thing_free(&thing);
	return s != STATUS_OK ? s : end;
}

/*
 * A device above a unit that sends a record of it is a sign of life of that unit (contract section 6); of one, too,
 * that the list of a hub that was put back lacks for now.
 */
static enum status note_heard(struct state *state, const struct change *c, const struct device *device,
			      int64_t stamp)
{
	struct slice unit = change_unit(c);
	int own = registry_device_unit(state->registry, device, date_of(stamp));
	int index = unit.len == 0 ? own : registry_find_unit_on(state->registry, unit, date_of(stamp));
	if (index == own)
		return STATUS_OK;
	struct query q =
		query_start(state->db, "INSERT INTO heard (unit, day) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
	query_text(&q, 1, unit);
	query_int(&q, 2, date_of(stamp));
	return query_run(&q);
}

/* The verdicts on a batch as arrays: those given before, and those that applying adds. */
struct refusals {
	size_t count;
	uint32_t *indices;
	uint8_t *reasons;
};

static void refuse(struct refusals *refusals, uint32_t index, enum verdict why)
{
	refusals->indices[refusals->count] = index;
	refusals->reasons[refusals->count++] = (uint8_t)why;
}

static enum status apply_one(struct state *state, const struct batch_head *head, int64_t accepted_at,
			     uint32_t index, const struct change *c, const struct device *device)
{
	struct origin origin = {.incarnation = head->incarnation,
				.seq = head->seq,
				.index = index,
				.time_stated = c->time_stated,
				.changed_at = c->changed_at,
				.accepted_at = accepted_at};
	memcpy(origin.device, head->device, DEVICE_ID_LEN);
	enum status s = apply_change(state, &origin, c);
	return s == STATUS_OK ? note_heard(state, c, device, origin_stamp(&origin)) : s;
}

static enum status apply_all(struct state *state, const struct batch_head *head, int64_t accepted_at,
			     const struct device *device, struct batch *batch, struct verdicts judged,
			     struct refusals *refusals)
{
	uint32_t refused_index = UINT32_MAX;
	enum verdict why = VERDICT_TAKEN;
	bool more = verdict_next(&judged, &refused_index, &why);
	enum status s = STATUS_OK;
	struct change c;
	batch_rewind(batch);
	for (uint32_t index = 0; s == STATUS_OK && batch_next(batch, &c); index++) {
		if (more && refused_index == index) {
			refuse(refusals, index, why);
			more = verdict_next(&judged, &refused_index, &why);
			continue;
		}
		s = apply_one(state, head, accepted_at, index, &c, device);
		if (s == STATUS_LIMIT) {
			/* Set aside like any other record that cannot be taken (L10). */
			refuse(refusals, index, VERDICT_TOO_MANY);
			s = STATUS_OK;
		}
	}
	return s;
}

enum status state_apply_changes(struct state *state, const struct batch_head *head, int64_t accepted_at,
				struct batch *batch, struct slice judged, struct bytes *ret_verdicts)
{
	struct device device;
	struct verdicts verdicts;
	struct refusals refusals = {0};
	enum status s = registry_find_device(state->registry, head->device, &device);
	if (s == STATUS_OK)
		s = verdicts_read(judged, &verdicts);
	if (s != STATUS_OK)
		return s;
	refusals.indices = calloc(head->count + 1, sizeof(*refusals.indices));
	refusals.reasons = calloc(head->count + 1, sizeof(*refusals.reasons));
	s = refusals.indices == NULL || refusals.reasons == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK)
		s = apply_all(state, head, accepted_at, &device, batch, verdicts, &refusals);
	if (s == STATUS_OK && ret_verdicts != NULL) {
		verdicts_put(ret_verdicts, VERDICT_TAKEN, refusals.count, refusals.indices, refusals.reasons);
		s = bytes_status(ret_verdicts);
	}
	free(refusals.indices);
	free(refusals.reasons);
	return s;
}

static enum status move_chain(struct state *state, const struct log_entry *entry, const struct batch_head *head,
			      const uint8_t hash[static HASH_LEN])
{
	uint8_t bits[8];
	bits_put(head->incarnation.bits, bits);
	struct query q = query_start(state->db, "INSERT INTO batch (device, ordinal, bits, seq, entry, hash)"
						" VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	query_blob(&q, 1, slice_of(head->device, DEVICE_ID_LEN));
	query_int(&q, 2, (int64_t)head->incarnation.ordinal);
	query_blob(&q, 3, slice_of(bits, sizeof(bits)));
	query_int(&q, 4, (int64_t)head->seq);
	query_int(&q, 5, entry->n);
	query_blob(&q, 6, slice_of(hash, HASH_LEN));
	enum status s = query_run(&q);
	if (s != STATUS_OK)
		return s;
	/* One that came late, behind others, takes its number and leaves the end where it is. */
	const struct chain_end end = {.have = head->seq, .hash = hash, .accepted_at = entry->accepted_at};
	return chain_move(state->db, head->device, &head->incarnation, &end);
}

/* The day a batch speaks for: not later than it came, not earlier than the head it has seen. */
static enum status move_heard_day(struct state *state, const struct log_entry *entry, const struct batch_head *head)
{
	int64_t at = head->sealed_at < entry->accepted_at ? head->sealed_at : entry->accepted_at;
	if (head->head_time > at && head->head_time <= entry->accepted_at)
		at = head->head_time;
	struct query q = query_start(state->db, "UPDATE device SET heard_day = max(coalesce(heard_day, ?2), ?2)"
						" WHERE id = ?1");
	query_blob(&q, 1, slice_of(head->device, DEVICE_ID_LEN));
	query_int(&q, 2, date_of(at));
	return query_run(&q);
}

enum status state_place_batch(struct state *state, const struct log_entry *entry, const struct batch_head *head,
			      const uint8_t hash[static HASH_LEN])
{
	enum status s = move_chain(state, entry, head, hash);
	return s == STATUS_OK ? move_heard_day(state, entry, head) : s;
}

static enum status apply_sealed_batch(struct state *state, const struct log_entry *entry)
{
	struct envelope e;
	struct batch_head head;
	struct verdicts verdicts;
	struct batch *batch = NULL;
	uint8_t hash[HASH_LEN];
	enum status s = envelope_peek(entry->body, &e);
	if (s == STATUS_OK)
		s = batch_peek(e.payload, &head);
	if (s == STATUS_OK)
		s = verdicts_read(entry->verdicts, &verdicts);
	if (s == STATUS_OK && verdicts.batch == VERDICT_TAKEN)
		s = batch_read(e.payload, &batch);
	if (s == STATUS_OK) {
		hash_bytes(entry->body, hash);
		s = state_place_batch(state, entry, &head, hash);
	}
	if (s == STATUS_OK && batch != NULL)
		s = state_apply_changes(state, &head, entry->accepted_at, batch, entry->verdicts, NULL);
	batch_free(batch);
	return s;
}

enum status state_apply_entry(struct state *state, const struct log_entry *entry)
{
	if (entry->type != LOG_ACT)
		return apply_sealed_batch(state, entry);
	struct act act;
	enum status s = act_open(entry->body, state->hub_id, state->hub_key, &act);
	return s == STATUS_OK ? state_apply_act(state, &act) : s;
}

enum status state_refresh(struct state *state)
{
	return dossier_fold_all(state);
}

static enum status rebuild_entry(void *context, const struct log_entry *entry)
{
	return state_apply_entry(context, entry);
}

enum status state_rebuild(struct state *state, struct database *log_db)
{
	state->log_db = log_db;
	enum status s = STATUS_OK;
	for (const struct derived_table *t = DERIVED_TABLES; t->name != NULL && s == STATUS_OK; t++)
		s = database_script(state->db, t->clear);
	if (s == STATUS_OK)
		s = registry_reload(state->registry, state->db);
	if (s != STATUS_OK)
		return s;
	state->defer_facts = true;
	s = log_walk(log_db, 1, rebuild_entry, state);
	state->defer_facts = false;
	return s == STATUS_OK ? state_refresh(state) : s;
}
