/*
 * How the agent core reaches a hub: one exchange at a time through a function that comes from outside. The
 * programs use motcua-uplink (uplink_client.c), the simulator hands bytes over in memory.
 */
#ifndef MOTCUA_AGENT_TRANSPORT_H
#define MOTCUA_AGENT_TRANSPORT_H

#include "agent/uplink/frame.h"

struct transport {
	/*
	 * What the core does while an answer is awaited, set by it before an exchange and taken away after it;
	 * NULL: nothing. Called at most once an exchange, when the request has been handed over and before the
	 * exchange returns. A transport that has its answer at once may leave it out: nothing depends on its being
	 * done.
	 */
	void (*meanwhile)(void *context);
	void *meanwhile_context;
	/*
	 * Carries one request; the body of the answer is put into ret_body (cleared first). STATUS_OK: an HTTP
	 * answer came, *ret_http_status says which. STATUS_UNREACHABLE, STATUS_NO_NAME, STATUS_PROXY,
	 * STATUS_PROXY_LOGIN, STATUS_PIN: nothing of the request left. STATUS_BROKEN_OFF: some of it may have
	 * arrived. STATUS_LIMIT: the answer is too long. STATUS_NO_MEMORY; STATUS_SETTINGS: no program to send
	 * with, or a request that is never sent (no pin, a host that is none); STATUS_STOPPED: a signal came, or
	 * the word to stop. No answer of any kind acknowledges anything (L2): the caller verifies the body.
	 */
	enum status (*exchange)(struct transport *t, const struct uplink_request *request, int *ret_http_status,
				int64_t *ret_retry_after_s, struct bytes *ret_body);
	/* Ends what the exchange keeps open (the uplink process). */
	void (*close)(struct transport *t);
};

static inline void transport_meanwhile(const struct transport *t)
{
	if (t->meanwhile != NULL)
		t->meanwhile(t->meanwhile_context);
}

/* Who else has a word while an exchange lasts. */
struct uplink_care {
	intptr_t stop;    /* readable (on Windows: signalled): give up at once; -1: none */
	int64_t every_ms; /* how often alive is called while waiting; -1: never */
	void (*alive)(void *context);
	void *context;
};

/*
 * A transport over the motcua-uplink program, started at the first exchange, kept until close, started anew if it
 * ended. An exchange takes at most its deadline and two seconds. path NULL: the program beside this one. care is
 * copied; NULL: nobody. close frees it. NULL on no memory.
 */
struct transport *uplink_transport_new(const char *path, const struct uplink_care *care);

#endif
