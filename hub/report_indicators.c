#include "hub/report_indicators.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

static enum status read_reports(struct database *db, const struct registry *r, const struct indicator_query *query,
				struct indicator_line *lines)
{
	struct query q = query_start(db, "SELECT key, writes FROM thing WHERE kind = 3");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct indicator_key key;
		s = indicator_key_split(query_get_text(&q, 0), &key);
		if (s != STATUS_OK)
			break;
		int unit = registry_find_unit(r, key.unit);
		if (unit != UNIT_NONE && slice_equal(key.name, slice_str(query->name)) &&
		    slice_equal(key.period, slice_str(query->period)))
			s = indicator_take(r, query_get_blob(&q, 1), &lines[unit].own);
	}
	enum status finished = query_finish(&q);
	return s != STATUS_OK ? s : finished;
}

static int depth_of(const struct registry *r, int unit)
{
	int depth = 0;
	for (int at = registry_unit(r, unit)->parent; at != UNIT_NONE; at = registry_unit(r, at)->parent)
		depth++;
	return depth;
}

static void add_child(struct indicator_count *sum, struct indicator_count part)
{
	if (!part.known)
		return;
	sum->of_known = part.of_known && (!sum->known || sum->of_known);
	sum->known = true;
	sum->value += part.value;
	sum->of += part.of;
}

/* From the deepest units up, so that each has its sum before its parent takes it. */
void indicator_sum_up(const struct registry *r, struct indicator_line *lines)
{
	int deepest = 0;
	for (int i = 0; i < registry_unit_count(r); i++)
		deepest = depth_of(r, i) > deepest ? depth_of(r, i) : deepest;
	for (int depth = deepest; depth > 0; depth--)
		for (int i = 0; i < registry_unit_count(r); i++)
			if (depth_of(r, i) == depth)
				add_child(&lines[registry_unit(r, i)->parent].children,
					  indicator_chosen(&lines[i]));
}

/* Keeps the children of the unit asked for, in place: a child never moves up past one not looked at yet. */
static void keep_children(const struct registry *r, struct indicator_report *report)
{
	report->total = report->lines[report->query.unit];
	for (int i = 0; i < registry_unit_count(r); i++) {
		const struct unit *u = registry_unit(r, i);
		bool expected = registry_covers(r, report->query.unit, i) && registry_is_leaf(r, i) &&
				unit_valid_on(u, report->query.as_of);
		report->units_expected += expected ? 1 : 0;
		report->units_reporting += expected && report->lines[i].own.known ? 1 : 0;
		if (u->parent == report->query.unit)
			report->lines[report->n_lines++] = report->lines[i];
	}
}

enum status indicator_compute(struct database *db, const struct registry *r, const struct indicator_query *query,
			      struct indicator_report *ret_report)
{
	assert(query->unit >= 0 && query->unit < registry_unit_count(r));
	struct indicator_report report = {.query = *query};
	report.lines = calloc((size_t)registry_unit_count(r), sizeof(*report.lines));
	if (report.lines == NULL)
		return STATUS_NO_MEMORY;
	for (int i = 0; i < registry_unit_count(r); i++)
		report.lines[i].unit = i;
	enum status s = read_reports(db, r, query, report.lines);
	if (s != STATUS_OK) {
		indicator_clear(&report);
		return s;
	}
	indicator_sum_up(r, report.lines);
	keep_children(r, &report);
	*ret_report = report;
	return STATUS_OK;
}

void indicator_clear(struct indicator_report *report)
{
	if (report == NULL)
		return;
	free(report->lines);
	report->lines = NULL;
	report->n_lines = 0;
}
