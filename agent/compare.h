/*
 * Does the hub have of this PC what this PC knows? Its own book, summed as protocol/digest.h says, beside the hub's
 * signed answer (PROTOCOL.md section 12): which days agree, which things differ, and by which writes. Nothing here
 * talks to the hub (compare_ask.h) or changes anything (compare_repair.h).
 */
#ifndef MOTCUA_AGENT_COMPARE_H
#define MOTCUA_AGENT_COMPARE_H

#include "agent/agent.h"
#include "protocol/comparison.h"

/* Which changes of the book are compared: never those that were refused, or sent under an earlier key. */
enum compare_scope {
	COMPARE_ACKNOWLEDGED, /* those with a receipt */
	COMPARE_SEALED,       /* and those in a batch: what the hub will have once it took them all */
	COMPARE_AS_OF         /* those with a receipt in a batch that an answer speaks for */
};

/* This PC's side. */
struct compare_own {
	struct digest digest; /* finished */
	int64_t later;        /* changes that are not compared yet, whatever their days */
	size_t n_standings;
	uint8_t *standings; /* by number of the change, for compare_includes */
};
/* answer is asked only for COMPARE_AS_OF. Free with compare_own_free, also after a failure. */
MUST_CHECK enum status compare_sum(const struct agent *agent, struct period days, enum compare_scope scope,
				   const struct comparison_answer *answer, struct compare_own *ret_own);
void compare_own_free(struct compare_own *own);
/* A digest_choice's function: context is a compare_own. */
bool compare_includes(const void *own, const struct origin *origin);
/* A change that is on its way: not compared yet, and not refused. */
bool compare_waits(const struct compare_own *own, const struct origin *origin);

enum compare_verdict {
	COMPARE_ONLY_HERE,  /* the hub has no word of it from us */
	COMPARE_ONLY_THERE, /* we have no word of it */
	COMPARE_WRITES,     /* both have it, not with the same writes */
	COMPARE_COUNTED     /* same writes; the hub counts it otherwise, or nobody ever wrote it */
};

struct compare_difference {
	enum compare_verdict verdict;
	enum kind kind;
	char key[LIMIT_KEY + 1];
	int32_t day;     /* here, DAY_UNSET where it is only there */
	int32_t hub_day; /* there, DAY_UNSET where it is only here */
	size_t here;     /* writes that only we have */
	size_t there;    /* and that only the hub has */
};

/* Where both stand on one kind and day. */
struct compare_day {
	enum kind kind;
	int32_t day;
	uint64_t here;
	uint64_t there;
	bool agree;
	bool unknown;           /* differs, and the answer does not say by which things */
	uint8_t hash[HASH_LEN]; /* ours; zeros if there is nothing here */
};

struct compare_result {
	size_t n_days;
	struct compare_day days[2 * DIGEST_SUMS_MAX]; /* ascending by day and kind */
	size_t n_differences;
	size_t cap_differences;
	struct compare_difference *differences; /* ascending by kind and key */
	size_t unacknowledged; /* things the hub has more of, of what waits here for a receipt: no difference */
};
/*
 * Lays own (COMPARE_AS_OF of this answer) beside the answer. agree(result) tells whether the days all do. Free with
 * compare_result_free, also after a failure.
 */
MUST_CHECK enum status compare_lay(const struct agent *agent, const struct compare_own *own,
				   const struct comparison_answer *answer, struct period month,
				   struct compare_result *ret_result);
void compare_result_free(struct compare_result *result);
/* No difference found and no day unknown. */
bool compare_agrees(const struct compare_result *result);

#endif
