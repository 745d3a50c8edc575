#include "hub/device_acts.h"

#include <string.h>

#include "hub/act_device.h"
#include "hub/act_units.h"

enum { BODY_MAX = 256 };

static enum status record(struct hub *hub, enum act_type type, const char *who, struct bytes *body)
{
	enum status s = bytes_status(body);
	if (s == STATUS_OK)
		s = act_record(hub, type, who, bytes_slice(body));
	bytes_free(body);
	return s;
}

static enum status record_state(struct hub *hub, const uint8_t *device, enum device_state to, const char *who)
{
	struct bytes body = bytes_new(BODY_MAX);
	struct state_act act = {.state = to};
	memcpy(act.device, device, DEVICE_ID_LEN);
	act_state_put(&body, &act);
	return record(hub, ACT_STATE, who, &body);
}

/* A computer that never was let in is not let in by way of a suspension. */
static bool may_change(enum device_state from, enum device_state to)
{
	switch (to) {
	case DEVICE_ACTIVE:
		return from == DEVICE_SUSPENDED;
	case DEVICE_SUSPENDED:
		return from == DEVICE_ACTIVE || from == DEVICE_UNCONFIRMED;
	case DEVICE_REVOKED:
		return from != DEVICE_REVOKED;
	case DEVICE_WAITING:
	case DEVICE_UNCONFIRMED:
		return false;
	}
	return false;
}

static enum status change_state(struct hub *hub, const uint8_t *id, enum device_state to, const char *who,
				enum device_state *ret_now)
{
	struct device device;
	enum status s = registry_find_device(hub->registry, id, &device);
	if (s != STATUS_OK)
		return s;
	*ret_now = device.state;
	if (device.state == to)
		return STATUS_EXISTS;
	return may_change(device.state, to) ? record_state(hub, id, to, who) : STATUS_REFUSED;
}

enum status device_change_state(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], enum device_state to,
				const char *who, enum device_state *ret_now)
{
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	return s == STATUS_OK ? hub_end(&t, change_state(hub, device, to, who, ret_now)) : s;
}

enum status device_replaced(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN])
{
	struct device old;
	enum status s = registry_find_device(hub->registry, device, &old);
	if (s != STATUS_OK || old.state == DEVICE_SUSPENDED || old.state == DEVICE_REVOKED)
		return s;
	return record_state(hub, device, old.state == DEVICE_WAITING ? DEVICE_REVOKED : DEVICE_SUSPENDED, NULL);
}

static enum status assign(struct hub *hub, const uint8_t *id, const char *unit, int32_t from, const char *who)
{
	struct device device;
	struct assign_act act = {.unit = slice_str(unit), .from = from};
	int index = registry_find_unit_on(hub->registry, act.unit, from);
	enum status s = registry_find_device(hub->registry, id, &device);
	if (s != STATUS_OK)
		return s;
	if (index == UNIT_NONE || !unit_valid_on(registry_unit(hub->registry, index), from))
		return STATUS_EMPTY;
	if (registry_device_unit(hub->registry, &device, from) == index)
		return STATUS_REFUSED;
	struct bytes body = bytes_new(BODY_MAX);
	memcpy(act.device, id, DEVICE_ID_LEN);
	act_assign_put(&body, &act);
	return record(hub, ACT_ASSIGN, who, &body);
}

enum status device_assign(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], const char *unit,
			  int32_t from, const char *who)
{
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	return s == STATUS_OK ? hub_end(&t, assign(hub, device, unit, from, who)) : s;
}

static enum status release(struct hub *hub, const uint8_t *id, const char *who)
{
	struct device device;
	struct bytes body = bytes_new(BODY_MAX);
	enum status s = registry_find_device(hub->registry, id, &device);
	if (s == STATUS_OK && !device.held)
		s = STATUS_REFUSED;
	if (s != STATUS_OK)
		return s;
	act_device_put(&body, id);
	return record(hub, ACT_RELEASE, who, &body);
}

enum status device_release(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], const char *who)
{
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	return s == STATUS_OK ? hub_end(&t, release(hub, device, who)) : s;
}

enum status device_hold(struct hub *hub, const struct batch_head *other, const uint8_t stands[static HASH_LEN],
			const uint8_t hash[static HASH_LEN])
{
	struct device device;
	struct hold_act act = {.incarnation = other->incarnation, .seq = other->seq};
	enum status s = registry_find_device(hub->registry, other->device, &device);
	if (s != STATUS_OK || device.held)
		return s;
	struct bytes body = bytes_new(BODY_MAX);
	memcpy(act.device, other->device, DEVICE_ID_LEN);
	memcpy(act.stands, stands, HASH_LEN);
	memcpy(act.other, hash, HASH_LEN);
	act_hold_put(&body, &act);
	return record(hub, ACT_HOLD, NULL, &body);
}
