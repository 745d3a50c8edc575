/*
 * The province's list of units from a table: code, name, level, parent [, valid_from, valid_to, phone], header in
 * the first row. The whole file is taken or nothing.
 */
#ifndef MOTCUA_HUB_UNITS_FILE_H
#define MOTCUA_HUB_UNITS_FILE_H

#include <stdio.h>

#include "hub/hub.h"

struct units_fault {
	int64_t line;       /* 0: the file as a whole */
	const char *reason; /* stable word: "unit-no-code", "unit-level", "unit-cycle", …, or the reader's */
	char unit[LIMIT_UNIT + 1]; /* "" if there is none or it is no code */
};

/*
 * Reads the file and records it as one act. STATUS_REFUSED with ret_fault filled: nothing was taken. *ret_count is
 * the number of units the file holds.
 */
MUST_CHECK enum status units_import(struct hub *hub, FILE *file, const char *who, int64_t *ret_count,
				    struct units_fault *ret_fault);

#endif
