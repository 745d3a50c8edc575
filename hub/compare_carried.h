/*
 * Comparing by stick: the last question of a device is kept (note "asked DEVICE") and answered in the next file of
 * receipts, as of that moment.
 */
#ifndef MOTCUA_HUB_COMPARE_CARRIED_H
#define MOTCUA_HUB_COMPARE_CARRIED_H

#include "hub/compare.h"

/*
 * Keeps a sealed question, verified, inside the caller's transaction; ret_device is whose it is. That of a device
 * which is not let in is passed over. Statuses as compare_open.
 */
MUST_CHECK enum status compare_note_question(struct hub *hub, struct slice sealed,
					     uint8_t ret_device[static DEVICE_ID_LEN]);

/* Appends the sealed answer to a device's last question, in a snapshot of its own. STATUS_EMPTY: it asked nothing.
 */
MUST_CHECK enum status compare_answer_carried(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
					      struct bytes *out);

#endif
