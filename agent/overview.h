/*
 * How the agent stands, in numbers: what `status` prints and the service logs.
 */
#ifndef MOTCUA_AGENT_OVERVIEW_H
#define MOTCUA_AGENT_OVERVIEW_H

#include "agent/incarnation.h"
#include "protocol/reply.h"

enum { OVERVIEW_NOTICES = 5, OVERVIEW_LOSSES = 8 };

struct overview {
	enum device_state state;
	enum trouble trouble; /* what is so now, TROUBLE_NONE: nothing */
	size_t n_notices;     /* what befell the database, newest first */
	struct notice notices[OVERVIEW_NOTICES];
	size_t n_losses;
	struct incarnation_loss losses[OVERVIEW_LOSSES];
	int64_t waiting;      /* changes without a receipt */
	int64_t sealed;       /* last batch of this incarnation */
	int64_t acknowledged; /* last batch up to which every one has its receipt */
	int64_t safe;         /* last batch inside a verified backup of the hub */
	int64_t rejected;
	int64_t last_sync;    /* TIME_UNSET: never */
	char last_error[40];  /* status code, empty: none */
	int64_t next_attempt; /* TIME_UNSET: no service plans one */
	bool cut_off;         /* changes wait, the last exchange failed, and no head came for a day or longer */
	int64_t clock_offset_ms;
	int64_t queue_bytes; /* size of the database */
};
MUST_CHECK enum status overview_read(const struct agent *agent, struct overview *ret_overview);

#endif
