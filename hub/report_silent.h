/*
 * Which expected units were not heard of in a period (contract section 6), and since when. One thread, inside the
 * caller's snapshot; the registry is as of that snapshot.
 */
#ifndef MOTCUA_HUB_REPORT_SILENT_H
#define MOTCUA_HUB_REPORT_SILENT_H

#include <stdio.h>

#include "hub/act.h"
#include "hub/output.h"

struct silent_query {
	struct period period;
	int32_t today;
	int unit; /* index: and all below it */
};

struct silent_line {
	int unit;     /* index */
	int32_t last; /* day last heard of, up to as_of; DAY_UNSET: never */
	int device;   /* index of the computer of the unit itself that was heard last, -1: it has none */
	char phone[UNIT_PHONE + 1]; /* of the unit's list, "" where it has none */
};

struct silent_report {
	struct silent_query query;
	int32_t as_of;
	int64_t expected; /* leaf units valid on as_of */
	size_t n_lines;
	struct silent_line *lines; /* the longest silence first */
};

MUST_CHECK enum status silent_compute(struct database *db, const struct registry *r,
				      const struct silent_query *query, struct silent_report *ret_report);
void silent_clear(struct silent_report *report);

/* JSON is one object a line. Nothing was printed if it fails. */
MUST_CHECK enum status silent_print(const struct silent_report *report, const struct registry *r,
				    enum report_format format, FILE *out);

#endif
