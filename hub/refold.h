/*
 * What a newer program derives from the log otherwise than an older one did is derived again, once, when it first
 * opens the hub for writing: a migration leaves the note "refold" for the facts of dossiers,
 * "mentions" for the table heard.
 */
#ifndef MOTCUA_HUB_REFOLD_H
#define MOTCUA_HUB_REFOLD_H

#include "hub/hub.h"

/* Nothing if no such note is there. A transaction of its own. */
MUST_CHECK enum status refold_if_due(struct hub *hub);

#endif
