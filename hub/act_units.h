/*
 * The bodies of acts about units, as both the writer and the reader of an act need them. Pure.
 */
#ifndef MOTCUA_HUB_ACT_UNITS_H
#define MOTCUA_HUB_ACT_UNITS_H

#include "hub/act.h"

/* ACT_SUCCESSION: [[old, heir, from, kind] …] */
struct succession_row {
	struct slice old;
	struct slice heir;
	int32_t from; /* the first day on which the heir stands in the old one's place */
	enum succession_kind kind;
};
void act_succession_put(struct bytes *out, const struct succession_row *row);
void act_succession_take(struct cbor *r, struct succession_row *ret_row);

/* ACT_ASSIGN: [device, unit, from] */
struct assign_act {
	uint8_t device[DEVICE_ID_LEN];
	struct slice unit;
	int32_t from;
};
void act_assign_put(struct bytes *out, const struct assign_act *act);
MUST_CHECK enum status act_assign_take(struct slice body, struct assign_act *ret_act);

#endif
