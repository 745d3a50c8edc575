/*
 * A folder that others write into, and what lies in it. Nothing there is believed: no link is followed, no pipe or
 * device waited for, no name leads out of the folder. What differs between systems stands behind this header.
 */
#ifndef MOTCUA_CONFIG_FOLDER_H
#define MOTCUA_CONFIG_FOLDER_H

#include "protocol/bytes.h"

struct folder; /* opaque */

/* STATUS_EMPTY if there is none, STATUS_PERMISSION; a link to a folder is fine here: the path is a setting. */
MUST_CHECK enum status folder_open(const char *path, struct folder **ret_folder);
/* One inside; it must be a folder itself (STATUS_PERMISSION). */
MUST_CHECK enum status folder_open_inside(const struct folder *folder, const char *name,
					  struct folder **ret_folder);
/* NULL is fine. */
void folder_close(struct folder *folder);

struct folder_names {
	size_t n;
	char **names; /* in the order of their bytes, without "." and ".." */
};
MUST_CHECK enum status folder_list(const struct folder *folder, struct folder_names *ret_names);
void folder_names_free(struct folder_names *names);

enum entry_kind {
	ENTRY_FILE,
	ENTRY_FOLDER,
	ENTRY_OTHER /* a link, a pipe, a socket, a device */
};
struct folder_entry {
	enum entry_kind kind;
	int64_t size;        /* bytes */
	int64_t touched_ms;  /* last change of any kind, which nobody can set */
	int64_t modified_ms; /* last change of the content, as it says itself */
	uint64_t number;     /* of the file on its disk */
	uint64_t names;      /* how many the file has, here or elsewhere */
};
/* Looks at an entry, not at what it may link to. STATUS_EMPTY if there is none. */
MUST_CHECK enum status folder_look(const struct folder *folder, const char *name, struct folder_entry *ret_entry);
/* True if nothing at all happened to a file between two looks. */
bool folder_same(const struct folder_entry *a, const struct folder_entry *b);

/*
 * Opens a file for reading: a descriptor, close-on-exec, the caller's to close. STATUS_EMPTY, STATUS_PERMISSION
 * also for a link; STATUS_REFUSED for what is no file. *ret_entry describes what was opened.
 */
MUST_CHECK enum status folder_read(const struct folder *folder, const char *name, int *ret_fd,
				   struct folder_entry *ret_entry);

/* Moves an entry into a folder inside this one, made (0700) if it is missing; beside a namesake as NAME.1 to .9999.
 */
MUST_CHECK enum status folder_put_aside(const struct folder *folder, const char *name, const char *inside);
/* Removes a file or link. */
MUST_CHECK enum status folder_remove(const struct folder *folder, const char *name);

#endif
