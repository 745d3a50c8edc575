/*
 * Does the hub still say what its devices signed? The log's chain from its first entry to the end that was noted
 * beside it, every signature, every device's chain, the identity that is served; with full, also every derived
 * table against a re-fold of the whole log in a scratch database (L6). A serving hub goes on meanwhile.
 */
#ifndef MOTCUA_HUB_VERIFY_H
#define MOTCUA_HUB_VERIFY_H

#include "hub/hub.h"

enum { VERIFY_FINDINGS = 50, FINDING_TEXT = 160 };

enum finding_kind {
	FINDING_GAP,        /* an entry is missing or out of place */
	FINDING_CHAIN,      /* an entry's chain hash does not follow, or a batch not from its device's one before */
	FINDING_SIGNATURE,  /* a batch or act is not what was signed */
	FINDING_UNREADABLE, /* an entry cannot be applied */
	FINDING_STATE,      /* a derived table or the identity differs from what the log says */
	FINDING_CLOSING     /* what was frozen of a period is not what was known then; with full only */
};

/* "gap", "chain", … Never NULL. */
const char *verify_finding_name(enum finding_kind kind);

struct finding {
	enum finding_kind kind;
	int64_t entry;            /* log entry, 0 for state */
	char where[FINDING_TEXT]; /* table and row key, never other values */
};

struct verify_report {
	int64_t entries;
	int64_t batches;
	int64_t acts;
	int64_t closings_waiting; /* with full: cannot be counted again until what the hub lost has come again */
	int64_t refreshed;        /* with full: how often all dossiers were derived anew from their words */
	int64_t n_findings;       /* all of them; the first VERIFY_FINDINGS are kept */
	struct finding findings[VERIFY_FINDINGS];
};

/* STATUS_OK and an empty report, or STATUS_DIFFERENT; other statuses if it could not be done. */
MUST_CHECK enum status verify_run(struct hub *hub, bool full, struct verify_report *report);

#endif
