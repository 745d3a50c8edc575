/*
 * A column of integers as a batch carries it (PROTOCOL.md section 4): one integer if all values are equal, else a
 * byte string of zig-zag LEB128 values, else [scale, byte string]: every value a multiple of scale, and where scale
 * is below 0 none but the first with a sign. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_COLUMN_H
#define MOTCUA_PROTOCOL_COLUMN_H

#include "protocol/cbor.h"

/*
 * Appends n values in the shortest form, scaled by their greatest common divisor or not at all; none as an empty
 * byte string. Errors stick in out.
 */
void column_put(struct bytes *out, const int64_t *values, size_t n);
/* Takes exactly n values into values; anything else fails the reader, and without signless a scale below 0 too. */
void column_take(struct cbor *r, bool signless, int64_t *values, size_t n);

#endif
