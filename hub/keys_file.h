/*
 * The hub's private keys in a file under a passphrase, to be kept apart from the backups: without them nobody can
 * sign in this hub's name again, and every device would have to enrol anew.
 *
 *   ["motcua-keys", 1, hub id, sealed]    in CBOR; sealed as passphrase_seal of [[name, content] …], the five files
 */
#ifndef MOTCUA_HUB_KEYS_FILE_H
#define MOTCUA_HUB_KEYS_FILE_H

#include "hub/hub.h"

/* The files of a data directory that hold keys, and what belongs to them. NULL-terminated. */
extern const char *const KEY_FILES[];

/*
 * Writes a new file, readable by its owner alone, and reads it back. STATUS_EXISTS: there is one of this name;
 * STATUS_LOST_DATA: a key is missing; STATUS_DIFFERENT: the medium does not keep it.
 */
MUST_CHECK enum status keys_export(struct hub *hub, const char *path, struct slice passphrase);

/*
 * Puts the keys into a directory, which is made if missing. STATUS_FORGED: another passphrase, or a damaged file;
 * STATUS_MALFORMED: no such file of ours; STATUS_EMPTY: none at all; STATUS_EXISTS: other keys lie there.
 */
MUST_CHECK enum status keys_import(const char *dir, const char *path, struct slice passphrase);

#endif
