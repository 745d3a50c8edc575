/*
 * The records of the log that were refused at their arrival and are refused still: an operator may have had some
 * judged again since and taken (retry.h). One thread, inside the caller's snapshot or transaction.
 */
#ifndef MOTCUA_HUB_REFUSALS_H
#define MOTCUA_HUB_REFUSALS_H

#include "hub/hub.h"
#include "hub/log.h"

enum { REFUSED_WHOLE = LIMIT_BATCH_CHANGES /* in place of an index: rows nobody can read */ };

struct refusal {
	int64_t entry; /* of the log */
	int64_t accepted_at;
	uint8_t device[DEVICE_ID_LEN];
	uint32_t index; /* of the record in its batch, from 0, or REFUSED_WHOLE */
	enum verdict why;
	const struct change *change; /* NULL with REFUSED_WHOLE; lives for the call */
};

/* Calls each(context, refusal) in the order of the log. Stops at the first status that is not STATUS_OK. */
typedef enum status (*refusal_each)(void *context, const struct refusal *refusal);
MUST_CHECK enum status refusals_walk(struct hub *hub, refusal_each each, void *context);

#endif
