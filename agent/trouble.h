/*
 * What can befall a data directory as a whole, by name, and the record of it that `status` shows (L9). A name says
 * what happened; the command that repairs it stands beside it in command_status.c and in motcua-agent(1).
 */
#ifndef MOTCUA_AGENT_TROUBLE_H
#define MOTCUA_AGENT_TROUBLE_H

#include "config/database.h"

enum trouble {
	TROUBLE_NONE,
	TROUBLE_DB_LOST,        /* keys and anchor are here, the database is not */
	TROUBLE_DB_ROLLED_BACK, /* the database is an older copy, or a copy that works beside another */
	TROUBLE_CLONED,         /* it was set up on another machine */
	TROUBLE_HUB_REGRESSED,  /* the hub has less than it acknowledged */
	TROUBLE_REIDENTIFIED,   /* a person asked for a new incarnation */
	TROUBLE_SALVAGED,       /* the database was damaged; what could be read is in a new one */
	TROUBLE_COUNT
};
/* "DB-ROLLED-BACK", …; "" for TROUBLE_NONE. */
const char *trouble_name(enum trouble trouble);

/* What happened when, and which batches it is about: seqs first to last of an incarnation, 0 to 0 if none. */
struct notice {
	int64_t at;
	enum trouble trouble;
	uint64_t ordinal;
	uint64_t first;
	uint64_t last;
};
/* Keeps a notice, inside the caller's transaction or by itself. */
MUST_CHECK enum status notice_put(struct database *db, const struct notice *notice);

/* The newest notices, newest first; *ret_count says how many of the max were filled. */
MUST_CHECK enum status notice_list(struct database *db, size_t max, struct notice *ret_list, size_t *ret_count);

#endif
