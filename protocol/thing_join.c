#include "protocol/thing_join.h"

#include <stdlib.h>
#include <string.h>

bool code_is_provisional(struct slice code)
{
	return code.len > 2 && code.data[0] == 'L' && code.data[1] == '-';
}

struct slice fold_official(struct slice code, const struct resolved *r)
{
	struct slice official = resolved_text(r, FIELD_REPLACED_BY);
	bool joins = code_is_provisional(code) && official.len > 0 && !code_is_provisional(official);
	return joins ? official : (struct slice){0};
}

/* An origin and the place it had, so that writes can follow it to its new place. */
struct placed {
	struct origin origin;
	uint32_t before;
};

static int compare_placed(const void *a, const void *b)
{
	return origin_compare(&((const struct placed *)a)->origin, &((const struct placed *)b)->origin);
}

static int compare_writes(const void *a, const void *b)
{
	const struct write *left = a;
	const struct write *right = b;
	if (left->field != right->field)
		return left->field < right->field ? -1 : 1;
	return (left->origin > right->origin) - (left->origin < right->origin);
}

/* Puts origins and writes that were appended in any order into the order a thing keeps. */
static enum status put_in_order(struct thing *t)
{
	struct placed *placed = calloc(t->n_origins + 1, sizeof(*placed));
	uint32_t *now_at = calloc(t->n_origins + 1, sizeof(*now_at));
	enum status s = placed == NULL || now_at == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s != STATUS_OK)
		goto out;
	for (size_t i = 0; i < t->n_origins; i++)
		placed[i] = (struct placed){.origin = t->origins[i], .before = (uint32_t)i};
	qsort(placed, t->n_origins, sizeof(*placed), compare_placed);
	for (size_t i = 0; i < t->n_origins; i++) {
		t->origins[i] = placed[i].origin;
		now_at[placed[i].before] = (uint32_t)i;
	}
	for (size_t i = 0; i < t->n_writes; i++)
		t->writes[i].origin = now_at[t->writes[i].origin];
	qsort(t->writes, t->n_writes, sizeof(*t->writes), compare_writes);
out:
	free(placed);
	free(now_at);
	return s;
}

static enum status make_room(struct thing *t, size_t origins, size_t writes)
{
	struct origin *grown = realloc(t->origins, (t->n_origins + origins + 1) * sizeof(*grown));
	if (grown == NULL)
		return STATUS_NO_MEMORY;
	t->origins = grown;
	t->cap_origins = t->n_origins + origins + 1;
	struct write *more = realloc(t->writes, (t->n_writes + writes + 1) * sizeof(*more));
	if (more == NULL)
		return STATUS_NO_MEMORY;
	t->writes = more;
	t->cap_writes = t->n_writes + writes + 1;
	return STATUS_OK;
}

enum status thing_join(struct thing *into, const struct thing *from)
{
	enum status s = make_room(into, from->n_origins, from->n_writes);
	if (s != STATUS_OK)
		return s;
	uint32_t base = (uint32_t)into->n_origins;
	if (from->n_origins > 0)
		memcpy(into->origins + base, from->origins, from->n_origins * sizeof(*from->origins));
	into->n_origins += from->n_origins;
	for (size_t i = 0; i < from->n_writes; i++) {
		struct write w = from->writes[i];
		if (w.field == FIELD_VOID || w.field == FIELD_REPLACED_BY)
			continue;
		w.origin += base;
		into->writes[into->n_writes++] = w;
	}
	return put_in_order(into);
}

enum status thing_share(const struct thing *from, bool (*keep)(const void *context, const struct origin *origin),
			const void *context, struct thing *ret_share)
{
	uint32_t *now_at = calloc(from->n_origins + 1, sizeof(*now_at));
	enum status s = now_at == NULL ? STATUS_NO_MEMORY : make_room(ret_share, from->n_origins, from->n_writes);
	/* What stays keeps its order. */
	for (size_t i = 0; i < from->n_origins && s == STATUS_OK; i++) {
		now_at[i] = UINT32_MAX;
		if (!keep(context, &from->origins[i]))
			continue;
		now_at[i] = (uint32_t)ret_share->n_origins;
		ret_share->origins[ret_share->n_origins++] = from->origins[i];
	}
	for (size_t i = 0; i < from->n_writes && s == STATUS_OK; i++) {
		struct write w = from->writes[i];
		w.origin = now_at[w.origin];
		if (w.origin != UINT32_MAX)
			ret_share->writes[ret_share->n_writes++] = w;
	}
	free(now_at);
	return s;
}
