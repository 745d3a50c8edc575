/*
 * What was refused, here or by the hub, with the reason. A record stands here with its recognised columns only
 * (L15). The same refusal of the same row of the same file is kept once, however often it is imported.
 */
#ifndef MOTCUA_AGENT_REJECTED_H
#define MOTCUA_AGENT_REJECTED_H

#include "agent/agent.h"

struct rejection {
	int64_t id; /* set when read */
	int64_t at;
	int64_t import;      /* 0: by hand or by the hub */
	const char *file;    /* name without its folders; NULL if none */
	int64_t line;        /* row in the file, 0: none */
	struct slice name;   /* column, empty: none */
	const char *reason;  /* stable word */
	struct slice record; /* recognised columns as JSON; empty where change says it */
	int64_t change;      /* number of the change the hub refused, 0: none */
};

/* Inside the caller's transaction. */
MUST_CHECK enum status rejected_put(struct database *db, const struct rejection *rejection);
MUST_CHECK enum status rejected_count(struct database *db, int64_t *ret_count);
/* STATUS_EMPTY if there is no such number. */
MUST_CHECK enum status rejected_discard(struct database *db, int64_t id);

/* Calls each for every one, or for one number (id 0: all), oldest first. The rejection lives for the call. A status
 * other than STATUS_OK ends the walk and is returned. */
typedef enum status (*rejected_each_function)(void *context, const struct rejection *rejection);
MUST_CHECK enum status rejected_each(struct database *db, int64_t id, rejected_each_function each, void *context);

#endif
