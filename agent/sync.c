#include "agent/sync.h"

#include "agent/answer.h"
#include "agent/enrolment.h"
#include "agent/line.h"
#include "agent/outgoing.h"
#include "agent/place.h"
#include "agent/queue.h"
#include "agent/returning.h"
#include "agent/seal.h"
#include "config/datadir.h"

enum {
	ITEM_OVERHEAD = 5,      /* the head of a byte string of this size in CBOR */
	ARRAY_OVERHEAD = 3,     /* the head of an array of at most LIMIT_ENVELOPES + 1 items */
	EXCHANGES_MAX = 100000, /* far more than a full disk of batches needs */
	LIVES_MAX = 3,          /* new incarnations in one sync: another copy may be at work at the same time */
};

/* One sync. */
struct sync {
	struct agent *agent;
	struct sync_report *report;
	struct line line;
	bool more;         /* changes that wait are not sealed yet */
	bool carried;      /* the line has carried a request in this sync */
	size_t under_way;  /* bytes of the request whose answer is awaited */
	enum status ahead; /* of sealing for the next one meanwhile */
};

/* Envelopes gathered for one request. */
struct load {
	struct bytes items; /* as byte strings */
	size_t count;
	size_t batches; /* of these */
	size_t most;    /* items */
	size_t room;    /* what may go at all */
	size_t share;   /* what may go beside others: the first goes in any case, it cannot be made smaller */
};

/* A batch, and before it the receipt it had from the hub, if any: both or none. */
static enum status load_envelope(void *context, struct slice envelope, struct slice receipt)
{
	struct load *load = context;
	size_t count = receipt.len > 0 ? 2 : 1;
	size_t len = load->items.len + envelope.len + receipt.len + count * ITEM_OVERHEAD;
	if ((load->count > 0 && load->count + count > load->most) || len > load->room ||
	    (load->count > 0 && len > load->share))
		return STATUS_STOPPED;
	if (receipt.len > 0)
		cbor_put_bytes(&load->items, receipt.data, receipt.len);
	cbor_put_bytes(&load->items, envelope.data, envelope.len);
	load->count += count;
	load->batches++;
	return bytes_status(&load->items);
}

/* share: how long the whole should be; 0: no batches. */
static enum status write_body(const struct agent *a, size_t share, const uint8_t nonce[static NONCE_LEN],
			      struct bytes *body, int64_t *ret_sent)
{
	struct bytes request = bytes_new(LIMIT_REQUEST);
	struct load load = {.items = bytes_new(LIMIT_REQUEST)};
	enum status s = outgoing_request(a, nonce, &request);
	size_t beside = request.len + ITEM_OVERHEAD + ARRAY_OVERHEAD;
	load.room = LIMIT_REQUEST - beside;
	load.most = rarely_limit(&a->world.rarely, RARELY_REQUEST_FULL, LIMIT_ENVELOPES);
	load.share = share > beside ? share - beside : 0;
	if (s == STATUS_OK && share > 0)
		s = outgoing_walk(a, OUTGOING_WIRE, load_envelope, &load);
	if (s == STATUS_OK) {
		cbor_put_array(body, load.count + 1);
		cbor_put_bytes(body, request.data, request.len);
		bytes_put(body, load.items.data, load.items.len);
		s = bytes_status(body);
	}
	if (s == STATUS_OK)
		*ret_sent = (int64_t)load.batches;
	bytes_free(&load.items);
	bytes_free(&request);
	return s;
}

/* Only what was lost under way says something about the line, and what the hub's own answer shows to have arrived.
 */
static void judge_line(struct line *line, enum status s, size_t body_len)
{
	if (s == STATUS_OK)
		line_carried(line, body_len);
	else if (s == STATUS_BROKEN_OFF || s == STATUS_LIMIT)
		line_broke_off(line, body_len);
}

/* While the hub is at work on one request the next is made, on a line that is known to carry. */
static void seal_ahead(void *context)
{
	struct sync *sync = context;
	size_t sealed = 0;
	struct outgoing_open open;
	sync->ahead = outgoing_count(sync->agent, &open);
	if (sync->ahead != STATUS_OK)
		return;
	int64_t under_way = (int64_t)sync->under_way;
	const struct seal_bounds bounds = line_bounds_ahead(&sync->line, sync->under_way,
							    open.bytes > under_way ? open.bytes - under_way : 0);
	sync->ahead = seal_within(sync->agent, &bounds, false, &sealed, &sync->more);
	sync->report->sealed += (int64_t)sealed;
}

static enum status post(struct sync *sync, struct slice body, struct bytes *reply)
{
	struct transport *t = sync->agent->world.transport;
	bool ahead = t != NULL && sync->carried && sync->more;
	sync->under_way = body.len;
	sync->ahead = STATUS_OK;
	if (ahead) {
		t->meanwhile = seal_ahead;
		t->meanwhile_context = sync;
	}
	enum status s =
		answer_to_post(sync->agent, "/v1/batches", body, LIMIT_REPLY, reply, &sync->report->retry_after_s);
	if (ahead)
		t->meanwhile = NULL;
	return s;
}

static enum status exchange(struct sync *sync, bool with_batches, struct settlement *ret_settlement)
{
	const struct agent *a = sync->agent;
	struct bytes body = bytes_new(LIMIT_REQUEST);
	struct bytes reply = bytes_new(LIMIT_REPLY);
	uint8_t nonce[NONCE_LEN];
	int64_t sent = 0;
	random_fill(nonce, NONCE_LEN);
	enum status s = write_body(a, with_batches ? sync->line.bytes : 0, nonce, &body, &sent);
	if (s == STATUS_OK) {
		sync->report->sent += sent;
		s = post(sync, bytes_slice(&body), &reply);
		if (s == STATUS_OK)
			s = settle_reply(a, bytes_slice(&reply), nonce, ret_settlement);
		judge_line(&sync->line, s, body.len);
		sync->carried = sync->carried || s == STATUS_OK;
	}
	if (s == STATUS_OK)
		s = sync->ahead;
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

/* No more than the next request carries: if that breaks off, what is still to be sealed comes out smaller. */
static enum status seal_more(struct sync *sync, bool heartbeat)
{
	size_t sealed = 0;
	struct outgoing_open open;
	enum status s = outgoing_count(sync->agent, &open);
	if (s != STATUS_OK)
		return s;
	const struct seal_bounds bounds = line_bounds(&sync->line, open.bytes);
	s = seal_within(sync->agent, &bounds, heartbeat, &sealed, &sync->more);
	sync->report->sealed += (int64_t)sealed;
	return s;
}

/* The hub has shown that we are a copy, or have one: what has no receipt goes on under new numbers. */
static enum status begin_again(struct sync *sync)
{
	const struct incarnation old = sync->agent->incarnation;
	if (++sync->report->lives > LIVES_MAX)
		return STATUS_BUSY;
	sync->more = true;
	return seal_anew(sync->agent, TROUBLE_DB_ROLLED_BACK, &old);
}

/* Where the database may have been put back, the hub is asked before anything is sealed (L3). */
static enum status ask_first(struct sync *sync)
{
	struct agent *a = sync->agent;
	struct settlement settlement = {0};
	const struct incarnation old = a->incarnation;
	enum status s = exchange(sync, false, &settlement);
	if (s != STATUS_OK)
		return s;
	add_up(&sync->report->settlement, &settlement);
	if (settlement.copied) {
		sync->report->lives++;
		return seal_anew(a, TROUBLE_DB_ROLLED_BACK, &old);
	}
	return settlement.repeated ? STATUS_OK : place_note(a);
}

static enum status prepare(struct sync *sync, bool heartbeat)
{
	struct agent *a = sync->agent;
	enum place place = PLACE_SAME;
	const uint64_t life = a->incarnation.ordinal;
	enum status s = place_judge(a, &place);
	if (s == STATUS_OK && place == PLACE_DOUBTFUL)
		s = ask_first(sync);
	if (s == STATUS_OK)
		s = seal_more(sync, heartbeat);
	if (s == STATUS_OK && a->incarnation.ordinal != life && sync->report->lives == 0)
		sync->report->lives++;
	return s;
}

/* One exchange, and what follows at once from its answer. */
static enum status take_turn(struct sync *sync, struct settlement *settlement, struct outgoing_open *ret_open)
{
	enum status s = exchange(sync, true, settlement);
	if (s == STATUS_OK && settlement->copied)
		s = begin_again(sync);
	if (s == STATUS_OK && sync->more)
		s = seal_more(sync, false);
	return s == STATUS_OK ? outgoing_count(sync->agent, ret_open) : s;
}

static enum status exchange_all(struct sync *sync)
{
	int repeated = 0;
	for (int i = 0; i < EXCHANGES_MAX; i++) {
		struct settlement settlement = {0};
		struct outgoing_open open = {0};
		enum status s = take_turn(sync, &settlement, &open);
		add_up(&sync->report->settlement, &settlement);
		if (s != STATUS_OK)
			return s;
		if (settlement.repeated && ++repeated > 1)
			return STATUS_HUB_REGRESSED;
		if (open.batches == 0 && !settlement.repeated)
			return STATUS_OK;
		if (settlement.acknowledged == 0 && !settlement.moved && !settlement.copied && !settlement.repeated)
			return STATUS_BUSY;
	}
	return STATUS_BUSY;
}

static enum status send_all(struct sync *sync, bool heartbeat)
{
	enum status s = prepare(sync, heartbeat);
	return s == STATUS_OK ? exchange_all(sync) : s;
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

static enum status note_outcome(const struct sync *sync, enum status outcome)
{
	const struct agent *a = sync->agent;
	int64_t failures = 0;
	enum status s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	s = store_number(a->db, STORE_FAILURES, 0, &failures);
	failures = sync_failures(sync->report, outcome, failures);
	if (s == STATUS_OK)
		s = store_set_number(a->db, STORE_FAILURES, failures);
	if (s == STATUS_OK)
		s = line_keep(a->db, &sync->line);
	if (s == STATUS_OK)
		s = store_set_text(a->db, STORE_LAST_ERROR,
				   slice_str(outcome == STATUS_OK ? "" : status_code(outcome)));
	if (s == STATUS_OK)
		s = note_state(a, outcome);
	return database_end(a->db, s);
}

int64_t sync_failures(const struct sync_report *report, enum status outcome, int64_t before)
{
	if (outcome == STATUS_OK)
		return 0;
	return report->settlement.acknowledged > 0 ? 1 : before + 1;
}

static enum status sync_locked(struct sync *sync, bool heartbeat)
{
	enum status s = incarnation_reload(sync->agent);
	if (s == STATUS_OK)
		s = enrolment_keep(sync->agent);
	if (s == STATUS_OK)
		s = send_all(sync, heartbeat);
	/* A hub put back to before this PC enrolled: it may be taken back. */
	if (s == STATUS_UNKNOWN_DEVICE) {
		s = returning_ask(sync->agent);
		if (s == STATUS_OK)
			s = send_all(sync, heartbeat);
	}
	return s;
}

enum status sync_run(struct agent *a, bool heartbeat, struct sync_report *ret_report)
{
	*ret_report = (struct sync_report){.retry_after_s = -1};
	struct sync sync = {.agent = a, .report = ret_report};
	struct lock lock = {.fd = -1};
	enum status s = line_read(a->db, &sync.line);
	if (s == STATUS_OK)
		s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s != STATUS_OK)
		return s;
	s = sync_locked(&sync, heartbeat);
	if (agent_give_up_reserve(a, s))
		s = sync_locked(&sync, heartbeat);
	lock_release(&lock);
	struct queue_counts counts = {0};
	enum status counted = queue_count(a, &counts);
	ret_report->waiting = counts.waiting;
	/* A word to stop says nothing about the line. */
	enum status noted = s == STATUS_STOPPED ? STATUS_OK : note_outcome(&sync, s);
	if (s == STATUS_OK)
		s = counted == STATUS_OK ? noted : counted;
	return s;
}

enum status sync_ask(struct agent *a)
{
	struct lock lock = {.fd = -1};
	struct sync_report report = {.retry_after_s = -1};
	struct sync sync = {.agent = a, .report = &report};
	struct settlement settlement;
	enum status s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s == STATUS_OK)
		s = exchange(&sync, false, &settlement);
	lock_release(&lock);
	return s;
}
