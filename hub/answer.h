/*
 * The hub's answer to an exchange: one fresh head and the receipts the device does not hold yet, made from the log
 * itself so that a receipt asked for twice is the same bytes. Inside the writer's transaction.
 */
#ifndef MOTCUA_HUB_ANSWER_H
#define MOTCUA_HUB_ANSWER_H

#include "hub/hub.h"
#include "protocol/request.h"

/* Appends the body of the answer, at most LIMIT_REPLY bytes: as many receipts as fit, oldest first. */
MUST_CHECK enum status answer_put(struct hub *hub, const struct request *request, struct bytes *out);

#endif
