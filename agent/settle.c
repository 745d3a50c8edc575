#include "agent/settle.h"

#include <string.h>

#include "agent/queue.h"

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
	bool fits = ours && ret_head->epoch <= INT64_MAX && ret_head->counter <= INT64_MAX &&
		    ret_head->policy <= INT64_MAX;
	return fits ? STATUS_OK : STATUS_FOREIGN;
}

enum found { FOUND_NOTHING, FOUND_OPEN, FOUND_SETTLED };

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
	if (query_row(&q) && slice_equal(query_get_blob(&q, 0), slice_of(receipt->hash, HASH_LEN)) &&
	    verdicts_fit(receipt, query_get_int(&q, 2)))
		found = query_get_int(&q, 1) != 0 ? FOUND_SETTLED : FOUND_OPEN;
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

static enum status settle_receipt(const struct agent *a, struct slice sealed, struct settlement *settlement)
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
	if (found != FOUND_OPEN)
		return STATUS_OK;
	int64_t refused = 0;
	s = queue_settle(a, &receipt, &refused);
	if (s == STATUS_OK)
		s = keep_receipt(a, &receipt, sealed);
	if (s != STATUS_OK)
		return s;
	settlement->acknowledged++;
	settlement->refused += refused;
	return STATUS_OK;
}

static enum status is_ours(const struct agent *a, const struct incarnation *incarnation, bool *ret_ours)
{
	struct query q = query_start(a->db, "SELECT 1 FROM incarnation WHERE ordinal = ?1 AND bits = ?2");
	query_int(&q, 1, (int64_t)incarnation->ordinal);
	query_int(&q, 2, (int64_t)incarnation->bits);
	bool ours = query_row(&q);
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_ours = ours;
	return s;
}

static enum status receipted_up_to(const struct agent *a, const struct incarnation *incarnation, uint64_t *ret_seq)
{
	struct query q = query_start(a->db, "SELECT coalesce(max(seq), 0) FROM batch WHERE ordinal = ?1 AND"
					    " accepted_at IS NOT NULL");
	query_int(&q, 1, (int64_t)incarnation->ordinal);
	uint64_t seq = query_row(&q) ? (uint64_t)query_get_int(&q, 0) : 0;
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_seq = seq;
	return s;
}

static enum status note_chain(const struct agent *a, const struct chain_head *chain, struct settlement *settlement)
{
	struct store_tip tip = {0};
	uint64_t receipted = 0;
	bool ours = false;
	enum status s = is_ours(a, &chain->incarnation, &ours);
	if (s == STATUS_OK && ours)
		s = store_get_tip(a->db, &chain->incarnation, &tip);
	if (s == STATUS_OK && ours)
		s = receipted_up_to(a, &chain->incarnation, &receipted);
	if (s != STATUS_OK)
		return s;
	settlement->hub_is_ahead = settlement->hub_is_ahead || chain->have > tip.seq;
	settlement->hub_went_back = settlement->hub_went_back || chain->have < receipted;
	if (!ours)
		return STATUS_OK;
	uint64_t have = chain->have < tip.seq ? chain->have : tip.seq;
	uint64_t safe = chain->safe < have ? chain->safe : have;
	struct query q = query_start(a->db, "UPDATE incarnation SET have = ?3, safe = ?4 WHERE ordinal = ?1 AND"
					    " bits = ?2 AND (have <> ?3 OR safe <> ?4)");
	query_int(&q, 1, (int64_t)chain->incarnation.ordinal);
	query_int(&q, 2, (int64_t)chain->incarnation.bits);
	query_int(&q, 3, (int64_t)have);
	query_int(&q, 4, (int64_t)safe);
	s = query_run(&q);
	settlement->moved = settlement->moved || (s == STATUS_OK && database_changes(a->db) > 0);
	return s;
}

static enum status note_head(const struct agent *a, const struct head *head, struct settlement *settlement)
{
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{STORE_EPOCH, (int64_t)head->epoch}, {STORE_COUNTER, (int64_t)head->counter},
		{STORE_HUB_TIME, head->hub_time},    {STORE_POLICY, (int64_t)head->policy},
		{STORE_LAST_SYNC, agent_now(a)},     {STORE_CLOCK_OFFSET, head->hub_time - agent_now(a)},
	};
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		s = store_set_number(a->db, numbers[i].name, numbers[i].value);
	for (size_t i = 0; s == STATUS_OK && i < head->n_chains; i++)
		s = note_chain(a, &head->chains[i], settlement);
	return s;
}

static enum status settle_all(const struct agent *a, const struct head *head, struct cbor receipts, size_t count,
			      struct settlement *settlement)
{
	bool newer = false;
	enum status s = is_newer(a, head, &newer);
	if (s != STATUS_OK)
		return s;
	if (!newer)
		return STATUS_FOREIGN;
	for (size_t i = 0; s == STATUS_OK && i < count; i++)
		s = settle_receipt(a, cbor_bytes(&receipts, LIMIT_REPLY), settlement);
	return s == STATUS_OK ? note_head(a, head, settlement) : s;
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
	if (s == STATUS_OK)
		s = database_commit(a->db);
	else
		database_rollback(a->db);
	if (s == STATUS_OK)
		*ret_settlement = settlement;
	return s;
}
