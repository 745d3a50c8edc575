#include "agent/sync.h"

#include <string.h>

#include "agent/answer.h"
#include "agent/enrolment.h"
#include "agent/line.h"
#include "agent/outgoing.h"
#include "agent/place.h"
#include "agent/queue.h"
#include "agent/returning.h"
#include "agent/seal.h"
#include "agent/upload.h"
#include "config/datadir.h"

enum {
	EXCHANGES_MAX = 100000, /* far more than a full disk of batches needs */
	LIVES_MAX = 3,          /* new incarnations in one sync: another copy may be at work at the same time */
};

/* An answer that is settled while the next one is awaited: until then its batches count as open. */
struct held {
	struct bytes reply;
	uint8_t nonce[NONCE_LEN];
	uint64_t reach; /* 0: none is held */
};

/* One sync. */
struct sync {
	struct agent *agent;
	struct sync_report *report;
	struct line line;
	bool more;         /* changes that wait are not sealed yet */
	bool carried;      /* the line has carried a request in this sync */
	size_t under_way;  /* bytes of the request whose answer is awaited */
	bool had_time;     /* the transport let us work meanwhile, */
	enum status ahead; /* and what came of that */
	struct held held;
};

/* Only what was lost under way says something about the line, and what the hub's own answer shows to have arrived.
 */
static void judge_line(struct line *line, enum status s, size_t body_len)
{
	if (s == STATUS_OK)
		line_carried(line, body_len);
	else if (s == STATUS_BROKEN_OFF || s == STATUS_LIMIT)
		line_broke_off(line, body_len);
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

static enum status settle_held(struct sync *sync)
{
	struct held *held = &sync->held;
	struct settlement settlement = {0};
	enum status s = STATUS_OK;
	if (held->reach > 0)
		s = settle_reply(sync->agent, bytes_slice(&held->reply), held->nonce, &settlement);
	held->reach = 0;
	add_up(&sync->report->settlement, &settlement);
	return s;
}

/* While the hub is at work on one request its last answer is settled and the next request made. */
static void work_meanwhile(void *context)
{
	struct sync *sync = context;
	size_t sealed = 0;
	struct outgoing_open open;
	sync->had_time = true;
	sync->ahead = settle_held(sync);
	if (sync->ahead == STATUS_OK)
		sync->ahead = outgoing_count(sync->agent, &open);
	if (sync->ahead != STATUS_OK || !sync->more)
		return;
	int64_t under_way = (int64_t)sync->under_way;
	const struct seal_bounds bounds = line_bounds_ahead(&sync->line, sync->under_way,
							    open.bytes > under_way ? open.bytes - under_way : 0);
	sync->ahead = seal_within(sync->agent, &bounds, false, &sealed, &sync->more);
	sync->report->sealed += (int64_t)sealed;
}

/* Only on a line that is known to carry: what was made meanwhile cannot be made smaller. */
static enum status post(struct sync *sync, struct slice body, struct bytes *reply)
{
	struct transport *t = sync->agent->world.transport;
	bool work = t != NULL && sync->carried && (sync->more || sync->held.reach > 0);
	sync->under_way = body.len;
	if (work) {
		t->meanwhile = work_meanwhile;
		t->meanwhile_context = sync;
	}
	enum status s =
		answer_to_post(sync->agent, "/v1/batches", body, LIMIT_REPLY, reply, &sync->report->retry_after_s);
	if (work)
		t->meanwhile = NULL;
	return s;
}

/* Keeps an answer for later where the next request is ready to go and needs nothing of it. */
static enum status hold(struct sync *sync, struct bytes *reply, const uint8_t nonce[static NONCE_LEN])
{
	struct held *held = &sync->held;
	uint64_t reach = 0;
	if (!sync->had_time || sync->ahead != STATUS_OK)
		return STATUS_OK;
	enum status s = settle_reach(sync->agent, bytes_slice(reply), nonce, &reach);
	if (s != STATUS_OK || reach == 0)
		return s;
	struct bytes spent = held->reply;
	held->reply = *reply;
	*reply = spent;
	memcpy(held->nonce, nonce, NONCE_LEN);
	held->reach = reach;
	return STATUS_OK;
}

static enum status take_answer(struct sync *sync, struct bytes *reply, const uint8_t nonce[static NONCE_LEN],
			       struct settlement *ret_settlement)
{
	enum status s = hold(sync, reply, nonce);
	if (s != STATUS_OK || sync->held.reach == 0)
		return s == STATUS_OK ? settle_reply(sync->agent, bytes_slice(reply), nonce, ret_settlement) : s;
	ret_settlement->moved = true;
	return STATUS_OK;
}

static enum status exchange(struct sync *sync, bool with_batches, struct settlement *ret_settlement)
{
	struct bytes body = bytes_new(LIMIT_REQUEST);
	struct bytes reply = bytes_new(LIMIT_REPLY);
	uint8_t nonce[NONCE_LEN];
	int64_t sent = 0;
	const struct upload_plan plan = {.share = with_batches ? sync->line.bytes : 0, .above = sync->held.reach};
	random_fill(nonce, NONCE_LEN);
	sync->had_time = false;
	sync->ahead = STATUS_OK;
	enum status s = upload_write(sync->agent, &plan, nonce, &body, &sent);
	if (s == STATUS_OK) {
		sync->report->sent += sent;
		s = post(sync, bytes_slice(&body), &reply);
		/* What was answered counts, whatever becomes of this one. */
		enum status held = settle_held(sync);
		if (sync->ahead == STATUS_OK)
			sync->ahead = held;
		if (s == STATUS_OK)
			s = take_answer(sync, &reply, nonce, ret_settlement);
		judge_line(&sync->line, s, body.len);
		sync->carried = sync->carried || s == STATUS_OK;
	}
	/* A line that fails is tried again; what is wrong here wants a person. */
	if (s == STATUS_OK || (sync->ahead != STATUS_OK && (s == STATUS_BROKEN_OFF || s == STATUS_UNREACHABLE)))
		s = sync->ahead;
	bytes_free(&reply);
	bytes_free(&body);
	return s;
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
	if (s == STATUS_OK && sync->more && sync->held.reach == 0)
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
	if (s == STATUS_OK)
		s = exchange_all(sync);
	enum status held = settle_held(sync);
	return s == STATUS_OK ? held : s;
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
	struct sync sync = {.agent = a, .report = ret_report, .held = {.reply = bytes_new(LIMIT_REPLY)}};
	struct lock lock = {.fd = -1};
	enum status s = line_read(a->db, &sync.line);
	if (s == STATUS_OK)
		s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s != STATUS_OK)
		return s;
	database_keep_pages(a->db, DATABASE_BUSY_KIB);
	s = sync_locked(&sync, heartbeat);
	if (agent_give_up_reserve(a, s))
		s = sync_locked(&sync, heartbeat);
	database_keep_pages(a->db, DATABASE_IDLE_KIB);
	lock_release(&lock);
	bytes_free(&sync.held.reply);
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
	struct sync sync = {.agent = a, .report = &report, .held = {.reply = bytes_new(LIMIT_REPLY)}};
	struct settlement settlement;
	enum status s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s == STATUS_OK)
		s = exchange(&sync, false, &settlement);
	lock_release(&lock);
	bytes_free(&sync.held.reply);
	return s;
}
