/*
 * The command line of both programs: COMMAND [OPTIONS] [ARGUMENTS], from one table that drives dispatch, checks and
 * help. Options may stand anywhere after the program's name; `--name value` and `--name=value`; `--` ends them.
 * An option given twice, unknown, or without its value is STATUS_USAGE with the bad word named. A value that begins
 * with a dash needs the form with '='; "-" alone and negative numbers are arguments and values.
 */
#ifndef MOTCUA_CONFIG_OPTIONS_H
#define MOTCUA_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/status.h"

enum { OPTIONS_MAX = 24 };

struct option_spec {
	const char *name;  /* without the dashes; "q" and "v" are the only short ones */
	const char *value; /* name of its value for the help, NULL for a flag */
	const char *help;  /* marked with N_() */
};

struct invocation;

struct command {
	const char *name;                  /* "sync"; two words are one command: "units import" */
	const char *arguments;             /* for the help: "FILE|-" */
	const char *help;                  /* one line, marked with N_() */
	const char *more;                  /* further paragraphs of COMMAND --help, N_() or NULL */
	const struct option_spec *options; /* ends with name NULL; may be NULL */
	int min_arguments;
	int max_arguments;                  /* -1: any number */
	int (*run)(struct invocation *inv); /* returns the exit status */
};

struct program {
	const char *name;
	const char *summary; /* N_() */
	const char *version;
	const char *default_data;
	const char *default_config;
	const struct command *commands; /* ends with name NULL */
};

/* What was asked. Strings borrow from argv. */
struct invocation {
	const struct program *program;
	const struct command *command;
	const char *data;   /* --data, else the default */
	const char *config; /* --config, else the default */
	bool config_given;
	const char *language; /* --lang, NULL if not given: then a setting may choose */
	bool json;
	bool quiet;
	bool verbose;
	int n_arguments;
	char **arguments;
	const char *values[OPTIONS_MAX]; /* by position in command->options; "" for a flag that is set; no value is
					    empty */
	void *context;                   /* the program's own */
};

/* The value of an option of this command, NULL if not given. The name must be in its table (assert). */
const char *option_value(const struct invocation *inv, const char *name);
bool option_flag(const struct invocation *inv, const char *name);
/* Whether it is in the table of this command: for code that several commands share. */
bool option_offered(const struct invocation *inv, const char *name);

/*
 * Reads argv, opens the messages (--lang, default vi), prints --help and --version, or runs the command.
 * Returns the exit status. context goes into the invocation.
 */
int options_dispatch(const struct program *program, int argc, char **argv, void *context);

/* A whole number from an option's text within [min, max]; STATUS_USAGE otherwise. */
MUST_CHECK enum status option_number(const char *text, long long min, long long max, long long *ret_value);

#endif
