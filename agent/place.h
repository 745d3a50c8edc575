/*
 * Is this the database we last wrote, where we wrote it? Judged before anything is sealed, from what stands outside
 * the database: the anchor, the file itself, the machine and its last start (config/machine.h). A copy that goes on
 * under old numbers would break L3; a needless doubt costs one small exchange, a needless new incarnation nothing
 * but its number.
 */
#ifndef MOTCUA_AGENT_PLACE_H
#define MOTCUA_AGENT_PLACE_H

#include "agent/agent.h"

enum place {
	PLACE_SAME,
	PLACE_DOUBTFUL,     /* nothing speaks against it, but it may have been put back: ask the hub first */
	PLACE_ROLLED_BACK,  /* the files were copied, or are behind their anchor */
	PLACE_OTHER_MACHINE /* set up elsewhere: a person must say that this is meant */
};
/* STATUS_LOST_DATA: the file was taken away while it was open. */
MUST_CHECK enum status place_judge(const struct agent *agent, enum place *ret_place);

/* From now on this is where it belongs; inside the caller's transaction or by itself. */
MUST_CHECK enum status place_note(const struct agent *agent);

#endif
