/*
 * Closed periods as they stand today: what was reported, what is counted now, and the corrections between the two,
 * summed by cause and by unit. One thread.
 */
#ifndef MOTCUA_HUB_PERIODS_H
#define MOTCUA_HUB_PERIODS_H

#include "hub/corrections.h"
#include "hub/unit_map.h"

struct correction_sum {
	int64_t dossiers;
	struct closing_row change; /* without keys */
};

struct period_state {
	struct closing closing;
	struct as_known then;
	struct unit_map map;         /* the units of the period's last day, over the hub's registry of now */
	int unit;                    /* the one asked for, a line of it */
	struct closing_row reported; /* of the unit asked for and all below it, as now */
	struct closing_row now;
	struct as_known_missing missing;
	bool rule_gone; /* there is no rule of that name any more: counted by the one that was frozen */
	struct count_rule rule;
	struct correction_sum causes[CORRECTION_CAUSES];
	size_t n_units;               /* of the registry */
	struct correction_sum *units; /* per unit CORRECTION_CAUSES of them */
	/* reported + corrections - now: not zero only while something is missing */
	struct closing_row unexplained;
};
void period_state_clear(struct period_state *state);

struct periods_query {
	const char *unit; /* code; NULL: the province */
	const char *data; /* directory of the hub, for its rules */
};

/*
 * Folds what was known at the closing, and sums what was reported and what is counted now. There must be no
 * snapshot of the hub's database open; one is left open, of which everything here is, and the hub's registry too.
 * STATUS_EMPTY: there is no such closing; STATUS_USAGE: no such unit. The rule is the one of its name now.
 */
MUST_CHECK enum status period_state_read(struct hub *hub, const struct closing_ref *ref,
					 const struct periods_query *query, struct period_state *ret_state);

/* Sums the corrections, and tells each of them (which may be NULL) in the order of corrections_walk. */
MUST_CHECK enum status period_state_correct(struct hub *hub, struct period_state *state,
					    enum status (*each)(void *context, const struct correction *correction),
					    void *context);

#endif
