/*
 * The service: takes in what is laid into the spool folder, exchanges with the hub on schedule, idles in between
 * without the network program, without writing, and wakes only for a cause (service_wait.h).
 */
#ifndef MOTCUA_AGENT_SERVICE_H
#define MOTCUA_AGENT_SERVICE_H

#include "agent/session.h"

/*
 * Runs until SIGTERM or SIGINT, then returns STATUS_OK; an exchange or import under way ends at once and is
 * completed the next time. What fails on the way is logged and tried again; a damaged database, or a system that
 * gives no timers and signals, ends it with a failure before it has begun, and a failed sync at any time (L1).
 * Whoever started it is told when it is ready, at work, and stopping (notify.h).
 */
MUST_CHECK enum status service_run(struct session *session);

#endif
