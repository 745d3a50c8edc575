#include "hub/report_indicators.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hub/unit_map.h"

struct indicator_count indicator_chosen(const struct indicator_line *line)
{
	return line->own.known ? line->own : line->children;
}

enum status indicator_take(const struct registry *r, struct slice writes, struct indicator_count *own)
{
	struct thing thing = thing_new(KIND_INDICATOR);
	struct resolved report = {0};
	struct scope scope = registry_scope(r);
	enum status s = thing_read(writes, &thing);
	if (s == STATUS_OK)
		s = fold_resolve(&thing, &scope, &report);
	if (s == STATUS_OK && report.known && !resolved_void(&report)) {
		const struct write *value = report.winner[FIELD_VALUE];
		const struct write *of = report.winner[FIELD_OF];
		own->known = value != NULL && value->value.state == VALUE_NUMBER;
		own->of_known = own->known && of != NULL && of->value.state == VALUE_NUMBER;
		own->value = own->known ? value->value.number : 0;
		own->of = own->of_known ? of->value.number : 0;
	}
	resolved_free(&report);
	thing_free(&thing);
	return s;
}

void indicator_add(struct indicator_count *sum, struct indicator_count part)
{
	if (!part.known)
		return;
	sum->of_known = part.of_known && (!sum->known || sum->of_known);
	sum->known = true;
	sum->value += part.value;
	sum->of += part.of;
}

/* The report of a unit of the day is its own; that of one that went into it is a part of the sum below it. */
static enum status take_report_of(const struct unit_map *map, struct slice code, int32_t day, struct slice writes,
				  struct indicator_line *lines)
{
	struct indicator_count count = {0};
	int unit = registry_find_unit_on(map->registry, code, day);
	if (unit == UNIT_NONE)
		return STATUS_OK;
	enum status s = indicator_take(map->registry, writes, &count);
	if (s == STATUS_OK && map->place[unit] == unit)
		lines[unit].own = count;
	else if (s == STATUS_OK)
		indicator_add(&lines[map->place[unit]].children, count);
	return s;
}

static enum status read_reports(struct database *db, const struct unit_map *map,
				const struct indicator_query *query, struct indicator_line *lines)
{
	struct query q = query_start(db, "SELECT key, writes FROM thing WHERE kind = 3");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct indicator_key key;
		s = indicator_key_split(query_get_text(&q, 0), &key);
		if (s != STATUS_OK)
			break;
		if (slice_equal(key.name, slice_str(query->name)) &&
		    slice_equal(key.period, slice_str(query->period)))
			s = take_report_of(map, key.unit, query->as_of, query_get_blob(&q, 1), lines);
	}
	enum status finished = query_finish(&q);
	return s != STATUS_OK ? s : finished;
}

static int depth_of(const struct unit_map *map, int line)
{
	int depth = 0;
	for (int at = map->parent[line]; at != UNIT_NONE; at = map->parent[at])
		depth++;
	return depth;
}

/* From the deepest units up, so that each has its sum before its parent takes it. */
void indicator_sum_up(const struct unit_map *map, struct indicator_line *lines)
{
	int deepest = 0;
	for (int i = 0; i < map->n; i++)
		deepest = depth_of(map, i) > deepest ? depth_of(map, i) : deepest;
	for (int depth = deepest; depth > 0; depth--)
		for (int i = 0; i < map->n; i++)
			if (depth_of(map, i) == depth)
				indicator_add(&lines[map->parent[i]].children, indicator_chosen(&lines[i]));
}

/*
 * Keeps the children of the unit asked for, in place: a child never moves up past one not looked at yet. What
 * cannot be divided is among them where it reported.
 */
static void keep_children(const struct unit_map *map, struct indicator_report *report)
{
	report->total = report->lines[report->query.unit];
	for (int i = 0; i < map->n; i++) {
		bool expected = unit_map_is_leaf(map, i) && unit_map_covers(map, report->query.unit, i);
		bool known = indicator_chosen(&report->lines[i]).known;
		report->units_expected += expected ? 1 : 0;
		report->units_reporting += expected && known ? 1 : 0;
		if (unit_map_is_line(map, i) && map->parent[i] == report->query.unit &&
		    (known || !unit_map_undivided(map, i)))
			report->lines[report->n_lines++] = report->lines[i];
	}
}

enum status indicator_compute(struct database *db, const struct registry *r, const struct indicator_query *query,
			      struct indicator_report *ret_report)
{
	assert(query->unit >= 0 && query->unit < registry_unit_count(r));
	struct indicator_report report = {.query = *query};
	struct unit_map map = {.top = UNIT_NONE};
	report.lines = calloc((size_t)registry_unit_count(r), sizeof(*report.lines));
	if (report.lines == NULL)
		return STATUS_NO_MEMORY;
	for (int i = 0; i < registry_unit_count(r); i++)
		report.lines[i].unit = i;
	enum status s = unit_map_new(r, query->as_of, &map);
	if (s == STATUS_OK)
		s = read_reports(db, &map, query, report.lines);
	if (s == STATUS_OK) {
		report.query.unit = map.place[query->unit];
		indicator_sum_up(&map, report.lines);
		keep_children(&map, &report);
		*ret_report = report;
	} else {
		indicator_clear(&report);
	}
	unit_map_free(&map);
	return s;
}

void indicator_clear(struct indicator_report *report)
{
	if (report == NULL)
		return;
	free(report->lines);
	report->lines = NULL;
	report->n_lines = 0;
}
