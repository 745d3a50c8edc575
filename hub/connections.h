/*
 * The open connections of the front: who may open one more, until when each may go on as it stands, and how much of
 * the bodies' budget it holds. The HTTP library's own time-out knows inactivity only, which a byte now and then
 * defeats. Time comes in as a parameter, in milliseconds of a clock that never goes back. Any thread.
 *
 * A connection that must end is shut down (shutdown(2)), never closed: its descriptor stays the library's, which
 * says connections_close before it closes it, so that no other socket is ever hit.
 */
#ifndef MOTCUA_HUB_CONNECTIONS_H
#define MOTCUA_HUB_CONNECTIONS_H

#include <stddef.h>

#include "hub/networks.h"

struct connections_plan {
	size_t most;             /* open at once, all together */
	size_t per_address;      /* of one address (address_owner), trusted networks apart */
	struct networks trusted; /* for these neither per_address nor the share of in_flight holds */
	int64_t handshake_ms;    /* from opening, or from the last answer, to a request line */
	int64_t headers_ms;      /* from there to the end of the headers */
	int64_t body_ms;         /* for a body or an answer, to which its bytes / LIMIT_SLOWEST_BYTES_S are added */
	size_t in_flight;        /* bytes of bodies that may be held at once; an address may have a quarter */
};

struct connections; /* opaque */
struct connection;  /* one of them */

/* What a connection is doing. Only the first two may be ended to make room. */
enum phase {
	PHASE_OPENING, /* handshake, or waiting for the next request line */
	PHASE_HEADERS,
	PHASE_BODY,
	PHASE_HANDED_OUT, /* the handler has it: no deadline, the answer is ours to give */
	PHASE_ANSWER
};

/* Places there are: beside `most` a few for those that were shut down and are about to be closed. */
size_t connections_places(size_t most);
/* NULL on no memory. */
struct connections *connections_new(const struct connections_plan *plan);
void connections_free(struct connections *all); /* NULL is fine */

/*
 * Whether one more may come from there. Where places run short, one without a complete request header goes for it:
 * of that address if it has its share, else of the address that has the most of them; and of these the one that has
 * been so the longest. A flood thus displaces itself, and not whoever has a slow line.
 */
bool connections_admit(struct connections *all, struct address from);

/* Takes note of a new one. NULL if there is no place; it was shut down then. */
struct connection *connections_open(struct connections *all, int fd, struct address from, int64_t now_ms);
/* Before fd is closed. NULL is fine. */
void connections_close(struct connections *all, struct connection *one);

/* It goes on to a phase now; bytes: of the body or answer it may take the time for. NULL is fine. */
void connections_enter(struct connections *all, struct connection *one, enum phase phase, size_t bytes,
		       int64_t now_ms);

/* Takes bytes out of the budget, to be given back. False if they do not fit. NULL takes nothing. */
bool connections_reserve(struct connections *all, struct connection *one, size_t bytes);
void connections_give_back(struct connections *all, struct connection *one);

/* Shuts down those that are late. To be called a few times a second. */
void connections_end_late(struct connections *all, int64_t now_ms);

struct connections_figures {
	int64_t open;
	int64_t in_flight;   /* bytes */
	int64_t late;        /* since the start: ended because their time was over */
	int64_t displaced;   /* ended to make room */
	int64_t turned_away; /* not let in */
};
struct connections_figures connections_figures(struct connections *all);

#endif
