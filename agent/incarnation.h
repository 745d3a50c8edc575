/*
 * A new life of a database (design section 4, incarnation): begun when it turns out to be a copy, or when a person
 * asks. All changes without a receipt go back to waiting with the times they have and are sealed again under new
 * numbers; envelopes of the old life without a receipt are kept and never sent.
 */
#ifndef MOTCUA_AGENT_INCARNATION_H
#define MOTCUA_AGENT_INCARNATION_H

#include "agent/agent.h"
#include "agent/trouble.h"

/*
 * Begins a new incarnation: in the database first, then in the anchor. The caller holds seal.lock. A notice says
 * why and which batches the old incarnation is known to have beyond what this database holds.
 */
MUST_CHECK enum status incarnation_begin(struct agent *agent, enum trouble why);

/* Reads the newest one again: another process may have begun it. */
MUST_CHECK enum status incarnation_reload(struct agent *agent);

/* Batches of an ended incarnation that neither this database nor the hub has: their changes are lost. */
struct incarnation_loss {
	uint64_t ordinal;
	uint64_t first;
	uint64_t last;
};
/* What is known after the last head; *ret_count says how many of the max were filled. */
MUST_CHECK enum status incarnation_losses(const struct agent *agent, size_t max, struct incarnation_loss *ret_list,
					  size_t *ret_count);

#endif
