/*
 * zlib (RFC 1950) with sizes known beforehand; deflate.c alone includes zlib.h. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_DEFLATE_H
#define MOTCUA_PROTOCOL_DEFLATE_H

#include "protocol/bytes.h"

/* What the caller knows of the data, for fewer bytes; none of it changes what comes out again. */
struct deflate_hints {
	struct slice dictionary; /* what both sides have before they begin (RFC 1950 FDICT); empty: nothing */
	const size_t *cuts;      /* ascending places in the data where its habit changes: new blocks begin there */
	size_t n_cuts;
	bool noisy; /* short repetitions are chance and no habit, and long ones are soon found */
};

/* Appends the compressed form of data to out; hints may be NULL. STATUS_LIMIT over out's limit, STATUS_NO_MEMORY.
 */
MUST_CHECK enum status deflate_pack(struct slice data, const struct deflate_hints *hints, struct bytes *out);

/*
 * Appends exactly raw_len inflated bytes to out. Anything but one complete zlib stream of that size, with nothing
 * after it, is STATUS_MALFORMED: a bomb stops at raw_len. raw_len must be within out's limit. A stream that was
 * packed with a dictionary names it by its checksum: with another than this it is STATUS_MALFORMED too.
 */
MUST_CHECK enum status deflate_unpack(struct slice packed, struct slice dictionary, size_t raw_len,
				      struct bytes *out);

#endif
