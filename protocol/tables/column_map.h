/*
 * Column maps: what the headings of one program's export mean, where the record table's own names do not say it. A
 * map is text in sections:
 *
 *   [map]      kind = dossier|equipment|indicator; empty = clear|ignore; separator = , or ; or tab;
 *              confirmed = yes|no; banner = a field that holds a unit: what a line that stands alone between the
 *              rows says of those below it
 *   [columns]  "heading" = field, or - for a heading to be passed over
 *   [units]    "name" = code: units as the export names them, in a column or a banner
 *
 * kind is required; without the others an empty cell states nothing, the separator is guessed, the map counts as
 * confirmed, and a banner says nothing. Headings and names are compared as the record table compares its own; what
 * a map does not name is read without it. Immutable once read, any thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_COLUMN_MAP_H
#define MOTCUA_PROTOCOL_TABLES_COLUMN_MAP_H

#include "protocol/tables/row.h"

struct column_map; /* opaque */

enum { LIMIT_MAP = 64 * 1024, LIMIT_MAP_UNITS = 2048 };

enum map_fault {
	MAP_OK,
	MAP_NOT_TEXT, /* not UTF-8 */
	MAP_LINE,     /* no section, comment or "name = value" */
	MAP_SECTION,  /* unknown, or none before the first name */
	MAP_KEY,      /* unknown or repeated in [map] */
	MAP_VALUE,    /* of a key in [map] */
	MAP_NO_KIND,  /* kind is missing, or stands behind [columns] */
	MAP_HEADING_TWICE,
	MAP_FIELD,    /* no field of the kind */
	MAP_TOO_LONG, /* more headings than a table may have, or more units than a province has */
	MAP_UNIT      /* no unit code */
};

/* STATUS_REFUSED with *ret_fault and *ret_line (0: the map as a whole); STATUS_NO_MEMORY. Free the map. */
MUST_CHECK enum status column_map_read(struct slice text, struct column_map **ret_map, enum map_fault *ret_fault,
				       int *ret_line);
void column_map_free(struct column_map *map);

enum kind column_map_kind(const struct column_map *map);
/* 0: to be guessed. */
char column_map_separator(const struct column_map *map);
/* False if its author had no export to compare it with. */
bool column_map_confirmed(const struct column_map *map);
/* The field of banners by its name in the record table; NULL: they say nothing. */
const char *column_map_banner(const struct column_map *map);
/* What a folded heading means: a name of the record table, "" for one that is passed over, NULL if it is not named.
 */
const char *column_map_meaning(const struct column_map *map, struct slice folded);

/*
 * A row as the map reads it: headings under the names of the record table, "" for one that is passed over, units
 * by their codes where the map has their names, and, where it says so, empty cells of its fields as cleared. It
 * borrows from row and map. STATUS_NO_MEMORY.
 */
MUST_CHECK enum status column_map_apply(const struct column_map *map, const struct row *row, struct row *ret_row);

#endif
