/*
 * A hub put back from a backup: into a directory without a database, beside its private keys. Log and signatures
 * are verified, all state is derived from the log again, the acts since are repeated from acts.log, and a higher
 * epoch begins, so that every device hears of it and sends again what is missing.
 */
#ifndef MOTCUA_HUB_RESTORE_H
#define MOTCUA_HUB_RESTORE_H

#include "hub/hub.h"

struct restore_plan {
	const char *path; /* of the backup */
	const char *acts; /* of acts.log; NULL: beside the backup */
};

struct restored {
	int64_t made;    /* when the backup was */
	int64_t entries; /* of its log */
	int64_t batches;
	uint64_t epoch; /* that begins now */
	uint8_t digest[HASH_LEN];
	bool acts_log;       /* there was one */
	bool acts_gap;       /* it begins after the backup: what lies between is lost */
	bool acts_cut;       /* its last record was not whole */
	int64_t acts;        /* repeated */
	int64_t devices;     /* enrolled by them */
	int64_t retries;     /* `rejected retry` has to be run again once the batches are here */
	int64_t skips;       /* `device skip` may have to be, if the batches do not come */
	int64_t left_out;    /* others that could not be repeated */
	const char *missing; /* STATUS_LOST_DATA: the key that is not there */
};

/*
 * STATUS_EXISTS: there is a database in the directory; STATUS_LOST_DATA: keys are missing; STATUS_FORGED: the keys
 * are another hub's; STATUS_EMPTY: there is no such file; STATUS_NEWER_SCHEMA: it is no backup;
 * STATUS_DIFFERENT: it does not verify; STATUS_FOREIGN: acts.log is another hub's; STATUS_BUSY. After a failure the
 * directory has no database, and it can be done again.
 */
MUST_CHECK enum status restore_run(const char *dir, const struct hub_world *world, const struct restore_plan *plan,
				   struct restored *ret_restored);

#endif
