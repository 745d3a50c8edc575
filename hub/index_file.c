#include "hub/index_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/messages.h"
#include "config/named_file.h"
#include "config/options.h"

#define FOLDER   "index"
#define VERSIONS "index766"

enum { PERCENT = 100, MAX_POINTS = 100, FULL_AT_MOST = 1000 };

static const char *const BAND_KEYS[] = {
	[BAND_EXCELLENT] = "excellent", [BAND_GOOD] = "good", [BAND_FAIR] = "fair",
	[BAND_AVERAGE] = "average",     [BAND_WEAK] = "weak",
};

const char *index_band_key(enum index_band band)
{
	return BAND_KEYS[band];
}

const char *index_hash_format(const struct index_definition *d, char ret_text[static INDEX_HASH_TEXT])
{
	enum { SHORT_HASH = 6 };
	char hex[2 * SHORT_HASH + 1];
	(void)snprintf(ret_text, INDEX_HASH_TEXT, "%s", hex_format(d->hash, SHORT_HASH, hex));
	return ret_text;
}

enum index_band index_band_of(const struct index_definition *d, int64_t share)
{
	for (int i = 0; i < BAND_WEAK; i++)
		if (share >= d->band_from[i] * PERCENT)
			return (enum index_band)i;
	return BAND_WEAK;
}

/* A file under way. Names of other components are understood when all are known. */
struct file {
	struct index_definition *d;
	char times[INDEX_COMPONENTS][INDEX_WORD + 1];
};

static const char *take_number(const char *value, int64_t min, int64_t max, int64_t *ret_number)
{
	long long number = 0;
	if (option_number(value, min, max, &number) != STATUS_OK)
		return _("this key takes a whole number");
	*ret_number = number;
	return NULL;
}

static const char *take_word(const char *value, const char *no, const char *yes, bool *ret_flag)
{
	if (strcmp(value, no) != 0 && strcmp(value, yes) != 0)
		return _("a value that this key of a definition does not take");
	*ret_flag = strcmp(value, yes) == 0;
	return NULL;
}

static const char *take_text(const char *value, size_t size, char *ret_text)
{
	if (strlen(value) >= size)
		return _("this value is too long");
	memcpy(ret_text, value, strlen(value) + 1);
	return NULL;
}

static const char *take_formula(const char *value, struct formula *ret_formula)
{
	if (formula_parse(slice_str(value), ret_formula) != STATUS_OK)
		return _("a sum is written a + b - c, of names of indicators, of NAME or dossiers.COUNT");
	return NULL;
}

/* "10" or "2.5" points. */
static const char *take_points(const char *value, int64_t *ret_points)
{
	char whole[8] = "";
	size_t digits = strcspn(value, ".");
	const char *rest = value + digits + (value[digits] == '.');
	int64_t points = 0;
	int64_t hundredths = 0;
	bool fits = digits < sizeof(whole) && strlen(rest) <= 2;
	memcpy(whole, value, fits ? digits : 0);
	if (!fits || take_number(whole, 0, MAX_POINTS, &points) != NULL ||
	    (*rest != '\0' && take_number(rest, 0, PERCENT - 1, &hundredths) != NULL))
		return _("points are a number up to 100, with at most two decimals after a point");
	*ret_points = points * INDEX_POINT + (strlen(rest) == 1 ? hundredths * 10 : hundredths);
	return NULL;
}

static const char *take_levels(const char *value, unsigned *ret_levels)
{
	*ret_levels = 0;
	while (*value != '\0') {
		size_t len = strcspn(value, ",");
		enum unit_level level = unit_level_of(value, len);
		if (unit_level_name(level)[0] == '\0')
			return _("levels are province, department, district and commune, separated by commas");
		*ret_levels |= 1U << (unsigned)level;
		value += len + strspn(value + len, ", ");
	}
	return NULL;
}

static const char *take_head(struct index_definition *d, const char *key, const char *value)
{
	if (strcmp(key, "name") == 0)
		return take_text(value, sizeof(d->name), d->name);
	if (strcmp(key, "rule") == 0)
		return take_text(value, sizeof(d->rule), d->rule);
	if (strcmp(key, "source") == 0)
		return take_text(value, sizeof(d->source), d->source);
	if (strcmp(key, "version") == 0)
		return take_number(value, 1, INT32_MAX, &d->version);
	if (strcmp(key, "confirmed") == 0)
		return take_word(value, "no", "yes", &d->confirmed);
	if (strcmp(key, "not_applicable") == 0)
		return take_word(value, "max", "left_out", &d->left_out);
	for (int i = 0; i < BAND_WEAK; i++)
		if (strncmp(key, "band_", 5) == 0 && strcmp(key + 5, BAND_KEYS[i]) == 0)
			return take_number(value, 0, PERCENT, &d->band_from[i]);
	return _("a key that a definition does not have");
}

static const char *take_component(struct file *f, struct index_component *c, const char *key, const char *value)
{
	const struct {
		const char *key;
		char *target;
		size_t size;
	} texts[] = {
		{"group", c->group, sizeof(c->group)},
		{"title", c->title[0], sizeof(c->title[0])},
		{"title_en", c->title[1], sizeof(c->title[1])},
		{"note", c->note[0], sizeof(c->note[0])},
		{"note_en", c->note[1], sizeof(c->note[1])},
		{"times", f->times[c - f->d->components], INDEX_WORD + 1},
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(key, texts[i].key) == 0)
			return take_text(value, texts[i].size, texts[i].target);
	if (strcmp(key, "part") == 0)
		return take_formula(value, &c->part);
	if (strcmp(key, "whole") == 0)
		return take_formula(value, &c->whole);
	if (strcmp(key, "needs") == 0)
		return take_formula(value, &c->needs);
	if (strcmp(key, "max") == 0)
		return take_points(value, &c->max);
	if (strcmp(key, "full_at") == 0)
		return take_number(value, 1, FULL_AT_MOST, &c->full_at);
	if (strcmp(key, "empty") == 0)
		return take_word(value, "unavailable", "full", &c->empty_full);
	if (strcmp(key, "not_for") == 0)
		return take_levels(value, &c->not_for);
	return _("a key that a component does not have");
}

static struct index_component *find_component(struct index_definition *d, const char *key)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->components[i].key, key) == 0)
			return &d->components[i];
	return NULL;
}

static const char *take_line(void *context, const char *section, const char *key, const char *value)
{
	struct file *f = context;
	if (strcmp(section, "index") == 0)
		return take_head(f->d, key, value);
	struct index_component *c = find_component(f->d, section);
	if (c == NULL) {
		if (!named_file_is_name(section))
			return _("a component's name has small letters, digits, - and _ only");
		if (f->d->n == INDEX_COMPONENTS)
			return _("the definition has too many components");
		c = &f->d->components[f->d->n++];
		*c = (struct index_component){.full_at = PERCENT, .times = -1};
		(void)snprintf(c->key, sizeof(c->key), "%s", section);
	}
	return take_component(f, c, key, value);
}

static const char *check_component(struct file *f, struct index_component *c)
{
	const char *times = f->times[c - f->d->components];
	const struct index_component *other = times[0] == '\0' ? NULL : find_component(f->d, times);
	if (c->max == 0 || c->part.n == 0 || c->whole.n == 0 || c->title[0][0] == '\0')
		return _("a component needs title, max, part and whole");
	if (times[0] != '\0' && (other == NULL || other == c))
		return _("times names another component of the definition");
	c->times = other == NULL ? -1 : (int)(other - f->d->components);
	if (c->title[1][0] == '\0')
		memcpy(c->title[1], c->title[0], sizeof(c->title[1]));
	return NULL;
}

/* What is missing after the last line; NULL: nothing. */
static const char *check_whole(struct file *f)
{
	const struct index_definition *d = f->d;
	const char *problem = NULL;
	int64_t points = 0;
	if (d->name[0] == '\0' || d->version == 0 || d->rule[0] == '\0' || d->source[0] == '\0' || d->n == 0)
		return _("a definition needs name, version, source, rule and components");
	for (int i = 0; i < BAND_WEAK; i++)
		if (d->band_from[i] == 0 || (i > 0 && d->band_from[i] >= d->band_from[i - 1]))
			return _("the bands need limits, each lower than the one before");
	for (size_t i = 0; i < d->n && problem == NULL; i++) {
		problem = check_component(f, &f->d->components[i]);
		points += d->components[i].max;
	}
	if (problem == NULL && points > (int64_t)MAX_POINTS * INDEX_POINT)
		return _("the components have more than 100 points together");
	return problem;
}

static enum status read_path(struct file *f, struct named_file_fault *fault)
{
	enum status s = settings_each(fault->path, take_line, f, &fault->settings);
	const char *problem = s == STATUS_OK ? check_whole(f) : NULL;
	if (problem != NULL) {
		fault->settings.line = 0;
		(void)snprintf(fault->settings.what, sizeof(fault->settings.what), "%s", problem);
		s = STATUS_SETTINGS;
	}
	return s == STATUS_OK ? named_file_hash(fault->path, f->d->hash) : s;
}

enum status index_read(const char *name, const char *data, struct index_definition **ret_definition,
		       struct named_file_fault *ret_fault)
{
	*ret_fault = (struct named_file_fault){0};
	enum status s = named_file_find(FOLDER, name, data, ret_fault->path);
	if (s != STATUS_OK)
		return s;
	struct file f = {.d = calloc(1, sizeof(*f.d))};
	if (f.d == NULL)
		return STATUS_NO_MEMORY;
	s = read_path(&f, ret_fault);
	if (s == STATUS_OK)
		*ret_definition = f.d;
	else
		free(f.d);
	return s;
}

/* --- which version holds --- */

struct versions {
	int32_t day;
	int32_t first;  /* the earliest day met; DAY_UNSET: none yet */
	int32_t latest; /* up to the day */
	char first_name[INDEX_WORD + 1];
	char name[INDEX_WORD + 1];
};

static const char *take_version(void *context, const char *section, const char *key, const char *value)
{
	struct versions *v = context;
	int32_t from = 0;
	if (strcmp(section, "from") != 0 || date_parse(key, strlen(key), &from) != STATUS_OK ||
	    !named_file_is_name(value))
		return _("versions are written YYYY-MM-DD = NAME under [from]");
	if (v->first == DAY_UNSET || from < v->first) {
		v->first = from;
		(void)snprintf(v->first_name, sizeof(v->first_name), "%s", value);
	}
	if (from <= v->day && (v->latest == DAY_UNSET || from >= v->latest)) {
		v->latest = from;
		(void)snprintf(v->name, sizeof(v->name), "%s", value);
	}
	return NULL;
}

enum status index_version_on(int32_t day, const char *data, char ret_name[static INDEX_WORD + 1],
			     struct named_file_fault *ret_fault)
{
	struct versions v = {.day = day, .first = DAY_UNSET, .latest = DAY_UNSET};
	*ret_fault = (struct named_file_fault){0};
	enum status s = named_file_find(FOLDER, VERSIONS, data, ret_fault->path);
	if (s == STATUS_OK)
		s = settings_each(ret_fault->path, take_version, &v, &ret_fault->settings);
	if (s == STATUS_OK && v.first == DAY_UNSET)
		s = STATUS_EMPTY;
	if (s == STATUS_OK)
		memcpy(ret_name, v.latest == DAY_UNSET ? v.first_name : v.name, INDEX_WORD + 1);
	return s;
}
