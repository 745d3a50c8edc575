#include "agent/store.h"

#include <string.h>

/* "MCag" */
enum { APPLICATION_ID = 0x4d436167 };

static const char *const migrations[] = {
	"CREATE TABLE meta (name TEXT PRIMARY KEY, number INTEGER, text TEXT) STRICT, WITHOUT ROWID;"
	"CREATE TABLE incarnation ("
	"	ordinal INTEGER PRIMARY KEY, bits INTEGER NOT NULL, begun_at INTEGER NOT NULL,"
	"	have INTEGER NOT NULL DEFAULT 0, safe INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE TABLE change ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT,"
	"	import INTEGER, ordinal INTEGER, seq INTEGER, accepted_at INTEGER, verdict INTEGER,"
	"	record BLOB NOT NULL) STRICT;"
	"CREATE INDEX change_open ON change (ordinal, seq, id) WHERE accepted_at IS NULL;"
	"CREATE TABLE batch ("
	"	id INTEGER PRIMARY KEY, ordinal INTEGER NOT NULL, seq INTEGER NOT NULL,"
	"	hash BLOB NOT NULL, prev BLOB NOT NULL, sealed_at INTEGER NOT NULL, changes INTEGER NOT NULL,"
	"	size INTEGER NOT NULL, accepted_at INTEGER, receipt BLOB, envelope BLOB NOT NULL,"
	"	UNIQUE (ordinal, seq)) STRICT;"
	"CREATE INDEX batch_open ON batch (ordinal, seq) WHERE accepted_at IS NULL;"
	"CREATE TABLE thing (kind INTEGER NOT NULL, key TEXT NOT NULL, writes BLOB NOT NULL,"
	"	PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE import ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT, file TEXT NOT NULL, started_at INTEGER NOT NULL,"
	"	finished_at INTEGER, read INTEGER NOT NULL DEFAULT 0, queued INTEGER NOT NULL DEFAULT 0,"
	"	unchanged INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE TABLE rejected ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT, mark BLOB NOT NULL UNIQUE, at INTEGER NOT NULL,"
	"	import INTEGER, file TEXT, line INTEGER, name TEXT, reason TEXT NOT NULL, record TEXT,"
	"	change INTEGER) STRICT;",
	/* What listings repeated, what a void of an import wrote, and whose time lay ahead when it was written. */
	"CREATE TABLE confirmed ("
	"	change INTEGER NOT NULL, until INTEGER NOT NULL, import INTEGER NOT NULL, fields INTEGER NOT NULL,"
	"	PRIMARY KEY (change, until)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE ahead (id INTEGER PRIMARY KEY) STRICT;"
	"ALTER TABLE import ADD COLUMN about INTEGER;"
	"CREATE INDEX change_import ON change (import, id) WHERE import IS NOT NULL;",
	/* Lives of a database: what the last one is known to have sealed, and what became of copies. */
	"ALTER TABLE incarnation ADD COLUMN last_seq INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incarnation ADD COLUMN last_hash BLOB;"
	"ALTER TABLE batch ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX batch_pending ON batch (ordinal, seq) WHERE pending;"
	"ALTER TABLE change ADD COLUMN digest INTEGER;"
	"CREATE TABLE notice ("
	"	id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, code TEXT NOT NULL,"
	"	ordinal INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL) STRICT;",
	/* What the hub said of days when it was asked to compare. */
	"CREATE TABLE compared ("
	"	first INTEGER NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL, answer BLOB NOT NULL,"
	"	agreed_at INTEGER, agreed BLOB, PRIMARY KEY (first, last)) STRICT, WITHOUT ROWID;",
	/* The latest changed_at in a batch, unknown in older ones: most receipts leave the book as it is. */
	"ALTER TABLE batch ADD COLUMN newest INTEGER;",
};

enum status store_open(const char *path, const char *vfs, bool create, struct database **ret_db)
{
	const struct database_plan plan = {
		.mode = DATABASE_AGENT,
		.path = path,
		.vfs = vfs,
		.create = create,
		.application_id = APPLICATION_ID,
		.migrations = migrations,
		.n_migrations = (int)(sizeof(migrations) / sizeof(migrations[0])),
	};
	return database_open(&plan, ret_db);
}

enum status store_number(struct database *db, const char *name, int64_t otherwise, int64_t *ret_value)
{
	struct query q = query_start(db, "SELECT number FROM meta WHERE name = ?1 AND number IS NOT NULL");
	query_str(&q, 1, name);
	int64_t value = query_row(&q) ? query_get_int(&q, 0) : otherwise;
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_value = value;
	return s;
}

enum status store_set_number(struct database *db, const char *name, int64_t value)
{
	struct query q = query_start(db, "INSERT INTO meta (name, number) VALUES (?1, ?2)"
					 " ON CONFLICT (name) DO UPDATE SET number = ?2");
	query_str(&q, 1, name);
	query_int(&q, 2, value);
	return query_run(&q);
}

enum status store_text(struct database *db, const char *name, struct bytes *out)
{
	bytes_clear(out);
	struct query q = query_start(db, "SELECT text FROM meta WHERE name = ?1 AND text IS NOT NULL");
	query_str(&q, 1, name);
	if (query_row(&q)) {
		struct slice text = query_get_text(&q, 0);
		bytes_put(out, text.data, text.len);
	}
	enum status s = query_finish(&q);
	return s == STATUS_OK ? bytes_status(out) : s;
}

enum status store_string(struct database *db, const char *name, char *out, size_t size)
{
	struct bytes text = bytes_new(size - 1);
	enum status s = store_text(db, name, &text);
	if (s == STATUS_OK && text.len > 0)
		memcpy(out, text.data, text.len);
	if (s == STATUS_OK)
		out[text.len] = '\0';
	bytes_free(&text);
	return s == STATUS_LIMIT ? STATUS_CORRUPT : s;
}

enum status store_set_text(struct database *db, const char *name, struct slice text)
{
	struct query q = query_start(db, "INSERT INTO meta (name, text) VALUES (?1, ?2)"
					 " ON CONFLICT (name) DO UPDATE SET text = ?2");
	query_str(&q, 1, name);
	query_text(&q, 2, text);
	return query_run(&q);
}

enum status store_incarnation(struct database *db, struct incarnation *ret_incarnation)
{
	struct query q = query_start(db, "SELECT ordinal, bits FROM incarnation ORDER BY ordinal DESC LIMIT 1");
	bool found = query_row(&q);
	struct incarnation newest = {0};
	if (found) {
		newest.ordinal = (uint64_t)query_get_int(&q, 0);
		newest.bits = (uint64_t)query_get_int(&q, 1);
	}
	enum status s = query_finish(&q);
	if (s != STATUS_OK)
		return s;
	if (!found)
		return STATUS_EMPTY;
	*ret_incarnation = newest;
	return STATUS_OK;
}

enum status store_add_incarnation(struct database *db, const struct incarnation *incarnation, int64_t now)
{
	struct query q = query_start(db, "INSERT INTO incarnation (ordinal, bits, begun_at) VALUES (?1, ?2, ?3)");
	query_int(&q, 1, (int64_t)incarnation->ordinal);
	query_int(&q, 2, (int64_t)incarnation->bits);
	query_int(&q, 3, now);
	return query_run(&q);
}

enum status store_last_known(struct database *db, uint64_t before, uint8_t ret_hash[static HASH_LEN])
{
	struct query q = query_start(
		db, "SELECT last_hash FROM incarnation WHERE ordinal < ?1 ORDER BY ordinal DESC LIMIT 1");
	query_int(&q, 1, (int64_t)before);
	memset(ret_hash, 0, HASH_LEN);
	bool sound = true;
	if (query_row(&q) && !query_is_null(&q, 0)) {
		struct slice hash = query_get_blob(&q, 0);
		sound = hash.len == HASH_LEN;
		if (sound)
			memcpy(ret_hash, hash.data, HASH_LEN);
	}
	enum status s = query_finish(&q);
	return s == STATUS_OK && !sound ? STATUS_CORRUPT : s;
}

enum status store_get_tip(struct database *db, const struct incarnation *incarnation, struct store_tip *ret_tip)
{
	struct query q = query_start(
		db, "SELECT seq, hash, sealed_at FROM batch WHERE ordinal = ?1 ORDER BY seq DESC LIMIT 1");
	query_int(&q, 1, (int64_t)incarnation->ordinal);
	struct store_tip tip = {.sealed_at = TIME_UNSET};
	bool sound = true;
	if (query_row(&q)) {
		struct slice hash = query_get_blob(&q, 1);
		tip.seq = (uint64_t)query_get_int(&q, 0);
		tip.sealed_at = query_get_int(&q, 2);
		sound = hash.len == HASH_LEN;
		if (sound)
			memcpy(tip.hash, hash.data, HASH_LEN);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK && !sound)
		s = STATUS_CORRUPT;
	if (s == STATUS_OK)
		*ret_tip = tip;
	return s;
}
