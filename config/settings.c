#include "config/settings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/options.h"
#include "protocol/bytes.h"
#include "protocol/limits.h"

enum {
	SETTINGS_MAX = 64,  /* bits of the set of seen keys */
	NAME_MAX_BYTES = 40 /* as much of an unknown name as a message shows */
};

struct reading {
	const struct setting *table;
	size_t n_settings;
	settings_entry each; /* instead of a table */
	void *context;
	bool store; /* first everything is checked, then everything is stored */
	int line;
	uint64_t seen;
	const char *section;
	struct settings_fault *fault;
};

static enum status fault(struct reading *r, const char *what, ...) PRINTF_LIKE(2, 3);

static enum status fault(struct reading *r, const char *what, ...)
{
	va_list args;
	va_start(args, what);
	r->fault->line = r->line;
	int wanted = vsnprintf(r->fault->what, sizeof(r->fault->what), what, args);
	va_end(args);
	/* A sentence cut short does not end inside a letter. */
	size_t len = strlen(r->fault->what);
	if (wanted >= (int)sizeof(r->fault->what)) {
		while (len > 0 && ((unsigned char)r->fault->what[len - 1] & 0xc0) == 0x80)
			len--;
		r->fault->what[len > 0 ? len - 1 : 0] = '\0';
	}
	return STATUS_SETTINGS;
}

/* Cuts the blanks off both ends, in place. */
static char *trim(char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	size_t len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	return text;
}

static bool parse_bool(const char *text, bool *ret_value)
{
	static const char *const words[][2] = {{"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int value = 0; value < 2; value++) {
			if (strcmp(text, words[i][value]) == 0) {
				*ret_value = value == 1;
				return true;
			}
		}
	}
	return false;
}

static enum status take_value(struct reading *r, const struct setting *setting, const char *value)
{
	long long number = 0;
	bool flag = false;
	switch (setting->type) {
	case SETTING_TEXT:
		if (strlen(value) > SETTING_TEXT_MAX)
			return fault(r, _("The value of %s is longer than %d bytes."), setting->key,
				     SETTING_TEXT_MAX);
		if (r->store)
			memcpy(setting->target, value, strlen(value) + 1);
		break;
	case SETTING_INT:
		if (option_number(value, setting->min, setting->max, &number) != STATUS_OK)
			return fault(r, _("%s must be a whole number from %lld to %lld."), setting->key,
				     (long long)setting->min, (long long)setting->max);
		if (r->store)
			*(int64_t *)setting->target = number;
		break;
	case SETTING_BOOL:
		if (!parse_bool(value, &flag))
			return fault(r, _("%s must be yes or no."), setting->key);
		if (r->store)
			*(bool *)setting->target = flag;
		break;
	}
	return STATUS_OK;
}

static enum status take_key(struct reading *r, const char *key, const char *value)
{
	if (r->each != NULL) {
		const char *problem = r->each(r->context, r->section, key, value);
		return problem == NULL ? STATUS_OK : fault(r, "%s", problem);
	}
	for (size_t i = 0; i < r->n_settings; i++) {
		if (strcmp(r->table[i].section, r->section) != 0 || strcmp(r->table[i].key, key) != 0)
			continue;
		if ((r->seen & (UINT64_C(1) << i)) != 0)
			return fault(r, _("%s stands here for the second time."), r->table[i].key);
		r->seen |= UINT64_C(1) << i;
		return take_value(r, &r->table[i], value);
	}
	return fault(r, _("The section [%s] has no setting %.*s."), r->section, NAME_MAX_BYTES, key);
}

static enum status take_section(struct reading *r, char *text)
{
	size_t len = strlen(text);
	if (text[len - 1] != ']')
		return fault(r, _("A section is written [name]."));
	text[len - 1] = '\0';
	const char *name = trim(text + 1);
	if (r->each != NULL) {
		r->section = name;
		return STATUS_OK;
	}
	for (size_t i = 0; i < r->n_settings; i++) {
		if (strcmp(r->table[i].section, name) == 0) {
			r->section = r->table[i].section;
			return STATUS_OK;
		}
	}
	return fault(r, _("There is no section [%.*s]."), NAME_MAX_BYTES, name);
}

static enum status take_line(struct reading *r, char *text)
{
	text = trim(text);
	if (text[0] == '\0' || text[0] == '#' || text[0] == ';')
		return STATUS_OK;
	if (text[0] == '[')
		return take_section(r, text);
	char *equals = strchr(text, '=');
	if (equals == NULL || equals == text)
		return fault(r, _("A setting is written key = value."));
	*equals = '\0';
	if (r->section == NULL)
		return fault(r, _("This setting stands before the first [section]."));
	return take_key(r, trim(text), trim(equals + 1));
}

/* Goes through the whole text once. Works on a copy, because lines are cut up in place. */
static enum status walk(struct reading *r, const struct bytes *content)
{
	static const char mark[] = "\xef\xbb\xbf"; /* Windows editors begin a file so */
	struct slice text = bytes_slice(content);
	if (text.len >= 3 && memcmp(text.data, mark, 3) == 0)
		text = slice_of(text.data + 3, text.len - 3);
	char *copy = calloc(text.len + 1, 1);
	if (copy == NULL)
		return STATUS_NO_MEMORY;
	if (text.len > 0)
		memcpy(copy, text.data, text.len);
	char *line = copy;
	enum status s = STATUS_OK;
	r->line = 0;
	r->seen = 0;
	r->section = NULL;
	while (s == STATUS_OK && line != NULL) {
		char *end = strchr(line, '\n');
		if (end != NULL)
			*end = '\0';
		r->line++;
		s = take_line(r, line);
		line = end == NULL ? NULL : end + 1;
	}
	free(copy);
	return s;
}

static enum status read_plain(struct reading *r, const char *path, struct bytes *content)
{
	enum status s = file_read(path, content);
	if (s == STATUS_LIMIT)
		s = fault(r, _("The file is larger than %d bytes."), (int)LIMIT_SETTINGS);
	if (s == STATUS_OK && content->len > 0 && memchr(content->data, '\0', content->len) != NULL)
		s = fault(r, _("The file is not plain text."));
	return s;
}

enum status settings_each(const char *path, settings_entry each, void *context, struct settings_fault *ret_fault)
{
	struct reading r = {.each = each, .context = context, .fault = ret_fault};
	struct bytes content = bytes_new(LIMIT_SETTINGS);
	enum status s = read_plain(&r, path, &content);
	if (s == STATUS_OK)
		s = walk(&r, &content);
	bytes_free(&content);
	return s;
}

enum status settings_read(const char *path, const struct setting *table, size_t n_settings,
			  struct settings_fault *ret_fault)
{
	assert(n_settings <= SETTINGS_MAX);
	struct reading r = {.table = table, .n_settings = n_settings, .fault = ret_fault};
	struct bytes content = bytes_new(LIMIT_SETTINGS);
	enum status s = read_plain(&r, path, &content);
	if (s == STATUS_OK)
		s = walk(&r, &content);
	r.store = true;
	if (s == STATUS_OK)
		s = walk(&r, &content);
	bytes_free(&content);
	return s;
}
