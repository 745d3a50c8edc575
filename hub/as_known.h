/*
 * The state as it was known: a fold of those entries of the log that were accepted by an instant, by the code that
 * also intake, rebuild and verify use (L6), into a scratch database that SQLite keeps in a file of its own without
 * a name. What a hub counts from it is what it would have counted then. One thread.
 */
#ifndef MOTCUA_HUB_AS_KNOWN_H
#define MOTCUA_HUB_AS_KNOWN_H

#include "hub/state.h"

/* A state beside that of the hub. The units and computers of the registry are those of then. */
struct as_known {
	struct database *db; /* inside a transaction that is never committed */
	struct registry *registry;
};

/*
 * Of batches the time of acceptance counts, of acts their own; both inclusive. A batch of a computer that nobody
 * had let in by then was not known. Leaves a snapshot of the hub's database open (database_rollback ends it), which
 * has all that was folded; there must be none before. Time and space grow with the log.
 */
MUST_CHECK enum status as_known_at(struct hub *hub, int64_t at, struct as_known *ret_known);
void as_known_clear(struct as_known *known);

/* From now on the hub's tables are those known then; whoever reads it sees no others. Takes known. */
void as_known_enter(struct hub *hub, struct as_known *known);

#endif
