/*
 * The dossiers of the book as they count (design section 3 rule 7): an official one together with the provisional
 * ones that were joined to it, also where nothing else of it was entered here.
 */
#ifndef MOTCUA_AGENT_DOSSIERS_H
#define MOTCUA_AGENT_DOSSIERS_H

#include "agent/book.h"

/*
 * Calls each for every dossier, provisional ones too (which are told from the others by dossier_facts_of). What is
 * handed out lives for the call. A status other than STATUS_OK ends the walk and is returned.
 */
typedef enum status (*dossiers_each_function)(void *context, struct slice code, const struct resolved *resolved);
MUST_CHECK enum status dossiers_each(const struct agent *agent, dossiers_each_function each, void *context);

#endif
