#include "hub/as_known_fold.h"

#include <string.h>

#include "hub/dossier_fold.h"
#include "hub/mentions.h"
#include "protocol/thing_join.h"

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
		return as_known_fold_act(f, entry);
	enum status s = as_known_find_batch(f, entry, &e, &head, &in);
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
	bool in = f->closing == NULL ? origin->accepted_at <= f->at : closing_set_has(&f->closing->set, &head);
	return in && registry_find_device(f->state.registry, origin->device, &device) == STATUS_OK;
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
	struct query q = query_start(f->state.db, "SELECT code FROM changed WHERE taken = 0 ORDER BY code");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = with_thing(f, query_get_text(&q, 0), use);
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

/* With what is marked already. */
static enum status fold_marked(struct folding *f)
{
	enum status s = each_changed(f, take_joined);
	if (s == STATUS_OK)
		s = mark_links(f);
	if (s == STATUS_OK)
		s = each_changed(f, take_known);
	return s == STATUS_OK ? state_refresh(&f->state) : s;
}

static enum status refresh_changed(struct folding *f)
{
	if (f->otherwise || !f->met) /* nothing will come of it */
		return STATUS_OK;
	enum status s = registry_reload(f->state.registry, f->state.db);
	return s == STATUS_OK ? fold_marked(f) : s;
}

enum status as_known_changed(struct hub *hub, const struct closing *closing, struct as_known *ret_known,
			     struct as_known_missing *ret_missing)
{
	struct folding f = {.closing = closing, .acts_alone = true};
	struct as_known known = {0};
	enum status s = as_known_fold(hub, &f, mark_since, refresh_changed, &known);
	if (s != STATUS_OK)
		return s;
	if (f.otherwise || !f.met) {
		as_known_clear(&known);
		database_rollback(hub->db);
		return f.met ? as_known_closing(hub, closing, ret_known, ret_missing) : STATUS_EMPTY;
	}
	known.partly = true;
	*ret_known = known;
	*ret_missing = as_known_missing_of(&f);
	return STATUS_OK;
}

/* --- by an instant --- */

static enum status fold_act_at(struct folding *f, const struct log_entry *entry)
{
	struct act act;
	if (entry->accepted_at <= f->at)
		return state_apply_entry(&f->state, entry);
	/* Whoever folds everything does not open later ones, so one that cannot be read is no reason to fail. */
	enum status s = act_open(entry->body, f->state.hub_id, f->state.hub_key, &act);
	f->otherwise = f->otherwise || s != STATUS_OK || as_known_counts_otherwise(act.type);
	return s == STATUS_NO_MEMORY ? s : STATUS_OK;
}

/* Where its chain stood. */
static enum status place_batch(struct folding *f, const struct log_entry *entry)
{
	struct envelope e;
	struct batch_head head;
	uint8_t hash[HASH_LEN];
	enum status s = envelope_peek(entry->body, &e);
	if (s == STATUS_OK)
		s = batch_peek(e.payload, &head);
	hash_bytes(entry->body, hash);
	return s == STATUS_OK ? state_place_batch(&f->state, entry, &head, hash) : s;
}

static enum status place_at(void *context, const struct log_entry *entry)
{
	struct folding *f = context;
	if (f->otherwise)
		return STATUS_OK;
	if (entry->type == LOG_ACT)
		return fold_act_at(f, entry);
	return entry->accepted_at <= f->at ? place_batch(f, entry) : STATUS_OK;
}

/* Origins of one dossier so far: all of them were known then, or none, or some. */
struct looking {
	struct folding *f;
	bool any;
	bool all;
	uint8_t device[DEVICE_ID_LEN]; /* the last one looked for … */
	bool enrolled;                 /* … and what came of it */
	bool looked;
};

static enum status look_at_origin(void *context, const uint8_t device[static DEVICE_ID_LEN], int64_t accepted_at)
{
	struct looking *l = context;
	struct device found;
	if (!l->looked || memcmp(l->device, device, DEVICE_ID_LEN) != 0) {
		memcpy(l->device, device, DEVICE_ID_LEN);
		l->enrolled = registry_find_device(l->f->state.registry, device, &found) == STATUS_OK;
		l->looked = true;
	}
	bool known = l->enrolled && accepted_at <= l->f->at;
	l->any = l->any || known;
	l->all = l->all && known;
	return STATUS_OK;
}

/* Marked and folded in one go: what is said of it is at hand. */
static enum status take_at_once(const struct looking *l, struct slice code, struct slice writes)
{
	struct thing thing = thing_new(KIND_DOSSIER);
	struct query q = query_start(l->f->state.db, "INSERT INTO changed (code, taken) VALUES (?1, 1)"
						     " ON CONFLICT DO UPDATE SET taken = 1");
	query_text(&q, 1, code);
	enum status s = query_run(&q);
	if (s != STATUS_OK || (!l->any && !code_is_provisional(code)))
		return s;
	s = thing_read(writes, &thing);
	if (s == STATUS_OK)
		s = take_joined(l->f, code, &thing);
	if (s == STATUS_OK)
		s = take_known(l->f, code, &thing);
	thing_free(&thing);
	return s;
}

/* Every dossier of which not all that is said now was known then; in their order, so that it costs least. */
static enum status mark_by_things(struct folding *f)
{
	struct query q = query_start(f->hub->db, "SELECT key, writes FROM thing WHERE kind = ?1 ORDER BY key");
	struct looking l = {.f = f};
	enum status s = STATUS_OK;
	query_int(&q, 1, KIND_DOSSIER);
	while (s == STATUS_OK && query_row(&q)) {
		struct slice writes = query_get_blob(&q, 1);
		l.any = false;
		l.all = true;
		s = thing_each_origin(writes, look_at_origin, &l);
		if (s == STATUS_OK && !l.all)
			s = take_at_once(&l, query_get_text(&q, 0), writes);
	}
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

static enum status refresh_at(struct folding *f)
{
	if (f->otherwise)
		return STATUS_OK;
	enum status s = registry_reload(f->state.registry, f->state.db);
	if (s == STATUS_OK)
		s = mentions_copy_known(f->hub->db, f->at, f->state.registry, f->state.db);
	if (s == STATUS_OK)
		s = mark_by_things(f);
	return s == STATUS_OK ? fold_marked(f) : s;
}

enum status as_known_dossiers_at(struct hub *hub, int64_t at, struct as_known *ret_known)
{
	struct folding f = {.at = at, .acts_alone = true};
	struct as_known known = {0};
	enum status s = as_known_fold(hub, &f, place_at, refresh_at, &known);
	if (s != STATUS_OK)
		return s;
	if (f.otherwise) {
		as_known_clear(&known);
		database_rollback(hub->db);
		return as_known_at(hub, at, ret_known);
	}
	known.partly = true;
	*ret_known = known;
	return STATUS_OK;
}

enum status as_known_may_differ(const struct as_known *known, struct slice code, bool *ret_may)
{
	struct slice said;
	*ret_may = true;
	if (!known->partly)
		return STATUS_OK;
	enum status s = dossier_fold_said(known->db, code, &said);
	return s == STATUS_OK ? is_marked(known->db, said, ret_may) : s;
}
