/*
 * The commands that list what is missing or taken back, what operators did, and what was refused. Entries for the
 * program's table of commands.
 */
#ifndef MOTCUA_HUB_COMMANDS_LISTS_H
#define MOTCUA_HUB_COMMANDS_LISTS_H

#include "config/options.h"

extern const struct command COMMAND_REPORT_SILENT;
extern const struct command COMMAND_REPORT_VOID;
extern const struct command COMMAND_ACTS;
extern const struct command COMMAND_REJECTED;
extern const struct command COMMAND_REJECTED_RETRY;

#endif
