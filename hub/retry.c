#include "hub/retry.h"

#include <stdlib.h>
#include <string.h>

#include "hub/judge.h"
#include "hub/places.h"
#include "hub/refusals.h"

/* Some records of one entry. */
struct chosen {
	const struct record_place *at; /* ascending */
	size_t count;
};

/* The places from the first on that stand in one entry. */
static struct chosen chosen_from(const struct places *places, size_t first)
{
	struct chosen chosen = {.at = &places->at[first], .count = 1};
	while (first + chosen.count < places->count && chosen.at[chosen.count].entry == chosen.at[0].entry)
		chosen.count++;
	return chosen;
}

/* Verdicts that refuse every record but the chosen ones. */
static enum status put_others(struct chosen chosen, size_t n_records, struct bytes *out)
{
	uint32_t *indices = calloc(n_records + 1, sizeof(*indices));
	uint8_t *reasons = calloc(n_records + 1, sizeof(*reasons));
	enum status s = indices == NULL || reasons == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	size_t next = 0;
	size_t n = 0;
	for (uint32_t i = 0; s == STATUS_OK && i < n_records; i++) {
		if (next < chosen.count && chosen.at[next].index == i) {
			next++;
			continue;
		}
		indices[n] = i;
		reasons[n++] = VERDICT_UNKNOWN_UNIT;
	}
	if (s == STATUS_OK && next < chosen.count)
		s = STATUS_MALFORMED;
	if (s == STATUS_OK) {
		verdicts_put(out, VERDICT_TAKEN, n, indices, reasons);
		s = bytes_status(out);
	}
	free(indices);
	free(reasons);
	return s;
}

static enum status apply_envelope(struct state *state, struct chosen chosen, struct slice sealed,
				  int64_t accepted_at, struct bytes *ret_verdicts)
{
	struct envelope e;
	struct batch *batch = NULL;
	struct bytes others = bytes_new(LIMIT_REPLY);
	enum status s = envelope_peek(sealed, &e);
	if (s == STATUS_OK)
		s = batch_read(e.payload, &batch);
	if (s == STATUS_OK)
		s = put_others(chosen, batch_get_head(batch)->count, &others);
	if (s == STATUS_OK)
		s = state_apply_changes(state, batch_get_head(batch), accepted_at, batch, bytes_slice(&others),
					ret_verdicts);
	bytes_free(&others);
	batch_free(batch);
	return s;
}

/* With ret_verdicts, what became of every record of the entry is appended to it. */
static enum status apply_chosen(struct state *state, struct chosen chosen, struct bytes *ret_verdicts)
{
	struct query q = query_start(state->log_db == NULL ? state->db : state->log_db,
				     "SELECT body, accepted_at FROM log WHERE n = ?1 AND type <> ?2");
	query_int(&q, 1, chosen.at[0].entry);
	query_int(&q, 2, LOG_ACT);
	enum status s = STATUS_MALFORMED;
	if (query_row(&q))
		s = apply_envelope(state, chosen, query_get_blob(&q, 0), query_get_int(&q, 1), ret_verdicts);
	enum status end = query_finish(&q);
	return end == STATUS_OK ? s : end;
}

enum status retry_apply(struct state *state, const struct act *act)
{
	struct places places = {0};
	enum status s = places_take(act->body, &places);
	for (size_t i = 0; i < places.count && s == STATUS_OK;) {
		struct chosen chosen = chosen_from(&places, i);
		s = apply_chosen(state, chosen, NULL);
		i += chosen.count;
	}
	places_free(&places);
	return s;
}

struct judging {
	struct hub *hub;
	struct retry_count count;
	struct places passed;
};

static enum status judge_again(void *context, const struct refusal *refusal)
{
	struct judging *j = context;
	struct device device;
	if (refusal->why != VERDICT_UNKNOWN_UNIT && refusal->why != VERDICT_OTHER_UNIT)
		return STATUS_OK;
	j->count.judged++;
	enum status s = registry_find_device(j->hub->registry, refusal->device, &device);
	/* By what is known today of the day on which it was accepted, as the fold will see it. */
	if (s != STATUS_OK || judge_change(j->hub->registry, &device, date_of(refusal->accepted_at),
					   refusal->change) != VERDICT_TAKEN)
		return s;
	struct record_place place = {.entry = refusal->entry, .index = refusal->index};
	return places_add(&j->passed, place);
}

/* A thing that has all the changes it takes refuses those above (L10): they are not among the taken ones. */
static enum status note_taken(struct chosen chosen, struct slice verdicts, struct places *taken)
{
	struct verdicts v;
	enum status s = verdicts_read(verdicts, &v);
	uint32_t index = 0;
	enum verdict why = VERDICT_TAKEN;
	bool more = s == STATUS_OK && verdict_next(&v, &index, &why);
	for (size_t i = 0; i < chosen.count && s == STATUS_OK; i++) {
		while (more && index < chosen.at[i].index)
			more = verdict_next(&v, &index, &why);
		if (!more || index != chosen.at[i].index)
			s = places_add(taken, chosen.at[i]);
	}
	return s;
}

static enum status take_passed(struct state *state, const struct places *passed, struct places *taken)
{
	struct bytes verdicts = bytes_new(LIMIT_REPLY);
	enum status s = STATUS_OK;
	for (size_t i = 0; i < passed->count && s == STATUS_OK;) {
		struct chosen chosen = chosen_from(passed, i);
		bytes_clear(&verdicts);
		s = apply_chosen(state, chosen, &verdicts);
		if (s == STATUS_OK)
			s = note_taken(chosen, bytes_slice(&verdicts), taken);
		i += chosen.count;
	}
	bytes_free(&verdicts);
	return s;
}

/* The act applies what is applied already, which changes nothing. */
static enum status record(struct hub *hub, const char *who, const struct places *taken)
{
	struct bytes body = bytes_new(LIMIT_ACT);
	places_put(taken, &body);
	enum status s = bytes_status(&body);
	if (s == STATUS_OK)
		s = act_record(hub, ACT_RETRY, who, bytes_slice(&body));
	bytes_free(&body);
	return s;
}

static enum status judge_and_take(struct hub *hub, const char *who, struct retry_count *ret_count)
{
	struct judging judging = {.hub = hub};
	struct places taken = {0};
	enum status s = refusals_walk(hub, judge_again, &judging);
	if (s == STATUS_OK) {
		struct state state = state_of(hub);
		s = take_passed(&state, &judging.passed, &taken);
		state_clear(&state);
	}
	if (s == STATUS_OK && taken.count > 0)
		s = record(hub, who, &taken);
	judging.count.taken = (int64_t)taken.count;
	*ret_count = judging.count;
	places_free(&taken);
	places_free(&judging.passed);
	return s;
}

enum status retry_run(struct hub *hub, const char *who, struct retry_count *ret_count)
{
	struct hub_transaction t;
	struct retry_count count = {0};
	enum status s = hub_begin(hub, &t);
	if (s != STATUS_OK)
		return s;
	s = judge_and_take(hub, who, &count);
	s = hub_end(&t, s);
	if (s == STATUS_OK)
		*ret_count = count;
	return s;
}
