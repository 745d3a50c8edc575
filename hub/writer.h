/*
 * The one writer of a serving hub: exchanges wait in a queue, one thread takes all that wait, commits them in one
 * transaction, and only then lets the answers go (L1). Many small batches thus share an fsync.
 */
#ifndef MOTCUA_HUB_WRITER_H
#define MOTCUA_HUB_WRITER_H

#include "hub/http.h"
#include "hub/intake.h"

struct writer; /* opaque */

/* Starts the thread; the hub belongs to it until writer_stop. */
MUST_CHECK enum status writer_start(struct hub *hub, struct writer **ret_writer);

/*
 * Hands an exchange over: either an arrival (taken, also on failure) or, with arrival NULL, an enrolment whose body
 * is the request's. The writer answers the exchange. STATUS_NO_MEMORY: not taken over, the caller answers.
 */
MUST_CHECK enum status writer_push(struct writer *w, struct http_exchange *exchange, struct arrival *arrival,
				   struct slice enrolment);

/* What stopped the writer by itself: a failed commit (L1). STATUS_OK while it works. Any thread. */
enum status writer_trouble(struct writer *w);

/* Since the start, but waiting. Any thread. */
struct writer_figures {
	int64_t waiting; /* exchanges that nobody works on yet */
	int64_t batches; /* that joined their chains */
	int64_t changes;
	int64_t refused; /* of these, set aside with a verdict */
	int64_t commits;
	int64_t last_commit_ms; /* how long it took, from begin to commit */
	int64_t last_commit_at; /* by the hub's clock; 0: never */
};
struct writer_figures writer_figures(struct writer *w);

/* Asks for a checkpoint as soon as nothing else waits. Any thread. */
void writer_tidy(struct writer *w);

/*
 * Whoever waits for the end waits with others: if the hub's lock is not to be had once, what still waits is refused
 * without trying again. Any thread.
 */
void writer_hurry(struct writer *w);

/* How often it has taken up work, tidying included: whether it still does. Any thread. */
uint64_t writer_rounds(struct writer *w);

/* Finishes what waits, ends the thread. NULL is fine. */
void writer_stop(struct writer *w);

/* Answers an exchange with a status: HTTP code and the E-code as text. */
void writer_refuse(struct http_exchange *exchange, enum status s);

#endif
