#include "reading.h"

#include <stdlib.h>
#include <string.h>

#include "hub/act.h"
#include "hub/places.h"

enum { TEXTS_BYTES = 1 << 16 };

struct texts {
	struct texts *next;
	size_t len;
	uint8_t data[TEXTS_BYTES];
};

/* Doubled when it is full: at powers of two. */
void *reading_more(struct sim *sim, void *list, size_t count, size_t size)
{
	if ((count & (count - 1)) != 0)
		return list;
	void *grown = realloc(list, (count == 0 ? 1 : 2 * count) * size);
	SIM_REQUIRE(sim, grown != NULL);
	return grown;
}

static struct slice copy_of(struct sim *sim, struct slice data)
{
	uint8_t *copy = malloc(data.len + 1);
	SIM_REQUIRE(sim, copy != NULL);
	if (data.len > 0)
		memcpy(copy, data.data, data.len);
	return slice_of(copy, data.len);
}

/* A decoded batch takes far more room than what it says, and a run has thousands of them. */
static struct slice keep_text(struct reading *r, struct slice text)
{
	if (r->texts == NULL || TEXTS_BYTES - r->texts->len < text.len) {
		struct texts *texts = malloc(sizeof(*texts));
		SIM_REQUIRE(r->sim, texts != NULL);
		texts->next = r->texts;
		texts->len = 0;
		r->texts = texts;
	}
	uint8_t *copy = r->texts->data + r->texts->len;
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	r->texts->len += text.len;
	return slice_of(copy, text.len);
}

void reading_keep(struct reading *r, struct change *c)
{
	c->key = keep_text(r, c->key);
	for (size_t f = 0; f < FIELD_COUNT; f++)
		if (c->fields[f].state == VALUE_TEXT)
			c->fields[f].text = keep_text(r, c->fields[f].text);
}

static void read_batch(struct reading *r, const struct log_entry *entry)
{
	struct sim *sim = r->sim;
	struct envelope e;
	struct verdicts refused;
	struct batch *batch = NULL;
	SIM_OK(sim, envelope_peek(entry->body, &e));
	SIM_OK(sim, batch_read(e.payload, &batch));
	SIM_OK(sim, verdicts_read(entry->verdicts, &refused));
	SIM_REQUIRE(sim, refused.batch == VERDICT_TAKEN);
	const struct batch_head *head = batch_get_head(batch);
	r->batches = reading_more(sim, r->batches, r->n_batches, sizeof(*r->batches));
	struct logged_batch *kept = &r->batches[r->n_batches++];
	*kept = (struct logged_batch){.head = *head, .entry = r->n_entries - 1, .first = r->n};
	hash_bytes(entry->body, kept->hash);
	uint32_t next = UINT32_MAX;
	enum verdict why = VERDICT_TAKEN;
	bool any = verdict_next(&refused, &next, &why);
	struct change c;
	for (uint32_t i = 0; batch_next(batch, &c); i++) {
		struct origin o = {.incarnation = head->incarnation,
				   .seq = head->seq,
				   .index = i,
				   .time_stated = c.time_stated,
				   .changed_at = c.changed_at,
				   .accepted_at = entry->accepted_at};
		memcpy(o.device, head->device, DEVICE_ID_LEN);
		reading_keep(r, &c);
		bool is_refused = any && next == i;
		r->logged = reading_more(sim, r->logged, r->n, sizeof(*r->logged));
		r->logged[r->n++] = (struct logged){.origin = o,
						    .change = c,
						    .verdict = is_refused ? why : VERDICT_TAKEN,
						    .counts = !is_refused};
		if (is_refused)
			any = verdict_next(&refused, &next, &why);
	}
	SIM_REQUIRE(sim, !any);
	batch_free(batch);
}

static struct logged *find_logged(struct reading *r, const struct record_place *place)
{
	for (size_t i = 0; i < r->n_batches; i++)
		if (r->entries[r->batches[i].entry].n == place->entry && place->index < r->batches[i].head.count)
			return &r->logged[r->batches[i].first + place->index];
	SIM_REQUIRE(r->sim, false);
	return NULL;
}

/* Only what was set aside is taken so, and once. */
static void read_act(struct reading *r, const struct log_entry *entry)
{
	struct act act;
	struct places places = {0};
	const struct identity *hub = &r->sim->hub->identity;
	SIM_OK(r->sim, act_open(entry->body, hub->hub_id, hub->sign_key, &act));
	if (act.type != ACT_RETRY)
		return;
	SIM_OK(r->sim, places_take(act.body, &places));
	for (size_t i = 0; i < places.count; i++) {
		struct logged *l = find_logged(r, &places.at[i]);
		SIM_REQUIRE(r->sim, !l->counts);
		l->counts = true;
	}
	places_free(&places);
}

/* Bodies are the reading's own: the changes borrow from them. */
static enum status read_entry(void *context, const struct log_entry *entry)
{
	struct reading *r = context;
	r->entries = reading_more(r->sim, r->entries, r->n_entries, sizeof(*r->entries));
	struct log_entry *kept = &r->entries[r->n_entries++];
	*kept = *entry;
	kept->body = copy_of(r->sim, entry->body);
	kept->verdicts = copy_of(r->sim, entry->verdicts);
	if (kept->type != LOG_ACT)
		read_batch(r, kept);
	else
		read_act(r, kept);
	return STATUS_OK;
}

void reading_clear(struct reading *r)
{
	while (r->texts != NULL) {
		struct texts *texts = r->texts;
		r->texts = texts->next;
		free(texts);
	}
	for (size_t i = 0; i < r->n_entries; i++) {
		/* They are ours, from copy_of. */
		free((void *)(uintptr_t)r->entries[i].body.data);
		free((void *)(uintptr_t)r->entries[i].verdicts.data);
	}
	free(r->batches);
	free(r->entries);
	free(r->logged);
	free(r->by_key);
}

static int compare_logged(const void *a, const void *b)
{
	const struct logged *one = *(struct logged *const *)a;
	const struct logged *other = *(struct logged *const *)b;
	if (one->change.kind != other->change.kind)
		return one->change.kind < other->change.kind ? -1 : 1;
	int order = slice_compare(one->change.key, other->change.key);
	/* In the order of the log, so that it is the same in every run. */
	return order != 0 ? order : one < other ? -1 : one > other;
}

void reading_take(struct sim *sim, struct reading *r)
{
	*r = (struct reading){.sim = sim};
	SIM_OK(sim, log_walk(sim->hub->db, 1, read_entry, r));
	r->by_key = malloc((r->n + 1) * sizeof(*r->by_key));
	SIM_REQUIRE(sim, r->by_key != NULL);
	for (size_t i = 0; i < r->n; i++)
		r->by_key[i] = &r->logged[i];
	qsort(r->by_key, r->n, sizeof(*r->by_key), compare_logged);
}
