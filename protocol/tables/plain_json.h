/*
 * Nearly every line of NDJSON that a program writes: one flat object, its texts without escapes, its numbers whole.
 * Read in place, in a twentieth of the time a library takes that makes a tree of it; everything else is left to
 * that (read_ndjson.c), which alone says what is wrong with a line. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_PLAIN_JSON_H
#define MOTCUA_PROTOCOL_TABLES_PLAIN_JSON_H

#include "protocol/tables/row.h"

/* True if the line is such an object; its members are then the row's cells and borrow from the line. */
bool plain_json_read(struct slice line, struct row *row);

#endif
