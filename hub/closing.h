/*
 * A closing: what was reported of a period, frozen as an act of the log. Its body (ACT_CLOSE) is the map
 *
 *   {1: "2024-05-01/2024-05-31", 2: revision, 3: rule, 4: set, 5: day, 6: silent, 7: texts, 8: rows}
 *
 * rule is [name, version, source, hash, end, compare_times, withdrawn_compared, stopped_ends, paused_late,
 * refused_counts, waiting_subtracted, supplements_max]: all that count.h needs to count again although the rule's
 * file has changed. set is what was known (closing_set.h). day is that of the closing, not before the
 * period's last one; silent are the codes of the units that were expected and not heard of by then. texts are the
 * codes, procedures and domains of the rows, ascending, each once. A row is [unit, procedure, domain, channel,
 * mask, number …]: the first three as places in texts; the mask has a bit for each number that is not zero
 * (closing.c has their order). The finest groups that totals know, so that every later group by unit, level,
 * domain, procedure or channel has its frozen sum.
 */
#ifndef MOTCUA_HUB_CLOSING_H
#define MOTCUA_HUB_CLOSING_H

#include "hub/act.h"
#include "hub/closing_set.h"
#include "protocol/count.h"

enum { CLOSING_PERIOD = 2 * DATE_TEXT /* "2024-05-01/2024-05-31" and its NUL */, CLOSING_REVISIONS = 1000 };

/* Procedures without what a province appended (count_national_code). */
struct closing_row {
	struct slice unit;
	struct slice procedure; /* "": unstated, as the domain */
	struct slice domain;
	uint8_t channel;
	struct cells cells;
	int64_t carried_over; /* what the period that follows carries in */
};

struct closing {
	struct period period;
	int64_t revision; /* from 1 */
	struct count_rule rule;
	struct closing_set set;
	int32_t today; /* when it was counted */
	size_t n_silent;
	struct slice *silent;
	size_t n_rows;
	struct closing_row *rows; /* ascending by unit, procedure, domain, channel */
	int64_t at;               /* of the act, where it was read from the table */
	char who[WHO_TEXT + 1];
	struct bytes body; /* what the slices borrow from */
};
void closing_clear(struct closing *closing);

const char *closing_period_format(struct period period, char out[static CLOSING_PERIOD]);

/* STATUS_LIMIT where it does not fit into an act: some 700,000 rows. */
MUST_CHECK enum status closing_put(const struct closing *closing, struct bytes *out);
/* Slices borrow from body. STATUS_MALFORMED, STATUS_NO_MEMORY; nothing to free then. */
MUST_CHECK enum status closing_take(struct slice body, struct closing *ret_closing);

/* Only what names it; slices borrow from body. */
struct closing_name {
	struct slice period;
	int64_t revision;
	struct slice rule;
};
MUST_CHECK enum status closing_take_name(struct slice body, struct closing_name *ret_name);

/* Enters the act into the derived table closing. */
MUST_CHECK enum status closing_apply(struct database *db, const struct act *act);

/* --- reading the table; inside the caller's snapshot --- */

/* The last revision of a period by a rule of that name; STATUS_EMPTY. Free with closing_clear. */
MUST_CHECK enum status closing_find(struct database *db, struct period period, const char *rule,
				    struct closing *ret_closing);
/* Of those that end on a day, the one that began last. STATUS_EMPTY. */
MUST_CHECK enum status closing_find_before(struct database *db, int32_t last_day, const char *rule,
					   struct closing *ret_closing);

/* Which there are, in the order of their periods, rules and revisions. */
struct closing_ref {
	struct period period;
	char rule[RULE_NAME + 1];
	int64_t revision;
	bool last; /* of the revisions */
};
/* *ret_refs is for the caller to free; NULL where there are none. */
MUST_CHECK enum status closing_list(struct database *db, struct closing_ref **ret_refs, size_t *ret_n);
/* STATUS_EMPTY. */
MUST_CHECK enum status closing_load(struct database *db, const struct closing_ref *ref,
				    struct closing *ret_closing);

#endif
