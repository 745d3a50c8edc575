#include "hub/as_known.h"

#include <string.h>

#include "hub/store.h"

struct folding {
	struct state state;
	int64_t at;
	/* what was known at a closing; NULL: at an instant */
	const struct closing *closing;
	bool met; /* the closing itself: the acts behind it are later ones */
	uint64_t batches;
	uint64_t retold;
	int64_t acts;
	uint8_t last_act[HASH_LEN];
};

/* A batch of a computer that nobody had let in was not known. */
static enum status fold_batch(struct folding *f, const struct log_entry *entry)
{
	enum status s = state_apply_entry(&f->state, entry);
	f->batches += s == STATUS_OK ? 1 : 0;
	return s == STATUS_UNKNOWN_DEVICE ? STATUS_OK : s;
}

static enum status fold_known_at(void *context, const struct log_entry *entry)
{
	struct folding *f = context;
	if (entry->accepted_at > f->at)
		return STATUS_OK;
	return entry->type == LOG_ACT ? state_apply_entry(&f->state, entry) : fold_batch(f, entry);
}

static enum status fold_act_before(struct folding *f, const struct log_entry *entry)
{
	struct act act;
	if (f->met)
		return STATUS_OK;
	enum status s = act_open(entry->body, f->state.hub_id, f->state.hub_key, &act);
	if (s != STATUS_OK)
		return s;
	f->met = act.type == ACT_CLOSE && slice_equal(act.body, bytes_slice(&f->closing->body));
	if (f->met)
		return STATUS_OK;
	f->acts++;
	hash_bytes(entry->body, f->last_act);
	return state_apply_act(&f->state, &act);
}

static enum status fold_closed(void *context, const struct log_entry *entry)
{
	struct folding *f = context;
	struct envelope e;
	struct batch_head head;
	if (entry->type == LOG_ACT)
		return fold_act_before(f, entry);
	enum status s = envelope_peek(entry->body, &e);
	if (s == STATUS_OK)
		s = batch_peek(e.payload, &head);
	if (s != STATUS_OK)
		return s;
	if (!closing_set_has(&f->closing->set, &head))
		return STATUS_OK;
	f->retold += f->met && entry->type == LOG_BATCH ? 1 : 0;
	return fold_batch(f, entry);
}

static enum status open_scratch(struct as_known *known)
{
	struct database_plan plan = store_plan("", NULL, DATABASE_SCRATCH, true);
	enum status s = database_open(&plan, &known->db);
	if (s == STATUS_OK)
		s = registry_new(known->db, &known->registry);
	return s == STATUS_OK ? database_begin(known->db) : s;
}

void as_known_clear(struct as_known *known)
{
	registry_free(known->registry);
	database_close(known->db);
	*known = (struct as_known){0};
}

/* f->state is made and cleared here. */
static enum status fold(struct hub *hub, struct folding *f, log_each each, struct as_known *ret_known)
{
	struct as_known known = {0};
	enum status s = open_scratch(&known);
	if (s == STATUS_OK) {
		f->state = state_new(known.db, known.registry, hub);
		f->state.log_db = hub->db;
		f->state.defer_facts = true;
		s = log_walk_ranges(hub->db, each, f);
		if (s == STATUS_OK)
			s = state_refresh(&f->state);
		state_clear(&f->state);
	}
	if (s == STATUS_OK)
		s = registry_reload(known.registry, known.db);
	if (s == STATUS_OK)
		*ret_known = known;
	else
		as_known_clear(&known);
	return s;
}

enum status as_known_at(struct hub *hub, int64_t at, struct as_known *ret_known)
{
	struct folding f = {.at = at};
	return fold(hub, &f, fold_known_at, ret_known);
}

enum status as_known_closing(struct hub *hub, const struct closing *closing, struct as_known *ret_known,
			     struct as_known_missing *ret_missing)
{
	struct folding f = {.closing = closing};
	enum status s = fold(hub, &f, fold_closed, ret_known);
	if (s != STATUS_OK)
		return s;
	if (!f.met) {
		as_known_clear(ret_known);
		return STATUS_EMPTY;
	}
	*ret_missing = (struct as_known_missing){
		.batches = closing_set_batches(&closing->set) - f.batches,
		.retold = f.retold,
		.acts = closing->set.acts - f.acts,
		.other_act = memcmp(f.last_act, closing->set.last_act, HASH_LEN) != 0,
	};
	return STATUS_OK;
}

bool as_known_complete(const struct as_known_missing *missing)
{
	return missing->batches == 0 && missing->acts == 0 && !missing->other_act;
}

void as_known_enter(struct hub *hub, struct as_known *known)
{
	database_close(hub->db);
	registry_free(hub->registry);
	hub->db = known->db;
	hub->registry = known->registry;
	*known = (struct as_known){0};
}
