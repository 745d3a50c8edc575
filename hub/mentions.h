/*
 * Who spoke of which unit, and when: a device above a unit that sends a record of it is a sign of life of that unit
 * (contract section 6). All that a device says of a unit by its code is kept, of its own unit too: which one that
 * was on a day is asked for when this is read, because an act dated into the past may change it, and batches come
 * in any order (L5). A few hundred days a year of each device stand in the table heard; which units each speaks of
 * at all stands in speaks_of, which is what a reader goes through. One thread, inside the caller's transaction or
 * snapshot.
 */
#ifndef MOTCUA_HUB_MENTIONS_H
#define MOTCUA_HUB_MENTIONS_H

#include "hub/unit_map.h"

struct mention {
	const uint8_t *device; /* DEVICE_ID_LEN bytes */
	struct slice unit;     /* its code, as the record has it */
	int32_t day;           /* of the record's stamp */
	int64_t known_at;      /* when the hub took the record, ms; the first time is kept */
};

MUST_CHECK enum status mentions_note(struct database *db, const struct mention *mention);

/*
 * For each line of the map the last day within the period on which a device of a unit that stood above it that day,
 * or above what it became, spoke of it; DAY_UNSET: none did. last has registry_unit_count() places.
 */
MUST_CHECK enum status mentions_last(struct database *db, const struct unit_map *map, struct period period,
				     int32_t *last);

/* What was known at an instant, ms, of the devices of a registry, from one hub's tables into others. */
MUST_CHECK enum status mentions_copy_known(struct database *from, int64_t at, struct registry *r,
					   struct database *to);

#endif
