/*
 * The bodies of acts about one computer, as both the writer and the reader of an act need them. Pure.
 */
#ifndef MOTCUA_HUB_ACT_DEVICE_H
#define MOTCUA_HUB_ACT_DEVICE_H

#include "hub/act.h"

/* ACT_CONFIRM, ACT_RELEASE: [device] */
void act_device_put(struct bytes *out, const uint8_t device[static DEVICE_ID_LEN]);
MUST_CHECK enum status act_device_take(struct slice body, uint8_t ret_device[static DEVICE_ID_LEN]);

/* ACT_STATE: [device, state] */
struct state_act {
	uint8_t device[DEVICE_ID_LEN];
	enum device_state state;
};
void act_state_put(struct bytes *out, const struct state_act *act);
MUST_CHECK enum status act_state_take(struct slice body, struct state_act *ret_act);

/* ACT_HOLD: [device, ordinal, bits, seq, hash that stands, hash of the other] */
struct hold_act {
	uint8_t device[DEVICE_ID_LEN];
	struct incarnation incarnation;
	uint64_t seq;             /* of the other */
	uint8_t stands[HASH_LEN]; /* of the batch under this number; where none is, of the one before it */
	uint8_t other[HASH_LEN];
};
void act_hold_put(struct bytes *out, const struct hold_act *act);
MUST_CHECK enum status act_hold_take(struct slice body, struct hold_act *ret_act);

/* ACT_SKIP: [device, ordinal, bits, first, last, hash of the last] */
struct skip_act {
	uint8_t device[DEVICE_ID_LEN];
	struct incarnation incarnation;
	uint64_t first;
	uint64_t last;
	uint8_t hash[HASH_LEN]; /* as the batch behind it names it */
};
void act_skip_put(struct bytes *out, const struct skip_act *act);
MUST_CHECK enum status act_skip_take(struct slice body, struct skip_act *ret_act);

#endif
