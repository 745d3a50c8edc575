/*
 * Where a courier file may be written: in its own place of last time, or where nothing is. A name is easily
 * mistaken on somebody's stick.
 */
#ifndef MOTCUA_CONFIG_COURIER_TARGET_H
#define MOTCUA_CONFIG_COURIER_TARGET_H

#include "protocol/courier.h"

/*
 * STATUS_OK if nothing stands at path, or a courier file of the same hub and direction: it is written over.
 * STATUS_EXISTS for any other file; otherwise what reading it said.
 */
MUST_CHECK enum status courier_may_write(const char *path, const struct courier_start *start);

#endif
