/*
 * How a line of a unit_map is called for people: the unit's name, and of what cannot be divided between which
 * units.
 */
#ifndef MOTCUA_HUB_UNIT_TITLE_H
#define MOTCUA_HUB_UNIT_TITLE_H

#include "hub/unit_map.h"

enum { UNIT_MAY_BE = 1024, UNIT_TITLE = UNIT_NAME + UNIT_MAY_BE + 80 };

/* In the language of the messages. Returns out. */
const char *unit_title(const struct unit_map *map, int line, char out[static UNIT_TITLE]);

/*
 * The codes of the units among which the records of an undivided line would have to be shared out, with commas
 * between them, as many as fit; "" if nothing is known of them. Returns out.
 */
const char *unit_may_be(const struct unit_map *map, int line, char out[static UNIT_MAY_BE]);

#endif
