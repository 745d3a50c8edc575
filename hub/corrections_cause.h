/*
 * Why a dossier counts otherwise than it did, for corrections.c alone.
 */
#ifndef MOTCUA_HUB_CORRECTIONS_CAUSE_H
#define MOTCUA_HUB_CORRECTIONS_CAUSE_H

#include "hub/corrections.h"
#include "hub/dossier_table.h"

/*
 * The one cause of a whole difference, CORRECTION_CAUSES where it is to be shared out (both rows are there then).
 * NULL: there is no such row.
 */
MUST_CHECK enum status corrections_cause_of(const struct corrections_query *query, struct slice code,
					    const struct dossier_row *then, const struct dossier_row *now,
					    enum correction_cause *ret_cause);

/* Puts into row what of `now` belongs to a cause from CORRECTION_UNIT to CORRECTION_OTHER. last: of the period. */
void corrections_cause_step(enum correction_cause cause, const struct dossier_row *now, int32_t last,
			    struct dossier_row *row);

#endif
