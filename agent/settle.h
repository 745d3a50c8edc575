/*
 * What the hub answered becomes what this PC holds true: a fresh, signed head first, then receipts. Everything of
 * one answer is settled in one transaction, or nothing is.
 */
#ifndef MOTCUA_AGENT_SETTLE_H
#define MOTCUA_AGENT_SETTLE_H

#include "agent/agent.h"

struct settlement {
	int64_t acknowledged; /* batches that got their receipt now */
	int64_t refused;      /* changes the hub refused in them */
	int64_t ignored;      /* receipts that name no batch of ours, another hash, or changes it has not */
	bool moved;           /* the hub has more of a chain than it said before */
	bool hub_is_ahead;    /* it has more of our chain than we sealed: this database is an old copy */
	bool hub_went_back;   /* it has less than it gave receipts for: it was restored */
};

/*
 * Verifies and settles the body of an answer to /v1/batches. STATUS_PORTAL if it is nothing a hub writes,
 * STATUS_FOREIGN if the head is not this hub's fresh answer to this device and nonce: then nothing at all is taken,
 * receipts included. Disk failures roll everything back.
 */
MUST_CHECK enum status settle_reply(const struct agent *agent, struct slice reply,
				    const uint8_t nonce[static NONCE_LEN], struct settlement *ret_settlement);

#endif
