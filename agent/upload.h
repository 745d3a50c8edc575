/*
 * The body of one POST /v1/batches (PROTOCOL.md section 3): the signed request, and of the batches that go out as
 * many as it is to carry.
 */
#ifndef MOTCUA_AGENT_UPLOAD_H
#define MOTCUA_AGENT_UPLOAD_H

#include "agent/agent.h"

struct upload_plan {
	size_t share;   /* bytes the whole should have at most; a single batch that is larger goes alone; 0: no
			   batches */
	uint64_t above; /* as in struct outgoing_plan */
};

/*
 * Appends the body to one with room for LIMIT_REQUEST; *ret_batches counts the batches in it. STATUS_CORRUPT if the
 * disk changed one, STATUS_LIMIT, STATUS_NO_MEMORY or what the disk said.
 */
MUST_CHECK enum status upload_write(const struct agent *agent, const struct upload_plan *plan,
				    const uint8_t nonce[static NONCE_LEN], struct bytes *body,
				    int64_t *ret_batches);

#endif
