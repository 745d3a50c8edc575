#include "hub/act.h"

#include "hub/log.h"
#include "hub/state.h"
#include "protocol/cbor.h"

enum { ACT_VERSION = 1 };

const char *act_type_name(enum act_type type)
{
	switch (type) {
	case ACT_INIT:
		return "init";
	case ACT_UNITS:
		return "units";
	case ACT_INVITE:
		return "invite";
	case ACT_ENROL:
		return "enrol";
	case ACT_CONFIRM:
		return "confirm";
	case ACT_ACCEPT:
		return "accept";
	case ACT_SPLIT:
		return "split";
	case ACT_RETRY:
		return "retry";
	case ACT_HOLD:
		return "hold";
	case ACT_RELEASE:
		return "release";
	case ACT_STATE:
		return "state";
	case ACT_SKIP:
		return "skip";
	case ACT_EPOCH:
		return "epoch";
	case ACT_CLOSE:
		return "close";
	case ACT_SUCCESSION:
		return "succession";
	case ACT_ASSIGN:
		return "assign";
	}
	return "";
}

enum status act_seal(const struct hub *hub, const struct act *act, struct bytes *out)
{
	struct bytes payload = bytes_new(LIMIT_ACT);
	cbor_put_map(&payload, 5);
	cbor_put_uint(&payload, 1);
	cbor_put_uint(&payload, ACT_VERSION);
	cbor_put_uint(&payload, 2);
	cbor_put_uint(&payload, act->type);
	cbor_put_uint(&payload, 3);
	cbor_put_int(&payload, act->at);
	cbor_put_uint(&payload, 4);
	cbor_put_text(&payload, (const char *)act->who.data, act->who.len);
	cbor_put_uint(&payload, 5);
	cbor_put_bytes(&payload, act->body.data, act->body.len);
	enum status s = bytes_status(&payload);
	if (s == STATUS_OK)
		s = envelope_seal(MESSAGE_ACT, hub->identity.hub_id, hub->key, bytes_slice(&payload), out);
	bytes_free(&payload);
	return s;
}

enum status act_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
		     const uint8_t hub_key[static PUBLIC_KEY_LEN], struct act *ret_act)
{
	struct slice payload;
	enum status s = envelope_open(sealed, MESSAGE_ACT, hub_id, hub_key, &payload);
	if (s != STATUS_OK)
		return s;
	struct act act = {0};
	struct cbor r = cbor_reader(payload.data, payload.len);
	size_t left = cbor_map(&r, 5);
	cbor_need(&r, &left, 1);
	if (cbor_uint(&r, UINT32_MAX) != ACT_VERSION)
		return STATUS_VERSION;
	cbor_need(&r, &left, 2);
	act.type = (enum act_type)cbor_uint(&r, ACT_TYPE_MAX);
	cbor_need(&r, &left, 3);
	act.at = cbor_int(&r, TIME_MIN, TIME_MAX);
	cbor_need(&r, &left, 4);
	act.who = cbor_text(&r, WHO_TEXT);
	cbor_need(&r, &left, 5);
	act.body = cbor_bytes(&r, LIMIT_ACT);
	cbor_map_end(&r, left);
	s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_act = act;
	return s;
}

enum status act_record(struct hub *hub, enum act_type type, const char *who, struct slice body)
{
	struct act act = {
		.type = type, .at = hub_now(hub), .who = slice_str(who == NULL ? "hub" : who), .body = body};
	struct bytes sealed = bytes_new(LIMIT_ACT);
	struct log_entry entry = {.type = LOG_ACT, .accepted_at = act.at};
	enum status s = act_seal(hub, &act, &sealed);
	if (s != STATUS_OK)
		goto out;
	entry.body = bytes_slice(&sealed);
	/* What the log keeps for good must be readable: it is applied as a rebuild will read it. */
	s = act_open(entry.body, hub->identity.hub_id, hub->identity.sign_key, &act);
	if (s == STATUS_OK)
		s = log_append(hub->db, &entry);
	if (s == STATUS_OK) {
		struct state state = state_of(hub);
		s = state_apply_act(&state, &act);
		state_clear(&state);
	}
	if (s == STATUS_OK) {
		hub->last_entry = entry.n;
		hub->acts_due = true;
	}
out:
	bytes_free(&sealed);
	return s;
}

static void put_slice_text(struct bytes *out, struct slice text)
{
	cbor_put_text(out, (const char *)text.data, text.len);
}

static void put_day(struct bytes *out, int32_t day)
{
	if (day == DAY_UNSET)
		cbor_put_null(out);
	else
		cbor_put_int(out, day);
}

static int32_t take_day(struct cbor *r)
{
	return cbor_take_null(r) ? DAY_UNSET : (int32_t)cbor_int(r, INT32_MIN + 1, INT32_MAX);
}

void act_unit_put(struct bytes *out, const struct unit_row *row)
{
	cbor_put_array(out, 7);
	put_slice_text(out, row->code);
	put_slice_text(out, row->name);
	cbor_put_uint(out, row->level);
	put_slice_text(out, row->parent);
	put_day(out, row->valid_from);
	put_day(out, row->valid_to);
	put_slice_text(out, row->phone);
}

void act_unit_take(struct cbor *r, struct unit_row *ret_row)
{
	cbor_array_of(r, 7);
	ret_row->code = cbor_text(r, LIMIT_UNIT);
	ret_row->name = cbor_text(r, UNIT_NAME);
	ret_row->level = (enum unit_level)cbor_uint(r, LEVEL_COMMUNE);
	ret_row->parent = cbor_text(r, LIMIT_UNIT);
	ret_row->valid_from = take_day(r);
	ret_row->valid_to = take_day(r);
	ret_row->phone = cbor_text(r, UNIT_PHONE);
}

void act_enrol_put(struct bytes *out, const struct enrol_act *e)
{
	cbor_put_array(out, 4);
	cbor_put_bytes(out, e->invitation, KEY_ID_LEN);
	put_slice_text(out, e->unit);
	cbor_put_uint(out, e->state);
	cbor_put_bytes(out, e->sealed.data, e->sealed.len);
}

enum status act_enrol_take(struct slice body, struct enrol_act *ret_enrol)
{
	struct cbor r = cbor_reader(body.data, body.len);
	struct enrol_act e = {0};
	cbor_array_of(&r, 4);
	cbor_fixed(&r, e.invitation, KEY_ID_LEN);
	e.unit = cbor_text(&r, LIMIT_UNIT);
	e.state = (enum device_state)cbor_uint(&r, DEVICE_REVOKED);
	e.sealed = cbor_bytes(&r, LIMIT_IDENTITY);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_enrol = e;
	return s;
}
