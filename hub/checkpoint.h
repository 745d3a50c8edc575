/*
 * Moves the WAL's content into the database file, under the hub's lock (no automatic checkpoints: Debian's SQLite
 * 3.40.1 must not have two processes at it at once).
 */
#ifndef MOTCUA_HUB_CHECKPOINT_H
#define MOTCUA_HUB_CHECKPOINT_H

#include "hub/hub.h"

/* True when enough has been appended since the last one. */
bool checkpoint_due(const struct hub *hub);
/* Does one if nobody is in the way; otherwise the next attempt will. */
void checkpoint(struct hub *hub);

#endif
