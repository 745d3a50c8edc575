/*
 * Closing a period: what was reported of it becomes an act of the log (closing.h).
 */
#ifndef MOTCUA_HUB_CLOSE_H
#define MOTCUA_HUB_CLOSE_H

#include "hub/closing.h"

struct close_plan {
	struct period period; /* that is over, but for the rest of today */
	const struct count_rule *rule;
	bool again; /* a further revision, where it is closed already */
};

/*
 * A transaction of its own. *ret_closing is what stands now. STATUS_EXISTS: it was closed before, *ret_closing says
 * when; STATUS_USAGE: the period is not over; STATUS_EMPTY: there are no units; STATUS_LIMIT: too many rows for one
 * act, or revisions. closing_clear() after STATUS_OK and STATUS_EXISTS.
 */
MUST_CHECK enum status close_period(struct hub *hub, const char *who, const struct close_plan *plan,
				    struct closing *ret_closing);

#endif
