#include "agent/incarnation.h"

#include <string.h>

#include "agent/anchor.h"
#include "agent/place.h"

/* The last batch known of a life: what this database has of it, or what the anchor says beyond that. */
struct last_known {
	struct incarnation incarnation;
	uint64_t here; /* last seq in this database */
	uint64_t seq;
	uint8_t hash[HASH_LEN];
};

static enum status read_last(const struct agent *a, struct last_known *last)
{
	struct anchor anchor = {0};
	struct store_tip tip;
	enum status s = anchor_read(a->dir, &anchor);
	if (s == STATUS_EMPTY || s == STATUS_CORRUPT)
		anchor = (struct anchor){.incarnation = a->incarnation};
	else if (s != STATUS_OK)
		return s;
	bool newer = incarnation_compare(&anchor.incarnation, &a->incarnation) > 0;
	*last = (struct last_known){.incarnation = newer ? anchor.incarnation : a->incarnation};
	s = store_get_tip(a->db, &a->incarnation, &tip);
	if (s != STATUS_OK)
		return s;
	bool beyond =
		newer || (anchor.seq > tip.seq && incarnation_compare(&anchor.incarnation, &a->incarnation) == 0);
	last->here = newer ? 0 : tip.seq;
	last->seq = beyond ? anchor.seq : tip.seq;
	memcpy(last->hash, beyond ? anchor.hash : tip.hash, HASH_LEN);
	return STATUS_OK;
}

/* A life this database never knew of, because it was put back to before that, still counts. */
static enum status keep_last(const struct agent *a, const struct last_known *last)
{
	struct query q = query_start(a->db, "INSERT INTO incarnation (ordinal, bits, begun_at, last_seq, last_hash)"
					    " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (ordinal) DO UPDATE SET"
					    " last_seq = excluded.last_seq, last_hash = excluded.last_hash");
	query_int(&q, 1, (int64_t)last->incarnation.ordinal);
	query_int(&q, 2, (int64_t)last->incarnation.bits);
	query_int(&q, 3, agent_now(a));
	query_int(&q, 4, (int64_t)last->seq);
	query_blob(&q, 5, slice_of(last->hash, HASH_LEN));
	return query_run(&q);
}

/* What has no receipt waits again; its batches stay as they are (L4) and are not sent any more. */
static enum status release_changes(const struct agent *a)
{
	struct query q = query_start(
		a->db,
		"UPDATE change SET ordinal = NULL, seq = NULL WHERE accepted_at IS NULL AND seq IS NOT NULL");
	return query_run(&q);
}

static enum status begin(const struct agent *a, const struct incarnation *next, enum trouble why)
{
	struct last_known last = {0};
	enum status s = read_last(a, &last);
	if (s == STATUS_OK)
		s = keep_last(a, &last);
	if (s == STATUS_OK)
		s = release_changes(a);
	if (s == STATUS_OK)
		s = store_add_incarnation(a->db, next, agent_now(a));
	const struct notice notice = {
		.at = agent_now(a),
		.trouble = why,
		.ordinal = last.incarnation.ordinal,
		.first = last.seq > last.here ? last.here + 1 : 0,
		.last = last.seq > last.here ? last.seq : 0,
	};
	if (s == STATUS_OK)
		s = notice_put(a->db, &notice);
	return s == STATUS_OK ? place_note(a) : s;
}

static enum status next_incarnation(const struct agent *a, struct incarnation *ret_next)
{
	struct last_known last = {0};
	struct incarnation newest = a->incarnation;
	enum status s = read_last(a, &last);
	if (s == STATUS_OK)
		s = store_incarnation(a->db, &newest);
	if (s != STATUS_OK)
		return s;
	uint64_t ordinal = last.incarnation.ordinal > newest.ordinal ? last.incarnation.ordinal : newest.ordinal;
	*ret_next = (struct incarnation){.ordinal = ordinal + 1, .bits = random_u64()};
	return STATUS_OK;
}

enum status incarnation_begin(struct agent *a, enum trouble why)
{
	struct incarnation next;
	enum status s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	s = next_incarnation(a, &next);
	if (s == STATUS_OK)
		s = begin(a, &next, why);
	s = database_end(a->db, s);
	if (s != STATUS_OK)
		return s;
	a->incarnation = next;
	const struct anchor anchor = {.incarnation = next};
	s = anchor_write(a->dir, &anchor);
	/* The anchor is a new file now; without this the next sync would ask in vain. */
	return s == STATUS_OK ? place_note(a) : s;
}

enum status incarnation_reload(struct agent *a)
{
	struct incarnation newest;
	enum status s = store_incarnation(a->db, &newest);
	if (s == STATUS_OK)
		a->incarnation = newest;
	if (s == STATUS_OK)
		s = agent_learn_unit(a);
	return s == STATUS_EMPTY ? STATUS_CORRUPT : s;
}

enum status incarnation_losses(const struct agent *a, size_t max, struct incarnation_loss *ret_list,
			       size_t *ret_count)
{
	struct query q = query_start(
		a->db, "SELECT ordinal, max(have, (SELECT coalesce(max(seq), 0) FROM batch b WHERE b.ordinal ="
		       " i.ordinal)) + 1 AS first, last_seq FROM incarnation i WHERE first <= last_seq AND EXISTS"
		       " (SELECT 1 FROM meta WHERE name = 'last_sync' AND number >= i.begun_at)"
		       " ORDER BY ordinal LIMIT ?1");
	query_int(&q, 1, (int64_t)max);
	size_t n = 0;
	while (n < max && query_row(&q))
		ret_list[n++] = (struct incarnation_loss){
			.ordinal = (uint64_t)query_get_int(&q, 0),
			.first = (uint64_t)query_get_int(&q, 1),
			.last = (uint64_t)query_get_int(&q, 2),
		};
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_count = n;
	return s;
}
