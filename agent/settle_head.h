/*
 * What a signed head says becomes what this PC holds true: the hub's time and counter, and how far it has each of
 * our chains. For settle.c, inside its transaction; what goes wrong is what the disk said.
 */
#ifndef MOTCUA_AGENT_SETTLE_HEAD_H
#define MOTCUA_AGENT_SETTLE_HEAD_H

#include "agent/settle.h"
#include "protocol/reply.h"

/* What this database has of a chain. */
struct own_chain {
	bool ours;
	uint64_t tip;
	uint64_t receipted; /* the last seq with a receipt */
	bool same_at_have;  /* batch `have` of the hub is ours, as far as we have it */
};

MUST_CHECK enum status own_chain_read(const struct agent *agent, const struct chain_head *chain,
				      struct own_chain *ret_own);

/* A head beyond every other; by_wire: it is fresh. Adds to *settlement. */
MUST_CHECK enum status settle_head(const struct agent *agent, const struct head *head, bool by_wire,
				   struct settlement *settlement);
/* One that knows our nonce and is not newer than what we have seen (L4). */
MUST_CHECK enum status settle_head_repeated(const struct agent *agent, const struct head *head,
					    struct settlement *settlement);

#endif
