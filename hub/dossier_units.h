/*
 * The units a dossier was stated in, one after the other: needed where a report asks for the units of a day before
 * the last of them was (unit_map.h). The column `units` of the table dossier is empty where only one was ever
 * stated, as of nearly every dossier; else [[day, code] …] in the order in which they took effect, each from the
 * first day of its own. One code on two days may be two units. Pure but for the registry.
 */
#ifndef MOTCUA_HUB_DOSSIER_UNITS_H
#define MOTCUA_HUB_DOSSIER_UNITS_H

#include "hub/registry.h"

/* Appends the column of a resolved dossier. */
MUST_CHECK enum status dossier_units_put(const struct registry *registry, const struct resolved *r,
					 struct bytes *out);

/*
 * What of it is nearest to a day: the last one stated up to it, else the first one after. False if the column is
 * empty or does not read.
 */
bool dossier_units_nearest(struct slice units, int32_t day, struct slice *ret_unit, int32_t *ret_day);

#endif
