#include "hub/chain_place.h"

#include <string.h>

#include "hub/log.h"
#include "protocol/batch_form.h"

/* A batch of the chain that has come. */
struct neighbour {
	bool known;
	uint8_t hash[HASH_LEN];
	uint8_t prev[HASH_LEN]; /* what it names as the one before it */
	int64_t accepted_at;
};

static enum status read_head(struct slice sealed, struct neighbour *n)
{
	struct envelope e;
	struct batch_head head;
	enum status s = envelope_peek(sealed, &e);
	if (s == STATUS_OK)
		s = batch_peek(e.payload, &head);
	if (s == STATUS_OK)
		memcpy(n->prev, head.prev, HASH_LEN);
	return s == STATUS_OK ? STATUS_OK : STATUS_CORRUPT;
}

static enum status read_entry(struct database *log_db, int64_t entry, struct neighbour *n)
{
	struct query q = query_start(log_db, "SELECT body, accepted_at FROM log WHERE n = ?1 AND type <> ?2");
	query_int(&q, 1, entry);
	query_int(&q, 2, LOG_ACT);
	enum status s = STATUS_CORRUPT;
	if (query_row(&q)) {
		s = read_head(query_get_blob(&q, 0), n);
		n->accepted_at = query_get_int(&q, 1);
	}
	enum status end = query_finish(&q);
	return end == STATUS_OK ? s : end;
}

static enum status find_neighbour(struct database *db, struct database *log_db, const struct batch_head *head,
				  uint64_t seq, struct neighbour *ret_neighbour)
{
	struct neighbour n = {0};
	uint8_t bits[8];
	int64_t entry = 0;
	bits_put(head->incarnation.bits, bits);
	struct query q = query_start(db, "SELECT entry, hash FROM batch"
					 " WHERE device = ?1 AND ordinal = ?2 AND bits = ?3 AND seq = ?4");
	query_blob(&q, 1, slice_of(head->device, DEVICE_ID_LEN));
	query_int(&q, 2, (int64_t)head->incarnation.ordinal);
	query_blob(&q, 3, slice_of(bits, sizeof(bits)));
	query_int(&q, 4, (int64_t)seq);
	n.known = query_row(&q);
	if (n.known) {
		struct slice hash = query_get_blob(&q, 1);
		entry = query_get_int(&q, 0);
		memcpy(n.hash, hash.data, hash.len < HASH_LEN ? hash.len : HASH_LEN);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK && n.known)
		s = read_entry(log_db, entry, &n);
	*ret_neighbour = n;
	return s;
}

/* A number that the chain has passed over: the batch must fit between those that are there. */
static enum status place_late(struct database *db, struct database *log_db, const struct batch_head *head,
			      const uint8_t *hash, const struct skipped_run *run, struct chain_place *p)
{
	struct neighbour before = {0};
	struct neighbour behind = {0};
	enum status s = find_neighbour(db, log_db, head, head->seq - 1, &before);
	/* The one behind the run has named the run's last one before it was taken. */
	if (s == STATUS_OK && head->seq < run->last)
		s = find_neighbour(db, log_db, head, head->seq + 1, &behind);
	if (s != STATUS_OK)
		return s;
	bool fits = !before.known || memcmp(head->prev, before.hash, HASH_LEN) == 0;
	if (head->seq == run->last)
		fits = fits && memcmp(run->hash, hash, HASH_LEN) == 0;
	else if (behind.known)
		fits = fits && memcmp(behind.prev, hash, HASH_LEN) == 0;
	p->place = fits ? PLACE_LATE : PLACE_FORK;
	p->not_before = before.known ? before.accepted_at : TIME_MIN;
	return STATUS_OK;
}

static enum status place_passed(struct database *db, struct database *log_db, const struct batch_head *head,
				const uint8_t *hash, struct chain_place *p)
{
	uint8_t known[HASH_LEN];
	struct skipped_run run;
	enum status s = chain_hash(db, head, known);
	if (s == STATUS_OK) {
		p->place = memcmp(known, hash, HASH_LEN) == 0 ? PLACE_KNOWN : PLACE_FORK;
		return STATUS_OK;
	}
	if (s != STATUS_EMPTY)
		return s;
	s = skipped_find(db, head, &run);
	p->place = PLACE_FORK;
	if (s == STATUS_OK)
		return place_late(db, log_db, head, hash, &run, p);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

enum status chain_place(struct database *db, struct database *log_db, const struct batch_head *head,
			const uint8_t hash[static HASH_LEN], struct chain_place *ret_place)
{
	struct chain_place p = {.not_before = TIME_MIN};
	enum status s = chain_get(db, head->device, &head->incarnation, &p.chain);
	if (s != STATUS_OK)
		return s;
	if (head->seq > p.chain.have + 1) {
		p.place = PLACE_EARLY;
	} else if (head->seq == p.chain.have + 1) {
		/* The first of an incarnation names the last of the one before, which may never have come. */
		bool follows = head->seq == 1 || memcmp(head->prev, p.chain.hash, HASH_LEN) == 0;
		p.place = follows ? PLACE_NEXT : PLACE_FORK;
		p.not_before = p.chain.accepted_at;
	} else {
		s = place_passed(db, log_db, head, hash, &p);
	}
	if (s == STATUS_OK)
		*ret_place = p;
	return s;
}
