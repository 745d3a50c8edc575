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

/* The record as this agent queued it under the number, its verdict, and its place in `rejected`. */
static bool is_queued(struct sim *sim, const struct party *p, const struct logged *l, struct slice record)
{
	struct query q = query_start(
		p->agent->db, "SELECT c.record, coalesce(c.verdict, 0), r.reason, c.accepted_at FROM change c"
			      " JOIN incarnation i USING (ordinal)"
			      " LEFT JOIN rejected r ON r.change = c.id WHERE ordinal = ?1 AND i.bits = ?2"
			      " AND seq = ?3 ORDER BY c.id LIMIT 1 OFFSET ?4");
	query_int(&q, 1, (int64_t)l->origin.incarnation.ordinal);
	query_int(&q, 2, (int64_t)l->origin.incarnation.bits);
	query_int(&q, 3, (int64_t)l->origin.seq);
	query_int(&q, 4, l->origin.index);
	bool found = query_row(&q) && slice_equal(query_get_blob(&q, 0), record);
	/* A hub that was put back judges again, by the units it knows then. */
	if (found && sim->hub_lives == 0 && !query_is_null(&q, 3)) {
		SIM_REQUIRE(sim, query_get_int(&q, 1) == (int64_t)l->verdict);
		if (l->verdict == VERDICT_TAKEN)
			SIM_REQUIRE(sim, query_is_null(&q, 2));
		else
			SIM_REQUIRE(sim, slice_equal(query_get_text(&q, 2), slice_str(verdict_name(l->verdict))));
	}
	SIM_OK(sim, query_finish(&q));
	return found;
}

/* Where a machine was put back or copied, what is in the log may be in no book any more. */
static void check_queued(struct sim *sim, int like, const struct logged *l)
{
	struct bytes record = bytes_new(RECORD_BYTES);
	change_encode(&l->change, &record);
	bool found = false;
	for (int i = 0; i < sim->n_parties && !found; i++)
		if (sim->parties[i].like == like)
			found = is_queued(sim, &sim->parties[i], l, bytes_slice(&record));
	SIM_REQUIRE(sim, found || is_group_copied(sim, like));
	bytes_free(&record);
}

static int fields_in(uint64_t mask)
{
	int n = 0;
	for (; mask != 0; mask &= mask - 1)
		n++;
	return n;
}

/* A commune writes for itself alone; the district's PC for nobody above, beside or unknown. */
static void check_authority(struct sim *sim, const struct party *p, const struct logged *l)
{
	static const char *const never[] = {"01", "019", "99999"};
	const struct value *unit = &l->change.fields[FIELD_UNIT];
	if (l->verdict != VERDICT_TAKEN || unit->state != VALUE_TEXT)
		return;
	if (strcmp(p->unit, "018") != 0)
		SIM_REQUIRE(sim, slice_equal(unit->text, slice_str(p->unit)));
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		SIM_REQUIRE(sim, !slice_equal(unit->text, slice_str(never[i])));
}

/* What a listing repeated travels by itself where a later word came to stand before it (rule 8). */
static void check_confirmation(struct sim *sim, const struct logged *l)
{
	bool known = false;
	for (int i = 0; i < sim->n_parties && !known; i++) {
		const struct party *p = &sim->parties[i];
		known = memcmp(l->origin.device, p->agent->device, DEVICE_ID_LEN) == 0;
		if (known)
			check_queued(sim, p->like, l);
	}
	SIM_REQUIRE(sim, known);
}

static void check_logged(struct sim *sim, const struct logged *l)
{
	int mark = typed_mark(&l->change);
	if (mark < 0) {
		check_confirmation(sim, l);
		return;
	}
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
	check_queued(sim, p->like, l);
}

static int64_t count(struct sim *sim, struct database *db, const char *sql)
{
	struct query q = query_start(db, sql);
	int64_t n = query_row(&q) ? query_get_int(&q, 0) : -1;
	SIM_OK(sim, query_finish(&q));
	return n;
}

/* Once, unless the machine lived twice: then its second life says again what the first may have said. */
static void check_found(struct sim *sim)
{
	for (int i = 0; i < sim->n_said; i++) {
		const struct said *said = &sim->said[i];
		bool once = !is_group_copied(sim, sim->parties[said->party].like);
		SIM_REQUIRE(sim, said->in_log > 0 || said->lost || !said->acknowledged);
		SIM_REQUIRE(sim, said->in_log <= 1 || !once);
	}
}

void said_check(struct reading *r)
{
	struct sim *sim = r->sim;
	bool any_copied = false;
	for (size_t i = 0; i < r->n; i++)
		check_logged(sim, &r->logged[i]);
	check_found(sim);
	for (int i = 0; i < sim->n_parties; i++) {
		struct party *p = &sim->parties[i];
		any_copied = any_copied || p->copied;
		judge_receipts(sim, p);
		SIM_REQUIRE(sim, p->copied || count(sim, p->agent->db,
						    "SELECT count(*) FROM batch WHERE accepted_at IS NULL") == 0);
		SIM_REQUIRE(sim, count(sim, p->agent->db,
				       "SELECT count(*) FROM change WHERE accepted_at IS NULL") == 0);
	}
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT count(*) FROM batch") == (int64_t)r->n_batches);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT count(*) FROM pending") == 0);
	SIM_REQUIRE(sim, any_copied || count(sim, sim->hub->db, "SELECT count(*) FROM evidence") == 0);
	/* A sign of life is bounded like a stamp: nobody is heard of from the future. */
	int32_t latest = date_of(sim->hub_latest + 10 * MINUTE_MS);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT coalesce(max(day), 0) FROM heard") <= latest);
	SIM_REQUIRE(sim, count(sim, sim->hub->db, "SELECT coalesce(max(heard_day), 0) FROM device") <= latest);
}
