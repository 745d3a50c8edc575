/*
 * What the totals look like: large figures, the flow over time, the units below side by side. Flow and units are
 * counted beside the totals, in the same snapshot. One thread.
 */
#ifndef MOTCUA_HUB_TOTALS_CHARTS_H
#define MOTCUA_HUB_TOTALS_CHARTS_H

#include "hub/totals.h"
#include "protocol/tables/paper.h"

struct totals_charts {
	struct totals flow;  /* by day, over more than a quarter by month */
	struct totals units; /* by unit */
};

MUST_CHECK enum status totals_charts_compute(struct database *db, const struct registry *r,
					     const struct totals_query *query, struct totals_charts *ret_charts);
void totals_charts_clear(struct totals_charts *charts);

void totals_charts_figures(const struct totals *t, struct paper *p);
/* Nothing where the totals have no charts. */
void totals_charts_put(const struct totals *t, const struct registry *r, struct paper *p);

#endif
