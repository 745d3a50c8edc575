/*
 * Acts: what an operator did, or the hub on an operator's behalf, as signed entries of the log beside the batches.
 * A sealed act is an envelope of MESSAGE_ACT by the hub's key over {1: version, 2: type, 3: at, 4: who, 5: body}.
 */
#ifndef MOTCUA_HUB_ACT_H
#define MOTCUA_HUB_ACT_H

#include "hub/hub.h"
#include "protocol/request.h"

/* Stable numbers: they stand in the log for good. */
enum act_type {
	ACT_INIT = 1,    /* body: [epoch, sealed identity] */
	ACT_UNITS = 2,   /* body: [[code, name, level, parent, valid_from, valid_to, phone] …]: set or replaced */
	ACT_INVITE = 3,  /* body: [invitation id, unit, expires, confirm (, replaced device)] */
	ACT_ENROL = 4,   /* body: [invitation id, unit, state, sealed enrolment request] */
	ACT_CONFIRM = 5, /* body: [device] */
	ACT_ACCEPT = 6,  /* body: [dossier code, fingerprint of the conflict]: it is as it is */
	ACT_SPLIT = 7,   /* body: [dossier code, device]: what this device says is another dossier */
	ACT_RETRY = 8,   /* body: [[log entry, [index …]] …]: refused records that pass today (places.h) */
	/* bodies in act_device.h */
	ACT_HOLD = 9,     /* two batches under one number: nothing more of this computer is taken … */
	ACT_RELEASE = 10, /* … until the operator has cleared it up */
	ACT_STATE = 11,   /* suspended, resumed or revoked */
	ACT_SKIP = 12,    /* batches lost for good: the chain goes on without them */
	ACT_EPOCH = 13,   /* body: [epoch] (epoch.h): this database was put back from a copy */
	ACT_CLOSE = 14,   /* closing.h: what was reported of a period */
	/* bodies in act_units.h */
	ACT_SUCCESSION = 15, /* which unit stands in the place of which: set or replaced */
	ACT_ASSIGN = 16      /* where a computer works from a day on */
};
enum { ACT_TYPE_MAX = ACT_ASSIGN, WHO_TEXT = 80 };
const char *act_type_name(enum act_type type);

struct act {
	enum act_type type;
	int64_t at;
	struct slice who;  /* account of the operating system, or "hub" */
	struct slice body; /* CBOR, see act_type */
};

MUST_CHECK enum status act_seal(const struct hub *hub, const struct act *act, struct bytes *out);
/* Verifies and reads; slices borrow from sealed. */
MUST_CHECK enum status act_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
				const uint8_t hub_key[static PUBLIC_KEY_LEN], struct act *ret_act);

/*
 * Seals, appends to the log and applies an act, inside the caller's transaction (hub_begin). who: NULL for "hub".
 */
MUST_CHECK enum status act_record(struct hub *hub, enum act_type type, const char *who, struct slice body);

/* Bodies that both the writer and the reader of an act need in one place. */
enum { UNIT_PHONE = 60 };
struct unit_row {
	struct slice code;
	struct slice name;
	enum unit_level level;
	struct slice parent;
	int32_t valid_from;
	int32_t valid_to;
	struct slice phone;
};
void act_unit_put(struct bytes *out, const struct unit_row *row);
void act_unit_take(struct cbor *r, struct unit_row *ret_row);

struct enrol_act {
	uint8_t invitation[KEY_ID_LEN];
	struct slice unit;
	enum device_state state;
	struct slice sealed; /* the device's own signed request: evidence of who asked */
};
void act_enrol_put(struct bytes *out, const struct enrol_act *e);
MUST_CHECK enum status act_enrol_take(struct slice body, struct enrol_act *ret_enrol);

#endif
