/*
 * Which units have the equipment they should (contract section 6): the assets present on a day, unit by unit. One
 * thread, inside the caller's snapshot; the registry is as of that snapshot, and a map is of
 * the day asked for.
 */
#ifndef MOTCUA_HUB_REPORT_EQUIPMENT_H
#define MOTCUA_HUB_REPORT_EQUIPMENT_H

#include <stdio.h>

#include "hub/output.h"
#include "hub/unit_map.h"

/* By the value of field type; 0 stands for an asset whose type nobody stated. */
enum { EQUIPMENT_TYPES = 32, EQUIPMENT_REQUIRED_MAX = 1000 };

struct equipment_query {
	int32_t as_of;
	int32_t today;
	enum unit_level level;             /* only units of it are counted */
	int unit;                          /* index: and only those below it, or itself */
	int64_t required[EQUIPMENT_TYPES]; /* how many of a type; 0: not required */
};

struct equipment_report {
	struct equipment_query query;
	int64_t units;
	int64_t complete;                 /* all that is required */
	int64_t partial;                  /* something of what is required */
	int64_t none;                     /* the rest */
	int64_t not_reporting;            /* silent for the day, and no asset of theirs is known */
	int64_t by_type[EQUIPMENT_TYPES]; /* present assets of these units */
};

/* "computer=1,scanner=1" into counts by type. STATUS_USAGE. */
MUST_CHECK enum status equipment_required_parse(const char *text, int64_t ret_required[static EQUIPMENT_TYPES]);

MUST_CHECK enum status equipment_compute(struct database *db, const struct registry *r,
					 const struct equipment_query *query, struct equipment_report *ret_report);

/* True if an asset is in its place on the day. STATUS_NO_MEMORY. */
MUST_CHECK enum status equipment_is_present(const struct resolved *asset, int32_t day, bool *ret_present);

/* True if what stands in a unit on the day of the query is counted. */
bool equipment_counts_unit(const struct unit_map *map, const struct equipment_query *query, int unit);

/* The line of the map in which an asset stands; UNIT_NONE outside the list. */
int equipment_place(const struct unit_map *map, const struct resolved *asset);

/* By line of the map (registry_unit_count of them): whether any asset is known, and those present by type. */
struct stock {
	bool known; /* present or not */
	int64_t present[EQUIPMENT_TYPES];
};
/* Fills stocks, all zero before. */
MUST_CHECK enum status equipment_stocks(struct database *db, const struct unit_map *map,
					const struct equipment_query *query, struct stock *stocks);

/* A type in JSON and for people; 0 is "unstated". */
const char *equipment_type_key(int type);
const char *equipment_type_title(int type);

void equipment_print_json(const struct equipment_report *report, FILE *out);
struct asset_list;
/*
 * Every format but JSON. assets: what is present, for the charts of HTML (equipment_list.h); NULL: none. Nothing
 * was printed if it fails.
 */
MUST_CHECK enum status equipment_print(const struct equipment_report *report, const struct asset_list *assets,
				       const struct registry *r, enum report_format format, FILE *out);

#endif
