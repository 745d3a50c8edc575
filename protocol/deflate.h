/*
 * zlib (RFC 1950) with sizes known beforehand; deflate.c alone includes zlib.h. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_DEFLATE_H
#define MOTCUA_PROTOCOL_DEFLATE_H

#include "protocol/bytes.h"

/* Appends the compressed form of data to out. STATUS_LIMIT over out's limit, STATUS_NO_MEMORY. */
MUST_CHECK enum status deflate_pack(struct slice data, struct bytes *out);

/*
 * Appends exactly raw_len inflated bytes to out. Anything but one complete zlib stream of that size, with nothing
 * after it, is STATUS_MALFORMED: a bomb stops at raw_len. raw_len must be within out's limit.
 */
MUST_CHECK enum status deflate_unpack(struct slice packed, size_t raw_len, struct bytes *out);

#endif
