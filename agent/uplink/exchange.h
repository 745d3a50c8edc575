/*
 * One HTTPS exchange at a time over libcurl; exchange.c alone includes curl. Trust is the pinned key and nothing
 * else (L12): names and dates of certificates, the machine's trust store, environment, proxies and cookies are not
 * asked. A connection is kept for the next request to the very same target. One thread.
 */
#ifndef MOTCUA_AGENT_UPLINK_EXCHANGE_H
#define MOTCUA_AGENT_UPLINK_EXCHANGE_H

#include "agent/uplink/frame.h"

struct exchange; /* opaque */

/* An exchange under way is given up when the other side of watch_fd hangs up; -1: nobody watches. NULL on no
 * memory. */
struct exchange *exchange_new(int watch_fd);
void exchange_free(struct exchange *x);

/*
 * Carries one request. Always answers; detail and body are borrowed from x until the next call. body is empty
 * unless the outcome is OUTCOME_ANSWERED.
 */
struct uplink_answer exchange_run(struct exchange *x, const struct uplink_request *request);

#endif
