/*
 * Why two numbers differ (domain: section 11): our dossiers counted by two rules, or our dossiers against another
 * program's list. protocol/difference.h says how the cause of each dossier's difference is found,
 * hub/foreign_list.h what a list is. Sums are kept in memory, dossiers in a throw-away database. One thread, inside
 * the caller's snapshot; the registry is as of that snapshot.
 *
 * A code in several rows of the list is compared once, with the first row of our unit, else the first that is not
 * of another unit than the one asked for, else the first of all; every other row adds to their numbers as a
 * duplicate, or, where it names another unit than that row, as a linked dossier counted for each agency.
 */
#ifndef MOTCUA_HUB_EXPLAIN_H
#define MOTCUA_HUB_EXPLAIN_H

#include "hub/foreign_list.h"
#include "hub/unit_map.h"
#include "protocol/difference.h"

struct explain_query {
	struct period period;
	int32_t today;
	int unit;                         /* a line of the map: what stands elsewhere does not count */
	const struct unit_map *map;       /* the units by which the report goes; borrowed */
	const struct count_rule *rule;    /* by which we count; both are borrowed */
	const struct count_rule *against; /* by which the other side counts */
	struct hub *hub;                  /* whose refused records are looked through; NULL: none are */
};

struct explain {
	struct explain_query query;
	int32_t as_of;
	bool has_list;
	struct foreign_report list;
	struct cells here;
	struct cells there;
	/* By cause and cell: what is more here, what is less (negative), of how many dossiers. */
	int64_t more[DIFFERENCE_CAUSES][DIFFERENCE_CELLS];
	int64_t less[DIFFERENCE_CAUSES][DIFFERENCE_CELLS];
	int64_t dossiers[DIFFERENCE_CAUSES][DIFFERENCE_CELLS];
	int64_t of_cause[DIFFERENCE_CAUSES]; /* dossiers */
	int64_t n_dossiers;                  /* that count otherwise */
	struct database *scratch;
};

/* Counts by both rules. Free it. */
MUST_CHECK enum status explain_rules(struct database *db, const struct registry *r,
				     const struct explain_query *query, struct explain *ret_explain);
/*
 * Counts ours and theirs. STATUS_REFUSED with list.reason filled where the list cannot be read; what reading the
 * file failed with otherwise. Free it in any case.
 */
MUST_CHECK enum status explain_list(struct database *db, const struct registry *r,
				    const struct explain_query *query, const char *path,
				    const struct column_map *map, struct explain *ret_explain);
void explain_free(struct explain *e);

/* True if any number, or any dossier behind equal numbers, is not the same on both sides. */
bool explain_differs(const struct explain *e);
/* What no cause accounts for in a cell: the difference less all causes, and what has none. 0 unless we are wrong.
 */
int64_t explain_rest(const struct explain *e, enum difference_cell cell);

/* Calls each for at most limit dossiers of a cause, by code. more: by cell. */
MUST_CHECK enum status explain_dossiers(const struct explain *e, enum difference_cause cause, int64_t limit,
					enum status (*each)(void *context, struct slice code, const int64_t *more),
					void *context);

#endif
