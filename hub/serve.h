/*
 * The serving hub: its front, its writer, and their lives until it is asked to stop.
 */
#ifndef MOTCUA_HUB_SERVE_H
#define MOTCUA_HUB_SERVE_H

#include <signal.h>

#include "hub/connections.h"
#include "hub/hub.h"

struct serve_plan {
	const char *address;
	uint16_t port; /* 0: any free one */
	unsigned threads;
	struct connections_plan limits;    /* most is lowered where the system gives fewer descriptors */
	const volatile sig_atomic_t *stop; /* set by a signal handler */
};

/* Serves until *stop; prints "listening on ADDR:PORT" on stderr when ready. Finishes what is in flight. */
MUST_CHECK enum status serve_run(struct hub *hub, const struct serve_plan *plan);

#endif
