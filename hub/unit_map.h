/*
 * The units of one day, and where the records of every other unit count on that day: where the succession leads,
 * forwards from a unit that has ended and backwards from one that has not begun. A unit that was divided, or was
 * made of several, cannot be shared out without knowing each dossier: its records stay under a line of their own,
 * never given to one of them. Made for one report; one thread, over the registry as it stands.
 *
 * 1. place[i] is a line of this day: a unit valid on it, or one that cannot be divided (unit_map_undivided).
 * 2. parent[] makes a tree of the lines without circles. What cannot be divided stands under the lowest unit that
 * is above all it may belong to. Former provinces that the hub took over stand under its own.
 */
#ifndef MOTCUA_HUB_UNIT_MAP_H
#define MOTCUA_HUB_UNIT_MAP_H

#include "hub/registry.h"

struct unit_map {
	const struct registry *registry; /* borrowed */
	int32_t day;
	int32_t same_from; /* on every day from here … */
	int32_t same_to;   /* … to here the same units are valid */
	int n;
	int top; /* UNIT_NONE before the first import */
	int *place;
	int *parent;     /* of lines; UNIT_NONE at the top */
	bool *has_child; /* of valid units: among the valid ones */
};

MUST_CHECK enum status unit_map_new(const struct registry *r, int32_t day, struct unit_map *ret_map);
void unit_map_free(struct unit_map *map);

/* The line for what was stated as `code` on a day; UNIT_NONE if the code is not in the list. */
int unit_map_find(const struct unit_map *map, struct slice code, int32_t day);

/* The line of a dossier: its unit as stated on unit_day, or, where that began later, what `units` knows of before.
 */
int unit_map_find_stated(const struct unit_map *map, struct slice code, int32_t unit_day, struct slice units);

/* True if line `above` is line `below` or stands over it. */
bool unit_map_covers(const struct unit_map *map, int above, int below);

bool unit_map_is_line(const struct unit_map *map, int unit);
/* True for a line that is no unit of the day: what it names cannot be shared out. */
bool unit_map_undivided(const struct unit_map *map, int unit);
/* True for a unit of the day with none below it. */
bool unit_map_is_leaf(const struct unit_map *map, int unit);

/* How a line is told from every other in a document: its code, with a day where it is no unit of the map's day. */
enum { UNIT_KEY = LIMIT_UNIT + DATE_TEXT + 1 };
const char *unit_map_key(const struct unit_map *map, int unit, char out[static UNIT_KEY]);

/*
 * The line that a person names by a code, or by CODE@YYYY-MM-DD, the unit that had it on that day. UNIT_NONE if
 * there is none. *ret_named is the unit that was named, where its records count under another.
 */
int unit_map_parse(const struct unit_map *map, const char *text, int *ret_named);

#endif
