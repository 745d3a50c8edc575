/*
 * A serving hub counts again when it is quiet what its work, or that of another process, has emptied (spans.h):
 * some spans in a transaction, in passes over all of them. One thread.
 */
#ifndef MOTCUA_HUB_SPANS_QUIET_H
#define MOTCUA_HUB_SPANS_QUIET_H

#include "hub/spans.h"

struct spans_quiet {
	struct spans_pass pass;
	int64_t begun;   /* log entry as of which the pass at hand began */
	int64_t counted; /* as of which no span is left empty that can be counted; -1: not known */
};
struct spans_quiet spans_quiet_new(void);
void spans_quiet_clear(struct spans_quiet *q);

/*
 * Counts some, if there may be any and the disk has room for it; waits a second for the hub's lock, at most.
 * *ret_more: the pass is not at its end; *ret_wrote: something was committed. What fails is said in the journal
 * once an hour and tried again with the next call.
 */
MUST_CHECK enum status spans_quiet_count(struct spans_quiet *q, struct hub *hub, bool *ret_more, bool *ret_wrote);

#endif
