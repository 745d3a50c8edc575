/*
 * What must hold of a machine whatever befell its disk: it opens, it is sound, nothing is half there, and every
 * promise made before is kept.
 */
#ifndef MOTCUA_TESTS_STORY_CHECK_H
#define MOTCUA_TESTS_STORY_CHECK_H

#include "tests/sim/story.h"

/* Promises in the order they were made; the first n_promises of them count. */
struct kept {
	const struct promise *promises;
	size_t n_promises;
	int last_step; /* of the last promise that a step was done; -1: none */
};

/* NULL, or what is wrong, beginning with "lost", "damaged", "half" or "wrong"; on its own disk alone. */
const char *check_pc(struct story *story, int pc, const struct kept *kept);
/* Opens the hub, which stays open. */
const char *check_hub(struct story *story, const struct kept *kept);

/* Every record anybody was promised is in the hub's log, once. After the end of the story. */
const char *check_all_records(struct story *story, const struct promise *promises, size_t n);

#endif
