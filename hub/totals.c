#include "hub/totals.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "hub/silence.h"
#include "hub/totals_groups.h"
#include "hub/totals_spans.h"
#include "protocol/tables/totals_view.h"

struct counting {
	const struct registry *registry;
	struct count_query query;
	const int *group_of; /* per unit: index into groups, or GROUP_OUTSIDE */
	struct totals *totals;
	struct keyed_groups keyed;
};

enum status totals_rule(const char *name, const char *data, struct count_rule *ret_rule,
			struct rule_fault *ret_fault)
{
	char *dir = path_join(data, "rules");
	if (dir == NULL)
		return STATUS_NO_MEMORY;
	struct count_rule rule;
	enum status s = rule_read(name, dir, &rule, ret_fault);
	free(dir);
	if (s == STATUS_OK)
		*ret_rule = rule;
	if (s != STATUS_EMPTY || strcmp(name, COUNT_FORM06.name) != 0)
		return s;
	*ret_rule = COUNT_FORM06;
	return STATUS_OK;
}

enum status totals_by_parse(const char *word, enum totals_by *ret_by)
{
	static const char *const words[] = {
		[TOTALS_BY_UNIT] = "unit",       [TOTALS_BY_LEVEL] = "level",
		[TOTALS_BY_DOMAIN] = "domain",   [TOTALS_BY_PROCEDURE] = "procedure",
		[TOTALS_BY_CHANNEL] = "channel", [TOTALS_BY_MONTH] = "month",
		[TOTALS_BY_DAY] = "day",
	};
	for (size_t i = TOTALS_BY_UNIT; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0) {
			*ret_by = (enum totals_by)i;
			return STATUS_OK;
		}
	return STATUS_USAGE;
}

int32_t totals_units_day(const struct totals_query *query)
{
	int32_t as_of = query->period.to < query->today ? query->period.to : query->today;
	return query->units_given ? query->units_day : as_of;
}

static enum status count_row(void *context, const struct dossier_row *row)
{
	struct counting *c = context;
	struct totals *t = c->totals;
	int unit = unit_map_find_stated(&t->map, row->unit, row->unit_day, row->units);
	int group = unit == UNIT_NONE ? GROUP_OUTSIDE : c->group_of[unit];
	if (group == GROUP_OUTSIDE)
		return STATUS_OK;
	count_dossier(&c->query, &row->facts, &t->total.cells);
	if (t->query.by == TOTALS_BY_MONTH || t->query.by == TOTALS_BY_DAY) {
		totals_groups_count_days(t, &row->facts);
		return STATUS_OK;
	}
	struct cells *cells = totals_groups_keyed(t->query.by)
				      ? totals_groups_cells(&c->keyed, t, registry_unit(c->registry, unit), row)
				      : &t->groups[group].cells;
	if (cells == NULL)
		return STATUS_NO_MEMORY;
	count_dossier(&c->query, &row->facts, cells);
	return STATUS_OK;
}

/* True if the unit should have been heard of. */
static bool is_expected(const struct unit_map *map, const int *group_of, int unit)
{
	return group_of[unit] != GROUP_OUTSIDE && unit_map_is_leaf(map, unit);
}

/* By unit and by level the groups share out the units of the whole. */
static void count_units(struct totals *t, const int *group_of, const bool *heard)
{
	bool shared = t->query.by <= TOTALS_BY_LEVEL;
	for (int i = 0; i < t->map.n; i++) {
		if (!is_expected(&t->map, group_of, i))
			continue;
		struct totals_group *g = shared ? &t->groups[group_of[i]] : NULL;
		t->total.units_expected++;
		t->total.units_reporting += heard[i];
		if (g != NULL) {
			g->units_expected++;
			g->units_reporting += heard[i];
		}
		if (!heard[i])
			t->silent[t->n_silent++] = i;
	}
}

/* A row of days is a period of its own, in which a unit can be silent. */
static enum status count_units_of_row(struct totals *t, size_t row, struct database *db, const struct unit_map *map,
				      const int *group_of, bool *heard)
{
	struct totals_group *g = &t->groups[row];
	memset(heard, 0, (size_t)map->n * sizeof(*heard));
	enum status s = silence_mark_heard(db, map, g->period, t->query.today, heard);
	for (int i = 0; s == STATUS_OK && i < map->n; i++) {
		bool expected = is_expected(map, group_of, i);
		g->units_expected += expected;
		g->units_reporting += expected && heard[i];
	}
	return s;
}

/* Each row by the units of its own last day, unless a day was given for all. */
static enum status count_units_of_rows(struct totals *t, struct database *db, const struct registry *r,
				       const int *group_of, bool *heard)
{
	struct unit_map map = {.top = UNIT_NONE};
	enum status s = STATUS_OK;
	for (size_t i = 0; i < t->n_groups && s == STATUS_OK; i++) {
		int32_t end = t->groups[i].period.to;
		int32_t day = end < t->query.today ? end : t->query.today;
		if (t->query.units_given)
			day = t->query.units_day;
		if (map.place == NULL || day < map.same_from || day > map.same_to) {
			unit_map_free(&map);
			s = unit_map_new(r, day, &map);
		}
		if (s == STATUS_OK)
			s = count_units_of_row(t, i, db, &map, group_of, heard);
	}
	unit_map_free(&map);
	return s;
}

static enum status count_all_units(struct totals *t, struct database *db, const struct registry *r,
				   const int *group_of, bool *heard)
{
	enum status s = silence_mark_heard(db, &t->map, t->query.period, t->query.today, heard);
	if (s != STATUS_OK)
		return s;
	count_units(t, group_of, heard);
	if (t->query.by <= TOTALS_BY_LEVEL)
		totals_groups_drop_idle(t, r);
	if (t->query.by != TOTALS_BY_MONTH && t->query.by != TOTALS_BY_DAY)
		return STATUS_OK;
	s = count_units_of_rows(t, db, r, group_of, heard);
	totals_groups_sum_days(t);
	return s;
}

static enum status fill(struct totals *t, struct database *db, const struct registry *r, int *group_of, bool *heard)
{
	enum status s = totals_groups_make(t, r);
	if (s != STATUS_OK)
		return s;
	for (int i = 0; i < registry_unit_count(r); i++)
		group_of[i] = totals_group_of_unit(t, r, t->map.place[i]);
	struct counting c = {
		.registry = r,
		.query = {.period = t->query.period, .as_of = t->as_of, .rule = t->query.rule},
		.group_of = group_of,
		.totals = t,
	};
	const struct totals_spans_plan spans = {
		.totals = t, .group_of = group_of, .keyed = &c.keyed, .row = count_row, .context = &c};
	bool counted = false;
	s = totals_spans_count(db, &spans, &counted);
	if (s == STATUS_OK && !counted)
		s = dossier_scan(db, t->query.period, count_row, &c);
	if (s == STATUS_OK && totals_groups_keyed(t->query.by))
		s = totals_groups_take(t, &c.keyed);
	keyed_groups_free(&c.keyed);
	return s == STATUS_OK ? count_all_units(t, db, r, group_of, heard) : s;
}

enum status totals_compute(struct database *db, const struct registry *r, const struct totals_query *query,
			   struct totals *ret_totals)
{
	assert(query->unit >= 0 && query->unit < registry_unit_count(r));
	struct totals t = {.query = *query,
			   .as_of = query->period.to < query->today ? query->period.to : query->today,
			   .map = {.top = UNIT_NONE},
			   .total = {.unit = query->unit, .period = query->period}};
	char key[UNIT_KEY];
	size_t n = (size_t)registry_unit_count(r);
	int *group_of = calloc(n, sizeof(*group_of));
	bool *heard = calloc(n, sizeof(*heard));
	t.silent = calloc(n, sizeof(*t.silent));
	enum status s = STATUS_NO_MEMORY;
	if (group_of != NULL && heard != NULL && t.silent != NULL)
		s = unit_map_new(r, totals_units_day(query), &t.map);
	if (s == STATUS_OK) {
		t.query.unit = t.total.unit = t.map.place[query->unit];
		(void)unit_map_key(&t.map, t.query.unit, key);
		(void)snprintf(t.total.key, sizeof(t.total.key), "%s", key);
		s = fill(&t, db, r, group_of, heard);
	}
	free(group_of);
	free(heard);
	if (s == STATUS_OK)
		*ret_totals = t;
	else
		totals_clear(&t);
	return s;
}

void totals_clear(struct totals *t)
{
	if (t == NULL)
		return;
	free(t->groups);
	free(t->silent);
	unit_map_free(&t->map);
	*t = (struct totals){0};
}
