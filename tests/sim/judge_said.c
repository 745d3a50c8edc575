#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/verify.h"
#include "protocol/batch_form.h"
#include "reading.h"

enum { RECORD_BYTES = 64 * 1024 };

static bool is_group_copied(const struct sim *sim, int like)
{
	for (int i = 0; i < sim->n_parties; i++)
		if (sim->parties[i].like == like && sim->parties[i].copied)
			return true;
	return false;
}

static int compare_origins(const void *a, const void *b)
{
	const struct origin *one = &(*(struct logged *const *)a)->origin;
	const struct origin *other = &(*(struct logged *const *)b)->origin;
	int order = memcmp(one->device, other->device, DEVICE_ID_LEN);
	if (order == 0)
		order = incarnation_compare(&one->incarnation, &other->incarnation);
	if (order == 0)
		order = one->seq < other->seq ? -1 : one->seq > other->seq;
	return order != 0 ? order : one->index < other->index ? -1 : one->index > other->index;
}

/* A change of this agent's queue against what the log has under its number: record, verdict, place in `rejected`.
 */
static void check_queued(struct sim *sim, struct logged *l, struct query *q, struct bytes *record)
{
	bytes_clear(record);
	change_encode(&l->change, record);
	/* A copy may have said something else under this number; the hub has but one of both. */
	if (!slice_equal(query_get_blob(q, 3), bytes_slice(record)))
		return;
	l->queued = true;
	/* A hub that was put back judges again, by the units it knows then. */
	if (sim->hub_lives > 0 || query_is_null(q, 6))
		return;
	SIM_REQUIRE(sim, query_get_int(q, 4) == (int64_t)l->verdict);
	if (l->verdict == VERDICT_TAKEN)
		SIM_REQUIRE(sim, query_is_null(q, 5));
	else
		SIM_REQUIRE(sim, slice_equal(query_get_text(q, 5), slice_str(verdict_name(l->verdict))));
}

static void check_queue(struct reading *r, struct logged **by_origin, const struct party *p)
{
	struct sim *sim = r->sim;
	struct bytes record = bytes_new(RECORD_BYTES);
	struct logged key = {.origin = {.index = 0}};
	const struct logged *wanted = &key;
	memcpy(key.origin.device, p->agent->device, DEVICE_ID_LEN);
	struct query q =
		query_start(p->agent->db, "SELECT ordinal, i.bits, seq, c.record, coalesce(c.verdict, 0), r.reason,"
					  " c.accepted_at FROM change c JOIN incarnation i USING (ordinal)"
					  " LEFT JOIN rejected r ON r.change = c.id WHERE seq IS NOT NULL"
					  " ORDER BY ordinal, seq, c.id");
	while (query_row(&q)) {
		struct incarnation life = {.ordinal = (uint64_t)query_get_int(&q, 0),
					   .bits = (uint64_t)query_get_int(&q, 1)};
		uint64_t seq = (uint64_t)query_get_int(&q, 2);
		bool next = seq == key.origin.seq && incarnation_compare(&life, &key.origin.incarnation) == 0;
		key.origin.index = next ? key.origin.index + 1 : 0;
		key.origin.incarnation = life;
		key.origin.seq = seq;
		struct logged **found = bsearch(&wanted, by_origin, r->n, sizeof(*by_origin), compare_origins);
		if (found != NULL)
			check_queued(sim, *found, &q, &record);
	}
	SIM_OK(sim, query_finish(&q));
	bytes_free(&record);
}

static void check_queues(struct reading *r)
{
	struct logged **by_origin = malloc((r->n + 1) * sizeof(*by_origin));
	SIM_REQUIRE(r->sim, by_origin != NULL);
	for (size_t i = 0; i < r->n; i++)
		by_origin[i] = &r->logged[i];
	qsort(by_origin, r->n, sizeof(*by_origin), compare_origins);
	for (int i = 0; i < r->sim->n_parties; i++)
		check_queue(r, by_origin, &r->sim->parties[i]);
	free(by_origin);
}

static int fields_in(uint64_t mask)
{
	int n = 0;
	for (; mask != 0; mask &= mask - 1)
		n++;
	return n;
}

/* A computer writes for the communes it was given; the district's for nobody above or beside. */
static void check_authority(struct sim *sim, const struct party *p, const struct logged *l)
{
	const struct value *unit = &l->change.fields[FIELD_UNIT];
	if (l->counts && unit->state == VALUE_TEXT)
		SIM_REQUIRE(sim, offices_allow(sim, p, unit->text, date_of(l->origin.accepted_at)));
}

/* Where a machine was put back or copied, what is in the log may be in no queue any more. */
static void check_origin(struct sim *sim, const struct logged *l)
{
	for (int i = 0; i < sim->n_parties; i++) {
		const struct party *p = &sim->parties[i];
		if (p->like != i || memcmp(l->origin.device, p->agent->device, DEVICE_ID_LEN) != 0)
			continue;
		SIM_REQUIRE(sim, l->queued || is_group_copied(sim, i));
		return;
	}
	SIM_REQUIRE(sim, false);
}

static void check_logged(struct sim *sim, const struct logged *l)
{
	int mark = typed_mark(&l->change);
	check_origin(sim, l);
	/* What a listing repeated travels by itself where a later word came to stand before it (rule 8). */
	if (mark < 0)
		return;
	SIM_REQUIRE(sim, mark < sim->n_said);
	struct said *said = &sim->said[mark];
	const struct party *p = &sim->parties[said->party];
	said->in_log++;
	SIM_REQUIRE(sim, memcmp(l->origin.device, p->agent->device, DEVICE_ID_LEN) == 0);
	SIM_REQUIRE(sim, said->key[0] == '\0' || slice_equal(l->change.key, slice_str(said->key)));
	if (said->changed_at != TIME_UNSET) {
		SIM_REQUIRE(sim, l->change.changed_at == said->changed_at && l->change.time_stated);
		SIM_REQUIRE(sim, fields_in(change_mask(&l->change)) == said->n_fields);
	}
	check_authority(sim, p, l);
}

static int64_t count(struct sim *sim, struct database *db, const char *sql)
{
	struct query q = query_start(db, sql);
	int64_t n = query_row(&q) ? query_get_int(&q, 0) : -1;
	SIM_OK(sim, query_finish(&q));
	return n;
}

/* Where the record that is missing stands at its agent, for whoever looks into it. */
static void tell_missing(struct sim *sim, int mark)
{
	const struct said *said = &sim->said[mark];
	const struct party *p = &sim->parties[said->party];
	struct query q = query_start(p->agent->db, "SELECT record, ordinal, seq, accepted_at FROM change");
	(void)fprintf(stderr, "record %d of party %d, %s, is not in the log\n", mark, said->party, said->key);
	while (query_row(&q)) {
		struct change c;
		if (change_decode(query_get_blob(&q, 0), &c) == STATUS_OK && typed_mark(&c) == mark)
			(void)fprintf(stderr, "its agent has it in batch %lld of life %lld, %s\n",
				      (long long)query_get_int(&q, 2), (long long)query_get_int(&q, 1),
				      query_is_null(&q, 3) ? "without a receipt" : "with a receipt");
	}
	SIM_OK(sim, query_finish(&q));
}

/* Once, unless the machine lived twice: then its second life says again what the first may have said. */
static void check_found(struct sim *sim)
{
	for (int i = 0; i < sim->n_said; i++) {
		const struct said *said = &sim->said[i];
		bool once = !is_group_copied(sim, sim->parties[said->party].like);
		bool well = said->in_log > 0 || said->lost || !said->acknowledged;
		if (!well && !shrink_is_trial())
			tell_missing(sim, i);
		SIM_REQUIRE(sim, well);
		SIM_REQUIRE(sim, said->in_log <= 1 || !once);
	}
}

void said_check(struct reading *r)
{
	struct sim *sim = r->sim;
	bool any_copied = false;
	check_queues(r);
	for (size_t i = 0; i < r->n; i++)
		check_logged(sim, &r->logged[i]);
	check_found(sim);
	for (int i = 0; i < sim->n_parties; i++) {
		struct party *p = &sim->parties[i];
		any_copied = any_copied || p->copied;
		judge_receipts(sim, p);
		SIM_REQUIRE(sim, p->copied || count(sim, p->agent->db,
						    "SELECT count(*) FROM batch WHERE accepted_at IS NULL") == 0);
		SIM_REQUIRE(sim,
			    count(sim, p->agent->db, "SELECT count(*) FROM change WHERE accepted_at IS NULL") == 0);
	}
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT count(*) FROM batch") == (int64_t)r->n_batches);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT count(*) FROM pending") == 0);
	sim->tally.forks = count(sim, sim->hub->db, "SELECT count(*) FROM evidence");
	SIM_REQUIRE(sim, any_copied || sim->tally.forks == 0);
	/* A sign of life is bounded like a stamp: nobody is heard of from the future. */
	int32_t latest = date_of(sim->hub_latest + 10 * MINUTE_MS);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT coalesce(max(day), 0) FROM heard") <= latest);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT coalesce(max(heard_day), 0) FROM device") <= latest);
}
