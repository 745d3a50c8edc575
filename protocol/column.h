/*
 * A column of integers as a batch carries it (PROTOCOL.md section 4): one integer if all values are equal, else a
 * byte string of zig-zag LEB128 values, else [scale, byte string] with every value a multiple of scale.
 * Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_COLUMN_H
#define MOTCUA_PROTOCOL_COLUMN_H

#include "protocol/cbor.h"

/* Appends n values. scaled: try the scale 1000 (instants that are whole seconds). Errors stick in out. */
void column_put(struct bytes *out, const int64_t *values, size_t n, bool scaled);
/* Takes exactly n values into values; anything else fails the reader. */
void column_take(struct cbor *r, int64_t *values, size_t n);

#endif
