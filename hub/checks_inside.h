/* What the parts of checks.c share: a check under way. */
#ifndef MOTCUA_HUB_CHECKS_INSIDE_H
#define MOTCUA_HUB_CHECKS_INSIDE_H

#include "hub/checks.h"

struct checking {
	const struct registry *registry;
	struct figures *figures;
	struct checks_report *report;
	size_t cap;
	size_t cap_unchecked;
};

/* Takes a copy; of what agrees only if that is to be listed. STATUS_NO_MEMORY. */
MUST_CHECK enum status checking_found(struct checking *c, const struct finding *finding);
MUST_CHECK enum status checking_open(struct checking *c, int unit, const struct formula_term *figure);

/* A rate that a unit states: value over 100, 1000, … */
struct stated_rate {
	int64_t value;
	int64_t scale;   /* 100, 1000, … */
	unsigned places; /* decimals of the percentage */
	bool known;
};
MUST_CHECK enum status checking_rate(struct checking *c, const char *name, int unit, struct stated_rate *ret_rate);

/* [rate] and [combined] of one unit. */
MUST_CHECK enum status checks_rate(struct checking *c, const struct check *check, int unit);
MUST_CHECK enum status checks_combined(struct checking *c, const struct check *check, int unit);

/*
 * The name of a figure of the unit whose value lies in from..to and is not one of the check's own, into ret_text;
 * "" if there is none.
 */
void checking_fit(const struct checking *c, const struct check *check, int unit, int64_t from, int64_t to,
		  char ret_text[static FIGURE_TEXT]);

#endif
