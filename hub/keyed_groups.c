#include "hub/keyed_groups.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 /* a power of two, as are all counts of slots */ };

static size_t hash_of(int part, struct slice text)
{
	uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)(unsigned)part; /* FNV-1a */
	for (size_t i = 0; i < text.len; i++)
		h = (h ^ text.data[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

/* The slot of a key, or the empty one where it belongs. */
static size_t find_slot(const struct keyed_groups *k, int part, struct slice text)
{
	size_t at = hash_of(part, text) & (k->n_slots - 1);
	for (; k->slots[at] != 0; at = (at + 1) & (k->n_slots - 1)) {
		const struct keyed_group *g = &k->groups[k->slots[at] - 1];
		bool same = g->part == part && strlen(g->text) == text.len &&
			    (text.len == 0 || memcmp(g->text, text.data, text.len) == 0);
		if (same)
			break;
	}
	return at;
}

/* At most half of the slots are taken, so that a search ends soon. */
static bool grow_slots(struct keyed_groups *k)
{
	if (k->n_slots > 2 * k->n)
		return true;
	size_t n_slots = k->n_slots == 0 ? FIRST_SLOTS : 2 * k->n_slots;
	size_t *slots = calloc(n_slots, sizeof(*slots));
	if (slots == NULL)
		return false;
	free(k->slots);
	k->slots = slots;
	k->n_slots = n_slots;
	for (size_t i = 0; i < k->n; i++)
		k->slots[find_slot(k, k->groups[i].part, slice_str(k->groups[i].text))] = i + 1;
	return true;
}

static bool grow_groups(struct keyed_groups *k)
{
	if (k->n < k->cap)
		return true;
	size_t cap = k->cap == 0 ? FIRST_SLOTS : 2 * k->cap;
	struct keyed_group *groups = realloc(k->groups, cap * sizeof(*groups));
	if (groups == NULL)
		return false;
	k->groups = groups;
	k->cap = cap;
	return true;
}

static char *copy_text(struct slice text)
{
	char *copy = malloc(text.len + 1);
	if (copy == NULL)
		return NULL;
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	return copy;
}

struct cells *keyed_groups_at(struct keyed_groups *k, int part, struct slice text)
{
	if (!grow_slots(k))
		return NULL;
	size_t slot = find_slot(k, part, text);
	if (k->slots[slot] != 0)
		return &k->groups[k->slots[slot] - 1].cells;
	char *copy = grow_groups(k) ? copy_text(text) : NULL;
	if (copy == NULL)
		return NULL;
	k->groups[k->n++] = (struct keyed_group){.part = part, .text = copy};
	k->slots[slot] = k->n;
	return &k->groups[k->n - 1].cells;
}

static int compare(const void *a, const void *b)
{
	const struct keyed_group *x = a;
	const struct keyed_group *y = b;
	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if ((x->text[0] == '\0') != (y->text[0] == '\0'))
		return x->text[0] == '\0' ? 1 : -1;
	return strcmp(x->text, y->text);
}

void keyed_groups_sort(struct keyed_groups *k)
{
	if (k->n > 0)
		qsort(k->groups, k->n, sizeof(*k->groups), compare);
}

void keyed_groups_free(struct keyed_groups *k)
{
	for (size_t i = 0; i < k->n; i++)
		free(k->groups[i].text);
	free(k->groups);
	free(k->slots);
	*k = (struct keyed_groups){0};
}
