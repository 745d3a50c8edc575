#include "hub/report_equipment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/options.h"
#include "hub/silence.h"

static enum status read_required(const char *item, size_t len, int64_t required[static EQUIPMENT_TYPES])
{
	const char *equals = memchr(item, '=', len);
	if (equals == NULL)
		return STATUS_USAGE;
	int64_t type = 0;
	if (schema_word(schema_field(FIELD_TYPE), item, (size_t)(equals - item), &type) != STATUS_OK)
		return STATUS_USAGE;
	assert(type > 0 && type < EQUIPMENT_TYPES);
	char digits[8];
	size_t n = len - (size_t)(equals + 1 - item);
	if (required[type] != 0 || n == 0 || n >= sizeof(digits))
		return STATUS_USAGE;
	memcpy(digits, equals + 1, n);
	digits[n] = '\0';
	long long count = 0;
	enum status s = option_number(digits, 1, EQUIPMENT_REQUIRED_MAX, &count);
	if (s == STATUS_OK)
		required[type] = count;
	return s;
}

enum status equipment_required_parse(const char *text, int64_t ret_required[static EQUIPMENT_TYPES])
{
	int64_t required[EQUIPMENT_TYPES] = {0};
	for (;;) {
		size_t len = strcspn(text, ",");
		enum status s = read_required(text, len, required);
		if (s != STATUS_OK)
			return s;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	memcpy(ret_required, required, sizeof(required));
	return STATUS_OK;
}

/* Where an asset stands while its events pass by in order. */
struct place {
	bool in;       /* by a date, which no state write takes back */
	bool in_state; /* by a state write, until it is taken back */
};

static void pass_state(struct place *p, const struct write *w)
{
	if (w->value.state != VALUE_NUMBER)
		return;
	switch (w->value.number) {
	case STATE_INSTALLED:
	case STATE_IN_USE:
		p->in_state = true;
		break;
	case STATE_RETIRED:
		*p = (struct place){0};
		break;
	default:
		/* Planned, ordered, delivered: it was not there after all, as far as states go. */
		p->in_state = false;
	}
}

/* The dates up to a day that have not been passed yet: installed and in use bring it in, retired takes it out. */
static void pass_dates(struct place *p, const struct resolved *asset, int32_t after, int32_t upto)
{
	static const enum field fields[] = {FIELD_INSTALLED_ON, FIELD_IN_USE_ON, FIELD_RETIRED_ON};
	int32_t days[3];
	for (int i = 0; i < 3; i++)
		days[i] = (int32_t)resolved_number(asset, fields[i], DAY_UNSET);
	for (;;) {
		int next = -1;
		for (int i = 0; i < 3; i++)
			if (days[i] != DAY_UNSET && days[i] > after && days[i] <= upto &&
			    (next < 0 || days[i] < days[next]))
				next = i;
		if (next < 0)
			break;
		if (fields[next] == FIELD_RETIRED_ON)
			*p = (struct place){0};
		else
			p->in = true;
		days[next] = DAY_UNSET;
	}
}

enum status equipment_is_present(const struct resolved *asset, int32_t day, bool *ret_present)
{
	struct history_entry *states = NULL;
	size_t count = 0;
	enum status s = fold_history(asset, FIELD_STATE, &states, &count);
	if (s != STATUS_OK)
		return s;
	struct place place = {0};
	int32_t passed = DAY_UNSET;
	for (size_t i = 0; i < count && states[i].day <= day; i++) {
		pass_dates(&place, asset, passed, states[i].day);
		passed = states[i].day;
		pass_state(&place, states[i].write);
	}
	pass_dates(&place, asset, passed, day);
	free(states);
	*ret_present = place.in || place.in_state;
	return STATUS_OK;
}

int equipment_place(const struct unit_map *map, const struct resolved *asset)
{
	return unit_map_find(map, asset->unit, asset->unit_day);
}

static enum status take_asset(const struct unit_map *map, const struct equipment_query *query, struct slice writes,
			      struct stock *stocks)
{
	struct thing thing = thing_new(KIND_EQUIPMENT);
	struct resolved asset = {0};
	struct scope scope = registry_scope(map->registry);
	bool present = false;
	enum status s = thing_read(writes, &thing);
	if (s != STATUS_OK)
		goto out;
	s = fold_resolve(&thing, &scope, &asset);
	if (s != STATUS_OK)
		goto out;
	int unit = equipment_place(map, &asset);
	if (!asset.known || resolved_void(&asset) || unit == UNIT_NONE)
		goto out;
	s = equipment_is_present(&asset, query->as_of, &present);
	if (s != STATUS_OK)
		goto out;
	int64_t type = resolved_number(&asset, FIELD_TYPE, 0);
	stocks[unit].known = true;
	if (present && type >= 0 && type < EQUIPMENT_TYPES)
		stocks[unit].present[type]++;
out:
	resolved_free(&asset);
	thing_free(&thing);
	return s;
}

enum status equipment_stocks(struct database *db, const struct unit_map *map, const struct equipment_query *query,
			     struct stock *stocks)
{
	struct query q = query_start(db, "SELECT writes FROM thing WHERE kind = 2");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q))
		s = take_asset(map, query, query_get_blob(&q, 0), stocks);
	enum status finished = query_finish(&q);
	return s != STATUS_OK ? s : finished;
}

bool equipment_counts_unit(const struct unit_map *map, const struct equipment_query *query, int unit)
{
	const struct unit *u = registry_unit(map->registry, unit);
	return u->level == query->level && unit_valid_on(u, query->as_of) &&
	       unit_map_covers(map, map->place[query->unit], unit);
}

static void judge(struct equipment_report *report, const struct stock *stock, bool heard)
{
	bool all = true;
	bool any = false;
	for (int i = 0; i < EQUIPMENT_TYPES; i++) {
		int64_t required = report->query.required[i];
		report->by_type[i] += stock->present[i];
		all = all && stock->present[i] >= required;
		any = any || (required > 0 && stock->present[i] > 0);
	}
	report->units++;
	if (!heard && !stock->known)
		report->not_reporting++;
	else if (all)
		report->complete++;
	else if (any)
		report->partial++;
	else
		report->none++;
}

enum status equipment_compute(struct database *db, const struct registry *r, const struct equipment_query *query,
			      struct equipment_report *ret_report)
{
	struct equipment_report report = {.query = *query};
	struct period day = {.from = query->as_of, .to = query->as_of};
	size_t n = (size_t)registry_unit_count(r) + 1;
	struct stock *stocks = calloc(n, sizeof(*stocks));
	bool *heard = calloc(n, sizeof(*heard));
	struct unit_map map = {.top = UNIT_NONE};
	enum status s = STATUS_NO_MEMORY;
	if (stocks == NULL || heard == NULL)
		goto out;
	s = unit_map_new(r, query->as_of, &map);
	if (s == STATUS_OK)
		s = equipment_stocks(db, &map, query, stocks);
	if (s == STATUS_OK)
		s = silence_mark_heard(db, &map, day, query->today, heard);
	if (s != STATUS_OK)
		goto out;
	for (int i = 0; i < registry_unit_count(r); i++) {
		if (equipment_counts_unit(&map, query, i))
			judge(&report, &stocks[i], heard[i]);
	}
	*ret_report = report;
out:
	unit_map_free(&map);
	free(stocks);
	free(heard);
	return s;
}
