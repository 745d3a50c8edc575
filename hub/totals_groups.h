/*
 * The groups of totals, for totals.c: which there are before counting, and where a dossier counts. One thread.
 */
#ifndef MOTCUA_HUB_TOTALS_GROUPS_H
#define MOTCUA_HUB_TOTALS_GROUPS_H

#include "hub/dossier_table.h"
#include "hub/keyed_groups.h"
#include "hub/totals.h"

enum { GROUP_OUTSIDE = -1 };

/* Makes the groups that do not depend on the dossiers; none by domain, procedure and channel. */
MUST_CHECK enum status totals_groups_make(struct totals *t, const struct registry *r);

/* True if the groups are met while counting. */
bool totals_groups_keyed(enum totals_by by);

/*
 * Where the records of a line of t->map count: the index of a group by unit and by level, else 0; GROUP_OUTSIDE if
 * the line does not stand below the one asked for.
 */
int totals_group_of_unit(const struct totals *t, const struct registry *r, int line);

/* By unit and by level: of what cannot be divided only those groups stay of which there are records. */
void totals_groups_drop_idle(struct totals *t, const struct registry *r);

/* The cells of a dossier's key. NULL on no memory. */
struct cells *totals_groups_cells(struct keyed_groups *k, const struct totals *t, const struct unit *u,
				  const struct dossier_row *row);

/* Makes groups of what was met. */
MUST_CHECK enum status totals_groups_take(struct totals *t, struct keyed_groups *k);

/* Adds what a dossier contributes to the rows of its days. */
void totals_groups_count_days(const struct totals *t, const struct dossier_facts *facts);

/* Flows are summed, what was carried in is the first row's, what is open the last row's. */
void totals_groups_sum_days(struct totals *t);

#endif
