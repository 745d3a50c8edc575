/*
 * From an HTTP answer to a status. Whatever is no verifiable answer of the hub is told apart by what a person can
 * do about it: log in to the network, wait, call the province. No status here acknowledges anything (L2).
 */
#ifndef MOTCUA_AGENT_ANSWER_H
#define MOTCUA_AGENT_ANSWER_H

#include "agent/agent.h"

/*
 * STATUS_OK for 200, whose body is still to be verified. Otherwise the code that stands in the body of a refusal
 * ("E-DEVICE-WAITING"), if it is one a hub answers with; STATUS_BUSY for 429 and 503; STATUS_PORTAL for other
 * answers below 400; else STATUS_UNREACHABLE.
 */
MUST_CHECK enum status answer_status(int http_status, struct slice body);

/*
 * One exchange with the hub of the agent's settings: POST path with body, pinned to the keys of hub. The answer's
 * body is put into reply. *ret_retry_after_s is -1 where the hub named no time; it is written in any case.
 */
MUST_CHECK enum status answer_to_post(const struct agent *agent, const char *path, struct slice body,
				      size_t max_reply, struct bytes *reply, int64_t *ret_retry_after_s);

/* A request to host and port through the world's proxy, without pins yet. */
struct uplink_request answer_request(const struct agent_world *world, const char *host, uint16_t port,
				     const char *path, struct slice body, size_t max_reply);
/* Adds the pins of a hub. */
void answer_pin(struct uplink_request *request, const struct identity *hub);

#endif
