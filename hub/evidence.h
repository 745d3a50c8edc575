/*
 * Signed batches that contradict their device's chain (L3): proof against it that it cannot take back. Inside the
 * writer's transaction.
 */
#ifndef MOTCUA_HUB_EVIDENCE_H
#define MOTCUA_HUB_EVIDENCE_H

#include "hub/hub.h"
#include "protocol/batch.h"

/* A device cannot fill the disk by contradicting itself: what is more is counted (note "forks DEVICE", with the hash
   of the last one). */
enum { EVIDENCE_MAX = 16 };

/* Keeps a batch, or counts it, and says so in the journal. One that is kept already is no news. */
MUST_CHECK enum status evidence_put(struct hub *hub, const struct batch_head *head,
				    const uint8_t hash[static HASH_LEN], struct slice sealed, bool *ret_news);

/* Whether a batch with this hash was kept, or was the last one counted: what goes on from it contradicts as well. */
MUST_CHECK enum status evidence_has(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
				    const uint8_t hash[static HASH_LEN], bool *ret_has);

/* How many there were of a device, kept or only counted. */
MUST_CHECK enum status evidence_count(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
				      int64_t *ret_count);

#endif
