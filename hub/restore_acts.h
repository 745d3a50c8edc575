/*
 * Acts of acts.log repeated in the log of a hub that was put back (restore.h), as they were signed.
 */
#ifndef MOTCUA_HUB_RESTORE_ACTS_H
#define MOTCUA_HUB_RESTORE_ACTS_H

#include "hub/restore.h"

/*
 * Inside a transaction: all acts of the file that lie behind the last entry of the log, which must be the backup's.
 * Fills what *restored says of them. STATUS_EMPTY: there is no file; STATUS_FOREIGN.
 */
MUST_CHECK enum status restore_acts(struct hub *hub, const char *path, struct restored *restored);

#endif
