/*
 * Totals (contract section 6): cells counted from the dossiers of a unit and all below it, over a period, by a
 * rule. Nothing is kept between two calls. One thread, inside the caller's snapshot; the registry is as of that
 * snapshot.
 */
#ifndef MOTCUA_HUB_TOTALS_H
#define MOTCUA_HUB_TOTALS_H

#include <stdio.h>

#include "hub/registry.h"
#include "protocol/count.h"

enum totals_by { TOTALS_BY_NONE, TOTALS_BY_UNIT };

struct totals_query {
	struct period period;
	int32_t today;
	int unit; /* index: what stands elsewhere does not count */
	enum totals_by by;
	const struct count_rule *rule;
};

struct totals_group {
	int unit; /* index: its code is the group's key */
	struct cells cells;
	int64_t units_expected;
	int64_t units_reporting;
};

/* Units are indices into the registry the totals were computed with. */
struct totals {
	struct totals_query query;
	int32_t as_of;
	size_t n_groups;
	struct totals_group
		*groups; /* by unit: the children in the order of their codes, then the unit's own records */
	struct totals_group total;
	size_t n_silent;
	int *silent; /* expected and not heard of */
};

/* The rule of a name, NULL if there is none. */
const struct count_rule *totals_rule(const char *name);

MUST_CHECK enum status totals_compute(struct database *db, const struct registry *r,
				      const struct totals_query *query, struct totals *ret_totals);
void totals_clear(struct totals *t);

enum report_format { REPORT_TABLE, REPORT_CSV, REPORT_JSON };

/* Nothing was printed if it fails; errors of the stream are the stream's. */
MUST_CHECK enum status totals_print(const struct totals *t, const struct registry *r, enum report_format format,
				    FILE *out);

#endif
