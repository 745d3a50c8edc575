/*
 * What was taken back: void things, and provisional dossiers that an official code replaced. They count nowhere and
 * are listed here. One thread, inside the caller's snapshot; the registry is as of that snapshot.
 */
#ifndef MOTCUA_HUB_REPORT_VOID_H
#define MOTCUA_HUB_REPORT_VOID_H

#include "hub/unit_map.h"

struct void_line {
	enum kind kind;
	struct slice key;
	struct slice unit;
	struct slice replaced_by;    /* empty: it is void */
	const struct origin *origin; /* of the word that took it back */
};

/* Calls each for what belongs to a line of the map or one below it, by kind and key. The line lives for the call.
 */
MUST_CHECK enum status void_walk(struct database *db, const struct unit_map *map, int unit,
				 enum status (*each)(void *context, const struct void_line *line), void *context);

#endif
