#include "hub/totals_charts.h"

#include <stdlib.h>
#include <string.h>

#include "config/messages.h"
#include "hub/paper_words.h"
#include "protocol/tables/totals_view.h"

enum {
	DAYS_OF_FLOW = 93 /* a quarter and a day: more columns say nothing on paper */,
	BARS = 40,
	BARS_OF_END = 20
};

/* The best rate first; of equal ones the unit that settled more; units that settled nothing last. */
static int compare_groups(const void *left, const void *right)
{
	const struct totals_group *a = left;
	const struct totals_group *b = right;
	int64_t part[2];
	int64_t of[2];
	totals_rate(&a->cells, TOTALS_RATE_ON_TIME, &part[0], &of[0]);
	totals_rate(&b->cells, TOTALS_RATE_ON_TIME, &part[1], &of[1]);
	if (of[0] == 0 || of[1] == 0)
		return of[0] == of[1] ? strcmp(a->key, b->key) : of[0] == 0 ? 1 : -1;
	double x = (double)part[0] * (double)of[1];
	double y = (double)part[1] * (double)of[0];
	if (x > y || x < y)
		return x > y ? -1 : 1;
	if (of[0] != of[1])
		return of[0] > of[1] ? -1 : 1;
	return strcmp(a->key, b->key);
}

enum status totals_charts_compute(struct database *db, const struct registry *r, const struct totals_query *query,
				  struct totals_charts *ret_charts)
{
	struct totals_charts charts = {0};
	struct totals_query flow = *query;
	struct totals_query units = *query;
	flow.by =
		totals_period_rows(query->period, TOTALS_BY_DAY) <= DAYS_OF_FLOW ? TOTALS_BY_DAY : TOTALS_BY_MONTH;
	units.by = TOTALS_BY_UNIT;
	enum status s = STATUS_OK;
	if (totals_period_rows(flow.period, flow.by) <= TOTALS_ROWS_MAX)
		s = totals_compute(db, r, &flow, &charts.flow);
	if (s == STATUS_OK)
		s = totals_compute(db, r, &units, &charts.units);
	if (s != STATUS_OK) {
		totals_charts_clear(&charts);
		return s;
	}
	if (charts.units.n_groups > 0)
		qsort(charts.units.groups, charts.units.n_groups, sizeof(*charts.units.groups), compare_groups);
	*ret_charts = charts;
	return STATUS_OK;
}

void totals_charts_clear(struct totals_charts *charts)
{
	totals_clear(&charts->flow);
	totals_clear(&charts->units);
}

void totals_charts_figures(const struct totals *t, struct paper *p)
{
	const struct cells *c = &t->total.cells;
	char text[PAPER_NUMBER];
	char late[2 * PAPER_NUMBER];
	const struct paper_words words = paper_words();
	int64_t part = 0;
	int64_t of = 0;
	paper_figure(p, _("received"), c->received, NULL, PAPER_PLAIN);
	paper_figure(p, _("done"), c->done, NULL, PAPER_PLAIN);
	totals_rate(c, TOTALS_RATE_ON_TIME, &part, &of);
	paper_figure_rate(p, _("early or on time"), part, of, PAPER_PLAIN);
	(void)snprintf(late, sizeof(late), _("%s of them overdue"), paper_format_count(&words, c->open_late, text));
	paper_figure(p, _("open"), c->open, late, c->open_late > 0 ? PAPER_BAD : PAPER_GOOD);
	totals_rate(c, TOTALS_RATE_ONLINE, &part, &of);
	paper_figure_rate(p, _("submitted online"), part, of, PAPER_PLAIN);
}

static void put_flow(const struct totals *flow, struct paper *p)
{
	const char *const series[] = {_("received"), _("done")};
	bool by_day = flow->query.by == TOTALS_BY_DAY;
	const struct paper_words words = paper_words();
	if (flow->n_groups < 2)
		return;
	paper_chart(p, PAPER_FLOW,
		    by_day ? _("Received and settled, day by day") : _("Received and settled, month by month"), 2,
		    series);
	for (size_t i = 0; i < flow->n_groups; i++) {
		const struct totals_group *g = &flow->groups[i];
		const int64_t values[] = {g->cells.received, g->cells.done};
		char day[PAPER_NUMBER];
		if (g->period.from > flow->as_of)
			break; /* what has not been is no zero */
		paper_point(p, by_day ? paper_format_day(&words, g->period.from, day) : g->key, values,
			    PAPER_PLAIN);
	}
}

/* Of those that settled something; of many the first and the last. */
static void put_ranking(const struct totals *units, const struct registry *r, struct paper *p)
{
	const char *const series[] = {_("done early or on time"), _("done")};
	size_t n = 0;
	while (n < units->n_groups && units->groups[n].cells.done > 0)
		n++;
	if (n < 2)
		return;
	paper_chart(p, PAPER_RANKING, _("Settled early or on time, by unit"), 2, series);
	for (size_t i = 0; i < n; i++) {
		const struct totals_group *g = &units->groups[i];
		int64_t values[2];
		if (n > BARS && i >= BARS_OF_END && i < n - BARS_OF_END)
			continue;
		totals_rate(&g->cells, TOTALS_RATE_ON_TIME, &values[0], &values[1]);
		paper_point(p,
			    g->unit == units->query.unit ? _("its own records") : registry_unit(r, g->unit)->name,
			    values, PAPER_PLAIN);
	}
	if (n > BARS)
		paper_remark(p,
			     _("The first twenty and the last twenty units; 'totals --by unit' has all of them."));
}

static void put_heard(const struct totals *t, struct paper *p)
{
	const char *const series[] = {_("units")};
	const int64_t heard = t->total.units_reporting;
	const int64_t silent = t->total.units_expected - heard;
	if (t->total.units_expected <= 0)
		return;
	paper_chart(p, PAPER_PARTS, _("Who was heard of"), 1, series);
	paper_point(p, _("heard of"), &heard, PAPER_GOOD);
	paper_point(p, _("not heard of"), &silent, PAPER_UNKNOWN);
}

static void put_open(const struct totals *t, struct paper *p)
{
	const struct cells *c = &t->total.cells;
	const char *const series[] = {_("dossiers")};
	if (c->open == 0)
		return;
	const int64_t in_time = c->open_in_time - c->open_paused;
	paper_chart(p, PAPER_PARTS, _("What is still open"), 1, series);
	paper_point(p, _("in time"), &in_time, PAPER_GOOD);
	paper_point(p, _("paused"), &c->open_paused, PAPER_WATCH);
	paper_point(p, _("overdue"), &c->open_late, PAPER_BAD);
}

void totals_charts_put(const struct totals *t, const struct registry *r, struct paper *p)
{
	if (t->charts == NULL)
		return;
	put_flow(&t->charts->flow, p);
	put_ranking(&t->charts->units, r, p);
	put_open(t, p);
	put_heard(t, p);
}
