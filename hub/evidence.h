/*
 * Signed batches that contradict their device's chain (L3): proof against it that it cannot take back. A root is
 * one that contradicts by itself; what goes on from it, naming its hash, contradicts as well and proves nothing
 * more. Inside the writer's transaction.
 */
#ifndef MOTCUA_HUB_EVIDENCE_H
#define MOTCUA_HUB_EVIDENCE_H

#include "hub/hub.h"
#include "protocol/batch.h"

/*
 * A device cannot fill the disk by contradicting itself: what is more is counted (note "forks DEVICE", with the
 * hashes of the last root and the last other one that were). Half of the places are for roots alone.
 */
enum { EVIDENCE_MAX = 16 };

struct contradiction {
	const struct batch_head *head;
	const uint8_t *hash; /* HASH_LEN bytes */
	struct slice sealed;
	bool goes_on; /* from one that is known (evidence_has); else it is a root */
};

/* Keeps a batch, or counts it, and says so in the journal. One that is known already is no news. */
MUST_CHECK enum status evidence_put(struct hub *hub, const struct contradiction *c, bool *ret_news);

/* Whether a batch with this hash was kept, or was the last one counted. */
MUST_CHECK enum status evidence_has(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
				    const uint8_t hash[static HASH_LEN], bool *ret_has);

/* How many there were of a device, kept or only counted. */
MUST_CHECK enum status evidence_count(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
				      int64_t *ret_count);

#endif
