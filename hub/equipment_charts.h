/*
 * What the report on equipment looks like: units by what they have, equipment by state, condition and type. One
 * thread.
 */
#ifndef MOTCUA_HUB_EQUIPMENT_CHARTS_H
#define MOTCUA_HUB_EQUIPMENT_CHARTS_H

#include "hub/equipment_list.h"
#include "protocol/tables/paper.h"

/* assets: what is present on the day; NULL leaves out what is told by state and condition. */
void equipment_charts_put(const struct equipment_report *report, const struct asset_list *assets, struct paper *p);

#endif
