/*
 * What config/options*.c share: the options every command has, and the help. Nobody else includes this.
 */
#ifndef MOTCUA_CONFIG_OPTIONS_HELP_H
#define MOTCUA_CONFIG_OPTIONS_HELP_H

#include "config/options.h"

enum common_option {
	COMMON_DATA,
	COMMON_CONFIG,
	COMMON_LANG,
	COMMON_JSON,
	COMMON_QUIET,
	COMMON_VERBOSE,
	COMMON_HELP,
	COMMON_VERSION,
	COMMON_COUNT
};

/* By enum common_option, ends with name NULL. */
extern const struct option_spec options_common[COMMON_COUNT + 1];

/* Both print on standard output, in the chosen language. With a group only the commands that begin with this word.
 */
void options_print_program(const struct program *program, const char *group);
void options_print_command(const struct program *program, const struct command *command);

#endif
