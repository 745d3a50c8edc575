/*
 * What acts about the list of units do to the derived tables; for state_acts.c. Inside the caller's transaction.
 */
#ifndef MOTCUA_HUB_STATE_UNITS_H
#define MOTCUA_HUB_STATE_UNITS_H

#include "hub/state.h"

/*
 * ACT_UNITS: a row speaks for its code from its first day on. It takes the place of the units of that code that
 * begin within its days, and the one before it ends the day before.
 */
MUST_CHECK enum status state_apply_units(struct state *state, const struct act *act);

/* ACT_SUCCESSION: what is stated of one old unit for one day takes the place of what was stated of it before. */
MUST_CHECK enum status state_apply_succession(struct state *state, const struct act *act);

#endif
