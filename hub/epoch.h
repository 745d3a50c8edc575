/*
 * Epochs (PROTOCOL.md section 6): a hub that was put back from a copy gives out heads that devices have seen
 * before. It finds out when a device has seen more than it ever said, and begins a new epoch by an act.
 */
#ifndef MOTCUA_HUB_EPOCH_H
#define MOTCUA_HUB_EPOCH_H

#include "hub/hub.h"
#include "protocol/request.h"

/* The epoch of a database: the last one begun, 1 before any was. */
MUST_CHECK enum status epoch_read(struct database *db, uint64_t *ret_epoch);

/* The body of ACT_EPOCH: [epoch]. */
MUST_CHECK enum status epoch_act_take(struct slice body, uint64_t *ret_epoch);

/* Inside a transaction: begins the next epoch. */
MUST_CHECK enum status epoch_begin(struct hub *hub);

/*
 * Inside the writer's transaction, before a head is made for the device: begins the next epoch if its request has
 * seen a head above all that this database knows of, and says in the journal what the request shows of a loss here.
 * One step a request, so that a device that lies gains nothing by the number it gives.
 */
MUST_CHECK enum status epoch_follow(struct hub *hub, const struct request *request);

#endif
