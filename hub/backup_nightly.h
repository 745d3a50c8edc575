/*
 * Backups by the serving hub itself, once a day: a thread of its own that makes them beside everything else, keeps
 * as many as it is told, and tries again when one fails.
 */
#ifndef MOTCUA_HUB_BACKUP_NIGHTLY_H
#define MOTCUA_HUB_BACKUP_NIGHTLY_H

#include "hub/hub.h"

struct nightly_plan {
	const char *folder; /* must live as long as it runs; empty: none are made */
	int hour;           /* from which hour on, by the calendar's local time; 0 to 23 */
	int64_t keep;       /* newest ones that are kept, at least 1 */
};

/* True if one is due: none was made (TIME_UNSET) since this hour last struck. Pure. */
bool nightly_due(int64_t now, int64_t last, int hour);

struct nightly; /* opaque */

/* Starts the thread; one that is due is made at once. STATUS_BUSY: the system gives no thread. */
MUST_CHECK enum status nightly_start(const char *dir, const struct hub_world *world,
				     const struct nightly_plan *plan, struct nightly **ret_nightly);
/* Ends one that is being made, and the thread. NULL is fine. */
void nightly_stop(struct nightly *nightly);

/* Removes all but the newest `keep` of the files that this made in a folder, and what one broke off has left. */
MUST_CHECK enum status nightly_prune(const char *folder, int64_t keep);

#endif
