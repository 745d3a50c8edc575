/*
 * Which units were heard of in a period (contract section 6): a unit that was not is silent, and its zero is no
 * statement. One thread, inside the caller's snapshot.
 */
#ifndef MOTCUA_HUB_SILENCE_H
#define MOTCUA_HUB_SILENCE_H

#include "hub/registry.h"

/*
 * Sets heard[unit] for each unit of the registry of which a device enrolled for exactly it was heard on or after
 * the period's last day (a period that still runs: within three days), or of which a device above sent a record
 * dated in the period. heard has registry_unit_count() places, all false.
 */
MUST_CHECK enum status silence_mark_heard(struct database *db, const struct registry *r, struct period period,
					  int32_t today, bool *heard);

#endif
