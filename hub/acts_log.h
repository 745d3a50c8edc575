/*
 * acts.log beside the backups: every act since, so that a hub put back from one loses nothing that an operator did.
 * A CBOR sequence (RFC 8742):
 *
 *   ["motcua-acts", 1, hub id, n, chain]            the log's entry from which on every act is here
 *   [n, accepted_at, chain, act, key] …             an entry of the log: act is the sealed act as it stands there;
 *                                                   key the MAC key of an invitation, else empty
 *
 * It is appended to and synced after the commit and before anybody is told that it happened. What could not be
 * written (the folder is away) is written with the next act. A file that is not of this log's past is put aside.
 */
#ifndef MOTCUA_HUB_ACTS_LOG_H
#define MOTCUA_HUB_ACTS_LOG_H

#include "hub/act.h"

#define ACTS_LOG_FILE "acts.log"

/* Inside a transaction: from its end on the acts are written to folder/acts.log. */
MUST_CHECK enum status acts_log_move(struct hub *hub, const char *folder);

/*
 * Under the hub's lock, outside a transaction: writes what the file lacks. STATUS_OK too where the hub has none.
 * Failures are those of the disk; the hub goes on.
 */
MUST_CHECK enum status acts_log_follow(struct hub *hub);

/* Where the acts go: out is empty if nowhere. How many of them are not in the file, -1 if it cannot be read. */
MUST_CHECK enum status acts_log_look(struct hub *hub, struct bytes *ret_path, int64_t *ret_behind);

struct acts_record {
	int64_t n;
	int64_t accepted_at;
	uint8_t chain[HASH_LEN];
	struct slice sealed;
	bool verified;    /* this hub signed it as it stands there */
	struct act act;   /* of it, if so */
	struct slice key; /* of an invitation */
};
struct acts_start {
	int64_t n;
	uint8_t chain[HASH_LEN];
	bool cut; /* the file ends in the middle of a record, or of what is none */
};
/*
 * Calls each(context, record) for the records of a file, in order; slices live for the call. STATUS_EMPTY: there is
 * no file; STATUS_FOREIGN: it is another hub's, or none. One damaged record does not hide the others (L10).
 */
typedef enum status (*acts_each)(void *context, const struct acts_record *record);
MUST_CHECK enum status acts_log_read(const char *path, const struct identity *hub, acts_each each, void *context,
				     struct acts_start *ret_start);

#endif
