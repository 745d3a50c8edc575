/*
 * The commands of motcua-agent (contract section 4), one function each for the table in commands.c. They read their
 * invocation, call the core, print to standard output, and return the exit status.
 */
#ifndef MOTCUA_AGENT_COMMANDS_H
#define MOTCUA_AGENT_COMMANDS_H

#include "config/options.h"

/* The program with its table of commands. */
extern const struct program commands_program;

int command_enroll(struct invocation *inv);
int command_add(struct invocation *inv);
int command_void(struct invocation *inv);
int command_import(struct invocation *inv);
int command_list(struct invocation *inv);
int command_show(struct invocation *inv);
int command_sync(struct invocation *inv);
int command_run(struct invocation *inv);
int command_status(struct invocation *inv);
int command_rejected(struct invocation *inv);

#endif
