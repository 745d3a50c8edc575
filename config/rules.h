/*
 * Rules of counting as files: NAME.ini with one section [rule] (config/rules/ has ours and says what each key
 * means; protocol/count.h what it does). Every key must be there and nothing else; `same_as = NAME` stands alone.
 */
#ifndef MOTCUA_CONFIG_RULES_H
#define MOTCUA_CONFIG_RULES_H

#include "config/settings.h"
#include "protocol/count.h"

/*
 * Reads the rule of a name. First from dir (may be NULL), then from "rules" beside the program, then from where it
 * was installed. STATUS_EMPTY: there is none; STATUS_SETTINGS with *ret_fault filled and the file's path in
 * ret_fault->path.
 */
struct rule_fault {
	struct settings_fault settings;
	char path[SETTING_TEXT_MAX + 1];
};
MUST_CHECK enum status rule_read(const char *name, const char *dir, struct count_rule *ret_rule,
				 struct rule_fault *ret_fault);

/* The first 12 hexadecimal digits of the rule's hash, as reports print it; "built in" for zeros. */
enum { RULE_HASH_TEXT = 16 };
void rule_hash_format(const struct count_rule *rule, char ret_text[static RULE_HASH_TEXT]);

#endif
