#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/verify.h"
#include "protocol/batch_form.h"
#include "reading.h"

enum { TEXT_BYTES = 64 * 1024 };

void *reading_more(struct sim *sim, void *list, size_t count, size_t size)
{
	void *grown = realloc(list, (count + 1) * size);
	SIM_REQUIRE(sim, grown != NULL);
	return grown;
}

static struct slice copy_of(struct sim *sim, struct slice data)
{
	uint8_t *copy = malloc(data.len + 1);
	SIM_REQUIRE(sim, copy != NULL);
	if (data.len > 0)
		memcpy(copy, data.data, data.len);
	return slice_of(copy, data.len);
}

static void read_batch(struct reading *r, const struct log_entry *entry)
{
	struct sim *sim = r->sim;
	struct envelope e;
	struct verdicts refused;
	struct batch *batch = NULL;
	SIM_OK(sim, envelope_peek(entry->body, &e));
	SIM_OK(sim, batch_read(e.payload, &batch));
	SIM_OK(sim, verdicts_read(entry->verdicts, &refused));
	SIM_REQUIRE(sim, refused.batch == VERDICT_TAKEN);
	r->batches = reading_more(sim, r->batches, r->n_batches, sizeof(*r->batches));
	r->batches[r->n_batches++] = batch;
	const struct batch_head *head = batch_get_head(batch);
	uint32_t next = UINT32_MAX;
	enum verdict why = VERDICT_TAKEN;
	bool any = verdict_next(&refused, &next, &why);
	struct change c;
	for (uint32_t i = 0; batch_next(batch, &c); i++) {
		struct origin o = {.incarnation = head->incarnation,
				   .seq = head->seq,
				   .index = i,
				   .time_stated = c.time_stated,
				   .changed_at = c.changed_at,
				   .accepted_at = entry->accepted_at};
		memcpy(o.device, head->device, DEVICE_ID_LEN);
		bool is_refused = any && next == i;
		r->logged = reading_more(sim, r->logged, r->n, sizeof(*r->logged));
		r->logged[r->n++] =
			(struct logged){.origin = o, .change = c, .verdict = is_refused ? why : VERDICT_TAKEN};
		if (is_refused)
			any = verdict_next(&refused, &next, &why);
	}
	SIM_REQUIRE(sim, !any);
}

static enum status read_entry(void *context, const struct log_entry *entry)
{
	struct reading *r = context;
	r->entries = reading_more(r->sim, r->entries, r->n_entries, sizeof(*r->entries));
	struct log_entry *kept = &r->entries[r->n_entries++];
	*kept = *entry;
	kept->body = copy_of(r->sim, entry->body);
	kept->verdicts = copy_of(r->sim, entry->verdicts);
	if (kept->type == LOG_BATCH)
		read_batch(r, kept);
	return STATUS_OK;
}

static void reading_clear(struct reading *r)
{
	for (size_t i = 0; i < r->n_batches; i++)
		batch_free(r->batches[i]);
	for (size_t i = 0; i < r->n_entries; i++) {
		/* They are ours, from copy_of. */
		free((void *)(uintptr_t)r->entries[i].body.data);
		free((void *)(uintptr_t)r->entries[i].verdicts.data);
	}
	free(r->batches);
	free(r->entries);
	free(r->logged);
}

/* The receipt itself is asked, and the hub's own table of batches. */
void check_receipts(struct sim *sim, const struct party *p)
{
	struct query q =
		query_start(p->agent->db, "SELECT i.ordinal, i.bits, seq, hash, receipt FROM batch"
					  " JOIN incarnation i USING (ordinal) WHERE accepted_at IS NOT NULL");
	while (query_row(&q)) {
		struct receipt receipt;
		uint8_t bits[8];
		bits_put((uint64_t)query_get_int(&q, 1), bits);
		SIM_OK(sim,
		       receipt_open(query_get_blob(&q, 4), p->agent->hub.hub_id, p->agent->hub.sign_key, &receipt));
		SIM_REQUIRE(sim, slice_equal(slice_of(receipt.hash, HASH_LEN), query_get_blob(&q, 3)));
		SIM_REQUIRE(sim, receipt.seq == (uint64_t)query_get_int(&q, 2));
		struct query h =
			query_start(sim->hub->db, "SELECT hash FROM batch WHERE device = ?1 AND ordinal = ?2"
						  " AND bits = ?3 AND seq = ?4");
		query_blob(&h, 1, slice_of(p->agent->device, DEVICE_ID_LEN));
		query_int(&h, 2, query_get_int(&q, 0));
		query_blob(&h, 3, slice_of(bits, sizeof(bits)));
		query_int(&h, 4, query_get_int(&q, 2));
		SIM_REQUIRE(sim, query_row(&h) && slice_equal(query_get_blob(&h, 0), query_get_blob(&q, 3)));
		SIM_OK(sim, query_finish(&h));
	}
	SIM_OK(sim, query_finish(&q));
}

static int64_t count(struct sim *sim, struct database *db, const char *sql)
{
	struct query q = query_start(db, sql);
	int64_t n = query_row(&q) ? query_get_int(&q, 0) : -1;
	SIM_OK(sim, query_finish(&q));
	return n;
}

void check_fold(struct sim *sim)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	SIM_REQUIRE(sim, report != NULL);
	enum status s = verify_run(sim->hub, true, report);
	if (s != STATUS_OK)
		(void)fprintf(stderr, "%lld findings, the first: %s\n", (long long)report->n_findings,
			      report->findings[0].where);
	SIM_OK(sim, s);
	free(report);
}

/* The record as the agent queued it, its verdict, and its place in `rejected`. */
static void check_queued(struct sim *sim, const struct party *p, const struct logged *l)
{
	struct bytes record = bytes_new(TEXT_BYTES);
	change_encode(&l->change, &record);
	struct query q =
		query_start(p->agent->db, "SELECT c.record, coalesce(c.verdict, 0), r.reason FROM change c"
					  " LEFT JOIN rejected r ON r.change = c.id WHERE ordinal = ?1 AND seq = ?2"
					  " ORDER BY c.id LIMIT 1 OFFSET ?3");
	query_int(&q, 1, (int64_t)l->origin.incarnation.ordinal);
	query_int(&q, 2, (int64_t)l->origin.seq);
	query_int(&q, 3, l->origin.index);
	SIM_REQUIRE(sim, query_row(&q) && slice_equal(query_get_blob(&q, 0), bytes_slice(&record)));
	SIM_REQUIRE(sim, query_get_int(&q, 1) == (int64_t)l->verdict);
	if (l->verdict == VERDICT_TAKEN)
		SIM_REQUIRE(sim, query_is_null(&q, 2));
	else
		SIM_REQUIRE(sim, slice_equal(query_get_text(&q, 2), slice_str(verdict_name(l->verdict))));
	SIM_OK(sim, query_finish(&q));
	bytes_free(&record);
}

static int fields_in(uint64_t mask)
{
	int n = 0;
	for (; mask != 0; mask &= mask - 1)
		n++;
	return n;
}

/* All that was said is in the log once, as it was said, with the verdict that stands at the agent. */
static void check_said(struct reading *r)
{
	struct sim *sim = r->sim;
	for (size_t i = 0; i < r->n; i++) {
		const struct logged *l = &r->logged[i];
		int mark = typed_mark(&l->change);
		SIM_REQUIRE(sim, mark >= 0 && mark < sim->n_said);
		struct said *said = &sim->said[mark];
		const struct party *p = &sim->parties[said->party];
		said->in_log++;
		SIM_REQUIRE(sim, memcmp(l->origin.device, p->agent->device, DEVICE_ID_LEN) == 0);
		SIM_REQUIRE(sim, slice_equal(l->change.key, slice_str(said->key)));
		if (said->changed_at != TIME_UNSET) {
			SIM_REQUIRE(sim, l->change.changed_at == said->changed_at && l->change.time_stated);
			SIM_REQUIRE(sim, fields_in(change_mask(&l->change)) == said->n_fields);
		}
		check_queued(sim, p, l);
	}
	for (int i = 0; i < sim->n_said; i++)
		SIM_REQUIRE(sim, sim->said[i].in_log == 1);
	SIM_REQUIRE(sim, r->n == (size_t)sim->n_said);
	for (size_t i = 0; i < AGENTS; i++) {
		struct database *db = sim->parties[i].agent->db;
		SIM_REQUIRE(sim, count(sim, db, "SELECT count(*) FROM batch WHERE accepted_at IS NULL") == 0);
	}
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT count(*) FROM batch") == (int64_t)r->n_batches);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT count(*) FROM pending") == 0);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT count(*) FROM evidence") == 0);
}

/* A sign of life is bounded like a stamp: nobody is heard of from the future. */
static void check_heard(struct sim *sim)
{
	int32_t latest = date_of(sim->hub_latest + 10 * MINUTE_MS);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT coalesce(max(day), 0) FROM heard") <= latest);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT coalesce(max(heard_day), 0) FROM device") <= latest);
}

void check_end(struct sim *sim, uint8_t ret_digest[static HASH_LEN])
{
	struct reading r = {.sim = sim};
	SIM_OK(sim, log_walk(sim->hub->db, 1, read_entry, &r));
	for (size_t i = 0; i < AGENTS; i++)
		check_receipts(sim, &sim->parties[i]);
	check_said(&r);
	check_fold(sim);
	check_heard(sim);
	order_check_things(&r);
	order_check_tables(&r, ret_digest);
	reading_clear(&r);
}
