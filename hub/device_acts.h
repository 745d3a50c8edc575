/*
 * What an operator decides about a computer, and what the hub does about one that contradicts itself: acts in the
 * log. Those of an operator are a transaction of their own.
 */
#ifndef MOTCUA_HUB_DEVICE_ACTS_H
#define MOTCUA_HUB_DEVICE_ACTS_H

#include "hub/hub.h"
#include "protocol/batch.h"

/*
 * Suspends, resumes (to active) or revokes. STATUS_REFUSED, with *ret_now how it stands: a waiting computer is
 * confirmed or revoked, only a suspended one is resumed, a revoked one stays so. STATUS_EXISTS: it stands so
 * already.
 */
MUST_CHECK enum status device_change_state(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
					   enum device_state to, const char *who, enum device_state *ret_now);

/*
 * From a day on the computer works for the unit that has the code then, whatever succeeds what. STATUS_EMPTY: no
 * unit has it on that day. STATUS_REFUSED: it works for that unit on that day already.
 */
MUST_CHECK enum status device_assign(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], const char *unit,
				     int32_t from, const char *who);

/* Takes data of a held computer again. STATUS_REFUSED: it is not held. */
MUST_CHECK enum status device_release(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], const char *who);

/*
 * Inside the writer's transaction: from now on nothing of this device is taken (once; a held one stays held).
 * stands: the batch that was accepted under the number of the other, or before it.
 */
MUST_CHECK enum status device_hold(struct hub *hub, const struct batch_head *other,
				   const uint8_t stands[static HASH_LEN], const uint8_t hash[static HASH_LEN]);

/*
 * Inside the writer's transaction: another computer works in this one's place now. It is suspended; one that was
 * never let in is revoked, so that resuming does not let it in.
 */
MUST_CHECK enum status device_replaced(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN]);

#endif
