#include "hub/index766.h"

#include <assert.h>
#include <stdlib.h>

enum { PERCENT = 100 };

bool index_available(const struct index_definition *d, const struct index_score *score)
{
	switch (score->state) {
	case INDEX_SCORED:
	case INDEX_FULL:
		return true;
	case INDEX_NOT_APPLICABLE:
		return !d->left_out;
	case INDEX_NOT_REPORTED:
	case INDEX_NOTHING:
	case INDEX_ABOVE:
		break;
	}
	return false;
}

/* part / whole in INDEX_ONE, rounded; 0 <= part <= whole, whole > 0. */
static int64_t share_of(int64_t part, int64_t whole)
{
	assert(whole > 0);
	for (; whole > INT64_MAX / INDEX_ONE / 2; whole /= 2) /* beyond anything that was ever counted */
		part /= 2;
	return (part * INDEX_ONE + whole / 2) / whole;
}

static enum index_state state_of(const struct index_component *c, const struct figure *part,
				 const struct figure *whole, const struct figure *needed)
{
	if (!part->known || !whole->known || !needed->known)
		return INDEX_NOT_REPORTED;
	if (part->value < 0 || part->value > whole->value)
		return INDEX_ABOVE;
	if (whole->value == 0)
		return c->empty_full ? INDEX_FULL : INDEX_NOTHING;
	return needed->value > 0 ? INDEX_SCORED : INDEX_NOT_REPORTED;
}

/* The counts of a component, and whether they can be a rate. */
static enum status count_component(struct figures *f, const struct index_component *c, int unit,
				   struct index_score *score)
{
	struct figure part;
	struct figure whole;
	struct figure needed = {.known = true, .value = 1};
	enum status s = figures_value(f, &c->part, unit, &part);
	if (s == STATUS_OK)
		s = figures_value(f, &c->whole, unit, &whole);
	if (s == STATUS_OK && c->needs.n > 0)
		s = figures_value(f, &c->needs, unit, &needed);
	if (s != STATUS_OK)
		return s;
	score->counted = part.known && whole.known && needed.known;
	score->part = part.value;
	score->whole = whole.value;
	score->state = state_of(c, &part, &whole, &needed);
	return STATUS_OK;
}

static void judge(const struct index_definition *d, size_t i, struct index_score *scores)
{
	const struct index_component *c = &d->components[i];
	struct index_score *score = &scores[i];
	if (score->state != INDEX_SCORED) {
		score->score = index_available(d, score) ? score->max : 0;
		return;
	}
	int64_t share = share_of(score->part, score->whole);
	const struct index_score *other = c->times < 0 ? NULL : &scores[c->times];
	score->alone = other != NULL && other->state != INDEX_SCORED;
	if (other != NULL && !score->alone)
		share = (share * (share_of(other->part, other->whole) / 1000) + INDEX_ONE / 2000) /
			(INDEX_ONE / 1000);
	score->share = share;
	int64_t reached = share * PERCENT / c->full_at;
	reached = reached > INDEX_ONE ? INDEX_ONE : reached;
	score->score = (score->max * (reached / 100) + INDEX_ONE / 200) / (INDEX_ONE / 100);
}

static enum status fill_row(struct figures *f, const struct registry *r, const struct index_definition *d, int unit,
			    struct index_row *row)
{
	unsigned level = 1U << (unsigned)registry_unit(r, unit)->level;
	*row = (struct index_row){.unit = unit, .units = figures_units(f, unit)};
	for (size_t i = 0; i < d->n; i++) {
		struct index_score *score = &row->scores[i];
		enum status s = count_component(f, &d->components[i], unit, score);
		if (s != STATUS_OK)
			return s;
		score->max = d->components[i].max * (INDEX_SCORE / INDEX_POINT);
		if ((d->components[i].not_for & level) != 0)
			*score = (struct index_score){.state = INDEX_NOT_APPLICABLE, .max = score->max};
	}
	bool measured = false;
	for (size_t i = 0; i < d->n; i++)
		measured = measured || row->scores[i].state == INDEX_SCORED || row->scores[i].state == INDEX_FULL;
	for (size_t i = 0; i < d->n; i++) {
		const struct index_score *score = &row->scores[i];
		judge(d, i, row->scores);
		/* What is given to everybody is no score of a unit nothing is known of. */
		bool available = measured && index_available(d, score);
		row->score += available ? score->score : 0;
		row->available += available ? score->max : 0;
		row->max += score->state == INDEX_NOT_APPLICABLE && d->left_out ? 0 : score->max;
	}
	if (row->available > 0) {
		row->share = share_of(row->score, row->available);
		row->band = index_band_of(d, row->share / (INDEX_ONE / PERCENT / PERCENT));
	}
	return STATUS_OK;
}

/* Units with nothing to judge them by come last; the order of the codes otherwise. */
static int compare_rows(const void *a, const void *b)
{
	const struct index_row *x = a;
	const struct index_row *y = b;
	if ((x->available == 0) != (y->available == 0))
		return x->available == 0 ? 1 : -1;
	if (x->share != y->share)
		return x->share > y->share ? -1 : 1;
	return x->unit < y->unit ? -1 : 1;
}

static bool same_components(const struct index_definition *d, const struct index_row *a, const struct index_row *b)
{
	for (size_t i = 0; i < d->n; i++)
		if (index_available(d, &a->scores[i]) != index_available(d, &b->scores[i]))
			return false;
	return true;
}

static void rank(struct index_report *report)
{
	qsort(report->rows, report->n, sizeof(*report->rows), compare_rows);
	report->alike = true;
	for (size_t i = 0; i < report->n && report->rows[i].available > 0; i++) {
		struct index_row *row = &report->rows[i];
		bool equal = i > 0 && row->share == report->rows[i - 1].share;
		row->rank = equal ? report->rows[i - 1].rank : (int)i + 1;
		report->alike = report->alike && same_components(report->query.definition, row, report->rows);
	}
}

static bool is_ranked(const struct unit_map *map, const struct index_report *report, int unit)
{
	const struct index_query *q = &report->query;
	if (!unit_map_is_line(map, unit) || unit_map_undivided(map, unit))
		return false;
	return q->level == 0 ? map->parent[unit] == q->unit
			     : registry_unit(map->registry, unit)->level == q->level &&
				       unit_map_covers(map, q->unit, unit);
}

static enum status fill_rows(struct figures *f, const struct registry *r, struct index_report *report)
{
	enum status s = STATUS_OK;
	report->rows = calloc((size_t)registry_unit_count(r), sizeof(*report->rows));
	if (report->rows == NULL)
		return STATUS_NO_MEMORY;
	for (int i = 0; i < registry_unit_count(r) && s == STATUS_OK; i++) {
		if (is_ranked(figures_map(f), report, i))
			s = fill_row(f, r, report->query.definition, i, &report->rows[report->n++]);
	}
	if (s == STATUS_OK && report->n > 0)
		rank(report);
	return s;
}

enum status index_compute(struct database *db, const struct registry *r, const struct index_query *query,
			  struct index_report *ret_report)
{
	struct index_report report = {.query = *query};
	struct figures_query asked = {.period = query->period, .today = query->today, .rule = query->rule};
	struct figures *f = NULL;
	enum status s = figures_read(db, r, &asked, &f);
	if (s != STATUS_OK)
		return s;
	report.as_of = figures_as_of(f);
	report.query.unit = figures_map(f)->place[query->unit];
	s = fill_row(f, r, query->definition, report.query.unit, &report.total);
	if (s == STATUS_OK && query->by_unit)
		s = fill_rows(f, r, &report);
	figures_free(f);
	if (s == STATUS_OK)
		*ret_report = report;
	else
		index_clear(&report);
	return s;
}

static struct index_before before_of(const struct index_definition *d, const struct index_row *row,
				     const struct index_row *then)
{
	return (struct index_before){
		.known = then->available > 0,
		.alike = then->available > 0 && same_components(d, row, then),
		.rank = then->rank,
		.score = then->score,
		.available = then->available,
		.share = then->share,
	};
}

void index_compare(struct index_report *report, const struct index_report *before)
{
	const struct index_definition *d = report->query.definition;
	report->compared = true;
	report->against = before->query.period;
	report->total.before = before_of(d, &report->total, &before->total);
	for (size_t i = 0; i < report->n; i++)
		for (size_t k = 0; k < before->n; k++)
			if (report->rows[i].unit == before->rows[k].unit)
				report->rows[i].before = before_of(d, &report->rows[i], &before->rows[k]);
}

void index_clear(struct index_report *report)
{
	if (report == NULL)
		return;
	free(report->rows);
	report->rows = NULL;
	report->n = 0;
}
