#include "hub/arrived.h"

#include <string.h>

#include "hub/chain_place.h"
#include "hub/device_acts.h"
#include "hub/evidence.h"
#include "hub/judge.h"
#include "hub/state.h"
#include "protocol/message.h"

void arrived_clear(struct arrived *in)
{
	batch_free(in->batch);
	*in = (struct arrived){0};
}

bool arrived_is_receipt(const struct hub *hub, struct slice sealed)
{
	struct envelope e;
	uint8_t own[KEY_ID_LEN];
	sign_key_id(hub->identity.sign_key, own);
	return envelope_peek(sealed, &e) == STATUS_OK && memcmp(e.key_id, own, KEY_ID_LEN) == 0;
}

static bool names_batch(const struct receipt *r, const struct arrived *in)
{
	return memcmp(r->hash, in->hash, HASH_LEN) == 0 && memcmp(r->device, in->head.device, DEVICE_ID_LEN) == 0 &&
	       incarnation_compare(&r->incarnation, &in->head.incarnation) == 0 && r->seq == in->head.seq;
}

/* Our own signature says what was promised; anything else that lies beside a batch promises nothing. */
static void take_receipt(const struct hub *hub, struct slice sealed, struct arrived *in)
{
	struct receipt r;
	struct verdicts verdicts;
	if (sealed.len == 0 ||
	    receipt_open(sealed, hub->identity.hub_id, hub->identity.sign_key, &r) != STATUS_OK ||
	    !names_batch(&r, in) || verdicts_read(r.verdicts, &verdicts) != STATUS_OK)
		return;
	/* What was read once can be read again, or a rebuild would end here. */
	if (in->batch == NULL && verdicts.batch == VERDICT_TAKEN)
		return;
	in->before = (struct said_before){.sealed = sealed, .accepted_at = r.accepted_at, .verdicts = r.verdicts};
}

enum status arrived_open(struct hub *hub, const struct device *device, struct slice sealed, struct slice receipt,
			 struct arrived *ret_arrived)
{
	struct envelope e;
	struct arrived in = {.sealed = sealed};
	if (sealed.len > LIMIT_BATCH_SEALED)
		return STATUS_LIMIT;
	enum status s = envelope_peek(sealed, &e);
	if (s == STATUS_OK)
		s = message_check_version(e.payload, BATCH_VERSION);
	if (s == STATUS_OK && memcmp(e.key_id, device->key_id, KEY_ID_LEN) != 0)
		s = STATUS_FORGED;
	if (s == STATUS_OK)
		s = envelope_verify(&e, MESSAGE_BATCH, hub->identity.hub_id, device->public_key);
	if (s == STATUS_OK)
		s = batch_peek(e.payload, &in.head);
	if (s == STATUS_OK && memcmp(in.head.device, device->id, DEVICE_ID_LEN) != 0)
		s = STATUS_FORGED;
	if (s != STATUS_OK)
		return s;
	hash_bytes(sealed, in.hash);
	/* Rows that cannot be read do not block the chain (L10): the batch gets its place and its verdict. */
	if (batch_read(e.payload, &in.batch) == STATUS_NO_MEMORY)
		return STATUS_NO_MEMORY;
	take_receipt(hub, receipt, &in);
	*ret_arrived = in;
	return STATUS_OK;
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
	enum status s = judge_batch(state->registry, device, date_of(accepted_at), in->batch, &judged);
	if (s == STATUS_OK)
		s = state_apply_changes(state, &in->head, accepted_at, in->batch, bytes_slice(&judged), out);
	bytes_free(&judged);
	return s;
}

static enum status count_joined(const struct arrived *in, struct slice sealed_verdicts, struct taken *taken)
{
	struct verdicts verdicts;
	enum status s = verdicts_read(sealed_verdicts, &verdicts);
	if (s != STATUS_OK)
		return s;
	taken->joined++;
	taken->changes += (int64_t)in->head.count;
	taken->refused += (int64_t)(verdicts.batch == VERDICT_TAKEN ? verdicts.count : in->head.count);
	return STATUS_OK;
}

/* The changes of a batch that was judged before: nothing is judged anew. */
static enum status take_again(struct state *state, const struct arrived *in, struct bytes *out)
{
	struct verdicts verdicts;
	enum status s = verdicts_read(in->before.verdicts, &verdicts);
	if (s == STATUS_OK && verdicts.batch == VERDICT_TAKEN)
		s = state_apply_changes(state, &in->head, in->before.accepted_at, in->batch, in->before.verdicts,
					NULL);
	bytes_put(out, in->before.verdicts.data, in->before.verdicts.len);
	return s == STATUS_OK ? bytes_status(out) : s;
}

/* Appends a batch whose turn it is: judge, state, log. */
static enum status append_batch(struct hub *hub, const struct device *device, const struct arrived *in,
				int64_t accepted_at, struct taken *taken)
{
	bool again = in->before.sealed.len > 0;
	struct bytes verdicts = bytes_new(LIMIT_REPLY);
	struct state state = state_of(hub);
	struct log_entry entry = {.type = again ? LOG_AGAIN : LOG_BATCH,
				  .accepted_at = again ? in->before.accepted_at : accepted_at,
				  .body = in->sealed};
	enum status s = again ? take_again(&state, in, &verdicts)
			      : take_changes(&state, device, in, accepted_at, &verdicts);
	if (s == STATUS_OK) {
		entry.verdicts = bytes_slice(&verdicts);
		s = log_append(hub->db, &entry);
	}
	if (s == STATUS_OK)
		s = state_place_batch(&state, &entry, &in->head, in->hash);
	if (s == STATUS_OK)
		s = count_joined(in, entry.verdicts, taken);
	if (s == STATUS_OK)
		hub->last_entry = entry.n;
	state_clear(&state);
	bytes_free(&verdicts);
	return s;
}

static enum status keep_waiting(struct hub *hub, const struct arrived *in, struct taken *taken, enum fate *ret_fate)
{
	enum pending_fate kept = PENDING_KEPT;
	const struct waiting_batch batch = {.sealed = in->sealed, .receipt = in->before.sealed};
	enum status s = pending_put(hub->db, &in->head, &batch, &kept);
	if (s != STATUS_OK)
		return s;
	switch (kept) {
	case PENDING_KEPT:
		taken->waiting++;
		*ret_fate = FATE_WAITS;
		break;
	case PENDING_SAME:
		taken->known++;
		*ret_fate = FATE_KNOWN;
		break;
	case PENDING_OTHER:
	case PENDING_FULL:
		taken->not_kept++;
		*ret_fate = FATE_NOT_KEPT;
		break;
	}
	return STATUS_OK;
}

/* What stands against a batch that contradicts its chain. */
static enum status find_standing(struct hub *hub, const struct arrived *in, const struct chain_state *chain,
				 uint8_t ret_hash[static HASH_LEN])
{
	enum status s = chain_hash(hub->db, &in->head, ret_hash);
	if (s == STATUS_EMPTY)
		memcpy(ret_hash, chain->hash, HASH_LEN);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

/*
 * Takes what waits at a place out of the table, if it goes on from the hash, or is the one with it; *hash is then
 * its own.
 */
static enum status take_from_branch(struct hub *hub, const struct batch_head *at, uint8_t hash[static HASH_LEN],
				    struct bytes *sealed, bool *ret_taken)
{
	struct envelope e;
	struct batch_head head;
	struct bytes receipt = bytes_new(LIMIT_REPLY);
	uint8_t own[HASH_LEN];
	bytes_clear(sealed);
	*ret_taken = false;
	enum status s = pending_copy(hub->db, at, sealed);
	if (s == STATUS_OK && envelope_peek(bytes_slice(sealed), &e) == STATUS_OK &&
	    batch_peek(e.payload, &head) == STATUS_OK) {
		hash_bytes(bytes_slice(sealed), own);
		*ret_taken = memcmp(head.prev, hash, HASH_LEN) == 0 || memcmp(own, hash, HASH_LEN) == 0;
	}
	if (*ret_taken) {
		memcpy(hash, own, HASH_LEN);
		s = pending_take(hub->db, at->device, &at->incarnation, at->seq, sealed, &receipt);
	}
	bytes_free(&receipt);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

/* What waits behind a batch that contradicts its chain, and goes on from it, can never join: it would wait for
 * ever. */
static enum status take_branch(struct hub *hub, const struct arrived *in, struct taken *taken)
{
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	struct batch_head at = in->head;
	uint8_t hash[HASH_LEN];
	bool more = false;
	bool news = false;
	memcpy(hash, in->hash, HASH_LEN);
	enum status s = take_from_branch(hub, &at, hash, &sealed, &more); /* itself, if it waited */
	while (s == STATUS_OK) {
		at.seq++;
		s = take_from_branch(hub, &at, hash, &sealed, &more);
		if (s != STATUS_OK || !more)
			break;
		const struct contradiction c = {
			.head = &at, .hash = hash, .sealed = bytes_slice(&sealed), .goes_on = true};
		s = evidence_put(hub, &c, &news);
		taken->evidence++;
	}
	bytes_free(&sealed);
	return s;
}

/*
 * Kept as evidence, and what goes on from it. A root holds its device, once: what the operator has cleared up does
 * not hold it again, as it cannot know before it is answered.
 */
static enum status keep_evidence(struct hub *hub, const struct arrived *in, const struct chain_state *chain,
				 bool goes_on, struct taken *taken)
{
	uint8_t stands[HASH_LEN];
	bool news = false;
	const struct contradiction c = {
		.head = &in->head, .hash = in->hash, .sealed = in->sealed, .goes_on = goes_on};
	taken->evidence++;
	enum status s = evidence_put(hub, &c, &news);
	if (s == STATUS_OK && news && !goes_on)
		s = find_standing(hub, in, chain, stands);
	if (s == STATUS_OK && news && !goes_on)
		s = device_hold(hub, &in->head, stands, in->hash);
	return s == STATUS_OK ? take_branch(hub, in, taken) : s;
}

/* A batch that has no place in its chain, or none yet. */
static enum status set_apart(struct hub *hub, const struct arrived *in, const struct chain_place *p,
			     struct taken *taken, enum fate *ret_fate)
{
	bool goes_on = false;
	/* The first of an incarnation names the last of the one before. */
	enum status s = in->head.seq > 1 ? evidence_has(hub, in->head.device, in->head.prev, &goes_on) : STATUS_OK;
	if (s != STATUS_OK)
		return s;
	if (p->place == PLACE_EARLY && !goes_on)
		return keep_waiting(hub, in, taken, ret_fate);
	*ret_fate = FATE_EVIDENCE;
	return keep_evidence(hub, in, &p->chain, goes_on, taken);
}

static enum status place_batch(struct hub *hub, const struct device *device, const struct arrived *in,
			       struct taken *taken, enum fate *ret_fate)
{
	struct chain_place p;
	enum status s = chain_place(hub->db, hub->db, &in->head, in->hash, &p);
	if (s != STATUS_OK)
		return s;
	/* Refused before anything is written; what is known already needs no room. */
	if (hub->disk_short && p.place != PLACE_KNOWN)
		return STATUS_DISK_FULL;
	int64_t now = hub_now(hub);
	switch (p.place) {
	case PLACE_NEXT:
	case PLACE_LATE:
		*ret_fate = p.place == PLACE_NEXT ? FATE_JOINED : FATE_LATE;
		return append_batch(hub, device, in, now > p.not_before ? now : p.not_before, taken);
	case PLACE_EARLY:
	case PLACE_FORK:
		return set_apart(hub, in, &p, taken, ret_fate);
	case PLACE_KNOWN:
		taken->known++;
		*ret_fate = FATE_KNOWN;
		return STATUS_OK;
	}
	return STATUS_OK;
}

enum status arrived_take_waiting(struct hub *hub, const struct device *device, const struct batch_head *after,
				 struct taken *taken)
{
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	struct bytes receipt = bytes_new(LIMIT_REPLY);
	uint64_t seq = after->seq + 1;
	enum fate fate = FATE_JOINED;
	enum status s = STATUS_OK;
	while (fate == FATE_JOINED) {
		s = pending_take(hub->db, after->device, &after->incarnation, seq++, &sealed, &receipt);
		if (s != STATUS_OK)
			break;
		struct arrived in = {0};
		s = arrived_open(hub, device, bytes_slice(&sealed), bytes_slice(&receipt), &in);
		/* One that no longer verifies is let go: its device has no receipt and sends it again (L10). */
		bool damaged = s != STATUS_OK && s != STATUS_NO_MEMORY;
		if (s == STATUS_OK)
			s = place_batch(hub, device, &in, taken, &fate);
		arrived_clear(&in);
		if (damaged)
			s = STATUS_EMPTY;
		if (s != STATUS_OK)
			break;
	}
	bytes_free(&sealed);
	bytes_free(&receipt);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

enum status arrived_add_receipt(struct hub *hub, const struct arrived *in)
{
	const struct waiting_batch batch = {.sealed = in->sealed, .receipt = in->before.sealed};
	return hub->disk_short ? STATUS_OK : pending_add_receipt(hub->db, &in->head, &batch);
}

enum status arrived_take(struct hub *hub, const struct device *device, const struct arrived *in,
			 struct taken *taken, enum fate *ret_fate)
{
	enum fate fate = FATE_KNOWN;
	enum status s = place_batch(hub, device, in, taken, &fate);
	if (s == STATUS_OK && fate == FATE_JOINED)
		s = arrived_take_waiting(hub, device, &in->head, taken);
	if (s == STATUS_OK)
		*ret_fate = fate;
	return s;
}
