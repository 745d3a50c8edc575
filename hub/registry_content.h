/*
 * What a registry holds, and how it is read from the tables. For registry.c, and unit_map.c for one walk.
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
	struct unit *units; /* ascending by code, then time */
	bool *has_child;    /* per unit */
	int province;
	struct unit_span *spans;
	int *first_span; /* per unit, and one more: where its spans begin */
	int n_successions;
	int cap_successions;
	struct succession *successions; /* ascending by old, from, heir */
	int *first_heir;                /* per unit, and one more: into successions */
	int *by_heir;                   /* indices of successions, ascending by heir, from, old */
	int *first_forebear;            /* per unit, and one more: into by_heir */
	int n_postings;
	int cap_postings;
	struct posting *postings; /* device by device, in time */
	int n_devices;
	int cap_devices;
	struct device *devices;   /* ascending by id */
	struct key_entry *by_key; /* n_devices of them, ascending by key_id */
};

/* STATUS_CORRUPT for rows that no act can have made. */
MUST_CHECK enum status registry_content_read(struct database *db, struct registry_content *ret_content);
void registry_content_clear(struct registry_content *c);
/* As registry_find_unit and registry_find_unit_on. */
int registry_content_find_unit(const struct registry_content *c, struct slice code);
int registry_content_find_unit_on(const struct registry_content *c, struct slice code, int32_t day);
/* Units on a circle lose their parents, so that every later walk ends. parents has n places. */
MUST_CHECK enum status registry_content_break_circles(int *parents, int n);
/* Room for one more of count things; NULL if there is no memory. */
void *registry_content_grow(void *things, int count, int *cap, size_t size);

/* Once the units are read (registry_links.c): parents over time, what succeeded what, where devices work. */
MUST_CHECK enum status registry_links_parents(struct registry_content *c);
MUST_CHECK enum status registry_links_successions(struct registry_content *c, struct database *db);
MUST_CHECK enum status registry_links_postings(struct registry_content *c, struct database *db);
/* NULL if there is none. */
const struct device *registry_content_find_device(const struct registry_content *c,
						  const uint8_t id[static DEVICE_ID_LEN]);
const struct device *registry_content_find_key(const struct registry_content *c,
					       const uint8_t key_id[static KEY_ID_LEN]);

#endif
