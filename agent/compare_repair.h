/*
 * Saying again what the hub lacks: exactly the writes that only this PC has, as changes with the times they had. No
 * envelope is touched; they are sealed like any others, and a hub that finds its own copies again counts each once.
 */
#ifndef MOTCUA_AGENT_COMPARE_REPAIR_H
#define MOTCUA_AGENT_COMPARE_REPAIR_H

#include "agent/compare.h"

/*
 * Queues them, all or none, but for what is on its way already. own and result belong to the answer. *ret_changes
 * counts the changes; the next exchange sends them.
 */
MUST_CHECK enum status compare_repair(const struct agent *agent, const struct compare_own *own,
				      const struct comparison_answer *answer, const struct compare_result *result,
				      int64_t *ret_changes);

#endif
