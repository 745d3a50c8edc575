#include "hub/totals_groups.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/tables/totals_view.h"

bool totals_groups_keyed(enum totals_by by)
{
	return by == TOTALS_BY_DOMAIN || by == TOTALS_BY_PROCEDURE || by == TOTALS_BY_CHANNEL ||
	       by == TOTALS_BY_LEVEL_AND_DOMAIN;
}

static bool by_days(enum totals_by by)
{
	return by == TOTALS_BY_MONTH || by == TOTALS_BY_DAY;
}

static void set_key(struct totals_group *g, const char *key)
{
	(void)snprintf(g->key, sizeof(g->key), "%s", key);
}

static struct totals_group *add_group(struct totals *t, const char *key)
{
	struct totals_group *g = &t->groups[t->n_groups++];
	*g = (struct totals_group){.unit = UNIT_NONE, .period = t->query.period};
	set_key(g, key);
	return g;
}

static void add_unit_group(struct totals *t, int unit)
{
	char key[UNIT_KEY];
	add_group(t, unit_map_key(&t->map, unit, key))->unit = unit;
}

/* The children of the unit asked for, then the unit itself. */
static void add_units(struct totals *t)
{
	for (int i = 0; i < t->map.n; i++)
		if (unit_map_is_line(&t->map, i) && t->map.parent[i] == t->query.unit)
			add_unit_group(t, i);
	add_unit_group(t, t->query.unit);
}

/* Whether there is a line of a level below the unit asked for; undivided: such a one will do. */
static bool has_level(const struct totals *t, const struct registry *r, int level, bool undivided)
{
	for (int i = 0; i < t->map.n; i++)
		if ((int)registry_unit(r, i)->level == level && unit_map_is_line(&t->map, i) &&
		    unit_map_covers(&t->map, t->query.unit, i) && (undivided || !unit_map_undivided(&t->map, i)))
			return true;
	return false;
}

static void add_levels(struct totals *t, const struct registry *r)
{
	for (int level = LEVEL_PROVINCE; level <= LEVEL_COMMUNE; level++)
		if (has_level(t, r, level, true))
			add_group(t, unit_level_name((enum unit_level)level))->level = (enum unit_level)level;
}

int64_t totals_period_rows(struct period period, enum totals_by by)
{
	if (!by_days(by))
		return 0;
	if (by == TOTALS_BY_DAY)
		return (int64_t)period.to - period.from + 1;
	int64_t rows = 1;
	for (int32_t end = date_month_end(period.from); end < period.to; end = date_month_end(end + 1))
		rows++;
	return rows;
}

static void add_days(struct totals *t)
{
	bool whole_months = t->query.by == TOTALS_BY_MONTH;
	enum { MONTH_TEXT = 7 };
	for (int32_t day = t->query.period.from; day <= t->query.period.to;) {
		char date[DATE_TEXT];
		int32_t last = whole_months ? date_month_end(day) : day;
		(void)date_format(day, date);
		if (whole_months)
			date[MONTH_TEXT] = '\0';
		struct totals_group *g = add_group(t, date);
		g->period.from = day;
		g->period.to = last < t->query.period.to ? last : t->query.period.to;
		day = last + 1;
	}
}

/* At least as many as there will be. */
static size_t most_groups(const struct totals *t, const struct registry *r)
{
	if (by_days(t->query.by))
		return (size_t)totals_period_rows(t->query.period, t->query.by);
	return (size_t)registry_unit_count(r) + LEVEL_COMMUNE;
}

enum status totals_groups_make(struct totals *t, const struct registry *r)
{
	if (totals_groups_keyed(t->query.by))
		return STATUS_OK;
	if (totals_period_rows(t->query.period, t->query.by) > TOTALS_ROWS_MAX)
		return STATUS_LIMIT;
	t->groups = calloc(most_groups(t, r), sizeof(*t->groups));
	if (t->groups == NULL)
		return STATUS_NO_MEMORY;
	if (t->query.by == TOTALS_BY_UNIT)
		add_units(t);
	else if (t->query.by == TOTALS_BY_LEVEL)
		add_levels(t, r);
	else if (by_days(t->query.by))
		add_days(t);
	else
		add_unit_group(t, t->query.unit);
	return STATUS_OK;
}

static int group_of_child(const struct totals *t, int line)
{
	int below = line; /* the last one met before the unit asked for */
	for (int at = line; at != t->query.unit; at = t->map.parent[at])
		below = at;
	int last = (int)t->n_groups - 1;
	for (int i = 0; i < last; i++)
		if (t->groups[i].unit == below)
			return i;
	return last;
}

static int group_of_level(const struct totals *t, enum unit_level level)
{
	for (size_t i = 0; i < t->n_groups; i++)
		if (t->groups[i].level == level)
			return (int)i;
	return GROUP_OUTSIDE;
}

int totals_group_of_unit(const struct totals *t, const struct registry *r, int line)
{
	if (!unit_map_covers(&t->map, t->query.unit, line))
		return GROUP_OUTSIDE;
	if (t->query.by == TOTALS_BY_UNIT)
		return group_of_child(t, line);
	if (t->query.by == TOTALS_BY_LEVEL)
		return group_of_level(t, registry_unit(r, line)->level);
	return 0;
}

struct cells *totals_groups_cells(struct keyed_groups *k, const struct totals *t, const struct unit *u,
				  const struct dossier_row *row)
{
	const char *channel = schema_word_name(schema_field(FIELD_CHANNEL), row->facts.channel);
	if (t->query.by == TOTALS_BY_LEVEL_AND_DOMAIN)
		return keyed_groups_at(k, (int)u->level, row->domain);
	if (t->query.by == TOTALS_BY_PROCEDURE)
		return keyed_groups_at(k, 0, count_national_code(row->procedure));
	if (t->query.by == TOTALS_BY_CHANNEL)
		return keyed_groups_at(k, 0, slice_str(channel == NULL ? "" : channel));
	return keyed_groups_at(k, 0, row->domain);
}

static bool is_empty(const struct cells *c)
{
	static const struct cells none;
	return memcmp(c, &none, sizeof(none)) == 0;
}

/* Whether a group stands for units of the day, or is the unit's own. */
static bool is_of_day(const struct totals *t, const struct registry *r, const struct totals_group *g)
{
	if (t->query.by == TOTALS_BY_LEVEL)
		return has_level(t, r, (int)g->level, false);
	return g->unit == UNIT_NONE || g->unit == t->query.unit || !unit_map_undivided(&t->map, g->unit);
}

void totals_groups_drop_idle(struct totals *t, const struct registry *r)
{
	size_t kept = 0;
	for (size_t i = 0; i < t->n_groups; i++)
		if (is_of_day(t, r, &t->groups[i]) || !is_empty(&t->groups[i].cells))
			t->groups[kept++] = t->groups[i];
	t->n_groups = kept;
}

enum status totals_groups_take(struct totals *t, struct keyed_groups *k)
{
	keyed_groups_sort(k);
	t->groups = calloc(k->n + 1, sizeof(*t->groups));
	if (t->groups == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < k->n; i++) {
		if (is_empty(&k->groups[i].cells)) /* a scan meets more than counts in the period */
			continue;
		struct totals_group *g = add_group(t, k->groups[i].text);
		g->level = (enum unit_level)k->groups[i].part;
		g->cells = k->groups[i].cells;
		g->units_expected = TOTALS_UNITS_UNKNOWN;
		g->units_reporting = TOTALS_UNITS_UNKNOWN;
	}
	return STATUS_OK;
}

/* False where a received dossier cannot count: the row lies before its receipt, or after receipt and end. */
static bool may_count(const struct dossier_facts *f, int32_t end, struct period row)
{
	if (f->status == DOSSIER_REFUSED || f->status == DOSSIER_SUBMITTED || f->received == DAY_UNSET)
		return true;
	return row.to >= f->received && !(row.from > f->received && end != DAY_UNSET && row.from > end);
}

void totals_groups_count_days(const struct totals *t, const struct dossier_facts *facts)
{
	int32_t end = dossier_end(facts, t->query.rule);
	for (size_t i = 0; i < t->n_groups; i++) {
		struct totals_group *g = &t->groups[i];
		if (!may_count(facts, end, g->period))
			continue;
		struct count_query query = {.period = g->period, .as_of = g->period.to, .rule = t->query.rule};
		if (query.as_of > t->query.today)
			query.as_of = t->query.today;
		count_dossier(&query, facts, &g->cells);
	}
}

void totals_groups_sum_days(struct totals *t)
{
	struct cells sum = {0};
	const struct cells *first = &t->groups[0].cells;
	const struct cells *last = &t->groups[t->n_groups - 1].cells;
	for (size_t i = 0; i < t->n_groups; i++)
		cells_add(&sum, &t->groups[i].cells);
	sum.carried_in = first->carried_in;
	sum.open = last->open;
	sum.open_in_time = last->open_in_time;
	sum.open_late = last->open_late;
	sum.open_paused = last->open_paused;
	sum.incomplete = t->total.cells.incomplete; /* a dossier is one, in however many rows */
	t->total.cells = sum;
}
