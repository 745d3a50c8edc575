#include "protocol/reply.h"

#include "protocol/message.h"

const char *verdict_name(enum verdict v)
{
	switch (v) {
	case VERDICT_TAKEN:
		return "taken";
	case VERDICT_UNREADABLE:
		return "unreadable";
	case VERDICT_INVALID:
		return "invalid";
	case VERDICT_UNKNOWN_UNIT:
		return "unknown-unit";
	case VERDICT_OTHER_UNIT:
		return "other-unit";
	case VERDICT_TOO_MANY:
		return "too-many-changes";
	}
	return "unknown";
}

/* One refused change; what is refused for itself is never "taken", nor "unreadable" as a batch may be. */
static void take_pair(struct cbor *r, int64_t above, int64_t *ret_index, enum verdict *ret_verdict)
{
	*ret_index = cbor_int(r, above + 1, LIMIT_BATCH_CHANGES - 1);
	*ret_verdict = (enum verdict)cbor_int(r, VERDICT_INVALID, VERDICT_MAX);
}

static void take_verdicts(struct cbor *r, struct verdicts *ret_verdicts)
{
	struct verdicts v = {0};
	cbor_array_of(r, 2);
	v.batch = (enum verdict)cbor_uint(r, VERDICT_MAX);
	size_t items = cbor_array(r, 2 * (size_t)LIMIT_BATCH_CHANGES);
	if (items % 2 != 0)
		cbor_fail(r);
	v.count = items / 2;
	const uint8_t *start = r->next;
	int64_t index = -1;
	enum verdict reason = VERDICT_TAKEN;
	for (size_t i = 0; i < v.count && cbor_status(r) == STATUS_OK; i++)
		take_pair(r, index, &index, &reason);
	if (cbor_status(r) != STATUS_OK)
		return;
	v.pairs = cbor_reader(start, (size_t)(r->next - start));
	*ret_verdicts = v;
}

enum status verdicts_read(struct slice data, struct verdicts *ret_verdicts)
{
	struct cbor r = cbor_reader(data.data, data.len);
	struct verdicts v = {0};
	take_verdicts(&r, &v);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_verdicts = v;
	return s;
}

bool verdict_next(struct verdicts *v, uint32_t *ret_index, enum verdict *ret_verdict)
{
	if (v->count == 0)
		return false;
	int64_t index = 0;
	enum verdict reason = VERDICT_TAKEN;
	take_pair(&v->pairs, -1, &index, &reason);
	v->count--;
	*ret_index = (uint32_t)index;
	*ret_verdict = reason;
	return true;
}

void verdicts_put(struct bytes *out, enum verdict batch, size_t count, const uint32_t *indices,
		  const uint8_t *reasons)
{
	cbor_put_array(out, 2);
	cbor_put_uint(out, (uint64_t)batch);
	cbor_put_array(out, 2 * count);
	for (size_t i = 0; i < count; i++) {
		cbor_put_uint(out, indices[i]);
		cbor_put_uint(out, reasons[i]);
	}
}

/* --- receipts --- */

enum status receipt_seal(const struct receipt *receipt, const uint8_t hub_id[static HUB_ID_LEN],
			 const struct signing_key *hub_key, struct bytes *out)
{
	struct bytes b = bytes_new(LIMIT_REPLY);
	message_put_start(&b, 8);
	message_put_string(&b, 2, receipt->hash, HASH_LEN);
	message_put_string(&b, 3, receipt->device, DEVICE_ID_LEN);
	message_put_counter(&b, 4, receipt->incarnation.ordinal);
	cbor_put_uint(&b, 5);
	message_put_bits(&b, receipt->incarnation.bits);
	message_put_counter(&b, 6, receipt->seq);
	message_put_instant(&b, 7, receipt->accepted_at);
	cbor_put_uint(&b, 8);
	bytes_put(&b, receipt->verdicts.data, receipt->verdicts.len);
	return message_seal(MESSAGE_RECEIPT, hub_id, hub_key, &b, out);
}

static enum status read_receipt(struct slice payload, struct receipt *ret_receipt)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	struct receipt e = {0};
	struct verdicts verdicts = {0};
	size_t left = 0;
	message_take_start(&r, &left);
	cbor_need(&r, &left, 2);
	cbor_fixed(&r, e.hash, HASH_LEN);
	cbor_need(&r, &left, 3);
	cbor_fixed(&r, e.device, DEVICE_ID_LEN);
	cbor_need(&r, &left, 4);
	e.incarnation.ordinal = message_take_from_one(&r);
	cbor_need(&r, &left, 5);
	e.incarnation.bits = message_take_bits(&r);
	cbor_need(&r, &left, 6);
	e.seq = message_take_from_one(&r);
	cbor_need(&r, &left, 7);
	e.accepted_at = message_take_instant(&r);
	cbor_need(&r, &left, 8);
	const uint8_t *start = r.next;
	take_verdicts(&r, &verdicts);
	e.verdicts = slice_of(start, (size_t)(r.next - start));
	cbor_map_end(&r, left);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_receipt = e;
	return s;
}

enum status receipt_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
			 const uint8_t hub_key[static PUBLIC_KEY_LEN], struct receipt *ret_receipt)
{
	struct slice payload;
	enum status s = message_open(sealed, MESSAGE_RECEIPT, hub_id, hub_key, &payload);
	return s == STATUS_OK ? read_receipt(payload, ret_receipt) : s;
}

/* --- heads --- */

static void put_chains(const struct head *head, struct bytes *b)
{
	cbor_put_uint(b, 8);
	cbor_put_array(b, head->n_chains);
	for (size_t i = 0; i < head->n_chains; i++) {
		const struct chain_head *c = &head->chains[i];
		cbor_put_array(b, 5);
		message_put_incarnation(b, &c->incarnation);
		cbor_put_uint(b, c->have);
		cbor_put_bytes(b, c->hash, HASH_LEN);
		cbor_put_uint(b, c->safe);
	}
	cbor_put_uint(b, 9);
	cbor_put_array(b, head->n_pending);
	for (size_t i = 0; i < head->n_pending; i++) {
		cbor_put_array(b, 3);
		message_put_incarnation(b, &head->pending[i].incarnation);
		cbor_put_uint(b, head->pending[i].seq);
	}
}

enum status head_seal(const struct head *head, const uint8_t hub_id[static HUB_ID_LEN],
		      const struct signing_key *hub_key, struct bytes *out)
{
	if (head->n_chains > LIMIT_INCARNATIONS || head->n_pending > LIMIT_PENDING)
		return STATUS_LIMIT;
	struct bytes b = bytes_new(LIMIT_REPLY);
	message_put_start(&b, 10);
	message_put_string(&b, 2, head->device, DEVICE_ID_LEN);
	message_put_counter(&b, 3, head->epoch);
	message_put_counter(&b, 4, head->counter);
	message_put_instant(&b, 5, head->hub_time);
	message_put_counter(&b, 6, head->policy);
	message_put_string(&b, 7, head->nonce, NONCE_LEN);
	put_chains(head, &b);
	message_put_counter(&b, 10, (uint64_t)head->state);
	return message_seal(MESSAGE_HEAD, hub_id, hub_key, &b, out);
}

static void take_chains(struct cbor *r, struct head *head)
{
	head->n_chains = cbor_array(r, LIMIT_INCARNATIONS);
	for (size_t i = 0; i < head->n_chains; i++) {
		struct chain_head *c = &head->chains[i];
		cbor_array_of(r, 5);
		c->incarnation = message_take_incarnation(r);
		c->have = message_take_counter(r);
		cbor_fixed(r, c->hash, HASH_LEN);
		c->safe = cbor_uint(r, c->have);
	}
}

static void take_pending(struct cbor *r, struct head *head)
{
	head->n_pending = cbor_array(r, LIMIT_PENDING);
	for (size_t i = 0; i < head->n_pending; i++) {
		cbor_array_of(r, 3);
		head->pending[i].incarnation = message_take_incarnation(r);
		head->pending[i].seq = message_take_from_one(r);
	}
}

static enum status read_head(struct slice payload, struct head *ret_head)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	struct head h = {0};
	size_t left = 0;
	message_take_start(&r, &left);
	cbor_need(&r, &left, 2);
	cbor_fixed(&r, h.device, DEVICE_ID_LEN);
	cbor_need(&r, &left, 3);
	h.epoch = message_take_counter(&r);
	cbor_need(&r, &left, 4);
	h.counter = message_take_counter(&r);
	cbor_need(&r, &left, 5);
	h.hub_time = message_take_instant(&r);
	cbor_need(&r, &left, 6);
	h.policy = message_take_counter(&r);
	cbor_need(&r, &left, 7);
	cbor_fixed(&r, h.nonce, NONCE_LEN);
	cbor_need(&r, &left, 8);
	take_chains(&r, &h);
	cbor_need(&r, &left, 9);
	take_pending(&r, &h);
	cbor_need(&r, &left, 10);
	h.state = (enum device_state)cbor_int(&r, DEVICE_ACTIVE, DEVICE_REVOKED);
	cbor_map_end(&r, left);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_head = h;
	return s;
}

enum status head_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
		      const uint8_t hub_key[static PUBLIC_KEY_LEN], struct head *ret_head)
{
	struct slice payload;
	enum status s = message_open(sealed, MESSAGE_HEAD, hub_id, hub_key, &payload);
	return s == STATUS_OK ? read_head(payload, ret_head) : s;
}

/* --- enrolment --- */

const char *device_state_name(enum device_state state)
{
	switch (state) {
	case DEVICE_ACTIVE:
		return "active";
	case DEVICE_WAITING:
		return "waiting";
	case DEVICE_UNCONFIRMED:
		return "unconfirmed";
	case DEVICE_SUSPENDED:
		return "suspended";
	case DEVICE_REVOKED:
		return "revoked";
	}
	return "unknown";
}

enum status enrolled_seal(const struct enrolled *e, const uint8_t hub_id[static HUB_ID_LEN],
			  const struct signing_key *hub_key, struct bytes *out)
{
	struct bytes b = bytes_new(LIMIT_REPLY);
	message_put_start(&b, 7);
	message_put_string(&b, 2, e->nonce, NONCE_LEN);
	message_put_string(&b, 3, e->device, DEVICE_ID_LEN);
	message_put_counter(&b, 4, (uint64_t)e->state);
	message_put_instant(&b, 5, e->hub_time);
	message_put_text(&b, 6, e->unit);
	message_put_text(&b, 7, e->unit_name);
	return message_seal(MESSAGE_ENROLLED, hub_id, hub_key, &b, out);
}

static enum status read_enrolled(struct slice payload, struct enrolled *ret_enrolled)
{
	struct cbor r = cbor_reader(payload.data, payload.len);
	struct enrolled e = {0};
	size_t left = 0;
	message_take_start(&r, &left);
	cbor_need(&r, &left, 2);
	cbor_fixed(&r, e.nonce, NONCE_LEN);
	cbor_need(&r, &left, 3);
	cbor_fixed(&r, e.device, DEVICE_ID_LEN);
	cbor_need(&r, &left, 4);
	e.state = (enum device_state)cbor_int(&r, DEVICE_ACTIVE, DEVICE_REVOKED);
	cbor_need(&r, &left, 5);
	e.hub_time = message_take_instant(&r);
	cbor_need(&r, &left, 6);
	e.unit = cbor_text(&r, LIMIT_UNIT);
	cbor_need(&r, &left, 7);
	e.unit_name = cbor_text(&r, LIMIT_TEXT);
	cbor_map_end(&r, left);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_enrolled = e;
	return s;
}

enum status enrolled_open(struct slice sealed, const uint8_t hub_id[static HUB_ID_LEN],
			  const uint8_t hub_key[static PUBLIC_KEY_LEN], struct enrolled *ret_enrolled)
{
	struct slice payload;
	enum status s = message_open(sealed, MESSAGE_ENROLLED, hub_id, hub_key, &payload);
	return s == STATUS_OK ? read_enrolled(payload, ret_enrolled) : s;
}
