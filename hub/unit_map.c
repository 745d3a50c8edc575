#include "hub/unit_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/dossier_units.h"
#include "hub/registry_content.h"

enum { DEPTH_MAX = 64 /* far more than there are levels */ };

static int32_t first_day(const struct unit_map *m, int unit)
{
	return unit_first_day(registry_unit(m->registry, unit));
}

static int32_t last_day(const struct unit_map *m, int unit)
{
	return unit_last_day(registry_unit(m->registry, unit));
}

static bool is_valid(const struct unit_map *m, int unit)
{
	return unit_valid_on(registry_unit(m->registry, unit), m->day);
}

bool unit_map_covers(const struct unit_map *map, int above, int below)
{
	int at = above == UNIT_NONE ? UNIT_NONE : below;
	while (at != UNIT_NONE && at != above)
		at = map->parent[at];
	return at != UNIT_NONE;
}

bool unit_map_is_line(const struct unit_map *map, int unit)
{
	return map->place[unit] == unit;
}

bool unit_map_undivided(const struct unit_map *map, int unit)
{
	return unit_map_is_line(map, unit) && !is_valid(map, unit);
}

bool unit_map_is_leaf(const struct unit_map *map, int unit)
{
	return is_valid(map, unit) && !map->has_child[unit];
}

/* --- making it --- */

static void note_bounds(struct unit_map *m, int unit)
{
	int32_t from = first_day(m, unit);
	int32_t to = last_day(m, unit);
	if (from > m->day && from - 1 < m->same_to)
		m->same_to = from - 1;
	else if (from <= m->day && from > m->same_from)
		m->same_from = from;
	if (to < m->day && to + 1 > m->same_from)
		m->same_from = to + 1;
	else if (to >= m->day && to < m->same_to)
		m->same_to = to;
}

static int parent_on(const struct unit_map *m, int unit, int32_t day)
{
	int32_t since = INT32_MIN;
	return registry_parent_on(m->registry, unit, day, &since);
}

static enum status place_valid(struct unit_map *m)
{
	for (int i = 0; i < m->n; i++) {
		bool valid = is_valid(m, i);
		m->place[i] = valid ? i : UNIT_NONE;
		m->parent[i] = valid ? parent_on(m, i, m->day) : UNIT_NONE;
		if (m->parent[i] != UNIT_NONE && is_valid(m, m->parent[i]))
			m->has_child[m->parent[i]] = true;
		note_bounds(m, i);
	}
	return registry_content_break_circles(m->parent, m->n);
}

/* The lowest line above both; UNIT_NONE if there is none. */
static int common_above(const struct unit_map *m, int a, int b)
{
	int at = a;
	while (at != UNIT_NONE && !unit_map_covers(m, at, b))
		at = m->parent[at];
	return at;
}

/* What a unit's heirs, or its forebears, come to: one line, or several under one. */
struct meeting {
	int count;
	int place; /* of all so far; UNIT_NONE once they differ */
	int above;
	bool whole; /* nothing of it is unknown */
};

static void meet(const struct unit_map *m, struct meeting *meeting, int place)
{
	if (place == UNIT_NONE)
		return;
	if (meeting->count++ == 0) {
		meeting->place = place;
		meeting->above = m->parent[place];
		return;
	}
	if (meeting->place == place)
		return;
	meeting->above = common_above(m, meeting->place == UNIT_NONE ? meeting->above : meeting->place, place);
	meeting->place = UNIT_NONE;
}

static void settle(struct unit_map *m, int unit, const struct meeting *meeting)
{
	if (meeting->count > 0 && meeting->place != UNIT_NONE && meeting->whole) {
		m->place[unit] = meeting->place;
		return;
	}
	m->place[unit] = unit;
	m->parent[unit] = meeting->count > 0 ? meeting->above : UNIT_NONE;
}

/* Its heirs end later, so they have their places. A division that names one part says nothing of the others. */
static void place_ended(struct unit_map *m, int unit)
{
	struct meeting meeting = {.place = UNIT_NONE, .above = UNIT_NONE, .whole = true};
	const struct succession *next = NULL;
	bool split = false;
	for (int i = 0; (next = registry_heir(m->registry, unit, i)) != NULL; i++) {
		if (next->from - 1 != last_day(m, unit))
			continue;
		split = split || next->kind == SUCCESSION_SPLIT;
		meet(m, &meeting, m->place[next->heir]);
	}
	meeting.whole = !split || meeting.count > 1;
	settle(m, unit, &meeting);
}

/* Its forebears began earlier, so they have their places. */
static void place_coming(struct unit_map *m, int unit)
{
	struct meeting meeting = {.place = UNIT_NONE, .above = UNIT_NONE, .whole = true};
	const struct succession *before = NULL;
	for (int i = 0; (before = registry_forebear(m->registry, unit, i)) != NULL; i++)
		if (before->from == first_day(m, unit))
			meet(m, &meeting, m->place[before->old]);
	settle(m, unit, &meeting);
}

struct dated {
	int unit;
	int32_t day;
};

static int compare_dated(const void *left, const void *right)
{
	const struct dated *a = left;
	const struct dated *b = right;
	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	return (a->unit > b->unit) - (a->unit < b->unit);
}

static enum status place_others(struct unit_map *m)
{
	size_t n = 0;
	struct dated *order = calloc((size_t)m->n + 1, sizeof(*order));
	if (order == NULL)
		return STATUS_NO_MEMORY;
	for (int i = 0; i < m->n; i++)
		if (last_day(m, i) < m->day)
			order[n++] = (struct dated){.unit = i, .day = last_day(m, i)};
	qsort(order, n, sizeof(*order), compare_dated);
	while (n > 0)
		place_ended(m, order[--n].unit);
	for (int i = 0; i < m->n; i++)
		if (first_day(m, i) > m->day)
			order[n++] = (struct dated){.unit = i, .day = first_day(m, i)};
	qsort(order, n, sizeof(*order), compare_dated);
	for (size_t i = 0; i < n; i++)
		place_coming(m, order[i].unit);
	free(order);
	return STATUS_OK;
}

/*
 * The first unit of the day above the parent it had last, or will have first; else the top. What ended together
 * with its parent is not hidden below it.
 */
static int find_above(const struct unit_map *m, int unit)
{
	int at = unit;
	for (int depth = 0; depth <= DEPTH_MAX && at != UNIT_NONE; depth++) {
		if (at != unit && is_valid(m, m->place[at]))
			return m->place[at];
		at = parent_on(m, at, last_day(m, at) < m->day ? last_day(m, at) : first_day(m, at));
	}
	return m->top;
}

/* Lines without a parent so far: a former province, and what ended without a word on what came of it. */
static enum status place_tops(struct unit_map *m)
{
	int province = registry_province(m->registry);
	if (province == UNIT_NONE)
		return STATUS_OK;
	struct slice code = slice_str(registry_unit(m->registry, province)->code);
	m->top = m->place[registry_find_unit_on(m->registry, code, m->day)];
	if (m->top == UNIT_NONE)
		return STATUS_CORRUPT; /* every unit has its place by now */
	for (int i = 0; i < m->n; i++) {
		bool former = registry_unit(m->registry, i)->level == LEVEL_PROVINCE;
		if (i != m->top && unit_map_is_line(m, i) && m->parent[i] == UNIT_NONE &&
		    (former || !is_valid(m, i)))
			m->parent[i] = find_above(m, i);
	}
	return registry_content_break_circles(m->parent, m->n);
}

enum status unit_map_new(const struct registry *r, int32_t day, struct unit_map *ret_map)
{
	struct unit_map m = {.registry = r,
			     .day = day,
			     .same_from = INT32_MIN,
			     .same_to = INT32_MAX,
			     .n = registry_unit_count(r),
			     .top = UNIT_NONE};
	size_t n = (size_t)m.n + 1;
	m.place = calloc(n, sizeof(*m.place));
	m.parent = calloc(n, sizeof(*m.parent));
	m.has_child = calloc(n, sizeof(*m.has_child));
	enum status s = STATUS_NO_MEMORY;
	if (m.place != NULL && m.parent != NULL && m.has_child != NULL)
		s = place_valid(&m);
	if (s == STATUS_OK)
		s = place_others(&m);
	if (s == STATUS_OK)
		s = place_tops(&m);
	if (s == STATUS_OK)
		*ret_map = m;
	else
		unit_map_free(&m);
	return s;
}

void unit_map_free(struct unit_map *map)
{
	free(map->place);
	free(map->parent);
	free(map->has_child);
	*map = (struct unit_map){.top = UNIT_NONE};
}

/* --- asking it --- */

int unit_map_find(const struct unit_map *map, struct slice code, int32_t day)
{
	int unit = registry_find_unit_on(map->registry, code, day);
	return unit == UNIT_NONE ? UNIT_NONE : map->place[unit];
}

int unit_map_find_stated(const struct unit_map *map, struct slice code, int32_t unit_day, struct slice units)
{
	int unit = registry_find_unit_on(map->registry, code, unit_day);
	struct slice before;
	int32_t day = DAY_UNSET;
	if (unit != UNIT_NONE && first_day(map, unit) > map->day &&
	    dossier_units_nearest(units, map->day, &before, &day))
		unit = registry_find_unit_on(map->registry, before, day);
	return unit == UNIT_NONE ? UNIT_NONE : map->place[unit];
}

const char *unit_map_key(const struct unit_map *map, int unit, char out[static UNIT_KEY])
{
	const struct unit *u = registry_unit(map->registry, unit);
	char day[DATE_TEXT];
	if (!unit_map_undivided(map, unit))
		(void)snprintf(out, UNIT_KEY, "%s", u->code);
	else
		(void)snprintf(out, UNIT_KEY, "%s@%s", u->code,
			       date_format(last_day(map, unit) < map->day ? u->valid_to : u->valid_from, day));
	return out;
}

int unit_map_parse(const struct unit_map *map, const char *text, int *ret_named)
{
	const char *at = strchr(text, '@');
	int32_t day = map->day;
	struct slice code = at == NULL ? slice_str(text) : slice_of(text, (size_t)(at - text));
	*ret_named = UNIT_NONE;
	if (at != NULL && date_parse(at + 1, strlen(at + 1), &day) != STATUS_OK)
		return UNIT_NONE;
	int unit = registry_find_unit_on(map->registry, code, day);
	if (unit == UNIT_NONE)
		return UNIT_NONE;
	if (map->place[unit] != unit)
		*ret_named = unit;
	return map->place[unit];
}
