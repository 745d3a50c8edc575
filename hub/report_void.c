#include "hub/report_void.h"

#include "protocol/thing_join.h"

struct walking {
	const struct unit_map *map;
	int unit;
	enum status (*each)(void *context, const struct void_line *line);
	void *context;
};

/* The word that takes a thing back; NULL if it stands. */
static const struct write *find_word(const struct resolved *r, struct slice official)
{
	if (!r->known)
		return NULL;
	if (official.len > 0)
		return r->winner[FIELD_REPLACED_BY];
	return resolved_void(r) ? r->winner[FIELD_VOID] : NULL;
}

/* What stands in no unit of the list is the province's. */
static bool belongs(const struct walking *w, const struct resolved *r)
{
	int line = unit_map_find(w->map, r->unit, r->unit_day);
	return line == UNIT_NONE ? w->unit == w->map->top : unit_map_covers(w->map, w->unit, line);
}

static enum status tell(const struct walking *w, enum kind kind, struct slice key, struct slice writes)
{
	struct thing thing = thing_new(kind);
	struct resolved r = {0};
	struct scope scope = registry_scope(w->map->registry);
	enum status s = thing_read(writes, &thing);
	if (s == STATUS_OK)
		s = fold_resolve(&thing, &scope, &r);
	struct slice official = {0};
	if (s == STATUS_OK && kind == KIND_DOSSIER)
		official = fold_official(key, &r);
	const struct write *word = s == STATUS_OK ? find_word(&r, official) : NULL;
	if (word != NULL && belongs(w, &r)) {
		struct void_line line = {.kind = kind,
					 .key = key,
					 .unit = r.unit,
					 .replaced_by = official,
					 .origin = &thing.origins[word->origin]};
		s = w->each(w->context, &line);
	}
	resolved_free(&r);
	thing_free(&thing);
	return s;
}

enum status void_walk(struct database *db, const struct unit_map *map, int unit,
		      enum status (*each)(void *context, const struct void_line *line), void *context)
{
	struct walking w = {.map = map, .unit = unit, .each = each, .context = context};
	struct query q = query_start(db, "SELECT kind, key, writes FROM thing ORDER BY kind, key");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = tell(&w, (enum kind)query_get_int(&q, 0), query_get_text(&q, 1), query_get_blob(&q, 2));
	enum status finished = query_finish(&q);
	return s != STATUS_OK ? s : finished;
}
