/*
 * `key = value` lines in `[sections]`, read by a table {section, key, type, range, target}. An unknown, repeated or
 * unreadable key is an error with file and line. `#` and `;` begin a comment line. A bool is yes or no (true, on,
 * 1).
 */
#ifndef MOTCUA_CONFIG_SETTINGS_H
#define MOTCUA_CONFIG_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/status.h"

enum setting_type { SETTING_TEXT, SETTING_INT, SETTING_BOOL };

enum { SETTING_TEXT_MAX = 255 };

struct setting {
	const char *section;
	const char *key;
	enum setting_type type;
	int64_t min; /* SETTING_INT */
	int64_t max;
	void *target; /* char[SETTING_TEXT_MAX + 1], int64_t, bool */
};

struct settings_fault {
	int line;       /* 0: the file as a whole */
	char what[200]; /* a sentence in the user's language, without file and line */
};

/*
 * Reads the file into the targets, which hold the defaults before and keep them after a failure. At most 64
 * settings. STATUS_EMPTY if there is no file,
 * STATUS_SETTINGS with *ret_fault filled, or what reading failed with.
 */
MUST_CHECK enum status settings_read(const char *path, const struct setting *table, size_t n_settings,
				     struct settings_fault *ret_fault);

/*
 * The same form with sections and keys that are no fixed table: calls each(context, …) for every line in order;
 * keys may repeat. The texts are borrowed for the call. It answers NULL, or a sentence (_()) that becomes
 * *ret_fault with the line: STATUS_SETTINGS. Otherwise as settings_read; what lines before a faulty one gave has
 * been taken.
 */
typedef const char *(*settings_entry)(void *context, const char *section, const char *key, const char *value);
MUST_CHECK enum status settings_each(const char *path, settings_entry each, void *context,
				     struct settings_fault *ret_fault);

#endif
