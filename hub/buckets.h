/*
 * Token buckets, one for each thing: so many at once, then one in a while. Any thread.
 */
#ifndef MOTCUA_HUB_BUCKETS_H
#define MOTCUA_HUB_BUCKETS_H

#include "protocol/bytes.h"

struct buckets; /* opaque */

enum { BUCKETS_THING = 24 }; /* bytes of the longest name of a thing */

/* burst tokens at most, one more in every_ms. NULL on no memory. */
struct buckets *buckets_new(int64_t burst, int64_t every_ms);
void buckets_free(struct buckets *buckets); /* NULL is fine */

/*
 * Takes a token of this thing. False if there is none, and *ret_wait_ms says when there is one. The table does not
 * grow: of more things than it holds, the one with the fullest bucket is forgotten, which means a full one again.
 */
bool buckets_take(struct buckets *buckets, struct slice thing, int64_t now_ms, int64_t *ret_wait_ms);
/* The token was not needed after all. */
void buckets_give_back(struct buckets *buckets, struct slice thing);

#endif
