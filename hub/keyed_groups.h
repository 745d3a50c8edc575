/*
 * Groups of cells under keys that are only met while counting: domains, procedures, channels. A key is a text, with
 * a number before it where the groups stand in parts. One user, one thread.
 */
#ifndef MOTCUA_HUB_KEYED_GROUPS_H
#define MOTCUA_HUB_KEYED_GROUPS_H

#include "protocol/bytes.h"
#include "protocol/count.h"

struct keyed_group {
	int part;
	char *text;
	struct cells cells;
};

struct keyed_groups {
	size_t n;
	size_t cap;
	struct keyed_group *groups;
	size_t n_slots;
	size_t *slots; /* by hash: index + 1, 0 for an empty slot */
};

/* The cells of a key, zero at first; valid until the next call. NULL on no memory. */
struct cells *keyed_groups_at(struct keyed_groups *k, int part, struct slice text);

/* Puts groups into the order of parts, then of texts by their bytes, the empty text last. Nothing is added after.
 */
void keyed_groups_sort(struct keyed_groups *k);

void keyed_groups_free(struct keyed_groups *k);

#endif
