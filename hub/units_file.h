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
	const char *column; /* NULL: none, or the row as a whole */
	const char *reason; /* stable word: "unit-no-code", "unit-level", "unit-cycle", …, or the reader's */
	char unit[LIMIT_UNIT + 1]; /* "" if there is none or it is no code */
};

struct units_plan {
	FILE *file;
	const char *who;
	int32_t valid_from; /* of rows that state none; DAY_UNSET: always */
	int32_t valid_to;   /* likewise */
	const char *only;   /* codes with commas between them: just these units and what is below; NULL: all */
};

struct units_count {
	int64_t taken;
	int64_t left_out; /* not below what plan.only names */
};

/* Reads the file and records it as one act. STATUS_REFUSED with ret_fault filled: nothing was taken. */
MUST_CHECK enum status units_import_plan(struct hub *hub, const struct units_plan *plan,
					 struct units_count *ret_count, struct units_fault *ret_fault);

/* All of a file, as it states it. *ret_count is the number of units the file holds. */
MUST_CHECK enum status units_import(struct hub *hub, FILE *file, const char *who, int64_t *ret_count,
				    struct units_fault *ret_fault);

#endif
