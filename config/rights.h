/*
 * Whether a data directory and what lies in it belong to this account alone, and the very command that mends it
 * where they do not. What differs between systems stands in rights_posix.c and its sibling.
 */
#ifndef MOTCUA_CONFIG_RIGHTS_H
#define MOTCUA_CONFIG_RIGHTS_H

#include <stddef.h>

enum rights_kind {
	RIGHTS_FOLDER, /* others may not write in it */
	RIGHTS_SECRET, /* others may not even read it */
	RIGHTS_FILE    /* ours to read and write */
};
enum rights {
	RIGHTS_GOOD,     /* also where there is nothing under the path */
	RIGHTS_TOO_OPEN, /* others may do what they must not */
	RIGHTS_FOREIGN,  /* it belongs to another account, and we are not root */
	RIGHTS_NO_FILE   /* a link, a folder or the like where a file of its own is wanted */
};
enum { RIGHTS_TEXT = 4096 + 128 };

/*
 * Judges one path. Unless it is good, *ret_owner names the account it belongs to and *ret_remedy is a command that
 * mends it ("" for RIGHTS_NO_FILE, or where it does not fit).
 */
enum rights rights_judge(const char *path, enum rights_kind kind, char ret_owner[static RIGHTS_TEXT],
			 char ret_remedy[static RIGHTS_TEXT]);

struct rights_item {
	const char *name; /* in the directory */
	enum rights_kind kind;
};
/*
 * Says the first thing that is amiss with the rights of the directory or of these items, with its remedy, and
 * returns EXIT_PERMISSION; EXIT_DONE without a word if nothing is.
 */
int rights_say(const char *dir, const struct rights_item *items, size_t n_items);

#endif
