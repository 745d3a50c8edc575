/*
 * What the hub knows of one device's work in some days, for comparing (protocol/digest.h, PROTOCOL.md section 12):
 * worked out from the tables that the totals are counted from, at the moment it is asked, never from counters.
 * Where what is counted of a dossier does not follow from the writes, or nobody wrote of it at all, its line says
 * so.
 *
 * A scan reads the whole of the table `thing`; it needs no index, and misses nothing that somebody put there.
 */
#ifndef MOTCUA_HUB_COMPARE_H
#define MOTCUA_HUB_COMPARE_H

#include "hub/hub.h"
#include "protocol/comparison.h"

struct compare_view {
	uint8_t device[DEVICE_ID_LEN];
	int64_t last_entry; /* of the log, as of which it is */
	size_t n_chains;
	struct comparison_chain chains[LIMIT_INCARNATIONS]; /* newest first */
	struct digest digest;                               /* finished */
	size_t n_others; /* one more than fits into an answer where there are more */
	struct comparison_other others[COMPARISON_OTHERS_MAX + 1];
	char other_keys[COMPARISON_OTHERS_MAX + 1][LIMIT_KEY];
};

struct compare_plan {
	const struct device *device;
	struct period days; /* at most DIGEST_DAYS_MAX */
	uint64_t up_to;     /* of the newest incarnation the last batch that enters; UINT64_MAX: all */
};

/* A sealed question, verified: whose it is and what it asks. Statuses as intake_open_request. Any thread. */
MUST_CHECK enum status compare_open(struct hub *hub, struct slice sealed, struct device *ret_device,
				    struct comparison_question *ret_question);

/* Inside a snapshot of the hub's database, its registry as of that. STATUS_NO_MEMORY, STATUS_LIMIT or what the disk
 * said. The caller frees. */
MUST_CHECK enum status compare_scan(struct hub *hub, const struct compare_plan *plan,
				    struct compare_view **ret_view);
void compare_view_free(struct compare_view *view);

/* The code of a month of a view. */
const char *compare_code(const struct compare_view *view, struct period month,
			 char ret_code[static DIGEST_CODE_TEXT]);

/* Appends the sealed answer to a question about the days of a view; key is the hub's, which a reader has not. */
MUST_CHECK enum status compare_answer(const struct hub *hub, const struct signing_key *key,
				      const struct compare_view *view, const struct comparison_question *question,
				      struct bytes *out);

#endif
