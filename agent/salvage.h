/*
 * Reads what can be read out of a damaged database into a new one. Tables are copied row by row, so that a damaged
 * page costs its own rows alone; a change whose check value does not fit is not taken over. The book is made anew
 * from the changes.
 */
#ifndef MOTCUA_AGENT_SALVAGE_H
#define MOTCUA_AGENT_SALVAGE_H

#include "agent/agent.h"

/* STATUS_CORRUPT if anything of an opened database is not what was written: its pages, a change, an envelope. */
MUST_CHECK enum status salvage_check(struct database *db);

/*
 * Into a new, empty database; it is the caller's to sync the file (file_sync). *ret_rows counts the rows taken
 * over, *ret_lost the changes that are not, SALVAGE_UNKNOWN if that cannot be told. A file nothing can be read of
 * is no failure: then there are none.
 */
enum { SALVAGE_UNKNOWN = -1 };
MUST_CHECK enum status salvage_rows(struct database *db, const char *damaged, int64_t *ret_rows, int64_t *ret_lost);

/* Writes the book of an opened agent anew from its changes, in one transaction. */
MUST_CHECK enum status salvage_book(const struct agent *agent);

#endif
