/*
 * The one who answers questions of comparing (hub/compare.h) beside a serving hub: a thread with a reading
 * connection of its own, so that looking through all that is kept holds up nobody. Questions wait in a short queue;
 * what was found for one is kept for some seconds, so that the same question again costs no second look.
 */
#ifndef MOTCUA_HUB_COMPARE_DESK_H
#define MOTCUA_HUB_COMPARE_DESK_H

#include "hub/compare.h"
#include "hub/http.h"

enum {
	DESK_WAITING = 32, /* questions; more are told to come later */
	DESK_KEPT = 8,     /* answers kept */
	DESK_KEPT_MS = 5000,
	DESK_RETRY_AFTER_S = 15
};

struct compare_desk; /* opaque */

/* hub is the serving one: its key signs, its folder is opened for reading. It must outlive the desk. */
MUST_CHECK enum status compare_desk_start(const struct hub *hub, struct compare_desk **ret_desk);

/*
 * Hands a verified question over; the desk answers the exchange. STATUS_BUSY (too many wait, or it is stopping),
 * STATUS_NO_MEMORY: not taken over. Any thread.
 */
MUST_CHECK enum status compare_desk_push(struct compare_desk *desk, struct http_exchange *exchange,
					 const struct comparison_question *question);

/* Since the start. Any thread. */
struct compare_figures {
	int64_t answered;
	int64_t scans; /* the others were kept ones */
};
struct compare_figures compare_desk_figures(struct compare_desk *desk);

/* From now on whatever waits or comes is told to come later. Any thread. */
void compare_desk_hurry(struct compare_desk *desk);
/* Finishes, ends the thread. NULL is fine. */
void compare_desk_stop(struct compare_desk *desk);

#endif
