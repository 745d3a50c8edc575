#include "hub/store.h"

/* Append-only: a change of the tables is a new entry. */
static const char *const MIGRATIONS[] = {
	"CREATE TABLE log (n INTEGER PRIMARY KEY, type INTEGER NOT NULL, accepted_at INTEGER NOT NULL,"
	"  body BLOB NOT NULL, verdicts BLOB NOT NULL, chain BLOB NOT NULL) STRICT;"

	"CREATE TABLE unit (code TEXT PRIMARY KEY, name TEXT NOT NULL, level INTEGER NOT NULL, parent TEXT NOT "
	"NULL,"
	"  valid_from INTEGER, valid_to INTEGER, phone TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE device (id BLOB PRIMARY KEY, unit TEXT NOT NULL, state INTEGER NOT NULL,"
	"  enrolled_at INTEGER NOT NULL, heard_day INTEGER, key_id BLOB NOT NULL UNIQUE, public_key BLOB NOT NULL,"
	"  box_key BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE batch (device BLOB NOT NULL, ordinal INTEGER NOT NULL, bits BLOB NOT NULL, seq INTEGER NOT "
	"NULL,"
	"  entry INTEGER NOT NULL, hash BLOB NOT NULL,"
	"  PRIMARY KEY (device, ordinal, bits, seq)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE chain (device BLOB NOT NULL, ordinal INTEGER NOT NULL, bits BLOB NOT NULL,"
	"  have INTEGER NOT NULL, hash BLOB NOT NULL, accepted_at INTEGER NOT NULL,"
	"  PRIMARY KEY (device, ordinal, bits)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE heard (unit TEXT NOT NULL, day INTEGER NOT NULL, PRIMARY KEY (unit, day)) STRICT, WITHOUT "
	"ROWID;"
	"CREATE TABLE thing (kind INTEGER NOT NULL, key TEXT NOT NULL, writes BLOB NOT NULL,"
	"  PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE dossier (code TEXT PRIMARY KEY, unit TEXT NOT NULL, procedure TEXT NOT NULL,"
	"  domain TEXT NOT NULL, channel INTEGER NOT NULL, status INTEGER NOT NULL, status_at INTEGER,"
	"  submitted INTEGER, received INTEGER, finished INTEGER, returned INTEGER, due INTEGER,"
	"  paid INTEGER NOT NULL, rating INTEGER NOT NULL, flags INTEGER NOT NULL, history BLOB NOT NULL)"
	"  STRICT, WITHOUT ROWID;"

	"CREATE TABLE link (provisional TEXT PRIMARY KEY, official TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX link_official ON link (official);"
	"CREATE TABLE split (code TEXT NOT NULL, device BLOB NOT NULL, PRIMARY KEY (code, device)) STRICT, WITHOUT "
	"ROWID;"
	"CREATE TABLE accepted (code TEXT PRIMARY KEY, fingerprint BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE conflict (code TEXT PRIMARY KEY, reasons INTEGER NOT NULL, fingerprint BLOB NOT NULL)"
	"  STRICT, WITHOUT ROWID;"

	"CREATE TABLE note (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE invitation (id BLOB PRIMARY KEY, mac_key BLOB NOT NULL, unit TEXT NOT NULL,"
	"  expires INTEGER NOT NULL, confirm INTEGER NOT NULL, device BLOB) STRICT, WITHOUT ROWID;"
	"CREATE TABLE pending (device BLOB NOT NULL, ordinal INTEGER NOT NULL, bits BLOB NOT NULL,"
	"  seq INTEGER NOT NULL, envelope BLOB NOT NULL,"
	"  PRIMARY KEY (device, ordinal, bits, seq)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE evidence (hash BLOB PRIMARY KEY, device BLOB NOT NULL, at INTEGER NOT NULL,"
	"  envelope BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE seen (device BLOB PRIMARY KEY, at INTEGER NOT NULL, clock_offset INTEGER NOT NULL,"
	"  waiting INTEGER NOT NULL, version TEXT NOT NULL) STRICT, WITHOUT ROWID;",

	/* two roads: what a device said last came by whichever; copies of a device, lost batches, a hub put back */
	"ALTER TABLE device ADD COLUMN held INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE skipped (device BLOB NOT NULL, ordinal INTEGER NOT NULL, bits BLOB NOT NULL,"
	"  first INTEGER NOT NULL, last INTEGER NOT NULL, hash BLOB NOT NULL,"
	"  PRIMARY KEY (device, ordinal, bits, first)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE epoch (number INTEGER PRIMARY KEY) STRICT;"
	"ALTER TABLE invitation ADD COLUMN replaces BLOB;"
	"CREATE TABLE seen_by_road (device BLOB PRIMARY KEY, at INTEGER NOT NULL, clock_offset INTEGER,"
	"  waiting INTEGER NOT NULL, version TEXT NOT NULL, chains BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"INSERT INTO seen_by_road SELECT device, at, clock_offset, waiting, version, x'80' FROM seen;"
	"DROP TABLE seen;"
	"ALTER TABLE seen_by_road RENAME TO seen;",

	/* enrolment by stick: what the answer must repeat, of devices that enrolled so */
	"ALTER TABLE invitation ADD COLUMN carried_nonce BLOB;",

	/* backups: what came again brings its receipt, and may have to wait with it */
	"ALTER TABLE pending ADD COLUMN receipt BLOB;"
	"CREATE TABLE safe (device BLOB NOT NULL, ordinal INTEGER NOT NULL, bits BLOB NOT NULL,"
	"  have INTEGER NOT NULL, PRIMARY KEY (device, ordinal, bits)) STRICT, WITHOUT ROWID;",

	/* periods as they were reported */
	"CREATE TABLE closing (period TEXT NOT NULL, rule TEXT NOT NULL, revision INTEGER NOT NULL,"
	"  first_day INTEGER NOT NULL, last_day INTEGER NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL,"
	"  body BLOB NOT NULL, PRIMARY KEY (period, rule, revision)) STRICT;",

	/* units over time: several under one code, what succeeded what, where computers were assigned to, and on
	   which days a dossier's unit was stated; what is there already is folded again when it is opened */
	"CREATE TABLE unit_over_time (code TEXT NOT NULL, name TEXT NOT NULL, level INTEGER NOT NULL,"
	"  parent TEXT NOT NULL, valid_from INTEGER, valid_to INTEGER, phone TEXT NOT NULL) STRICT;"
	"INSERT INTO unit_over_time SELECT code, name, level, parent, valid_from, valid_to, phone FROM unit;"
	"DROP TABLE unit;"
	"ALTER TABLE unit_over_time RENAME TO unit;"
	"CREATE UNIQUE INDEX unit_beginning ON unit (code, ifnull(valid_from, -2147483648));"
	"CREATE TABLE succession (old TEXT NOT NULL, heir TEXT NOT NULL, from_day INTEGER NOT NULL,"
	"  kind INTEGER NOT NULL, PRIMARY KEY (old, from_day, heir)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE assignment (device BLOB NOT NULL, from_day INTEGER NOT NULL, unit TEXT NOT NULL,"
	"  PRIMARY KEY (device, from_day)) STRICT, WITHOUT ROWID;"
	"ALTER TABLE dossier ADD COLUMN unit_day INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE dossier ADD COLUMN units BLOB NOT NULL DEFAULT x'';"
	"INSERT INTO note (name, value) SELECT 'refold', x'' WHERE EXISTS (SELECT 1 FROM thing);",

	/* sums by day of the dossiers in spans of their codes */
	"CREATE TABLE span (first TEXT PRIMARY KEY, sums BLOB NOT NULL) STRICT, WITHOUT ROWID;",

	/* who spoke of which unit, whosever it is; what was said so far is read again when it is opened */
	"DROP TABLE heard;"
	"CREATE TABLE heard (device BLOB NOT NULL, unit TEXT NOT NULL, day INTEGER NOT NULL,"
	"  known_at INTEGER NOT NULL, PRIMARY KEY (device, unit, day)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE speaks_of (device BLOB NOT NULL, unit TEXT NOT NULL, PRIMARY KEY (device, unit)) STRICT, "
	"WITHOUT ROWID;"
	"INSERT INTO note (name, value) SELECT 'mentions', x'' WHERE EXISTS (SELECT 1 FROM batch);",
};

struct database_plan store_plan(const char *path, const char *vfs, enum database_mode mode, bool create)
{
	return (struct database_plan){
		.mode = mode,
		.path = path,
		.vfs = vfs,
		.create = create,
		.application_id = HUB_APPLICATION_ID,
		.migrations = MIGRATIONS,
		.n_migrations = sizeof(MIGRATIONS) / sizeof(MIGRATIONS[0]),
	};
}

/* The arguments are literals that join: they cannot stand in parentheses. */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define DERIVED(table, all, key)                                                                                   \
	{                                                                                                          \
		.name = table, .columns = all, .select = "SELECT " all " FROM " table " ORDER BY " key,            \
		.clear = "DELETE FROM " table                                                                      \
	}

/* NOLINTEND(bugprone-macro-parentheses) */

const struct derived_table DERIVED_TABLES[] = {
	DERIVED("unit", "code, valid_from, name, level, parent, valid_to, phone", "code, valid_from"),
	DERIVED("succession", "old, from_day, heir, kind", "old, from_day, heir"),
	DERIVED("assignment", "device, from_day, unit", "device, from_day"),
	DERIVED("device", "id, unit, state, enrolled_at, heard_day, key_id, public_key, box_key, held", "id"),
	DERIVED("batch", "device, ordinal, bits, seq, entry, hash", "device, ordinal, bits, seq"),
	DERIVED("chain", "device, ordinal, bits, have, hash, accepted_at", "device, ordinal, bits"),
	DERIVED("skipped", "device, ordinal, bits, first, last, hash", "device, ordinal, bits, first"),
	DERIVED("epoch", "number", "number"),
	DERIVED("heard", "device, unit, day, known_at", "device, unit, day"),
	DERIVED("speaks_of", "device, unit", "device, unit"),
	DERIVED("thing", "kind, key, writes", "kind, key"),
	DERIVED("dossier",
		"code, unit, procedure, domain, channel, status, status_at, submitted, received, finished, "
		"returned,"
		" due, paid, rating, flags, history, unit_day, units",
		"code"),
	DERIVED("link", "provisional, official", "provisional"),
	DERIVED("split", "code, device", "code, device"),
	DERIVED("accepted", "code, fingerprint", "code"),
	DERIVED("conflict", "code, reasons, fingerprint", "code"),
	DERIVED("closing", "period, rule, revision, first_day, last_day, at, who, body", "period, rule, revision"),
	{.name = NULL},
};
