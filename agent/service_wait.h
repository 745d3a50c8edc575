/*
 * What the service sleeps on: a time, a word to stop, news in the folders it watches. What differs between systems
 * stands behind this header. One thread.
 */
#ifndef MOTCUA_AGENT_SERVICE_WAIT_H
#define MOTCUA_AGENT_SERVICE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/status.h"

/* What wakes, as bits. */
enum wake {
	WAKE_STOP = 1,  /* somebody wants the program to end; stays so */
	WAKE_SPOOL = 2, /* a file was laid into the spool folder, or the folder is gone */
	WAKE_DATA = 4,  /* some process has written in the data directory, this one included */
	WAKE_CLOCK = 8, /* the wall clock was set */
	WAKE_ALL = 15
};

struct waiter; /* opaque */

/* From here on SIGTERM and SIGINT are kept for it (on Windows: the console's and the service manager's words). */
MUST_CHECK enum status waiter_new(struct waiter **ret_waiter);
/* NULL is fine. The signals stay kept. */
void waiter_free(struct waiter *w);

/* Milliseconds since the system started, the time it slept included; nobody can set this clock. */
int64_t waiter_now(void);

/*
 * Watches a folder for WAKE_SPOOL or WAKE_DATA. True if it is watched, from now on or already; false if there is no
 * such folder or this system cannot watch it: then only looking finds what is new.
 */
bool waiter_watch(struct waiter *w, enum wake which, const char *folder);
/* Forgets what a watch has seen so far: before looking, so that nothing is missed. */
void waiter_forget(struct waiter *w, enum wake which);

/* Sleeps until one of the wakes in heed comes, or until the time until_ms of waiter_now. Returns what came. */
unsigned waiter_wait(struct waiter *w, unsigned heed, int64_t until_ms);
bool waiter_stopped(struct waiter *w);
/* A descriptor that is readable from the word to stop on (on Windows: an event); the waiter's own. */
intptr_t waiter_stop_handle(const struct waiter *w);

#endif
