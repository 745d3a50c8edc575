#include "hub/registry.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "hub/authority.h"
#include "hub/registry_content.h"

static const char *const LEVEL_NAMES[] = {
	[LEVEL_PROVINCE] = "province",
	[LEVEL_DEPARTMENT] = "department",
	[LEVEL_DISTRICT] = "district",
	[LEVEL_COMMUNE] = "commune",
};

static const char *const KIND_NAMES[] = {
	[SUCCESSION_MERGE] = "merge",
	[SUCCESSION_SPLIT] = "split",
	[SUCCESSION_RENAME] = "rename",
	[SUCCESSION_TRANSFER] = "transfer",
};

struct registry {
	pthread_rwlock_t lock; /* content changes under it; only the writer's thread reads without */
	struct registry_content now;
};

enum unit_level unit_level_of(const char *text, size_t len)
{
	for (int i = LEVEL_PROVINCE; i <= LEVEL_COMMUNE; i++)
		if (strlen(LEVEL_NAMES[i]) == len && memcmp(LEVEL_NAMES[i], text, len) == 0)
			return (enum unit_level)i;
	return (enum unit_level)0;
}

const char *unit_level_name(enum unit_level level)
{
	return level >= LEVEL_PROVINCE && level <= LEVEL_COMMUNE ? LEVEL_NAMES[level] : "";
}

enum succession_kind succession_kind_of(const char *text, size_t len)
{
	for (int i = SUCCESSION_MERGE; i <= SUCCESSION_TRANSFER; i++)
		if (strlen(KIND_NAMES[i]) == len && memcmp(KIND_NAMES[i], text, len) == 0)
			return (enum succession_kind)i;
	return (enum succession_kind)0;
}

const char *succession_kind_name(enum succession_kind kind)
{
	return kind >= SUCCESSION_MERGE && kind <= SUCCESSION_TRANSFER ? KIND_NAMES[kind] : "";
}

enum status device_check(const struct device *device)
{
	switch (device->state) {
	case DEVICE_ACTIVE:
	case DEVICE_UNCONFIRMED:
		return device->held ? STATUS_FORK : STATUS_OK;
	case DEVICE_WAITING:
		return STATUS_WAITING_DEVICE;
	case DEVICE_SUSPENDED:
	case DEVICE_REVOKED:
		return STATUS_SUSPENDED;
	}
	return STATUS_UNKNOWN_DEVICE;
}

const char *device_standing(const struct device *device)
{
	return device_check(device) == STATUS_FORK ? "held" : device_state_name(device->state);
}

enum status registry_new(struct database *db, struct registry **ret_registry)
{
	struct registry *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return STATUS_NO_MEMORY;
	enum status s = registry_content_read(db, &r->now);
	if (s == STATUS_OK && pthread_rwlock_init(&r->lock, NULL) != 0) {
		registry_content_clear(&r->now);
		s = STATUS_NO_MEMORY;
	}
	if (s != STATUS_OK) {
		free(r);
		return s;
	}
	*ret_registry = r;
	return STATUS_OK;
}

void registry_free(struct registry *r)
{
	if (r == NULL)
		return;
	(void)pthread_rwlock_destroy(&r->lock); /* fails only while somebody holds it, which would be our bug */
	registry_content_clear(&r->now);
	free(r);
}

enum status registry_reload(struct registry *r, struct database *db)
{
	struct registry_content next;
	enum status s = registry_content_read(db, &next);
	if (s != STATUS_OK)
		return s;
	if (pthread_rwlock_wrlock(&r->lock) != 0) {
		registry_content_clear(&next);
		return STATUS_BUSY;
	}
	struct registry_content old = r->now;
	r->now = next;
	(void)pthread_rwlock_unlock(&r->lock); /* held by this thread */
	registry_content_clear(&old);
	return STATUS_OK;
}

int registry_unit_count(const struct registry *r)
{
	return r->now.n_units;
}

const struct unit *registry_unit(const struct registry *r, int index)
{
	assert(index >= 0 && index < r->now.n_units);
	return &r->now.units[index];
}

int registry_find_unit(const struct registry *r, struct slice code)
{
	return registry_content_find_unit(&r->now, code);
}

int registry_find_unit_on(const struct registry *r, struct slice code, int32_t day)
{
	return registry_content_find_unit_on(&r->now, code, day);
}

int registry_unit_before(const struct registry *r, int index)
{
	if (index <= 0 || strcmp(registry_unit(r, index - 1)->code, registry_unit(r, index)->code) != 0)
		return UNIT_NONE;
	return index - 1;
}

const struct unit_span *registry_span(const struct registry *r, int unit, int i)
{
	int at = r->now.first_span[unit] + i;
	return at < r->now.first_span[unit + 1] ? &r->now.spans[at] : NULL;
}

int registry_parent_on(const struct registry *r, int unit, int32_t day, int32_t *since)
{
	const struct unit_span *span = NULL;
	for (int i = 0; (span = registry_span(r, unit, i)) != NULL; i++) {
		const bool held = span->from <= day && day <= span->to;
		if (held && span->from > *since)
			*since = span->from;
		if (held)
			return span->parent;
		if (span->to < day && span->to >= *since)
			*since = span->to + 1;
	}
	return UNIT_NONE;
}

const struct succession *registry_heir(const struct registry *r, int unit, int i)
{
	int at = r->now.first_heir[unit] + i;
	return at < r->now.first_heir[unit + 1] ? &r->now.successions[at] : NULL;
}

const struct succession *registry_forebear(const struct registry *r, int unit, int i)
{
	int at = r->now.first_forebear[unit] + i;
	return at < r->now.first_forebear[unit + 1] ? &r->now.successions[r->now.by_heir[at]] : NULL;
}

bool registry_posting(const struct registry *r, const struct device *device, int i, struct posting *ret_posting)
{
	if (i == 0 && device->n_postings == 0)
		*ret_posting = (struct posting){.from = INT32_MIN, .unit = device->unit};
	else if (i < device->n_postings)
		*ret_posting = r->now.postings[device->first_posting + i];
	else
		return false;
	return true;
}

int registry_device_unit(const struct registry *r, const struct device *device, int32_t day)
{
	int unit = device->unit;
	struct posting posting;
	for (int i = 0; registry_posting(r, device, i, &posting) && (i == 0 || posting.from <= day); i++)
		unit = posting.unit;
	return unit;
}

bool registry_covers(const struct registry *r, int above, int below)
{
	int at = above == UNIT_NONE ? UNIT_NONE : below;
	while (at != UNIT_NONE && at != above)
		at = registry_unit(r, at)->parent;
	return at != UNIT_NONE;
}

int registry_province(const struct registry *r)
{
	return r->now.province;
}

int32_t unit_first_day(const struct unit *u)
{
	return u->valid_from == DAY_UNSET ? INT32_MIN : u->valid_from;
}

int32_t unit_last_day(const struct unit *u)
{
	return u->valid_to == DAY_UNSET ? INT32_MAX : u->valid_to;
}

bool unit_valid_on(const struct unit *u, int32_t day)
{
	return unit_first_day(u) <= day && day <= unit_last_day(u);
}

bool registry_is_leaf(const struct registry *r, int index)
{
	assert(index >= 0 && index < r->now.n_units);
	return !r->now.has_child[index];
}

int registry_device_count(const struct registry *r)
{
	return r->now.n_devices;
}

const struct device *registry_device(const struct registry *r, int index)
{
	assert(index >= 0 && index < r->now.n_devices);
	return &r->now.devices[index];
}

enum status registry_find_device(struct registry *r, const uint8_t id[static DEVICE_ID_LEN],
				 struct device *ret_device)
{
	if (pthread_rwlock_rdlock(&r->lock) != 0)
		return STATUS_BUSY;
	const struct device *found = registry_content_find_device(&r->now, id);
	if (found != NULL)
		*ret_device = *found;
	(void)pthread_rwlock_unlock(&r->lock); /* held by this thread */
	return found != NULL ? STATUS_OK : STATUS_UNKNOWN_DEVICE;
}

enum status registry_find_key(struct registry *r, const uint8_t key_id[static KEY_ID_LEN],
			      struct device *ret_device)
{
	if (pthread_rwlock_rdlock(&r->lock) != 0)
		return STATUS_BUSY;
	const struct device *found = registry_content_find_key(&r->now, key_id);
	if (found != NULL)
		*ret_device = *found;
	(void)pthread_rwlock_unlock(&r->lock); /* held by this thread */
	return found != NULL ? STATUS_OK : STATUS_UNKNOWN_DEVICE;
}

static struct slice scope_device_unit(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day)
{
	const struct registry *r = context;
	const struct device *found = registry_content_find_device(&r->now, device);
	int unit = found == NULL ? UNIT_NONE : registry_device_unit(r, found, day);
	if (unit == UNIT_NONE)
		return (struct slice){0};
	return slice_str(registry_unit(r, unit)->code);
}

static bool scope_covers(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day,
			 struct slice unit)
{
	const struct registry *r = context;
	const struct device *found = registry_content_find_device(&r->now, device);
	return found != NULL && authority_covers(r, found, day, unit);
}

static bool scope_may_differ(const void *context, const struct unit_word *a, const struct unit_word *b)
{
	const struct registry *r = context;
	const struct device *device_a = registry_content_find_device(&r->now, a->device);
	const struct device *device_b = registry_content_find_device(&r->now, b->device);
	return (device_a != NULL && device_b != NULL && authority_ranked(r, device_a, device_b)) ||
	       authority_follows(r, a->unit, b->unit);
}

struct scope registry_scope(const struct registry *r)
{
	return (struct scope){.context = r,
			      .device_unit = scope_device_unit,
			      .covers = scope_covers,
			      .may_differ = scope_may_differ};
}
