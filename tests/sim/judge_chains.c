#include <stdlib.h>
#include <string.h>

#include "protocol/batch_form.h"
#include "reading.h"

static int compare_batches(const void *a, const void *b)
{
	const struct batch_head *one = &((const struct logged_batch *)a)->head;
	const struct batch_head *other = &((const struct logged_batch *)b)->head;
	int order = memcmp(one->device, other->device, DEVICE_ID_LEN);
	if (order == 0)
		order = incarnation_compare(&one->incarnation, &other->incarnation);
	return order != 0 ? order : one->seq < other->seq ? -1 : one->seq > other->seq;
}

static bool is_passed_over(struct sim *sim, const struct batch_head *head, uint64_t seq)
{
	uint8_t bits[8];
	bits_put(head->incarnation.bits, bits);
	struct query q =
		query_start(sim->hub->db, "SELECT 1 FROM skipped WHERE device = ?1 AND ordinal = ?2 AND bits = ?3"
					  " AND first <= ?4 AND last >= ?4");
	query_blob(&q, 1, slice_of(head->device, DEVICE_ID_LEN));
	query_int(&q, 2, (int64_t)head->incarnation.ordinal);
	query_blob(&q, 3, slice_of(bits, sizeof(bits)));
	query_int(&q, 4, (int64_t)seq);
	bool found = query_row(&q);
	SIM_OK(sim, query_finish(&q));
	return found;
}

static void check_link(struct reading *r, const struct logged_batch *before, const struct logged_batch *b)
{
	struct sim *sim = r->sim;
	const struct batch_head *head = &b->head;
	const struct batch_head *last = before == NULL ? NULL : &before->head;
	bool same_life = last != NULL && memcmp(last->device, head->device, DEVICE_ID_LEN) == 0 &&
			 incarnation_compare(&last->incarnation, &head->incarnation) == 0;
	uint64_t have = same_life ? last->seq : 0;
	SIM_REQUIRE(sim, head->seq > have);
	for (uint64_t seq = have + 1; seq < head->seq; seq++)
		SIM_REQUIRE(sim, is_passed_over(sim, head, seq));
	if (same_life && have + 1 == head->seq)
		SIM_REQUIRE(sim, memcmp(head->prev, before->hash, HASH_LEN) == 0);
	/* What came after it joined after it, and is dated so. */
	if (same_life && !is_passed_over(sim, last, last->seq) && !is_passed_over(sim, head, head->seq)) {
		SIM_REQUIRE(sim, before->entry < b->entry);
		/* One that came again keeps the time of its receipt. */
		SIM_REQUIRE(sim, r->entries[b->entry].type == LOG_AGAIN ||
					 r->entries[before->entry].accepted_at <= r->entries[b->entry].accepted_at);
	}
}

void chains_check(struct reading *r)
{
	struct logged_batch *sorted = malloc((r->n_batches + 1) * sizeof(*sorted));
	SIM_REQUIRE(r->sim, sorted != NULL);
	if (r->n_batches > 0)
		memcpy(sorted, r->batches, r->n_batches * sizeof(*sorted));
	qsort(sorted, r->n_batches, sizeof(*sorted), compare_batches);
	for (size_t i = 0; i < r->n_batches; i++)
		check_link(r, i == 0 ? NULL : &sorted[i - 1], &sorted[i]);
	free(sorted);
}
