/*
 * An agent: one enrolled data directory, opened. Everything of the world outside (clock, transport, the name of the
 * SQLite VFS) is handed in, so that many agents live in one process without knowing of each other. An agent belongs
 * to one thread at a time.
 *
 * Its directory holds agent.db, device.key (0600: sign seed and box seed), hub.identity (the pinned document, as
 * signed), anchor (anchor.h), enrolment (enrolment.h), for a while enrolment.request (pending.h), use.lock,
 * seal.lock, sync.lock and reserve (config/reserve.h).
 */
#ifndef MOTCUA_AGENT_AGENT_H
#define MOTCUA_AGENT_AGENT_H

#include "agent/store.h"
#include "agent/transport.h"
#include "config/datadir.h"
#include "protocol/identity.h"
#include "protocol/rarely.h"

struct agent_world {
	int64_t (*now_ms)(void *context); /* within the calendar (time_bounded) */
	void *context;
	const char *vfs;             /* NULL: SQLite's default */
	struct transport *transport; /* borrowed; NULL where nothing is exchanged */
	struct slice proxy;          /* "host:port", empty: none; borrowed */
	int64_t patience_s;          /* with the line (motcua.ini(5)); 0: LIMIT_PATIENCE_S */
	int64_t reserve_bytes;       /* room kept on the disk for sending when it is full; 0: none */
	const char *machine;         /* number of this machine, of its last start (config/machine.h); borrowed; */
	const char *boot;            /* NULL or empty: not told apart */
	struct rarely_seam rarely;   /* all zero in the programs */
};

/*
 * Only agent/ reads the members; they are set by agent_open and do not change afterwards, but for the world and for
 * the incarnation (incarnation.h).
 */
struct agent {
	char *dir;
	struct agent_world world;
	struct database *db;
	struct lock use; /* shared by all who have the directory open */
	uint64_t file;   /* which file db is (config/machine.h), 0: not known */
	struct signing_key *key;
	struct box_key *box;
	uint8_t device[DEVICE_ID_LEN];
	char device_text[2 * DEVICE_ID_LEN + 1];
	struct incarnation incarnation;
	struct bytes document; /* the hub's identity document; hub borrows from it */
	struct identity hub;
	char unit[LIMIT_UNIT + 1];      /* "" until the answer to an enrolment by stick is here (pending.h) */
	char host[INVITATION_HOST + 1]; /* "", and port 0, where no address of the hub is known */
	uint16_t port;
};

enum {
	DEVICE_SECRET_LEN = 2 * SEED_LEN,
	AGENT_LOCK_MS = 10000,
	AGENT_RESERVE_BYTES = 4 * 1024 * 1024 /* what the programs keep: the receipts of any backlog, its sealing */
};
#define AGENT_DATABASE  "agent.db"
#define AGENT_KEY       "device.key"
#define AGENT_IDENTITY  "hub.identity"
#define AGENT_USE_LOCK  "use.lock"
#define AGENT_SEAL_LOCK "seal.lock"
#define AGENT_SYNC_LOCK "sync.lock"
#define AGENT_RESERVE   "reserve"

/*
 * Opens an enrolled data directory. STATUS_NO_DATA: there is none, or it was never enrolled (run `enroll`).
 * STATUS_LOST_DATA: its anchor or key is here and the database is not, or the key or the hub's identity is missing.
 * STATUS_CORRUPT, STATUS_PERMISSION, STATUS_BUSY while it is being repaired, or what the disk said. Whether the
 * database is the newest is judged before sealing (place.h).
 */
MUST_CHECK enum status agent_open(const char *dir, const struct agent_world *world, struct agent **ret_agent);
/* NULL is fine. The world stays the caller's. */
void agent_close(struct agent *agent);

/*
 * The two seeds of a device's keys out of its directory, into bytes of DEVICE_SECRET_LEN that the caller wipes
 * (secret_free). STATUS_EMPTY, STATUS_CORRUPT if they are not of that length, STATUS_PERMISSION.
 */
MUST_CHECK enum status agent_read_secret(const char *dir, struct bytes *out);

int64_t agent_now(const struct agent *agent);
/* Of the last signed head, or of the enrolment; TIME_MIN if there was none. */
MUST_CHECK enum status agent_hub_time(const struct agent *agent, int64_t *ret_time);
/* What a new record is dated by default: not before the last signed hub time (fold rule 9), which may be known. */
int64_t agent_record_time_after(const struct agent *agent, int64_t hub_time);
MUST_CHECK enum status agent_record_time(const struct agent *agent, int64_t *ret_now);

/*
 * STATUS_LOST_DATA if the opened database is no more the one at its place: what is written into it would be lost.
 * STATUS_DISK_SYNC if a sync of it failed.
 */
MUST_CHECK enum status agent_check_file(const struct agent *agent);
/* The unit, where it was not known when the directory was opened and another process has learnt it since. */
MUST_CHECK enum status agent_learn_unit(struct agent *agent);

/*
 * Before anything new is entered: the room for sending is there, or STATUS_DISK_FULL, so that what is here already
 * can leave even when the disk is full.
 */
MUST_CHECK enum status agent_keep_reserve(const struct agent *agent);
/* In the midst of sending: true if it failed for want of room and there was some to give up. Then try again. */
bool agent_give_up_reserve(const struct agent *agent, enum status failed_with);

/* Waits for a lock file of the directory; STATUS_BUSY. */
MUST_CHECK enum status agent_lock(const struct agent *agent, const char *name, struct lock *ret_lock);

#endif
