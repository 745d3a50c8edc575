/*
 * The commands that count dossiers: totals, report form06a, report incomplete. Entries for the program's table of
 * commands.
 */
#ifndef MOTCUA_HUB_COMMANDS_COUNT_H
#define MOTCUA_HUB_COMMANDS_COUNT_H

#include "config/options.h"

extern const struct command COMMAND_TOTALS;
extern const struct command COMMAND_REPORT_FORM06A;
extern const struct command COMMAND_REPORT_INCOMPLETE;

#endif
