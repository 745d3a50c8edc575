#include "agent/queue.h"

#include <string.h>

#include "agent/book.h"
#include "agent/rejected.h"

int64_t queue_digest(struct slice record)
{
	uint8_t digest[HASH_LEN];
	int64_t value = 0;
	digest_bytes("change", record, digest);
	memcpy(&value, digest, sizeof(value));
	return value;
}

static enum status add_record(struct batch_writer *writer, struct slice record, int64_t *newest)
{
	struct change c;
	enum status s = change_decode(record, &c);
	if (s != STATUS_OK)
		return s == STATUS_MALFORMED ? STATUS_CORRUPT : s;
	s = batch_writer_add(writer, &c);
	if (s == STATUS_OK && c.changed_at > *newest)
		*newest = c.changed_at;
	return s;
}

enum status queue_take(const struct agent *a, struct batch_writer *writer, size_t limit,
		       struct queue_taken *ret_taken)
{
	struct query q = query_start(a->db, "SELECT id, record, digest FROM change WHERE accepted_at IS NULL AND"
					    " ordinal IS NULL AND seq IS NULL ORDER BY id LIMIT ?1");
	query_int(&q, 1, (int64_t)limit);
	struct queue_taken taken = {.newest = INT64_MIN};
	enum status added = STATUS_OK;
	while (query_row(&q)) {
		struct slice record = query_get_blob(&q, 1);
		bool sound = query_is_null(&q, 2) || query_get_int(&q, 2) == queue_digest(record);
		added = sound ? add_record(writer, record, &taken.newest) : STATUS_CORRUPT;
		if (added != STATUS_OK)
			break;
		taken.last = query_get_int(&q, 0);
		taken.count++;
	}
	enum status s = query_finish(&q);
	/* A full writer only ends this batch; a change that fits into no batch at all is not one of ours. */
	if (added == STATUS_LIMIT)
		added = taken.count > 0 ? STATUS_OK : STATUS_CORRUPT;
	if (s == STATUS_OK)
		s = added;
	if (s == STATUS_OK)
		*ret_taken = taken;
	return s;
}

/*
 * The book's time of acceptance for the changes of a batch (rule 11): of those that lay ahead of it when they were
 * written, and, at a receipt, of any that lie ahead of the receipt.
 */
static enum status correct_book(const struct agent *a, struct query *q, int64_t accepted_at)
{
	enum status corrected = STATUS_OK;
	while (corrected == STATUS_OK && query_row(q)) {
		struct change c;
		corrected = change_decode(query_get_blob(q, 1), &c);
		bool ahead = query_get_int(q, 2) != 0;
		if (corrected == STATUS_OK && (ahead || c.changed_at > accepted_at + CLOCK_TOLERANCE_MS))
			corrected = book_accept(a, &c, query_get_int(q, 0), accepted_at);
	}
	enum status s = query_finish(q);
	if (s == STATUS_OK)
		s = corrected == STATUS_MALFORMED ? STATUS_CORRUPT : corrected;
	return s;
}

#define AHEAD_IN_BATCH                                                                                             \
	"SELECT id, record, 1 FROM ahead JOIN change USING (id) WHERE accepted_at IS NULL AND"                     \
	" ordinal = ?1 AND seq = ?2"

enum status queue_seal(const struct agent *a, uint64_t seq, int64_t last, int64_t sealed_at)
{
	struct query q = query_start(a->db, "UPDATE change SET ordinal = ?1, seq = ?2 WHERE accepted_at IS NULL AND"
					    " ordinal IS NULL AND seq IS NULL AND id <= ?3");
	query_int(&q, 1, (int64_t)a->incarnation.ordinal);
	query_int(&q, 2, (int64_t)seq);
	query_int(&q, 3, last);
	enum status s = query_run(&q);
	if (s != STATUS_OK)
		return s;
	q = query_start(a->db, AHEAD_IN_BATCH);
	query_int(&q, 1, (int64_t)a->incarnation.ordinal);
	query_int(&q, 2, (int64_t)seq);
	return correct_book(a, &q, sealed_at);
}

/* Whether a change of the batch may lie ahead of the receipt; of older batches that is not known. */
static enum status may_lie_ahead(const struct agent *a, const struct receipt *receipt, bool *ret_may)
{
	struct query q = query_start(a->db, "SELECT newest <= ?3 FROM batch WHERE ordinal = ?1 AND seq = ?2");
	query_int(&q, 1, (int64_t)receipt->incarnation.ordinal);
	query_int(&q, 2, (int64_t)receipt->seq);
	query_int(&q, 3, receipt->accepted_at + CLOCK_TOLERANCE_MS);
	*ret_may = !query_row(&q) || query_is_null(&q, 0) || query_get_int(&q, 0) == 0;
	return query_finish(&q);
}

static enum status accept_changes(const struct agent *a, const struct receipt *receipt)
{
	bool all = true;
	enum status s = may_lie_ahead(a, receipt, &all);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(
		a->db, all ? "SELECT change.id, record, ahead.id IS NOT NULL FROM change LEFT JOIN ahead"
			     " USING (id) WHERE accepted_at IS NULL AND ordinal = ?1 AND seq = ?2"
			   : AHEAD_IN_BATCH);
	query_int(&q, 1, (int64_t)receipt->incarnation.ordinal);
	query_int(&q, 2, (int64_t)receipt->seq);
	s = correct_book(a, &q, receipt->accepted_at);
	if (s != STATUS_OK)
		return s;
	q = query_start(a->db, "DELETE FROM ahead WHERE EXISTS (SELECT 1 FROM change WHERE change.id = ahead.id AND"
			       " accepted_at IS NULL AND ordinal = ?1 AND seq = ?2)");
	query_int(&q, 1, (int64_t)receipt->incarnation.ordinal);
	query_int(&q, 2, (int64_t)receipt->seq);
	return query_run(&q);
}

static enum status refuse_change(const struct agent *a, int64_t id, enum verdict verdict)
{
	struct query q = query_start(a->db, "UPDATE change SET verdict = ?2 WHERE id = ?1");
	query_int(&q, 1, id);
	query_int(&q, 2, verdict);
	enum status s = query_run(&q);
	const struct rejection rejection = {
		.at = agent_now(a),
		.reason = verdict_name(verdict),
		.change = id,
	};
	return s == STATUS_OK ? rejected_put(a->db, &rejection) : s;
}

/* The changes of a batch in their order beside the ascending verdicts: the n-th change has index n. */
static enum status refuse_some(const struct agent *a, const struct receipt *receipt, struct verdicts *verdicts,
			       int64_t *ret_refused)
{
	struct query q = query_start(a->db, "SELECT id FROM change WHERE accepted_at IS NULL AND ordinal = ?1 AND"
					    " seq = ?2 ORDER BY id");
	query_int(&q, 1, (int64_t)receipt->incarnation.ordinal);
	query_int(&q, 2, (int64_t)receipt->seq);
	uint32_t wanted = 0;
	enum verdict verdict = VERDICT_TAKEN;
	bool all = verdicts->batch != VERDICT_TAKEN;
	bool more = all || verdict_next(verdicts, &wanted, &verdict);
	enum status refused = STATUS_OK;
	int64_t count = 0;
	for (uint32_t index = 0; more && refused == STATUS_OK && query_row(&q); index++) {
		if (!all && index != wanted)
			continue;
		refused = refuse_change(a, query_get_int(&q, 0), all ? verdicts->batch : verdict);
		more = all || verdict_next(verdicts, &wanted, &verdict);
		count++;
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		s = refused;
	if (s == STATUS_OK && more && !all)
		s = STATUS_MALFORMED;
	if (s == STATUS_OK)
		*ret_refused = count;
	return s;
}

enum status queue_settle(const struct agent *a, const struct receipt *receipt, int64_t *ret_refused)
{
	struct verdicts verdicts;
	int64_t refused = 0;
	enum status s = verdicts_read(receipt->verdicts, &verdicts);
	if (s == STATUS_OK)
		s = refuse_some(a, receipt, &verdicts, &refused);
	if (s == STATUS_OK)
		s = accept_changes(a, receipt);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(a->db, "UPDATE change SET accepted_at = ?3 WHERE accepted_at IS NULL AND"
					    " ordinal = ?1 AND seq = ?2");
	query_int(&q, 1, (int64_t)receipt->incarnation.ordinal);
	query_int(&q, 2, (int64_t)receipt->seq);
	query_int(&q, 3, receipt->accepted_at);
	s = query_run(&q);
	if (s == STATUS_OK)
		*ret_refused = refused;
	return s;
}

enum status queue_count(const struct agent *a, struct queue_counts *ret_counts)
{
	struct query q =
		query_start(a->db, "SELECT count(*), count(*) FILTER (WHERE seq IS NULL), min(id) FROM change"
				   " WHERE accepted_at IS NULL");
	struct queue_counts counts = {.first_waiting = INT64_MAX};
	if (query_row(&q)) {
		counts.waiting = query_get_int(&q, 0);
		counts.unsealed = query_get_int(&q, 1);
		if (!query_is_null(&q, 2))
			counts.first_waiting = query_get_int(&q, 2);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_counts = counts;
	return s;
}

enum status queue_count_waiting(const struct agent *a, int64_t *ret_waiting)
{
	struct query q = query_start(a->db, "SELECT count(*) FROM change WHERE accepted_at IS NULL");
	*ret_waiting = query_row(&q) ? query_get_int(&q, 0) : 0;
	return query_finish(&q);
}

enum status queue_find(const struct agent *a, int64_t id, enum queue_place *ret_place)
{
	struct query q =
		query_start(a->db, "SELECT accepted_at IS NOT NULL, verdict > 0, seq IS NOT NULL FROM change"
				   " WHERE id = ?1");
	query_int(&q, 1, id);
	enum queue_place place = QUEUE_UNKNOWN;
	if (query_row(&q)) {
		if (query_get_int(&q, 1) != 0)
			place = QUEUE_REFUSED;
		else if (query_get_int(&q, 0) != 0)
			place = QUEUE_TAKEN;
		else
			place = query_get_int(&q, 2) != 0 ? QUEUE_SEALED : QUEUE_WAITING;
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_place = place;
	return s;
}

enum status queue_refused(const struct agent *a, struct bytes *out)
{
	bytes_clear(out);
	struct query q = query_start(a->db, "SELECT id FROM change WHERE verdict > 0 ORDER BY id");
	while (query_row(&q)) {
		int64_t id = query_get_int(&q, 0);
		bytes_put(out, &id, sizeof(id));
	}
	enum status s = query_finish(&q);
	return s == STATUS_OK ? bytes_status(out) : s;
}

enum status queue_record(const struct agent *a, int64_t id, struct bytes *out)
{
	bytes_clear(out);
	struct query q = query_start(a->db, "SELECT record FROM change WHERE id = ?1");
	query_int(&q, 1, id);
	bool found = query_row(&q);
	if (found) {
		struct slice record = query_get_blob(&q, 0);
		bytes_put(out, record.data, record.len);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		s = found ? bytes_status(out) : STATUS_EMPTY;
	return s;
}
