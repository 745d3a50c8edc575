#include "hub/answer.h"

#include <string.h>

#include "hub/chain.h"
#include "protocol/batch_form.h"

enum { COUNTER_BLOCK = 1 << 16, COUNTER_BYTES = 8, HEAD_ROOM = 16 * 1024 };

/* What is reserved on disk. L9: a lost note is not a hub that never gave out a head. */
enum status answer_reserved(struct hub *hub, uint64_t *ret_reserved)
{
	struct bytes note = bytes_new(LIMIT_SETTINGS);
	enum status s = hub_note_get(hub, "counter", &note);
	if (s == STATUS_EMPTY || (s == STATUS_OK && note.len != COUNTER_BYTES))
		s = STATUS_CORRUPT;
	if (s == STATUS_OK)
		*ret_reserved = bits_take(note.data);
	bytes_free(&note);
	return s;
}

enum status answer_raise(struct hub *hub, uint64_t counter)
{
	uint64_t reserved = 0;
	uint8_t stored[COUNTER_BYTES];
	enum status s = answer_reserved(hub, &reserved);
	if (s != STATUS_OK || reserved >= counter)
		return s;
	bits_put(counter, stored);
	return hub_note_set(hub, "counter", slice_of(stored, sizeof(stored)));
}

/*
 * The counter is reserved durably in blocks, so that a head costs no commit of its own (L4). Where the disk says
 * other than we remember, another process has reserved since or our own reservation was rolled back.
 */
static enum status next_counter(struct hub *hub, uint64_t *ret_counter)
{
	uint64_t reserved = 0;
	enum status s = answer_reserved(hub, &reserved);
	if (s == STATUS_OK && (hub->counter >= hub->counter_reserved || reserved != hub->counter_reserved)) {
		uint8_t stored[COUNTER_BYTES];
		const uint64_t block = rarely_limit(&hub->world.rarely, RARELY_BLOCK_USED, COUNTER_BLOCK);
		bits_put(reserved + block, stored);
		s = hub_note_set(hub, "counter", slice_of(stored, sizeof(stored)));
		if (s == STATUS_OK) {
			hub->counter = reserved;
			hub->counter_reserved = reserved + block;
		}
	}
	if (s == STATUS_OK)
		*ret_counter = ++hub->counter;
	return s;
}

enum status answer_head(struct hub *hub, const struct request *request, struct bytes *out)
{
	struct head *head = hub->head;
	memset(head, 0, sizeof(*head));
	memcpy(head->device, request->device, DEVICE_ID_LEN);
	memcpy(head->nonce, request->nonce, NONCE_LEN);
	head->epoch = hub->epoch;
	head->hub_time = hub_now(hub);
	struct device now;
	enum status s = registry_find_device(hub->registry, request->device, &now);
	if (s != STATUS_OK)
		return s;
	head->state = now.state;
	s = next_counter(hub, &head->counter);
	if (s == STATUS_OK)
		s = chain_head_fill(hub->db, request, head);
	return s == STATUS_OK ? head_seal(head, hub->identity.hub_id, hub->key, out) : s;
}

static enum status seal_row(struct hub *hub, const struct receipt_range *range, struct query *q,
			    struct bytes *sealed)
{
	struct receipt receipt = {.incarnation = range->incarnation,
				  .seq = (uint64_t)query_get_int(q, 0),
				  .accepted_at = query_get_int(q, 2),
				  .verdicts = query_get_blob(q, 3)};
	struct slice hash = query_get_blob(q, 1);
	memcpy(receipt.hash, hash.data, hash.len < HASH_LEN ? hash.len : HASH_LEN);
	memcpy(receipt.device, range->device, DEVICE_ID_LEN);
	bytes_clear(sealed);
	return receipt_seal(&receipt, hub->identity.hub_id, hub->key, sealed);
}

enum status answer_receipts(struct hub *hub, const struct receipt_range *range, receipt_each each, void *context)
{
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	uint8_t bits[8];
	bits_put(range->incarnation.bits, bits);
	struct query q =
		query_start(hub->db, "SELECT b.seq, b.hash, l.accepted_at, l.verdicts"
				     " FROM batch b JOIN log l ON l.n = b.entry"
				     " WHERE b.device = ?1 AND b.ordinal = ?2 AND b.bits = ?3 AND b.seq > ?4"
				     " AND b.entry <= ?5 ORDER BY b.seq");
	query_blob(&q, 1, slice_of(range->device, DEVICE_ID_LEN));
	query_int(&q, 2, (int64_t)range->incarnation.ordinal);
	query_blob(&q, 3, slice_of(bits, sizeof(bits)));
	query_int(&q, 4, (int64_t)range->above);
	query_int(&q, 5, range->up_to_entry);
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		s = seal_row(hub, range, &q, &sealed);
		if (s == STATUS_OK)
			s = each(context, (uint64_t)query_get_int(&q, 0), bytes_slice(&sealed));
	}
	bytes_free(&sealed);
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

/* The receipts of an answer. */
struct filling {
	struct bytes items;
	size_t count;
	size_t most;
};

/* STATUS_LIMIT: the answer is full, the device asks again for more. */
static enum status put_receipt(void *context, uint64_t seq, struct slice sealed)
{
	struct filling *filling = context;
	(void)seq; /* they come in their order */
	if (filling->count >= filling->most || filling->items.len + sealed.len + HEAD_ROOM > LIMIT_REPLY)
		return STATUS_LIMIT;
	cbor_put_bytes(&filling->items, sealed.data, sealed.len);
	filling->count++;
	return bytes_status(&filling->items);
}

static enum status put_receipts(struct hub *hub, const struct request *request, struct filling *filling)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; i < request->n_chains && s == STATUS_OK; i++) {
		struct receipt_range range = {.device = request->device,
					      .incarnation = request->chains[i].incarnation,
					      .above = request->chains[i].receipted,
					      .up_to_entry = INT64_MAX};
		s = answer_receipts(hub, &range, put_receipt, filling);
	}
	return s == STATUS_LIMIT ? STATUS_OK : s;
}

enum status answer_put(struct hub *hub, const struct request *request, struct bytes *out)
{
	struct bytes head = bytes_new(LIMIT_REPLY);
	struct filling filling = {.items = bytes_new(LIMIT_REPLY),
				  .most = rarely_limit(&hub->world.rarely, RARELY_ANSWER_FULL, LIMIT_ENVELOPES)};
	enum status s = answer_head(hub, request, &head);
	if (s == STATUS_OK)
		s = put_receipts(hub, request, &filling);
	if (s == STATUS_OK) {
		cbor_put_array(out, 1 + filling.count);
		cbor_put_bytes(out, head.data, head.len);
		bytes_put(out, filling.items.data, filling.items.len);
		s = bytes_status(out);
	}
	bytes_free(&head);
	bytes_free(&filling.items);
	return s;
}
