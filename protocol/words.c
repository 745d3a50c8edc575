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

/* FNV-1a: a batch holds at most a few thousand words, and a slow one harms only its own writer. */
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

static enum status grow(struct words *w)
{
	if (w->count == w->cap) {
		size_t cap = w->cap == 0 ? 64 : w->cap * 2;
		uint32_t *ends = realloc(w->ends, cap * sizeof(*ends));
		if (ends == NULL)
			return STATUS_NO_MEMORY;
		w->ends = ends;
		w->cap = cap;
	}
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

enum status words_index(struct words *w, struct slice text, uint32_t *ret_index, bool *ret_new)
{
	enum status s = grow(w);
	if (s != STATUS_OK)
		return s;
	size_t slot = find_slot(w, text);
	*ret_new = w->slots[slot] == 0;
	if (*ret_new) {
		bytes_put(&w->pool, text.data, text.len);
		s = bytes_status(&w->pool);
		if (s != STATUS_OK)
			return s;
		w->ends[w->count++] = (uint32_t)w->pool.len;
		w->slots[slot] = (uint32_t)w->count;
	}
	*ret_index = w->slots[slot] - 1;
	return STATUS_OK;
}
