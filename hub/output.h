/*
 * Where a report goes and in which form: --format table, csv, json, xlsx or html to the standard output, or with
 * --output into a file that appears whole or not at all. One thread.
 */
#ifndef MOTCUA_HUB_OUTPUT_H
#define MOTCUA_HUB_OUTPUT_H

#include <stdio.h>

#include "config/options.h"

enum report_format { REPORT_TABLE, REPORT_CSV, REPORT_JSON, REPORT_XLSX, REPORT_HTML };

/* The lines of an option table. */
/* clang-format off */
#define OUTPUT_OPTIONS \
	{"format", "table|csv|json|xlsx|html", N_("how it is printed (default: table)")}, \
	{"output", "FILE", N_("write it into this file instead of printing it")}
/* clang-format on */

/* True if a device, a link or a folder has this name: a file of ours must not replace it. */
bool output_in_the_way(const char *path);

struct output {
	enum report_format format;
	FILE *stream;     /* to write to */
	const char *path; /* NULL: the standard output */
	char *text;       /* what is to become the file */
	size_t len;
};

/* From a command whose table holds OUTPUT_OPTIONS. STATUS_USAGE after saying what is wrong. */
MUST_CHECK enum status output_choose(const struct invocation *inv, struct output *ret_output);

/* Makes the stream. STATUS_NO_MEMORY. */
MUST_CHECK enum status output_open(struct output *output);

/*
 * After writing, or not (s): puts the file there whole if all went well, says what did not. The exit status. An
 * output that was never opened only passes s on.
 */
int output_close(struct output *output, enum status s);

#endif
