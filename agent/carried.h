/*
 * Files for a stick as the commands write and name them, and what they say when a stick does not do its part.
 */
#ifndef MOTCUA_AGENT_CARRIED_H
#define MOTCUA_AGENT_CARRIED_H

#include "agent/courier.h"
#include "protocol/tables/writer.h"

struct carried {
	char *path; /* of the first file; owned */
	struct courier_export export;
};

/*
 * courier_export() to the file given, or into the directory given under a name of its own. Free it in any case;
 * path is NULL only for STATUS_NO_MEMORY.
 */
MUST_CHECK enum status carried_export(struct agent *agent, const char *given, struct carried *ret_carried);
void carried_free(struct carried *carried);

/* A line about what was written, and the same as members of a JSON object. */
void carried_print(const struct carried *carried);
void carried_members(struct json_writer *w, const struct carried *carried);

/* Say why a file could not be written, or not be read, and return the exit status. */
int carried_say_unwritten(enum status s, const char *path);
int carried_say_unread(enum status s, const char *path);

#endif
