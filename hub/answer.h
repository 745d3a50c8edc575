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

/* The counter reserved on disk: no head above it was given out by this database. STATUS_CORRUPT if it is lost. */
MUST_CHECK enum status answer_reserved(struct hub *hub, uint64_t *ret_reserved);
/* Inside a transaction: no head from here on has a counter that is not above this one. */
MUST_CHECK enum status answer_raise(struct hub *hub, uint64_t counter);

/* A fresh sealed head for the device, the nonce and the chains of a request, appended to out. */
MUST_CHECK enum status answer_head(struct hub *hub, const struct request *request, struct bytes *out);

/* The receipts of one incarnation above a seq, of batches up to a log entry. */
struct receipt_range {
	const uint8_t *device;
	struct incarnation incarnation;
	uint64_t above;
	int64_t up_to_entry; /* INT64_MAX: all */
};
/* Calls each with every sealed receipt of the range that there is, ascending; ends with the first status that is
 * not STATUS_OK and returns it. The slice lives for the call. */
typedef enum status (*receipt_each)(void *context, uint64_t seq, struct slice sealed);
MUST_CHECK enum status answer_receipts(struct hub *hub, const struct receipt_range *range, receipt_each each,
				       void *context);

#endif
