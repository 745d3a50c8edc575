#include "agent/settle.h"

#include <string.h>

#include "agent/queue.h"
#include "agent/settle_head.h"

/* Receipts in an answer: more cannot fit. */
enum { RECEIPTS_MAX = LIMIT_REPLY / 64 };

/* The frame of the answer as a whole; *ret_receipts reads on behind the head. */
static enum status split_reply(struct slice reply, struct slice *ret_head, struct cbor *ret_receipts,
			       size_t *ret_count)
{
	struct cbor r = cbor_reader(reply.data, reply.len);
	size_t items = cbor_array(&r, RECEIPTS_MAX + 1);
	if (items == 0)
		cbor_fail(&r);
	struct slice head = cbor_bytes(&r, LIMIT_REPLY);
	struct cbor receipts = r;
	for (size_t i = 1; i < items; i++)
		(void)cbor_bytes(&r, LIMIT_REPLY); /* only whether it is there whole */
	if (cbor_end(&r) != STATUS_OK)
		return STATUS_PORTAL;
	*ret_head = head;
	*ret_receipts = receipts;
	*ret_count = items - 1;
	return STATUS_OK;
}

/* Strictly newer than every head taken before, so that a recorded answer settles nothing (L4). */
static enum status is_newer(const struct agent *a, const struct head *head, bool *ret_newer)
{
	int64_t epoch = 0;
	int64_t counter = 0;
	enum status s = store_number(a->db, STORE_EPOCH, 0, &epoch);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_COUNTER, 0, &counter);
	if (s != STATUS_OK)
		return s;
	*ret_newer = head->epoch > (uint64_t)epoch ||
		     (head->epoch == (uint64_t)epoch && head->counter > (uint64_t)counter);
	return STATUS_OK;
}

static enum status open_head(const struct agent *a, struct slice sealed, const uint8_t nonce[static NONCE_LEN],
			     struct head *ret_head)
{
	enum status s = head_open(sealed, a->hub.hub_id, a->hub.sign_key, ret_head);
	if (s == STATUS_NO_MEMORY)
		return s;
	bool ours = s == STATUS_OK && memcmp(ret_head->device, a->device, DEVICE_ID_LEN) == 0 &&
		    memcmp(ret_head->nonce, nonce, NONCE_LEN) == 0;
	return ours ? STATUS_OK : STATUS_FOREIGN;
}

/* FOUND_ENDED: a batch of an ended incarnation, whose changes went on in the next. */
enum found { FOUND_NOTHING, FOUND_OPEN, FOUND_ENDED, FOUND_SETTLED };

/* Every verdict must be about a change the batch has. */
static bool verdicts_fit(const struct receipt *receipt, int64_t changes)
{
	struct verdicts verdicts;
	uint32_t index = 0;
	enum verdict verdict = VERDICT_TAKEN;
	if (verdicts_read(receipt->verdicts, &verdicts) != STATUS_OK)
		return false;
	bool fit = true;
	while (fit && verdict_next(&verdicts, &index, &verdict))
		fit = (int64_t)index < changes;
	return fit;
}

static enum status find_batch(const struct agent *a, const struct receipt *receipt, enum found *ret_found)
{
	struct query q =
		query_start(a->db, "SELECT hash, accepted_at IS NOT NULL, changes FROM batch JOIN"
				   " incarnation USING (ordinal) WHERE ordinal = ?1 AND bits = ?2 AND seq = ?3");
	query_int(&q, 1, (int64_t)receipt->incarnation.ordinal);
	query_int(&q, 2, (int64_t)receipt->incarnation.bits);
	query_int(&q, 3, (int64_t)receipt->seq);
	enum found found = FOUND_NOTHING;
	bool ended = incarnation_compare(&receipt->incarnation, &a->incarnation) != 0;
	if (query_row(&q) && slice_equal(query_get_blob(&q, 0), slice_of(receipt->hash, HASH_LEN)) &&
	    verdicts_fit(receipt, query_get_int(&q, 2)))
		found = query_get_int(&q, 1) != 0 ? FOUND_SETTLED : ended ? FOUND_ENDED : FOUND_OPEN;
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_found = found;
	return s;
}

static enum status keep_receipt(const struct agent *a, const struct receipt *receipt, struct slice sealed)
{
	struct query q = query_start(a->db, "UPDATE batch SET receipt = ?3, accepted_at = ?4"
					    " WHERE ordinal = ?1 AND seq = ?2 AND accepted_at IS NULL");
	query_int(&q, 1, (int64_t)receipt->incarnation.ordinal);
	query_int(&q, 2, (int64_t)receipt->seq);
	query_blob(&q, 3, sealed);
	query_int(&q, 4, receipt->accepted_at);
	return query_run(&q);
}

static bool receipt_is_ours(const struct agent *a, struct slice sealed, struct receipt *ret_receipt)
{
	return receipt_open(sealed, a->hub.hub_id, a->hub.sign_key, ret_receipt) == STATUS_OK &&
	       memcmp(ret_receipt->device, a->device, DEVICE_ID_LEN) == 0;
}

enum status settle_receipt(const struct agent *a, struct slice sealed, struct settlement *settlement)
{
	struct receipt receipt;
	enum found found = FOUND_NOTHING;
	enum status s = STATUS_OK;
	if (receipt_is_ours(a, sealed, &receipt))
		s = find_batch(a, &receipt, &found);
	if (s != STATUS_OK)
		return s;
	if (found == FOUND_NOTHING)
		settlement->ignored++;
	if (found != FOUND_OPEN && found != FOUND_ENDED)
		return STATUS_OK;
	int64_t refused = 0;
	if (found == FOUND_OPEN)
		s = queue_settle(a, &receipt, &refused);
	if (s == STATUS_OK)
		s = keep_receipt(a, &receipt, sealed);
	if (s != STATUS_OK)
		return s;
	settlement->acknowledged++;
	settlement->refused += refused;
	return STATUS_OK;
}

static enum status settle_all(const struct agent *a, const struct head *head, struct cbor receipts, size_t count,
			      struct settlement *settlement)
{
	bool newer = false;
	enum status s = is_newer(a, head, &newer);
	if (s != STATUS_OK)
		return s;
	if (!newer)
		return settle_head_repeated(a, head, settlement);
	for (size_t i = 0; s == STATUS_OK && i < count; i++)
		s = settle_receipt(a, cbor_bytes(&receipts, LIMIT_REPLY), settlement);
	return s == STATUS_OK ? settle_head(a, head, true, settlement) : s;
}

enum status settle_reply(const struct agent *a, struct slice reply, const uint8_t nonce[static NONCE_LEN],
			 struct settlement *ret_settlement)
{
	struct slice sealed_head;
	struct cbor receipts;
	size_t count = 0;
	struct head head;
	struct settlement settlement = {0};
	enum status s = split_reply(reply, &sealed_head, &receipts, &count);
	if (s == STATUS_OK)
		s = open_head(a, sealed_head, nonce, &head);
	if (s == STATUS_OK)
		s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	s = settle_all(a, &head, receipts, count, &settlement);
	s = database_end(a->db, s);
	if (s == STATUS_OK)
		*ret_settlement = settlement;
	return s;
}

/* The last of so many receipts; of none it is empty. */
static struct slice last_receipt(struct cbor receipts, size_t count)
{
	struct slice last = {0};
	for (size_t i = 0; i < count; i++)
		last = cbor_bytes(&receipts, LIMIT_REPLY);
	return last;
}

static enum status reach_of(const struct agent *a, const struct head *head, struct slice sealed, uint64_t *ret_seq)
{
	struct receipt receipt;
	struct own_chain own;
	bool newer = false;
	enum status s = is_newer(a, head, &newer);
	if (s != STATUS_OK || !newer || !receipt_is_ours(a, sealed, &receipt))
		return s;
	for (size_t i = 0; i < head->n_chains; i++) {
		const struct chain_head *chain = &head->chains[i];
		if (incarnation_compare(&chain->incarnation, &a->incarnation) != 0 ||
		    incarnation_compare(&receipt.incarnation, &a->incarnation) != 0 || receipt.seq != chain->have)
			continue;
		s = own_chain_read(a, chain, &own);
		bool further = s == STATUS_OK && own.ours && own.same_at_have && chain->have < own.tip &&
			       chain->have > own.receipted;
		*ret_seq = further ? chain->have : 0;
	}
	return s;
}

enum status settle_reach(const struct agent *a, struct slice reply, const uint8_t nonce[static NONCE_LEN],
			 uint64_t *ret_seq)
{
	struct slice sealed_head;
	struct cbor receipts;
	size_t count = 0;
	struct head head;
	*ret_seq = 0;
	enum status s = split_reply(reply, &sealed_head, &receipts, &count);
	if (s == STATUS_OK)
		s = open_head(a, sealed_head, nonce, &head);
	return s == STATUS_OK ? reach_of(a, &head, last_receipt(receipts, count), ret_seq) : s;
}

enum status settle_carried_head(const struct agent *a, struct slice sealed, struct settlement *settlement)
{
	static const uint8_t no_nonce[NONCE_LEN];
	struct head head;
	bool newer = false;
	enum status s = open_head(a, sealed, no_nonce, &head);
	if (s == STATUS_FOREIGN) {
		settlement->ignored++;
		return STATUS_OK;
	}
	if (s == STATUS_OK)
		s = is_newer(a, &head, &newer);
	if (s != STATUS_OK || !newer)
		return s;
	return settle_head(a, &head, false, settlement);
}
