/*
 * Every figure the hub has for a period, by unit: counts of dossiers with all units below, and the indicators that
 * were reported for exactly these days or, failing that, as of their last day. Reports over several figures (the
 * index, the checks) ask here. One thread, inside the caller's snapshot; the registry is as of that snapshot and is
 * borrowed as long as the figures live.
 */
#ifndef MOTCUA_HUB_FIGURES_H
#define MOTCUA_HUB_FIGURES_H

#include "hub/formula.h"
#include "hub/report_indicators.h"

struct figures_query {
	struct period period;
	int32_t today;
	const struct count_rule *rule; /* borrowed */
};

struct figures; /* opaque */

MUST_CHECK enum status figures_read(struct database *db, const struct registry *r,
				    const struct figures_query *query, struct figures **ret_figures);
void figures_free(struct figures *f);

/* The units of as_of; every unit here is a line of it. It lives as long as the figures. */
const struct unit_map *figures_map(const struct figures *f);

/* min(the period's last day, today). */
int32_t figures_as_of(const struct figures *f);

/* Of the unit and all below it, and of the unit's own records alone. */
const struct cells *figures_cells(const struct figures *f, int unit);
const struct cells *figures_own_cells(const struct figures *f, int unit);

/* Leaf units below (or the unit itself) valid on as_of, and those of them that were heard of. */
struct figures_units {
	int64_t expected;
	int64_t reporting;
};
struct figures_units figures_units(const struct figures *f, int unit);

/* The names that were reported, in the order of their bytes. */
size_t figures_name_count(const struct figures *f);
const char *figures_name(const struct figures *f, size_t index);

/* What a unit reported itself of the indicator at an index. */
struct indicator_count figures_own(const struct figures *f, size_t index, int unit);
/* Drops what figures_indicator() keeps of the indicator at an index: for who goes through all names. */
void figures_forget(struct figures *f, size_t index);

/*
 * One indicator of one unit; *ret_missing counts the leaf units for which neither they nor a unit between reported
 * it. Nothing known if nobody did. STATUS_NO_MEMORY.
 */
MUST_CHECK enum status figures_indicator(struct figures *f, const char *name, int unit,
					 struct indicator_line *ret_line, int64_t *ret_missing);

/*
 * The value of a formula for a unit. known: every figure in it is; whole: moreover none of them lacks a unit that
 * should have reported; own: the unit reported at least one of its indicators itself. Sums over 4 * 10^18
 * are not known.
 */
struct figure {
	bool known;
	bool whole;
	bool own;
	int64_t value;
};
MUST_CHECK enum status figures_value(struct figures *f, const struct formula *formula, int unit,
				     struct figure *ret_figure);

#endif
