#include "hub/state_devices.h"

#include "hub/act_device.h"
#include "hub/act_units.h"
#include "hub/chain.h"
#include "protocol/batch_form.h"

static enum status put_device(struct state *state, const struct act *act, const struct enrol_act *enrol,
			      const struct enrol_request *request)
{
	uint8_t id[KEY_ID_LEN];
	sign_key_id(request->public_key, id);
	struct query q =
		query_start(state->db, "INSERT INTO device"
				       " (id, unit, state, enrolled_at, heard_day, key_id, public_key, box_key)"
				       " VALUES (?1, ?2, ?3, ?4, NULL, ?1, ?5, ?6)");
	query_blob(&q, 1, slice_of(id, sizeof(id)));
	query_text(&q, 2, enrol->unit);
	query_int(&q, 3, (int64_t)enrol->state);
	query_int(&q, 4, act->at);
	query_blob(&q, 5, slice_of(request->public_key, PUBLIC_KEY_LEN));
	query_blob(&q, 6, slice_of(request->box_key, PUBLIC_KEY_LEN));
	return query_run(&q);
}

enum status state_apply_enrol(struct state *state, const struct act *act)
{
	struct enrol_act enrol;
	struct enrol_request request;
	enum status s = act_enrol_take(act->body, &enrol);
	if (s != STATUS_OK)
		return s;
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	s = enrol_open(enrol.sealed, state->hub_id, &request, &sealed, mac);
	if (s == STATUS_OK)
		s = put_device(state, act, &enrol, &request);
	return s == STATUS_OK ? registry_reload(state->registry, state->db) : s;
}

/* One number of a device's row. */
static enum status set_number(struct state *state, const char *literal, const uint8_t *device, int64_t value)
{
	struct query q = query_start(state->db, literal);
	query_blob(&q, 1, slice_of(device, DEVICE_ID_LEN));
	query_int(&q, 2, value);
	enum status s = query_run(&q);
	return s == STATUS_OK ? registry_reload(state->registry, state->db) : s;
}

static enum status set_state(struct state *state, const uint8_t *device, enum device_state to)
{
	return set_number(state, "UPDATE device SET state = ?2 WHERE id = ?1", device, to);
}

static enum status set_held(struct state *state, const uint8_t *device, bool held)
{
	return set_number(state, "UPDATE device SET held = ?2 WHERE id = ?1", device, held ? 1 : 0);
}

enum status state_apply_confirm(struct state *state, const struct act *act)
{
	uint8_t device[DEVICE_ID_LEN];
	enum status s = act_device_take(act->body, device);
	return s == STATUS_OK ? set_state(state, device, DEVICE_ACTIVE) : s;
}

enum status state_apply_device_state(struct state *state, const struct act *act)
{
	struct state_act change;
	enum status s = act_state_take(act->body, &change);
	return s == STATUS_OK ? set_state(state, change.device, change.state) : s;
}

enum status state_apply_hold(struct state *state, const struct act *act)
{
	struct hold_act hold;
	enum status s = act_hold_take(act->body, &hold);
	return s == STATUS_OK ? set_held(state, hold.device, true) : s;
}

enum status state_apply_release(struct state *state, const struct act *act)
{
	uint8_t device[DEVICE_ID_LEN];
	enum status s = act_device_take(act->body, device);
	return s == STATUS_OK ? set_held(state, device, false) : s;
}

enum status state_apply_assign(struct state *state, const struct act *act)
{
	struct assign_act assign;
	enum status s = act_assign_take(act->body, &assign);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(state->db, "INSERT OR REPLACE INTO assignment (device, from_day, unit)"
						" VALUES (?1, ?2, ?3)");
	query_blob(&q, 1, slice_of(assign.device, DEVICE_ID_LEN));
	query_int(&q, 2, assign.from);
	query_text(&q, 3, assign.unit);
	s = query_run(&q);
	if (s == STATUS_OK)
		s = registry_reload(state->registry, state->db);
	/* What it says of the unit's things may count now. */
	return s == STATUS_OK && !state->defer_facts ? state_refresh(state) : s;
}

enum status state_apply_skip(struct state *state, const struct act *act)
{
	struct skip_act skip;
	uint8_t bits[8];
	enum status s = act_skip_take(act->body, &skip);
	if (s != STATUS_OK)
		return s;
	bits_put(skip.incarnation.bits, bits);
	struct query q = query_start(state->db, "INSERT INTO skipped (device, ordinal, bits, first, last, hash)"
						" VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	query_blob(&q, 1, slice_of(skip.device, DEVICE_ID_LEN));
	query_int(&q, 2, (int64_t)skip.incarnation.ordinal);
	query_blob(&q, 3, slice_of(bits, sizeof(bits)));
	query_int(&q, 4, (int64_t)skip.first);
	query_int(&q, 5, (int64_t)skip.last);
	query_blob(&q, 6, slice_of(skip.hash, HASH_LEN));
	s = query_run(&q);
	if (s != STATUS_OK)
		return s;
	const struct chain_end end = {.have = skip.last, .hash = skip.hash, .accepted_at = TIME_MIN};
	return chain_move(state->db, skip.device, &skip.incarnation, &end);
}
