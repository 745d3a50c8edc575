/*
 * Files that come with the programs and that an office may replace by its own: NAME.ini in a folder of the data
 * directory, else in the folder beside the program, else where it was installed. One thread.
 */
#ifndef MOTCUA_CONFIG_NAMED_FILE_H
#define MOTCUA_CONFIG_NAMED_FILE_H

#include <stdbool.h>

#include "config/settings.h"
#include "protocol/sign.h"

enum { NAMED_FILE_NAME = 32, NAMED_FILE_PATH = 511 };

/* Small letters, digits, - and _; 1 to NAMED_FILE_NAME bytes. */
bool named_file_is_name(const char *name);

/*
 * Calls look(context, dir) for each folder in which such files may lie, until one answers other than STATUS_EMPTY:
 * own (NULL: none), then those beside and with the program. folder is "rules", "index" … Returns what look said
 * last.
 */
typedef enum status (*named_file_look)(void *context, const char *dir);
MUST_CHECK enum status named_file_walk(const char *folder, const char *own, named_file_look look, void *context);

/*
 * The path of a name's file, cut to NAMED_FILE_PATH bytes. folder is "rules", "index" …; data may be NULL.
 * STATUS_EMPTY if there is none or it is no name; STATUS_NO_MEMORY.
 */
MUST_CHECK enum status named_file_find(const char *folder, const char *name, const char *data,
				       char ret_path[static NAMED_FILE_PATH + 1]);

/* What is wrong with such a file, and which it is. */
struct named_file_fault {
	char path[NAMED_FILE_PATH + 1];
	struct settings_fault settings;
};
/* Says so on stderr, with the next thing to do. Returns s. */
enum status named_file_say(enum status s, const struct named_file_fault *fault);

/* SHA-256 of what stands in the file. */
MUST_CHECK enum status named_file_hash(const char *path, uint8_t ret_hash[static HASH_LEN]);

#endif
