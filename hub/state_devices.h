/*
 * What acts about one computer do to the derived tables. For state_acts.c alone.
 */
#ifndef MOTCUA_HUB_STATE_DEVICES_H
#define MOTCUA_HUB_STATE_DEVICES_H

#include "hub/state.h"

MUST_CHECK enum status state_apply_enrol(struct state *state, const struct act *act);
MUST_CHECK enum status state_apply_confirm(struct state *state, const struct act *act);
MUST_CHECK enum status state_apply_device_state(struct state *state, const struct act *act);
MUST_CHECK enum status state_apply_hold(struct state *state, const struct act *act);
MUST_CHECK enum status state_apply_release(struct state *state, const struct act *act);
MUST_CHECK enum status state_apply_assign(struct state *state, const struct act *act);
MUST_CHECK enum status state_apply_skip(struct state *state, const struct act *act);

#endif
