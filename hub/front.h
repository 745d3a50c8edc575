/*
 * What becomes of a request (PROTOCOL.md section 2): intake and enrolment on the front's threads, what must be
 * written to the writer. Strangers who try again and again are told to come later before anything is computed for
 * them.
 */
#ifndef MOTCUA_HUB_FRONT_H
#define MOTCUA_HUB_FRONT_H

#include "hub/compare_desk.h"
#include "hub/http.h"
#include "hub/writer.h"

struct front; /* opaque */

/* NULL on no memory. hub, writer and desk must outlive it; trusted is copied. */
struct front *front_new(struct hub *hub, struct writer *writer, struct compare_desk *desk,
			const struct networks *trusted);
void front_free(struct front *front); /* NULL is fine */

/* An http_handler; context is the front. */
void front_route(void *front, struct http_exchange *exchange, const struct http_request *request);

/*
 * A key, seen from one address, may have so many requests at once whose signature turns out wrong, then one every
 * 500 ms; all unknown keys of an address count as one. Requests that verify cost nothing, so an agent that sends
 * off a backlog is never held up. Another address's attempts under its key are not its own.
 */
enum { FRONT_FORGED = 30, FRONT_FORGED_MS = 500 };
/* Enrolments of an address, right or wrong, at once and then one every 6 s. Invitations are never used up by them.
 */
enum { FRONT_ENROL = 10, FRONT_ENROL_MS = 6000 };
/* Comparisons of a device at once, and then one every 10 s: each may mean to look through all that is kept. */
enum { FRONT_COMPARE = 6, FRONT_COMPARE_MS = 10000, FRONT_QUESTION = 16 * 1024 /* bytes */ };

#endif
