/*
 * One indicator over the tree of units (contract section 6): what a unit reported itself, else the sum over its
 * children; where both are there, how far they are apart. One thread, inside the caller's snapshot; the registry is
 * as of that snapshot.
 */
#ifndef MOTCUA_HUB_REPORT_INDICATORS_H
#define MOTCUA_HUB_REPORT_INDICATORS_H

#include <stdio.h>

#include "hub/output.h"
#include "hub/unit_map.h"

struct indicator_query {
	const char *name;
	const char *period; /* as it stands in the records */
	int32_t as_of;      /* min(the period's last day, today): which units are expected */
	int unit;           /* index */
	bool has_target;
	int64_t target; /* in hundredths of a percent of `of` (targets.h) */
};

/* A count and its denominator. */
struct indicator_count {
	bool known;
	bool of_known; /* for a sum: every part of it has one */
	int64_t value;
	int64_t of;
};

/* Of one unit: its own report and the sum over its children, each of which counts as indicator_chosen(). */
struct indicator_line {
	int unit;
	struct indicator_count own;
	struct indicator_count children;
};

struct indicator_report {
	struct indicator_query query;
	struct indicator_line total;
	size_t n_lines;
	struct indicator_line *lines; /* the children of the unit in the order of their codes */
	int64_t units_expected;       /* leaf units valid on the day */
	int64_t units_reporting;      /* those of them with a report of their own */
};

/* Own report if there is one, else the sum. */
struct indicator_count indicator_chosen(const struct indicator_line *line);

/* What a unit reported, from the writes of the thing (hub/store.h). */
MUST_CHECK enum status indicator_take(const struct registry *r, struct slice writes, struct indicator_count *own);
/* Adds one report to a sum of several. */
void indicator_add(struct indicator_count *sum, struct indicator_count part);
/* Fills in the sums of an array with one line for each unit of the registry: what stands there already is added to.
 */
void indicator_sum_up(const struct unit_map *map, struct indicator_line *lines);

MUST_CHECK enum status indicator_compute(struct database *db, const struct registry *r,
					 const struct indicator_query *query, struct indicator_report *ret_report);
void indicator_clear(struct indicator_report *report);

/*
 * Where a report and a sum both exist, the document also has "own", "children" and "difference" (own less sum).
 * With a target it has "target" [hundredths of a percent, 10000], "met" (true, false or null) and "units", each
 * with its own.
 */
void indicator_print_json(const struct indicator_report *report, const struct registry *r, FILE *out);
/* Every format but JSON. Nothing was printed if it fails. */
MUST_CHECK enum status indicator_print(const struct indicator_report *report, const struct registry *r,
				       enum report_format format, FILE *out);

#endif
