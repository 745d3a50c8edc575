#include "hub/check_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/messages.h"

#define FOLDER "checks"

static const char *sum_problem(void)
{
	return _("a sum is written a + b - c, of names of indicators, of NAME or dossiers.COUNT");
}

static const char *take_figure(const char *text, struct formula_term *ret_term)
{
	struct formula f;
	if (formula_parse(slice_str(text), &f) != STATUS_OK || f.n != 1)
		return _("the name before = is one figure");
	*ret_term = f.terms[0];
	return NULL;
}

static const char *take_rate(const char *value, struct check *check)
{
	static const char over[] = " / ";
	const char *at = strstr(value, over);
	if (at == NULL || strstr(at + 1, over) != NULL)
		return _("a rate is written NAME = numerator / denominator");
	const char *whole = at + sizeof(over) - 1;
	if (formula_parse(slice_of(value, (size_t)(at - value)), &check->sum) != STATUS_OK ||
	    formula_parse(slice_str(whole), &check->whole) != STATUS_OK)
		return sum_problem();
	return NULL;
}

/* Rates with commas between, kept as the terms of a sum. */
static const char *take_rates(const char *value, struct formula *ret_rates)
{
	struct formula rates = {0};
	for (;;) {
		size_t len = strcspn(value, ",");
		struct formula one;
		if (rates.n == FORMULA_TERMS || formula_parse(slice_of(value, len), &one) != STATUS_OK ||
		    one.n != 1 || one.terms[0].kind != FIGURE_VALUE)
			return _("combined rates are names of stated rates, separated by commas");
		rates.terms[rates.n++] = one.terms[0];
		if (value[len] == '\0')
			break;
		value += len + 1;
	}
	if (rates.n < 2)
		return _("combined rates are two or more");
	*ret_rates = rates;
	return NULL;
}

static const char *take_allowance(const char *value, struct check *check)
{
	if (strcmp(value, "above") == 0)
		check->kind = CHECK_ALLOW_ABOVE;
	else if (strcmp(value, "not_added") == 0)
		check->kind = CHECK_NOT_ADDED;
	else
		return _("[allow] takes above or not_added");
	return NULL;
}

static const char *take_right(const char *section, const char *value, struct check *check)
{
	static const struct {
		const char *section;
		enum check_kind kind;
	} sums[] = {{"total", CHECK_TOTAL}, {"part", CHECK_PART}, {"same", CHECK_SAME}};
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		if (strcmp(section, sums[i].section) != 0)
			continue;
		check->kind = sums[i].kind;
		return formula_parse(slice_str(value), &check->sum) == STATUS_OK ? NULL : sum_problem();
	}
	if (check->figure.kind != FIGURE_VALUE)
		return _("the name before = is that of an indicator here");
	if (strcmp(section, "rate") == 0) {
		check->kind = CHECK_RATE;
		return take_rate(value, check);
	}
	if (strcmp(section, "combined") == 0) {
		check->kind = CHECK_COMBINED;
		return take_rates(value, &check->sum);
	}
	if (strcmp(section, "allow") == 0)
		return take_allowance(value, check);
	return _("the sections are [total], [rate], [combined], [part], [same] and [allow]");
}

static const char *take_line(void *context, const char *section, const char *key, const char *value)
{
	struct check_list *list = context;
	if (list->n == CHECKS_MAX)
		return _("the file has too many checks");
	struct check *check = &list->checks[list->n];
	*check = (struct check){0};
	const char *problem = take_figure(key, &check->figure);
	if (problem == NULL)
		problem = take_right(section, value, check);
	list->n += problem == NULL ? 1 : 0;
	return problem;
}

enum status check_list_read(const char *name, const char *data, struct check_list **ret_list,
			    struct named_file_fault *ret_fault)
{
	*ret_fault = (struct named_file_fault){0};
	enum status s = named_file_find(FOLDER, name, data, ret_fault->path);
	if (s != STATUS_OK)
		return s;
	struct check_list *list = calloc(1, sizeof(*list));
	if (list == NULL)
		return STATUS_NO_MEMORY;
	(void)snprintf(list->name, sizeof(list->name), "%s", name);
	s = settings_each(ret_fault->path, take_line, list, &ret_fault->settings);
	if (s == STATUS_OK)
		s = named_file_hash(ret_fault->path, list->hash);
	if (s == STATUS_OK)
		*ret_list = list;
	else
		free(list);
	return s;
}

bool check_list_names(const struct check_list *list, enum check_kind kind, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->checks[i].kind == kind && strcmp(list->checks[i].figure.name, name) == 0)
			return true;
	return false;
}

bool check_list_is_rate(const struct check_list *list, const char *name)
{
	if (check_list_names(list, CHECK_RATE, name) || check_list_names(list, CHECK_COMBINED, name))
		return true;
	for (size_t i = 0; i < list->n; i++) {
		const struct check *c = &list->checks[i];
		for (size_t k = 0; c->kind == CHECK_COMBINED && k < c->sum.n; k++)
			if (strcmp(c->sum.terms[k].name, name) == 0)
				return true;
	}
	return false;
}
