#include "agent/tally_groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool by_days(enum tally_by by)
{
	return by == TALLY_BY_MONTH || by == TALLY_BY_DAY;
}

static enum status add_group(struct tally *t, struct slice key, struct period period)
{
	enum { FIRST = 16 };
	if (t->n_groups == t->cap_groups) {
		size_t cap = t->cap_groups == 0 ? FIRST : 2 * t->cap_groups;
		struct tally_group *grown = realloc(t->groups, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		t->groups = grown;
		t->cap_groups = cap;
	}
	struct tally_group *g = &t->groups[t->n_groups++];
	*g = (struct tally_group){.period = period};
	if (key.len > 0)
		memcpy(g->key, key.data, key.len < TALLY_KEY ? key.len : TALLY_KEY - 1);
	return STATUS_OK;
}

static enum status add_days(struct tally *t)
{
	enum { MONTH_TEXT = 7 };
	bool whole_months = t->query.by == TALLY_BY_MONTH;
	enum status s = STATUS_OK;
	for (int32_t day = t->query.period.from; s == STATUS_OK && day <= t->query.period.to;) {
		char date[DATE_TEXT];
		int32_t last = whole_months ? date_month_end(day) : day;
		struct period period = {day, last < t->query.period.to ? last : t->query.period.to};
		(void)date_format(day, date);
		if (whole_months)
			date[MONTH_TEXT] = '\0';
		if (t->n_groups == TALLY_ROWS_MAX)
			return STATUS_LIMIT;
		s = add_group(t, slice_str(date), period);
		day = last + 1;
	}
	return s;
}

enum status tally_groups_make(struct tally *t, const char *unit)
{
	if (t->query.by == TALLY_BY_NONE)
		return add_group(t, slice_str(unit), t->query.period);
	return by_days(t->query.by) ? add_days(t) : STATUS_OK;
}

static struct slice key_of(const struct tally *t, const struct resolved *r, const struct dossier_facts *facts)
{
	const char *channel = schema_word_name(schema_field(FIELD_CHANNEL), facts->channel);
	switch (t->query.by) {
	case TALLY_BY_UNIT:
		return r->unit;
	case TALLY_BY_DOMAIN:
		return resolved_text(r, FIELD_DOMAIN);
	case TALLY_BY_PROCEDURE:
		return count_national_code(resolved_text(r, FIELD_PROCEDURE));
	case TALLY_BY_CHANNEL:
		return slice_str(channel == NULL ? "" : channel);
	case TALLY_BY_NONE:
	case TALLY_BY_MONTH:
	case TALLY_BY_DAY:
		break;
	}
	return slice_str(t->groups[0].key);
}

static void count_days(struct tally *t, const struct dossier_facts *facts)
{
	for (size_t i = 0; i < t->n_groups; i++) {
		struct tally_group *g = &t->groups[i];
		struct count_query query = {.period = g->period, .as_of = g->period.to, .rule = t->query.rule};
		if (query.as_of > t->query.today)
			query.as_of = t->query.today;
		count_dossier(&query, facts, &g->cells);
	}
}

static bool is_empty(const struct cells *c)
{
	static const struct cells none;
	return memcmp(c, &none, sizeof(none)) == 0;
}

enum status tally_groups_count(struct tally *t, const struct resolved *r, const struct dossier_facts *facts,
			       const struct cells *own)
{
	if (by_days(t->query.by)) {
		count_days(t, facts);
		return STATUS_OK;
	}
	if (is_empty(own))
		return STATUS_OK;
	struct slice key = key_of(t, r, facts);
	size_t i = 0;
	while (i < t->n_groups && !slice_equal(slice_str(t->groups[i].key), key))
		i++;
	enum status s = i < t->n_groups ? STATUS_OK : add_group(t, key, t->query.period);
	if (s == STATUS_OK)
		cells_add(&t->groups[i].cells, own);
	return s;
}

static int compare_groups(const void *a, const void *b)
{
	const struct tally_group *x = a;
	const struct tally_group *y = b;
	if ((x->key[0] == '\0') != (y->key[0] == '\0'))
		return x->key[0] == '\0' ? 1 : -1;
	return strcmp(x->key, y->key);
}

/* Flows are summed; what stands at one end is that end's row's. */
static void sum_days(struct tally *t)
{
	struct cells sum = {0};
	const struct cells *last = &t->groups[t->n_groups - 1].cells;
	for (size_t i = 0; i < t->n_groups; i++)
		cells_add(&sum, &t->groups[i].cells);
	sum.carried_in = t->groups[0].cells.carried_in;
	sum.open = last->open;
	sum.open_in_time = last->open_in_time;
	sum.open_late = last->open_late;
	sum.open_paused = last->open_paused;
	sum.incomplete = t->total.incomplete; /* a dossier is one, in however many rows */
	t->total = sum;
}

void tally_groups_finish(struct tally *t)
{
	if (by_days(t->query.by))
		sum_days(t);
	else if (t->n_groups > 1)
		qsort(t->groups, t->n_groups, sizeof(*t->groups), compare_groups);
}
