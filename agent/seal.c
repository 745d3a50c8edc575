#include "agent/seal.h"

#include <string.h>

#include "agent/anchor.h"
#include "agent/place.h"
#include "agent/queue.h"
#include "config/datadir.h"

/* Batches in one transaction: fewer syncs of the disk, and nobody else waits long. */
enum { AT_ONCE = 8 };

static enum status head_of(const struct agent *a, struct batch_head *ret_head)
{
	struct store_tip tip;
	struct batch_head head = {.incarnation = a->incarnation, .sealed_at = agent_now(a)};
	int64_t epoch = 0;
	int64_t counter = 0;
	int64_t hub_time = 0;
	enum status s = store_get_tip(a->db, &a->incarnation, &tip);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_EPOCH, 0, &epoch);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_COUNTER, 0, &counter);
	if (s == STATUS_OK && epoch > 0)
		s = store_number(a->db, STORE_HUB_TIME, 0, &hub_time);
	if (s != STATUS_OK)
		return s;
	memcpy(head.device, a->device, DEVICE_ID_LEN);
	if (tip.seq > 0)
		memcpy(head.prev, tip.hash, HASH_LEN);
	else
		s = store_last_known(a->db, a->incarnation.ordinal, head.prev);
	if (s != STATUS_OK)
		return s;
	head.seq = tip.seq + 1;
	head.head_epoch = (uint64_t)epoch;
	head.head_counter = (uint64_t)counter;
	head.head_time = hub_time;
	*ret_head = head;
	return STATUS_OK;
}

static enum status insert_batch(const struct agent *a, const struct batch_head *head,
				const struct queue_taken *taken, struct slice envelope)
{
	uint8_t hash[HASH_LEN];
	hash_bytes(envelope, hash);
	struct query q = query_start(
		a->db, "INSERT INTO batch (ordinal, seq, hash, prev, sealed_at, changes, size, envelope,"
		       " newest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
	query_int(&q, 1, (int64_t)head->incarnation.ordinal);
	query_int(&q, 2, (int64_t)head->seq);
	query_blob(&q, 3, slice_of(hash, HASH_LEN));
	query_blob(&q, 4, slice_of(head->prev, HASH_LEN));
	query_int(&q, 5, head->sealed_at);
	query_int(&q, 6, (int64_t)taken->count);
	query_int(&q, 7, (int64_t)envelope.len);
	query_blob(&q, 8, envelope);
	query_int(&q, 9, taken->newest);
	return query_run(&q);
}

/* The envelope of up to take changes; STATUS_LIMIT if it comes out larger than one may be. */
static enum status make_envelope(const struct agent *a, const struct batch_head *head, size_t take,
				 struct bytes *out, struct queue_taken *ret_taken)
{
	struct batch_writer *writer = batch_writer_new();
	if (writer == NULL)
		return STATUS_NO_MEMORY;
	bytes_clear(out);
	enum status s = queue_take(a, writer, take, ret_taken);
	if (s == STATUS_OK)
		s = batch_seal(writer, head, a->hub.hub_id, a->key, out);
	batch_writer_free(writer);
	return s;
}

/* What was sealed, and whether the bounds left something. */
struct sealed {
	size_t batches;
	size_t bytes;
	bool more;
};

/* Seals one batch inside a transaction; *ret_count 0 means nothing waited. Adds to *bytes. */
static enum status seal_one(const struct agent *a, const struct seal_bounds *bounds, bool even_empty,
			    size_t *ret_count, size_t *bytes)
{
	struct batch_head head;
	struct bytes envelope = bytes_new(LIMIT_BATCH_SEALED);
	struct queue_taken taken = {0};
	enum status s = head_of(a, &head);
	if (s != STATUS_OK)
		goto out;
	size_t take = rarely_limit(&a->world.rarely, RARELY_BATCH_FULL, bounds->changes);
	s = make_envelope(a, &head, take, &envelope, &taken);
	while ((s == STATUS_LIMIT && take > 1) ||
	       (s == STATUS_OK && taken.count > 1 && envelope.len > bounds->batch)) {
		take = (s == STATUS_OK ? taken.count : take) / 2;
		s = make_envelope(a, &head, take, &envelope, &taken);
	}
	if (s == STATUS_OK && (taken.count > 0 || even_empty))
		s = insert_batch(a, &head, &taken, bytes_slice(&envelope));
	if (s == STATUS_OK && taken.count > 0)
		s = queue_seal(a, head.seq, taken.last, head.sealed_at);
	if (s == STATUS_OK) {
		*ret_count = taken.count;
		*bytes += envelope.len;
	}
out:
	bytes_free(&envelope);
	return s;
}

/* How far one call goes. */
struct reach {
	const struct seal_bounds *bounds;
	size_t batches;
	bool heartbeat;
};

static bool is_within(const struct reach *reach, const struct sealed *sealed)
{
	return sealed->bytes < reach->bounds->total && sealed->batches < reach->batches;
}

/* At most so many batches in one transaction, all or none of them; *ret_empty: nothing waits any more. */
static enum status seal_some(const struct agent *a, const struct reach *reach, size_t at_once,
			     struct sealed *sealed, bool *ret_empty)
{
	struct sealed now = *sealed;
	bool empty = false;
	enum status s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	for (size_t i = 0; s == STATUS_OK && i < at_once && !empty && is_within(reach, &now); i++) {
		bool even_empty = reach->heartbeat && now.batches == 0;
		size_t count = 0;
		s = seal_one(a, reach->bounds, even_empty, &count, &now.bytes);
		empty = count == 0 && !even_empty;
		now.batches += empty ? 0 : 1;
	}
	if (s == STATUS_OK && now.batches == sealed->batches)
		database_rollback(a->db);
	else
		s = database_end(a->db, s);
	if (s == STATUS_OK) {
		*sealed = now;
		*ret_empty = empty;
	}
	return s;
}

/* Where it fails it goes on one by one, so that what comes before the trouble stays sealed. */
static enum status seal_all(const struct agent *a, const struct seal_bounds *bounds, bool heartbeat,
			    struct sealed *sealed)
{
	const struct reach reach = {.bounds = bounds,
				    .batches = rarely_limit(&a->world.rarely, RARELY_SEALED_AHEAD, SIZE_MAX),
				    .heartbeat = heartbeat};
	size_t at_once = AT_ONCE;
	while (is_within(&reach, sealed)) {
		bool empty = false;
		enum status s = seal_some(a, &reach, at_once, sealed, &empty);
		if (s != STATUS_OK && at_once == 1)
			return s;
		if (s != STATUS_OK)
			at_once = 1;
		if (empty)
			return STATUS_OK;
	}
	sealed->more = true;
	return STATUS_OK;
}

/* Also makes up for a process that died between its commit and its anchor. */
static enum status raise_anchor(const struct agent *a)
{
	struct anchor old;
	struct store_tip tip;
	enum status s = anchor_read(a->dir, &old);
	if (s == STATUS_OK)
		s = store_get_tip(a->db, &a->incarnation, &tip);
	if (s != STATUS_OK)
		return s == STATUS_EMPTY ? STATUS_CORRUPT : s;
	bool same_life = incarnation_compare(&old.incarnation, &a->incarnation) == 0;
	if (same_life && old.seq == tip.seq)
		return STATUS_OK;
	struct anchor anchor = {.incarnation = a->incarnation, .seq = tip.seq};
	memcpy(anchor.hash, tip.hash, HASH_LEN);
	return anchor_write(a->dir, &anchor);
}

/* Under the lock: nobody else can have sealed since. */
static enum status check_place(struct agent *a)
{
	enum place place = PLACE_SAME;
	enum status s = incarnation_reload(a);
	if (s == STATUS_OK)
		s = place_judge(a, &place);
	if (s == STATUS_OK && place == PLACE_OTHER_MACHINE)
		s = STATUS_CLONED;
	if (s == STATUS_OK && place == PLACE_ROLLED_BACK)
		s = incarnation_begin(a, TROUBLE_DB_ROLLED_BACK);
	return s;
}

static enum status seal_locked(struct agent *a, const struct seal_bounds *bounds, bool heartbeat,
			       struct sealed *sealed)
{
	enum place place = PLACE_SAME;
	enum status s = check_place(a);
	if (s == STATUS_OK)
		s = place_judge(a, &place);
	if (s == STATUS_OK)
		s = seal_all(a, bounds, heartbeat, sealed);
	if (s == STATUS_OK)
		s = raise_anchor(a);
	/* A doubt is settled by an answer of the hub alone. */
	if (s == STATUS_OK && place == PLACE_SAME && sealed->batches > 0)
		s = place_note(a);
	return s;
}

enum status seal_within(struct agent *a, const struct seal_bounds *bounds, bool heartbeat, size_t *ret_batches,
			bool *ret_more)
{
	struct lock lock = {.fd = -1};
	struct sealed sealed = {0};
	enum status s = agent_lock(a, AGENT_SEAL_LOCK, &lock);
	if (s != STATUS_OK)
		return s;
	s = seal_locked(a, bounds, heartbeat, &sealed);
	lock_release(&lock);
	if (s != STATUS_OK)
		return s;
	*ret_batches = sealed.batches;
	*ret_more = sealed.more;
	return STATUS_OK;
}

enum status seal_waiting(struct agent *a, bool heartbeat, size_t *ret_batches)
{
	static const struct seal_bounds all = {BATCH_TAKE, LIMIT_BATCH_SEALED, SIZE_MAX};
	bool more = false;
	return seal_within(a, &all, heartbeat, ret_batches, &more);
}

enum status seal_anew(struct agent *a, enum trouble why, const struct incarnation *instead_of)
{
	struct lock lock = {.fd = -1};
	enum status s = agent_lock(a, AGENT_SEAL_LOCK, &lock);
	if (s != STATUS_OK)
		return s;
	s = incarnation_reload(a);
	/* Another process may have come to the same conclusion first. */
	if (s == STATUS_OK && (instead_of == NULL || incarnation_compare(instead_of, &a->incarnation) == 0))
		s = incarnation_begin(a, why);
	lock_release(&lock);
	return s;
}
