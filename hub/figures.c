#include "hub/figures.h"

#include <stdlib.h>
#include <string.h>

#include "hub/dossier_table.h"
#include "hub/silence.h"

/* One unit's report of one indicator. */
struct report {
	char name[LIMIT_NAME + 1];
	int unit;
	bool exact; /* of the very days, not only as of the last one */
	bool part;  /* of a unit that went into it */
	struct indicator_count own;
};

/* One indicator over all units, made when it is first asked for. */
struct indicator_tree {
	const char *name; /* of a report */
	size_t first;     /* its reports */
	size_t n;
	struct indicator_line *lines; /* NULL: not made yet */
	int64_t *missing;
};

struct figures {
	struct unit_map map; /* of as_of: units are its lines */
	struct figures_query query;
	int32_t as_of;
	struct cells *own; /* by unit */
	struct cells *below;
	struct figures_units *units;
	bool *heard;
	struct report *reports;
	size_t n_reports;
	size_t cap_reports;
	struct indicator_tree *trees;
	size_t n_trees;
};

static bool add_report(struct figures *f, const struct report *report)
{
	if (f->n_reports == f->cap_reports) {
		size_t cap = f->cap_reports == 0 ? 64 : 2 * f->cap_reports;
		struct report *reports = realloc(f->reports, cap * sizeof(*reports));
		if (reports == NULL)
			return false;
		f->reports = reports;
		f->cap_reports = cap;
	}
	f->reports[f->n_reports++] = *report;
	return true;
}

/* False for what is of other days. */
static bool is_of_period(const struct figures *f, struct slice text, bool *ret_exact)
{
	struct period days;
	if (period_parse((const char *)text.data, text.len, &days) != STATUS_OK)
		return false;
	*ret_exact = days.from == f->query.period.from && days.to == f->query.period.to;
	return *ret_exact || (days.from == f->query.period.to && days.to == f->query.period.to);
}

static enum status take_row(struct figures *f, struct query *q)
{
	struct indicator_key key;
	struct report report = {0};
	enum status s = indicator_key_split(query_get_text(q, 0), &key);
	if (s != STATUS_OK)
		return s;
	int unit = registry_find_unit_on(f->map.registry, key.unit, f->query.period.to);
	if (unit == UNIT_NONE || key.name.len > LIMIT_NAME || !is_of_period(f, key.period, &report.exact))
		return STATUS_OK;
	report.unit = f->map.place[unit];
	report.part = report.unit != unit;
	if (report.part && !report.exact) /* there may be both of one unit, and parts are added up */
		return STATUS_OK;
	memcpy(report.name, key.name.data, key.name.len);
	s = indicator_take(f->map.registry, query_get_blob(q, 1), &report.own);
	if (s == STATUS_OK && report.own.known && !add_report(f, &report))
		s = STATUS_NO_MEMORY;
	return s;
}

static enum status read_indicators(struct figures *f, struct database *db)
{
	struct query q = query_start(db, "SELECT key, writes FROM thing WHERE kind = 3");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = take_row(f, &q);
	enum status finished = query_finish(&q);
	return s != STATUS_OK ? s : finished;
}

/* By name; of one unit what is of the very days comes last, and so is what counts. */
static int compare_reports(const void *a, const void *b)
{
	const struct report *x = a;
	const struct report *y = b;
	int order = strcmp(x->name, y->name);
	return order != 0 ? order : (int)x->exact - (int)y->exact;
}

static enum status make_trees(struct figures *f)
{
	if (f->n_reports == 0)
		return STATUS_OK;
	qsort(f->reports, f->n_reports, sizeof(*f->reports), compare_reports);
	f->trees = calloc(f->n_reports, sizeof(*f->trees));
	if (f->trees == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < f->n_reports; i++) {
		if (i == 0 || strcmp(f->reports[i].name, f->reports[i - 1].name) != 0)
			f->trees[f->n_trees++] = (struct indicator_tree){.name = f->reports[i].name, .first = i};
		f->trees[f->n_trees - 1].n++;
	}
	return STATUS_OK;
}

static enum status count_row(void *context, const struct dossier_row *row)
{
	struct figures *f = context;
	struct count_query query = {.period = f->query.period, .as_of = f->as_of, .rule = f->query.rule};
	int unit = unit_map_find_stated(&f->map, row->unit, row->unit_day, row->units);
	if (unit != UNIT_NONE)
		count_dossier(&query, &row->facts, &f->own[unit]);
	return STATUS_OK;
}

/* Each unit's own records and leaves, also for every unit above it. */
static void pass_up(struct figures *f)
{
	for (int i = 0; i < f->map.n; i++) {
		bool expected = unit_map_is_leaf(&f->map, i);
		for (int at = unit_map_is_line(&f->map, i) ? i : UNIT_NONE; at != UNIT_NONE;
		     at = f->map.parent[at]) {
			cells_add(&f->below[at], &f->own[i]);
			f->units[at].expected += expected ? 1 : 0;
			f->units[at].reporting += expected && f->heard[i] ? 1 : 0;
		}
	}
}

static enum status fill(struct figures *f, struct database *db)
{
	size_t n = (size_t)f->map.n;
	f->own = calloc(n, sizeof(*f->own));
	f->below = calloc(n, sizeof(*f->below));
	f->units = calloc(n, sizeof(*f->units));
	f->heard = calloc(n, sizeof(*f->heard));
	if (f->own == NULL || f->below == NULL || f->units == NULL || f->heard == NULL)
		return STATUS_NO_MEMORY;
	enum status s = dossier_scan(db, f->query.period, count_row, f);
	if (s == STATUS_OK)
		s = silence_mark_heard(db, &f->map, f->query.period, f->query.today, f->heard);
	if (s == STATUS_OK)
		s = read_indicators(f, db);
	if (s != STATUS_OK)
		return s;
	pass_up(f);
	return make_trees(f);
}

enum status figures_read(struct database *db, const struct registry *r, const struct figures_query *query,
			 struct figures **ret_figures)
{
	struct figures *f = calloc(1, sizeof(*f));
	if (f == NULL)
		return STATUS_NO_MEMORY;
	f->query = *query;
	f->as_of = query->period.to < query->today ? query->period.to : query->today;
	enum status s = unit_map_new(r, f->as_of, &f->map);
	if (s == STATUS_OK)
		s = fill(f, db);
	if (s == STATUS_OK)
		*ret_figures = f;
	else
		figures_free(f);
	return s;
}

void figures_free(struct figures *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n_trees; i++)
		figures_forget(f, i);
	free(f->trees);
	free(f->reports);
	free(f->own);
	free(f->below);
	free(f->units);
	free(f->heard);
	unit_map_free(&f->map);
	free(f);
}

const struct unit_map *figures_map(const struct figures *f)
{
	return &f->map;
}

int32_t figures_as_of(const struct figures *f)
{
	return f->as_of;
}

const struct cells *figures_cells(const struct figures *f, int unit)
{
	return &f->below[unit];
}

const struct cells *figures_own_cells(const struct figures *f, int unit)
{
	return &f->own[unit];
}

struct figures_units figures_units(const struct figures *f, int unit)
{
	return f->units[unit];
}

size_t figures_name_count(const struct figures *f)
{
	return f->n_trees;
}

const char *figures_name(const struct figures *f, size_t index)
{
	return f->trees[index].name;
}

struct indicator_count figures_own(const struct figures *f, size_t index, int unit)
{
	const struct indicator_tree *tree = &f->trees[index];
	struct indicator_count own = {0};
	for (size_t i = tree->first; i < tree->first + tree->n; i++)
		if (f->reports[i].unit == unit && !f->reports[i].part)
			own = f->reports[i].own;
	return own;
}

void figures_forget(struct figures *f, size_t index)
{
	struct indicator_tree *tree = &f->trees[index];
	free(tree->lines);
	free(tree->missing);
	tree->lines = NULL;
	tree->missing = NULL;
}

/* A leaf unit is missing for every unit up to the first one that reported. */
static void count_missing(const struct figures *f, struct indicator_tree *tree)
{
	for (int i = 0; i < f->map.n; i++) {
		if (!unit_map_is_leaf(&f->map, i))
			continue;
		for (int at = i; at != UNIT_NONE && !indicator_chosen(&tree->lines[at]).known;
		     at = f->map.parent[at])
			tree->missing[at]++;
	}
}

static enum status make_tree(const struct figures *f, struct indicator_tree *tree)
{
	size_t n = (size_t)f->map.n;
	tree->lines = calloc(n, sizeof(*tree->lines));
	tree->missing = calloc(n, sizeof(*tree->missing));
	if (tree->lines == NULL || tree->missing == NULL) {
		free(tree->lines);
		free(tree->missing);
		tree->lines = NULL;
		tree->missing = NULL;
		return STATUS_NO_MEMORY;
	}
	for (size_t i = 0; i < n; i++)
		tree->lines[i].unit = (int)i;
	for (size_t i = tree->first; i < tree->first + tree->n; i++)
		if (f->reports[i].part)
			indicator_add(&tree->lines[f->reports[i].unit].children, f->reports[i].own);
		else
			tree->lines[f->reports[i].unit].own = f->reports[i].own;
	count_missing(f, tree);
	indicator_sum_up(&f->map, tree->lines);
	return STATUS_OK;
}

static int compare_tree(const void *name, const void *tree)
{
	return strcmp(name, ((const struct indicator_tree *)tree)->name);
}

enum status figures_indicator(struct figures *f, const char *name, int unit, struct indicator_line *ret_line,
			      int64_t *ret_missing)
{
	struct indicator_tree *tree =
		f->n_trees == 0 ? NULL : bsearch(name, f->trees, f->n_trees, sizeof(*f->trees), compare_tree);
	if (tree == NULL) {
		*ret_line = (struct indicator_line){.unit = unit};
		*ret_missing = f->units[unit].expected;
		return STATUS_OK;
	}
	enum status s = tree->lines == NULL ? make_tree(f, tree) : STATUS_OK;
	if (s != STATUS_OK)
		return s;
	*ret_line = tree->lines[unit];
	*ret_missing = tree->missing[unit];
	return STATUS_OK;
}

static enum status value_of_term(struct figures *f, const struct formula_term *term, int unit,
				 struct figure *ret_figure)
{
	struct indicator_line line;
	int64_t missing = 0;
	if (term->kind == FIGURE_DOSSIERS) {
		static const struct cells none;
		const struct figures_units *units = &f->units[unit];
		bool any = memcmp(&f->below[unit], &none, sizeof(none)) != 0;
		*ret_figure = (struct figure){.known = any || units->reporting > 0,
					      .whole = units->reporting == units->expected,
					      .value = formula_count_value(&f->below[unit], term->count)};
		return STATUS_OK;
	}
	enum status s = figures_indicator(f, term->name, unit, &line, &missing);
	if (s != STATUS_OK)
		return s;
	struct indicator_count chosen = indicator_chosen(&line);
	bool known = term->kind == FIGURE_OF ? chosen.of_known : chosen.known;
	*ret_figure = (struct figure){.known = known,
				      .whole = known && missing == 0,
				      .own = line.own.known,
				      .value = term->kind == FIGURE_OF ? chosen.of : chosen.value};
	return STATUS_OK;
}

/* Values are at most 15 digits (protocol/schema.c): only what nobody counts comes so far. */
#define SUM_MOST INT64_C(4000000000000000000)

static bool add_bounded(int64_t *sum, int64_t value, bool minus)
{
	if (value < 0 || value > SUM_MOST || (minus ? value > SUM_MOST + *sum : value > SUM_MOST - *sum))
		return false;
	*sum += minus ? -value : value;
	return true;
}

enum status figures_value(struct figures *f, const struct formula *formula, int unit, struct figure *ret_figure)
{
	struct figure sum = {.known = formula->n > 0, .whole = formula->n > 0};
	for (size_t i = 0; i < formula->n; i++) {
		struct figure part;
		enum status s = value_of_term(f, &formula->terms[i], unit, &part);
		if (s != STATUS_OK)
			return s;
		sum.known = sum.known && part.known && add_bounded(&sum.value, part.value, formula->terms[i].minus);
		sum.whole = sum.whole && part.whole;
		sum.own = sum.own || part.own;
	}
	*ret_figure = sum;
	return STATUS_OK;
}
