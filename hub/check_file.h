/*
 * Checks that an office declares for the figures it reports, as files (config/checks/ has ours, which says how they
 * are written): what should add up, which rate is whose, what is a part of what. Names are those of indicators,
 * sums as in hub/formula.h. One thread.
 *
 *   [total]     NAME = a + b + c      what is stated is the sum
 *   [rate]      NAME = a + b / c      a stated rate, with value over of as 66 over 100, 216 over 1000, 3384 over
 * 10000 [combined]  NAME = a, b           a stated rate over several others [part]      NAME = a              is
 * never above it [same]      NAME = a              should be the same base [allow]     NAME = above          its
 * value may be above its of [allow]     NAME = not_added      is not the sum of what the units below report
 */
#ifndef MOTCUA_HUB_CHECK_FILE_H
#define MOTCUA_HUB_CHECK_FILE_H

#include "config/named_file.h"
#include "config/settings.h"
#include "hub/formula.h"

enum { CHECKS_MAX = 256 };

enum check_kind {
	CHECK_TOTAL,
	CHECK_RATE,
	CHECK_COMBINED,
	CHECK_PART,
	CHECK_SAME,
	CHECK_ALLOW_ABOVE,
	CHECK_NOT_ADDED
};

struct check {
	enum check_kind kind;
	struct formula_term figure; /* what stands on the left */
	struct formula sum;         /* numerator of a rate; the rates that are combined */
	struct formula whole;       /* denominator of a rate */
};

struct check_list {
	char name[NAMED_FILE_NAME + 1];
	uint8_t hash[HASH_LEN]; /* SHA-256 of the file */
	size_t n;
	struct check checks[CHECKS_MAX];
};

/*
 * The checks of a name, from "checks" in the data directory or with the programs. STATUS_EMPTY: there are none of
 * that name; STATUS_SETTINGS with *ret_fault. Free with free().
 */
MUST_CHECK enum status check_list_read(const char *name, const char *data, struct check_list **ret_list,
				       struct named_file_fault *ret_fault);

/* True if a check of this kind names the indicator on its left. */
bool check_list_names(const struct check_list *list, enum check_kind kind, const char *name);
/* True for stated rates, which are never added up: left of a rate, left and right of what is combined. */
bool check_list_is_rate(const struct check_list *list, const char *name);

#endif
