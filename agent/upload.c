#include "agent/upload.h"

#include "agent/outgoing.h"

enum {
	ITEM_OVERHEAD = 5, /* the head of a byte string of this size in CBOR */
	ARRAY_OVERHEAD = 3 /* the head of an array of at most LIMIT_ENVELOPES + 1 items */
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

enum status upload_write(const struct agent *a, const struct upload_plan *plan,
			 const uint8_t nonce[static NONCE_LEN], struct bytes *body, int64_t *ret_batches)
{
	struct bytes request = bytes_new(LIMIT_REQUEST);
	struct load load = {.items = bytes_new(LIMIT_REQUEST)};
	enum status s = outgoing_request(a, nonce, &request);
	size_t beside = request.len + ITEM_OVERHEAD + ARRAY_OVERHEAD;
	load.room = LIMIT_REQUEST - beside;
	load.most = rarely_limit(&a->world.rarely, RARELY_REQUEST_FULL, LIMIT_ENVELOPES);
	load.share = plan->share > beside ? plan->share - beside : 0;
	const struct outgoing_plan batches = {.road = OUTGOING_WIRE, .above = plan->above};
	if (s == STATUS_OK && plan->share > 0)
		s = outgoing_walk(a, &batches, load_envelope, &load);
	if (s == STATUS_OK) {
		cbor_put_array(body, load.count + 1);
		cbor_put_bytes(body, request.data, request.len);
		bytes_put(body, load.items.data, load.items.len);
		s = bytes_status(body);
	}
	if (s == STATUS_OK)
		*ret_batches = (int64_t)load.batches;
	bytes_free(&load.items);
	bytes_free(&request);
	return s;
}
