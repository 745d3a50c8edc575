/*
 * What a monitoring program asks at the admin address: GET /metrics (Prometheus, text format 0.0.4) and /healthz.
 */
#ifndef MOTCUA_HUB_METRICS_H
#define MOTCUA_HUB_METRICS_H

#include "hub/compare_desk.h"
#include "hub/http.h"
#include "hub/writer.h"

struct metrics; /* opaque */

/* Opens the hub's directory once more, for reading. server, writer and desk must outlive it. Statuses as hub_open.
 */
MUST_CHECK enum status metrics_new(const struct hub *hub, struct http_server *server, struct writer *writer,
				   struct compare_desk *desk, struct metrics **ret_metrics);
void metrics_free(struct metrics *metrics); /* NULL is fine */

/* An http_handler; context is the metrics. For a server with one thread. */
void metrics_route(void *metrics, struct http_exchange *exchange, const struct http_request *request);

#endif
