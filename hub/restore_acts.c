#include "hub/restore_acts.h"

#include <string.h>

#include "hub/act_device.h"
#include "hub/acts_log.h"
#include "hub/chain.h"
#include "hub/log.h"
#include "hub/state.h"

struct repeating {
	struct hub *hub;
	struct state state;
	struct restored *restored;
	int64_t above; /* the last entry of the backup */
};

/* An invitation of the log is open again only with the key that its code proves. */
static enum status reopen_invitation(struct hub *hub, const struct acts_record *record)
{
	struct cbor r = cbor_reader(record->act.body.data, record->act.body.len);
	uint8_t id[KEY_ID_LEN] = {0};
	uint8_t replaced[DEVICE_ID_LEN] = {0};
	size_t items = cbor_array(&r, 5);
	cbor_fixed(&r, id, KEY_ID_LEN);
	struct slice unit = cbor_text(&r, LIMIT_UNIT);
	int64_t expires = cbor_int(&r, TIME_MIN, TIME_MAX);
	bool confirm = cbor_bool(&r);
	if (items == 5)
		cbor_fixed(&r, replaced, DEVICE_ID_LEN);
	if (cbor_end(&r) != STATUS_OK || record->key.len != MAC_LEN)
		return STATUS_OK; /* it cannot be used, as if it had expired */
	struct query q =
		query_start(hub->db, "INSERT OR IGNORE INTO invitation (id, mac_key, unit, expires, confirm,"
				     " device, replaces) VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6)");
	query_blob(&q, 1, slice_of(id, KEY_ID_LEN));
	query_blob(&q, 2, record->key);
	query_text(&q, 3, unit);
	query_int(&q, 4, expires);
	query_int(&q, 5, confirm ? 1 : 0);
	if (items == 5)
		query_blob(&q, 6, slice_of(replaced, DEVICE_ID_LEN));
	else
		query_null(&q, 6);
	return query_run(&q);
}

/* Whose it was is known from its enrolment: nobody else uses it. */
static enum status use_invitation(struct hub *hub, const struct act *act)
{
	struct enrol_act enrol;
	struct enrol_request request;
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	uint8_t id[KEY_ID_LEN];
	enum status s = act_enrol_take(act->body, &enrol);
	if (s == STATUS_OK)
		s = enrol_open(enrol.sealed, hub->identity.hub_id, &request, &sealed, mac);
	if (s != STATUS_OK)
		return s;
	sign_key_id(request.public_key, id);
	struct query q = query_start(hub->db, "UPDATE invitation SET device = ?2 WHERE id = ?1");
	query_blob(&q, 1, slice_of(enrol.invitation, KEY_ID_LEN));
	query_blob(&q, 2, slice_of(id, KEY_ID_LEN));
	return query_run(&q);
}

static enum status repeat(struct repeating *r, const struct acts_record *record)
{
	struct log_entry entry = {.type = LOG_ACT, .accepted_at = record->accepted_at, .body = record->sealed};
	enum status s = state_apply_act(&r->state, &record->act);
	if (s == STATUS_OK)
		s = log_append(r->hub->db, &entry);
	if (s == STATUS_OK && record->act.type == ACT_INVITE)
		s = reopen_invitation(r->hub, record);
	if (s == STATUS_OK && record->act.type == ACT_ENROL)
		s = use_invitation(r->hub, &record->act);
	if (s != STATUS_OK)
		return s;
	r->hub->last_entry = entry.n;
	r->restored->acts++;
	r->restored->devices += record->act.type == ACT_ENROL ? 1 : 0;
	return STATUS_OK;
}

/* Where the batches up to there are in the backup it stands as it stood; otherwise they first come again. */
static enum status still_fits(struct repeating *r, const struct act *act, bool *ret_fits)
{
	struct skip_act skip;
	struct chain_state chain = {0};
	enum status s = act_skip_take(act->body, &skip);
	if (s == STATUS_OK)
		s = chain_get(r->hub->db, skip.device, &skip.incarnation, &chain);
	*ret_fits = s == STATUS_OK && chain.have + 1 == skip.first;
	return s;
}

static enum status take_record(void *context, const struct acts_record *record)
{
	struct repeating *r = context;
	bool fits = true;
	if (record->n <= r->above)
		return STATUS_OK;
	if (!record->verified) { /* damaged, or not this hub's: the others stand */
		r->restored->left_out++;
		return STATUS_OK;
	}
	if (record->act.type == ACT_RETRY) { /* names entries that this log does not have */
		r->restored->retries++;
		return STATUS_OK;
	}
	enum status s = record->act.type == ACT_SKIP ? still_fits(r, &record->act, &fits) : STATUS_OK;
	if (s == STATUS_OK && !fits)
		r->restored->skips++;
	if (s != STATUS_OK || !fits)
		return s;
	s = repeat(r, record);
	int end = status_exit(s);
	if (s == STATUS_OK || end == EXIT_DISK || end == EXIT_LATER)
		return s;
	r->restored->left_out++;
	return STATUS_OK;
}

enum status restore_acts(struct hub *hub, const char *path, struct restored *restored)
{
	struct repeating r = {.hub = hub, .state = state_of(hub), .restored = restored, .above = hub->last_entry};
	struct acts_start start;
	enum status s = acts_log_read(path, &hub->identity, take_record, &r, &start);
	state_clear(&r.state);
	if (s != STATUS_OK)
		return s;
	restored->acts_log = true;
	restored->acts_gap = start.n > r.above;
	restored->acts_cut = start.cut;
	return STATUS_OK;
}
