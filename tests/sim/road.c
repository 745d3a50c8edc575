#include <stdlib.h>
#include <string.h>

#include "hub/enrol.h"
#include "hub/intake.h"
#include "protocol/reply.h"
#include "sim.h"

enum { ITEMS = 128 };

enum harm {
	LOSE_REQUEST,
	LOSE_ANSWER,
	TWICE, /* the request comes twice */
	LATE,  /* one that was kept on the way comes now, after newer ones; ours after it */
	MIXED, /* the envelopes come in another order, some twice, some not at all */
	PAGE,  /* a page of somebody else's */
	REDIRECT,
	OLD_ANSWER, /* the hub's, to an earlier request of this agent, perhaps one that was lost */
	OTHERS_ANSWER,
	BENT,     /* a byte of the answer is another */
	TWIN,     /* receipts of the hub for other batches of the same numbers, behind a fresh head */
	CRASH,    /* the hub dies before it has committed */
	ROLLBACK, /* the hub could not commit and goes on */
	HARMS
};

enum ending { COMMIT, ROLL_BACK, DIE };

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

/* What the hub's front and writer do with a body: an answer leaves only after the commit. */
static enum status serve(struct sim *sim, bool enrolment, struct slice body, enum ending ending, struct bytes *out)
{
	struct hub_transaction t;
	struct arrival *arrival = NULL;
	enum status s = enrolment ? STATUS_OK : intake_open(sim->hub, body, &arrival);
	if (s != STATUS_OK)
		return s;
	bytes_clear(out);
	SIM_OK(sim, hub_begin(sim->hub, &t));
	s = enrolment ? enrol_take(sim->hub, body, out) : intake_take(sim->hub, arrival, out);
	if (s == STATUS_OK && ending == COMMIT)
		SIM_OK(sim, hub_commit(&t));
	else
		hub_rollback(&t);
	intake_free(arrival);
	if (ending != COMMIT)
		bytes_clear(out);
	if (ending == DIE) {
		sim_close_hub(sim);
		sim_open_hub(sim);
	}
	return ending == COMMIT ? s : STATUS_BUSY;
}

static enum status say(struct bytes *out, int *ret_http_status, int http_status, const char *text)
{
	bytes_clear(out);
	bytes_put_str(out, text);
	*ret_http_status = http_status;
	return bytes_status(out);
}

static enum status deliver(struct sim *sim, bool enrolment, struct slice body, enum ending ending,
			   int *ret_http_status, struct bytes *out)
{
	enum status s = serve(sim, enrolment, body, ending, out);
	if (s != STATUS_OK)
		return say(out, ret_http_status, s == STATUS_BUSY ? 503 : 403, status_code(s));
	*ret_http_status = 200;
	return STATUS_OK;
}

static void keep_bytes(struct bytes *kept, struct slice data)
{
	if (kept->limit == 0)
		*kept = bytes_new(LIMIT_REQUEST);
	bytes_clear(kept);
	bytes_put(kept, data.data, data.len);
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
	enum status s = deliver(sim, false, bytes_slice(&other), COMMIT, ret_http_status, out);
	bytes_free(&other);
	return s;
}

static void put_twin(struct sim *sim, struct slice envelope, struct bytes *out)
{
	struct envelope e;
	struct batch_head head;
	struct bytes verdicts = bytes_new(LIMIT_TEXT);
	SIM_OK(sim, envelope_peek(envelope, &e));
	SIM_OK(sim, batch_peek(e.payload, &head));
	verdicts_put(&verdicts, VERDICT_TAKEN, 0, NULL, NULL);
	struct receipt receipt = {.incarnation = head.incarnation,
				  .seq = head.seq,
				  .accepted_at = sim->now,
				  .verdicts = bytes_slice(&verdicts)};
	memcpy(receipt.device, head.device, DEVICE_ID_LEN);
	memset(receipt.hash, 7, HASH_LEN);
	SIM_OK(sim, receipt_seal(&receipt, sim->hub->identity.hub_id, sim->hub->key, out));
	bytes_free(&verdicts);
}

/* The batches do not arrive, the head and the receipts of earlier ones are true. */
static enum status answer_for_twin(struct sim *sim, struct slice body, int *ret_http_status, struct bytes *out)
{
	struct slice items[ITEMS];
	struct slice answers[ITEMS];
	struct bytes twins[ITEMS];
	struct bytes request = bytes_new(LIMIT_REQUEST);
	struct bytes answer = bytes_new(LIMIT_REPLY);
	size_t n = 0;
	size_t n_answers = 0;
	items_of(sim, body, items, &n);
	put_items(items, 1, &request);
	enum status s = deliver(sim, false, bytes_slice(&request), COMMIT, ret_http_status, &answer);
	if (s == STATUS_OK && *ret_http_status == 200) {
		items_of(sim, bytes_slice(&answer), answers, &n_answers);
		size_t n_twins = 0;
		for (; n_twins + 1 < n && n_answers < ITEMS; n_twins++) {
			twins[n_twins] = bytes_new(LIMIT_REPLY);
			put_twin(sim, items[n_twins + 1], &twins[n_twins]);
			answers[n_answers++] = bytes_slice(&twins[n_twins]);
		}
		put_items(answers, n_answers, out);
		while (n_twins > 0)
			bytes_free(&twins[--n_twins]);
	}
	bytes_free(&answer);
	bytes_free(&request);
	return s;
}

static enum status bend(struct sim *sim, struct bytes *out)
{
	if (out->len > 0)
		out->data[sim_index(sim, out->len)] ^= (uint8_t)(1U << sim_pick(sim, 8));
	return STATUS_OK;
}

static enum status come_late(struct sim *sim)
{
	const struct kept_request *late = &sim->kept[sim_index(sim, KEPT_REQUESTS)];
	struct bytes nobody = bytes_new(LIMIT_REPLY);
	if (late->body.len > 0)
		(void)serve(sim, late->enrolment, bytes_slice(&late->body), COMMIT,
			    &nobody); /* no one is waiting */
	bytes_free(&nobody);
	return STATUS_OK;
}

static enum status answer_kept(const struct bytes *kept, int *ret_http_status, struct bytes *out)
{
	bytes_clear(out);
	bytes_put(out, kept->data, kept->len);
	*ret_http_status = 200;
	return STATUS_OK;
}

static enum status carry_harmed(struct road *road, bool enrolment, struct slice body, enum harm harm,
				int *ret_http_status, struct bytes *out)
{
	struct sim *sim = road->sim;
	const struct road *other = &sim->parties[sim_index(sim, AGENTS)].road;
	if (enrolment && (harm == MIXED || harm == TWIN))
		harm = LOSE_REQUEST;
	if (harm == LATE)
		(void)come_late(sim); /* whatever becomes of it */
	enum status s = STATUS_OK;
	enum ending ending = harm == CRASH ? DIE : harm == ROLLBACK ? ROLL_BACK : COMMIT;
	if (harm == MIXED)
		s = mix(sim, body, ret_http_status, out);
	else if (harm == TWIN)
		s = answer_for_twin(sim, body, ret_http_status, out);
	else if (harm != LOSE_REQUEST && harm != REDIRECT && harm != OLD_ANSWER)
		s = deliver(sim, enrolment, body, ending, ret_http_status, out);
	road->foreign =
		harm == PAGE || harm == REDIRECT || harm == OLD_ANSWER || (harm == OTHERS_ANSWER && other != road);
	if (harm == LOSE_ANSWER)
		keep_bytes(&road->last_answer, bytes_slice(out));
	switch (harm) {
	case LOSE_REQUEST:
		return STATUS_UNREACHABLE;
	case LOSE_ANSWER:
	case CRASH:
		return STATUS_BROKEN_OFF;
	case TWICE:
		return deliver(sim, enrolment, body, COMMIT, ret_http_status, out);
	case PAGE:
		return say(out, ret_http_status, 200, "<html>Welcome to our network. Please log in.</html>");
	case REDIRECT:
		return say(out, ret_http_status, 302, "");
	case OLD_ANSWER:
		return answer_kept(&road->last_answer, ret_http_status, out);
	case OTHERS_ANSWER:
		return other == road ? s : answer_kept(&other->last_answer, ret_http_status, out);
	case BENT:
		return bend(sim, out);
	case LATE:
	case MIXED:
	case TWIN:
	case ROLLBACK:
	case HARMS:
		break;
	}
	return s;
}

/* Envelopes out of order, the heart of it, come more often than the rest. */
static enum harm any_harm(struct sim *sim)
{
	int64_t dice = sim_pick(sim, HARMS + 4);
	return dice < HARMS ? (enum harm)dice : MIXED;
}

static enum status exchange(struct transport *t, const struct uplink_request *request, int *ret_http_status,
			    int64_t *ret_retry_after_s, struct bytes *ret_body)
{
	/* The transport is the road's first member. */
	struct road *road = (struct road *)(void *)t;
	struct sim *sim = road->sim;
	*ret_retry_after_s = -1;
	bytes_clear(ret_body);
	if (!request->post) {
		SIM_REQUIRE(sim, slice_equal(request->path, slice_str("/v1/hub")) && request->n_pins == 0);
		return answer_kept(&sim->hub->identity_doc, ret_http_status, ret_body);
	}
	bool enrolment = slice_equal(request->path, slice_str("/v1/enroll"));
	SIM_REQUIRE(sim, request->n_pins > 0);
	SIM_REQUIRE(sim, enrolment || slice_equal(request->path, slice_str("/v1/batches")));
	bool harmed = !sim->calm && (road->broken || sim_pick(sim, 2) == 0);
	enum harm harm = road->broken ? LOSE_REQUEST : any_harm(sim);
	struct kept_request *kept = &sim->kept[sim_index(sim, KEPT_REQUESTS)];
	enum status s = harmed ? carry_harmed(road, enrolment, request->body, harm, ret_http_status, ret_body)
			       : deliver(sim, enrolment, request->body, COMMIT, ret_http_status, ret_body);
	road->harmed += harmed;
	road->foreign = harmed && road->foreign;
	kept->enrolment = enrolment;
	keep_bytes(&kept->body, request->body);
	if (s == STATUS_OK && !harmed)
		keep_bytes(&road->last_answer, bytes_slice(ret_body));
	return s;
}

static void leave_it(struct transport *t)
{
	(void)t; /* the simulator clears the road */
}

void road_lay(struct sim *sim, struct road *road)
{
	*road = (struct road){.transport = {.exchange = exchange, .close = leave_it}, .sim = sim};
}

void road_clear(struct sim *sim)
{
	for (size_t i = 0; i < KEPT_REQUESTS; i++)
		bytes_free(&sim->kept[i].body);
	for (size_t i = 0; i < AGENTS; i++)
		bytes_free(&sim->parties[i].road.last_answer);
}
