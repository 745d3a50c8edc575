#include "agent/settle_head.h"

#include "agent/trouble.h"

enum status own_chain_read(const struct agent *a, const struct chain_head *chain, struct own_chain *ret_own)
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
	enum status s = own_chain_read(a, chain, &own);
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
enum status settle_head(const struct agent *a, const struct head *head, bool by_wire, struct settlement *settlement)
{
	enum status s = note_numbers(a, head, by_wire);
	if (s == STATUS_OK)
		s = note_chains(a, head, settlement);
	if (s == STATUS_OK)
		s = note_pending(a, head);
	return s == STATUS_OK ? note_regress(a, settlement->hub_went_back) : s;
}

/* It knows our nonce and is not newer than what we have seen: the hub forgot that it was further (L4). */
enum status settle_head_repeated(const struct agent *a, const struct head *head, struct settlement *settlement)
{
	enum status s = note_chains(a, head, settlement);
	settlement->hub_went_back = true;
	settlement->repeated = true;
	return s == STATUS_OK ? note_regress(a, true) : s;
}
