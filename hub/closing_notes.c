#include "hub/closing_notes.h"

#include <stdlib.h>
#include <string.h>

#include "hub/totals_groups.h"

void closing_notes_clear(struct closing_notes *notes)
{
	closing_clear(&notes->closing);
	closing_clear(&notes->before);
	totals_clear(&notes->reported);
	totals_clear(&notes->carried);
	*notes = (struct closing_notes){0};
}

static bool by_days(enum totals_by by)
{
	return by == TOTALS_BY_MONTH || by == TOTALS_BY_DAY;
}

/* The numbers of a row, or with carried_in those of what it hands on to the period that follows. */
static struct cells numbers_of(const struct closing_row *row, bool handed_on)
{
	struct cells cells = row->cells;
	if (handed_on)
		cells.carried_in = row->carried_over;
	return cells;
}

/* Where a row counts, as a dossier of these keys would; NULL on no memory. */
static struct cells *find_group(struct totals *t, const struct registry *r, const struct closing_row *row, int unit,
				struct keyed_groups *keyed)
{
	struct dossier_row like = {
		.procedure = row->procedure, .domain = row->domain, .facts = {.channel = row->channel}};
	if (totals_groups_keyed(t->query.by))
		return totals_groups_cells(keyed, t, registry_unit(r, unit), &like);
	return &t->groups[totals_group_of_unit(t, r, unit)].cells;
}

/* A closing in the groups of a query; rows of days have none, and share its total. */
static enum status group_rows(const struct closing *closing, const struct registry *r,
			      const struct totals_query *query, bool handed_on, struct totals *ret_totals)
{
	struct totals t = {.query = *query, .total = {.unit = query->unit}};
	struct keyed_groups keyed = {0};
	t.query.by = by_days(query->by) ? TOTALS_BY_NONE : query->by;
	enum status s = unit_map_new(r, totals_units_day(query), &t.map);
	if (s == STATUS_OK)
		s = totals_groups_make(&t, r);
	for (size_t i = 0; i < closing->n_rows && s == STATUS_OK; i++) {
		const struct closing_row *row = &closing->rows[i];
		int unit = unit_map_find(&t.map, row->unit, closing->period.to);
		if (unit == UNIT_NONE || totals_group_of_unit(&t, r, unit) == GROUP_OUTSIDE)
			continue;
		struct cells cells = numbers_of(row, handed_on);
		struct cells *group = find_group(&t, r, row, unit, &keyed);
		s = group == NULL ? STATUS_NO_MEMORY : STATUS_OK;
		if (group != NULL)
			cells_add(group, &cells);
		cells_add(&t.total.cells, &cells);
	}
	if (s == STATUS_OK && totals_groups_keyed(t.query.by))
		s = totals_groups_take(&t, &keyed);
	keyed_groups_free(&keyed);
	if (s == STATUS_OK)
		*ret_totals = t;
	else
		totals_clear(&t);
	return s;
}

static enum status read_closed(struct database *db, const struct registry *r, const struct totals_query *query,
			       struct closing_notes *notes)
{
	enum status s = by_days(query->by) ? STATUS_EMPTY
					   : closing_find(db, query->period, query->rule->name, &notes->closing);
	notes->closed = s == STATUS_OK;
	if (s == STATUS_OK)
		s = group_rows(&notes->closing, r, query, false, &notes->reported);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

static enum status read_before(struct database *db, const struct registry *r, const struct totals_query *query,
			       struct closing_notes *notes)
{
	enum status s = closing_find_before(db, query->period.from - 1, query->rule->name, &notes->before);
	notes->follows = s == STATUS_OK;
	if (s == STATUS_OK)
		s = group_rows(&notes->before, r, query, true, &notes->carried);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

enum status closing_notes_read(struct database *db, const struct registry *r, const struct totals *totals,
			       struct closing_notes *notes)
{
	enum status s = read_closed(db, r, &totals->query, notes);
	if (s == STATUS_OK)
		s = read_before(db, r, &totals->query, notes);
	return s;
}

/* Whether anything has come since: a batch, or an act but the closing itself. */
static enum status is_unchanged(struct database *db, const struct closing *closing, bool *ret_same)
{
	struct closing_set now;
	enum status s = closing_set_read(db, &now);
	if (s != STATUS_OK)
		return s;
	*ret_same = closing_set_same_batches(&now, &closing->set) && now.acts == closing->set.acts + 1;
	closing_set_clear(&now);
	return STATUS_OK;
}

enum status closing_notes_explain(struct hub *hub, const struct totals_query *query, const char *data,
				  struct closing_notes *notes)
{
	struct closing before;
	struct period_state state;
	bool same = false;
	char code[LIMIT_UNIT + 1];
	(void)snprintf(code, sizeof(code), "%s", registry_unit(hub->registry, query->unit)->code);
	enum status s = closing_find_before(hub->db, query->period.from - 1, query->rule->name, &before);
	if (s != STATUS_OK)
		return s == STATUS_EMPTY ? STATUS_OK : s;
	struct closing_ref ref = {.period = before.period, .revision = before.revision};
	(void)snprintf(ref.rule, sizeof(ref.rule), "%s", before.rule.name);
	s = is_unchanged(hub->db, &before, &same);
	closing_clear(&before);
	if (s != STATUS_OK || same)
		return s;
	database_rollback(hub->db);
	struct periods_query asked = {.unit = code, .data = data};
	s = period_state_read(hub, &ref, &asked, &state);
	if (s != STATUS_OK)
		return s;
	s = period_state_correct(hub, &state, NULL, NULL);
	notes->explained = s == STATUS_OK;
	memcpy(notes->causes, state.causes, sizeof(notes->causes));
	period_state_clear(&state);
	return s;
}
