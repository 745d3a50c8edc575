/*
 * Computers that enrolled after the backup a hub was put back from, and whose acts are lost: each brings the answer
 * that this hub once gave it, and waits for the operator's confirmation (PROTOCOL.md section 7).
 */
#ifndef MOTCUA_HUB_RETURNING_H
#define MOTCUA_HUB_RETURNING_H

#include "hub/hub.h"
#include "protocol/request.h"

/*
 * Whether the evidence is this hub's own answer to the key that asks now; for which unit. STATUS_INVITATION: it is
 * not, or the unit is none of the list.
 */
MUST_CHECK enum status returning_unit(const struct hub *hub, const struct enrol_request *request,
				      struct slice evidence, char ret_unit[static LIMIT_UNIT + 1]);

#endif
