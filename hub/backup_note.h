/*
 * What the hub knows of its backups, as notes beside the state: "backup", the last one that was verified, and
 * "backups", set where the hub is told to make them. With either, `safe` of a head is what the last one holds (L4).
 */
#ifndef MOTCUA_HUB_BACKUP_NOTE_H
#define MOTCUA_HUB_BACKUP_NOTE_H

#include "hub/hub.h"

enum { BACKUP_PATH = 1024 };

struct backup_note {
	int64_t at;              /* its snapshot */
	int64_t entry;           /* the last one of the log in it */
	uint8_t chain[HASH_LEN]; /* the log's chain hash there */
	int64_t bytes;
	uint8_t digest[HASH_LEN]; /* SHA-256 of the file */
	char path[BACKUP_PATH + 1];
};

/* STATUS_EMPTY: there was none. */
MUST_CHECK enum status backup_note_get(struct hub *hub, struct backup_note *ret_note);
/* Inside a transaction: from now on `safe` is what the chains of `copy`, the backup, hold. */
MUST_CHECK enum status backup_note_set(struct hub *hub, const struct backup_note *note, struct hub *copy);
/* In a copy: when it was made, as restoring shows it. STATUS_EMPTY. */
MUST_CHECK enum status backup_note_made(struct hub *copy, int64_t *ret_at);
MUST_CHECK enum status backup_note_set_made(struct database *copy, int64_t at);
/* Size and digest of the file at note->path, into the note. */
MUST_CHECK enum status backup_note_digest(struct backup_note *note, const char *path);

/* Inside a transaction: where they are expected nothing is safe before the first one is made. */
MUST_CHECK enum status backup_note_expect(struct hub *hub, bool expected);
MUST_CHECK enum status backup_note_expected(struct hub *hub, bool *ret_expected);

#endif
