#include "agent/enroll.h"

#include <stdlib.h>
#include <string.h>

#include "agent/anchor.h"
#include "agent/answer.h"
#include "agent/enrolment.h"
#include "agent/pending.h"
#include "agent/place.h"
#include "agent/renewal.h"
#include "agent/repair.h"
#include "agent/returning.h"
#include "config/datadir.h"
#include "config/machine.h"
#include "protocol/request.h"

struct enrolling {
	struct agent agent; /* filled as far as enrolment has come */
	struct invitation invitation;
	uint8_t secret[DEVICE_SECRET_LEN];
	struct slice document; /* the hub's identity where it is not fetched: by stick */
	struct enroll_report report;
};

static bool by_stick(const struct enrolling *e)
{
	return e->document.len > 0;
}

/* A text of the hub as a C string; cut by the type's bound, which the decoder has checked. */
static void copy_text(struct slice text, char *out, size_t size)
{
	size_t len = text.len < size ? text.len : size - 1;
	if (len > 0)
		memcpy(out, text.data, len);
	out[len] = '\0';
}

static enum status read_code(struct enrolling *e, const char *code, const char *url)
{
	enum status s = invitation_parse(code, &e->invitation);
	if (s == STATUS_OK && url != NULL)
		s = address_parse(url, e->invitation.host, &e->invitation.port);
	if (s == STATUS_OK && e->invitation.host[0] == '\0' && !by_stick(e))
		s = STATUS_USAGE;
	if (s != STATUS_OK)
		return s;
	memcpy(e->agent.host, e->invitation.host, sizeof(e->agent.host));
	e->agent.port = e->invitation.port;
	return STATUS_OK;
}

/* Fetched or carried, it is believed only under the hash in the code. */
static enum status trust_identity(struct enrolling *e)
{
	struct agent *a = &e->agent;
	uint8_t hash[IDENTITY_HASH_LEN];
	enum status s = identity_open(bytes_slice(&a->document), &a->hub);
	if (s != STATUS_OK)
		return s == STATUS_NO_MEMORY ? s : STATUS_PORTAL;
	identity_hash(bytes_slice(&a->document), hash);
	return memcmp(hash, e->invitation.identity_hash, IDENTITY_HASH_LEN) == 0 ? STATUS_OK : STATUS_PIN;
}

/* The only request without a pin (L12). */
static enum status fetch_identity(struct enrolling *e)
{
	struct agent *a = &e->agent;
	struct transport *t = a->world.transport;
	const struct uplink_request request =
		answer_request(&a->world, a->host, a->port, "/v1/hub", slice_str(""), LIMIT_IDENTITY);
	int http_status = 0;
	int64_t retry_after_s = -1;
	a->document = bytes_new(LIMIT_IDENTITY);
	enum status s = t->exchange(t, &request, &http_status, &retry_after_s, &a->document);
	if (s == STATUS_LIMIT)
		return STATUS_PORTAL; /* a page; no identity is that long */
	if (s == STATUS_OK)
		s = answer_status(http_status, bytes_slice(&a->document));
	return s == STATUS_OK ? trust_identity(e) : s;
}

static enum status carried_identity(struct enrolling *e)
{
	e->agent.document = bytes_new(LIMIT_IDENTITY);
	bytes_put(&e->agent.document, e->document.data, e->document.len);
	enum status s = bytes_status(&e->agent.document);
	if (s == STATUS_LIMIT)
		return STATUS_PORTAL; /* no identity is that long */
	return s == STATUS_OK ? trust_identity(e) : s;
}

static enum status begin_life(struct agent *a)
{
	enum status s = store_incarnation(a->db, &a->incarnation);
	if (s != STATUS_EMPTY)
		return s;
	a->incarnation = (struct incarnation){.ordinal = 1, .bits = random_u64()};
	return store_add_incarnation(a->db, &a->incarnation, agent_now(a));
}

/* The database comes before the key: a key without a database means a lost one, unless nobody can tell (L9). */
static enum status open_store(struct agent *a)
{
	struct file_place place;
	char *path = path_join(a->dir, AGENT_DATABASE);
	enum status s = path == NULL ? STATUS_NO_MEMORY : store_open(path, a->world.vfs, false, &a->db);
	if (s == STATUS_NO_DATA) {
		s = dir_place(a->dir, AGENT_KEY, &place);
		if (s == STATUS_EMPTY)
			s = store_open(path, a->world.vfs, true, &a->db);
		else if (s == STATUS_OK)
			s = STATUS_LOST_DATA;
	}
	free(path);
	return s;
}

static enum status check_new(struct agent *a)
{
	int64_t enrolled_at = TIME_UNSET;
	struct bytes unit = bytes_new(LIMIT_UNIT);
	enum status s = store_number(a->db, STORE_ENROLLED_AT, TIME_UNSET, &enrolled_at);
	if (s == STATUS_OK)
		s = store_text(a->db, STORE_UNIT, &unit);
	bool answered = enrolled_at != TIME_UNSET && unit.len > 0;
	bytes_free(&unit);
	if (s == STATUS_OK && answered)
		return STATUS_EXISTS;
	if (s == STATUS_OK)
		s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	s = begin_life(a);
	return database_end(a->db, s);
}

static enum status make_key(struct enrolling *e)
{
	struct bytes old = bytes_new(DEVICE_SECRET_LEN);
	enum status s = agent_read_secret(e->agent.dir, &old);
	if (s == STATUS_OK) {
		memcpy(e->secret, old.data, DEVICE_SECRET_LEN);
	} else if (s == STATUS_EMPTY) {
		random_fill(e->secret, DEVICE_SECRET_LEN);
		s = dir_write(e->agent.dir, AGENT_KEY, slice_of(e->secret, DEVICE_SECRET_LEN), 0600);
	}
	secret_free(&old);
	if (s != STATUS_OK)
		return s;
	e->agent.key = signing_key_new(e->secret);
	if (e->agent.key == NULL)
		return STATUS_NO_MEMORY;
	sign_key_id(signing_key_public(e->agent.key), e->agent.device);
	(void)hex_format(e->agent.device, DEVICE_ID_LEN, e->agent.device_text);
	return STATUS_OK;
}

static enum status keep_identity(const struct agent *a)
{
	return dir_write(a->dir, AGENT_IDENTITY, bytes_slice(&a->document), 0600);
}

static enum status write_request(struct enrolling *e, const uint8_t nonce[static NONCE_LEN], struct bytes *body)
{
	uint8_t mac_key[MAC_LEN];
	struct enrol_request request = {
		.incarnation = e->agent.incarnation,
		.sent_at = agent_now(&e->agent),
		.version = slice_str(MOTCUA_VERSION),
	};
	invitation_id(e->invitation.secret, request.invitation);
	invitation_mac_key(e->invitation.secret, mac_key);
	memcpy(request.public_key, signing_key_public(e->agent.key), PUBLIC_KEY_LEN);
	box_public_key(e->secret + SEED_LEN, request.box_key);
	memcpy(request.nonce, nonce, NONCE_LEN);
	enum status s = enrol_seal(&request, e->agent.hub.hub_id, e->agent.key, mac_key, body);
	secret_wipe(mac_key, sizeof(mac_key));
	return s;
}

/* answer is NULL where it is still on its way. */
static enum status store_answer(const struct agent *a, const struct enrolment *settled,
				const struct enrolled *answer)
{
	enum status s = enrolment_store(a->db, settled);
	if (s == STATUS_OK)
		s = store_set_number(a->db, STORE_STATE, answer == NULL ? DEVICE_WAITING : answer->state);
	if (s == STATUS_OK && answer != NULL)
		s = store_set_number(a->db, STORE_HUB_TIME, answer->hub_time);
	if (s == STATUS_OK && answer != NULL)
		s = store_set_number(a->db, STORE_CLOCK_OFFSET, answer->hub_time - agent_now(a));
	return s == STATUS_OK ? place_note(a) : s;
}

/* An enrolment that is under way may have sealed batches already: the anchor knows them. */
static enum status begin_anchor(const struct agent *a)
{
	const struct anchor fresh = {.incarnation = a->incarnation};
	struct anchor anchor;
	enum status s = anchor_read(a->dir, &anchor);
	bool ours = s == STATUS_OK && incarnation_compare(&anchor.incarnation, &a->incarnation) == 0;
	if (s != STATUS_OK && s != STATUS_EMPTY && s != STATUS_CORRUPT)
		return s;
	return ours ? STATUS_OK : anchor_write(a->dir, &fresh);
}

/* The anchor first: without it an enrolled database is a lost one, without the rest a new attempt follows. */
static enum status finish(struct enrolling *e, const struct enrolled *answer)
{
	struct agent *a = &e->agent;
	struct enrolment settled = {.port = a->port, .enrolled_at = agent_now(a)};
	copy_text(slice_str(a->host), settled.host, sizeof(settled.host));
	if (answer != NULL) {
		copy_text(answer->unit, settled.unit, sizeof(settled.unit));
		copy_text(answer->unit_name, settled.unit_name, sizeof(settled.unit_name));
	}
	enum status s = keep_identity(a);
	if (s == STATUS_OK)
		s = enrolment_write(a->dir, &settled);
	if (s == STATUS_OK)
		s = begin_anchor(a);
	if (s == STATUS_OK)
		s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	s = store_answer(a, &settled, answer);
	s = database_end(a->db, s);
	if (s != STATUS_OK)
		return s;
	copy_text(slice_str(settled.unit), e->report.unit, sizeof(e->report.unit));
	copy_text(slice_str(settled.unit_name), e->report.unit_name, sizeof(e->report.unit_name));
	e->report.state = answer == NULL ? DEVICE_WAITING : answer->state;
	return answer == NULL ? STATUS_OK : pending_remove(a->dir);
}

/* What is asked lies in a file, for every stick until the answer is here: courier.c takes it along. */
static enum status set_out(struct enrolling *e)
{
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	uint8_t nonce[NONCE_LEN];
	random_fill(nonce, NONCE_LEN);
	enum status s = write_request(e, nonce, &body);
	if (s == STATUS_OK)
		s = pending_write(e->agent.dir, bytes_slice(&body));
	if (s == STATUS_OK)
		s = finish(e, NULL);
	bytes_free(&body);
	return s;
}

static enum status introduce(struct enrolling *e)
{
	struct agent *a = &e->agent;
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	struct bytes reply = bytes_new(LIMIT_IDENTITY);
	struct enrolled answer;
	uint8_t nonce[NONCE_LEN];
	int64_t retry_after_s = -1;
	random_fill(nonce, NONCE_LEN);
	enum status s = write_request(e, nonce, &body);
	if (s == STATUS_OK)
		s = answer_to_post(a, "/v1/enroll", bytes_slice(&body), LIMIT_IDENTITY, &reply, &retry_after_s);
	if (s == STATUS_OK) {
		s = enrolled_open(bytes_slice(&reply), a->hub.hub_id, a->hub.sign_key, &answer);
		if (s == STATUS_MALFORMED || s == STATUS_FORGED)
			s = STATUS_PORTAL;
	}
	if (s == STATUS_OK &&
	    (memcmp(answer.nonce, nonce, NONCE_LEN) != 0 || memcmp(answer.device, a->device, DEVICE_ID_LEN) != 0))
		s = STATUS_FOREIGN;
	if (s == STATUS_OK)
		s = returning_keep(a->dir, bytes_slice(&reply));
	if (s == STATUS_OK)
		s = finish(e, &answer);
	bytes_free(&reply);
	bytes_free(&body);
	return s;
}

static enum status enroll_locked(struct enrolling *e)
{
	struct agent *a = &e->agent;
	enum status s = open_store(a);
	if (s == STATUS_OK)
		s = check_new(a);
	if (s == STATUS_OK)
		s = make_key(e);
	if (s != STATUS_OK)
		return s;
	copy_text(a->hub.name, e->report.hub, sizeof(e->report.hub));
	copy_text(slice_str(a->device_text), e->report.device, sizeof(e->report.device));
	fingerprint_format(a->hub.hub_id, signing_key_public(a->key), e->report.fingerprint);
	return by_stick(e) ? set_out(e) : introduce(e);
}

/* *ret_known: the hub that the directory is at already, where it waits for its answer; all zero otherwise. */
static enum status judge(const char *dir, const struct agent_world *world, bool *ret_renew,
			 uint8_t ret_known[static HUB_ID_LEN])
{
	struct agent *a = NULL;
	enum status s = agent_open(dir, world, &a);
	bool waits = s == STATUS_OK && pending_is(a);
	if (waits)
		memcpy(ret_known, a->hub.hub_id, HUB_ID_LEN);
	if (s == STATUS_OK && !waits)
		s = enrolment_confirm(a);
	agent_close(a);
	*ret_renew = repair_judge_why(dir, &s) == REPAIR_KEY;
	if (s == STATUS_OK)
		return waits ? STATUS_OK : STATUS_EXISTS;
	return s == STATUS_NO_DATA || *ret_renew ? STATUS_OK : s;
}

/* What was sealed meanwhile was sealed for one hub. */
static bool is_other(const struct enrolling *e, const uint8_t known[static HUB_ID_LEN])
{
	static const uint8_t none[HUB_ID_LEN];
	return memcmp(known, none, HUB_ID_LEN) != 0 && memcmp(known, e->agent.hub.hub_id, HUB_ID_LEN) != 0;
}

static enum status enroll(struct enrolling *e)
{
	struct lock lock = {.fd = -1};
	bool renew = false;
	uint8_t known[HUB_ID_LEN] = {0};
	enum status s = judge(e->agent.dir, &e->agent.world, &renew, known);
	if (s == STATUS_OK)
		s = by_stick(e) ? carried_identity(e) : fetch_identity(e);
	if (s == STATUS_OK && is_other(e, known))
		s = STATUS_EXISTS;
	if (s == STATUS_OK)
		s = datadir_create(e->agent.dir);
	if (s == STATUS_OK)
		s = agent_lock(&e->agent, AGENT_SEAL_LOCK, &lock);
	if (s == STATUS_OK && renew)
		s = renewal_prepare(e->agent.dir, &e->agent.world, &e->agent.hub);
	if (s == STATUS_OK)
		s = enroll_locked(e);
	lock_release(&lock);
	return s;
}

static enum status run(const char *dir, const struct agent_world *world, const char *code, const char *url,
		       struct slice document, struct enroll_report *ret_report)
{
	enum status s = sign_start();
	if (s != STATUS_OK)
		return s;
	struct enrolling *e = calloc(1, sizeof(*e));
	if (e == NULL)
		return STATUS_NO_MEMORY;
	e->document = document;
	e->agent.world = *world;
	e->agent.dir = strdup(dir);
	s = e->agent.dir == NULL ? STATUS_NO_MEMORY : read_code(e, code, url);
	if (s == STATUS_OK)
		s = enroll(e);
	if (s == STATUS_OK)
		*ret_report = e->report;
	database_close(e->agent.db);
	signing_key_free(e->agent.key);
	bytes_free(&e->agent.document);
	free(e->agent.dir);
	secret_wipe(e, sizeof(*e));
	free(e);
	return s;
}

enum status enroll_run(const char *dir, const struct agent_world *world, const char *code, const char *url,
		       struct enroll_report *ret_report)
{
	if (world->transport == NULL)
		return STATUS_UNREACHABLE;
	return run(dir, world, code, url, (struct slice){0}, ret_report);
}

enum status enroll_by_stick(const char *dir, const struct agent_world *world, const char *code, const char *url,
			    struct slice document, struct enroll_report *ret_report)
{
	if (document.len == 0)
		return STATUS_PORTAL;
	return run(dir, world, code, url, document, ret_report);
}
