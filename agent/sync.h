/*
 * One sync: seal what waits, as much as the line carries at a time (line.h), and exchange with the hub until every
 * batch has its receipt, nothing moves any more, or something fails. One process at a time syncs a directory
 * (sync.lock).
 */
#ifndef MOTCUA_AGENT_SYNC_H
#define MOTCUA_AGENT_SYNC_H

#include "agent/settle.h"

struct sync_report {
	int64_t sealed;               /* batches sealed now */
	int64_t sent;                 /* envelopes handed over, repetitions included */
	struct settlement settlement; /* sums over the exchanges */
	int64_t waiting;              /* changes without a receipt afterwards */
	int64_t retry_after_s;        /* what the hub asked for, -1: nothing */
	int lives;                    /* new incarnations that were begun */
};

/*
 * STATUS_OK when the hub's fresh head came and every sealed batch has its receipt. A database that turns out to be
 * a copy goes on in a new incarnation within the same sync. STATUS_BUSY if the hub has some but gave no receipt
 * yet, asked to come later, or another process is syncing. STATUS_CLONED: nothing was sealed or sent, a person must
 * say that this machine is meant. STATUS_HUB_REGRESSED: the hub's heads do not advance. Otherwise what the exchange
 * failed with; what was settled before stays settled. The report is written in any case, and the outcome stands in
 * the database for `status`.
 */
MUST_CHECK enum status sync_run(struct agent *agent, bool heartbeat, struct sync_report *ret_report);

/*
 * The failures in a row after a sync that ended so, `before` of them before it. One that got something through
 * begins the count anew: a line that comes and goes is used while it is there.
 */
int64_t sync_failures(const struct sync_report *report, enum status outcome, int64_t before);

/* One exchange that seals and sends nothing: fetches head and receipts. */
MUST_CHECK enum status sync_ask(struct agent *agent);

#endif
