/*
 * The commands that only read: report equipment, report indicators. Entries for the program's table of
 * commands; they open the hub with commands_open().
 */
#ifndef MOTCUA_HUB_COMMANDS_REPORT_H
#define MOTCUA_HUB_COMMANDS_REPORT_H

#include "config/options.h"

extern const struct command COMMAND_REPORT_EQUIPMENT;
extern const struct command COMMAND_REPORT_INDICATORS;

#endif
