#include "hub/state.h"

#include <stdlib.h>
#include <string.h>

#include "hub/chain.h"
#include "hub/dossier_fold.h"
#include "hub/refold.h"
#include "hub/store.h"
#include "protocol/batch_form.h"

enum { THING_BYTES = 4 * 1024 * 1024, DAYS_BYTES = 4 * 1024 * 1024 };

struct state state_new(struct database *db, struct registry *registry, const struct hub *hub)
{
	struct state state = {.db = db,
			      .registry = registry,
			      .rarely = hub->world.rarely,
			      .scratch = bytes_new(THING_BYTES),
			      .days = bytes_new(DAYS_BYTES)};
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
	if (s == STATUS_OK && !state->only_mentions) {
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
	if (s == STATUS_OK && state->only_mentions && act.type != ACT_RETRY) /* the others bring no changes */
		return STATUS_OK;
	return s == STATUS_OK ? state_apply_act(state, &act) : s;
}

enum status state_refresh(struct state *state)
{
	state->refreshed++;
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
	if (s == STATUS_OK)
		s = refold_forget(state->db);
	return s == STATUS_OK ? state_refresh(state) : s;
}
