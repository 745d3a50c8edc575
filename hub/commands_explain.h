/* The command that says why two numbers differ: explain. An entry for the program's table of commands. */
#ifndef MOTCUA_HUB_COMMANDS_EXPLAIN_H
#define MOTCUA_HUB_COMMANDS_EXPLAIN_H

#include "config/options.h"

extern const struct command COMMAND_EXPLAIN;

#endif
