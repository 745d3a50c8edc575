/*
 * Which units were heard of in a period (contract section 6): a unit that was not is silent, and its zero is no
 * statement. One thread, inside the caller's snapshot.
 */
#ifndef MOTCUA_HUB_SILENCE_H
#define MOTCUA_HUB_SILENCE_H

#include "hub/unit_map.h"

/*
 * Sets heard[unit] for each unit of the map's day of which a device that works for exactly it was heard on or after
 * the period's last day (a period that still runs: within three days), or of which a device above sent a record
 * dated in the period. What is heard of a unit is heard of all that went into it, and of the one it became. heard
 * has registry_unit_count() places, all false.
 */
MUST_CHECK enum status silence_mark_heard(struct database *db, const struct unit_map *map, struct period period,
					  int32_t today, bool *heard);

#endif
