/*
 * Units and devices as the fold and the front need them: in memory, read from the state's tables, changed only by
 * acts. A code may name several units, one after the other: each stands here with the days on which it is valid,
 * and what succeeded it (Quyết định 19/2025/QĐ-TTg: communes got new codes on 1 July 2025, and some a code that had
 * been another's). Lookups of keys may come from front threads while the one writer changes it: those calls take
 * the lock inside; everything else belongs to the writer's (or a report's) own thread.
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
	char above[LIMIT_UNIT + 1]; /* the code of its parent; "" for a province */
	int parent;                 /* index, as on the unit's last day; UNIT_NONE for the province */
	int32_t valid_from;         /* DAY_UNSET: always */
	int32_t valid_to;           /* inclusive; DAY_UNSET: until further notice */
};

/* A unit's parent from one day to another, both inclusive; INT32_MIN and INT32_MAX where there is no bound. */
struct unit_span {
	int parent;
	int32_t from;
	int32_t to;
};

/* Stable numbers: they stand in the log for good. */
enum succession_kind {
	SUCCESSION_SAME = 0, /* not stated: the code goes on the day after, and nothing else is said of it */
	SUCCESSION_MERGE = 1,
	SUCCESSION_SPLIT = 2,
	SUCCESSION_RENAME = 3,
	SUCCESSION_TRANSFER = 4
};
/* "merge", …; 0 and "" for what is none. */
enum succession_kind succession_kind_of(const char *text, size_t len);
const char *succession_kind_name(enum succession_kind kind);

/* From a day on, heir stands where old, or a part of it, stood until the day before. */
struct succession {
	int old;
	int heir;
	int32_t from;
	enum succession_kind kind;
};

/* Where a device works from a day on; the first one it has begins with INT32_MIN. */
struct posting {
	int32_t from;
	int unit;
};

struct device {
	uint8_t id[DEVICE_ID_LEN];
	int unit; /* index of the last one it was given; UNIT_NONE if the unit is not in the list */
	int first_posting;
	int n_postings; /* 0: unit is all there is to know */
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

/* Units stand in the order of their codes, those of one code in time. Borrowed until the next reload. */
int registry_unit_count(const struct registry *r);
const struct unit *registry_unit(const struct registry *r, int index);
/* The last unit of a code; UNIT_NONE if unknown. */
int registry_find_unit(const struct registry *r, struct slice code);
/* The unit that has the code on a day, else the last that had it before, else the first that gets it. */
int registry_find_unit_on(const struct registry *r, struct slice code, int32_t day);
/* The unit before this one under the same code; UNIT_NONE if it is the first. */
int registry_unit_before(const struct registry *r, int index);
/* True if `above` is `below` or stands over it, on the last day of each. */
bool registry_covers(const struct registry *r, int above, int below);
/* The unit without a parent, the last one there is; UNIT_NONE before the first import. */
int registry_province(const struct registry *r);
/* The i-th parent a unit has had, in time; NULL when there are no more. */
const struct unit_span *registry_span(const struct registry *r, int unit, int i);
/*
 * The parent of a unit on a day; UNIT_NONE if it has none then. *since moves to the day from which on that has been
 * so, if that is later.
 */
int registry_parent_on(const struct registry *r, int unit, int32_t day, int32_t *since);
/* The i-th succession from this unit, and the i-th to it; NULL when there are no more. */
const struct succession *registry_heir(const struct registry *r, int unit, int i);
const struct succession *registry_forebear(const struct registry *r, int unit, int i);
/* The days from which and up to which it is valid; INT32_MIN and INT32_MAX where there is no bound. */
int32_t unit_first_day(const struct unit *u);
int32_t unit_last_day(const struct unit *u);
/* True if the unit is valid on the day. */
bool unit_valid_on(const struct unit *u, int32_t day);
/* True if no other unit has it as its parent. */
bool registry_is_leaf(const struct registry *r, int index);

/* The unit a device works for on a day: merges and renames followed, and what the operator assigned. */
int registry_device_unit(const struct registry *r, const struct device *device, int32_t day);
/* The i-th posting of a device, in time; false when there are no more. */
bool registry_posting(const struct registry *r, const struct device *device, int i, struct posting *ret_posting);

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
