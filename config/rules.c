#include "config/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/named_file.h"

enum { SHORT_HASH = 6, SAME_AS_DEPTH = 2 };

/* The texts of a rule file before they are understood. */
struct rule_texts {
	char name[SETTING_TEXT_MAX + 1];
	char source[SETTING_TEXT_MAX + 1];
	char end[SETTING_TEXT_MAX + 1];
	char compare[SETTING_TEXT_MAX + 1];
	char withdrawn[SETTING_TEXT_MAX + 1];
	char stopped[SETTING_TEXT_MAX + 1];
	char paused[SETTING_TEXT_MAX + 1];
	char refused[SETTING_TEXT_MAX + 1];
	char waiting[SETTING_TEXT_MAX + 1];
	char same_as[SETTING_TEXT_MAX + 1];
	int64_t version;
	int64_t supplements_max;
};

void rule_hash_format(const struct count_rule *rule, char ret_text[static RULE_HASH_TEXT])
{
	static const uint8_t none[HASH_LEN];
	char hex[2 * SHORT_HASH + 1];
	bool built_in = memcmp(rule->hash, none, HASH_LEN) == 0;
	(void)snprintf(ret_text, RULE_HASH_TEXT, "%s",
		       built_in ? "built in" : hex_format(rule->hash, SHORT_HASH, hex));
}

static enum status fail(struct rule_fault *fault, const char *key)
{
	fault->settings.line = 0;
	(void)snprintf(fault->settings.what, sizeof(fault->settings.what),
		       _("the rule's key %s is missing or unknown"), key);
	return STATUS_SETTINGS;
}

/* The place of a text among the words, -1 if it is none of them. */
static int choose(const char *text, const char *const *words, int n_words)
{
	for (int i = 0; i < n_words; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	return -1;
}

static enum status choose_flags(const struct rule_texts *t, struct count_rule *rule, struct rule_fault *fault)
{
	const struct {
		const char *key;
		const char *text;
		const char *words[2]; /* false, true */
		bool *target;
	} flags[] = {
		{"compare", t->compare, {"date", "time"}, &rule->compare_times},
		{"withdrawn", t->withdrawn, {"on_time", "compared"}, &rule->withdrawn_compared},
		{"stopped", t->stopped, {"waits", "ends"}, &rule->stopped_ends},
		{"paused", t->paused, {"in_time", "compared"}, &rule->paused_late},
		{"refused", t->refused, {"apart", "counts"}, &rule->refused_counts},
		{"waiting", t->waiting, {"counted", "subtracted"}, &rule->waiting_subtracted},
	};
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int choice = choose(flags[i].text, flags[i].words, 2);
		if (choice < 0)
			return fail(fault, flags[i].key);
		*flags[i].target = choice == 1;
	}
	return STATUS_OK;
}

static enum status understand(const struct rule_texts *t, struct count_rule *rule, struct rule_fault *fault)
{
	static const char *const ends[] = {"returned, finished", "finished, returned", "finished"};
	int end = choose(t->end, ends, 3);
	if (end < 0)
		return fail(fault, "end");
	if (t->name[0] == '\0' || strlen(t->name) > RULE_NAME)
		return fail(fault, "name");
	if (t->version < 1)
		return fail(fault, "version");
	if (t->supplements_max < 0)
		return fail(fault, "supplements_max");
	rule->end = (enum rule_end)end;
	rule->version = t->version;
	rule->supplements_max = t->supplements_max;
	(void)snprintf(rule->name, sizeof(rule->name), "%.*s", RULE_NAME, t->name);
	(void)snprintf(rule->source, sizeof(rule->source), "%s", t->source);
	return choose_flags(t, rule, fault);
}

static enum status read_texts(const char *path, struct rule_texts *t, struct rule_fault *fault)
{
	const struct setting table[] = {
		{"rule", "name", SETTING_TEXT, 0, 0, t->name},
		{"rule", "version", SETTING_INT, 1, INT32_MAX, &t->version},
		{"rule", "source", SETTING_TEXT, 0, 0, t->source},
		{"rule", "end", SETTING_TEXT, 0, 0, t->end},
		{"rule", "compare", SETTING_TEXT, 0, 0, t->compare},
		{"rule", "withdrawn", SETTING_TEXT, 0, 0, t->withdrawn},
		{"rule", "stopped", SETTING_TEXT, 0, 0, t->stopped},
		{"rule", "paused", SETTING_TEXT, 0, 0, t->paused},
		{"rule", "refused", SETTING_TEXT, 0, 0, t->refused},
		{"rule", "waiting", SETTING_TEXT, 0, 0, t->waiting},
		{"rule", "supplements_max", SETTING_INT, 0, INT32_MAX, &t->supplements_max},
		{"rule", "same_as", SETTING_TEXT, 0, 0, t->same_as},
	};
	*t = (struct rule_texts){.supplements_max = -1};
	return settings_read(path, table, sizeof(table) / sizeof(table[0]), &fault->settings);
}

/* One file; *ret_same_as is the other rule it stands for, or "". */
static enum status read_one(const char *dir, const char *name, struct count_rule *rule, struct rule_fault *fault,
			    char ret_same_as[static SETTING_TEXT_MAX + 1])
{
	struct rule_texts texts;
	char file[RULE_NAME + 8];
	(void)snprintf(file, sizeof(file), "%.*s.ini", RULE_NAME, name); /* named_file_is_name() has bounded it */
	char *path = path_join(dir, file);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	(void)snprintf(fault->path, sizeof(fault->path), "%s", path);
	enum status s = read_texts(path, &texts, fault);
	if (s == STATUS_OK) {
		memcpy(ret_same_as, texts.same_as, SETTING_TEXT_MAX + 1);
		if (texts.same_as[0] == '\0')
			s = understand(&texts, rule, fault);
	}
	if (s == STATUS_OK)
		s = named_file_hash(path, rule->hash);
	free(path);
	return s;
}

static enum status read_from(const char *dir, const char *name, struct count_rule *ret_rule,
			     struct rule_fault *fault)
{
	char wanted[SETTING_TEXT_MAX + 1];
	(void)snprintf(wanted, sizeof(wanted), "%s", name);
	for (int depth = 0; depth < SAME_AS_DEPTH; depth++) {
		struct count_rule rule = {0};
		char same_as[SETTING_TEXT_MAX + 1] = "";
		enum status s = read_one(dir, wanted, &rule, fault, same_as);
		if (s == STATUS_OK && same_as[0] == '\0')
			*ret_rule = rule;
		if (s != STATUS_OK || same_as[0] == '\0')
			return s;
		if (!named_file_is_name(same_as))
			return fail(fault, "same_as");
		memcpy(wanted, same_as, sizeof(wanted));
	}
	return fail(fault, "same_as");
}

struct asked {
	const char *name;
	struct count_rule *rule;
	struct rule_fault *fault;
};

static enum status look(void *context, const char *dir)
{
	const struct asked *asked = context;
	return read_from(dir, asked->name, asked->rule, asked->fault);
}

enum status rule_read(const char *name, const char *dir, struct count_rule *ret_rule, struct rule_fault *ret_fault)
{
	struct asked asked = {.name = name, .rule = ret_rule, .fault = ret_fault};
	*ret_fault = (struct rule_fault){0};
	return named_file_is_name(name) ? named_file_walk("rules", dir, look, &asked) : STATUS_EMPTY;
}
