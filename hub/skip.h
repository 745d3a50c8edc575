/*
 * Going on without batches that are lost for good (PROTOCOL.md section 5): an operator's act. One thread, a
 * transaction of its own.
 */
#ifndef MOTCUA_HUB_SKIP_H
#define MOTCUA_HUB_SKIP_H

#include "hub/arrived.h"

struct skip_report {
	struct incarnation incarnation; /* the newest that has something waiting */
	uint64_t first;                 /* the lost ones; 0 if nothing was done */
	uint64_t last;
	struct taken taken; /* what waited behind them */
	size_t n_waiting;   /* what waits there, ascending; before anything was done */
	uint64_t waiting[LIMIT_PENDING];
};

/*
 * Has the device's newest chain with waiting batches go on at batch `to`. STATUS_EMPTY: nothing of it waits;
 * STATUS_REFUSED: `to` is not the first that waits (report tells which do); STATUS_UNKNOWN_DEVICE and the others of
 * device_check: nothing is taken of this device.
 */
MUST_CHECK enum status skip_lost(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], uint64_t to,
				 const char *who, struct skip_report *report);

#endif
