#include "hub/chain.h"

#include <string.h>

#include "protocol/batch_form.h"
#include "protocol/request.h"

static void bind_place(struct query *q, const uint8_t *device, const struct incarnation *incarnation,
		       uint8_t bits[static 8])
{
	bits_put(incarnation->bits, bits);
	query_blob(q, 1, slice_of(device, DEVICE_ID_LEN));
	query_int(q, 2, (int64_t)incarnation->ordinal);
	query_blob(q, 3, slice_of(bits, 8));
}

static void get_hash(struct query *q, int column, uint8_t out[static HASH_LEN])
{
	struct slice hash = query_get_blob(q, column);
	if (hash.len == HASH_LEN)
		memcpy(out, hash.data, HASH_LEN);
}

static struct incarnation get_incarnation(struct query *q, int column)
{
	struct incarnation i = {.ordinal = (uint64_t)query_get_int(q, column)};
	struct slice bits = query_get_blob(q, column + 1);
	if (bits.len == 8)
		i.bits = bits_take(bits.data);
	return i;
}

enum status chain_get(struct database *db, const uint8_t device[static DEVICE_ID_LEN],
		      const struct incarnation *incarnation, struct chain_state *ret_chain)
{
	struct chain_state chain = {.accepted_at = TIME_MIN};
	uint8_t bits[8];
	struct query q = query_start(db, "SELECT have, hash, accepted_at FROM chain"
					 " WHERE device = ?1 AND ordinal = ?2 AND bits = ?3");
	bind_place(&q, device, incarnation, bits);
	if (query_row(&q)) {
		chain.have = (uint64_t)query_get_int(&q, 0);
		get_hash(&q, 1, chain.hash);
		chain.accepted_at = query_get_int(&q, 2);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_chain = chain;
	return s;
}

enum status chain_move(struct database *db, const uint8_t device[static DEVICE_ID_LEN],
		       const struct incarnation *incarnation, const struct chain_end *end)
{
	uint8_t bits[8];
	struct query q = query_start(
		db,
		"INSERT INTO chain (device, ordinal, bits, have, hash, accepted_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT (device, ordinal, bits) DO UPDATE SET have = excluded.have, hash = excluded.hash,"
		" accepted_at = max(accepted_at, excluded.accepted_at) WHERE excluded.have > have");
	bind_place(&q, device, incarnation, bits);
	query_int(&q, 4, (int64_t)end->have);
	query_blob(&q, 5, slice_of(end->hash, HASH_LEN));
	query_int(&q, 6, end->accepted_at);
	return query_run(&q);
}

enum status chain_hash(struct database *db, const struct batch_head *head, uint8_t ret_hash[static HASH_LEN])
{
	uint8_t bits[8];
	struct query q = query_start(db, "SELECT hash FROM batch"
					 " WHERE device = ?1 AND ordinal = ?2 AND bits = ?3 AND seq = ?4");
	bind_place(&q, head->device, &head->incarnation, bits);
	query_int(&q, 4, (int64_t)head->seq);
	bool found = query_row(&q);
	if (found)
		get_hash(&q, 0, ret_hash);
	enum status s = query_finish(&q);
	return s == STATUS_OK && !found ? STATUS_EMPTY : s;
}

static void bind_batch(struct query *q, const struct batch_head *head, uint8_t bits[static 8])
{
	bind_place(q, head->device, &head->incarnation, bits);
	query_int(q, 4, (int64_t)head->seq);
}

/* What waits at this place: PENDING_SAME, PENDING_OTHER, or PENDING_KEPT for nothing. */
static enum status look_at_place(struct database *db, const struct batch_head *head, struct slice sealed,
				 enum pending_fate *ret_fate)
{
	uint8_t bits[8];
	struct query q = query_start(db, "SELECT envelope FROM pending"
					 " WHERE device = ?1 AND ordinal = ?2 AND bits = ?3 AND seq = ?4");
	bind_batch(&q, head, bits);
	*ret_fate = PENDING_KEPT;
	if (query_row(&q))
		*ret_fate = slice_equal(query_get_blob(&q, 0), sealed) ? PENDING_SAME : PENDING_OTHER;
	return query_finish(&q);
}

enum status pending_find(struct database *db, const struct batch_head *head, bool *ret_found)
{
	enum pending_fate there = PENDING_KEPT;
	enum status s = look_at_place(db, head, (struct slice){0}, &there);
	if (s == STATUS_OK)
		*ret_found = there != PENDING_KEPT;
	return s;
}

static enum status count_pending(struct database *db, const struct batch_head *head, int64_t *ret_held)
{
	struct query q = query_start(db, "SELECT count(*) FROM pending WHERE device = ?1");
	query_blob(&q, 1, slice_of(head->device, DEVICE_ID_LEN));
	*ret_held = query_row(&q) ? query_get_int(&q, 0) : 0;
	return query_finish(&q);
}

/* A chain that was left behind gives way to the present one, its last batch first: the others may still join. */
static enum status make_room(struct database *db, const struct batch_head *head, bool *ret_room)
{
	uint8_t bits[8];
	struct query q = query_start(
		db, "DELETE FROM pending WHERE device = ?1 AND (ordinal, bits, seq) ="
		    " (SELECT ordinal, bits, seq FROM pending WHERE device = ?1 AND (ordinal, bits) < (?2, ?3)"
		    " ORDER BY ordinal, bits, seq DESC LIMIT 1)");
	bind_place(&q, head->device, &head->incarnation, bits);
	enum status s = query_run(&q);
	if (s == STATUS_OK)
		*ret_room = database_changes(db) > 0;
	return s;
}

/* One that waits already may have come without it. */
static enum status add_receipt(struct database *db, const struct batch_head *head, struct slice receipt)
{
	uint8_t bits[8];
	struct query q = query_start(db, "UPDATE pending SET receipt = ?5"
					 " WHERE device = ?1 AND ordinal = ?2 AND bits = ?3 AND seq = ?4");
	bind_batch(&q, head, bits);
	query_blob(&q, 5, receipt);
	return query_run(&q);
}

enum status pending_add_receipt(struct database *db, const struct batch_head *head,
				const struct waiting_batch *batch)
{
	enum pending_fate there = PENDING_KEPT;
	enum status s = batch->receipt.len > 0 ? look_at_place(db, head, batch->sealed, &there) : STATUS_OK;
	return s == STATUS_OK && there == PENDING_SAME ? add_receipt(db, head, batch->receipt) : s;
}

enum status pending_put(struct database *db, const struct batch_head *head, const struct waiting_batch *batch,
			enum pending_fate *ret_fate)
{
	int64_t held = 0;
	bool room = true;
	enum status s = look_at_place(db, head, batch->sealed, ret_fate);
	if (s == STATUS_OK && *ret_fate == PENDING_SAME && batch->receipt.len > 0)
		s = add_receipt(db, head, batch->receipt);
	if (s == STATUS_OK && *ret_fate == PENDING_KEPT)
		s = count_pending(db, head, &held);
	if (s == STATUS_OK && held >= LIMIT_PENDING)
		s = make_room(db, head, &room);
	if (s == STATUS_OK && !room)
		*ret_fate = PENDING_FULL;
	if (s != STATUS_OK || *ret_fate != PENDING_KEPT)
		return s;
	uint8_t bits[8];
	struct query q = query_start(db, "INSERT INTO pending (device, ordinal, bits, seq, envelope, receipt)"
					 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	bind_batch(&q, head, bits);
	query_blob(&q, 5, batch->sealed);
	if (batch->receipt.len > 0)
		query_blob(&q, 6, batch->receipt);
	else
		query_null(&q, 6);
	return query_run(&q);
}

enum status pending_copy(struct database *db, const struct batch_head *head, struct bytes *out)
{
	uint8_t bits[8];
	struct query q = query_start(db, "SELECT envelope FROM pending"
					 " WHERE device = ?1 AND ordinal = ?2 AND bits = ?3 AND seq = ?4");
	bind_batch(&q, head, bits);
	bool found = query_row(&q);
	if (found) {
		struct slice sealed = query_get_blob(&q, 0);
		bytes_put(out, sealed.data, sealed.len);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK && !found)
		return STATUS_EMPTY;
	return s == STATUS_OK ? bytes_status(out) : s;
}

enum status skipped_find(struct database *db, const struct batch_head *head, struct skipped_run *ret_run)
{
	uint8_t bits[8];
	struct query q =
		query_start(db, "SELECT first, last, hash FROM skipped"
				" WHERE device = ?1 AND ordinal = ?2 AND bits = ?3 AND first <= ?4 AND last >= ?4");
	bind_batch(&q, head, bits);
	bool found = query_row(&q);
	if (found) {
		*ret_run = (struct skipped_run){.first = (uint64_t)query_get_int(&q, 0),
						.last = (uint64_t)query_get_int(&q, 1)};
		get_hash(&q, 2, ret_run->hash);
	}
	enum status s = query_finish(&q);
	return s == STATUS_OK && !found ? STATUS_EMPTY : s;
}

enum status pending_take(struct database *db, const uint8_t device[static DEVICE_ID_LEN],
			 const struct incarnation *incarnation, uint64_t seq, struct bytes *out,
			 struct bytes *ret_receipt)
{
	uint8_t bits[8];
	bytes_clear(out);
	bytes_clear(ret_receipt);
	struct query q = query_start(
		db, "DELETE FROM pending"
		    " WHERE device = ?1 AND ordinal = ?2 AND bits = ?3 AND seq = ?4 RETURNING envelope, receipt");
	bind_place(&q, device, incarnation, bits);
	query_int(&q, 4, (int64_t)seq);
	bool found = query_row(&q);
	if (found) {
		struct slice sealed = query_get_blob(&q, 0);
		struct slice receipt = query_get_blob(&q, 1);
		bytes_put(out, sealed.data, sealed.len);
		bytes_put(ret_receipt, receipt.data, receipt.len);
		/* The deletion is complete only when the statement has run to its end. */
		(void)query_row(&q);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK && !found)
		return STATUS_EMPTY;
	if (s == STATUS_OK)
		s = bytes_status(out);
	return s == STATUS_OK ? bytes_status(ret_receipt) : s;
}

static enum status fill_pending(struct database *db, struct head *head)
{
	struct query q = query_start(db, "SELECT ordinal, bits, seq FROM pending WHERE device = ?1"
					 " ORDER BY ordinal, bits, seq");
	query_blob(&q, 1, slice_of(head->device, DEVICE_ID_LEN));
	head->n_pending = 0;
	while (head->n_pending < LIMIT_PENDING && query_row(&q)) {
		struct chain_gap *gap = &head->pending[head->n_pending++];
		gap->incarnation = get_incarnation(&q, 0);
		gap->seq = (uint64_t)query_get_int(&q, 2);
	}
	return query_finish(&q);
}

static bool is_listed(const struct head *head, const struct incarnation *incarnation)
{
	for (size_t i = 0; i < head->n_chains; i++)
		if (incarnation_compare(&head->chains[i].incarnation, incarnation) == 0)
			return true;
	return false;
}

/* Without verified backups what is committed is as safe as it gets here. */
#define SAFE                                                                                                       \
	"iif(EXISTS (SELECT 1 FROM note WHERE name IN ('backup', 'backups')),"                                     \
	" coalesce((SELECT min(safe.have, chain.have) FROM safe WHERE safe.device = chain.device AND"              \
	" safe.ordinal = chain.ordinal AND safe.bits = chain.bits), 0), have)"

static void list_chain(struct query *q, struct head *head)
{
	struct chain_head chain = {.incarnation = get_incarnation(q, 0),
				   .have = (uint64_t)query_get_int(q, 2),
				   .safe = (uint64_t)query_get_int(q, 4)};
	if (is_listed(head, &chain.incarnation))
		return;
	get_hash(q, 3, chain.hash);
	head->chains[head->n_chains++] = chain;
}

static enum status list_named(struct database *db, const struct request *request, struct head *head)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; i < request->n_chains && s == STATUS_OK; i++) {
		uint8_t bits[8];
		struct query q = query_start(db, "SELECT ordinal, bits, have, hash, " SAFE " FROM chain"
						 " WHERE device = ?1 AND ordinal = ?2 AND bits = ?3");
		bind_place(&q, head->device, &request->chains[i].incarnation, bits);
		if (query_row(&q))
			list_chain(&q, head);
		s = query_finish(&q);
	}
	return s;
}

static enum status list_newest(struct database *db, struct head *head)
{
	struct query q = query_start(db, "SELECT ordinal, bits, have, hash, " SAFE " FROM chain WHERE device = ?1"
					 " ORDER BY ordinal DESC, bits DESC");
	query_blob(&q, 1, slice_of(head->device, DEVICE_ID_LEN));
	while (head->n_chains < LIMIT_INCARNATIONS && query_row(&q))
		list_chain(&q, head);
	return query_finish(&q);
}

enum status chain_head_fill(struct database *db, const struct request *request, struct head *head)
{
	head->n_chains = 0;
	enum status s = request == NULL ? STATUS_OK : list_named(db, request, head);
	if (s == STATUS_OK)
		s = list_newest(db, head);
	return s == STATUS_OK ? fill_pending(db, head) : s;
}
