/*
 * The commands that count dossiers: totals, report form06a, report incomplete. Entries for the program's table of
 * commands.
 */
#ifndef MOTCUA_HUB_COMMANDS_COUNT_H
#define MOTCUA_HUB_COMMANDS_COUNT_H

#include "config/options.h"
#include "protocol/count.h"

extern const struct command COMMAND_TOTALS;
extern const struct command COMMAND_REPORT_FORM06A;
extern const struct command COMMAND_REPORT_INCOMPLETE;

/* The rule of a name (NULL: form06), as this hub has it; says what is wrong with it, for status_exit(). */
MUST_CHECK enum status counting_rule(const struct invocation *inv, const char *name, struct count_rule *ret_rule);

#endif
