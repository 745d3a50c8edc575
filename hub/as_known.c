#include "hub/as_known_fold.h"

#include <string.h>

#include "hub/dossier_fold.h"
#include "hub/store.h"
#include "protocol/thing_join.h"

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

bool as_known_counts_otherwise(enum act_type type)
{
	switch (type) {
	case ACT_UNITS:
	case ACT_SUCCESSION:
	case ACT_ASSIGN:
	case ACT_SPLIT:
	case ACT_RETRY:
		return true;
	case ACT_INIT:
	case ACT_INVITE:
	case ACT_ENROL: /* whatever its computer says is said since */
	case ACT_CONFIRM:
	case ACT_ACCEPT:
	case ACT_HOLD:
	case ACT_RELEASE:
	case ACT_STATE:
	case ACT_SKIP:
	case ACT_EPOCH:
	case ACT_CLOSE:
		return false;
	}
	return true;
}

enum status as_known_fold_act(struct folding *f, const struct log_entry *entry)
{
	struct act act;
	enum status s = act_open(entry->body, f->state.hub_id, f->state.hub_key, &act);
	if (s != STATUS_OK)
		return s;
	if (f->met) {
		f->otherwise = f->otherwise || as_known_counts_otherwise(act.type);
		return STATUS_OK;
	}
	f->met = act.type == ACT_CLOSE && slice_equal(act.body, bytes_slice(&f->closing->body));
	if (f->met)
		return STATUS_OK;
	f->acts++;
	hash_bytes(entry->body, f->last_act);
	return state_apply_act(&f->state, &act);
}

enum status as_known_find_batch(struct folding *f, const struct log_entry *entry, struct envelope *ret_envelope,
				struct batch_head *ret_head, bool *ret_in)
{
	enum status s = envelope_peek(entry->body, ret_envelope);
	if (s == STATUS_OK)
		s = batch_peek(ret_envelope->payload, ret_head);
	*ret_in = s == STATUS_OK && closing_set_has_sealed(&f->closing->set, ret_head, entry->body);
	f->retold += *ret_in && f->met && entry->type == LOG_BATCH ? 1 : 0;
	f->again += *ret_in && f->met && entry->type == LOG_AGAIN ? 1 : 0;
	return s;
}

static enum status fold_closed(void *context, const struct log_entry *entry)
{
	struct folding *f = context;
	struct envelope e;
	struct batch_head head;
	bool in = false;
	if (entry->type == LOG_ACT)
		return as_known_fold_act(f, entry);
	enum status s = as_known_find_batch(f, entry, &e, &head, &in);
	return s == STATUS_OK && in ? fold_batch(f, entry) : s;
}

static enum status open_scratch(struct as_known *known)
{
	struct database_plan plan = store_plan("", NULL, DATABASE_SCRATCH, true);
	enum status s = database_open(&plan, &known->db);
	if (s == STATUS_OK)
		s = database_script(known->db,
				    "CREATE TABLE changed (code TEXT PRIMARY KEY, taken INTEGER NOT NULL DEFAULT 0)"
				    " STRICT, WITHOUT ROWID");
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

static enum status refresh(struct folding *f)
{
	return state_refresh(&f->state);
}

enum status as_known_fold(struct hub *hub, struct folding *f, log_each each,
			  enum status (*finish)(struct folding *f), struct as_known *ret_known)
{
	struct as_known known = {0};
	enum status s = open_scratch(&known);
	if (s == STATUS_OK) {
		f->hub = hub;
		f->state = state_new(known.db, known.registry, hub);
		f->state.log_db = hub->db;
		f->state.defer_facts = true;
		f->state.acts_alone = f->acts_alone;
		s = log_walk_ranges(hub->db, rarely_limit(&hub->world.rarely, RARELY_RANGE_ENDS, LOG_RANGE), each,
				    f);
		if (s == STATUS_OK)
			s = finish(f);
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
	return as_known_fold(hub, &f, fold_known_at, refresh, ret_known);
}

struct as_known_missing as_known_missing_of(const struct folding *f)
{
	const struct closing_set *set = &f->closing->set;
	return (struct as_known_missing){
		.batches = closing_set_batches(set) - f->batches,
		.retold = f->retold,
		.again = f->again,
		.acts = set->acts - f->acts,
		.other_act = memcmp(f->last_act, set->last_act, HASH_LEN) != 0,
	};
}

enum status as_known_closing(struct hub *hub, const struct closing *closing, struct as_known *ret_known,
			     struct as_known_missing *ret_missing)
{
	struct folding f = {.closing = closing};
	enum status s = as_known_fold(hub, &f, fold_closed, refresh, ret_known);
	if (s != STATUS_OK)
		return s;
	if (!f.met) {
		as_known_clear(ret_known);
		return STATUS_EMPTY;
	}
	*ret_missing = as_known_missing_of(&f);
	return STATUS_OK;
}

bool as_known_complete(const struct as_known_missing *missing)
{
	return missing->batches == 0 && missing->acts == 0 && !missing->other_act;
}

void as_known_enter(struct hub *hub, struct as_known *known)
{
	if (known->partly)
		database_put_below(known->db, hub->db);
	else
		database_close(hub->db);
	registry_free(hub->registry);
	hub->db = known->db;
	hub->registry = known->registry;
	*known = (struct as_known){0};
}
