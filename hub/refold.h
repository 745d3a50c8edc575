/*
 * What a newer program derives from the log otherwise than an older one did is derived again, once, when it first
 * opens the hub for writing: a migration leaves the note "refold" for the facts of dossiers, "mentions" for the
 * table heard. Until then nothing may be read from it.
 */
#ifndef MOTCUA_HUB_REFOLD_H
#define MOTCUA_HUB_REFOLD_H

#include "hub/hub.h"

/* Nothing if no such note is there. A transaction of its own. */
MUST_CHECK enum status refold_if_due(struct hub *hub);

MUST_CHECK enum status refold_is_due(struct database *db, bool *ret_due);
/* After everything was derived. Inside the caller's transaction. */
MUST_CHECK enum status refold_forget(struct database *db);

#endif
