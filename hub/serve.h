/*
 * The serving hub: its front, its writer, and their lives until it is asked to stop.
 */
#ifndef MOTCUA_HUB_SERVE_H
#define MOTCUA_HUB_SERVE_H

#include <signal.h>

#include "hub/backup_nightly.h"
#include "hub/connections.h"
#include "hub/hub.h"
#include "protocol/identity.h"

struct serve_plan {
	char address[INVITATION_HOST + 1];
	uint16_t port;                           /* 0: any free one */
	char admin_address[INVITATION_HOST + 1]; /* empty: none */
	uint16_t admin_port;
	unsigned threads;
	struct nightly_plan backups;
	struct connections_plan limits;    /* most is lowered where the system gives fewer descriptors */
	const volatile sig_atomic_t *stop; /* set by a signal handler */
};

/*
 * Serves until *stop; prints "admin on ADDR:PORT" where there is one and then "listening on ADDR:PORT" on stderr
 * when ready. Finishes what is in flight. STATUS_BUSY, STATUS_SETTINGS: as http_start, for the address of
 * *ret_admin.
 */
MUST_CHECK enum status serve_run(struct hub *hub, const struct serve_plan *plan, bool *ret_admin);

#endif
