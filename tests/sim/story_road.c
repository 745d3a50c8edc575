#include <string.h>

#include "hub/enrol.h"
#include "hub/intake.h"
#include "protocol/reply.h"
#include "tests/sim/story.h"

/* Hands a body to the hub as front and writer do: the answer leaves after the commit. */
static enum status serve(struct story *story, bool enrolment, struct slice body, struct bytes *out)
{
	struct hub_transaction t;
	struct arrival *arrival = NULL;
	enum status s = story_hub(story);
	if (s == STATUS_OK && !enrolment)
		s = intake_open(story->hub, body, &arrival);
	if (s == STATUS_OK)
		s = hub_begin(story->hub, &t);
	if (s == STATUS_OK) {
		s = enrolment ? enrol_take(story->hub, body, out) : intake_take(story->hub, arrival, out);
		s = hub_end(&t, s);
	}
	intake_free(arrival);
	return s;
}

static enum status promise_sent(struct story *story, int pc, struct slice envelope)
{
	struct promise p = {.kind = PROMISED_SENT, .pc = pc};
	struct envelope e;
	struct batch_head head;
	enum status s = envelope_peek(envelope, &e);
	if (s == STATUS_OK)
		s = batch_peek(e.payload, &head);
	if (s != STATUS_OK)
		return s;
	p.incarnation = head.incarnation;
	p.seq = head.seq;
	memcpy(p.device, head.device, DEVICE_ID_LEN);
	hash_bytes(envelope, p.hash);
	story_promise(story, &p);
	return STATUS_OK;
}

static enum status promise_receipt(struct story *story, int pc, struct slice sealed)
{
	struct promise p = {.kind = PROMISED_RECEIPT, .pc = pc};
	struct receipt receipt;
	enum status s = receipt_open(sealed, story->hub->identity.hub_id, story->hub->identity.sign_key, &receipt);
	if (s != STATUS_OK)
		return s;
	p.incarnation = receipt.incarnation;
	p.seq = receipt.seq;
	memcpy(p.device, receipt.device, DEVICE_ID_LEN);
	memcpy(p.hash, receipt.hash, HASH_LEN);
	story_promise(story, &p);
	return STATUS_OK;
}

static enum status promise_head(struct story *story, int pc, struct slice sealed)
{
	struct promise p = {.kind = PROMISED_HEAD, .pc = pc};
	struct head *head = story->hub->head; /* made anew for every answer */
	enum status s = head_open(sealed, story->hub->identity.hub_id, story->hub->identity.sign_key, head);
	if (s != STATUS_OK)
		return s;
	p.incarnation = (struct incarnation){.ordinal = head->epoch, .bits = head->counter};
	story_promise(story, &p);
	return STATUS_OK;
}

/* The items behind the first, which is a request or a head. */
static enum status each_item(struct story *story, int pc, struct slice body,
			     enum status (*first)(struct story *story, int pc, struct slice item),
			     enum status (*next)(struct story *story, int pc, struct slice item))
{
	struct cbor r = cbor_reader(body.data, body.len);
	size_t n = cbor_array(&r, LIMIT_ENVELOPES * 64);
	enum status s = STATUS_OK;
	for (size_t i = 0; i < n && s == STATUS_OK; i++) {
		struct slice item = cbor_bytes(&r, LIMIT_REQUEST);
		if (i > 0 || first != NULL)
			s = (i == 0 ? first : next)(story, pc, item);
	}
	return s == STATUS_OK ? cbor_end(&r) : s;
}

static enum status answer_post(struct story_road *road, const struct uplink_request *request, int *ret_http_status,
			       struct bytes *out)
{
	struct story *story = road->story;
	bool enrolment = slice_equal(request->path, slice_str("/v1/enroll"));
	enum status s = enrolment ? STATUS_OK : each_item(story, road->pc, request->body, NULL, promise_sent);
	if (s == STATUS_OK)
		s = serve(story, enrolment, request->body, out);
	if (s != STATUS_OK) {
		bytes_clear(out);
		bytes_put_str(out, status_code(s));
		*ret_http_status = status_exit(s) == EXIT_PERMISSION || status_exit(s) == EXIT_REFUSED ? 403 : 503;
		return STATUS_OK;
	}
	*ret_http_status = 200;
	return enrolment ? STATUS_OK : each_item(story, road->pc, bytes_slice(out), promise_head, promise_receipt);
}

static enum status exchange(struct transport *t, const struct uplink_request *request, int *ret_http_status,
			    int64_t *ret_retry_after_s, struct bytes *ret_body)
{
	/* The transport is the road's first member. */
	struct story_road *road = (struct story_road *)(void *)t;
	*ret_retry_after_s = -1;
	bytes_clear(ret_body);
	transport_meanwhile(t);
	if (request->post)
		return answer_post(road, request, ret_http_status, ret_body);
	enum status s = story_hub(road->story);
	if (s != STATUS_OK)
		return STATUS_UNREACHABLE;
	bytes_put(ret_body, road->story->hub->identity_doc.data, road->story->hub->identity_doc.len);
	*ret_http_status = 200;
	return bytes_status(ret_body);
}

static void leave_it(struct transport *t)
{
	(void)t; /* it is the story's */
}

void story_lay_road(struct story *story, int pc)
{
	story->pcs[pc].road = (struct story_road){
		.transport = {.exchange = exchange, .close = leave_it}, .story = story, .pc = pc};
	story->pcs[pc].world.transport = &story->pcs[pc].road.transport;
}
