#include "hub/corrections.h"

#include <string.h>

#include "hub/closing_count.h"
#include "hub/corrections_cause.h"

struct walking {
	const struct corrections_query *query;
	struct closing_counter counter; /* by the rule as it was */
	struct closing_counter counter_now;
	enum status (*each)(void *context, const struct correction *correction);
	void *context;
	bool behind;                   /* the second walk: of those that did not count then */
	const struct dossier_row *row; /* of the walk, while its other side is looked up */
	bool met;                      /* there is another side */
};

static const char *const NAMES[CORRECTION_CAUSES] = {
	[CORRECTION_LATE] = "known-since",
	[CORRECTION_VOID] = "void",
	[CORRECTION_UNDONE] = "void-undone",
	[CORRECTION_JOINED] = "code-replaced",
	[CORRECTION_CONFLICT] = "conflict-decided",
	[CORRECTION_AUTHORITY] = "units-changed",
	[CORRECTION_UNIT] = "unit",
	[CORRECTION_CLASS] = "procedure",
	[CORRECTION_CHANNEL] = "channel",
	[CORRECTION_STATUS] = "status",
	[CORRECTION_DATE] = "date",
	[CORRECTION_DUE] = "due-date",
	[CORRECTION_OTHER] = "other-field",
	[CORRECTION_RULE] = "rule",
};

const char *correction_cause_name(enum correction_cause cause)
{
	return NAMES[cause];
}

void corrections_add(struct closing_row *sum, const struct closing_row *part, int64_t sign)
{
	/* Every member of the cells is one int64_t. */
	int64_t *to = (int64_t *)(void *)&sum->cells;
	const int64_t *from = (const int64_t *)(const void *)&part->cells;
	for (size_t i = 0; i < sizeof(sum->cells) / sizeof(*to); i++)
		to[i] += sign * from[i];
	sum->carried_over += sign * part->carried_over;
}

bool corrections_none(const struct closing_row *row)
{
	static const struct cells none;
	return row->carried_over == 0 && memcmp(&row->cells, &none, sizeof(none)) == 0;
}

static bool same_keys(const struct closing_row *a, const struct closing_row *b)
{
	return a->channel == b->channel && slice_equal(a->unit, b->unit) &&
	       slice_equal(a->procedure, b->procedure) && slice_equal(a->domain, b->domain);
}

static bool same_numbers(const struct closing_row *a, const struct closing_row *b)
{
	return a->carried_over == b->carried_over && memcmp(&a->cells, &b->cells, sizeof(a->cells)) == 0;
}

/* What a dossier contributes, and where; nothing where there is none or its unit is in no list. */
static struct closing_row contribution(const struct closing_counter *counter, const struct registry *r,
				       const struct dossier_row *row)
{
	struct closing_row c = {0};
	if (row == NULL || registry_find_unit(r, row->unit) == UNIT_NONE)
		return c;
	c.unit = row->unit;
	c.procedure = count_national_code(row->procedure);
	c.domain = row->domain;
	c.channel = row->facts.channel;
	closing_count_dossier(counter, &row->facts, &c);
	return c;
}

static enum status tell(const struct walking *w, struct slice code, enum correction_cause cause,
			const struct closing_row *change)
{
	struct correction c = {.code = code, .cause = cause, .change = *change};
	return corrections_none(change) ? STATUS_OK : w->each(w->context, &c);
}

/* One step: what the cause takes out of one group and puts into another, or changes in the same. */
static enum status tell_step(const struct walking *w, struct slice code, enum correction_cause cause,
			     const struct closing_row *before, const struct closing_row *after)
{
	struct closing_row taken = *before;
	struct closing_row put = *after;
	enum status s = STATUS_OK;
	if (same_keys(before, after)) {
		corrections_add(&put, before, -1);
		return tell(w, code, cause, &put);
	}
	corrections_add(&taken, before, -2);
	s = tell(w, code, cause, &taken);
	return s == STATUS_OK ? tell(w, code, cause, &put) : s;
}

/* Puts what is known now in the place of what was known then, cause by cause. */
static enum status share_out(const struct walking *w, const struct dossier_row *then, const struct dossier_row *now)
{
	struct dossier_row row = *then;
	const struct registry *r = w->query->registry;
	struct closing_row before = contribution(&w->counter, w->query->then->registry, then);
	enum status s = STATUS_OK;
	for (int i = CORRECTION_UNIT; i <= CORRECTION_OTHER && s == STATUS_OK; i++) {
		corrections_cause_step((enum correction_cause)i, now, w->query->closing->period.to, &row);
		struct closing_row after = contribution(&w->counter, r, &row);
		s = tell_step(w, now->code, (enum correction_cause)i, &before, &after);
		before = after;
	}
	struct closing_row by_rule = contribution(&w->counter_now, r, now);
	return s == STATUS_OK ? tell_step(w, now->code, CORRECTION_RULE, &before, &by_rule) : s;
}

/* NULL: there is no such row. */
static enum status compare(const struct walking *w, struct slice code, const struct dossier_row *then,
			   const struct dossier_row *now)
{
	const struct registry *r = w->query->registry;
	struct closing_row before = contribution(&w->counter, w->query->then->registry, then);
	struct closing_row after = contribution(&w->counter_now, r, now);
	bool counted = !corrections_none(&before);
	if (counted == w->behind) /* the first walk has those that counted, the second one the others */
		return STATUS_OK;
	if (same_keys(&before, &after) && same_numbers(&before, &after))
		return STATUS_OK;
	enum correction_cause cause = CORRECTION_CAUSES;
	enum status s = corrections_cause_of(w->query, code, then, now, &cause);
	if (s != STATUS_OK)
		return s;
	if (cause == CORRECTION_CAUSES && then != NULL && now != NULL)
		return share_out(w, then, now);
	struct closing_row by_old_rule = contribution(&w->counter, r, now);
	s = tell_step(w, code, cause, &before, &by_old_rule);
	return s == STATUS_OK ? tell_step(w, code, CORRECTION_RULE, &by_old_rule, &after) : s;
}

static enum status compare_other(void *context, const struct dossier_row *other)
{
	const struct walking *w = context;
	return w->behind ? compare(w, other->code, other, w->row) : compare(w, other->code, w->row, other);
}

static enum status walk_row(void *context, const struct dossier_row *row)
{
	struct walking *w = context;
	w->row = row;
	bool may = true;
	enum status s = as_known_may_differ(w->query->then, row->code, &may);
	if (s != STATUS_OK || !may)
		return s;
	s = dossier_find(w->behind ? w->query->then->db : w->query->db, row->code, compare_other, w);
	if (s == STATUS_EMPTY)
		s = w->behind ? compare(w, row->code, NULL, row) : compare(w, row->code, row, NULL);
	return s;
}

enum status corrections_walk(const struct corrections_query *query,
			     enum status (*each)(void *context, const struct correction *correction), void *context)
{
	struct period period = query->closing->period;
	struct walking w = {
		.query = query,
		.counter = closing_counter_of(period, &query->closing->rule),
		.counter_now = closing_counter_of(period, query->rule),
		.each = each,
		.context = context,
	};
	enum status s = dossier_scan(query->then->db, period, walk_row, &w);
	if (s != STATUS_OK)
		return s;
	w.behind = true;
	return dossier_scan(query->db, period, walk_row, &w);
}
