/*
 * The service: takes in what is laid into the spool folder, exchanges with the hub on schedule, idles in between
 * with about one wake-up a minute and without the network program.
 */
#ifndef MOTCUA_AGENT_SERVICE_H
#define MOTCUA_AGENT_SERVICE_H

#include "agent/session.h"

/*
 * Runs until SIGTERM or SIGINT, then returns STATUS_OK. What fails on the way is logged and tried again; only a
 * signal that cannot be caught ends it with a failure.
 */
MUST_CHECK enum status service_run(struct session *session);

#endif
