#include "agent/sync.h"

#include "agent/answer.h"
#include "agent/enrolment.h"
#include "agent/outgoing.h"
#include "agent/place.h"
#include "agent/queue.h"
#include "agent/seal.h"
#include "config/datadir.h"

enum {
	ITEM_OVERHEAD = 5,      /* the head of a byte string of this size in CBOR */
	ARRAY_OVERHEAD = 3,     /* the head of an array of at most LIMIT_ENVELOPES + 1 items */
	EXCHANGES_MAX = 100000, /* far more than a full disk of batches needs */
	LIVES_MAX = 3,          /* new incarnations in one sync: another copy may be at work at the same time */
};

/* Envelopes gathered for one request. */
struct load {
	struct bytes items; /* as byte strings */
	size_t count;
	size_t room;
};

static enum status load_envelope(void *context, struct slice envelope)
{
	struct load *load = context;
	if (load->count == LIMIT_ENVELOPES || load->items.len + envelope.len + ITEM_OVERHEAD > load->room)
		return STATUS_STOPPED;
	cbor_put_bytes(&load->items, envelope.data, envelope.len);
	load->count++;
	return bytes_status(&load->items);
}

static enum status write_body(const struct agent *a, bool with_batches, const uint8_t nonce[static NONCE_LEN],
			      struct bytes *body, int64_t *ret_sent)
{
	struct bytes request = bytes_new(LIMIT_REQUEST);
	struct load load = {.items = bytes_new(LIMIT_REQUEST)};
	enum status s = outgoing_request(a, nonce, &request);
	load.room = LIMIT_REQUEST - request.len - ITEM_OVERHEAD - ARRAY_OVERHEAD;
	if (s == STATUS_OK && with_batches)
		s = outgoing_walk(a, OUTGOING_WIRE, load_envelope, &load);
	if (s == STATUS_OK) {
		cbor_put_array(body, load.count + 1);
		cbor_put_bytes(body, request.data, request.len);
		bytes_put(body, load.items.data, load.items.len);
		s = bytes_status(body);
	}
	if (s == STATUS_OK)
		*ret_sent = (int64_t)load.count;
	bytes_free(&load.items);
	bytes_free(&request);
	return s;
}

static enum status exchange(const struct agent *a, bool with_batches, struct sync_report *report,
			    struct settlement *ret_settlement)
{
	struct bytes body = bytes_new(LIMIT_REQUEST);
	struct bytes reply = bytes_new(LIMIT_REPLY);
	uint8_t nonce[NONCE_LEN];
	int64_t sent = 0;
	random_fill(nonce, NONCE_LEN);
	enum status s = write_body(a, with_batches, nonce, &body, &sent);
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
	sum->copied = sum->copied || part->copied;
	sum->hub_went_back = sum->hub_went_back || part->hub_went_back;
}

static enum status seal_more(struct agent *a, bool heartbeat, struct sync_report *report)
{
	size_t sealed = 0;
	enum status s = seal_waiting(a, heartbeat, &sealed);
	report->sealed += (int64_t)sealed;
	return s;
}

/* The hub has shown that we are a copy, or have one: what has no receipt goes on under new numbers. */
static enum status begin_again(struct agent *a, struct sync_report *report)
{
	const struct incarnation old = a->incarnation;
	if (++report->lives > LIVES_MAX)
		return STATUS_BUSY;
	enum status s = seal_anew(a, TROUBLE_DB_ROLLED_BACK, &old);
	return s == STATUS_OK ? seal_more(a, false, report) : s;
}

/* Where the database may have been put back, the hub is asked before anything is sealed (L3). */
static enum status ask_first(struct agent *a, struct sync_report *report)
{
	struct settlement settlement = {0};
	const struct incarnation old = a->incarnation;
	enum status s = exchange(a, false, report, &settlement);
	if (s != STATUS_OK)
		return s;
	add_up(&report->settlement, &settlement);
	if (settlement.copied) {
		report->lives++;
		return seal_anew(a, TROUBLE_DB_ROLLED_BACK, &old);
	}
	return settlement.repeated ? STATUS_OK : place_note(a);
}

static enum status prepare(struct agent *a, bool heartbeat, struct sync_report *report)
{
	enum place place = PLACE_SAME;
	const uint64_t life = a->incarnation.ordinal;
	enum status s = place_judge(a, &place);
	if (s == STATUS_OK && place == PLACE_DOUBTFUL)
		s = ask_first(a, report);
	if (s == STATUS_OK)
		s = seal_more(a, heartbeat, report);
	if (s == STATUS_OK && a->incarnation.ordinal != life && report->lives == 0)
		report->lives++;
	return s;
}

static enum status exchange_all(struct agent *a, struct sync_report *report)
{
	int repeated = 0;
	for (int i = 0; i < EXCHANGES_MAX; i++) {
		struct settlement settlement = {0};
		int64_t open = 0;
		enum status s = exchange(a, true, report, &settlement);
		if (s == STATUS_OK && settlement.copied)
			s = begin_again(a, report);
		if (s == STATUS_OK)
			s = outgoing_count(a, &open);
		if (s != STATUS_OK)
			return s;
		add_up(&report->settlement, &settlement);
		if (settlement.repeated && ++repeated > 1)
			return STATUS_HUB_REGRESSED;
		if (open == 0 && !settlement.repeated)
			return STATUS_OK;
		if (settlement.acknowledged == 0 && !settlement.moved && !settlement.copied && !settlement.repeated)
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
	return database_end(a->db, s);
}

enum status sync_run(struct agent *a, bool heartbeat, struct sync_report *ret_report)
{
	*ret_report = (struct sync_report){.retry_after_s = -1};
	struct lock lock = {.fd = -1};
	enum status s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s != STATUS_OK)
		return s;
	s = incarnation_reload(a);
	if (s == STATUS_OK)
		s = enrolment_keep(a);
	if (s == STATUS_OK)
		s = prepare(a, heartbeat, ret_report);
	if (s == STATUS_OK)
		s = exchange_all(a, ret_report);
	lock_release(&lock);
	struct queue_counts counts = {0};
	enum status counted = queue_count(a, &counts);
	ret_report->waiting = counts.waiting;
	/* A word to stop says nothing about the line. */
	enum status noted = s == STATUS_STOPPED ? STATUS_OK : note_outcome(a, s);
	if (s == STATUS_OK)
		s = counted == STATUS_OK ? noted : counted;
	return s;
}

enum status sync_ask(struct agent *a)
{
	struct lock lock = {.fd = -1};
	struct sync_report report = {.retry_after_s = -1};
	struct settlement settlement;
	enum status s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s == STATUS_OK)
		s = exchange(a, false, &report, &settlement);
	lock_release(&lock);
	return s;
}
