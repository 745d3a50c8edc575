/*
 * Asking the hub to compare (compare.h), over the line or by stick, and keeping its signed answers: of each span of
 * days the last one, and the last one that agreed, which is this office's proof.
 */
#ifndef MOTCUA_AGENT_COMPARE_ASK_H
#define MOTCUA_AGENT_COMPARE_ASK_H

#include "agent/compare.h"

/* A sealed answer and what it says; answer borrows from sealed. */
struct compare_heard {
	struct bytes sealed;
	struct comparison_answer answer;
};
void compare_heard_free(struct compare_heard *heard);

/* Appends the sealed question about own (its digest); nonce is put into it. */
MUST_CHECK enum status compare_question(const struct agent *agent, const struct compare_own *own,
					const uint8_t nonce[static NONCE_LEN], struct bytes *out);

/*
 * Asks over the line, and keeps the answer. STATUS_FOREIGN if it is none to this question; otherwise what the
 * exchange failed with.
 */
MUST_CHECK enum status compare_ask(const struct agent *agent, const struct compare_own *own,
				   struct compare_heard *ret_heard);

/* Notes a month that could not be compared over the line: the next courier file asks about it. */
MUST_CHECK enum status compare_note_asked(const struct agent *agent, struct period month);

/*
 * The question that goes with a courier file, as of all that is sealed: the month that was asked about in vain,
 * else this one and the one before.
 */
MUST_CHECK enum status compare_question_carried(const struct agent *agent, struct bytes *out);

/*
 * Keeps an answer that came by stick, inside the caller's transaction, unless a later one for its days is here.
 * *ret_ours: it is this hub's to this device; another is passed over.
 */
MUST_CHECK enum status compare_keep(const struct agent *agent, struct slice sealed, bool *ret_ours);

/* The latest answer kept that speaks for all of the month; STATUS_EMPTY. */
MUST_CHECK enum status compare_recall(const struct agent *agent, struct period month,
				      struct compare_heard *ret_heard);

/* Notes that an answer agreed with what is here. */
MUST_CHECK enum status compare_note_agreed(const struct agent *agent, const struct compare_heard *heard);

/* Up to which batch of each incarnation there are receipts, newest first: as of what this PC speaks by itself. */
MUST_CHECK enum status compare_acknowledged(const struct agent *agent, struct comparison_answer *answer);

/* When the hub last signed what agrees with this PC for a span that holds the month; TIME_UNSET: never. */
MUST_CHECK enum status compare_agreed_at(const struct agent *agent, struct period month, int64_t *ret_at);

#endif
