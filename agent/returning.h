/*
 * A hub that was put back from a backup older than this PC's enrolment does not know it any more. The hub's answer
 * of then is kept beside the database; with it the PC asks to be taken back, which needs the operator's
 * confirmation and no new invitation (PROTOCOL.md section 7).
 */
#ifndef MOTCUA_AGENT_RETURNING_H
#define MOTCUA_AGENT_RETURNING_H

#include "agent/agent.h"

#define ENROLLED_FILE "enrolled" /* the hub's sealed answer */

/* Keeps the answer, of whichever road. */
MUST_CHECK enum status returning_keep(const char *dir, struct slice sealed);

/*
 * Asks. STATUS_OK: the hub takes data again; STATUS_WAITING_DEVICE: it has to be confirmed first;
 * STATUS_UNKNOWN_DEVICE: no answer was kept, or the hub does not accept it.
 */
MUST_CHECK enum status returning_ask(struct agent *agent);

#endif
