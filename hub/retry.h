/*
 * Records that were refused because of the list of units are judged again with today's list, and taken where they
 * pass: an act of the log names them, their bytes stay where they are. What is taken counts as if it had been taken
 * at its arrival, with its own origin and time of acceptance; the receipt its device has stays as it was.
 */
#ifndef MOTCUA_HUB_RETRY_H
#define MOTCUA_HUB_RETRY_H

#include "hub/state.h"

struct retry_count {
	int64_t judged; /* refused for their unit until now */
	int64_t taken;  /* of these */
};

/* Judges, takes, and records one act if there was anything to take; a transaction of its own. */
MUST_CHECK enum status retry_run(struct hub *hub, const char *who, struct retry_count *ret_count);

/* Applies an ACT_RETRY. STATUS_MALFORMED if what it names does not stand in the state's log. */
MUST_CHECK enum status retry_apply(struct state *state, const struct act *act);

#endif
