/*
 * What listings repeated (design section 3 rule 8): up to when the value that a change wrote into a field was seen
 * to stand still. Kept in this PC's own store, never sent; it travels as a change only where a later write lands
 * between the value and the time it was confirmed for.
 */
#ifndef MOTCUA_AGENT_CONFIRMED_H
#define MOTCUA_AGENT_CONFIRMED_H

#include "agent/agent.h"
#include "protocol/schema.h"

/* Raises the confirmed time of fields (a mask) that a change wrote, inside the caller's transaction; never lowers.
 */
MUST_CHECK enum status confirmed_raise(const struct agent *agent, int64_t change, uint64_t fields, int64_t until,
				       int64_t import);

struct confirmation {
	int64_t until;  /* TIME_UNSET: never confirmed */
	int64_t import; /* which one said so, 0: none */
};
MUST_CHECK enum status confirmed_find(const struct agent *agent, int64_t change, enum field field,
				      struct confirmation *ret_confirmation);

/* Forgets what was confirmed of one field of a change, inside the caller's transaction. */
MUST_CHECK enum status confirmed_drop(const struct agent *agent, int64_t change, enum field field);

#endif
