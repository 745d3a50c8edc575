#include <string.h>

#include "hub/closing.h"
#include "hub/dossier_fold.h"
#include "hub/epoch.h"
#include "hub/retry.h"
#include "hub/state_devices.h"
#include "hub/state_units.h"

/* [code, bytes]: the form that accepting and splitting share. */
static enum status take_code(const struct act *act, size_t len, struct slice *ret_code, struct slice *ret_bytes)
{
	struct cbor r = cbor_reader(act->body.data, act->body.len);
	cbor_array_of(&r, 2);
	*ret_code = cbor_text(&r, LIMIT_KEY);
	*ret_bytes = cbor_bytes(&r, len);
	if (ret_bytes->len != len)
		cbor_fail(&r);
	return cbor_end(&r);
}

static enum status apply_accept(struct state *state, const struct act *act)
{
	struct slice code;
	struct slice fingerprint;
	enum status s = take_code(act, HASH_LEN, &code, &fingerprint);
	if (s != STATUS_OK)
		return s;
	struct query q =
		query_start(state->db, "INSERT OR REPLACE INTO accepted (code, fingerprint) VALUES (?1, ?2)");
	query_text(&q, 1, code);
	query_blob(&q, 2, fingerprint);
	return query_run(&q);
}

static enum status apply_split(struct state *state, const struct act *act)
{
	struct slice code;
	struct slice device;
	enum status s = take_code(act, DEVICE_ID_LEN, &code, &device);
	if (s != STATUS_OK)
		return s;
	struct query q =
		query_start(state->db, "INSERT INTO split (code, device) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
	query_text(&q, 1, code);
	query_blob(&q, 2, device);
	s = query_run(&q);
	state->rare.known = false;
	return s == STATUS_OK && !state->defer_facts ? dossier_fold_code(state, code) : s;
}

static enum status apply_epoch(struct state *state, const struct act *act)
{
	uint64_t epoch = 0;
	enum status s = epoch_act_take(act->body, &epoch);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(state->db, "INSERT INTO epoch (number) VALUES (?1) ON CONFLICT DO NOTHING");
	query_int(&q, 1, (int64_t)epoch);
	return query_run(&q);
}

enum status state_apply_act(struct state *state, const struct act *act)
{
	switch (act->type) {
	case ACT_INIT:
	case ACT_INVITE:
		/* The identity is read from the log itself, an invitation is open only in the local tables. */
		return STATUS_OK;
	case ACT_UNITS:
		return state_apply_units(state, act);
	case ACT_ENROL:
		return state_apply_enrol(state, act);
	case ACT_CONFIRM:
		return state_apply_confirm(state, act);
	case ACT_ACCEPT:
		return apply_accept(state, act);
	case ACT_SPLIT:
		return apply_split(state, act);
	case ACT_RETRY:
		return state->acts_alone ? STATUS_OK : retry_apply(state, act);
	case ACT_HOLD:
		return state_apply_hold(state, act);
	case ACT_RELEASE:
		return state_apply_release(state, act);
	case ACT_STATE:
		return state_apply_device_state(state, act);
	case ACT_SKIP:
		return state_apply_skip(state, act);
	case ACT_EPOCH:
		return apply_epoch(state, act);
	case ACT_CLOSE:
		return closing_apply(state->db, act);
	case ACT_SUCCESSION:
		return state_apply_succession(state, act);
	case ACT_ASSIGN:
		return state_apply_assign(state, act);
	}
	return STATUS_VERSION;
}
