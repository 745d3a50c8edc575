/*
 * A PC becomes a device of a hub: the hub's identity is fetched untrusted and kept only if its hash is the
 * invitation code's; keys, database and incarnation are made; the code is proved without crossing. Safe to repeat
 * after a lost answer: what was made is kept and used again until the hub has answered once.
 */
#ifndef MOTCUA_AGENT_ENROLL_H
#define MOTCUA_AGENT_ENROLL_H

#include "agent/agent.h"
#include "protocol/reply.h"

struct enroll_report {
	char hub[PROVINCE_TEXT + 1];
	char unit[LIMIT_UNIT + 1]; /* "" where the answer is still to come */
	char unit_name[LIMIT_TEXT + 1];
	char device[2 * DEVICE_ID_LEN + 1];
	char fingerprint[FINGERPRINT_TEXT]; /* 8 × 4 digits */
	enum device_state state;
};

/*
 * code is what the operator handed out; url, if not NULL, only says where the hub is reached instead.
 * STATUS_EXISTS: enrolled already, nothing was changed. STATUS_REFUSED: a typing error in the code (or a url that
 * is none). STATUS_PIN: the machine at that address is not the hub of this code; STATUS_PORTAL: no hub at all.
 * STATUS_INVITATION: the hub has no open invitation under it. STATUS_FOREIGN: the answer was not for us.
 */
MUST_CHECK enum status enroll_run(const char *dir, const struct agent_world *world, const char *code,
				  const char *url, struct enroll_report *ret_report);

/*
 * The same without a line: document is the hub's identity, carried by hand and judged by the code as well; code and
 * url may name no address. The computer can work at once, but does not know its unit until the answer comes by
 * stick (pending.h); until then it may enrol again, also over the line, with the same or another code.
 * STATUS_PORTAL: the document is no hub's identity; STATUS_EXISTS also if it waits for another hub's answer.
 */
MUST_CHECK enum status enroll_by_stick(const char *dir, const struct agent_world *world, const char *code,
				       const char *url, struct slice document, struct enroll_report *ret_report);

#endif
