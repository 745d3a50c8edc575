/* The rows of totals: periods that are known before counting, or keys that are met while counting. */
#ifndef MOTCUA_AGENT_TALLY_GROUPS_H
#define MOTCUA_AGENT_TALLY_GROUPS_H

#include "agent/tally.h"

/* The rows that stand from the beginning; unit is the key where there is no grouping. STATUS_LIMIT as
 * tally_compute. */
MUST_CHECK enum status tally_groups_make(struct tally *t, const char *unit);
/* Adds a dossier to its row or rows; own is what it adds to the whole period. */
MUST_CHECK enum status tally_groups_count(struct tally *t, const struct resolved *r,
					  const struct dossier_facts *facts, const struct cells *own);
/* Puts rows into their order, and makes the total of periods agree with them. */
void tally_groups_finish(struct tally *t);

#endif
