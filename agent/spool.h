/*
 * The spool folder: what an office's other programs lay down for the agent. A file counts when it is a regular one,
 * neither hidden nor *.part, and has not changed for SPOOL_SETTLE_MS. After a durable import it is deleted, or kept
 * in `imported` for some days; one that was refused, in whole or in part, stays in `refused`.
 */
#ifndef MOTCUA_AGENT_SPOOL_H
#define MOTCUA_AGENT_SPOOL_H

#include "agent/agent.h"

enum { SPOOL_SETTLE_MS = 2000 };

struct spool_report {
	int64_t files;   /* taken in, or refused */
	int64_t wait_ms; /* until the youngest file will have settled; -1: none is waiting */
};

/*
 * Takes in every settled file, in the order of names. A file that changed while it was read stays for the next
 * time. STATUS_EMPTY if there is no such folder; after another failure the file stays where it is.
 */
MUST_CHECK enum status spool_scan(const struct agent *agent, const char *folder, int64_t keep_days,
				  struct spool_report *ret_report);

/* Watching for new files. -1 if that is not possible here (or the folder is missing): then only scans find them. */
int spool_watch(const char *folder);
/* Reads away what a watch has to say. */
void spool_watch_drain(int fd);

#endif
