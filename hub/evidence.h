/*
 * Signed batches that contradict their device's chain (L3): proof against it that it cannot take back. Inside the
 * writer's transaction.
 */
#ifndef MOTCUA_HUB_EVIDENCE_H
#define MOTCUA_HUB_EVIDENCE_H

#include "hub/hub.h"
#include "protocol/batch.h"

/* A device cannot fill the disk by contradicting itself: what is more is counted (note "forks DEVICE"). */
enum { EVIDENCE_MAX = 16 };

/* Keeps a batch, or counts it, and says so in the journal. One that is kept already is no news. */
MUST_CHECK enum status evidence_put(struct hub *hub, const struct batch_head *head,
				    const uint8_t hash[static HASH_LEN], struct slice sealed, bool *ret_news);

/* How many there were of a device, kept or only counted. */
MUST_CHECK enum status evidence_count(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
				      int64_t *ret_count);

#endif
