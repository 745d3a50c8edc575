#include "hub/intake.h"

#include <stdlib.h>
#include <string.h>

#include "hub/answer.h"
#include "hub/chain.h"
#include "hub/judge.h"
#include "hub/state.h"

/* One envelope that came, verified; batch is NULL where its rows cannot be read. */
struct arrived {
	struct slice sealed;
	uint8_t hash[HASH_LEN];
	struct batch_head head;
	struct batch *batch;
};

struct arrival {
	struct device device;
	struct request request;
	size_t count;
	struct arrived *batches;
};

void intake_free(struct arrival *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->count; i++)
		batch_free(a->batches[i].batch);
	free(a->batches);
	free(a);
}

static enum status check_state(const struct device *device)
{
	switch (device->state) {
	case DEVICE_ACTIVE:
	case DEVICE_UNCONFIRMED:
		return STATUS_OK;
	case DEVICE_WAITING:
		return STATUS_WAITING_DEVICE;
	case DEVICE_SUSPENDED:
	case DEVICE_REVOKED:
		return STATUS_SUSPENDED;
	}
	return STATUS_UNKNOWN_DEVICE;
}

static enum status open_request(struct hub *hub, struct slice sealed, struct arrival *a)
{
	struct envelope e;
	enum status s = envelope_peek(sealed, &e);
	if (s == STATUS_OK)
		s = registry_find_key(hub->registry, e.key_id, &a->device);
	if (s == STATUS_OK)
		s = envelope_verify(&e, MESSAGE_REQUEST, hub->identity.hub_id, a->device.public_key);
	if (s == STATUS_OK)
		s = request_read(e.payload, &a->request);
	if (s == STATUS_OK && memcmp(a->request.device, a->device.id, DEVICE_ID_LEN) != 0)
		s = STATUS_FORGED;
	/* Other states are judged in the transaction: another process may have confirmed or resumed it since. */
	return s == STATUS_OK && a->device.state == DEVICE_REVOKED ? STATUS_SUSPENDED : s;
}

/* L7: the batch is the device's whose key signed it, whatever its head says. */
static enum status open_batch(struct hub *hub, const struct device *device, struct slice sealed, struct arrived *in)
{
	struct envelope e;
	if (sealed.len > LIMIT_BATCH_SEALED)
		return STATUS_LIMIT;
	enum status s = envelope_peek(sealed, &e);
	if (s == STATUS_OK && memcmp(e.key_id, device->key_id, KEY_ID_LEN) != 0)
		s = STATUS_FORGED;
	if (s == STATUS_OK)
		s = envelope_verify(&e, MESSAGE_BATCH, hub->identity.hub_id, device->public_key);
	if (s == STATUS_OK)
		s = batch_peek(e.payload, &in->head);
	if (s == STATUS_OK && memcmp(in->head.device, device->id, DEVICE_ID_LEN) != 0)
		s = STATUS_FORGED;
	if (s != STATUS_OK)
		return s;
	in->sealed = sealed;
	hash_bytes(sealed, in->hash);
	/* Rows that cannot be read do not block the chain (L10): the batch gets its place and its verdict. */
	s = batch_read(e.payload, &in->batch);
	return s == STATUS_NO_MEMORY ? s : STATUS_OK;
}

static enum status open_all(struct hub *hub, struct slice body, struct arrival *a)
{
	if (body.len > LIMIT_REQUEST)
		return STATUS_LIMIT;
	struct cbor r = cbor_reader(body.data, body.len);
	size_t items = cbor_array(&r, LIMIT_ENVELOPES + 1);
	struct slice sealed = cbor_bytes(&r, LIMIT_REQUEST);
	if (cbor_status(&r) != STATUS_OK || items == 0)
		return STATUS_MALFORMED;
	enum status s = open_request(hub, sealed, a);
	if (s != STATUS_OK)
		return s;
	a->batches = calloc(items, sizeof(*a->batches));
	if (a->batches == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 1; i < items && s == STATUS_OK; i++) {
		sealed = cbor_bytes(&r, LIMIT_REQUEST);
		s = cbor_status(&r);
		if (s == STATUS_OK)
			s = open_batch(hub, &a->device, sealed, &a->batches[a->count++]);
	}
	return s == STATUS_OK ? cbor_end(&r) : s;
}

enum status intake_open(struct hub *hub, struct slice body, struct arrival **ret_arrival)
{
	struct arrival *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return STATUS_NO_MEMORY;
	enum status s = open_all(hub, body, a);
	if (s == STATUS_OK)
		*ret_arrival = a;
	else
		intake_free(a);
	return s;
}

/* The changes into the state, the verdicts on them into out. */
static enum status take_changes(struct state *state, const struct device *device, const struct arrived *in,
				int64_t accepted_at, struct bytes *out)
{
	if (in->batch == NULL) {
		verdicts_put(out, VERDICT_UNREADABLE, 0, NULL, NULL);
		return bytes_status(out);
	}
	struct bytes judged = bytes_new(LIMIT_REPLY);
	enum status s = judge_batch(state->registry, device, in->batch, &judged);
	if (s == STATUS_OK)
		s = state_apply_changes(state, &in->head, accepted_at, in->batch, bytes_slice(&judged), out);
	bytes_free(&judged);
	return s;
}

/* Appends a batch whose turn it is: judge, state, log. */
static enum status append_batch(struct hub *hub, const struct device *device, const struct arrived *in,
				int64_t accepted_at)
{
	struct bytes verdicts = bytes_new(LIMIT_REPLY);
	struct state state = state_of(hub);
	struct log_entry entry = {.type = LOG_BATCH, .accepted_at = accepted_at, .body = in->sealed};
	enum status s = take_changes(&state, device, in, accepted_at, &verdicts);
	if (s == STATUS_OK) {
		entry.verdicts = bytes_slice(&verdicts);
		s = log_append(hub->db, &entry);
	}
	if (s == STATUS_OK)
		s = state_place_batch(&state, &entry, &in->head, in->hash);
	if (s == STATUS_OK)
		hub->last_entry = entry.n;
	state_clear(&state);
	bytes_free(&verdicts);
	return s;
}

enum place { PLACE_NEXT, PLACE_KNOWN, PLACE_EARLY, PLACE_FORK };

/* Where a batch stands in its chain. */
static enum status find_place(struct hub *hub, const struct arrived *in, struct chain_state *chain,
			      enum place *ret_place)
{
	uint8_t known[HASH_LEN];
	enum status s = chain_get(hub->db, in->head.device, &in->head.incarnation, chain);
	if (s != STATUS_OK)
		return s;
	if (in->head.seq > chain->have + 1) {
		*ret_place = PLACE_EARLY;
	} else if (in->head.seq == chain->have + 1) {
		/* The first of an incarnation names the last of the one before, which may never have come. */
		bool follows = in->head.seq == 1 || memcmp(in->head.prev, chain->hash, HASH_LEN) == 0;
		*ret_place = follows ? PLACE_NEXT : PLACE_FORK;
	} else {
		s = chain_hash(hub->db, &in->head, known);
		bool same = s == STATUS_OK && memcmp(known, in->hash, HASH_LEN) == 0;
		*ret_place = same ? PLACE_KNOWN : PLACE_FORK;
	}
	return s;
}

static enum status take_batch(struct hub *hub, const struct device *device, const struct arrived *in,
			      bool *ret_joined)
{
	struct chain_state chain;
	enum place place = PLACE_KNOWN;
	enum status s = find_place(hub, in, &chain, &place);
	*ret_joined = false;
	if (s != STATUS_OK)
		return s;
	int64_t now = hub_now(hub);
	switch (place) {
	case PLACE_NEXT:
		*ret_joined = true;
		return append_batch(hub, device, in, now > chain.accepted_at ? now : chain.accepted_at);
	case PLACE_EARLY:
		s = pending_put(hub->db, &in->head, in->sealed);
		/* Over the limit it is simply not kept: the device has it and sends it again. */
		return s == STATUS_LIMIT ? STATUS_OK : s;
	case PLACE_FORK:
		return evidence_put(hub->db, &in->head, in->hash, in->sealed, now);
	case PLACE_KNOWN:
		return STATUS_OK;
	}
	return STATUS_OK;
}

/* A batch that joined may be the one others waited for. */
static enum status take_waiting(struct hub *hub, const struct device *device, const struct batch_head *after)
{
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	uint64_t seq = after->seq + 1;
	bool joined = true;
	enum status s = STATUS_OK;
	while (joined) {
		s = pending_take(hub->db, after->device, &after->incarnation, seq++, &sealed);
		if (s != STATUS_OK)
			break;
		struct arrived in = {0};
		s = open_batch(hub, device, bytes_slice(&sealed), &in);
		/* One that no longer verifies is let go: its device has no receipt and sends it again (L10). */
		bool damaged = s != STATUS_OK && s != STATUS_NO_MEMORY;
		if (s == STATUS_OK)
			s = take_batch(hub, device, &in, &joined);
		batch_free(in.batch);
		if (damaged)
			s = STATUS_EMPTY;
		if (s != STATUS_OK)
			break;
	}
	bytes_free(&sealed);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

enum status intake_take(struct hub *hub, struct arrival *a, struct bytes *out)
{
	/* The transaction has brought the registry up to date with what the operator did. */
	enum status s = registry_find_device(hub->registry, a->request.device, &a->device);
	if (s == STATUS_OK)
		s = check_state(&a->device);
	for (size_t i = 0; i < a->count && s == STATUS_OK; i++) {
		bool joined = false;
		s = take_batch(hub, &a->device, &a->batches[i], &joined);
		if (s == STATUS_OK && joined)
			s = take_waiting(hub, &a->device, &a->batches[i].head);
	}
	if (s == STATUS_OK)
		s = seen_put(hub, &a->request);
	return s == STATUS_OK ? answer_put(hub, &a->request, out) : s;
}
