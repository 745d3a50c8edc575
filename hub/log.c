#include "hub/log.h"

#include <string.h>

static void put_number(uint8_t out[static 8], int64_t value)
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
}

void log_chain(const uint8_t before[static HASH_LEN], const struct log_entry *entry,
	       uint8_t ret_chain[static HASH_LEN])
{
	uint8_t numbers[24];
	uint8_t body[HASH_LEN];
	uint8_t verdicts[HASH_LEN];
	put_number(numbers, entry->n);
	put_number(numbers + 8, (int64_t)entry->type);
	put_number(numbers + 16, entry->accepted_at);
	hash_bytes(entry->body, body);
	hash_bytes(entry->verdicts, verdicts);
	const struct slice parts[] = {slice_of(before, HASH_LEN), slice_of(numbers, sizeof(numbers)),
				      slice_of(body, HASH_LEN), slice_of(verdicts, HASH_LEN)};
	hash_parts(parts, sizeof(parts) / sizeof(parts[0]), ret_chain);
}

enum status log_last(struct database *db, int64_t *ret_n, uint8_t ret_chain[static HASH_LEN])
{
	int64_t n = 0;
	uint8_t chain[HASH_LEN] = {0};
	bool damaged = false;
	struct query q = query_start(db, "SELECT n, chain FROM log ORDER BY n DESC LIMIT 1");
	if (query_row(&q)) {
		n = query_get_int(&q, 0);
		struct slice stored = query_get_blob(&q, 1);
		damaged = stored.len != HASH_LEN;
		if (!damaged)
			memcpy(chain, stored.data, HASH_LEN);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK && damaged)
		s = STATUS_CORRUPT;
	if (s != STATUS_OK)
		return s;
	*ret_n = n;
	memcpy(ret_chain, chain, HASH_LEN);
	return STATUS_OK;
}

enum status log_end(struct database *db, uint8_t ret_end[static LOG_END_LEN])
{
	int64_t n = 0;
	uint8_t chain[HASH_LEN];
	enum status s = log_last(db, &n, chain);
	if (s != STATUS_OK)
		return s;
	put_number(ret_end, n);
	memcpy(ret_end + 8, chain, HASH_LEN);
	return STATUS_OK;
}

enum status log_append(struct database *db, struct log_entry *entry)
{
	uint8_t before[HASH_LEN];
	int64_t last = 0;
	enum status s = log_last(db, &last, before);
	if (s != STATUS_OK)
		return s;
	entry->n = last + 1;
	log_chain(before, entry, entry->chain);
	struct query q = query_start(db, "INSERT INTO log (n, type, accepted_at, body, verdicts, chain)"
					 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	query_int(&q, 1, entry->n);
	query_int(&q, 2, (int64_t)entry->type);
	query_int(&q, 3, entry->accepted_at);
	query_blob(&q, 4, entry->body);
	query_blob(&q, 5, entry->verdicts);
	query_blob(&q, 6, slice_of(entry->chain, HASH_LEN));
	return query_run(&q);
}

enum status log_walk(struct database *db, int64_t from, log_each each, void *context)
{
	struct query q = query_start(db, "SELECT n, type, accepted_at, body, verdicts, chain FROM log"
					 " WHERE n >= ?1 ORDER BY n");
	enum status s = STATUS_OK;
	query_int(&q, 1, from);
	while (s == STATUS_OK && query_row(&q)) {
		struct log_entry entry = {
			.n = query_get_int(&q, 0),
			.type = (enum log_type)query_get_int(&q, 1),
			.accepted_at = query_get_int(&q, 2),
			.body = query_get_blob(&q, 3),
			.verdicts = query_get_blob(&q, 4),
		};
		struct slice chain = query_get_blob(&q, 5);
		if (chain.len == HASH_LEN)
			memcpy(entry.chain, chain.data, HASH_LEN);
		s = each(context, &entry);
	}
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

struct range {
	log_each each;
	void *context;
	int64_t next;
	size_t walked;
	size_t most;
	bool full;
};

static enum status walk_in_range(void *context, const struct log_entry *entry)
{
	struct range *r = context;
	enum status s = r->each(r->context, entry);
	r->next = entry->n + 1;
	r->full = s == STATUS_OK && ++r->walked >= r->most;
	return r->full ? STATUS_STOPPED : s;
}

enum status log_walk_ranges(struct database *db, size_t range, log_each each, void *context)
{
	struct range r = {.each = each, .context = context, .next = 1, .most = range};
	for (;;) {
		r.walked = 0;
		r.full = false;
		enum status s = database_snapshot(db);
		if (s == STATUS_OK)
			s = log_walk(db, r.next, walk_in_range, &r);
		if (!r.full)
			return s;
		database_rollback(db);
	}
}
