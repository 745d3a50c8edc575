#include "agent/outgoing.h"

#include <stdlib.h>
#include <string.h>

#include "agent/queue.h"
#include "protocol/request.h"

#define FIRST_OF_KEY "coalesce((SELECT number FROM meta WHERE name = '" STORE_KEY_FROM "'), 0)"
#define LOST_AT_HUB  "(accepted_at IS NOT NULL AND incarnation.ordinal >= " FIRST_OF_KEY ")"

/*
 * The chains as we stand: the last batch up to which every one has its receipt. Of an ended chain the hub may have
 * what this database never had, or another batch; only what it has more than it said is asked for.
 */
static enum status fill_chains(const struct agent *a, struct request *request)
{
	struct query q = query_start(
		a->db, "SELECT ordinal, bits, iif(ordinal < ?2, have, coalesce("
		       " (SELECT min(seq) - 1 FROM batch b WHERE b.ordinal = i.ordinal AND accepted_at IS NULL),"
		       " (SELECT max(seq) FROM batch b WHERE b.ordinal = i.ordinal), 0)) AS receipted"
		       " FROM incarnation i WHERE (receipted > 0 OR ordinal = ?2) AND ordinal >= " FIRST_OF_KEY
		       " ORDER BY ordinal DESC LIMIT ?1");
	query_int(&q, 1, LIMIT_INCARNATIONS);
	query_int(&q, 2, (int64_t)a->incarnation.ordinal);
	size_t n = 0;
	while (n < LIMIT_INCARNATIONS && query_row(&q)) {
		request->chains[n].incarnation.ordinal = (uint64_t)query_get_int(&q, 0);
		request->chains[n].incarnation.bits = (uint64_t)query_get_int(&q, 1);
		request->chains[n].receipted = (uint64_t)query_get_int(&q, 2);
		n++;
	}
	request->n_chains = n;
	return query_finish(&q);
}

static enum status fill_request(const struct agent *a, const uint8_t nonce[static NONCE_LEN],
				struct request *request)
{
	int64_t waiting = 0;
	int64_t epoch = 0;
	int64_t counter = 0;
	int64_t policy = 0;
	enum status s = store_number(a->db, STORE_EPOCH, 0, &epoch);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_COUNTER, 0, &counter);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_POLICY, 0, &policy);
	if (s == STATUS_OK)
		s = queue_count_waiting(a, &waiting);
	if (s != STATUS_OK)
		return s;
	*request = (struct request){
		.epoch = (uint64_t)epoch,
		.counter = (uint64_t)counter,
		.policy = (uint64_t)policy,
		.sent_at = agent_now(a),
		.waiting = (uint64_t)waiting,
		.version = slice_str(MOTCUA_VERSION),
	};
	memcpy(request->device, a->device, DEVICE_ID_LEN);
	memcpy(request->nonce, nonce, NONCE_LEN);
	return fill_chains(a, request);
}

enum status outgoing_request(const struct agent *a, const uint8_t nonce[static NONCE_LEN], struct bytes *out)
{
	struct request *request = malloc(sizeof(*request));
	if (request == NULL)
		return STATUS_NO_MEMORY;
	enum status s = fill_request(a, nonce, request);
	if (s == STATUS_OK)
		s = request_seal(request, a->hub.hub_id, a->key, out);
	free(request);
	return s;
}

/* What was signed must leave as it was signed (L4), whatever the disk did to it since. */
static bool is_as_sealed(struct slice envelope, struct slice hash)
{
	uint8_t now[HASH_LEN];
	hash_bytes(envelope, now);
	return slice_equal(hash, slice_of(now, HASH_LEN));
}

struct walk {
	outgoing_each each;
	void *context;
	enum status status; /* of each; STATUS_STOPPED ends the walk well */
};

static enum status walk_rows(struct query *q, struct walk *walk)
{
	while (walk->status == STATUS_OK && query_row(q)) {
		struct slice envelope = query_get_blob(q, 1);
		if (is_as_sealed(envelope, query_get_blob(q, 0)))
			walk->status = walk->each(walk->context, envelope, query_get_blob(q, 2));
		else
			walk->status = STATUS_CORRUPT;
	}
	return query_finish(q);
}

/* Passed over by the hub: without a receipt, while a later one of the present incarnation has one. */
static enum status walk_passed_over(const struct agent *a, struct walk *walk)
{
	struct query q = query_start(
		a->db, "SELECT hash, envelope, receipt FROM batch JOIN incarnation USING (ordinal) WHERE "
		       "batch.ordinal = ?1 AND"
		       " accepted_at IS NULL AND seq <= have AND EXISTS (SELECT 1 FROM batch AS later WHERE"
		       " later.ordinal = batch.ordinal AND later.seq > batch.seq AND later.accepted_at IS NOT NULL)"
		       " ORDER BY seq");
	query_int(&q, 1, (int64_t)a->incarnation.ordinal);
	return walk_rows(&q, walk);
}

/* Above `have`: those of the present incarnation, and of any under this key what has a receipt: the hub lost it. */
static enum status walk_above(const struct agent *a, const struct outgoing_plan *plan, struct walk *walk)
{
	struct query q = query_start(a->db, "SELECT hash, envelope, receipt FROM incarnation CROSS JOIN batch ON "
					    "batch.ordinal = incarnation.ordinal AND"
					    " seq > have WHERE (" LOST_AT_HUB
					    " OR batch.ordinal = ?1) AND (?2 OR NOT pending)"
					    " AND (batch.ordinal <> ?1 OR seq > ?3)"
					    " ORDER BY incarnation.ordinal, seq");
	query_int(&q, 1, (int64_t)a->incarnation.ordinal);
	query_int(&q, 2, plan->road == OUTGOING_COURIER);
	query_int(&q, 3, (int64_t)plan->above);
	return walk_rows(&q, walk);
}

enum status outgoing_walk(const struct agent *a, const struct outgoing_plan *plan, outgoing_each each,
			  void *context)
{
	struct walk walk = {.each = each, .context = context, .status = STATUS_OK};
	enum status s = walk_passed_over(a, &walk);
	if (s == STATUS_OK && walk.status == STATUS_OK)
		s = walk_above(a, plan, &walk);
	if (s == STATUS_OK && walk.status != STATUS_STOPPED)
		s = walk.status;
	return s;
}

enum status outgoing_count(const struct agent *a, struct outgoing_open *ret_open)
{
	struct query q = query_start(
		a->db,
		"SELECT count(*), sum(size) FILTER (WHERE NOT pending) FROM"
		" (SELECT size, pending FROM batch WHERE ordinal = ?1 AND accepted_at IS NULL UNION ALL SELECT "
		"size,"
		" pending FROM incarnation CROSS JOIN batch ON batch.ordinal = incarnation.ordinal AND seq > have"
		" WHERE " LOST_AT_HUB ")");
	query_int(&q, 1, (int64_t)a->incarnation.ordinal);
	struct outgoing_open open = {0};
	if (query_row(&q))
		open = (struct outgoing_open){.batches = query_get_int(&q, 0), .bytes = query_get_int(&q, 1)};
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_open = open;
	return s;
}
