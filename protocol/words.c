#include "protocol/words.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/limits.h"

enum { POOL_MAX = 4 * LIMIT_BATCH_RAW };

struct words words_new(void)
{
	return (struct words){.pool = bytes_new(POOL_MAX)};
}

void words_free(struct words *w)
{
	if (w == NULL)
		return;
	bytes_free(&w->pool);
	free(w->ends);
	free(w->slots);
	*w = words_new();
}

struct slice words_get(const struct words *w, size_t index)
{
	/* The only word is empty: there is no pool to point into. */
	if (w->pool.len == 0)
		return (struct slice){0};
	uint32_t start = index == 0 ? 0 : w->ends[index - 1];
	return slice_of(w->pool.data + start, w->ends[index] - start);
}

/* FNV-1a: only a writer looks words up, so chosen collisions slow down nobody but their chooser. */
static uint32_t hash_of(struct slice text)
{
	uint32_t hash = 2166136261U;
	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ text.data[i]) * 16777619U;
	return hash;
}

static size_t find_slot(const struct words *w, struct slice text)
{
	size_t slot = hash_of(text) & (w->n_slots - 1);
	while (w->slots[slot] != 0 && !slice_equal(words_get(w, w->slots[slot] - 1), text))
		slot = (slot + 1) & (w->n_slots - 1);
	return slot;
}

static enum status grow_slots(struct words *w)
{
	if (w->n_slots >= 2 * (w->count + 1))
		return STATUS_OK;
	size_t n_slots = w->n_slots == 0 ? 128 : w->n_slots * 2;
	uint32_t *slots = calloc(n_slots, sizeof(*slots));
	if (slots == NULL)
		return STATUS_NO_MEMORY;
	free(w->slots);
	w->slots = slots;
	w->n_slots = n_slots;
	for (size_t i = 0; i < w->count; i++)
		w->slots[find_slot(w, words_get(w, i))] = (uint32_t)i + 1;
	return STATUS_OK;
}

enum status words_append(struct words *w, struct slice text)
{
	if (w->count == w->cap) {
		size_t cap = w->cap == 0 ? 64 : w->cap * 2;
		uint32_t *ends = realloc(w->ends, cap * sizeof(*ends));
		if (ends == NULL)
			return STATUS_NO_MEMORY;
		w->ends = ends;
		w->cap = cap;
	}
	bytes_put(&w->pool, text.data, text.len);
	enum status s = bytes_status(&w->pool);
	if (s == STATUS_OK)
		w->ends[w->count++] = (uint32_t)w->pool.len;
	return s;
}

enum status words_index(struct words *w, struct slice text, uint32_t *ret_index, bool *ret_new)
{
	enum status s = grow_slots(w);
	if (s != STATUS_OK)
		return s;
	size_t slot = find_slot(w, text);
	bool fresh = w->slots[slot] == 0;
	if (fresh) {
		s = words_append(w, text);
		if (s != STATUS_OK)
			return s;
		w->slots[slot] = (uint32_t)w->count;
	}
	*ret_new = fresh;
	*ret_index = w->slots[slot] - 1;
	return STATUS_OK;
}

static int compare_slices(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

enum status words_distinct(const struct words *w)
{
	struct slice *sorted = calloc(w->count + 1, sizeof(*sorted));
	if (sorted == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < w->count; i++)
		sorted[i] = words_get(w, i);
	qsort(sorted, w->count, sizeof(*sorted), compare_slices);
	enum status s = STATUS_OK;
	for (size_t i = 1; i < w->count && s == STATUS_OK; i++)
		if (slice_equal(sorted[i - 1], sorted[i]))
			s = STATUS_MALFORMED;
	free(sorted);
	return s;
}
