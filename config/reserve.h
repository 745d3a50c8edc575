/*
 * A file that only holds room on a disk: given up when the disk is full, so that what matters most can still be
 * written. Its bytes mean nothing.
 */
#ifndef MOTCUA_CONFIG_RESERVE_H
#define MOTCUA_CONFIG_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/status.h"

/*
 * Afterwards the file is there and the disk's blocks for so many bytes are taken. STATUS_DISK_FULL: there is less
 * left, and no file; STATUS_DISK_READ_ONLY, STATUS_PERMISSION, STATUS_DISK. Looks only, where it is there already.
 */
MUST_CHECK enum status reserve_keep(const char *path, int64_t bytes);
/* Gives the room back. True if there was any. */
bool reserve_give_up(const char *path);

#endif
