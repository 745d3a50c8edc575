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
	bool copied;        /* it has more of our chain than we sealed, or another batch: we are, or have, a copy */
	bool hub_went_back; /* it has less than it gave receipts for: it was put back from a copy */
	bool repeated;      /* its head is fresh and does not advance: nothing but `have` was taken */
};

/*
 * Verifies and settles the body of an answer to /v1/batches. STATUS_PORTAL if it is nothing a hub writes,
 * STATUS_FOREIGN if the head is not this hub's fresh answer to this device and nonce: then nothing at all is taken,
 * receipts included. Disk failures roll everything back.
 */
MUST_CHECK enum status settle_reply(const struct agent *agent, struct slice reply,
				    const uint8_t nonce[static NONCE_LEN], struct settlement *ret_settlement);

/*
 * How far such a body takes the present chain, while it is not settled yet: the last batch the hub says it has, if
 * that is ours, further than every receipt so far, the last receipt of the body is for it, and it is not the last
 * one sealed. 0 for anything else.
 * As settle_reply where the body is no answer.
 */
MUST_CHECK enum status settle_reach(const struct agent *agent, struct slice reply,
				    const uint8_t nonce[static NONCE_LEN], uint64_t *ret_seq);

/*
 * settle_reply for what a courier file brings, one by one, inside the caller's transaction; added to *settlement. A
 * receipt counts whenever it comes; a head that does not advance is passed over.
 */
MUST_CHECK enum status settle_receipt(const struct agent *agent, struct slice sealed,
				      struct settlement *settlement);
MUST_CHECK enum status settle_carried_head(const struct agent *agent, struct slice sealed,
					   struct settlement *settlement);

#endif
