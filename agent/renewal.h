/*
 * Before a second enrolment of a directory whose key is lost: what was entered stays, and goes out under the new
 * key (design section 4, incarnation). What cannot be used any more is renamed, not deleted.
 */
#ifndef MOTCUA_AGENT_RENEWAL_H
#define MOTCUA_AGENT_RENEWAL_H

#include "agent/agent.h"

/*
 * Puts the old key aside and marks the database as not enrolled, in a new incarnation. Only where repair_judge says
 * REPAIR_KEY. STATUS_EXISTS if the directory belongs to another hub than hub. The caller holds seal.lock.
 */
MUST_CHECK enum status renewal_prepare(const char *dir, const struct agent_world *world,
				       const struct identity *hub);

#endif
