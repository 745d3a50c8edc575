#include <stdlib.h>
#include <string.h>

#include "hub/enrol.h"
#include "protocol/reply.h"
#include "sim.h"

enum { ITEMS = 1024 }; /* more than an answer may have */

static void items_of(struct sim *sim, struct slice body, struct slice items[static ITEMS], size_t *ret_count)
{
	struct cbor r = cbor_reader(body.data, body.len);
	size_t n = cbor_array(&r, ITEMS);
	SIM_REQUIRE(sim, n > 0);
	for (size_t i = 0; i < n; i++)
		items[i] = cbor_bytes(&r, LIMIT_REQUEST);
	SIM_OK(sim, cbor_end(&r));
	*ret_count = n;
}

static void put_items(const struct slice *items, size_t count, struct bytes *out)
{
	cbor_put_array(out, count);
	for (size_t i = 0; i < count; i++)
		cbor_put_bytes(out, items[i].data, items[i].len);
}

static enum status say(struct bytes *out, int *ret_http_status, int http_status, const char *text)
{
	bytes_clear(out);
	bytes_put_str(out, text);
	*ret_http_status = http_status;
	return bytes_status(out);
}

static enum status mix(struct sim *sim, struct slice body, int *ret_http_status, struct bytes *out)
{
	struct slice items[ITEMS];
	struct slice mixed[ITEMS];
	size_t n = 0;
	struct bytes other = bytes_new(LIMIT_REQUEST);
	items_of(sim, body, items, &n);
	mixed[0] = items[0];
	for (size_t i = 1; i < n; i++)
		mixed[i] = items[1 + sim_index(sim, n - 1)];
	put_items(mixed, n, &other);
	enum status s = road_deliver(sim, false, bytes_slice(&other), ENDING_COMMIT, ret_http_status, out);
	bytes_free(&other);
	return s;
}

/* False for an item that is no batch: a receipt that its batch comes behind. */
static bool put_twin(struct sim *sim, struct slice envelope, struct bytes *out)
{
	struct envelope e;
	struct batch_head head;
	SIM_OK(sim, envelope_peek(envelope, &e));
	if (batch_peek(e.payload, &head) != STATUS_OK)
		return false;
	struct bytes verdicts = bytes_new(LIMIT_TEXT);
	verdicts_put(&verdicts, VERDICT_TAKEN, 0, NULL, NULL);
	struct receipt receipt = {.incarnation = head.incarnation,
				  .seq = head.seq,
				  .accepted_at = sim->now,
				  .verdicts = bytes_slice(&verdicts)};
	memcpy(receipt.device, head.device, DEVICE_ID_LEN);
	memset(receipt.hash, 7, HASH_LEN);
	SIM_OK(sim, receipt_seal(&receipt, sim->hub->identity.hub_id, sim->hub->key, out));
	bytes_free(&verdicts);
	return true;
}

/* The batches do not arrive, the head and the receipts of earlier ones are true. */
static enum status answer_for_twin(struct sim *sim, struct slice body, int *ret_http_status, struct bytes *out)
{
	struct slice items[ITEMS];
	struct slice answers[ITEMS];
	struct bytes twins[ITEMS];
	struct bytes request = bytes_new(LIMIT_REQUEST);
	struct bytes reply = bytes_new(LIMIT_REPLY);
	size_t n = 0;
	size_t n_answers = 0;
	items_of(sim, body, items, &n);
	put_items(items, 1, &request);
	enum status s = road_deliver(sim, false, bytes_slice(&request), ENDING_COMMIT, ret_http_status, &reply);
	if (s == STATUS_OK && *ret_http_status == 200) {
		items_of(sim, bytes_slice(&reply), answers, &n_answers);
		size_t n_twins = 0;
		for (; n_twins + 1 < n && n_answers < ITEMS; n_twins++) {
			twins[n_twins] = bytes_new(LIMIT_REPLY);
			if (put_twin(sim, items[n_twins + 1], &twins[n_twins]))
				answers[n_answers++] = bytes_slice(&twins[n_twins]);
		}
		put_items(answers, n_answers, out);
		while (n_twins > 0)
			bytes_free(&twins[--n_twins]);
	} else {
		bytes_put(out, reply.data, reply.len);
	}
	bytes_free(&reply);
	bytes_free(&request);
	return s;
}

/* A hub that was put back may take it without the receipt it had. */
static void note_stray(struct sim *sim, int party)
{
	struct party *p = &sim->parties[party];
	p->strayed = p->strayed || sim->hub_lives > 0;
}

/* It is on its way for minutes or weeks; whoever asked has given up by then. */
static void send_late(struct sim *sim, int party, bool enrolment, struct slice body)
{
	struct event late = {.at = sim->now + 1 + sim_pick(sim, sim_pick(sim, 5) == 0 ? 20 * DAY_MS : HOUR_MS),
			     .kind = enrolment ? EVENT_LATE_ENROL : EVENT_LATE,
			     .who = -1,
			     .about = party,
			     .dice = sim_mix(&sim->random)};
	road_keep(&late.load, body);
	events_add(&sim->events, late);
}

void harm_late(struct sim *sim, const struct event *event)
{
	struct bytes nobody = bytes_new(LIMIT_REPLY);
	note_stray(sim, event->about);
	/* Whatever becomes of it: no one is waiting. */
	(void)road_serve(sim, event->kind == EVENT_LATE_ENROL, bytes_slice(&event->load), ENDING_COMMIT, &nobody);
	bytes_free(&nobody);
}

/* In the request nothing of it is believed; in the answer neither. */
static enum status cut_short(struct sim *sim, struct slice body, int *ret_http_status, struct bytes *out)
{
	struct slice part = slice_of(body.data, sim_index(sim, body.len));
	if (sim_pick(sim, 2) == 0)
		return road_deliver(sim, false, part, ENDING_COMMIT, ret_http_status, out);
	enum status s = road_deliver(sim, false, body, ENDING_COMMIT, ret_http_status, out);
	if (out->len > 0)
		out->len = sim_index(sim, out->len);
	return s;
}

static enum status answer_kept(const struct bytes *kept, int *ret_http_status, struct bytes *out)
{
	bytes_clear(out);
	bytes_put(out, kept->data, kept->len);
	*ret_http_status = 200;
	return STATUS_OK;
}

enum fault harm_draw(struct sim *sim)
{
	int64_t sum = 0;
	for (int i = 0; i < FAULT_HARMS; i++)
		sum += sim->plan.weight[i];
	int64_t dice = sum == 0 ? 0 : sim_pick(sim, sum);
	for (int i = 0; i < FAULT_HARMS; i++) {
		if (dice < sim->plan.weight[i])
			return (enum fault)i;
		dice -= sim->plan.weight[i];
	}
	return FAULT_HARMS;
}

/* What harms the answer alone, once the hub has given it. */
static enum status harm_answer(struct road *road, enum fault harm, enum status s, int *ret_http_status,
			       struct bytes *out)
{
	struct sim *sim = road->sim;
	const struct road *other = &sim->parties[sim_index(sim, (size_t)sim->n_parties)].road;
	if (s != STATUS_OK)
		return s;
	if (harm == FAULT_DROP_ANSWER)
		road_keep(&road->last_answer, bytes_slice(out));
	if (harm == FAULT_DROP_ANSWER)
		return STATUS_UNREACHABLE;
	if (harm == FAULT_PAGE)
		return say(out, ret_http_status, 200, "<html>Welcome to our network. Please log in.</html>");
	if (harm == FAULT_BENT && out->len > 0)
		out->data[sim_index(sim, out->len)] ^= (uint8_t)(1U << sim_pick(sim, 8));
	road->foreign = harm == FAULT_OTHERS_ANSWER && other != road;
	return road->foreign ? answer_kept(&other->last_answer, ret_http_status, out) : STATUS_OK;
}

/* What never comes to the hub, or not now. */
static enum status harm_request(struct road *road, bool enrolment, struct slice body, enum fault harm,
				int *ret_http_status, struct bytes *out)
{
	if (harm == FAULT_DELAY)
		send_late(road->sim, road->party, enrolment, body);
	road->foreign = harm == FAULT_REDIRECT || harm == FAULT_OLD_ANSWER;
	if (harm == FAULT_REDIRECT)
		return say(out, ret_http_status, 302, "");
	if (harm == FAULT_OLD_ANSWER)
		return answer_kept(&road->last_answer, ret_http_status, out);
	return STATUS_UNREACHABLE;
}

static bool is_stopped(enum fault harm)
{
	return harm == FAULT_DROP || harm == FAULT_DELAY || harm == FAULT_REDIRECT || harm == FAULT_OLD_ANSWER;
}

enum status harm_carry(struct road *road, bool enrolment, struct slice body, enum fault harm, int *ret_http_status,
		       struct bytes *out)
{
	struct sim *sim = road->sim;
	road->foreign = harm == FAULT_PAGE;
	bool of_batches = harm == FAULT_REORDER || harm == FAULT_TWIN || harm == FAULT_TRUNCATE;
	if (is_stopped(harm) || (enrolment && of_batches))
		return harm_request(road, enrolment, body, harm, ret_http_status, out);
	if (harm == FAULT_REORDER)
		note_stray(sim, road->party);
	if (harm == FAULT_REORDER)
		return mix(sim, body, ret_http_status, out);
	if (harm == FAULT_TWIN)
		return answer_for_twin(sim, body, ret_http_status, out);
	if (harm == FAULT_TRUNCATE)
		return cut_short(sim, body, ret_http_status, out);
	enum ending ending = harm == FAULT_CRASH_BEFORE  ? ENDING_DIE_BEFORE
			     : harm == FAULT_CRASH_AFTER ? ENDING_DIE_AFTER
			     : harm == FAULT_ROLLBACK    ? ENDING_ROLL_BACK
							 : ENDING_COMMIT;
	enum status s = road_deliver(sim, enrolment, body, ending, ret_http_status, out);
	if (harm == FAULT_TWICE) {
		/* Once more at once, and perhaps again much later. */
		if (sim_pick(sim, 2) == 0)
			send_late(sim, road->party, enrolment, body);
		return road_deliver(sim, enrolment, body, ENDING_COMMIT, ret_http_status, out);
	}
	return harm_answer(road, harm, s, ret_http_status, out);
}
