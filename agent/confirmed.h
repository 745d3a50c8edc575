/*
 * What listings repeated (design section 3 rule 8): up to when the value that a change wrote into a field was seen
 * to stand still. Kept in this PC's own store, never sent; it travels as a change only where a later write lands
 * between the value and the time it was confirmed for.
 */
#ifndef MOTCUA_AGENT_CONFIRMED_H
#define MOTCUA_AGENT_CONFIRMED_H

#include "agent/agent.h"
#include "protocol/schema.h"

/*
 * Raises the confirmed time of fields (a mask) that a change wrote, inside the caller's transaction; never lowers.
 * Of fields with a history every time is kept, of the others the last.
 */
MUST_CHECK enum status confirmed_raise(const struct agent *agent, int64_t change, uint64_t fields, int64_t until,
				       int64_t import);

struct confirmation {
	int64_t until;  /* TIME_UNSET: never confirmed */
	int64_t import; /* which one said so, 0: none */
};
/* The last confirmation of a field that a change wrote. */
MUST_CHECK enum status confirmed_find(const struct agent *agent, int64_t change, enum field field,
				      struct confirmation *ret_confirmation);
/* The first one later than a time. */
MUST_CHECK enum status confirmed_after(const struct agent *agent, int64_t change, enum field field, int64_t after,
				       struct confirmation *ret_confirmation);

/* Lets what was confirmed of a field later than a time count for another change, which wrote the same value. */
MUST_CHECK enum status confirmed_move(const struct agent *agent, int64_t from, enum field field, int64_t after,
				      int64_t to);
/* Forgets what was confirmed of a field for times later than one and up to another. */
MUST_CHECK enum status confirmed_drop(const struct agent *agent, int64_t change, enum field field, int64_t after,
				      int64_t until);

#endif
