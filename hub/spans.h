/*
 * The table `span`: the dossiers in the order of their codes, cut into spans of some thousands, each with its sums
 * by day (span_sums.h), so that totals need not look at every dossier. A span's sums are always counted from all of
 * its rows in the table `dossier`, never moved by a difference (L6): whoever changes a row empties them in the same
 * transaction (spans_mark), and when it is quiet the writer counts again what is empty (spans_refresh). A report
 * counts the rows of an empty one itself, so it is exact at all times.
 *
 * 1. There are no spans at all, or every code lies in one: from its `first`, the first of all being "", up to the
 *    next one's.
 * 2. sums is empty, or what span_sums_put makes of the rows that lie in it and of the units as they stand; that of
 *    another program's span_sums_put is as good as empty.
 *
 * Codes of one office and time stand beside each other, as the national form of codes has them (office, day,
 * number): then a span has few different sums. It is as right for codes without any order, and larger.
 */
#ifndef MOTCUA_HUB_SPANS_H
#define MOTCUA_HUB_SPANS_H

#include "hub/hub.h"

enum {
	SPAN_ROWS = 4096,                              /* of a span, up to twice as many before it is cut */
	SPAN_CODE = LIMIT_KEY + 2 * DEVICE_ID_LEN + 2, /* of a dossier, one split off its code included */
	SPANS_MARKED = 4,
	SPANS_AT_ONCE = 4,       /* counted again in one transaction of a serving hub: so long others wait */
	SPANS_A_CHECKPOINT = 32, /* such transactions between two checkpoints, or the WAL holds all sums */
	SPANS_LULL_MS = 25       /* between two of them: others look for the hub's lock every 10 ms */
};

/* What spans_mark knows of the transaction at hand: all zero at its beginning. */
struct spans_marked {
	bool none; /* there are no spans */
	size_t n;
	struct {
		size_t first_len;
		size_t next_len; /* 0: the last span */
		uint8_t first[SPAN_CODE];
		uint8_t next[SPAN_CODE];
	} emptied[SPANS_MARKED]; /* the last ones, one after the other */
};

/* A row of a dossier changes, comes or goes; inside its transaction. */
MUST_CHECK enum status spans_mark(struct database *db, struct spans_marked *marked, struct slice code);

/* Forgets all spans: after units changed, or all rows. */
MUST_CHECK enum status spans_clear(struct database *db);

/*
 * Counts up to `most` spans again, or makes them; *ret_left: there are more to do. Inside the caller's transaction;
 * rows is SPAN_ROWS, or fewer where a test wants many spans.
 */
MUST_CHECK enum status spans_refresh(struct database *db, const struct registry *registry, size_t rows, int most,
				     bool *ret_left);
/*
 * The same from code to code over several transactions. A span with a row that cannot be read stays empty and is
 * passed by; after a transaction that came to nothing the pass begins anew.
 */
struct spans_pass {
	struct bytes from; /* the code at which it goes on; empty: at the beginning */
	int64_t damaged;   /* spans passed by */
};
struct spans_pass spans_pass_new(void);
void spans_pass_clear(struct spans_pass *pass);
MUST_CHECK enum status spans_refresh_some(struct database *db, const struct registry *registry, size_t rows,
					  int most, struct spans_pass *pass, bool *ret_left);
/* One pass, in transactions of their own that let others in between. STATUS_CORRUPT: spans were passed by. */
MUST_CHECK enum status spans_refresh_all(struct hub *hub);

/* Calls each for every span in order; next is empty at the last one. Slices live for the call. */
typedef enum status (*spans_each)(void *context, struct slice first, struct slice next, struct slice sums);
MUST_CHECK enum status spans_walk(struct database *db, spans_each each, void *context);

/* Whether every span's sums are what its rows and these units say, and those rows can be read; else where the first
 * that does not begins, in ret_where, a code or nothing. Inside the caller's snapshot. */
MUST_CHECK enum status spans_agree(struct database *db, const struct registry *registry, bool *ret_agree,
				   char ret_where[static SPAN_CODE]);

#endif
