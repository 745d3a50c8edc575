/*
 * The one escaping rule of all JSON this project writes (RFC 8259 section 7), for the row kept in `rejected` and
 * for reports alike. Any thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_JSON_ESCAPE_H
#define MOTCUA_PROTOCOL_TABLES_JSON_ESCAPE_H

#include "protocol/bytes.h"

enum { JSON_ESCAPE = 8 /* the longest piece, and its NUL */ };

/*
 * The next piece of a string's JSON form: takes at least one byte off the front of *rest, which must not be empty,
 * and writes what stands for it to out. What is not UTF-8 becomes U+FFFD, so that a document is always valid.
 * Returns the length of the piece.
 */
size_t json_escape(struct slice *rest, char out[static JSON_ESCAPE]);

#endif
