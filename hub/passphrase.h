/*
 * The passphrase of the keys: asked on the terminal, where it is not shown, or the first line of a file.
 */
#ifndef MOTCUA_HUB_PASSPHRASE_H
#define MOTCUA_HUB_PASSPHRASE_H

#include "protocol/bytes.h"

enum { PASSPHRASE_MAX = 1024, PASSPHRASE_LEAST = 8 };

/* Room for one, to be given back with passphrase_free. */
struct bytes passphrase_new(void);
void passphrase_free(struct bytes *passphrase);

/*
 * file may be NULL: then standard input is asked, twice where it is a new one. STATUS_EMPTY: none was given, or no
 * such file; STATUS_DIFFERENT: the second time it was another; STATUS_LIMIT: a new one is shorter than
 * PASSPHRASE_LEAST bytes.
 */
MUST_CHECK enum status passphrase_get(const char *file, bool is_new, struct bytes *ret_passphrase);

#endif
