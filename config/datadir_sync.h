/*
 * What the files of datadir.h share: names in a directory are durable only when the directory is synced. For
 * datadir*.c alone.
 */
#ifndef MOTCUA_CONFIG_DATADIR_SYNC_H
#define MOTCUA_CONFIG_DATADIR_SYNC_H

#include "protocol/status.h"

/* Syncs the directory a path lies in. */
MUST_CHECK enum status datadir_sync_parent(const char *path);

#endif
