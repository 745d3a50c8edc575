/*
 * Whether the figures of a period agree with each other: what every report must fulfil (dossiers balance, a value
 * is not above its of, an own report agrees with the units below) and what an office declares of its indicators
 * (hub/check_file.h). Figures are checked at the units that report them: sums of reports are judged only as the
 * sums they are. One thread, inside the caller's snapshot.
 */
#ifndef MOTCUA_HUB_CHECKS_H
#define MOTCUA_HUB_CHECKS_H

#include <stdio.h>

#include "hub/check_file.h"
#include "hub/figures.h"
#include "hub/output.h"

/* What a finding means: notes contradict nothing but should be known; what agrees is listed only if asked for. */
enum severity { SEVERITY_CONTRADICTION, SEVERITY_NOTE, SEVERITY_AGREES };

/* Kinds of findings, with the word that stands in the document. */
/* clang-format off */
#define FINDING_TABLE(X) \
	X(GAP,        "gap",               CONTRADICTION) /* dossiers that are neither done nor open */ \
	X(TOTAL,      "total",             CONTRADICTION) /* stated otherwise than its parts add up to */ \
	X(RATE,       "rate",              CONTRADICTION) /* not what its numerator over its denominator gives */ \
	X(BASE,       "other-denominator", CONTRADICTION) /* of another denominator than it is said to be */ \
	X(IMPOSSIBLE, "impossible-rate",   CONTRADICTION) /* no whole numerator gives it */ \
	X(OUTSIDE,    "outside",           CONTRADICTION) /* not between the rates it is made of */ \
	X(ROUNDING,   "rounding",          CONTRADICTION) /* the mean of the printed rates, rounded wrongly */ \
	X(ABOVE,      "above",             CONTRADICTION) /* above what it is a part of */ \
	X(CHILDREN,   "children",          CONTRADICTION) /* an own report, and another sum of the units below */ \
	X(MEAN,       "unweighted-mean",   NOTE)          /* the plain mean of rates */ \
	X(SAME,       "other-base",        NOTE)          /* two bases for what should be one */ \
	X(AGREES,     "agrees",            AGREES)
/* clang-format on */

enum finding_kind {
#define X(id, word, severity) FINDING_##id,
	FINDING_TABLE(X)
#undef X
		FINDING_KINDS
};

struct finding {
	enum finding_kind kind;
	int unit;
	char figure[FIGURE_TEXT];
	char fits[FIGURE_TEXT]; /* a figure that would explain it; "": none */
	int64_t stated;
	int64_t computed;
	bool is_rate;           /* in percent */
	unsigned stated_places; /* decimals */
	unsigned computed_places;
	bool computes;     /* false: there is nothing to compare with */
	int64_t fits_from; /* denominators that would give the rate; 0, 0: none */
	int64_t fits_to;
};

/* A check that could not be made where a unit reported the figure: something in it is not known. */
struct unchecked {
	int unit;
	char figure[FIGURE_TEXT];
};

struct checks_report {
	const struct check_list *list; /* borrowed */
	struct period period;
	int32_t as_of;
	int unit;
	bool all; /* what agrees is listed too */
	int64_t n_checked;
	size_t n;
	struct finding *findings; /* by unit in the order of the codes, in each by kind, then by figure */
	size_t n_unchecked;
	struct unchecked *unchecked;
};

struct checks_query {
	struct figures_query figures;
	const struct check_list *list; /* borrowed as long as the report lives */
	int unit;
	bool all;
};

/* Checks the unit asked for and all below it. */
MUST_CHECK enum status checks_compute(struct database *db, const struct registry *r,
				      const struct checks_query *query, struct checks_report *ret_report);
void checks_clear(struct checks_report *report);

enum severity finding_severity(enum finding_kind kind);
const char *finding_word(enum finding_kind kind);
size_t checks_count(const struct checks_report *report, enum severity severity);

/* Nothing was printed if it fails; errors of the stream are the stream's. */
MUST_CHECK enum status checks_print(const struct checks_report *report, const struct registry *r,
				    enum report_format format, FILE *out);

#endif
