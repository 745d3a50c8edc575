/* The commands about backups and keys. */
#ifndef MOTCUA_HUB_COMMANDS_BACKUP_H
#define MOTCUA_HUB_COMMANDS_BACKUP_H

#include "config/options.h"

extern const struct command COMMAND_BACKUP;
extern const struct command COMMAND_RESTORE;
extern const struct command COMMAND_KEYS_EXPORT;

#endif
