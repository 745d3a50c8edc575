/*
 * The commands about the calendar of reports: close, periods. Entries for the program's table of commands.
 */
#ifndef MOTCUA_HUB_COMMANDS_CLOSE_H
#define MOTCUA_HUB_COMMANDS_CLOSE_H

#include "config/options.h"

extern const struct command COMMAND_CLOSE;
extern const struct command COMMAND_PERIODS;

#endif
