/*
 * The spool folder: what an office's other programs lay down for the agent. A file counts when its name is neither
 * hidden nor *.part and it has not changed for SPOOL_SETTLE_MS; folders are passed over. After a durable import it
 * is deleted, or kept in `imported` for some days. What was refused, in whole or in part, goes to `refused`; so do,
 * unread, what is no file, a file with a second name elsewhere, and one over LIMIT_IMPORT_BYTES.
 */
#ifndef MOTCUA_AGENT_SPOOL_H
#define MOTCUA_AGENT_SPOOL_H

#include "agent/agent.h"

enum { SPOOL_SETTLE_MS = 2000 };

struct spool_plan {
	const char *folder;
	int64_t keep_days;              /* 0: imported files are deleted */
	bool (*stopped)(void *context); /* asked now and then, a sign of life as well; may be NULL */
	void *context;
};

struct spool_report {
	int64_t files;   /* taken in, or refused */
	int64_t wait_ms; /* until the youngest file will have settled; -1: none is waiting */
};

/*
 * Takes in every settled file, in the order of names. A file that changed while it was read stays for the next
 * time, and so does one that cannot be read: the others are taken in, and its status is returned. STATUS_EMPTY if
 * there is no such folder; STATUS_STOPPED in the middle of a file, which is completed the next time; after a
 * failure of the disk all stay where they are. The report is filled in any case.
 */
MUST_CHECK enum status spool_scan(const struct agent *agent, const struct spool_plan *plan,
				  struct spool_report *ret_report);

#endif
