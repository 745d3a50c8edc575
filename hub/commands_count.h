/*
 * The commands that count dossiers: totals, report form06a, report incomplete. Entries for the program's table of
 * commands.
 */
#ifndef MOTCUA_HUB_COMMANDS_COUNT_H
#define MOTCUA_HUB_COMMANDS_COUNT_H

#include "config/options.h"
#include "protocol/count.h"

/* The rule that an option of the line names, form06 without it. What is wrong has been said. */
MUST_CHECK enum status commands_rule(const struct invocation *inv, const char *option, struct count_rule *ret_rule);

extern const struct command COMMAND_TOTALS;
extern const struct command COMMAND_REPORT_FORM06A;
extern const struct command COMMAND_REPORT_INCOMPLETE;

#endif
