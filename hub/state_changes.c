/* The changes of one batch: all that a batch says of one thing is folded into it at once, in the order of the keys.
 */
#include <stdlib.h>
#include <string.h>

#include "hub/dossier_fold.h"
#include "hub/mentions.h"
#include "hub/state.h"

/* A change that was judged fit, and its place in the batch. */
struct taken {
	struct change change;
	uint32_t index;
};

struct applying {
	struct state *state;
	const struct batch_head *head;
	int64_t accepted_at;
	size_t most;                  /* changes of one thing */
	uint8_t *verdicts;            /* an enum verdict for every change of the batch */
	struct taken *taken;          /* what the batch brings, in its order */
	const struct taken **in_turn; /* the same by thing, and of one thing in the batch's order */
	size_t n_taken;
};

static enum status put_thing(struct state *state, const struct change *c, const struct thing *thing)
{
	bytes_clear(&state->scratch);
	thing_put(thing, &state->scratch);
	enum status s = bytes_status(&state->scratch);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(state->db, "INSERT INTO thing (kind, key, writes) VALUES (?1, ?2, ?3)"
						" ON CONFLICT (kind, key) DO UPDATE SET writes = excluded.writes");
	query_int(&q, 1, (int64_t)c->kind);
	query_text(&q, 2, c->key);
	query_blob(&q, 3, bytes_slice(&state->scratch));
	s = query_run(&q);
	if (s == STATUS_OK && c->kind == KIND_DOSSIER && !state->defer_facts)
		s = dossier_fold(state, c->key, thing);
	return s;
}

static struct origin origin_of(const struct applying *a, const struct taken *t)
{
	struct origin origin = {.incarnation = a->head->incarnation,
				.seq = a->head->seq,
				.index = t->index,
				.time_stated = t->change.time_stated,
				.changed_at = t->change.changed_at,
				.accepted_at = a->accepted_at};
	memcpy(origin.device, a->head->device, DEVICE_ID_LEN);
	return origin;
}

/* STATUS_LIMIT: together they are too many for the thing. */
static enum status add_all(const struct applying *a, const struct taken *const *changes, size_t count,
			   struct thing *thing, bool *ret_fresh)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < count; i++) {
		const struct origin origin = origin_of(a, changes[i]);
		bool fresh = false;
		s = thing->n_origins < a->most ? thing_add(thing, &origin, &changes[i]->change, &fresh)
					       : STATUS_LIMIT;
		*ret_fresh = *ret_fresh || fresh;
	}
	return s;
}

/* count changes of one thing, all or none of them. */
static enum status apply_to_thing(const struct applying *a, const struct taken *const *changes, size_t count)
{
	const struct change *first = &changes[0]->change;
	struct thing thing = thing_new(first->kind);
	enum status s = STATUS_OK;
	bool fresh = false;
	struct query q = query_start(a->state->db, "SELECT writes FROM thing WHERE kind = ?1 AND key = ?2");
	query_int(&q, 1, (int64_t)first->kind);
	query_text(&q, 2, first->key);
	if (query_row(&q))
		s = thing_read(query_get_blob(&q, 0), &thing);
	if (s == STATUS_OK)
		s = add_all(a, changes, count, &thing, &fresh);
	if (s == STATUS_OK && fresh)
		s = put_thing(a->state, first, &thing);
	enum status end = query_finish(&q);
	thing_free(&thing);
	return s != STATUS_OK ? s : end;
}

/* Of which units it speaks: mostly of the same one, on the same day, as the change before. */
static enum status note_mention(const struct applying *a, const struct taken *t, struct mention *last)
{
	const struct origin origin = origin_of(a, t);
	const struct mention mention = {.device = a->head->device,
					.unit = change_unit(&t->change),
					.day = date_of(origin_stamp(&origin)),
					.known_at = a->accepted_at};
	if (mention.unit.len == 0 || (mention.day == last->day && slice_equal(mention.unit, last->unit)))
		return STATUS_OK;
	*last = mention;
	return mentions_note(a->state->db, &mention);
}

/* What is too much for the thing is set aside like any other record that cannot be taken (L10). */
static enum status apply_singly(const struct applying *a, const struct taken *const *changes, size_t count)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < count; i++) {
		s = apply_to_thing(a, &changes[i], 1);
		if (s == STATUS_LIMIT) {
			a->verdicts[changes[i]->index] = VERDICT_TOO_MANY;
			s = STATUS_OK;
		}
	}
	return s;
}

static size_t same_thing(const struct applying *a, size_t from)
{
	const struct change *first = &a->in_turn[from]->change;
	size_t to = from + 1;
	while (to < a->n_taken && a->in_turn[to]->change.kind == first->kind &&
	       slice_equal(a->in_turn[to]->change.key, first->key))
		to++;
	return to - from;
}

static enum status apply_taken(const struct applying *a)
{
	enum status s = STATUS_OK;
	struct mention last = {0};
	for (size_t i = 0, count = 0; s == STATUS_OK && !a->state->only_mentions && i < a->n_taken; i += count) {
		count = same_thing(a, i);
		s = apply_to_thing(a, a->in_turn + i, count);
		if (s == STATUS_LIMIT)
			s = apply_singly(a, a->in_turn + i, count);
	}
	for (size_t i = 0; s == STATUS_OK && i < a->n_taken; i++)
		if (a->verdicts[a->taken[i].index] == VERDICT_TAKEN)
			s = note_mention(a, &a->taken[i], &last);
	return s;
}

static int in_turn(const void *left, const void *right)
{
	const struct taken *a = *(const struct taken *const *)left;
	const struct taken *b = *(const struct taken *const *)right;
	int order = (a->change.kind > b->change.kind) - (a->change.kind < b->change.kind);
	if (order == 0)
		order = slice_compare(a->change.key, b->change.key);
	return order != 0 ? order : (a->index > b->index) - (a->index < b->index);
}

/* Text is borrowed from the batch. */
static void take_changes(struct applying *a, struct batch *batch, struct verdicts judged)
{
	uint32_t refused = UINT32_MAX;
	enum verdict why = VERDICT_TAKEN;
	bool more = verdict_next(&judged, &refused, &why);
	batch_rewind(batch);
	for (uint32_t index = 0; batch_next(batch, &a->taken[a->n_taken].change); index++) {
		if (more && refused == index) {
			a->verdicts[index] = (uint8_t)why;
			more = verdict_next(&judged, &refused, &why);
			continue;
		}
		a->taken[a->n_taken].index = index;
		a->in_turn[a->n_taken] = &a->taken[a->n_taken];
		a->n_taken++;
	}
	qsort(a->in_turn, a->n_taken, sizeof(const struct taken *), in_turn);
}

static enum status put_verdicts(const struct applying *a, struct bytes *out)
{
	const size_t count = a->head->count;
	size_t refused = 0;
	uint32_t *indices = calloc(count + 1, sizeof(*indices));
	if (indices == NULL)
		return STATUS_NO_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		if (a->verdicts[i] == VERDICT_TAKEN)
			continue;
		indices[refused] = i;
		a->verdicts[refused++] = a->verdicts[i];
	}
	verdicts_put(out, VERDICT_TAKEN, refused, indices, a->verdicts);
	free(indices);
	return bytes_status(out);
}

enum status state_apply_changes(struct state *state, const struct batch_head *head, int64_t accepted_at,
				struct batch *batch, struct slice judged, struct bytes *ret_verdicts)
{
	struct device device;
	struct verdicts verdicts;
	enum status s = registry_find_device(state->registry, head->device, &device);
	if (s == STATUS_OK)
		s = verdicts_read(judged, &verdicts);
	if (s != STATUS_OK)
		return s;
	/* The one beyond the last is where the end of the batch is read. */
	struct applying a = {.state = state,
			     .head = head,
			     .accepted_at = accepted_at,
			     .most = LIMIT_THING_CHANGES,
			     .verdicts = calloc(head->count + 1, sizeof(*a.verdicts)),
			     .taken = malloc((head->count + 1) * sizeof(*a.taken)),
			     .in_turn = malloc((head->count + 1) * sizeof(const struct taken *))};
	s = a.verdicts == NULL || a.taken == NULL || a.in_turn == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	/* Lowered only where a verdict is made: what was taken once must fit in again. */
	if (ret_verdicts != NULL)
		a.most = rarely_limit(&state->rarely, RARELY_THING_FULL, a.most);
	if (s == STATUS_OK) {
		take_changes(&a, batch, verdicts);
		s = apply_taken(&a);
	}
	if (s == STATUS_OK && ret_verdicts != NULL)
		s = put_verdicts(&a, ret_verdicts);
	free(a.verdicts);
	free(a.taken);
	free(a.in_turn);
	return s;
}
