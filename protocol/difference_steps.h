/*
 * The steps of a walk from what the other side knows and how it counts to what we know and how we count: a part of
 * difference.h, which says what they are for. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_DIFFERENCE_STEPS_H
#define MOTCUA_PROTOCOL_DIFFERENCE_STEPS_H

#include "protocol/difference.h"

/* Where the walk stands: facts and rule begin as theirs and end as ours. */
struct difference_walk {
	struct dossier_facts now;
	struct count_rule rule;
	const struct difference_side *ours;
	const struct difference_side *theirs;
	const struct count_rule *our_rule;
	const struct difference_hints *hints;
};

enum { DIFFERENCE_STEP_COUNT = 20 };
/* In their order. Each makes one thing as ours and says what that is the cause of. */
extern enum difference_cause (*const DIFFERENCE_STEPS[DIFFERENCE_STEP_COUNT])(struct difference_walk *w);

#define DIFFERENCE_BIT(field) (UINT64_C(1) << (field))
/* What only rates ask for. */
#define DIFFERENCE_DETAILS                                                                                         \
	(DIFFERENCE_BIT(FIELD_FEE) | DIFFERENCE_BIT(FIELD_PAID) | DIFFERENCE_BIT(FIELD_RATING) |                   \
	 DIFFERENCE_BIT(FIELD_INPUT_DIGITISED) | DIFFERENCE_BIT(FIELD_RESULT_DIGITISED))

/* Takes over the facts that come from fields (1 << field). */
void difference_take(struct dossier_facts *to, const struct dossier_facts *from, uint64_t fields);

#endif
