/*
 * A comparison as people and programs read it: the days with their codes, what differs thing by thing, what other
 * computers changed, the code of the month.
 */
#ifndef MOTCUA_AGENT_COMPARE_PRINT_H
#define MOTCUA_AGENT_COMPARE_PRINT_H

#include "agent/compare_ask.h"

struct comparison {
	struct period month;
	struct compare_own own;
	struct compare_heard heard; /* sealed is empty where nobody was asked: then only own is printed */
	bool recalled;              /* an answer of earlier, by stick or before the line went down */
	struct compare_result result;
	int64_t repaired;
};

/* Output is checked by the caller, once (writer_status). STATUS_NO_MEMORY: the table is not all there. */
MUST_CHECK enum status compare_print_text(const struct agent *agent, const struct comparison *c);
void compare_print_json(const struct agent *agent, const struct comparison *c);

/* What to do about the differences there are. */
const char *compare_advice(const struct comparison *c);

#endif
