/*
 * An enrolment whose answer is still on its way: without a line the device begins to work at once, and what it
 * asked for lies in a file beside the database until the hub's answer comes by stick (PROTOCOL.md sections 7 and
 * 11). Until then its unit is not known here, and every file for the hub begins with the enrolment.
 */
#ifndef MOTCUA_AGENT_PENDING_H
#define MOTCUA_AGENT_PENDING_H

#include "agent/agent.h"
#include "protocol/reply.h"

#define PENDING_FILE "enrolment.request" /* the body of POST /v1/enroll */

/* True while the unit is not known: enrolling again is no mistake then. */
bool pending_is(const struct agent *agent);
/* The body as it was written. STATUS_EMPTY: nothing is on its way. */
MUST_CHECK enum status pending_read(const char *dir, struct bytes *ret_body);
MUST_CHECK enum status pending_write(const char *dir, struct slice body);
MUST_CHECK enum status pending_remove(const char *dir);

/* What the hub answered, for as long as the bytes it was read from. */
struct pending_answer {
	bool ours; /* it is the answer to what we asked; the rest is of no meaning otherwise */
	struct enrolled enrolled;
};
/* Judges a sealed answer. Disk failures and STATUS_NO_MEMORY; whatever else it is, it is not ours. */
MUST_CHECK enum status pending_judge(const struct agent *agent, struct slice sealed,
				     struct pending_answer *ret_answer);
/*
 * Takes one that is ours: the unit and the state, inside the caller's transaction. After its commit
 * pending_finish() notes it beside the database as well and ends the waiting; until it has, the answer can be taken
 * again.
 */
MUST_CHECK enum status pending_settle(const struct agent *agent, const struct enrolled *enrolled);
MUST_CHECK enum status pending_finish(struct agent *agent);

#endif
