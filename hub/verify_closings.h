/*
 * Whether every closing of the log is what was known then: counted again from its set, it must come out byte for
 * byte. While verify folds the log, most sets are there when their closing is met; after a hub was put back their
 * batches stand behind it, and those closings are folded by themselves afterwards. For verify.c alone.
 */
#ifndef MOTCUA_HUB_VERIFY_CLOSINGS_H
#define MOTCUA_HUB_VERIFY_CLOSINGS_H

#include "hub/as_known.h"

enum closing_verdict {
	CLOSING_SAME,
	CLOSING_OTHER,
	CLOSING_LATER /* its set is not all there (yet), or not as it was accepted first */
};

/* A closing that has to be looked at afterwards. */
struct closing_place {
	int64_t entry;
	struct bytes body;
};

struct verify_closings {
	int64_t acts; /* met so far */
	uint8_t last_act[HASH_LEN];
	size_t n_later;
	struct closing_place *later;
};
void verify_closings_clear(struct verify_closings *v);

/*
 * Takes an act of the log, in its order, which the state has applied. *ret_verdict is CLOSING_SAME for what is no
 * closing.
 */
MUST_CHECK enum status verify_closings_take(struct verify_closings *v, struct state *state,
					    const struct log_entry *entry, enum closing_verdict *ret_verdict);

/* Folds one of those that were put off. No snapshot of the hub may be open, none is left open. */
MUST_CHECK enum status verify_closings_later(struct hub *hub, const struct closing_place *place,
					     enum closing_verdict *ret_verdict);

/* "closing 2024-05-01/2024-05-31 form06 1" */
enum { CLOSING_NAME_TEXT = 80 };
void verify_closings_name(struct slice body, char out[static CLOSING_NAME_TEXT]);

#endif
