/*
 * What opening, creating and restoring a hub share; nobody else includes this.
 */
#ifndef MOTCUA_HUB_HUB_PARTS_H
#define MOTCUA_HUB_HUB_PARTS_H

#include "config/datadir.h"
#include "hub/hub.h"

/*
 * The key gets its name last: as long as it has the first one the set-up is not finished, nobody opens this hub,
 * and the next attempt throws away whatever is there.
 */
#define HUB_NEW_KEY "hub.key.new"

enum { HUB_SECRETS_LEN = 2 * SEED_LEN }; /* hub.key: the seed that signs, and that of the box key */

/* A hub without a database. NULL on no memory. */
struct hub *hub_new(const char *dir, const struct hub_world *world);
/* The lock file of its directory, after the wait its transactions have. */
MUST_CHECK enum status hub_lock(const struct hub *hub, struct lock *ret_lock);
/* hub.db, under the lock. STATUS_NO_DATA: see hub_tell_missing. */
MUST_CHECK enum status hub_open_database(struct hub *hub, enum database_mode mode, bool create);
MUST_CHECK enum status hub_has_file(const struct hub *hub, const char *name, bool *ret_there);
/* STATUS_LOST_DATA or STATUS_NO_DATA; STATUS_NO_MEMORY. */
enum status hub_tell_missing(const struct hub *hub);
/* With its database open: identity, epoch, end of the log, units and devices; the keys where they are needed. */
MUST_CHECK enum status hub_fill(struct hub *hub, bool keys);

#endif
