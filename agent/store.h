/*
 * The agent's database, agent.db: its tables (migrations) and the named values beside them. One handle, one thread;
 * other processes may have the same file open.
 *
 *   meta      named values: who we are at the hub, how the last exchange ended
 *   incarnation  the lives of this database, and where the hub said each chain stands; last_seq and last_hash
 *             of an ended one: the last batch that is known to have been sealed in it, here or in a newer copy
 *   change    every change of this PC in the order it came. seq is NULL until it is sealed, accepted_at until its
 *             batch has a receipt, verdict is what the hub said of it (enum verdict), digest the check value of
 *             record (queue.h)
 *   batch     every sealed envelope, and its receipt once there is one; pending where the hub has it and waits for
 *             one before it
 *   notice    what befell this database as a whole (trouble.h)
 *   thing     the book: all writes of a thing by this PC, as protocol/fold.h puts them
 *   import    one row a file taken in; about is set where it is no file but the taking back of another import
 *   confirmed what listings repeated of a change's fields (confirmed.h)
 *   compared  by days, the hub's last signed answer to a comparison and the last one that agreed (compare.h)
 *   ahead     changes dated after the time they were accepted by, whose stamp the receipt may move
 *   rejected  what was refused here or by the hub; recognised columns only (L15)
 *
 * Store invariants:
 *   1. A change row and its write in the book are made in one transaction.
 *   2. seq of a change is set together with the batch row that carries it, and unset only when a new incarnation
 *      begins before its receipt came.
 *   3. accepted_at of a change is set once, together with the receipt that says so (L2). The book's own copy is the
 *      time of writing until then, the sealing time once it is sealed, where that makes a difference.
 *   4. The bytes of batch.envelope and batch.receipt never change once written (L4).
 */
#ifndef MOTCUA_AGENT_STORE_H
#define MOTCUA_AGENT_STORE_H

#include "config/database.h"
#include "protocol/batch.h"

/*
 * Opens the database at path. Without create a missing one is STATUS_NO_DATA (L9). Otherwise database_open's
 * failures.
 */
MUST_CHECK enum status store_open(const char *path, const char *vfs, bool create, struct database **ret_db);

/* A named number; `otherwise` where none was set. */
MUST_CHECK enum status store_number(struct database *db, const char *name, int64_t otherwise, int64_t *ret_value);
MUST_CHECK enum status store_set_number(struct database *db, const char *name, int64_t value);
/* A named text put into out (cleared first); empty where none was set. */
MUST_CHECK enum status store_text(struct database *db, const char *name, struct bytes *out);
/* The same as a C string of at most size bytes with its NUL; STATUS_CORRUPT if it is longer. */
MUST_CHECK enum status store_string(struct database *db, const char *name, char *out, size_t size);
MUST_CHECK enum status store_set_text(struct database *db, const char *name, struct slice text);

/* The names in use. */
#define STORE_ENROLLED_AT  "enrolled_at"
#define STORE_UNIT         "unit"
#define STORE_UNIT_NAME    "unit_name"
#define STORE_STATE        "state" /* enum device_state */
#define STORE_HOST         "host"
#define STORE_PORT         "port"
#define STORE_HUB_TIME     "hub_time" /* of the last signed head, or of the enrolment */
#define STORE_EPOCH        "epoch"    /* of the last head taken */
#define STORE_COUNTER      "counter"
#define STORE_POLICY       "policy"
#define STORE_LAST_SYNC    "last_sync"  /* when a head was last taken, by this PC's clock */
#define STORE_LAST_ERROR   "last_error" /* status code of the last exchange, empty after a good one */
#define STORE_NEXT_ATTEMPT "next_attempt"
#define STORE_FAILURES     "failures"        /* in a row */
#define STORE_CLOCK_OFFSET "clock_offset_ms" /* hub's time less ours at the last head */
#define STORE_LINE_BYTES   "line_bytes"      /* line.h: what one request may carry, and */
#define STORE_LINE_CALM    "line_calm"       /* how many must arrive before it is more */
#define STORE_REGRESSED    "hub_regressed"   /* 1: the hub has less than it acknowledged */
#define STORE_MACHINE      "machine"         /* place.h: where this database was last written to */
#define STORE_BOOT         "boot"
#define STORE_FILE         "file"
#define STORE_ANCHORED_AT  "anchored_at"
#define STORE_KEY_FROM     "key_from"      /* ordinal of the first incarnation under the present key */
#define STORE_CODE_DAY     "code_day"      /* of the last provisional code, and its number that day */
#define STORE_ASKED        "compare_month" /* first day of the month the next courier file asks about, 0: none */
#define STORE_CODE_NUMBER  "code_number"

/* The newest incarnation; STATUS_EMPTY if there is none yet. */
MUST_CHECK enum status store_incarnation(struct database *db, struct incarnation *ret_incarnation);
/* Begins a new one, inside the caller's transaction. */
MUST_CHECK enum status store_add_incarnation(struct database *db, const struct incarnation *incarnation,
					     int64_t now);

/* The hash of the last batch known of the newest incarnation below ordinal `before`; zeros if there was none. */
MUST_CHECK enum status store_last_known(struct database *db, uint64_t before, uint8_t ret_hash[static HASH_LEN]);

/* The last sealed batch of an incarnation: seq 0 and zeros before the first. */
struct store_tip {
	uint64_t seq;
	uint8_t hash[HASH_LEN];
	int64_t sealed_at; /* TIME_UNSET before the first */
};
MUST_CHECK enum status store_get_tip(struct database *db, const struct incarnation *incarnation,
				     struct store_tip *ret_tip);

#endif
