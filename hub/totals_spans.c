#include "hub/totals_spans.h"

#include <stdlib.h>
#include <string.h>

#include "hub/span_sums.h"
#include "hub/spans.h"
#include "hub/totals_groups.h"

enum { LATER_BYTES = 256 * 1024 * 1024 };

/* Sums of one group, or of one row of days. */
struct share {
	struct day_cells before;
	struct day_cells within;
};

struct reading_spans {
	const struct totals_spans_plan *plan;
	enum totals_by by;
	struct period period;
	int32_t as_of;
	bool by_days;
	size_t n_shares;
	struct share *shares;   /* one a group, a channel or a row of days */
	int32_t *row_of;        /* by days: per day of the period up to as_of */
	struct day_cells ahead; /* of days that have not come, before the period or a row of it ends */
	size_t n_units;
	size_t cap_units;
	int *units;         /* of the span at hand: as group_of */
	bool any;           /* there are spans */
	struct bytes later; /* what is to be looked at: codes, and empty spans from one code up to another */
};

static bool is_by_days(enum totals_by by)
{
	return by == TOTALS_BY_MONTH || by == TOTALS_BY_DAY;
}

/* --- what a span tells --- */

static enum status take_unit(void *context, size_t number, struct slice code, int32_t day)
{
	struct reading_spans *r = context;
	const struct unit_map *map = &r->plan->totals->map;
	if (number == r->cap_units) {
		size_t cap = r->cap_units * 2 + 64;
		int *grown = realloc(r->units, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		r->units = grown;
		r->cap_units = cap;
	}
	int line = unit_map_find(map, code, day);
	r->units[number] = line == UNIT_NONE ? GROUP_OUTSIDE : r->plan->group_of[line];
	r->n_units = number + 1;
	return STATUS_OK;
}

static void put_text(struct bytes *out, struct slice text)
{
	size_t len = text.len;
	bytes_put(out, &len, sizeof(len));
	bytes_put(out, text.data, text.len);
}

static struct slice take_text(const struct bytes *in, size_t *at)
{
	size_t len = 0;
	memcpy(&len, in->data + *at, sizeof(len));
	struct slice text = slice_of(in->data + *at + sizeof(len), len);
	*at += sizeof(len) + len;
	return text;
}

enum later { LATER_CODE, LATER_SPAN };

static enum status take_apart(void *context, struct slice code)
{
	struct reading_spans *r = context;
	bytes_put_u8(&r->later, LATER_CODE);
	put_text(&r->later, code);
	return bytes_status(&r->later);
}

static struct day_cells *row_sums(struct reading_spans *r, int32_t day)
{
	if (day < r->period.from && day <= r->as_of)
		return &r->shares[0].before;
	if (day > r->period.to)
		return NULL;
	return day > r->as_of ? &r->ahead : &r->shares[r->row_of[day - r->period.from]].within;
}

static struct day_cells *take_sums(void *context, size_t number, unsigned channel, int32_t day)
{
	struct reading_spans *r = context;
	int group = r->units[number];
	if (group == GROUP_OUTSIDE)
		return NULL;
	if (r->by_days)
		return row_sums(r, day);
	if (day > r->as_of)
		return day < r->period.from ? &r->ahead : NULL;
	struct share *share = &r->shares[r->by == TOTALS_BY_CHANNEL ? (int)channel : group];
	return day < r->period.from ? &share->before : &share->within;
}

static enum status take_span(void *context, struct slice first, struct slice next, struct slice sums)
{
	static const struct span_visitor visitor = {.unit = take_unit, .apart = take_apart, .sums = take_sums};
	struct reading_spans *r = context;
	r->any = true;
	if (span_sums_are_here(sums)) {
		r->n_units = 0;
		return span_sums_read(sums, &visitor, r);
	}
	bytes_put_u8(&r->later, LATER_SPAN);
	put_text(&r->later, first);
	put_text(&r->later, next);
	return bytes_status(&r->later);
}

/* --- what comes of it --- */

/* One that is named apart is there: its row does not go without the sums of its span. */
static enum status count_later(struct database *db, const struct reading_spans *r)
{
	enum status s = STATUS_OK;
	for (size_t at = 0; s == STATUS_OK && at < r->later.len;) {
		bool span = r->later.data[at++] == LATER_SPAN;
		struct slice first = take_text(&r->later, &at);
		if (!span)
			s = dossier_find(db, first, r->plan->row, r->plan->context);
		else
			s = dossier_scan_codes(db, first, take_text(&r->later, &at), r->plan->row,
					       r->plan->context);
	}
	return s == STATUS_EMPTY ? STATUS_CORRUPT : s;
}

static enum status add_channels(const struct reading_spans *r)
{
	struct totals *t = r->plan->totals;
	for (unsigned channel = 0; channel < SPAN_CHANNELS; channel++) {
		const char *name = schema_word_name(schema_field(FIELD_CHANNEL), channel);
		const struct cells cells = count_days_cells(&r->shares[channel].before, &r->shares[channel].within);
		struct cells *to = keyed_groups_at(r->plan->keyed, 0, slice_str(name == NULL ? "" : name));
		if (to == NULL)
			return STATUS_NO_MEMORY;
		cells_add(to, &cells);
		cells_add(&t->total.cells, &cells);
	}
	return STATUS_OK;
}

/* A row begins where the one before it ended; what has not come is in none of them. */
static void add_rows(const struct reading_spans *r)
{
	struct totals *t = r->plan->totals;
	struct day_cells before = r->shares[0].before;
	struct day_cells within = {0};
	for (size_t i = 0; i < t->n_groups; i++) {
		const struct cells cells = count_days_cells(&before, &r->shares[i].within);
		cells_add(&t->groups[i].cells, &cells);
		day_cells_add(&before, &r->shares[i].within);
		day_cells_add(&within, &r->shares[i].within);
	}
	const struct cells all = count_days_cells(&r->shares[0].before, &within);
	cells_add(&t->total.cells, &all);
}

static void add_groups(const struct reading_spans *r)
{
	struct totals *t = r->plan->totals;
	for (size_t i = 0; i < t->n_groups; i++) {
		const struct cells cells = count_days_cells(&r->shares[i].before, &r->shares[i].within);
		cells_add(&t->groups[i].cells, &cells);
		cells_add(&t->total.cells, &cells);
	}
}

static enum status add_all(const struct reading_spans *r)
{
	if (r->by == TOTALS_BY_CHANNEL)
		return add_channels(r);
	if (r->by_days)
		add_rows(r);
	else
		add_groups(r);
	return STATUS_OK;
}

static bool is_kept(const struct totals_query *query)
{
	bool by = query->by == TOTALS_BY_NONE || query->by == TOTALS_BY_UNIT || query->by == TOTALS_BY_LEVEL ||
		  query->by == TOTALS_BY_CHANNEL || is_by_days(query->by);
	return by && count_rule_same(query->rule, &COUNT_FORM06);
}

/* Which row each day of the period that has come lies in. */
static enum status place_days(struct reading_spans *r)
{
	const struct totals *t = r->plan->totals;
	int32_t last = r->as_of < r->period.to ? r->as_of : r->period.to;
	size_t days = last < r->period.from ? 0 : (size_t)(last - r->period.from) + 1;
	r->row_of = calloc(days + 1, sizeof(*r->row_of));
	if (r->row_of == NULL)
		return STATUS_NO_MEMORY;
	size_t row = 0;
	for (size_t day = 0; day < days; day++) {
		while (row + 1 < t->n_groups && t->groups[row].period.to < r->period.from + (int32_t)day)
			row++;
		r->row_of[day] = (int32_t)row;
	}
	return STATUS_OK;
}

static enum status start(const struct totals_spans_plan *plan, struct reading_spans *ret_reading)
{
	const struct totals *t = plan->totals;
	struct reading_spans r = {.plan = plan,
				  .by = t->query.by,
				  .period = t->query.period,
				  .as_of = t->as_of,
				  .by_days = is_by_days(t->query.by),
				  .n_shares = t->query.by == TOTALS_BY_CHANNEL ? SPAN_CHANNELS : t->n_groups,
				  .later = bytes_new(LATER_BYTES)};
	r.shares = calloc(r.n_shares + 1, sizeof(*r.shares));
	enum status s = r.shares == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK && r.by_days)
		s = place_days(&r);
	*ret_reading = r;
	return s;
}

enum status totals_spans_count(struct database *db, const struct totals_spans_plan *plan, bool *ret_counted)
{
	struct reading_spans r;
	*ret_counted = false;
	if (!is_kept(&plan->totals->query))
		return STATUS_OK;
	enum status s = start(plan, &r);
	if (s == STATUS_OK)
		s = spans_walk(db, take_span, &r);
	bool counted = s == STATUS_OK && r.any && r.ahead.cells.done == 0;
	if (s == STATUS_LIMIT) /* so many to be looked at that looking at all is no more work */
		s = STATUS_OK;
	if (counted)
		s = count_later(db, &r);
	if (s == STATUS_OK && counted)
		s = add_all(&r);
	*ret_counted = counted;
	free(r.shares);
	free(r.row_of);
	free(r.units);
	bytes_free(&r.later);
	return s;
}
