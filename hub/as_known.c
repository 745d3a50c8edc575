#include "hub/as_known.h"

#include <string.h>

#include "hub/dossier_fold.h"
#include "hub/store.h"
#include "protocol/thing_join.h"

struct folding {
	struct hub *hub;
	struct state state;
	int64_t at;
	/* what was known at a closing; NULL: at an instant */
	const struct closing *closing;
	bool met; /* the closing itself: the acts behind it are later ones */
	uint64_t batches;
	uint64_t retold;
	int64_t acts;
	uint8_t last_act[HASH_LEN];
	bool otherwise; /* an act behind the closing makes old words count otherwise */
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

/* Whether what was said before an act may count otherwise after it. */
static bool counts_otherwise(enum act_type type)
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

static enum status fold_act_before(struct folding *f, const struct log_entry *entry)
{
	struct act act;
	enum status s = act_open(entry->body, f->state.hub_id, f->state.hub_key, &act);
	if (s != STATUS_OK)
		return s;
	if (f->met) {
		f->otherwise = f->otherwise || counts_otherwise(act.type);
		return STATUS_OK;
	}
	f->met = act.type == ACT_CLOSE && slice_equal(act.body, bytes_slice(&f->closing->body));
	if (f->met)
		return STATUS_OK;
	f->acts++;
	hash_bytes(entry->body, f->last_act);
	return state_apply_act(&f->state, &act);
}

/* Whether a batch is of the closing's set. */
static enum status find_batch(struct folding *f, const struct log_entry *entry, struct envelope *ret_envelope,
			      struct batch_head *ret_head, bool *ret_in)
{
	enum status s = envelope_peek(entry->body, ret_envelope);
	if (s == STATUS_OK)
		s = batch_peek(ret_envelope->payload, ret_head);
	*ret_in = s == STATUS_OK && closing_set_has_sealed(&f->closing->set, ret_head, entry->body);
	f->retold += *ret_in && f->met && entry->type == LOG_BATCH ? 1 : 0;
	return s;
}

static enum status fold_closed(void *context, const struct log_entry *entry)
{
	struct folding *f = context;
	struct envelope e;
	struct batch_head head;
	bool in = false;
	if (entry->type == LOG_ACT)
		return fold_act_before(f, entry);
	enum status s = find_batch(f, entry, &e, &head, &in);
	return s == STATUS_OK && in ? fold_batch(f, entry) : s;
}

static enum status open_scratch(struct as_known *known)
{
	struct database_plan plan = store_plan("", NULL, DATABASE_SCRATCH, true);
	enum status s = database_open(&plan, &known->db);
	if (s == STATUS_OK)
		s = database_script(known->db,
				    "CREATE TABLE changed (code TEXT PRIMARY KEY) STRICT, WITHOUT ROWID");
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

/* f->state is made and cleared here. */
static enum status fold(struct hub *hub, struct folding *f, log_each each, enum status (*finish)(struct folding *f),
			struct as_known *ret_known)
{
	struct as_known known = {0};
	enum status s = open_scratch(&known);
	if (s == STATUS_OK) {
		f->hub = hub;
		f->state = state_new(known.db, known.registry, hub);
		f->state.log_db = hub->db;
		f->state.defer_facts = true;
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
	return fold(hub, &f, fold_known_at, refresh, ret_known);
}

static struct as_known_missing missing_of(const struct folding *f)
{
	const struct closing_set *set = &f->closing->set;
	return (struct as_known_missing){
		.batches = closing_set_batches(set) - f->batches,
		.retold = f->retold,
		.acts = set->acts - f->acts,
		.other_act = memcmp(f->last_act, set->last_act, HASH_LEN) != 0,
	};
}

enum status as_known_closing(struct hub *hub, const struct closing *closing, struct as_known *ret_known,
			     struct as_known_missing *ret_missing)
{
	struct folding f = {.closing = closing};
	enum status s = fold(hub, &f, fold_closed, refresh, ret_known);
	if (s != STATUS_OK)
		return s;
	if (!f.met) {
		as_known_clear(ret_known);
		return STATUS_EMPTY;
	}
	*ret_missing = missing_of(&f);
	return STATUS_OK;
}

/* --- only what has changed --- */

static enum status is_marked(struct database *db, struct slice code, bool *ret_is)
{
	struct query q = query_start(db, "SELECT EXISTS (SELECT 1 FROM changed WHERE code = ?1)");
	query_text(&q, 1, code);
	*ret_is = query_row(&q) && query_get_int(&q, 0) != 0;
	return query_finish(&q);
}

static enum status mark_changed(struct folding *f, struct slice code)
{
	struct query q = query_start(f->state.db, "INSERT INTO changed (code) VALUES (?1) ON CONFLICT DO NOTHING");
	query_text(&q, 1, code);
	return query_run(&q);
}

/* A batch that was refused as a whole says nothing, and may not even be readable. */
static enum status mark_batch(struct folding *f, const struct log_entry *entry, struct slice payload)
{
	struct batch *batch = NULL;
	struct verdicts verdicts;
	struct change c;
	enum status s = verdicts_read(entry->verdicts, &verdicts);
	if (s != STATUS_OK || verdicts.batch != VERDICT_TAKEN)
		return s;
	s = batch_read(payload, &batch);
	while (s == STATUS_OK && batch_next(batch, &c))
		if (c.kind == KIND_DOSSIER)
			s = mark_changed(f, c.key);
	batch_free(batch);
	return s;
}

static enum status mark_since(void *context, const struct log_entry *entry)
{
	struct folding *f = context;
	struct envelope e;
	struct batch_head head;
	struct device device;
	bool in = false;
	if (entry->type == LOG_ACT)
		return fold_act_before(f, entry);
	enum status s = find_batch(f, entry, &e, &head, &in);
	if (s != STATUS_OK || f->otherwise)
		return s;
	if (in)
		f->batches += registry_find_device(f->state.registry, head.device, &device) == STATUS_OK ? 1 : 0;
	return in ? STATUS_OK : mark_batch(f, entry, e.payload);
}

/* What a provisional dossier was joined to at any time. */
static enum status mark_joined(struct folding *f, const struct thing *thing)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; i < thing->n_writes && s == STATUS_OK; i++) {
		const struct write *w = &thing->writes[i];
		if (w->field == FIELD_REPLACED_BY && w->value.state == VALUE_TEXT)
			s = mark_changed(f, w->value.text);
	}
	return s;
}

/* Whatever is joined to a changed dossier, or it to that; joined things come along until none is new. */
static enum status mark_links(struct folding *f)
{
	enum status s = STATUS_OK;
	for (int64_t before = -1; s == STATUS_OK && before != database_writes(f->state.db);) {
		before = database_writes(f->state.db);
		struct query q = query_start(f->hub->db, "SELECT provisional, official FROM link");
		while (s == STATUS_OK && query_row(&q)) {
			bool one = false;
			bool other = false;
			s = is_marked(f->state.db, query_get_text(&q, 0), &one);
			if (s == STATUS_OK)
				s = is_marked(f->state.db, query_get_text(&q, 1), &other);
			if (s == STATUS_OK && one != other)
				s = mark_changed(f, query_get_text(&q, one ? 1 : 0));
		}
		enum status end = query_finish(&q);
		s = s == STATUS_OK ? end : s;
	}
	return s;
}

static bool was_known(const void *context, const struct origin *origin)
{
	const struct folding *f = context;
	struct device device;
	struct batch_head head = {.incarnation = origin->incarnation, .seq = origin->seq};
	memcpy(head.device, origin->device, DEVICE_ID_LEN);
	return closing_set_has(&f->closing->set, &head) &&
	       registry_find_device(f->state.registry, origin->device, &device) == STATUS_OK;
}

static enum status put_known(struct folding *f, struct slice code, const struct thing *known)
{
	bytes_clear(&f->state.scratch);
	thing_put(known, &f->state.scratch);
	struct query q = query_start(f->state.db, "INSERT INTO thing (kind, key, writes) VALUES (?1, ?2, ?3)");
	query_int(&q, 1, KIND_DOSSIER);
	query_text(&q, 2, code);
	query_blob(&q, 3, bytes_slice(&f->state.scratch));
	enum status s = query_run(&q);
	return s == STATUS_OK ? bytes_status(&f->state.scratch) : s;
}

static enum status with_thing(struct folding *f, struct slice code,
			      enum status (*use)(struct folding *f, struct slice code, const struct thing *thing))
{
	struct thing thing = thing_new(KIND_DOSSIER);
	struct query q = query_start(f->hub->db, "SELECT writes FROM thing WHERE kind = ?1 AND key = ?2");
	query_int(&q, 1, KIND_DOSSIER);
	query_text(&q, 2, code);
	enum status s = STATUS_OK;
	if (query_row(&q))
		s = thing_read(query_get_blob(&q, 0), &thing);
	if (s == STATUS_OK)
		s = use(f, code, &thing);
	enum status end = query_finish(&q);
	thing_free(&thing);
	return s != STATUS_OK ? s : end;
}

static enum status take_joined(struct folding *f, struct slice code, const struct thing *thing)
{
	return code_is_provisional(code) ? mark_joined(f, thing) : STATUS_OK;
}

/* Of all that was said of it what was known then. */
static enum status take_known(struct folding *f, struct slice code, const struct thing *thing)
{
	struct thing known = thing_new(KIND_DOSSIER);
	enum status s = thing_share(thing, was_known, f, &known);
	if (s == STATUS_OK && known.n_origins > 0)
		s = put_known(f, code, &known);
	thing_free(&known);
	return s;
}

static enum status each_changed(struct folding *f,
				enum status (*use)(struct folding *f, struct slice code, const struct thing *thing))
{
	struct query q = query_start(f->state.db, "SELECT code FROM changed ORDER BY code");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = with_thing(f, query_get_text(&q, 0), use);
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

static enum status refresh_changed(struct folding *f)
{
	if (f->otherwise || !f->met) /* nothing will come of it */
		return STATUS_OK;
	enum status s = registry_reload(f->state.registry, f->state.db);
	if (s == STATUS_OK)
		s = each_changed(f, take_joined);
	if (s == STATUS_OK)
		s = mark_links(f);
	if (s == STATUS_OK)
		s = each_changed(f, take_known);
	return s == STATUS_OK ? state_refresh(&f->state) : s;
}

enum status as_known_changed(struct hub *hub, const struct closing *closing, struct as_known *ret_known,
			     struct as_known_missing *ret_missing)
{
	struct folding f = {.closing = closing};
	struct as_known known = {0};
	enum status s = fold(hub, &f, mark_since, refresh_changed, &known);
	if (s != STATUS_OK)
		return s;
	if (f.otherwise || !f.met) {
		as_known_clear(&known);
		database_rollback(hub->db);
		return f.met ? as_known_closing(hub, closing, ret_known, ret_missing) : STATUS_EMPTY;
	}
	known.partly = true;
	*ret_known = known;
	*ret_missing = missing_of(&f);
	return STATUS_OK;
}

enum status as_known_may_differ(const struct as_known *known, struct slice code, bool *ret_may)
{
	if (known->partly)
		return is_marked(known->db, dossier_fold_said(code), ret_may);
	*ret_may = true;
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
