#include "hub/enrol.h"

#include <stdio.h>
#include <string.h>

#include "config/log.h"
#include "hub/act_device.h"
#include "hub/device_acts.h"
#include "hub/log_limit.h"
#include "hub/returning.h"

#define HOUR_MS (INT64_C(3600) * 1000)

static enum status record_invite(struct hub *hub, const struct invite_plan *plan, const uint8_t *id,
				 int64_t expires)
{
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	cbor_put_array(&body, plan->replaces ? 5 : 4);
	cbor_put_bytes(&body, id, KEY_ID_LEN);
	cbor_put_text(&body, plan->unit, strlen(plan->unit));
	cbor_put_int(&body, expires);
	cbor_put_bool(&body, plan->confirm);
	if (plan->replaces)
		cbor_put_bytes(&body, plan->replaced, DEVICE_ID_LEN);
	enum status s = bytes_status(&body);
	if (s == STATUS_OK)
		s = act_record(hub, ACT_INVITE, plan->who, bytes_slice(&body));
	bytes_free(&body);
	return s;
}

static enum status keep_invitation(struct hub *hub, const struct invite_plan *plan, const uint8_t *id,
				   const uint8_t *mac_key, int64_t expires)
{
	struct query q = query_start(
		hub->db, "INSERT INTO invitation (id, mac_key, unit, expires, confirm, device, replaces)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, NULL, ?6)");
	query_blob(&q, 1, slice_of(id, KEY_ID_LEN));
	query_blob(&q, 2, slice_of(mac_key, MAC_LEN));
	query_str(&q, 3, plan->unit);
	query_int(&q, 4, expires);
	query_int(&q, 5, plan->confirm ? 1 : 0);
	if (plan->replaces)
		query_blob(&q, 6, slice_of(plan->replaced, DEVICE_ID_LEN));
	else
		query_null(&q, 6);
	return query_run(&q);
}

static enum status check_plan(struct hub *hub, const struct invite_plan *plan)
{
	struct device replaced;
	int unit = registry_find_unit(hub->registry, slice_str(plan->unit));
	if (unit == UNIT_NONE)
		return STATUS_EMPTY;
	if (!plan->replaces)
		return STATUS_OK;
	enum status s = registry_find_device(hub->registry, plan->replaced, &replaced);
	return s == STATUS_OK && replaced.unit != unit ? STATUS_DIFFERENT : s;
}

enum status enrol_invite_within(struct hub *hub, const struct invite_plan *plan,
				char ret_code[static INVITATION_TEXT], int64_t *ret_expires)
{
	struct invitation invitation = {.port = plan->port};
	uint8_t id[KEY_ID_LEN];
	uint8_t mac_key[MAC_LEN];
	if (strlen(plan->host) > INVITATION_HOST)
		return STATUS_LIMIT;
	(void)snprintf(invitation.host, sizeof(invitation.host), "%s", plan->host);
	random_fill(invitation.secret, SECRET_LEN);
	identity_hash(bytes_slice(&hub->identity_doc), invitation.identity_hash);
	invitation_id(invitation.secret, id);
	invitation_mac_key(invitation.secret, mac_key);
	int64_t expires = hub_now(hub) + plan->hours * HOUR_MS;
	enum status s = check_plan(hub, plan);
	if (s == STATUS_OK)
		s = record_invite(hub, plan, id, expires);
	if (s == STATUS_OK)
		s = keep_invitation(hub, plan, id, mac_key, expires);
	if (s == STATUS_OK) {
		invitation_format(&invitation, ret_code);
		*ret_expires = expires;
	}
	secret_wipe(&invitation, sizeof(invitation));
	secret_wipe(mac_key, sizeof(mac_key));
	return s;
}

enum status enrol_invite(struct hub *hub, const struct invite_plan *plan, char ret_code[static INVITATION_TEXT],
			 int64_t *ret_expires)
{
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	return s == STATUS_OK ? hub_end(&t, enrol_invite_within(hub, plan, ret_code, ret_expires)) : s;
}

struct open_invitation {
	char unit[LIMIT_UNIT + 1];
	bool confirm;
	bool used; /* by the device below */
	uint8_t device[DEVICE_ID_LEN];
};

/* Two computers know one code: an operator must hear of it, as either may be the wrong one. */
static void alarm_used_again(struct hub *hub, const struct open_invitation *invitation)
{
	char id[2 * DEVICE_ID_LEN + 1];
	uint8_t about[1 + DEVICE_ID_LEN] = {'i'}; /* apart from other remarks on this device */
	memcpy(about + 1, invitation->device, DEVICE_ID_LEN);
	if (log_limit_passes(hub->remarks, slice_of(about, sizeof(about)), hub_now(hub)))
		log_event(LOG_WARNING, "event=invitation-used-again unit=%s device=%s", invitation->unit,
			  hex_format(invitation->device, DEVICE_ID_LEN, id));
}

/* The invitation this request proves, if it is open or was used by this very device. */
static enum status find_invitation(struct hub *hub, const struct enrol_request *request, struct slice sealed,
				   const uint8_t *mac, struct open_invitation *ret_invitation)
{
	struct open_invitation found = {0};
	int64_t expires = INT64_MIN;
	bool proved = false;
	struct query q = query_start(hub->db, "SELECT mac_key, unit, expires, confirm, device FROM invitation"
					      " WHERE id = ?1");
	query_blob(&q, 1, slice_of(request->invitation, KEY_ID_LEN));
	if (query_row(&q)) {
		struct slice key = query_get_blob(&q, 0);
		proved = key.len == MAC_LEN && enrol_mac_ok(sealed, mac, key.data);
		struct slice unit = query_get_text(&q, 1);
		(void)snprintf(found.unit, sizeof(found.unit), "%.*s", (int)unit.len, (const char *)unit.data);
		expires = query_get_int(&q, 2);
		found.confirm = query_get_int(&q, 3) != 0;
		struct slice device = query_get_blob(&q, 4);
		found.used = !query_is_null(&q, 4);
		if (device.len == DEVICE_ID_LEN)
			memcpy(found.device, device.data, DEVICE_ID_LEN);
	}
	enum status s = query_finish(&q);
	if (s != STATUS_OK)
		return s;
	uint8_t id[KEY_ID_LEN];
	sign_key_id(request->public_key, id);
	bool open = found.used ? memcmp(found.device, id, DEVICE_ID_LEN) == 0 : hub_now(hub) <= expires;
	if (proved && found.used && !open)
		alarm_used_again(hub, &found);
	if (!proved || !open)
		return STATUS_INVITATION;
	*ret_invitation = found;
	return STATUS_OK;
}

/* The computer in whose place this one has enrolled, if any, is shut out. */
static enum status shut_out_replaced(struct hub *hub, const uint8_t *device)
{
	uint8_t replaced[DEVICE_ID_LEN];
	bool any = false;
	struct query q = query_start(hub->db, "SELECT replaces FROM invitation WHERE device = ?1");
	query_blob(&q, 1, slice_of(device, DEVICE_ID_LEN));
	if (query_row(&q)) {
		struct slice id = query_get_blob(&q, 0);
		any = id.len == DEVICE_ID_LEN;
		if (any)
			memcpy(replaced, id.data, DEVICE_ID_LEN);
	}
	enum status s = query_finish(&q);
	return s == STATUS_OK && any ? device_replaced(hub, replaced) : s;
}

static enum status register_device(struct hub *hub, const struct enrol_request *request, struct slice body,
				   const struct open_invitation *invitation)
{
	uint8_t id[KEY_ID_LEN];
	struct device known;
	sign_key_id(request->public_key, id);
	/* A key enrols once; a PC that starts anew makes a new key. */
	if (registry_find_device(hub->registry, id, &known) == STATUS_OK)
		return STATUS_INVITATION;
	struct enrol_act act = {.unit = slice_str(invitation->unit),
				.state = invitation->confirm ? DEVICE_WAITING : DEVICE_UNCONFIRMED,
				.sealed = body};
	struct bytes encoded = bytes_new(LIMIT_ACT);
	memcpy(act.invitation, request->invitation, KEY_ID_LEN);
	act_enrol_put(&encoded, &act);
	enum status s = bytes_status(&encoded);
	if (s == STATUS_OK)
		s = act_record(hub, ACT_ENROL, NULL, bytes_slice(&encoded));
	bytes_free(&encoded);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(hub->db, "UPDATE invitation SET device = ?2 WHERE id = ?1");
	query_blob(&q, 1, slice_of(request->invitation, KEY_ID_LEN));
	query_blob(&q, 2, slice_of(id, sizeof(id)));
	s = query_run(&q);
	/* Where the operator is asked first, the old one works until the new one is confirmed. */
	return s == STATUS_OK && !invitation->confirm ? shut_out_replaced(hub, id) : s;
}

static enum status put_enrolled(struct hub *hub, const uint8_t id[static DEVICE_ID_LEN],
				const uint8_t nonce[static NONCE_LEN], struct bytes *out)
{
	struct device device;
	enum status s = registry_find_device(hub->registry, id, &device);
	if (s != STATUS_OK)
		return s;
	const struct unit *unit = device.unit == UNIT_NONE ? NULL : registry_unit(hub->registry, device.unit);
	struct enrolled enrolled = {.state = device.state,
				    .hub_time = hub_now(hub),
				    .unit = slice_str(unit == NULL ? "" : unit->code),
				    .unit_name = slice_str(unit == NULL ? "" : unit->name)};
	memcpy(enrolled.nonce, nonce, NONCE_LEN);
	memcpy(enrolled.device, id, DEVICE_ID_LEN);
	return enrolled_seal(&enrolled, hub->identity.hub_id, hub->key, out);
}

/* One that this hub has forgotten: the operator's confirmation stands in the place of an invitation. */
static enum status find_returning(struct hub *hub, const struct enrol_request *request, struct slice evidence,
				  struct open_invitation *ret_invitation)
{
	struct device known;
	uint8_t id[KEY_ID_LEN];
	*ret_invitation = (struct open_invitation){.confirm = true};
	sign_key_id(request->public_key, id);
	ret_invitation->used = registry_find_device(hub->registry, id, &known) == STATUS_OK;
	return returning_unit(hub, request, evidence, ret_invitation->unit);
}

/* The key behind the request is a device now, or was one under this invitation. */
static enum status admit(struct hub *hub, const struct enrol_request *request, struct slice body,
			 struct slice sealed, const uint8_t *mac)
{
	struct open_invitation invitation;
	struct slice evidence = enrol_evidence(body);
	enum status s = evidence.len > 0 ? find_returning(hub, request, evidence, &invitation)
					 : find_invitation(hub, request, sealed, mac, &invitation);
	return s == STATUS_OK && !invitation.used ? register_device(hub, request, body, &invitation) : s;
}

enum status enrol_take(struct hub *hub, struct slice body, struct bytes *out)
{
	struct enrol_request request;
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	uint8_t id[KEY_ID_LEN];
	enum status s = enrol_open(body, hub->identity.hub_id, &request, &sealed, mac);
	if (s == STATUS_OK)
		s = admit(hub, &request, body, sealed, mac);
	if (s != STATUS_OK)
		return s;
	sign_key_id(request.public_key, id);
	return put_enrolled(hub, id, request.nonce, out);
}

static enum status note_carried(struct hub *hub, const uint8_t *device, const uint8_t *nonce)
{
	struct query q = query_start(hub->db, "UPDATE invitation SET carried_nonce = ?2 WHERE device = ?1");
	query_blob(&q, 1, slice_of(device, DEVICE_ID_LEN));
	query_blob(&q, 2, slice_of(nonce, NONCE_LEN));
	return query_run(&q);
}

/* Whoever signed with the key of a device may well ask what became of it. */
static enum status take_carried(struct hub *hub, struct slice body, struct device *ret_device, bool *ret_fresh)
{
	struct enrol_request request;
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	uint8_t id[KEY_ID_LEN];
	enum status s = enrol_open(body, hub->identity.hub_id, &request, &sealed, mac);
	if (s != STATUS_OK)
		return s;
	sign_key_id(request.public_key, id);
	s = registry_find_device(hub->registry, id, ret_device);
	*ret_fresh = s == STATUS_UNKNOWN_DEVICE;
	if (s == STATUS_UNKNOWN_DEVICE) {
		s = admit(hub, &request, body, sealed, mac);
		if (s == STATUS_OK)
			s = registry_find_device(hub->registry, id, ret_device);
	}
	return s == STATUS_OK ? note_carried(hub, id, request.nonce) : s;
}

enum status enrol_take_carried(struct hub *hub, struct slice body, struct device *ret_device, bool *ret_fresh)
{
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	return s == STATUS_OK ? hub_end(&t, take_carried(hub, body, ret_device, ret_fresh)) : s;
}

enum status enrol_answer_carried(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], struct bytes *out)
{
	uint8_t nonce[NONCE_LEN];
	bool carried = false;
	struct query q = query_start(hub->db, "SELECT carried_nonce FROM invitation WHERE device = ?1"
					      " AND carried_nonce IS NOT NULL");
	query_blob(&q, 1, slice_of(device, DEVICE_ID_LEN));
	if (query_row(&q)) {
		struct slice found = query_get_blob(&q, 0);
		carried = found.len == NONCE_LEN;
		if (carried)
			memcpy(nonce, found.data, NONCE_LEN);
	}
	enum status s = query_finish(&q);
	if (s != STATUS_OK)
		return s;
	return carried ? put_enrolled(hub, device, nonce, out) : STATUS_EMPTY;
}

/* Compares digits only: people read fingerprints with any spacing. */
static bool same_digits(const char *a, const char *b)
{
	for (;;) {
		while (*a != '\0' && (*a < '0' || *a > '9'))
			a++;
		while (*b != '\0' && (*b < '0' || *b > '9'))
			b++;
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
		a++;
		b++;
	}
}

static enum status confirm_device(struct hub *hub, const char *fingerprint, const char *who, uint8_t *ret_device)
{
	for (int i = 0; i < registry_device_count(hub->registry); i++) {
		const struct device *device = registry_device(hub->registry, i);
		char text[FINGERPRINT_TEXT];
		fingerprint_format(hub->identity.hub_id, device->public_key, text);
		if (!same_digits(text, fingerprint) ||
		    (device->state != DEVICE_WAITING && device->state != DEVICE_UNCONFIRMED))
			continue;
		struct bytes body = bytes_new(LIMIT_IDENTITY);
		memcpy(ret_device, device->id, DEVICE_ID_LEN);
		act_device_put(&body, ret_device);
		enum status s = act_record(hub, ACT_CONFIRM, who, bytes_slice(&body));
		bytes_free(&body);
		return s == STATUS_OK ? shut_out_replaced(hub, ret_device) : s;
	}
	return STATUS_EMPTY;
}

enum status enrol_confirm(struct hub *hub, const char *fingerprint, const char *who,
			  uint8_t ret_device[static DEVICE_ID_LEN])
{
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	if (s != STATUS_OK)
		return s;
	return hub_end(&t, confirm_device(hub, fingerprint, who, ret_device));
}
