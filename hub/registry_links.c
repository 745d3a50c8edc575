#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "hub/registry_content.h"

static bool same_code(const struct registry_content *c, int a, int b)
{
	return strcmp(c->units[a].code, c->units[b].code) == 0;
}

/* --- parents over time --- */

/* The units of the parent's code that share days with this one; with spans NULL only their number. */
static int put_spans(const struct registry_content *c, int unit, struct unit_span *spans)
{
	const struct unit *u = &c->units[unit];
	int count = 0;
	if (u->parent == UNIT_NONE) /* it may have lost it to a circle */
		return 0;
	int at = registry_content_find_unit_on(c, slice_str(u->above), unit_first_day(u));
	for (; at < c->n_units && strcmp(c->units[at].code, u->above) == 0; at++) {
		int32_t from = unit_first_day(&c->units[at]) > unit_first_day(u) ? unit_first_day(&c->units[at])
										 : unit_first_day(u);
		int32_t to = unit_last_day(&c->units[at]) < unit_last_day(u) ? unit_last_day(&c->units[at])
									     : unit_last_day(u);
		if (from > to)
			continue;
		if (spans != NULL)
			spans[count] = (struct unit_span){.parent = at, .from = from, .to = to};
		count++;
	}
	return count;
}

enum status registry_links_parents(struct registry_content *c)
{
	int total = 0;
	c->first_span = calloc((size_t)c->n_units + 1, sizeof(*c->first_span));
	if (c->first_span == NULL)
		return STATUS_NO_MEMORY;
	for (int i = 0; i < c->n_units; i++) {
		c->first_span[i] = total;
		total += put_spans(c, i, NULL);
	}
	c->first_span[c->n_units] = total;
	c->spans = calloc((size_t)total + 1, sizeof(*c->spans));
	if (c->spans == NULL)
		return STATUS_NO_MEMORY;
	for (int i = 0; i < c->n_units; i++)
		(void)put_spans(c, i, &c->spans[c->first_span[i]]); /* counted above */
	return STATUS_OK;
}

/* --- what succeeded what --- */

static enum status add_succession(struct registry_content *c, const struct succession *succession)
{
	struct succession *grown =
		registry_content_grow(c->successions, c->n_successions, &c->cap_successions, sizeof(*grown));
	if (grown == NULL)
		return STATUS_NO_MEMORY;
	c->successions = grown;
	c->successions[c->n_successions++] = *succession;
	return STATUS_OK;
}

static bool is_valid(const struct registry_content *c, int unit, int32_t day)
{
	return unit != UNIT_NONE && unit_valid_on(&c->units[unit], day);
}

/*
 * A row says something of the unit that has the old code on the day before, and of the one that has the new code on
 * the day: where the list lacks one of them by now, or both are one, it says nothing. So every unit ends before its
 * heirs do, and what follows heirs comes to an end.
 */
static enum status read_successions(struct registry_content *c, struct database *db)
{
	struct query q = query_start(db, "SELECT old, heir, from_day, kind FROM succession");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct succession row = {.from = (int32_t)query_get_int(&q, 2),
					 .kind = (enum succession_kind)query_get_int(&q, 3)};
		row.old = registry_content_find_unit_on(c, query_get_text(&q, 0), row.from - 1);
		row.heir = registry_content_find_unit_on(c, query_get_text(&q, 1), row.from);
		if (is_valid(c, row.old, row.from - 1) && is_valid(c, row.heir, row.from) && row.old != row.heir)
			s = add_succession(c, &row);
	}
	enum status finished = query_finish(&q);
	return s != STATUS_OK ? s : finished;
}

/*
 * A code that goes on the day after is the same office, unless something else is said of the one or the other: a
 * commune's code may be given to what was made of others. A province goes on in any case.
 */
static enum status add_same(struct registry_content *c)
{
	int stated = c->n_successions;
	bool *has_heir = calloc((size_t)c->n_units + 1, sizeof(*has_heir));
	bool *has_forebear = calloc((size_t)c->n_units + 1, sizeof(*has_forebear));
	enum status s = has_heir == NULL || has_forebear == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	for (int i = 0; i < stated && s == STATUS_OK; i++) {
		const struct succession *row = &c->successions[i];
		has_forebear[row->heir] = true;
		has_heir[row->old] = has_heir[row->old] || row->from - 1 == unit_last_day(&c->units[row->old]);
	}
	for (int i = 1; i < c->n_units && s == STATUS_OK; i++) {
		const struct unit *old = &c->units[i - 1];
		const struct unit *heir = &c->units[i];
		bool province = old->level == LEVEL_PROVINCE && heir->level == LEVEL_PROVINCE;
		struct succession same = {
			.old = i - 1, .heir = i, .from = heir->valid_from, .kind = SUCCESSION_SAME};
		if (same_code(c, i - 1, i) && unit_last_day(old) == heir->valid_from - 1 && !has_heir[i - 1] &&
		    (province || !has_forebear[i]))
			s = add_succession(c, &same);
	}
	free(has_heir);
	free(has_forebear);
	return s;
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_successions(const void *left, const void *right)
{
	const struct succession *a = left;
	const struct succession *b = right;
	int order = compare_numbers(a->old, b->old);
	if (order == 0)
		order = compare_numbers(a->from, b->from);
	return order != 0 ? order : compare_numbers(a->heir, b->heir);
}

/* Where the successions of each unit begin, in an order by that unit. */
static int *index_by(const struct registry_content *c, bool by_heir)
{
	int *first = calloc((size_t)c->n_units + 1, sizeof(*first));
	if (first == NULL)
		return NULL;
	for (int i = 0; i < c->n_successions; i++)
		first[by_heir ? c->successions[i].heir : c->successions[i].old]++;
	int total = 0;
	for (int i = 0; i <= c->n_units; i++) {
		int here = first[i];
		first[i] = total;
		total += i < c->n_units ? here : 0;
	}
	return first;
}

/* Successions in the order of their heirs, each heir's in the order of what went before. */
static enum status order_by_heir(struct registry_content *c)
{
	int *next = index_by(c, true);
	c->by_heir = calloc((size_t)c->n_successions + 1, sizeof(*c->by_heir));
	c->first_forebear = index_by(c, true);
	if (next == NULL || c->by_heir == NULL || c->first_forebear == NULL) {
		free(next);
		return STATUS_NO_MEMORY;
	}
	for (int i = 0; i < c->n_successions; i++)
		c->by_heir[next[c->successions[i].heir]++] = i;
	free(next);
	return STATUS_OK;
}

enum status registry_links_successions(struct registry_content *c, struct database *db)
{
	enum status s = read_successions(c, db);
	if (s == STATUS_OK)
		s = add_same(c);
	if (s != STATUS_OK)
		return s;
	if (c->n_successions > 0)
		qsort(c->successions, (size_t)c->n_successions, sizeof(*c->successions), compare_successions);
	c->first_heir = index_by(c, false);
	return c->first_heir == NULL ? STATUS_NO_MEMORY : order_by_heir(c);
}

/* --- where devices work --- */

static enum status add_posting(struct registry_content *c, int32_t from, int unit)
{
	struct posting *grown = registry_content_grow(c->postings, c->n_postings, &c->cap_postings, sizeof(*grown));
	if (grown == NULL)
		return STATUS_NO_MEMORY;
	c->postings = grown;
	c->postings[c->n_postings++] = (struct posting){.from = from, .unit = unit};
	return STATUS_OK;
}

/* The one unit into which a unit went whole at its end; NULL if there is none such. */
static const struct succession *whole_heir(const struct registry_content *c, int unit)
{
	const struct succession *only = NULL;
	for (int i = c->first_heir[unit]; i < c->first_heir[unit + 1]; i++) {
		const struct succession *row = &c->successions[i];
		if (row->from - 1 != unit_last_day(&c->units[unit]))
			continue;
		if (only != NULL || row->kind == SUCCESSION_SPLIT || row->kind == SUCCESSION_TRANSFER)
			return NULL;
		only = row;
	}
	return only;
}

/* A posting and the ones that follow of themselves, up to the next one the operator gave. */
static enum status post(struct registry_content *c, struct device *d, int32_t from, int unit, int32_t until)
{
	enum status s = add_posting(c, from, unit);
	while (s == STATUS_OK && unit != UNIT_NONE) {
		const struct succession *heir = whole_heir(c, unit);
		if (heir == NULL || heir->from >= until)
			break;
		unit = heir->heir;
		/* Enrolled for a unit that had ended: it works for the heir from its first day on. */
		s = add_posting(c, heir->from > from ? heir->from : from, unit);
	}
	if (s == STATUS_OK) {
		d->unit = unit;
		d->n_postings = c->n_postings - d->first_posting;
	}
	return s;
}

/* One row of what the operator assigned. */
struct assigned {
	int device;
	struct posting posting;
};

/* Both stand in the order of the devices' ids: one walk along them. What is of no device known is passed over. */
static enum status read_assigned(const struct registry_content *c, struct database *db, struct assigned **ret_list,
				 int *ret_count)
{
	struct assigned *list = NULL;
	int cap = 0;
	int count = 0;
	int device = 0;
	struct query q = query_start(db, "SELECT device, from_day, unit FROM assignment ORDER BY device, from_day");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct slice id = query_get_blob(&q, 0);
		int32_t from = (int32_t)query_get_int(&q, 1);
		while (device < c->n_devices &&
		       slice_compare(slice_of(c->devices[device].id, DEVICE_ID_LEN), id) < 0)
			device++;
		if (device == c->n_devices || !slice_equal(slice_of(c->devices[device].id, DEVICE_ID_LEN), id))
			continue;
		struct assigned *grown = registry_content_grow(list, count, &cap, sizeof(*grown));
		if (grown == NULL) {
			s = STATUS_NO_MEMORY;
			break;
		}
		list = grown;
		list[count++] = (struct assigned){
			.device = device,
			.posting = {.from = from,
				    .unit = registry_content_find_unit_on(c, query_get_text(&q, 2), from)}};
	}
	enum status finished = query_finish(&q);
	*ret_list = list;
	*ret_count = count;
	return s != STATUS_OK ? s : finished;
}

enum status registry_links_postings(struct registry_content *c, struct database *db)
{
	struct assigned *list = NULL;
	int count = 0;
	int at = 0;
	enum status s = read_assigned(c, db, &list, &count);
	for (int i = 0; i < c->n_devices && s == STATUS_OK; i++) {
		struct device *d = &c->devices[i];
		struct posting now = {.from = INT32_MIN, .unit = d->unit};
		d->first_posting = c->n_postings;
		for (; at < count && list[at].device == i && s == STATUS_OK; at++) {
			s = post(c, d, now.from, now.unit, list[at].posting.from);
			now = list[at].posting;
		}
		if (s == STATUS_OK)
			s = post(c, d, now.from, now.unit, INT32_MAX);
	}
	free(list);
	return s;
}
