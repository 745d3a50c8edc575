/*
 * Totals from the sums of spans (spans.h), for totals.c: by the default rule, as a whole, by unit, level, channel,
 * month and day, the same numbers as from a look at every dossier. One thread, inside the caller's snapshot.
 */
#ifndef MOTCUA_HUB_TOTALS_SPANS_H
#define MOTCUA_HUB_TOTALS_SPANS_H

#include "hub/dossier_table.h"
#include "hub/keyed_groups.h"
#include "hub/totals.h"

struct totals_spans_plan {
	struct totals *totals;      /* its groups are made */
	const int *group_of;        /* per unit of the registry: index of a group, GROUP_OUTSIDE */
	struct keyed_groups *keyed; /* by channel */
	/* counts one dossier, where sums do not have it */
	enum status (*row)(void *context, const struct dossier_row *row);
	void *context;
};

/*
 * Adds to the groups and the total what the spans and the rows they leave to be counted come to. *ret_counted is
 * false, and nothing was added, where that cannot be told so: another rule or grouping, no spans, dossiers that
 * ended on days of the period which have not come, or too many that must be looked at one by one.
 */
MUST_CHECK enum status totals_spans_count(struct database *db, const struct totals_spans_plan *plan,
					  bool *ret_counted);

#endif
