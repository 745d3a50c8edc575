/*
 * Sealing: waiting changes become signed batches, numbered without gap. One process seals at a time (seal.lock);
 * the anchor names a batch before anybody may send it (L9).
 */
#ifndef MOTCUA_AGENT_SEAL_H
#define MOTCUA_AGENT_SEAL_H

#include "agent/incarnation.h"

struct seal_bounds {
	size_t changes; /* in one batch, at most */
	size_t batch;   /* bytes: what is longer sealed is sealed in smaller parts, down to one change */
	size_t total;   /* bytes: sealing ends once so many are there */
};

/*
 * Seals what waits within these bounds; *ret_more says that more is left. Otherwise as seal_waiting.
 */
MUST_CHECK enum status seal_within(struct agent *agent, const struct seal_bounds *bounds, bool heartbeat,
				   size_t *ret_batches, bool *ret_more);

/*
 * Seals everything that waits, some batches in a transaction, and brings the anchor up to date. With heartbeat, an
 * empty batch is sealed if there was nothing. *ret_batches counts them. A database that turns out to be an older
 * copy begins a new incarnation first. STATUS_CLONED: it was set up on another machine, nothing is sealed until a
 * person says so (reidentify). STATUS_BUSY if somebody else holds the lock; what was sealed before a failure stays.
 */
MUST_CHECK enum status seal_waiting(struct agent *agent, bool heartbeat, size_t *ret_batches);

/* Begins a new incarnation under the lock, unless instead_of (NULL: whichever) is not the newest any more. */
MUST_CHECK enum status seal_anew(struct agent *agent, enum trouble why, const struct incarnation *instead_of);

#endif
