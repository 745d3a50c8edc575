/*
 * The anchor: a small file beside the database that names the last sealed batch, so that a lost or older database
 * never passes for a new one (L9). It is written before an envelope leaves the machine, hence never ahead of a
 * database that was not put back. One process at a time writes it: the holder of seal.lock.
 */
#ifndef MOTCUA_AGENT_ANCHOR_H
#define MOTCUA_AGENT_ANCHOR_H

#include "protocol/batch.h"

#define ANCHOR_FILE "anchor"

struct anchor {
	struct incarnation incarnation;
	uint64_t seq; /* 0: nothing sealed yet */
	uint8_t hash[HASH_LEN];
};

MUST_CHECK enum status anchor_write(const char *dir, const struct anchor *anchor);
/* STATUS_EMPTY if there is none, STATUS_CORRUPT if it is not one. */
MUST_CHECK enum status anchor_read(const char *dir, struct anchor *ret_anchor);

#endif
