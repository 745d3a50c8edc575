/*
 * The index of Quyết định 766/QĐ-TTg over what the hub has (domain: groups, points and formulas by versioned
 * definition files, hub/index_file.h): the components of a unit with numerator, denominator and score, and units
 * ranked. What cannot be computed is not available and never zero; a sum of scores stands beside the maximum of
 * what was available. One thread, inside the caller's snapshot.
 */
#ifndef MOTCUA_HUB_INDEX766_H
#define MOTCUA_HUB_INDEX766_H

#include <stdio.h>

#include "config/rules.h"
#include "hub/figures.h"
#include "hub/index_file.h"
#include "hub/output.h"

enum { INDEX_SCORE = 10000 /* scores are in ten-thousandths of a point */ };

enum index_state {
	INDEX_NOT_REPORTED, /* a figure is not known, or the dossiers say nothing of it */
	INDEX_SCORED,
	INDEX_FULL,           /* nothing to count, for which the definition gives the maximum */
	INDEX_NOT_APPLICABLE, /* to units of this level: the maximum, or left out */
	INDEX_NOTHING,        /* nothing to count */
	INDEX_ABOVE           /* the numerator is above the denominator: one of them is wrong */
};

struct index_score {
	enum index_state state;
	bool counted; /* part and whole are known */
	bool alone;   /* the rate it is multiplied with is not known and left out */
	int64_t part;
	int64_t whole;
	int64_t share; /* of 1 in INDEX_ONE, where it is scored */
	int64_t score; /* where it is available */
	int64_t max;   /* both in INDEX_SCORE */
};
#define INDEX_ONE INT64_C(1000000000)

/* SCORED, FULL, and NOT_APPLICABLE where that gives the maximum. */
bool index_available(const struct index_definition *d, const struct index_score *score);

/* The same unit in the period that it is compared with. */
struct index_before {
	bool known; /* it had a score then */
	bool alike; /* of the same components: only then is the change one of the unit */
	int rank;
	int64_t score;
	int64_t available;
	int64_t share;
};

struct index_row {
	int unit;
	struct index_score scores[INDEX_COMPONENTS];
	int64_t score;     /* sum over what is available */
	int64_t available; /* its maximum; 0 for a unit of which nothing was measured */
	int64_t max;       /* of all that applies */
	int64_t share;     /* score of available, in INDEX_ONE; only where available > 0 */
	enum index_band band;
	int rank; /* from 1, equal shares share one; 0: nothing available */
	struct figures_units units;
	struct index_before before;
};

struct index_query {
	const struct index_definition *definition;
	const struct count_rule *rule;
	struct period period;
	int32_t today;
	int unit;
	bool by_unit;
	enum unit_level level; /* with by_unit: all below of this level; 0: those directly below */
};

struct index_report {
	struct index_query query;
	int32_t as_of;
	struct index_row total; /* of the unit asked; without a rank */
	size_t n;
	struct index_row *rows; /* by rank, then those with nothing available */
	bool compared;
	struct period against;
	bool alike; /* the same components are available in every row that has a rank */
};

MUST_CHECK enum status index_compute(struct database *db, const struct registry *r, const struct index_query *query,
				     struct index_report *ret_report);
/* Fills in `before` of every row from the report of another period by the same definition. */
void index_compare(struct index_report *report, const struct index_report *before);
void index_clear(struct index_report *report);

/* For people; in every format. Nothing was printed if it fails; errors of the stream are the stream's. */
MUST_CHECK enum status index_print(const struct index_report *report, const struct registry *r,
				   enum report_format format, FILE *out);

#endif
