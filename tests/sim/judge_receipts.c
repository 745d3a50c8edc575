#include <stdlib.h>
#include <string.h>

#include "protocol/batch_form.h"
#include "protocol/reply.h"
#include "reading.h"

/* True the first time it is asked about a batch. */
static bool is_news(struct sim *sim, struct party *p, int64_t id)
{
	if (id >= p->receipted_room) {
		int64_t room = (id + 1) * 2 > 1024 ? (id + 1) * 2 : 1024;
		p->receipted = realloc(p->receipted, (size_t)room);
		SIM_REQUIRE(sim, p->receipted != NULL);
		memset(p->receipted + p->receipted_room, 0, (size_t)(room - p->receipted_room));
		p->receipted_room = room;
	}
	bool news = p->receipted[id] == 0;
	p->receipted[id] = 1;
	while (p->receipted_below + 1 < p->receipted_room && p->receipted[p->receipted_below + 1] != 0)
		p->receipted_below++;
	return news;
}

/* The receipt itself is asked, and the hub's own table of batches. */
static void judge_one(struct sim *sim, const struct party *p, struct query *q)
{
	struct receipt receipt;
	uint8_t bits[8];
	bits_put((uint64_t)query_get_int(q, 1), bits);
	SIM_OK(sim, receipt_open(query_get_blob(q, 4), p->agent->hub.hub_id, p->agent->hub.sign_key, &receipt));
	SIM_REQUIRE(sim, slice_equal(slice_of(receipt.hash, HASH_LEN), query_get_blob(q, 3)));
	SIM_REQUIRE(sim, receipt.seq == (uint64_t)query_get_int(q, 2));
	struct query h = query_start(sim->hub->db, "SELECT hash FROM batch WHERE device = ?1 AND ordinal = ?2"
						   " AND bits = ?3 AND seq = ?4");
	query_blob(&h, 1, slice_of(p->agent->device, DEVICE_ID_LEN));
	query_int(&h, 2, query_get_int(q, 0));
	query_blob(&h, 3, slice_of(bits, sizeof(bits)));
	query_int(&h, 4, query_get_int(q, 2));
	bool held = query_row(&h) && slice_equal(query_get_blob(&h, 0), query_get_blob(q, 3));
	SIM_OK(sim, query_finish(&h));
	/* After the hub was put back, one that came by stick may tell of what it had before. */
	SIM_REQUIRE(sim, held || sim->hub_lives > 0);
}

void judge_receipts(struct sim *sim, struct party *p)
{
	struct query q = query_start(
		p->agent->db, "SELECT i.ordinal, i.bits, seq, hash, receipt, id FROM batch"
			      " JOIN incarnation i USING (ordinal) WHERE accepted_at IS NOT NULL AND id > ?1");
	query_int(&q, 1, p->receipted_below);
	while (query_row(&q))
		if (is_news(sim, p, query_get_int(&q, 5)))
			judge_one(sim, p, &q);
	SIM_OK(sim, query_finish(&q));
}

static int compare_hashes(const void *a, const void *b)
{
	const struct logged_batch *one = a;
	const struct logged_batch *other = b;
	return memcmp(one->hash, other->hash, HASH_LEN);
}

/* One batch as an agent has its receipt, against the log. */
static void check_date(const struct reading *r, const struct logged_batch *by_hash, const struct party *p,
		       struct query *q)
{
	struct logged_batch key = {.entry = 0};
	struct slice hash = query_get_blob(q, 0);
	SIM_REQUIRE(r->sim, hash.len == HASH_LEN);
	memcpy(key.hash, hash.data, HASH_LEN);
	const struct logged_batch *found = bsearch(&key, by_hash, r->n_batches, sizeof(*by_hash), compare_hashes);
	if (found == NULL)
		return;
	const struct log_entry *entry = &r->entries[found->entry];
	bool again = entry->type == LOG_AGAIN;
	r->sim->tally.again += again;
	/*
	 * What came without its receipt, late or by an old stick, is dated as any that comes for the first time.
	 * Put back twice, the hub may have what it took in a life before the one whose receipt arrived.
	 */
	const int64_t told = query_get_int(q, 1);
	const bool of_before = r->sim->hub_lives > 1 && entry->accepted_at < told;
	SIM_REQUIRE(r->sim, entry->accepted_at == told || (!again && (p->strayed || of_before)));
}

void dates_check(struct reading *r)
{
	struct sim *sim = r->sim;
	struct logged_batch *by_hash = malloc((r->n_batches + 1) * sizeof(*by_hash));
	SIM_REQUIRE(sim, by_hash != NULL);
	for (size_t i = 0; i < r->n_batches; i++)
		by_hash[i] = r->batches[i];
	if (r->n_batches > 0)
		qsort(by_hash, r->n_batches, sizeof(*by_hash), compare_hashes);
	for (int i = 0; i < sim->n_parties; i++) {
		const struct party *p = &sim->parties[i];
		struct query q = query_start(p->agent->db,
					     "SELECT hash, accepted_at FROM batch WHERE accepted_at IS NOT NULL");
		while (!p->copied && r->n_batches > 0 && query_row(&q))
			check_date(r, by_hash, p, &q);
		SIM_OK(sim, query_finish(&q));
	}
	free(by_hash);
}
