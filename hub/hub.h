/*
 * An opened hub: its database, identity and keys. The core of the hub is a library: clock and VFS come from
 * outside, so that the programs and the simulator run the same code.
 *
 * Data directory: hub.db, hub.key (signing and box seeds), tls.key, tls.crt, tls-next.key, tls-next.crt, lock.
 */
#ifndef MOTCUA_HUB_HUB_H
#define MOTCUA_HUB_HUB_H

#include "config/database.h"
#include "hub/registry.h"
#include "protocol/identity.h"
#include "protocol/rarely.h"

struct hub_world {
	int64_t (*now_ms)(void *context); /* the clock, within the calendar (time_bounded) */
	void *context;
	const char *vfs;           /* NULL: the system's */
	struct rarely_seam rarely; /* all zero in the program */
};

struct hub {
	struct hub_world world;
	char *dir;
	struct database *db;
	struct registry *registry;
	struct signing_key *key;   /* NULL when opened for reading */
	struct box_key *box_key;   /* for files carried by hand; NULL when opened for reading */
	struct bytes identity_doc; /* sealed */
	struct identity identity;  /* borrows from identity_doc */
	uint64_t epoch;
	uint64_t counter;          /* of the last head given out */
	uint64_t counter_reserved; /* durable: no head above it was ever given out */
	int64_t last_entry;        /* log entry the registry is read up to */
	int64_t checkpointed;      /* log entry of the last checkpoint */
	struct head *head;         /* room for the head being made */
	struct log_limit *remarks; /* in the journal, about one device */
	bool acts_due;             /* acts were appended that acts.log may lack (acts_log.h) */
	int64_t acts_n;            /* it holds all acts up to this entry … */
	int64_t acts_size;         /* … as long as it is of this size (0: not known) … */
	uint64_t acts_file;        /* … and this inode */
	int64_t disk_reserve;      /* bytes of the disk that are not for batches (disk_space.h); 0: none */
	bool disk_short;           /* in the present transaction: there is less */
	int lock_wait_ms;          /* how long a transaction waits for that of another process: STATUS_BUSY */
};

struct hub_plan {
	const char *province; /* unit code */
	const char *name;
	const char *url; /* "https://host:port" or NULL */
};

/*
 * Makes the data directory, keys, TLS keys, identity and the first act. STATUS_EXISTS if there is one,
 * STATUS_LOST_DATA if there are keys without a database. A set-up that failed can be tried again.
 */
MUST_CHECK enum status hub_create(const char *dir, const struct hub_world *world, const struct hub_plan *plan);

/* Opens for writing (keys are read) or for reading reports. STATUS_NO_DATA, STATUS_LOST_DATA (keys, no database).
 */
MUST_CHECK enum status hub_open(const char *dir, const struct hub_world *world, bool write, struct hub **ret_hub);
void hub_close(struct hub *hub);

/* Opens a backup (backup.h), for reading. A database in use is none: STATUS_NEWER_SCHEMA. */
MUST_CHECK enum status hub_open_backup(const char *path, const struct hub_world *world, struct hub **ret_hub);

int64_t hub_now(const struct hub *hub);

/*
 * A write transaction under the hub's lock file: begins, brings the registry up to date with what other processes
 * appended. End it with hub_commit or hub_rollback (which both release the lock).
 */
struct hub_transaction {
	struct hub *hub;
	int lock_fd;
	int64_t first_entry; /* the log's last one when it began */
};
/* Reads what other processes appended since, outside a transaction: units, devices, the epoch. */
MUST_CHECK enum status hub_catch_up(struct hub *hub);
MUST_CHECK enum status hub_begin(struct hub *hub, struct hub_transaction *ret_transaction);
MUST_CHECK enum status hub_commit(struct hub_transaction *t);
void hub_rollback(struct hub_transaction *t);
/* Commits if s is STATUS_OK, else rolls back and returns s: the end of a transaction whose work ended with s. */
MUST_CHECK enum status hub_end(struct hub_transaction *t, enum status s);

/*
 * Small facts beside the state (not derived from the log): read and written by name. "identity", "url", "counter"
 * (of heads, reserved up to), "log" (log_end: where the log ended when it was last written to), "forks DEVICE"
 * (evidence.h), "backup", "backups" and "made" (backup_note.h), "acts" (acts_log.h: path of the file).
 */
MUST_CHECK enum status hub_note_get(struct hub *hub, const char *name, struct bytes *out); /* STATUS_EMPTY */
MUST_CHECK enum status hub_note_set(struct hub *hub, const char *name, struct slice value);

#endif
