/*
 * Who did what and when: the acts of the log, and what each is about. One thread, inside the caller's snapshot.
 */
#ifndef MOTCUA_HUB_ACTS_LIST_H
#define MOTCUA_HUB_ACTS_LIST_H

#include "hub/act.h"

/* What an act is about; slices borrow from it. What it does not name is empty, absent or 0. */
struct act_subject {
	struct slice unit; /* of an invitation or a computer; of the hub: the province */
	bool has_device;
	uint8_t device[DEVICE_ID_LEN];
	struct slice key; /* of a dossier; of a closing, the period */
	bool has_count;
	int64_t count; /* units of a list, records taken, batches given up, the epoch, the revision of a closing */
};

struct act_line {
	int64_t entry; /* of the log */
	enum act_type type;
	const char *name; /* of what was done: that of the type, or closer: "suspend" */
	int64_t at;
	struct slice who;
	struct act_subject subject;
};

/* STATUS_MALFORMED if the body is not what its type says. */
MUST_CHECK enum status act_subject_read(struct hub *hub, const struct act *act, struct act_subject *ret_subject);

/* Calls each for the acts of a span of local dates, in the order of the log. The line lives for the call. */
MUST_CHECK enum status acts_walk(struct hub *hub, struct period days,
				 enum status (*each)(void *context, const struct act_line *line), void *context);

#endif
