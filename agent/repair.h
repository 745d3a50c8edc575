/*
 * What `reidentify` does with a data directory that cannot go on as it is (L9): each way ends in a new incarnation,
 * after which everything goes on by itself. Nothing is deleted: a damaged database is kept aside. An attempt that
 * breaks off anywhere leaves a directory that is repaired by the next.
 */
#ifndef MOTCUA_AGENT_REPAIR_H
#define MOTCUA_AGENT_REPAIR_H

#include "agent/incarnation.h"

/* What stands in the way of opening a directory. */
enum repair_case {
	REPAIR_NONE,        /* it can be opened */
	REPAIR_DATABASE,    /* the database is gone; key, anchor and enrolment are here */
	REPAIR_DAMAGED,     /* the database is here and cannot be used */
	REPAIR_KEY,         /* the key is gone or spoilt: only a new enrolment helps */
	REPAIR_UNSEEN,      /* what is there cannot be looked at now: the disk, or no memory */
	REPAIR_NOT_ENROLLED /* nothing was ever here, or nothing that would help is left */
};
/* Judges by the status agent_open gave and by the files that are there. */
enum repair_case repair_judge(const char *dir, enum status opened);
/* The same; with REPAIR_UNSEEN *status is then what the disk or the memory said. */
enum repair_case repair_judge_why(const char *dir, enum status *status);
/*
 * Opens the directory and reads everything in it: a damage may lie where opening does not look. *ret_agent is
 * opened where there is REPAIR_NONE; otherwise *ret_status says what stood in the way, or in the way of looking.
 */
enum repair_case repair_find(const char *dir, const struct agent_world *world, struct agent **ret_agent,
			     enum status *ret_status);

struct repair_report {
	enum trouble trouble;
	struct incarnation incarnation; /* the new one */
	int64_t waiting;                /* changes that go out again */
	int64_t salvaged;               /* rows read out of a damaged database */
	int64_t damaged;                /* changes of it that could not be read, -1: nobody knows how many */
	uint64_t sealed_before;         /* last batch the anchor knows of, 0: none */
	char kept_in[64];               /* where what was in the way lies now, below the data directory; or empty */
};

/* A new database from what lies beside the lost one. STATUS_BUSY, here and
 * below, if others have the directory open. */
MUST_CHECK enum status repair_lost(const char *dir, const struct agent_world *world,
				   struct repair_report *ret_report);
/* Reads what can be read of a damaged database into a new one and keeps the damaged one aside. */
MUST_CHECK enum status repair_damaged(const char *dir, const struct agent_world *world,
				      struct repair_report *ret_report);
/* A new incarnation of a sound database; receipts that are to be had are fetched first. */
MUST_CHECK enum status repair_sound(struct agent *agent, struct repair_report *ret_report);

#endif
