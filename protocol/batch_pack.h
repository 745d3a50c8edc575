/*
 * How the rows of a batch are compressed (PROTOCOL.md section 4): zlib with a dictionary that every reader has,
 * long columns in blocks of their own. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_BATCH_PACK_H
#define MOTCUA_PROTOCOL_BATCH_PACK_H

#include "protocol/bytes.h"

/* Appends the stream of rows, one well-formed CBOR item. STATUS_LIMIT over out's limit, STATUS_NO_MEMORY. */
MUST_CHECK enum status batch_pack(struct slice rows, struct bytes *out);

/*
 * Appends the rows, exactly raw_len bytes; as deflate_unpack. Streams without the dictionary are always read, those
 * with it only where dictionary is true.
 */
MUST_CHECK enum status batch_unpack(struct slice packed, bool dictionary, size_t raw_len, struct bytes *out);

#endif
