/*
 * What the two ways to what was known then share (as_known.h): nobody else includes this. The long way folds every
 * entry of the log (as_known.c); the short one takes the hub's own tables but for those dossiers of which something
 * was said since, and folds these alone from their kept writes (as_known_changed.c).
 */
#ifndef MOTCUA_HUB_AS_KNOWN_FOLD_H
#define MOTCUA_HUB_AS_KNOWN_FOLD_H

#include "hub/as_known.h"

struct folding {
	struct hub *hub;
	struct state state;
	int64_t at;
	/* what was known at a closing; NULL: at an instant */
	const struct closing *closing;
	bool met; /* the closing itself: the acts behind it are later ones */
	uint64_t batches;
	uint64_t retold;
	uint64_t again;
	int64_t acts;
	uint8_t last_act[HASH_LEN];
	bool acts_alone; /* the short way: what is said, what a retry took too, stands in the hub's own things */
	bool otherwise;  /* an act since makes old words count otherwise */
};

/* Folds each entry of the log into a state of its own, f->state, made and cleared here; then finishes it. */
MUST_CHECK enum status as_known_fold(struct hub *hub, struct folding *f, log_each each,
				     enum status (*finish)(struct folding *f), struct as_known *ret_known);

/* Whether a batch is of the closing's set. */
MUST_CHECK enum status as_known_find_batch(struct folding *f, const struct log_entry *entry,
					   struct envelope *ret_envelope, struct batch_head *ret_head,
					   bool *ret_in);
/* An act in the log of what was known at a closing. */
MUST_CHECK enum status as_known_fold_act(struct folding *f, const struct log_entry *entry);

struct as_known_missing as_known_missing_of(const struct folding *f);
/* Whether what was said before an act may count otherwise after it. */
bool as_known_counts_otherwise(enum act_type type);

#endif
