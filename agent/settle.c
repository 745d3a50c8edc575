#include "agent/settle.h"

#include <string.h>

#include "agent/queue.h"
#include "agent/trouble.h"

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

/* What this database has of a chain. */
struct own_chain {
	bool ours;
	uint64_t tip;
	uint64_t receipted; /* the last seq with a receipt */
	bool same_at_have;  /* batch `have` of the hub is ours, as far as we have it */
};

static enum status read_own_chain(const struct agent *a, const struct chain_head *chain, struct own_chain *ret_own)
{
	struct own_chain own = {.same_at_have = true};
	struct query q = query_start(
		a->db,
		"SELECT (SELECT coalesce(max(seq), 0) FROM batch b WHERE b.ordinal = i.ordinal),"
		" (SELECT seq FROM batch b WHERE b.ordinal = i.ordinal AND accepted_at IS NOT NULL"
		" ORDER BY seq DESC LIMIT 1), (SELECT hash FROM batch b WHERE b.ordinal = i.ordinal AND seq = ?3)"
		" FROM incarnation i WHERE ordinal = ?1 AND bits = ?2");
	query_int(&q, 1, (int64_t)chain->incarnation.ordinal);
	query_int(&q, 2, (int64_t)chain->incarnation.bits);
	query_int(&q, 3, (int64_t)chain->have);
	own.ours = query_row(&q);
	if (own.ours) {
		own.tip = (uint64_t)query_get_int(&q, 0);
		own.receipted = query_is_null(&q, 1) ? 0 : (uint64_t)query_get_int(&q, 1);
		own.same_at_have =
			query_is_null(&q, 2) || slice_equal(query_get_blob(&q, 2), slice_of(chain->hash, HASH_LEN));
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_own = own;
	return s;
}

static enum status keep_have(const struct agent *a, const struct chain_head *chain, const struct own_chain *own,
			     struct settlement *settlement)
{
	bool present = incarnation_compare(&chain->incarnation, &a->incarnation) == 0;
	uint64_t have = present && chain->have > own->tip ? own->tip : chain->have;
	uint64_t safe = chain->safe < have ? chain->safe : have;
	struct query q = query_start(a->db, "UPDATE incarnation SET have = ?3, safe = ?4 WHERE ordinal = ?1 AND"
					    " bits = ?2 AND (have <> ?3 OR safe <> ?4)");
	query_int(&q, 1, (int64_t)chain->incarnation.ordinal);
	query_int(&q, 2, (int64_t)chain->incarnation.bits);
	query_int(&q, 3, (int64_t)have);
	query_int(&q, 4, (int64_t)safe);
	enum status s = query_run(&q);
	settlement->moved = settlement->moved || (s == STATUS_OK && database_changes(a->db) > 0);
	return s;
}

static enum status note_chain(const struct agent *a, const struct chain_head *chain, struct settlement *settlement)
{
	struct own_chain own;
	enum status s = read_own_chain(a, chain, &own);
	if (s != STATUS_OK || !own.ours)
		return s;
	/* Of an ended incarnation the hub may well have more: that is why it ended. */
	if (incarnation_compare(&chain->incarnation, &a->incarnation) == 0)
		settlement->copied = settlement->copied || chain->have > own.tip || !own.same_at_have;
	settlement->hub_went_back = settlement->hub_went_back || chain->have < own.receipted;
	return keep_have(a, chain, &own, settlement);
}

/* One with a receipt goes once more all the same: it may wait there without it, and would be dated anew. */
static enum status note_pending(const struct agent *a, const struct head *head)
{
	struct query q = query_start(a->db, "UPDATE batch SET pending = 0 WHERE pending");
	enum status s = query_run(&q);
	for (size_t i = 0; s == STATUS_OK && i < head->n_pending; i++) {
		const struct chain_gap *gap = &head->pending[i];
		q = query_start(a->db,
				"UPDATE batch SET pending = 1 WHERE seq = ?3 AND receipt IS NULL AND ordinal ="
				" (SELECT ordinal FROM incarnation WHERE ordinal = ?1 AND bits = ?2)");
		query_int(&q, 1, (int64_t)gap->incarnation.ordinal);
		query_int(&q, 2, (int64_t)gap->incarnation.bits);
		query_int(&q, 3, (int64_t)gap->seq);
		s = query_run(&q);
	}
	return s;
}

/* Said once, when it begins. */
static enum status note_regress(const struct agent *a, bool regressed)
{
	int64_t before = 0;
	enum status s = store_number(a->db, STORE_REGRESSED, 0, &before);
	if (s != STATUS_OK || (before != 0) == regressed)
		return s;
	const struct notice notice = {.at = agent_now(a), .trouble = TROUBLE_HUB_REGRESSED};
	if (regressed)
		s = notice_put(a->db, &notice);
	return s == STATUS_OK ? store_set_number(a->db, STORE_REGRESSED, regressed) : s;
}

static enum status note_numbers(const struct agent *a, const struct head *head, bool by_wire)
{
	const struct {
		const char *name;
		int64_t value;
		bool by_courier; /* what a file brings is as old as its way */
	} numbers[] = {
		{STORE_EPOCH, (int64_t)head->epoch, true},
		{STORE_COUNTER, (int64_t)head->counter, true},
		{STORE_HUB_TIME, head->hub_time, true},
		{STORE_POLICY, (int64_t)head->policy, true},
		{STORE_STATE, head->state, true},
		{STORE_LAST_SYNC, agent_now(a), true},
		{STORE_CLOCK_OFFSET, head->hub_time - agent_now(a), false},
	};
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (by_wire || numbers[i].by_courier)
			s = store_set_number(a->db, numbers[i].name, numbers[i].value);
	return s;
}

static bool names(const struct head *head, const struct incarnation *incarnation)
{
	for (size_t i = 0; i < head->n_chains; i++)
		if (incarnation_compare(&head->chains[i].incarnation, incarnation) == 0)
			return true;
	return false;
}

/* If there is room for it, or an older one has found room: then the hub holds nothing of it. */
static bool would_be_named(const struct head *head, const struct incarnation *incarnation)
{
	bool room = head->n_chains < LIMIT_INCARNATIONS;
	for (size_t i = 0; i < head->n_chains && !room; i++)
		room = incarnation_compare(&head->chains[i].incarnation, incarnation) < 0;
	return room;
}

/* A hub that was put back to before it knew an incarnation does not name it: it has nothing of it. */
static enum status note_unnamed(const struct agent *a, const struct head *head, struct settlement *settlement)
{
	struct query q = query_start(a->db, "SELECT ordinal, bits FROM incarnation WHERE have > 0 AND ordinal >="
					    " coalesce((SELECT number FROM meta WHERE name = ?1), 0)");
	query_str(&q, 1, STORE_KEY_FROM);
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct chain_head nothing = {.incarnation = {.ordinal = (uint64_t)query_get_int(&q, 0),
							     .bits = (uint64_t)query_get_int(&q, 1)}};
		if (!names(head, &nothing.incarnation) && would_be_named(head, &nothing.incarnation))
			s = note_chain(a, &nothing, settlement);
	}
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

static enum status note_chains(const struct agent *a, const struct head *head, struct settlement *settlement)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < head->n_chains; i++)
		s = note_chain(a, &head->chains[i], settlement);
	return s == STATUS_OK ? note_unnamed(a, head, settlement) : s;
}

/* A head beyond every other: what it says is the newest there is, whichever way it came. */
static enum status note_newest(const struct agent *a, const struct head *head, bool by_wire,
			       struct settlement *settlement)
{
	enum status s = note_numbers(a, head, by_wire);
	if (s == STATUS_OK)
		s = note_chains(a, head, settlement);
	if (s == STATUS_OK)
		s = note_pending(a, head);
	return s == STATUS_OK ? note_regress(a, settlement->hub_went_back) : s;
}

/* It knows our nonce and is not newer than what we have seen: the hub forgot that it was further (L4). */
static enum status note_repeated(const struct agent *a, const struct head *head, struct settlement *settlement)
{
	enum status s = note_chains(a, head, settlement);
	settlement->hub_went_back = true;
	settlement->repeated = true;
	return s == STATUS_OK ? note_regress(a, true) : s;
}

static enum status settle_all(const struct agent *a, const struct head *head, struct cbor receipts, size_t count,
			      struct settlement *settlement)
{
	bool newer = false;
	enum status s = is_newer(a, head, &newer);
	if (s != STATUS_OK)
		return s;
	if (!newer)
		return note_repeated(a, head, settlement);
	for (size_t i = 0; s == STATUS_OK && i < count; i++)
		s = settle_receipt(a, cbor_bytes(&receipts, LIMIT_REPLY), settlement);
	return s == STATUS_OK ? note_newest(a, head, true, settlement) : s;
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
		s = read_own_chain(a, chain, &own);
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
	return note_newest(a, &head, false, settlement);
}
