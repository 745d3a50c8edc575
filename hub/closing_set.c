#include "hub/closing_set.h"

#include <stdlib.h>
#include <string.h>

#include "hub/log.h"
#include "protocol/batch_form.h"

/* Room for one more of an array; grows it to the next power of two. NULL on no memory. */
static void *make_room(void *items, size_t count, size_t size)
{
	bool full = count == 0 || (count & (count - 1)) == 0;
	return full ? realloc(items, (count == 0 ? 1 : 2 * count) * size) : items;
}

static struct closing_chain *add_chain(struct closing_set *set)
{
	struct closing_chain *chains = make_room(set->chains, set->n_chains, sizeof(*chains));
	if (chains == NULL)
		return NULL;
	set->chains = chains;
	chains[set->n_chains] = (struct closing_chain){.first_gap = set->n_gaps};
	return &chains[set->n_chains++];
}

/* To the last chain. */
static enum status add_gap(struct closing_set *set, uint64_t first, uint64_t last)
{
	struct closing_gap *gaps = make_room(set->gaps, set->n_gaps, sizeof(*gaps));
	if (gaps == NULL)
		return STATUS_NO_MEMORY;
	set->gaps = gaps;
	gaps[set->n_gaps++] = (struct closing_gap){.first = first, .last = last};
	set->chains[set->n_chains - 1].n_gaps++;
	return STATUS_OK;
}

void closing_set_clear(struct closing_set *set)
{
	free(set->chains);
	free(set->gaps);
	*set = (struct closing_set){0};
}

/* What of a run that was given up has not come late. */
static enum status read_gaps(struct database *db, struct closing_set *set, struct query *run)
{
	uint64_t next = (uint64_t)query_get_int(run, 0);
	uint64_t last = (uint64_t)query_get_int(run, 1);
	const struct closing_chain *c = &set->chains[set->n_chains - 1];
	uint8_t bits[8];
	bits_put(c->incarnation.bits, bits);
	struct query q = query_start(db, "SELECT seq FROM batch WHERE device = ?1 AND ordinal = ?2 AND bits = ?3"
					 " AND seq BETWEEN ?4 AND ?5 ORDER BY seq");
	query_blob(&q, 1, slice_of(c->device, DEVICE_ID_LEN));
	query_int(&q, 2, (int64_t)c->incarnation.ordinal);
	query_blob(&q, 3, slice_of(bits, sizeof(bits)));
	query_int(&q, 4, (int64_t)next);
	query_int(&q, 5, (int64_t)last);
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		uint64_t seq = (uint64_t)query_get_int(&q, 0);
		if (seq > next)
			s = add_gap(set, next, seq - 1);
		next = seq + 1;
	}
	if (s == STATUS_OK && next <= last)
		s = add_gap(set, next, last);
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

static enum status read_skipped(struct database *db, struct closing_set *set)
{
	const struct closing_chain *c = &set->chains[set->n_chains - 1];
	uint8_t device[DEVICE_ID_LEN];
	uint8_t bits[8];
	memcpy(device, c->device, sizeof(device)); /* the array of chains stays, but this says so */
	bits_put(c->incarnation.bits, bits);
	struct query q = query_start(db, "SELECT first, last FROM skipped"
					 " WHERE device = ?1 AND ordinal = ?2 AND bits = ?3 ORDER BY first");
	query_blob(&q, 1, slice_of(device, sizeof(device)));
	query_int(&q, 2, (int64_t)c->incarnation.ordinal);
	query_blob(&q, 3, slice_of(bits, sizeof(bits)));
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = read_gaps(db, set, &q);
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

static enum status read_chain(struct database *db, struct closing_set *set, struct query *q)
{
	struct slice device = query_get_blob(q, 0);
	struct slice bits = query_get_blob(q, 2);
	struct slice hash = query_get_blob(q, 4);
	if (device.len != DEVICE_ID_LEN || bits.len != 8 || hash.len != HASH_LEN)
		return STATUS_CORRUPT;
	struct closing_chain *c = add_chain(set);
	if (c == NULL)
		return STATUS_NO_MEMORY;
	memcpy(c->device, device.data, DEVICE_ID_LEN);
	c->incarnation.ordinal = (uint64_t)query_get_int(q, 1);
	c->incarnation.bits = bits_take(bits.data);
	c->have = (uint64_t)query_get_int(q, 3);
	memcpy(c->hash, hash.data, HASH_LEN);
	return read_skipped(db, set);
}

static enum status read_chains(struct database *db, struct closing_set *set)
{
	struct query q = query_start(db, "SELECT device, ordinal, bits, have, hash FROM chain"
					 " ORDER BY device, ordinal, bits");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = read_chain(db, set, &q);
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

static enum status read_acts(struct database *db, struct closing_set *set)
{
	struct query q = query_start(db, "SELECT body, (SELECT count(*) FROM log WHERE type = ?1) FROM log"
					 " WHERE type = ?1 ORDER BY n DESC LIMIT 1");
	query_int(&q, 1, LOG_ACT);
	if (query_row(&q)) {
		hash_bytes(query_get_blob(&q, 0), set->last_act);
		set->acts = query_get_int(&q, 1);
	}
	return query_finish(&q);
}

enum status closing_set_read(struct database *db, struct closing_set *ret_set)
{
	struct closing_set set = {0};
	enum status s = log_last(db, &set.entry, set.chain);
	if (s == STATUS_OK)
		s = read_acts(db, &set);
	if (s == STATUS_OK)
		s = read_chains(db, &set);
	if (s == STATUS_OK)
		*ret_set = set;
	else
		closing_set_clear(&set);
	return s;
}

static int compare_chains(const void *left, const void *right)
{
	const struct closing_chain *a = left;
	const struct closing_chain *b = right;
	int order = memcmp(a->device, b->device, DEVICE_ID_LEN);
	return order != 0 ? order : incarnation_compare(&a->incarnation, &b->incarnation);
}

static const struct closing_chain *find_chain(const struct closing_set *set, const struct batch_head *head)
{
	struct closing_chain wanted = {.incarnation = head->incarnation};
	memcpy(wanted.device, head->device, DEVICE_ID_LEN);
	return set->n_chains == 0 ? NULL
				  : bsearch(&wanted, set->chains, set->n_chains, sizeof(wanted), compare_chains);
}

bool closing_set_has(const struct closing_set *set, const struct batch_head *head)
{
	const struct closing_chain *c = find_chain(set, head);
	if (c == NULL || head->seq > c->have)
		return false;
	for (size_t i = 0; i < c->n_gaps; i++) {
		const struct closing_gap *gap = &set->gaps[c->first_gap + i];
		if (head->seq >= gap->first && head->seq <= gap->last)
			return false;
	}
	return true;
}

bool closing_set_has_sealed(const struct closing_set *set, const struct batch_head *head, struct slice sealed)
{
	const struct closing_chain *c = find_chain(set, head);
	uint8_t hash[HASH_LEN];
	if (c != NULL && head->seq == c->have) {
		hash_bytes(sealed, hash);
		if (memcmp(hash, c->hash, HASH_LEN) != 0)
			return false;
	}
	return closing_set_has(set, head);
}

bool closing_set_same_batches(const struct closing_set *a, const struct closing_set *b)
{
	bool same = a->n_chains == b->n_chains && a->n_gaps == b->n_gaps;
	for (size_t i = 0; same && i < a->n_chains; i++)
		same = compare_chains(&a->chains[i], &b->chains[i]) == 0 &&
		       a->chains[i].have == b->chains[i].have && a->chains[i].n_gaps == b->chains[i].n_gaps &&
		       memcmp(a->chains[i].hash, b->chains[i].hash, HASH_LEN) == 0;
	for (size_t i = 0; same && i < a->n_gaps; i++)
		same = a->gaps[i].first == b->gaps[i].first && a->gaps[i].last == b->gaps[i].last;
	return same;
}

uint64_t closing_set_batches(const struct closing_set *set)
{
	uint64_t n = 0;
	for (size_t i = 0; i < set->n_chains; i++)
		n += set->chains[i].have;
	for (size_t i = 0; i < set->n_gaps; i++)
		n -= set->gaps[i].last - set->gaps[i].first + 1;
	return n;
}

void closing_set_put(const struct closing_set *set, struct bytes *out)
{
	cbor_put_array(out, 5);
	cbor_put_int(out, set->entry);
	cbor_put_bytes(out, set->chain, HASH_LEN);
	cbor_put_int(out, set->acts);
	cbor_put_bytes(out, set->last_act, HASH_LEN);
	cbor_put_array(out, set->n_chains);
	for (size_t i = 0; i < set->n_chains; i++) {
		const struct closing_chain *c = &set->chains[i];
		cbor_put_array(out, 6);
		cbor_put_bytes(out, c->device, DEVICE_ID_LEN);
		cbor_put_uint(out, c->incarnation.ordinal);
		cbor_put_uint(out, c->incarnation.bits);
		cbor_put_uint(out, c->have);
		cbor_put_bytes(out, c->hash, HASH_LEN);
		cbor_put_array(out, 2 * c->n_gaps);
		for (size_t j = 0; j < c->n_gaps; j++) {
			cbor_put_uint(out, set->gaps[c->first_gap + j].first);
			cbor_put_uint(out, set->gaps[c->first_gap + j].last);
		}
	}
}

static enum status take_gaps(struct cbor *r, struct closing_set *set)
{
	enum status s = STATUS_OK;
	size_t n = cbor_array(r, (size_t)(r->end - r->next));
	if (n % 2 != 0)
		cbor_fail(r);
	for (size_t i = 0; i < n / 2 && s == STATUS_OK && cbor_status(r) == STATUS_OK; i++) {
		uint64_t first = cbor_uint(r, INT64_MAX);
		uint64_t last = cbor_uint(r, INT64_MAX);
		if (first == 0 || last < first)
			cbor_fail(r);
		s = add_gap(set, first, last);
	}
	return s;
}

static enum status take_chain(struct cbor *r, struct closing_set *set)
{
	struct closing_chain *c = add_chain(set);
	if (c == NULL)
		return STATUS_NO_MEMORY;
	cbor_array_of(r, 6);
	cbor_fixed(r, c->device, DEVICE_ID_LEN);
	c->incarnation.ordinal = cbor_uint(r, INT64_MAX);
	c->incarnation.bits = cbor_uint(r, UINT64_MAX);
	c->have = cbor_uint(r, INT64_MAX);
	cbor_fixed(r, c->hash, HASH_LEN);
	bool sorted = set->n_chains < 2 || compare_chains(c - 1, c) < 0;
	if (!sorted)
		cbor_fail(r);
	return take_gaps(r, set);
}

enum status closing_set_take(struct cbor *r, struct closing_set *set)
{
	enum status s = STATUS_OK;
	cbor_array_of(r, 5);
	set->entry = cbor_int(r, 0, INT64_MAX);
	cbor_fixed(r, set->chain, HASH_LEN);
	set->acts = cbor_int(r, 0, INT64_MAX);
	cbor_fixed(r, set->last_act, HASH_LEN);
	size_t n = cbor_array(r, (size_t)(r->end - r->next));
	for (size_t i = 0; i < n && s == STATUS_OK && cbor_status(r) == STATUS_OK; i++)
		s = take_chain(r, set);
	return s;
}
