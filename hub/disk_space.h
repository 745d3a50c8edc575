/*
 * Room on the disk of the data directory. Some is kept for what keeps a hub alive (heads, receipts, what an
 * operator does): batches are refused before it is used up, and come again by themselves once there is room (L10).
 */
#ifndef MOTCUA_HUB_DISK_SPACE_H
#define MOTCUA_HUB_DISK_SPACE_H

#include "hub/hub.h"

/* Bytes this account may still use on the disk of a directory. */
MUST_CHECK enum status disk_space(const char *dir, int64_t *ret_free);

/* True if there is less than the hub's reserve; said in the journal once an hour. A disk that does not say has
 * room. */
bool disk_is_short(struct hub *hub);

#endif
