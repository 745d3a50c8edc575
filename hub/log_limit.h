/*
 * Keeps a flood out of the journal: of lines about the same thing one passes in a while. Any thread.
 */
#ifndef MOTCUA_HUB_LOG_LIMIT_H
#define MOTCUA_HUB_LOG_LIMIT_H

#include "protocol/bytes.h"

struct log_limit; /* opaque */

/* One line about a thing in every_ms. NULL on no memory. */
struct log_limit *log_limit_new(int64_t every_ms);
void log_limit_free(struct log_limit *limit);

/*
 * True if a line about this thing may be written now; it counts as written. The table does not grow: things that
 * share a place share their lines, so that however many there are, no more pass than there are places.
 */
enum { LOG_LIMIT_PLACES = 256 };
bool log_limit_passes(struct log_limit *limit, struct slice thing, int64_t now_ms);

#endif
