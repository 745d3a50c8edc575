/*
 * What has changed of a closed period since: dossier by dossier, what it contributed as it was known at the closing
 * and what it contributes now, and why. One thread, inside a snapshot of now and over the state of then
 * (as_known_closing, or as_known_changed where the rule is the same).
 *
 * A difference is shared out among its causes by putting what is known now in the place of what was known then, one
 * thing after the other, in the order of enum correction_cause; each step's part belongs to its cause. So the
 * causes of a dossier add up to its difference, and those of all dossiers to that of the totals.
 */
#ifndef MOTCUA_HUB_CORRECTIONS_H
#define MOTCUA_HUB_CORRECTIONS_H

#include "hub/as_known.h"

enum correction_cause {
	/* the whole of a dossier's difference */
	CORRECTION_LATE,      /* nothing of it was known */
	CORRECTION_VOID,      /* taken back since */
	CORRECTION_UNDONE,    /* it was taken back then, and is not now */
	CORRECTION_JOINED,    /* a provisional code was replaced by an official one, or no longer is */
	CORRECTION_CONFLICT,  /* an operator split the code */
	CORRECTION_AUTHORITY, /* nobody said anything new: units or computers were changed, so other words count */
	/* parts of it */
	CORRECTION_UNIT,  /* it stands in another unit */
	CORRECTION_CLASS, /* procedure or domain */
	CORRECTION_CHANNEL,
	CORRECTION_STATUS, /* another status, with the dates of its end */
	CORRECTION_DATE,   /* dates of submission, receipt, end or status, where the status is the same */
	CORRECTION_DUE,
	CORRECTION_OTHER, /* fee, payment, rating, digitised */
	CORRECTION_RULE,  /* the rule of that name counts otherwise now */
	CORRECTION_CAUSES
};
/* "known-since", "void", …, as in documents. */
const char *correction_cause_name(enum correction_cause cause);

/* One part of a difference, in one group; negative where the group has less now. Slices live for the call. */
struct correction {
	struct slice code;
	enum correction_cause cause;
	struct closing_row change;
};

struct corrections_query {
	const struct closing *closing;
	struct as_known *then;
	struct database *db; /* of now */
	const struct registry *registry;
	const struct count_rule *rule; /* of that name, as it is now */
};

/*
 * Calls each for every part, those of one dossier one after the other. Dossiers whose difference is none are left
 * out, however much was said of them.
 */
MUST_CHECK enum status corrections_walk(const struct corrections_query *query,
					enum status (*each)(void *context, const struct correction *correction),
					void *context);

/* sum += sign * part, number for number; keys stay. */
void corrections_add(struct closing_row *sum, const struct closing_row *part, int64_t sign);
/* True if no number differs from zero. */
bool corrections_none(const struct closing_row *row);

#endif
