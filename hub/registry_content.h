/*
 * What a registry holds, and how it is read from the tables. For registry.c alone.
 */
#ifndef MOTCUA_HUB_REGISTRY_CONTENT_H
#define MOTCUA_HUB_REGISTRY_CONTENT_H

#include "hub/registry.h"

struct key_entry {
	uint8_t key_id[KEY_ID_LEN];
	int device;
};

struct registry_content {
	int n_units;
	int cap_units;
	struct unit *units; /* ascending by code */
	bool *has_child;    /* per unit */
	int province;
	int n_devices;
	int cap_devices;
	struct device *devices;   /* ascending by id */
	struct key_entry *by_key; /* n_devices of them, ascending by key_id */
};

/* STATUS_CORRUPT for rows that no act can have made. */
MUST_CHECK enum status registry_content_read(struct database *db, struct registry_content *ret_content);
void registry_content_clear(struct registry_content *c);
int registry_content_find_unit(const struct registry_content *c, struct slice code); /* UNIT_NONE */
/* NULL if there is none. */
const struct device *registry_content_find_device(const struct registry_content *c,
						  const uint8_t id[static DEVICE_ID_LEN]);
const struct device *registry_content_find_key(const struct registry_content *c,
					       const uint8_t key_id[static KEY_ID_LEN]);

#endif
