/*
 * The parts of a zipped document, inflated piece by piece and within bounds. The only file that knows libzip is
 * package.c. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_FOREIGN_PACKAGE_H
#define MOTCUA_PROTOCOL_TABLES_FOREIGN_PACKAGE_H

#include "protocol/bytes.h"

enum { PACKAGE_PARTS = 4096, PACKAGE_NAME = 256 };

struct package;

/* file is borrowed until the package is freed. STATUS_MALFORMED: no sound package, or over PACKAGE_PARTS. */
MUST_CHECK enum status package_open(struct slice file, struct package **ret_package);
void package_free(struct package *p);

bool package_has(struct package *p, const char *name);

/*
 * Feeds a part to a function in pieces. STATUS_EMPTY: there is no such part; STATUS_MALFORMED: damaged or under a
 * password; STATUS_LIMIT: all parts read so far inflate to more than LIMIT_IMPORT_BYTES; or the function's status.
 */
MUST_CHECK enum status package_read(struct package *p, const char *name,
				    enum status (*piece)(void *context, struct slice bytes), void *context);

#endif
