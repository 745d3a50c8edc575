#include "agent/salvage.h"

#include "agent/book.h"
#include "agent/queue.h"
#include "protocol/record.h"

enum { SALVAGE_IDS_MAX = 10 * 1000 * 1000 }; /* more than a commune enters in a hundred years */

/* One table of the damaged file: as a whole where it can be read, else row by row. */
struct salvage_table {
	const char *whole;
	const char *last; /* NULL: rows have no number, the table is had whole or not at all */
	const char *one;
};

#define SALVAGE(table, columns, id)                                                                                \
	{                                                                                                          \
		.whole = "INSERT OR IGNORE INTO " table " (" columns ") SELECT " columns " FROM damaged." table,   \
		.last = "SELECT max(" id ") FROM damaged." table,                                                  \
		.one = "INSERT OR IGNORE INTO " table " (" columns ") SELECT " columns " FROM damaged." table      \
		       " WHERE " id " = ?1",                                                                       \
	}
#define SALVAGE_WHOLE(table)                                                                                       \
	{                                                                                                          \
		.whole = "INSERT OR IGNORE INTO " table " SELECT * FROM damaged." table                            \
	}

static const struct salvage_table tables[] = {
	SALVAGE("incarnation", "ordinal, bits, begun_at, have, safe, last_seq, last_hash", "ordinal"),
	SALVAGE("change", "id, import, ordinal, seq, accepted_at, verdict, record, digest", "id"),
	SALVAGE("batch", "id, ordinal, seq, hash, prev, sealed_at, changes, size, accepted_at, receipt, envelope",
		"id"),
	SALVAGE("import", "id, file, started_at, finished_at, read, queued, unchanged, rejected, about", "id"),
	SALVAGE("rejected", "id, mark, at, import, file, line, name, reason, record, change", "id"),
	SALVAGE("notice", "id, at, code, ordinal, first, last", "id"),
	SALVAGE_WHOLE("meta"),
	SALVAGE_WHOLE("confirmed"),
	SALVAGE_WHOLE("ahead"),
	SALVAGE_WHOLE("compared"),
};

/* What says that the damaged file cannot be read here; anything else is trouble of the new one. */
static bool is_damage(enum status s)
{
	return s == STATUS_CORRUPT || s == STATUS_NEWER_SCHEMA;
}

static enum status last_of(struct database *db, const struct salvage_table *table, int64_t *ret_last)
{
	struct query q = query_start(db, table->last);
	*ret_last = query_row(&q) && !query_is_null(&q, 0) ? query_get_int(&q, 0) : 0;
	return query_finish(&q);
}

/* Changes are numbered without end: the counter beside the table knows the last one, wherever the table is cut. */
static int64_t last_change(struct database *db)
{
	struct query q = query_start(db, "SELECT seq FROM damaged.sqlite_sequence WHERE name = 'change'");
	int64_t last = query_row(&q) ? query_get_int(&q, 0) : 0;
	return query_finish(&q) == STATUS_OK ? last : SALVAGE_UNKNOWN;
}

static enum status copy_rows(struct database *db, const struct salvage_table *table)
{
	int64_t last = 0;
	enum status s = last_of(db, table, &last);
	if (is_damage(s))
		last = last_change(db);
	else if (s != STATUS_OK)
		return s;
	/* A damaged number may be anything. */
	if (last > SALVAGE_IDS_MAX)
		last = SALVAGE_IDS_MAX;
	for (int64_t id = 1; id <= last; id++) {
		struct query q = query_start(db, table->one);
		query_int(&q, 1, id);
		s = query_run(&q);
		if (s != STATUS_OK && !is_damage(s))
			return s;
	}
	return STATUS_OK;
}

static enum status copy_table(struct database *db, const struct salvage_table *table)
{
	struct query q = query_start(db, table->whole);
	enum status s = query_run(&q);
	if (!is_damage(s))
		return s;
	return table->last == NULL ? STATUS_OK : copy_rows(db, table);
}

static bool is_sound_change(struct query *q)
{
	struct change c;
	struct slice record = query_get_blob(q, 1);
	bool as_stored = query_is_null(q, 2) || query_get_int(q, 2) == queue_digest(record);
	return as_stored && change_decode(record, &c) == STATUS_OK;
}

static bool is_sound_batch(struct query *q)
{
	uint8_t hash[HASH_LEN];
	hash_bytes(query_get_blob(q, 1), hash);
	return slice_equal(query_get_blob(q, 2), slice_of(hash, HASH_LEN));
}

#define ALL_CHANGES "SELECT id, record, digest FROM change"
#define ALL_BATCHES "SELECT id, envelope, hash FROM batch"

static enum status check_each(struct database *db, const char *all, bool (*is_sound)(struct query *q))
{
	struct query q = query_start(db, all);
	bool sound = true;
	while (sound && query_row(&q))
		sound = is_sound(&q);
	enum status s = query_finish(&q);
	return s == STATUS_OK && !sound ? STATUS_CORRUPT : s;
}

enum status salvage_check(struct database *db)
{
	enum status s = database_check(db);
	if (s == STATUS_OK)
		s = check_each(db, ALL_CHANGES, is_sound_change);
	return s == STATUS_OK ? check_each(db, ALL_BATCHES, is_sound_batch) : s;
}

/* Takes out again what was readable and is not what was written. */
static enum status drop_unsound(struct database *db, const char *all, const char *drop,
				bool (*is_sound)(struct query *q))
{
	struct query q = query_start(db, all);
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		if (is_sound(&q))
			continue;
		struct query out = query_start(db, drop);
		query_int(&out, 1, query_get_int(&q, 0));
		s = query_run(&out);
	}
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

static enum status count(struct database *db, const char *sql, int64_t *ret_count)
{
	struct query q = query_start(db, sql);
	*ret_count = query_row(&q) ? query_get_int(&q, 0) : 0;
	return query_finish(&q);
}

static enum status copy_all(struct database *db, int64_t *ret_rows, int64_t *ret_lost)
{
	int64_t kept = 0;
	int64_t before = database_writes(db);
	enum status s = STATUS_OK;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && s == STATUS_OK; i++)
		s = copy_table(db, &tables[i]);
	*ret_rows = database_writes(db) - before;
	if (s == STATUS_OK)
		s = drop_unsound(db, ALL_CHANGES, "DELETE FROM change WHERE id = ?1", is_sound_change);
	if (s == STATUS_OK)
		s = drop_unsound(db, ALL_BATCHES, "DELETE FROM batch WHERE id = ?1", is_sound_batch);
	if (s == STATUS_OK)
		s = count(db, "SELECT count(*) FROM change", &kept);
	int64_t last = last_change(db);
	*ret_lost = last == SALVAGE_UNKNOWN ? SALVAGE_UNKNOWN : last > kept ? last - kept : 0;
	return s;
}

enum status salvage_rows(struct database *db, const char *damaged, int64_t *ret_rows, int64_t *ret_lost)
{
	struct query q = query_start(db, "ATTACH ?1 AS damaged");
	query_str(&q, 1, damaged);
	enum status s = query_run(&q);
	*ret_rows = 0;
	*ret_lost = SALVAGE_UNKNOWN;
	if (is_damage(s))
		return STATUS_OK;
	/*
	 * Each statement commits by itself: within a transaction SQLite refuses the commit once a read of the
	 * damaged file has failed. Nothing of the new file counts yet: whoever puts it in its place syncs it.
	 */
	if (s == STATUS_OK)
		s = database_script(db, "PRAGMA main.synchronous=OFF");
	if (s == STATUS_OK)
		s = copy_all(db, ret_rows, ret_lost);
	if (s == STATUS_OK)
		s = database_script(db, "DETACH damaged; PRAGMA main.synchronous=FULL");
	return s;
}

static enum status write_again(const struct agent *a, struct query *q)
{
	struct change c;
	struct book_entry entry;
	int64_t id = query_get_int(q, 0);
	int64_t now = 0;
	enum status s = change_decode(query_get_blob(q, 1), &c);
	if (s != STATUS_OK)
		return STATUS_CORRUPT;
	s = book_load(a, c.kind, c.key, &entry);
	if (s == STATUS_OK)
		s = agent_record_time(a, &now);
	if (s == STATUS_OK)
		s = book_write(a, &entry, &c, id, now);
	book_clear(&entry);
	if (s == STATUS_OK && !query_is_null(q, 2))
		s = book_accept(a, &c, id, query_get_int(q, 2));
	return s;
}

enum status salvage_book(const struct agent *a)
{
	enum status s = database_begin(a->db);
	if (s == STATUS_OK)
		s = database_script(a->db, "DELETE FROM thing; DELETE FROM ahead");
	struct query q = query_start(a->db, "SELECT id, record, accepted_at FROM change ORDER BY id");
	while (s == STATUS_OK && query_row(&q))
		s = write_again(a, &q);
	enum status end = query_finish(&q);
	if (s == STATUS_OK)
		s = end;
	return database_end(a->db, s);
}
