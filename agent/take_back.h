/*
 * Taking an import back (design section 3 rule 10), and bringing it in again. Both write ordinary changes, dated
 * now, which stand under an import number of their own.
 */
#ifndef MOTCUA_AGENT_TAKE_BACK_H
#define MOTCUA_AGENT_TAKE_BACK_H

#include "agent/agent.h"

struct take_back_report {
	int64_t things;   /* known from the import at all */
	int64_t voided;   /* taken back, or brought back by undo: nothing else spoke of them */
	int64_t restored; /* have fields that say again what they said without it, or with it by undo */
};

/*
 * Takes back what an import brought in: a thing known from nowhere else is voided; of another, each field the
 * import won says again what was in force without it. A field or thing that another import's listing repeated
 * stays. With undo what earlier calls wrote for this import is turned round. All in one transaction; doing it twice
 * finds nothing to do. STATUS_EMPTY: there is no such import.
 */
MUST_CHECK enum status take_back_import(const struct agent *agent, int64_t import, bool undo,
					struct take_back_report *ret_report);

#endif
