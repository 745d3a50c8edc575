/*
 * Backups: a copy of the database as it stands at one moment, written aside, verified as a hub is, and only then
 * given its name; others go on writing meanwhile. No private key is in it (`keys export` has those). Once it
 * stands, `safe` of the heads rises to what is in it (L11), and acts.log beside it goes on from it (acts_log.h).
 */
#ifndef MOTCUA_HUB_BACKUP_H
#define MOTCUA_HUB_BACKUP_H

#include <signal.h>

#include "hub/backup_note.h"

struct backup_plan {
	const char *path;                  /* replaced if it is a backup of this very hub */
	const char *acts;                  /* folder of acts.log; NULL: that of path */
	const volatile sig_atomic_t *stop; /* NULL: nothing ends it early */
};

/*
 * Makes one, from any process or thread beside the serving one. STATUS_BUSY: another is being made; STATUS_EXISTS:
 * something else stands under this name; STATUS_EMPTY: there is no such folder; STATUS_DIFFERENT: what was copied
 * does not verify, so the hub's own data do not; STATUS_STOPPED. After any failure what stood there stands there.
 */
MUST_CHECK enum status backup_run(const char *dir, const struct hub_world *world, const struct backup_plan *plan,
				  struct backup_note *ret_note);

#endif
