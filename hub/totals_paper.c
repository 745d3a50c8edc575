#include "hub/totals_paper.h"

#include "config/messages.h"
#include "hub/closing_notes.h"
#include "hub/report_paper.h"
#include "hub/totals_charts.h"
#include "protocol/tables/writer.h"

enum { COLUMNS = TOTALS_COLUMNS + 4, MARKED_TEXT = TOTALS_KEY + 64 };

/* What stands over a column. */
static const char *above(enum totals_column column)
{
	if (column <= TOTALS_TOTAL_IN)
		return _("received");
	if (column <= TOTALS_DONE_NO_DUE)
		return _("done");
	return column <= TOTALS_OPEN_PAUSED ? _("open") : NULL;
}

/* The column that sums up those beside it needs no second "done" below the first. */
static const char *title_of(const struct totals_labels *labels, enum totals_column column)
{
	switch ((int)column) {
	case TOTALS_RECEIVED:
		return _("in the period");
	case TOTALS_TOTAL_IN:
	case TOTALS_DONE:
	case TOTALS_OPEN:
		return labels->columns[TOTALS_TOTAL_IN];
	default:
		return labels->columns[column];
	}
}

/* The noughts of those nobody heard of are none. */
static void put_name(struct paper *p, const struct totals_view *v, const struct totals_group_view *g)
{
	const char *name = g->title != NULL ? g->title : g->name;
	char marked[MARKED_TEXT];
	paper_text(p, g->key);
	(void)snprintf(marked, sizeof(marked), _("%s (not heard of)"), name);
	if (g->cells == v->total.cells)
		paper_capital(p, g->title);
	else
		paper_text(p, g->units_expected > 0 && g->units_reporting == 0 ? marked : name);
}

static void put_row(struct paper *p, const struct totals_view *v, const struct totals_group_view *g)
{
	put_name(p, v, g);
	for (int i = 0; i < TOTALS_COLUMNS; i++)
		if (totals_column_shown(v, (enum totals_column)i))
			paper_count(p, totals_value(g->cells, (enum totals_column)i));
	if (g->units_expected == TOTALS_UNITS_UNKNOWN)
		return; /* as for all of them */
	paper_count(p, g->units_expected);
	paper_count(p, g->units_reporting);
}

/* Without groups the total says it all. */
static bool has_groups(const struct totals *t)
{
	return t->query.by != TOTALS_BY_NONE;
}

static struct totals_group_view total_of(const struct totals_view *v, const struct totals_labels *labels)
{
	struct totals_group_view total = v->total;
	total.key = "";
	total.title = labels->total;
	return total;
}

static void put_counts(struct paper *p, const struct totals *t, const struct totals_view *v,
		       const struct totals_labels *labels)
{
	struct paper_column columns[COLUMNS] = {{.key = "key", .title = labels->key},
						{.key = "name", .title = labels->name}};
	struct totals_group_view total = total_of(v, labels);
	size_t n = 2;
	for (int i = 0; i < TOTALS_COLUMNS; i++)
		if (totals_column_shown(v, (enum totals_column)i))
			columns[n++] = (struct paper_column){.key = labels->columns[i],
							     .title = title_of(labels, (enum totals_column)i),
							     .above = {above((enum totals_column)i)},
							     .kind = PAPER_COUNT};
	if (v->total.units_expected != TOTALS_UNITS_UNKNOWN) {
		columns[n++] = (struct paper_column){.key = "units_expected",
						     .title = _("expected"),
						     .above = {_("units")},
						     .kind = PAPER_COUNT};
		columns[n++] = (struct paper_column){.key = "units_reporting",
						     .title = _("heard of"),
						     .above = {_("units")},
						     .kind = PAPER_COUNT};
	}
	paper_table(p, PAPER_PAGES, _("Counts"), n, columns);
	for (size_t i = 0; has_groups(t) && i < v->n_groups; i++) {
		paper_row(p, PAPER_ROW);
		put_row(p, v, &v->groups[i]);
	}
	paper_row(p, PAPER_ROW_TOTAL);
	put_row(p, v, &total);
}

static bool rate_shown(const struct totals_view *v, enum totals_rate rate)
{
	int64_t part = 0;
	int64_t of = 0;
	totals_rate(v->total.cells, rate, &part, &of);
	return of > 0;
}

static void put_rates(struct paper *p, const struct totals_view *v, const struct totals_group_view *g)
{
	put_name(p, v, g);
	for (int i = 0; i < TOTALS_RATES; i++) {
		int64_t part = 0;
		int64_t of = 0;
		if (!rate_shown(v, (enum totals_rate)i))
			continue;
		totals_rate(g->cells, (enum totals_rate)i, &part, &of);
		paper_rate(p, part, of);
	}
}

static void put_rate_table(struct paper *p, const struct totals *t, const struct totals_view *v,
			   const struct totals_labels *labels)
{
	struct paper_column columns[2 + TOTALS_RATES] = {{.key = "key", .title = labels->key},
							 {.key = "name", .title = labels->name}};
	struct totals_group_view total = total_of(v, labels);
	size_t n = 2;
	for (int i = 0; i < TOTALS_RATES; i++)
		if (rate_shown(v, (enum totals_rate)i))
			columns[n++] = (struct paper_column){
				.key = labels->rates[i], .title = labels->rates[i], .kind = PAPER_RATE};
	if (n == 2)
		return;
	paper_table(p, PAPER_PAGES, _("Rates"), n, columns);
	for (size_t i = 0; has_groups(t) && i < v->n_groups; i++) {
		paper_row(p, PAPER_ROW);
		put_rates(p, v, &v->groups[i]);
	}
	paper_row(p, PAPER_ROW_TOTAL);
	put_rates(p, v, &total);
}

enum status totals_paper_print(const struct totals *t, const struct registry *r, const struct totals_view *v,
			       const struct totals_labels *labels, enum report_format format, FILE *out)
{
	struct table *data = totals_view_table(v);
	struct paper *p = report_paper(r, t->query.unit, _("Dossiers received, settled and open"));
	report_paper_period(p, t->query.period);
	paper_line(p, PAPER_UNIT, _("Unit of count: dossiers"));
	totals_charts_figures(t, p);
	totals_charts_put(t, r, p);
	put_counts(p, t, v, labels);
	put_rate_table(p, t, v, labels);
	report_paper_rule(p, t->as_of, t->query.rule);
	report_paper_known(p, t->query.as_known_at);
	if (cells_gap(v->total.cells) != 0)
		paper_note(p, "%s", labels->gap);
	closing_notes_paper(t->notes, t, p);
	report_paper_silent(p, r, t->n_silent, t->silent);
	enum status s = report_paper_write_data(p, data, format, out);
	paper_free(p);
	table_free(data);
	return s;
}
