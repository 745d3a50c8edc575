/*
 * The commands of motcua-agent (contract section 4), one function each for the table in commands.c. They read their
 * invocation, call the core, print to standard output, and return the exit status.
 */
#ifndef MOTCUA_AGENT_COMMANDS_H
#define MOTCUA_AGENT_COMMANDS_H

#include "config/options.h"
#include "protocol/bytes.h"
#include "protocol/schema.h"

/* The program with its table of commands. */
extern const struct program commands_program;

int command_enroll(struct invocation *inv);
int command_add(struct invocation *inv);
int command_void(struct invocation *inv);
int command_import(struct invocation *inv);
int command_list(struct invocation *inv);
int command_show(struct invocation *inv);
int command_totals(struct invocation *inv);
int command_sync(struct invocation *inv);
int command_compare(struct invocation *inv);
int command_export(struct invocation *inv);
int command_receive(struct invocation *inv);
int command_reidentify(struct invocation *inv);
int command_run(struct invocation *inv);
int command_status(struct invocation *inv);
int command_rejected(struct invocation *inv);

/* The kind named by a word of the command line; false after saying what is wrong. */
bool commands_read_kind(const char *word, enum kind *ret_kind);
/* The key of what was entered, on a line or as JSON. */
void commands_print_key(enum kind kind, struct slice key, bool json);

#endif
