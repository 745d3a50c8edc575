/*
 * Units and devices as the fold and the front need them: in memory, read from the state's tables, changed only by
 * acts. Lookups of keys may come from front threads while the one writer changes it: those calls take the lock
 * inside; everything else belongs to the writer's (or a report's) own thread.
 */
#ifndef MOTCUA_HUB_REGISTRY_H
#define MOTCUA_HUB_REGISTRY_H

#include "config/database.h"
#include "protocol/calendar.h"
#include "protocol/fold.h"
#include "protocol/reply.h"

enum unit_level { LEVEL_PROVINCE = 1, LEVEL_DEPARTMENT = 2, LEVEL_DISTRICT = 3, LEVEL_COMMUNE = 4 };
/* "province", …; 0 and "" for what is none. */
enum unit_level unit_level_of(const char *text, size_t len);
const char *unit_level_name(enum unit_level level);

enum { UNIT_NAME = 200, UNIT_NONE = -1 };

struct unit {
	char code[LIMIT_UNIT + 1];
	char name[UNIT_NAME + 1];
	enum unit_level level;
	int parent;         /* index, UNIT_NONE for the province */
	int32_t valid_from; /* DAY_UNSET: always */
	int32_t valid_to;   /* inclusive; DAY_UNSET: until further notice */
};

struct device {
	uint8_t id[DEVICE_ID_LEN];
	int unit; /* index, UNIT_NONE if the unit is not in the list */
	enum device_state state;
	int64_t enrolled_at;
	int32_t heard_day; /* latest date of a batch (contract section 6), DAY_UNSET: none */
	uint8_t key_id[KEY_ID_LEN];
	uint8_t public_key[PUBLIC_KEY_LEN];
	uint8_t box_key[PUBLIC_KEY_LEN];
	bool held; /* it signed two batches under one number, the operator has not cleared it up yet */
};

/* STATUS_OK if what this device sends is taken, else STATUS_WAITING_DEVICE, STATUS_SUSPENDED (or revoked), or
 * STATUS_FORK (held). */
MUST_CHECK enum status device_check(const struct device *device);
/* "active", …; "held" where that alone keeps its data out. */
const char *device_standing(const struct device *device);

struct registry; /* opaque */

/* Reads units and devices from the tables of a state. */
MUST_CHECK enum status registry_new(struct database *db, struct registry **ret_registry);
void registry_free(struct registry *r);
/* Reads everything again; on failure the old content stands. */
MUST_CHECK enum status registry_reload(struct registry *r, struct database *db);

/* Units stand in the order of their codes. Borrowed until the next reload. */
int registry_unit_count(const struct registry *r);
const struct unit *registry_unit(const struct registry *r, int index);
int registry_find_unit(const struct registry *r, struct slice code); /* UNIT_NONE if unknown */
/* True if `above` is `below` or stands over it. */
bool registry_covers(const struct registry *r, int above, int below);
/* The unit without a parent; UNIT_NONE before the first import. */
int registry_province(const struct registry *r);
/* True if the unit is valid on the day. */
bool unit_valid_on(const struct unit *u, int32_t day);
/* True if no other unit has it as its parent. */
bool registry_is_leaf(const struct registry *r, int index);

int registry_device_count(const struct registry *r);
const struct device *registry_device(const struct registry *r, int index);
/* STATUS_UNKNOWN_DEVICE. A copy: safe from any thread. */
MUST_CHECK enum status registry_find_device(struct registry *r, const uint8_t id[static DEVICE_ID_LEN],
					    struct device *ret_device);
MUST_CHECK enum status registry_find_key(struct registry *r, const uint8_t key_id[static KEY_ID_LEN],
					 struct device *ret_device);

/* The scope of protocol/fold.h over this registry; borrows it. */
struct scope registry_scope(const struct registry *r);

#endif
