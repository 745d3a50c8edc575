#include "hub/compare.h"

#include <stdlib.h>
#include <string.h>

#include "hub/dossier_fold.h"
#include "hub/intake.h"
#include "hub/log.h"
#include "hub/refused_set.h"
#include "protocol/batch_form.h"

enum status compare_open(struct hub *hub, struct slice sealed, struct device *ret_device,
			 struct comparison_question *ret_question)
{
	struct slice payload;
	enum status s = intake_open_sealed(hub, sealed, MESSAGE_COMPARE, ret_device, &payload);
	if (s == STATUS_OK)
		s = compare_read(payload, ret_question);
	if (s == STATUS_OK && memcmp(ret_question->device, ret_device->id, DEVICE_ID_LEN) != 0)
		s = STATUS_FORGED;
	return s;
}

struct scanning {
	struct hub *hub;
	struct state state;
	const struct compare_plan *plan;
	struct compare_view *view;
	struct refused_set refused;
	struct digest_choice choice;
};

static bool is_own(const struct scanning *s, const struct origin *o)
{
	return memcmp(o->device, s->plan->device->id, DEVICE_ID_LEN) == 0;
}

/* This device's, up to the batch that was asked for, and taken when it came. */
static bool is_compared(const void *context, const struct origin *o)
{
	const struct scanning *s = context;
	if (!is_own(s, o))
		return false;
	const struct compare_view *view = s->view;
	if (o->seq > s->plan->up_to && view->n_chains > 0 &&
	    incarnation_compare(&o->incarnation, &view->chains[0].incarnation) == 0)
		return false;
	return !refused_set_has(&s->refused, o);
}

static enum status read_chains(struct hub *hub, const struct compare_plan *plan, struct compare_view *view)
{
	struct query q = query_start(hub->db, "SELECT ordinal, bits, have FROM chain WHERE device = ?1"
					      " ORDER BY ordinal DESC, bits DESC LIMIT ?2");
	query_blob(&q, 1, slice_of(plan->device->id, DEVICE_ID_LEN));
	query_int(&q, 2, LIMIT_INCARNATIONS);
	while (query_row(&q)) {
		struct comparison_chain chain = {.have = (uint64_t)query_get_int(&q, 2)};
		struct slice bits = query_get_blob(&q, 1);
		chain.incarnation.ordinal = (uint64_t)query_get_int(&q, 0);
		if (bits.len == 8)
			chain.incarnation.bits = bits_take(bits.data);
		if (view->n_chains == 0 && chain.have > plan->up_to)
			chain.have = plan->up_to;
		view->chains[view->n_chains++] = chain;
	}
	return query_finish(&q);
}

static bool is_all_own(const struct scanning *s, const struct thing *thing)
{
	size_t i = 0;
	while (i < thing->n_origins && is_own(s, &thing->origins[i]))
		i++;
	return i == thing->n_origins;
}

/* Notes in which fields another device's word holds now. */
static enum status note_others(struct scanning *s, struct slice key, const struct thing *thing)
{
	struct compare_view *view = s->view;
	struct scope scope = registry_scope(s->hub->registry);
	struct resolved r;
	uint64_t fields = 0;
	if (view->n_others > COMPARISON_OTHERS_MAX || is_all_own(s, thing))
		return STATUS_OK;
	enum status status = fold_resolve(thing, &scope, &r);
	if (status != STATUS_OK)
		return status;
	for (size_t f = 0; f < FIELD_COUNT; f++)
		if (r.winner[f] != NULL && !is_own(s, &thing->origins[r.winner[f]->origin]))
			fields |= UINT64_C(1) << f;
	resolved_free(&r);
	if (fields == 0)
		return STATUS_OK;
	char *room = view->other_keys[view->n_others];
	memcpy(room, key.data, key.len);
	view->others[view->n_others++] = (struct comparison_other){thing->kind, slice_of(room, key.len), fields};
	return STATUS_OK;
}

static enum status add_thing(struct scanning *s, struct slice key, const struct thing *thing)
{
	bool added = false;
	bool agrees = true;
	const struct period days = s->plan->days;
	int32_t day = digest_day(thing, key, &s->choice);
	if (day == DAY_UNSET || day < days.from || day > days.to)
		return STATUS_OK;
	enum status status = STATUS_OK;
	/* What is counted is as of now: asked about earlier, it says nothing. */
	if (thing->kind == KIND_DOSSIER && s->plan->up_to == UINT64_MAX)
		status = dossier_fold_agrees(&s->state, key, thing, &agrees);
	if (status == STATUS_OK)
		status =
			digest_add(&s->view->digest, thing, key, &s->choice, agrees ? 0 : DIGEST_UNFOUNDED, &added);
	return status == STATUS_OK && added ? note_others(s, key, thing) : status;
}

/* What no device can have written cannot be told to one either; `verify --full` finds it. */
static bool can_be_told(enum kind kind, struct slice key)
{
	return kind > KIND_NONE && kind < KIND_COUNT && key.len > 0 && key.len <= LIMIT_KEY &&
	       utf8_valid(key.data, key.len);
}

static enum status scan_thing(struct scanning *s, struct query *q, struct thing *thing)
{
	const enum kind kind = (enum kind)query_get_int(q, 0);
	struct slice key = query_get_text(q, 1);
	enum status status = can_be_told(kind, key) ? thing_read(query_get_blob(q, 2), thing) : STATUS_MALFORMED;
	if (status == STATUS_OK && thing->kind == kind)
		status = add_thing(s, key, thing);
	/* What nobody can read is not there: the device will miss it. */
	return status == STATUS_MALFORMED ? STATUS_OK : status;
}

static enum status scan_things(struct scanning *s)
{
	struct query q = query_start(s->hub->db, "SELECT kind, key, writes FROM thing WHERE instr(writes, ?1) > 0"
						 " ORDER BY kind, key");
	query_blob(&q, 1, slice_of(s->plan->device->id, DEVICE_ID_LEN));
	struct thing thing = thing_new(KIND_NONE);
	enum status status = STATUS_OK;
	while (status == STATUS_OK && query_row(&q))
		status = scan_thing(s, &q, &thing);
	thing_free(&thing);
	enum status end = query_finish(&q);
	return status != STATUS_OK ? status : end;
}

/* What is counted in a unit and was never written by anybody. */
static enum status scan_unfounded_of(struct scanning *s, int unit)
{
	struct query q =
		query_start(s->hub->db, "SELECT code, ifnull(received, submitted) AS day FROM dossier WHERE unit = "
					"?1 AND day BETWEEN ?2 AND ?3"
					" AND NOT EXISTS (SELECT 1 FROM thing WHERE kind = ?4 AND key = code)"
					" AND NOT EXISTS (SELECT 1 FROM link WHERE official = dossier.code)"
					" AND NOT EXISTS (SELECT 1 FROM split WHERE split.code || '@' || "
					"lower(hex(device)) = dossier.code)");
	query_str(&q, 1, registry_unit(s->hub->registry, unit)->code);
	query_int(&q, 2, s->plan->days.from);
	query_int(&q, 3, s->plan->days.to);
	query_int(&q, 4, KIND_DOSSIER);
	enum status status = STATUS_OK;
	while (status == STATUS_OK && query_row(&q))
		if (can_be_told(KIND_DOSSIER, query_get_text(&q, 0)))
			status = digest_add_bare(&s->view->digest, KIND_DOSSIER, (int32_t)query_get_int(&q, 1),
						 query_get_text(&q, 0), DIGEST_UNFOUNDED);
	enum status end = query_finish(&q);
	return status != STATUS_OK ? status : end;
}

/* A code may have named two units, one after the other, and a device comes back to where it was. */
static bool has_worked_before(const struct scanning *s, int posting_number, int unit)
{
	const struct registry *r = s->hub->registry;
	struct posting before;
	for (int i = 0; i < posting_number && registry_posting(r, s->plan->device, i, &before); i++)
		if (before.unit != UNIT_NONE &&
		    strcmp(registry_unit(r, before.unit)->code, registry_unit(r, unit)->code) == 0)
			return true;
	return false;
}

/* In every unit the device has worked for. */
static enum status scan_unfounded(struct scanning *s)
{
	enum status status = STATUS_OK;
	struct posting posting;
	if (s->plan->up_to != UINT64_MAX)
		return STATUS_OK;
	for (int i = 0; status == STATUS_OK && registry_posting(s->hub->registry, s->plan->device, i, &posting);
	     i++)
		if (posting.unit != UNIT_NONE && !has_worked_before(s, i, posting.unit))
			status = scan_unfounded_of(s, posting.unit);
	return status;
}

enum status compare_scan(struct hub *hub, const struct compare_plan *plan, struct compare_view **ret_view)
{
	uint8_t chain[HASH_LEN];
	struct scanning s = {.hub = hub, .plan = plan, .state = state_of(hub)};
	s.view = calloc(1, sizeof(*s.view));
	s.choice = (struct digest_choice){.includes = is_compared, .context = &s};
	enum status status = s.view == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (status == STATUS_OK) {
		memcpy(s.view->device, plan->device->id, DEVICE_ID_LEN);
		s.view->digest = digest_new(plan->days);
		status = log_last(hub->db, &s.view->last_entry, chain);
	}
	if (status == STATUS_OK)
		status = read_chains(hub, plan, s.view);
	if (status == STATUS_OK)
		status = refused_set_read(hub->db, plan->device->id, &s.refused);
	if (status == STATUS_OK)
		status = scan_things(&s);
	if (status == STATUS_OK)
		status = scan_unfounded(&s);
	if (status == STATUS_OK)
		status = digest_finish(&s.view->digest);
	refused_set_free(&s.refused);
	state_clear(&s.state);
	if (status == STATUS_OK)
		*ret_view = s.view;
	else
		compare_view_free(s.view);
	return status;
}

void compare_view_free(struct compare_view *view)
{
	if (view == NULL)
		return;
	digest_free(&view->digest);
	free(view);
}

const char *compare_code(const struct compare_view *view, struct period month,
			 char ret_code[static DIGEST_CODE_TEXT])
{
	uint8_t root[HASH_LEN];
	digest_root(view->digest.sums, view->digest.n_sums, month, view->device, root);
	return digest_code(root, ret_code);
}

enum status compare_answer(const struct hub *hub, const struct signing_key *key, const struct compare_view *view,
			   const struct comparison_question *question, struct bytes *out)
{
	struct comparison_answer *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return STATUS_NO_MEMORY;
	memcpy(a->device, view->device, DEVICE_ID_LEN);
	memcpy(a->nonce, question->nonce, NONCE_LEN);
	a->epoch = hub->epoch;
	a->hub_time = hub_now(hub);
	a->n_chains = view->n_chains;
	memcpy(a->chains, view->chains, sizeof(a->chains));
	const struct comparison_content content = {
		.digest = &view->digest, .question = question, .n_others = view->n_others, .others = view->others};
	enum status s = compared_seal(a, &content, hub->identity.hub_id, key, out);
	free(a);
	return s;
}
