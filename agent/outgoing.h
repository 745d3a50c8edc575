/*
 * What goes out, by either road: the signed request that says where this PC stands, and the sealed batches the hub
 * lacks (PROTOCOL.md section 6, what the agent concludes).
 */
#ifndef MOTCUA_AGENT_OUTGOING_H
#define MOTCUA_AGENT_OUTGOING_H

#include "agent/agent.h"

/* Appends the sealed request. STATUS_LIMIT, STATUS_NO_MEMORY or what the disk said. */
MUST_CHECK enum status outgoing_request(const struct agent *agent, const uint8_t nonce[static NONCE_LEN],
					struct bytes *out);

enum outgoing_road {
	OUTGOING_WIRE,   /* what the hub does not hold, not even waiting */
	OUTGOING_COURIER /* everything above `have`: what it holds waiting may have been let go since */
};

/*
 * Calls each(context, envelope, receipt) for the batches to be sent, oldest first, until it returns other than
 * STATUS_OK; STATUS_STOPPED from it ends the walk well. receipt is empty, or what the hub once gave for the batch
 * and has lost: it goes along, so that the batch keeps what was said of it. An envelope is compared with the hash
 * it was sealed under first: STATUS_CORRUPT if the disk changed it.
 */
typedef enum status (*outgoing_each)(void *context, struct slice envelope, struct slice receipt);
struct outgoing_plan {
	enum outgoing_road road;
	uint64_t above; /* batches of the present incarnation up to this seq are left out: their receipts are in
			   hand */
};
MUST_CHECK enum status outgoing_walk(const struct agent *agent, const struct outgoing_plan *plan,
				     outgoing_each each, void *context);

/* What is still open: without a receipt in the present incarnation, or to be sent again. */
struct outgoing_open {
	int64_t batches;
	int64_t bytes; /* of those that do not wait at the hub */
};
MUST_CHECK enum status outgoing_count(const struct agent *agent, struct outgoing_open *ret_open);

#endif
