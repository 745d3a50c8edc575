/*
 * Targets of indicators, as a province sets them: a CSV table with the columns name, period and target, a
 * percentage such as 95 or 95,5. One thread.
 */
#ifndef MOTCUA_HUB_TARGETS_H
#define MOTCUA_HUB_TARGETS_H

#include <stdio.h>

#include "hub/report_indicators.h"

enum { TARGET_WHOLE = 10000 /* a target of 100 percent */ };

struct targets_fault {
	int64_t line;       /* 0: the file as a whole */
	const char *reason; /* "target-columns", "target-value", "target-twice", or the reader's */
};

/*
 * The target of an indicator and period, in hundredths of a percent. STATUS_EMPTY: the file has none;
 * STATUS_REFUSED with ret_fault filled.
 */
MUST_CHECK enum status targets_find(FILE *file, const char *name, const char *period, int64_t *ret_target,
				    struct targets_fault *ret_fault);

/* "95", "95.5", "95,25", with or without a percent sign, up to 1000. STATUS_REFUSED. */
MUST_CHECK enum status target_parse(const char *text, size_t len, int64_t *ret_target);

enum target_verdict { TARGET_UNKNOWN /* no value or nothing to measure it by */, TARGET_MISSED, TARGET_MET };
enum target_verdict target_judge(const struct indicator_count *count, int64_t target);

#endif
