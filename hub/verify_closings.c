#include "hub/verify_closings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/closing_count.h"

void verify_closings_clear(struct verify_closings *v)
{
	for (size_t i = 0; i < v->n_later; i++)
		bytes_free(&v->later[i].body);
	free(v->later);
	*v = (struct verify_closings){0};
}

void verify_closings_name(struct slice body, char out[static CLOSING_NAME_TEXT])
{
	struct closing_name name = {0};
	if (closing_take_name(body, &name) != STATUS_OK)
		name.period.len = 0;
	(void)snprintf(out, CLOSING_NAME_TEXT, "closing %.*s %.*s %lld", (int)name.period.len,
		       (const char *)name.period.data, (int)name.rule.len, (const char *)name.rule.data,
		       (long long)name.revision);
}

/* Its own copy of the body, as what is read from the table has. */
static enum status read_closing(struct slice body, struct closing *ret_closing)
{
	struct bytes copy = bytes_new(LIMIT_ACT);
	bytes_put(&copy, body.data, body.len);
	enum status s = bytes_status(&copy);
	if (s == STATUS_OK)
		s = closing_take(bytes_slice(&copy), ret_closing);
	if (s == STATUS_OK)
		ret_closing->body = copy;
	else
		bytes_free(&copy);
	return s;
}

static enum status put_off(struct verify_closings *v, const struct log_entry *entry, struct slice body)
{
	struct closing_place *later = realloc(v->later, (v->n_later + 1) * sizeof(*later));
	if (later == NULL)
		return STATUS_NO_MEMORY;
	v->later = later;
	struct closing_place *place = &later[v->n_later++];
	*place = (struct closing_place){.entry = entry->n, .body = bytes_new(LIMIT_ACT)};
	bytes_put(&place->body, body.data, body.len);
	return bytes_status(&place->body);
}

/* Whether the state has just what was known at the closing. */
static enum status is_here(const struct verify_closings *v, struct state *state, const struct closing *closing,
			   bool *ret_here)
{
	struct closing_set set;
	enum status s = closing_set_read(state->db, &set);
	if (s != STATUS_OK)
		return s;
	*ret_here = closing_set_same_batches(&set, &closing->set) && v->acts == closing->set.acts &&
		    memcmp(v->last_act, closing->set.last_act, HASH_LEN) == 0;
	closing_set_clear(&set);
	return STATUS_OK;
}

static enum status count_again(struct state *state, const struct closing *closing,
			       enum closing_verdict *ret_verdict)
{
	bool same = false;
	/*
	 * From the first closing on the facts are kept as the entries come: where one is, more will follow. After
	 * an act that makes all of them count otherwise verify puts them off again.
	 */
	enum status s = state->defer_facts ? state_refresh(state) : STATUS_OK;
	state->defer_facts = false;
	if (s == STATUS_OK)
		s = registry_reload(state->registry, state->db);
	if (s == STATUS_OK)
		s = closing_counts_again(state->db, state->registry, closing, &same);
	*ret_verdict = same ? CLOSING_SAME : CLOSING_OTHER;
	return s;
}

static enum status take_closing(struct verify_closings *v, struct state *state, const struct log_entry *entry,
				struct slice body, enum closing_verdict *ret_verdict)
{
	struct closing closing;
	bool here = false;
	enum status s = read_closing(body, &closing);
	if (s != STATUS_OK)
		return s;
	s = is_here(v, state, &closing, &here);
	if (s == STATUS_OK && here)
		s = count_again(state, &closing, ret_verdict);
	closing_clear(&closing);
	if (s != STATUS_OK || here)
		return s;
	*ret_verdict = CLOSING_LATER;
	return put_off(v, entry, body);
}

enum status verify_closings_take(struct verify_closings *v, struct state *state, const struct log_entry *entry,
				 enum closing_verdict *ret_verdict)
{
	struct act act;
	*ret_verdict = CLOSING_SAME;
	enum status s = act_open(entry->body, state->hub_id, state->hub_key, &act);
	if (s == STATUS_OK && act.type == ACT_CLOSE)
		s = take_closing(v, state, entry, act.body, ret_verdict);
	v->acts++;
	hash_bytes(entry->body, v->last_act);
	return s;
}

enum status verify_closings_later(struct hub *hub, const struct closing_place *place,
				  enum closing_verdict *ret_verdict)
{
	struct closing closing = {0};
	struct as_known then = {0};
	struct as_known_missing missing = {0};
	bool same = true;
	enum status s = read_closing(bytes_slice(&place->body), &closing);
	if (s == STATUS_OK)
		s = as_known_closing(hub, &closing, &then, &missing);
	database_rollback(hub->db);
	if (s == STATUS_OK && as_known_complete(&missing))
		s = closing_counts_again(then.db, then.registry, &closing, &same);
	bool there = as_known_complete(&missing) && (same || missing.retold + missing.again == 0);
	if (s == STATUS_OK)
		*ret_verdict = !there ? CLOSING_LATER : same ? CLOSING_SAME : CLOSING_OTHER;
	as_known_clear(&then);
	closing_clear(&closing);
	return s;
}
