#include "agent/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/dossiers.h"
#include "agent/tally_groups.h"

static const char *const names[] = {
	[TALLY_BY_NONE] = "unit",       [TALLY_BY_UNIT] = "unit",
	[TALLY_BY_DOMAIN] = "domain",   [TALLY_BY_PROCEDURE] = "procedure",
	[TALLY_BY_CHANNEL] = "channel", [TALLY_BY_MONTH] = "month",
	[TALLY_BY_DAY] = "day",
};

enum { DAYS_BYTES = 16 * 1024 * 1024 };

struct counting {
	struct tally *tally;
	struct bytes days;
};

enum status tally_by_parse(const char *word, enum tally_by *ret_by)
{
	for (size_t i = TALLY_BY_UNIT; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(word, names[i]) == 0) {
			*ret_by = (enum tally_by)i;
			return STATUS_OK;
		}
	}
	return STATUS_USAGE;
}

const char *tally_by_name(enum tally_by by)
{
	return names[by];
}

static enum status count_one(void *context, struct slice code, const struct resolved *r)
{
	struct counting *c = context;
	struct tally *t = c->tally;
	struct dossier_facts facts;
	struct cells own = {0};
	const struct count_query query = {.period = t->query.period, .as_of = t->as_of, .rule = t->query.rule};
	enum status s = dossier_facts_of(code, r, &c->days, &facts);
	if (s != STATUS_OK)
		return s;
	count_dossier(&query, &facts, &own);
	cells_add(&t->total, &own);
	return tally_groups_count(t, r, &facts, &own);
}

enum status tally_compute(const struct agent *a, const struct tally_query *query, struct tally *ret_totals)
{
	struct tally t = {
		.query = *query,
		.as_of = query->period.to < query->today ? query->period.to : query->today,
	};
	struct counting c = {.tally = &t, .days = bytes_new(DAYS_BYTES)};
	enum status s = tally_groups_make(&t, a->unit);
	if (s == STATUS_OK)
		s = dossiers_each(a, count_one, &c);
	bytes_free(&c.days);
	if (s != STATUS_OK) {
		tally_clear(&t);
		return s;
	}
	tally_groups_finish(&t);
	*ret_totals = t;
	return STATUS_OK;
}

void tally_clear(struct tally *t)
{
	if (t == NULL)
		return;
	free(t->groups);
	t->groups = NULL;
	t->n_groups = 0;
}
