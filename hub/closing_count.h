/*
 * The rows of a closing (closing.h), counted from a state: that of now when a period is closed, that of then when a
 * closing is verified. One thread, inside the caller's snapshot.
 */
#ifndef MOTCUA_HUB_CLOSING_COUNT_H
#define MOTCUA_HUB_CLOSING_COUNT_H

#include "hub/closing.h"
#include "hub/registry.h"

/* How a dossier counts in a closing. */
struct closing_counter {
	struct count_query within;
	struct count_query after; /* the day behind the period: what it carries in */
};
struct closing_counter closing_counter_of(struct period period, const struct count_rule *rule); /* borrows rule */
/* Adds what one dossier contributes to a row. */
void closing_count_dossier(const struct closing_counter *counter, const struct dossier_facts *facts,
			   struct closing_row *row);

/*
 * Fills rows and silent units of a closing whose period, rule and day are there; texts are copied into its body.
 * The registry is as of the snapshot. STATUS_NO_MEMORY leaves nothing to free but with closing_clear.
 */
MUST_CHECK enum status closing_count(struct database *db, const struct registry *r, struct closing *closing);

/* Adds up all rows. */
struct cells closing_total(const struct closing *closing);

/* Whether the state gives the very same closing: every row, every silent unit. */
MUST_CHECK enum status closing_counts_again(struct database *db, const struct registry *r,
					    const struct closing *closing, bool *ret_same);

#endif
