#include "agent/sync.h"

#include <stdlib.h>
#include <string.h>

#include "agent/answer.h"
#include "agent/queue.h"
#include "agent/seal.h"
#include "config/datadir.h"
#include "protocol/request.h"

enum {
	ITEM_OVERHEAD = 5,      /* the head of a byte string of this size in CBOR */
	EXCHANGES_MAX = 100000, /* far more than a full disk of batches needs */
	PATH_ROOM = 3,
};

struct picked {
	size_t count;
	int64_t ids[LIMIT_ENVELOPES];
};

/* The chains as we stand: the last batch up to which every one has its receipt. */
static enum status fill_chains(const struct agent *a, struct request *request)
{
	struct query q = query_start(
		a->db, "SELECT ordinal, bits, (SELECT coalesce(min(seq) - 1, -1) FROM batch b WHERE b.ordinal ="
		       " i.ordinal AND accepted_at IS NULL), (SELECT coalesce(max(seq), 0) FROM batch b WHERE"
		       " b.ordinal = i.ordinal) FROM incarnation i ORDER BY ordinal DESC LIMIT ?1");
	query_int(&q, 1, LIMIT_INCARNATIONS);
	size_t n = 0;
	while (n < LIMIT_INCARNATIONS && query_row(&q)) {
		int64_t before_open = query_get_int(&q, 2);
		request->chains[n].incarnation.ordinal = (uint64_t)query_get_int(&q, 0);
		request->chains[n].incarnation.bits = (uint64_t)query_get_int(&q, 1);
		request->chains[n].receipted = (uint64_t)(before_open >= 0 ? before_open : query_get_int(&q, 3));
		n++;
	}
	request->n_chains = n;
	return query_finish(&q);
}

static enum status fill_request(const struct agent *a, const uint8_t nonce[static NONCE_LEN],
				struct request *request)
{
	struct queue_counts counts;
	int64_t epoch = 0;
	int64_t counter = 0;
	int64_t policy = 0;
	enum status s = store_number(a->db, STORE_EPOCH, 0, &epoch);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_COUNTER, 0, &counter);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_POLICY, 0, &policy);
	if (s == STATUS_OK)
		s = queue_count(a, &counts);
	if (s != STATUS_OK)
		return s;
	*request = (struct request){
		.epoch = (uint64_t)epoch,
		.counter = (uint64_t)counter,
		.policy = (uint64_t)policy,
		.sent_at = agent_now(a),
		.waiting = (uint64_t)counts.waiting,
		.version = slice_str(MOTCUA_VERSION),
	};
	memcpy(request->device, a->device, DEVICE_ID_LEN);
	memcpy(request->nonce, nonce, NONCE_LEN);
	return fill_chains(a, request);
}

/* The oldest batches that have no receipt and that the hub does not hold already, as many as fit. */
static enum status pick_batches(const struct agent *a, size_t room, struct picked *picked)
{
	struct query q = query_start(a->db, "SELECT id, size FROM batch JOIN incarnation USING (ordinal) WHERE"
					    " accepted_at IS NULL AND seq > have ORDER BY ordinal, seq LIMIT ?1");
	query_int(&q, 1, LIMIT_ENVELOPES);
	picked->count = 0;
	while (picked->count < LIMIT_ENVELOPES && query_row(&q)) {
		size_t size = (size_t)query_get_int(&q, 1) + ITEM_OVERHEAD;
		if (size > room)
			break;
		room -= size;
		picked->ids[picked->count++] = query_get_int(&q, 0);
	}
	return query_finish(&q);
}

static enum status put_envelope(const struct agent *a, int64_t id, struct bytes *body)
{
	struct query q = query_start(a->db, "SELECT envelope FROM batch WHERE id = ?1");
	query_int(&q, 1, id);
	bool found = query_row(&q);
	if (found) {
		struct slice envelope = query_get_blob(&q, 0);
		cbor_put_bytes(body, envelope.data, envelope.len);
	}
	enum status s = query_finish(&q);
	return s == STATUS_OK && !found ? STATUS_CORRUPT : s;
}

static enum status write_body(const struct agent *a, const uint8_t nonce[static NONCE_LEN], struct bytes *body,
			      int64_t *ret_sent)
{
	struct request *request = malloc(sizeof(*request));
	struct picked *picked = malloc(sizeof(*picked));
	struct bytes sealed = bytes_new(LIMIT_REQUEST);
	enum status s = request == NULL || picked == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK)
		s = fill_request(a, nonce, request);
	if (s == STATUS_OK)
		s = request_seal(request, a->hub.hub_id, a->key, &sealed);
	if (s == STATUS_OK)
		s = pick_batches(a, LIMIT_REQUEST - sealed.len - ITEM_OVERHEAD - PATH_ROOM, picked);
	if (s != STATUS_OK)
		goto out;
	cbor_put_array(body, picked->count + 1);
	cbor_put_bytes(body, sealed.data, sealed.len);
	for (size_t i = 0; s == STATUS_OK && i < picked->count; i++)
		s = put_envelope(a, picked->ids[i], body);
	if (s == STATUS_OK)
		s = bytes_status(body);
	if (s == STATUS_OK)
		*ret_sent = (int64_t)picked->count;
out:
	bytes_free(&sealed);
	free(picked);
	free(request);
	return s;
}

static enum status exchange(const struct agent *a, struct sync_report *report, struct settlement *ret_settlement)
{
	struct bytes body = bytes_new(LIMIT_REQUEST);
	struct bytes reply = bytes_new(LIMIT_REPLY);
	uint8_t nonce[NONCE_LEN];
	int64_t sent = 0;
	random_fill(nonce, NONCE_LEN);
	enum status s = write_body(a, nonce, &body, &sent);
	if (s == STATUS_OK) {
		report->sent += sent;
		s = answer_to_post(a, "/v1/batches", bytes_slice(&body), LIMIT_REPLY, &reply,
				   &report->retry_after_s);
	}
	if (s == STATUS_OK)
		s = settle_reply(a, bytes_slice(&reply), nonce, ret_settlement);
	bytes_free(&reply);
	bytes_free(&body);
	return s;
}

static void add_up(struct settlement *sum, const struct settlement *part)
{
	sum->acknowledged += part->acknowledged;
	sum->refused += part->refused;
	sum->ignored += part->ignored;
	sum->moved = sum->moved || part->moved;
	sum->hub_is_ahead = part->hub_is_ahead;
	sum->hub_went_back = sum->hub_went_back || part->hub_went_back;
}

static enum status count_open(const struct agent *a, int64_t *ret_open)
{
	struct query q = query_start(a->db, "SELECT count(*) FROM batch WHERE accepted_at IS NULL");
	int64_t open = query_row(&q) ? query_get_int(&q, 0) : 0;
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_open = open;
	return s;
}

static enum status exchange_all(const struct agent *a, struct sync_report *report)
{
	for (int i = 0; i < EXCHANGES_MAX; i++) {
		struct settlement settlement = {0};
		int64_t open = 0;
		enum status s = exchange(a, report, &settlement);
		if (s == STATUS_OK)
			s = count_open(a, &open);
		if (s != STATUS_OK)
			return s;
		add_up(&report->settlement, &settlement);
		if (settlement.hub_is_ahead)
			return STATUS_LOST_DATA;
		if (open == 0)
			return STATUS_OK;
		if (settlement.acknowledged == 0 && !settlement.moved)
			return STATUS_BUSY;
	}
	return STATUS_BUSY;
}

/* A state the hub names by refusing us, or by taking our data again. */
static enum status note_state(const struct agent *a, enum status outcome)
{
	int64_t state = 0;
	enum status s = store_number(a->db, STORE_STATE, DEVICE_ACTIVE, &state);
	if (s != STATUS_OK)
		return s;
	int64_t now = state;
	if (outcome == STATUS_WAITING_DEVICE)
		now = DEVICE_WAITING;
	else if (outcome == STATUS_SUSPENDED)
		now = DEVICE_SUSPENDED;
	else if (outcome == STATUS_OK && state != DEVICE_UNCONFIRMED)
		now = DEVICE_ACTIVE;
	return now == state ? STATUS_OK : store_set_number(a->db, STORE_STATE, now);
}

static enum status note_outcome(const struct agent *a, enum status outcome)
{
	int64_t failures = 0;
	enum status s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	s = store_number(a->db, STORE_FAILURES, 0, &failures);
	if (s == STATUS_OK)
		s = store_set_number(a->db, STORE_FAILURES, outcome == STATUS_OK ? 0 : failures + 1);
	if (s == STATUS_OK)
		s = store_set_text(a->db, STORE_LAST_ERROR,
				   slice_str(outcome == STATUS_OK ? "" : status_code(outcome)));
	if (s == STATUS_OK)
		s = note_state(a, outcome);
	if (s == STATUS_OK)
		return database_commit(a->db);
	database_rollback(a->db);
	return s;
}

enum status sync_run(const struct agent *a, bool heartbeat, struct sync_report *ret_report)
{
	*ret_report = (struct sync_report){.retry_after_s = -1};
	struct lock lock = {.fd = -1};
	enum status s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s != STATUS_OK)
		return s;
	size_t sealed = 0;
	s = seal_waiting(a, heartbeat, &sealed);
	ret_report->sealed = (int64_t)sealed;
	if (s == STATUS_OK)
		s = exchange_all(a, ret_report);
	lock_release(&lock);
	struct queue_counts counts = {0};
	enum status counted = queue_count(a, &counts);
	ret_report->waiting = counts.waiting;
	enum status noted = note_outcome(a, s);
	if (s == STATUS_OK)
		s = counted == STATUS_OK ? noted : counted;
	return s;
}
