/*
 * Why two counts of one dossier differ (domain: section 11 of the causes of mismatch): what a dossier adds to each
 * cell of a report here and elsewhere, and for each cell in which that is not the same, the one cause.
 *
 * How a cause is found. We start from what the other side knows, counted by its rule, and replace one fact or one
 * point of the rule after another by ours, always in the order of difference_steps.c: what could not be read
 * there; date of receipt; the end date the other list does not have at all; status; end dates; due date; waiting on
 * the day; channel; other details; then the points of the rule: end, times or dates, withdrawn, stopped, waiting
 * dossiers late or not, refused, waiting time taken off, requests for documents. After the last step both sides are
 * the same. A cell's cause is the step after which the cell no longer changed. A dossier that counts on one side
 * alone has one cause for all its cells. So every cell of every dossier has exactly one cause, and the causes of a
 * cell add up to its difference. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_DIFFERENCE_H
#define MOTCUA_PROTOCOL_DIFFERENCE_H

#include "protocol/count.h"

/* The numbers that are compared: those of struct cells, and what follows from them. */
/* clang-format off */
#define DIFFERENCE_CELL_TABLE(X) \
	X(RECEIVED,          "received",          c->received) \
	X(RECEIVED_ONLINE,   "received_online",   c->received_online) \
	X(RECEIVED_COUNTER,  "received_counter",  c->received_counter) \
	X(RECEIVED_POSTAL,   "received_postal",   c->received_postal) \
	X(RECEIVED_UNSTATED, "received_unstated", c->received_unstated) \
	X(CARRIED_IN,        "carried_in",        c->carried_in) \
	X(TOTAL_IN,          "total_in",          cells_total_in(c)) \
	X(DONE,              "done",              c->done) \
	X(DONE_EARLY,        "done_early",        c->done_early) \
	X(DONE_ON_TIME,      "done_on_time",      c->done_on_time) \
	X(DONE_LATE,         "done_late",         c->done_late) \
	X(DONE_NO_DUE,       "done_no_due",       c->done_no_due) \
	X(OPEN,              "open",              c->open) \
	X(OPEN_IN_TIME,      "open_in_time",      c->open_in_time) \
	X(OPEN_LATE,         "open_late",         c->open_late) \
	X(OPEN_PAUSED,       "open_paused",       c->open_paused) \
	X(REFUSED,           "refused",           c->refused) \
	X(WITHDRAWN,         "withdrawn",         c->withdrawn) \
	X(INCOMPLETE,        "incomplete",        c->incomplete) \
	X(GAP,               "gap",               cells_gap(c)) \
	X(INPUT_DIGITISED,   "input_digitised",   c->rate_input_digitised) \
	X(RESULT_DIGITISED,  "result_digitised",  c->rate_result_digitised) \
	X(FEE_DUE,           "fee_due",           c->fee_received) \
	X(PAID_ONLINE,       "paid_online",       c->rate_paid_online) \
	X(RATED,             "rated",             c->rated_done) \
	X(SATISFIED,         "satisfied",         c->rate_satisfied)
/* clang-format on */

enum difference_cell {
#define X(id, name, value) CELL_##id,
	DIFFERENCE_CELL_TABLE(X)
#undef X
		DIFFERENCE_CELLS
};

/* All of them, in their order. */
void difference_values(const struct cells *cells, int64_t ret_values[static DIFFERENCE_CELLS]);
/* The name in documents: "received", … */
const char *difference_cell_name(enum difference_cell cell);

/* Stable words, in documents under difference_cause_name(). */
/* clang-format off */
#define DIFFERENCE_CAUSE_TABLE(X) \
	X(HERE_ONLY,     "here-only")     /* the other list has no such dossier */ \
	X(CARRIED_IN,    "carried-in")    /* nor has it this one, which was received before the period */ \
	X(PROVISIONAL,   "provisional")   /* nor can it have this one, whose official code is not known here */ \
	X(THERE_ONLY,    "there-only")    /* it is not known here */ \
	X(SET_ASIDE,     "set-aside")     /* its records were refused at their arrival: see `rejected` */ \
	X(VOID,          "void")          /* taken back here, or joined to another code */ \
	X(UNIT,          "unit")          /* it belongs to another unit here or there */ \
	X(CONFLICT,      "conflict")      /* it needs a decision here: see `conflicts` */ \
	X(DUPLICATE,     "duplicate")     /* listed there again */ \
	X(LINKED,        "linked")        /* a linked dossier, counted for each agency */ \
	X(UNREADABLE,    "unreadable")    /* a date or word there is wrong or cannot be read */ \
	X(RECEIVED,      "received-date") /* another date of receipt: perhaps outside the period */ \
	X(END_FIELD,     "end-field")     /* another of the two end dates is taken */ \
	X(END_DATE,      "end-date")      /* the end, or the date of the status, is dated otherwise */ \
	X(TIMES,         "times")         /* date and time against date: midnight, hours on the due day, UTC */ \
	X(DUE,           "due-date")      \
	X(STATUS,        "status")        /* the status has changed since */ \
	X(WITHDRAWN,     "withdrawn")     /* withdrawn dossiers count otherwise */ \
	X(PAUSED,        "paused")        /* waiting dossiers count otherwise */ \
	X(STOPPED,       "stopped")       /* stopped dossiers have ended, or wait */ \
	X(REFUSED,       "refused")       /* refused dossiers are received and done, or apart */ \
	X(WAITING_TIME,  "waiting-time")  /* taken off, or not */ \
	X(SUPPLEMENTS,   "supplements")   /* several requests for documents make late, or not */ \
	X(CHANNEL,       "channel")       \
	X(DETAILS,       "details")       /* digitising, fee, payment, rating */ \
	X(UNEXPLAINED,   "unexplained")   /* none of these */
/* clang-format on */

enum difference_cause {
#define X(id, name) CAUSE_##id,
	DIFFERENCE_CAUSE_TABLE(X)
#undef X
		DIFFERENCE_CAUSES
};

const char *difference_cause_name(enum difference_cause cause);

/* A dossier as one side knows it; NULL facts: not at all. */
struct difference_side {
	const struct dossier_facts *facts;
	int64_t received_at; /* the instant behind facts->received; TIME_UNSET: not known */
	bool outside;        /* it belongs to a unit that is not asked for */
};

/* What is known of the other side besides. */
struct difference_hints {
	uint64_t unread;    /* its fields (1 << field) that are wrong or could not be read */
	uint64_t silent;    /* fields its list never states, of any dossier */
	unsigned conflicts; /* here: enum conflict_reason */
};

/* For each cell what it has more here than there (less: negative), and why. */
struct difference {
	int64_t more[DIFFERENCE_CELLS];
	enum difference_cause cause[DIFFERENCE_CELLS]; /* where more is not 0 */
	bool any;
};

/*
 * The facts of the other side as they are to be counted: what its list never states and what decides nothing about
 * when a dossier counts (channel, due date, fee, payment, rating, digitising; the date of a status that is the
 * same) is taken from ours.
 */
struct dossier_facts difference_adopt(const struct dossier_facts *theirs, const struct dossier_facts *ours,
				      uint64_t silent);

/*
 * Both sides know the dossier. Queries have the same period and as_of, and each its rule; their facts went through
 * difference_adopt().
 */
struct difference difference_find(const struct count_query *our_query, const struct difference_side *ours,
				  const struct count_query *their_query, const struct difference_side *theirs,
				  const struct difference_hints *hints);

/* One side alone counts it: all its cells have this cause. there: it adds to their cells. */
struct difference difference_alone(const struct count_query *query, const struct dossier_facts *facts, bool there,
				   enum difference_cause cause);

#endif
