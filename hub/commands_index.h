/* The commands over several figures: report index766, report checks. Entries for the program's table of commands.
 */
#ifndef MOTCUA_HUB_COMMANDS_INDEX_H
#define MOTCUA_HUB_COMMANDS_INDEX_H

#include "config/options.h"

extern const struct command COMMAND_REPORT_INDEX766;
extern const struct command COMMAND_REPORT_CHECKS;

#endif
