/*
 * The verdict on each record of a batch, given once at its arrival from the record and the registry alone and kept
 * with the log entry (design section 3, rule 5); retry.h asks again for another list of units.
 * Pure but for the registry.
 */
#ifndef MOTCUA_HUB_JUDGE_H
#define MOTCUA_HUB_JUDGE_H

#include "hub/registry.h"

/* The verdict on one change of this device that was accepted on this day. */
enum verdict judge_change(const struct registry *registry, const struct device *device, int32_t day,
			  const struct change *c);

/* Appends the encoded verdicts (protocol/reply.h) on every change of a batch of this device. batch is rewound. */
MUST_CHECK enum status judge_batch(const struct registry *registry, const struct device *device, int32_t day,
				   struct batch *batch, struct bytes *out);

#endif
