/*
 * Totals (contract section 6): cells counted from the dossiers of a unit and all below it, over a period, by a
 * rule. Nothing is kept between two calls. One thread, inside the caller's snapshot; the registry is as of that
 * snapshot.
 */
#ifndef MOTCUA_HUB_TOTALS_H
#define MOTCUA_HUB_TOTALS_H

#include <stdio.h>

#include "config/rules.h"
#include "config/totals_words.h"
#include "hub/output.h"
#include "hub/unit_map.h"

struct totals_charts;

enum totals_by {
	TOTALS_BY_NONE,
	TOTALS_BY_UNIT,
	TOTALS_BY_LEVEL,
	TOTALS_BY_DOMAIN,
	TOTALS_BY_PROCEDURE,
	TOTALS_BY_CHANNEL,
	TOTALS_BY_MONTH,
	TOTALS_BY_DAY,
	TOTALS_BY_LEVEL_AND_DOMAIN /* the rows of form II.06a */
};

enum { TOTALS_ROWS_MAX = 3700 /* ten years by day */, TOTALS_KEY = 240 + 1 };

struct totals_query {
	struct period period;
	int32_t today;
	int unit;         /* index: what stands elsewhere does not count */
	bool units_given; /* by the units of units_day, else by those of as_of */
	int32_t units_day;
	enum totals_by by;
	const struct count_rule *rule; /* borrowed as long as the totals live */
	const char *as_known_at;       /* as printed, borrowed likewise; NULL: all that is known */
};

struct totals_group {
	char key[TOTALS_KEY];  /* unit_map_key(), level, domain, procedure, channel, month or day; "": unstated */
	int unit;              /* index, UNIT_NONE where it groups otherwise */
	enum unit_level level; /* by level, or by level and domain */
	struct period period;  /* its own by month and day */
	struct cells cells;
	int64_t units_expected; /* TOTALS_UNITS_UNKNOWN where units are no part of the grouping */
	int64_t units_reporting;
};

/* Units are indices into the registry the totals were computed with. */
struct totals {
	struct totals_query query;
	int32_t as_of;
	struct unit_map map; /* the units it groups by */
	size_t n_groups;
	/*
	 * By unit: the children in the order of their codes, with what cannot be divided among them where there are
	 * records of it (unit_map.h), then the unit's own records. By level from the top down, by month and day in
	 * time, else in the order of the keys with "" last.
	 */
	struct totals_group *groups;
	struct totals_group total;
	size_t n_silent;
	int *silent;                        /* expected and not heard of */
	const struct totals_charts *charts; /* borrowed, for HTML (totals_charts.h); NULL: none */
	const struct closing_notes
		*notes; /* what closings say of them (closing_notes.h), borrowed; NULL: nothing */
};

/*
 * Reads a rule for this hub: from "rules" in its data directory, else as rule_read() finds it; form06 is there even
 * without a file. STATUS_EMPTY, or STATUS_SETTINGS with *ret_fault.
 */
MUST_CHECK enum status totals_rule(const char *name, const char *data, struct count_rule *ret_rule,
				   struct rule_fault *ret_fault);

/* "unit", "level", …, as --by takes them; STATUS_USAGE for any other word. */
MUST_CHECK enum status totals_by_parse(const char *word, enum totals_by *ret_by);

/* The day whose units a query goes by. */
int32_t totals_units_day(const struct totals_query *query);

/* How many rows a grouping by month or day has; 0 for any other. More than TOTALS_ROWS_MAX are not computed. */
int64_t totals_period_rows(struct period period, enum totals_by by);

MUST_CHECK enum status totals_compute(struct database *db, const struct registry *r,
				      const struct totals_query *query, struct totals *ret_totals);
void totals_clear(struct totals *t);

/* The line that says period, day, rule, and what the numbers leave out (config/totals_words.h), cut to fit. */
const char *totals_span(const struct totals_query *query, int32_t as_of, char out[static TOTALS_SPAN]);
/* Nothing was printed if it fails; errors of the stream are the stream's. */
MUST_CHECK enum status totals_print(const struct totals *t, const struct registry *r, enum report_format format,
				    FILE *out);
/* The units that were not heard of, for people; nothing if there are none. */
void totals_print_silent(const struct totals *t, const struct registry *r, FILE *out);

#endif
