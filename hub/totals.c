#include "hub/totals.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "hub/dossier_table.h"
#include "hub/silence.h"

enum { OUTSIDE = -1 /* no group */ };

struct counting {
	const struct registry *registry;
	struct count_query query;
	const int *group_of; /* per unit: index into groups, or OUTSIDE */
	struct totals_group *groups;
};

const struct count_rule *totals_rule(const char *name)
{
	return strcmp(name, COUNT_FORM06.name) == 0 ? &COUNT_FORM06 : NULL;
}

/* The children of the unit asked for, then the unit itself; or the unit alone. */
static enum status make_groups(struct totals *t, const struct registry *r)
{
	size_t n = 1;
	for (int i = 0; t->query.by == TOTALS_BY_UNIT && i < registry_unit_count(r); i++)
		n += registry_unit(r, i)->parent == t->query.unit;
	t->groups = calloc(n, sizeof(*t->groups));
	if (t->groups == NULL)
		return STATUS_NO_MEMORY;
	t->n_groups = n;
	size_t at = 0;
	for (int i = 0; at + 1 < n; i++)
		if (registry_unit(r, i)->parent == t->query.unit)
			t->groups[at++].unit = i;
	t->groups[at].unit = t->query.unit;
	return STATUS_OK;
}

/* The group that counts a unit's records. */
static int group_of_unit(const struct totals *t, const struct registry *r, int unit)
{
	int below = unit; /* the last one met before the unit asked for */
	for (int at = unit; at != t->query.unit; at = registry_unit(r, at)->parent) {
		if (registry_unit(r, at)->parent == UNIT_NONE)
			return OUTSIDE;
		below = at;
	}
	int last = (int)t->n_groups - 1;
	for (int i = 0; i < last; i++)
		if (t->groups[i].unit == below)
			return i;
	return last;
}

static enum status count_row(void *context, const struct dossier_row *row)
{
	struct counting *c = context;
	int unit = registry_find_unit(c->registry, row->unit);
	int group = unit == UNIT_NONE ? OUTSIDE : c->group_of[unit];
	if (group != OUTSIDE)
		count_dossier(&c->query, &row->facts, &c->groups[group].cells);
	return STATUS_OK;
}

static void count_units(struct totals *t, const struct registry *r, const int *group_of, const bool *heard)
{
	for (int i = 0; i < registry_unit_count(r); i++) {
		bool expected = group_of[i] != OUTSIDE && registry_is_leaf(r, i) &&
				unit_valid_on(registry_unit(r, i), t->as_of);
		if (!expected)
			continue;
		t->groups[group_of[i]].units_expected++;
		if (heard[i])
			t->groups[group_of[i]].units_reporting++;
		else
			t->silent[t->n_silent++] = i;
	}
}

static void add_up(struct totals *t)
{
	t->total.unit = t->query.unit;
	for (size_t i = 0; i < t->n_groups; i++) {
		cells_add(&t->total.cells, &t->groups[i].cells);
		t->total.units_expected += t->groups[i].units_expected;
		t->total.units_reporting += t->groups[i].units_reporting;
	}
}

static enum status fill(struct totals *t, struct database *db, const struct registry *r, int *group_of, bool *heard)
{
	enum status s = make_groups(t, r);
	if (s != STATUS_OK)
		return s;
	for (int i = 0; i < registry_unit_count(r); i++)
		group_of[i] = group_of_unit(t, r, i);
	struct counting c = {
		.registry = r,
		.query = {.period = t->query.period, .as_of = t->as_of, .rule = t->query.rule},
		.group_of = group_of,
		.groups = t->groups,
	};
	s = dossier_scan(db, t->query.period, count_row, &c);
	if (s == STATUS_OK)
		s = silence_mark_heard(db, r, t->query.period, t->query.today, heard);
	if (s != STATUS_OK)
		return s;
	count_units(t, r, group_of, heard);
	add_up(t);
	return STATUS_OK;
}

enum status totals_compute(struct database *db, const struct registry *r, const struct totals_query *query,
			   struct totals *ret_totals)
{
	assert(query->unit >= 0 && query->unit < registry_unit_count(r));
	struct totals t = {.query = *query,
			   .as_of = query->period.to < query->today ? query->period.to : query->today};
	size_t n = (size_t)registry_unit_count(r);
	int *group_of = calloc(n, sizeof(*group_of));
	bool *heard = calloc(n, sizeof(*heard));
	t.silent = calloc(n, sizeof(*t.silent));
	enum status s = STATUS_NO_MEMORY;
	if (group_of != NULL && heard != NULL && t.silent != NULL)
		s = fill(&t, db, r, group_of, heard);
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
	*t = (struct totals){0};
}
