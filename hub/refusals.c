#include "hub/refusals.h"

#include <string.h>

#include "hub/act.h"
#include "hub/places.h"

struct walking {
	struct hub *hub;
	struct places taken; /* by acts of retry: refused no longer */
	refusal_each each;
	void *context;
};

static enum status note_taken(void *context, const struct log_entry *entry)
{
	struct walking *w = context;
	struct act act;
	if (entry->type != LOG_ACT)
		return STATUS_OK;
	enum status s = act_open(entry->body, w->hub->identity.hub_id, w->hub->identity.sign_key, &act);
	return s == STATUS_OK && act.type == ACT_RETRY ? places_take(act.body, &w->taken) : s;
}

static enum status tell_records(struct walking *w, struct slice payload, struct refusal refusal,
				struct verdicts verdicts)
{
	struct batch *batch = NULL;
	struct change c;
	uint32_t at = 0;
	enum status s = batch_read(payload, &batch);
	refusal.change = &c;
	while (s == STATUS_OK && verdict_next(&verdicts, &refusal.index, &refusal.why)) {
		bool found = false;
		/* Verdicts come in the order of the records. */
		for (; at <= refusal.index && (found = batch_next(batch, &c)); at++)
			continue;
		struct record_place place = {.entry = refusal.entry, .index = refusal.index};
		if (!found)
			s = STATUS_MALFORMED;
		else if (!places_has(&w->taken, place))
			s = w->each(w->context, &refusal);
	}
	batch_free(batch);
	return s;
}

static enum status tell_batch(void *context, const struct log_entry *entry)
{
	struct walking *w = context;
	struct envelope e;
	struct batch_head head;
	struct verdicts verdicts;
	if (entry->type == LOG_ACT)
		return STATUS_OK;
	enum status s = verdicts_read(entry->verdicts, &verdicts);
	if (s != STATUS_OK || (verdicts.batch == VERDICT_TAKEN && verdicts.count == 0))
		return s;
	s = envelope_peek(entry->body, &e);
	if (s == STATUS_OK)
		s = batch_peek(e.payload, &head);
	if (s != STATUS_OK)
		return s;
	struct refusal refusal = {.entry = entry->n, .accepted_at = entry->accepted_at};
	memcpy(refusal.device, head.device, DEVICE_ID_LEN);
	if (verdicts.batch == VERDICT_TAKEN)
		return tell_records(w, e.payload, refusal, verdicts);
	refusal.index = REFUSED_WHOLE;
	refusal.why = verdicts.batch;
	return w->each(w->context, &refusal);
}

enum status refusals_walk(struct hub *hub, refusal_each each, void *context)
{
	struct walking w = {.hub = hub, .each = each, .context = context};
	enum status s = log_walk(hub->db, 1, note_taken, &w);
	places_sort(&w.taken);
	if (s == STATUS_OK)
		s = log_walk(hub->db, 1, tell_batch, &w);
	places_free(&w.taken);
	return s;
}
