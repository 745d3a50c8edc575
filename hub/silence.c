#include "hub/silence.h"

#include <stdlib.h>

#include "hub/mentions.h"

enum { RUNNING_DAYS = 3 /* an office closed over the weekend is not silent */ };

/* By the lines of a map whose day is not before the period's end. */
static enum status mark_lines(struct database *db, const struct unit_map *map, struct period period, int32_t today,
			      bool *heard)
{
	const struct registry *r = map->registry;
	int32_t since = period.to >= today ? today - RUNNING_DAYS : period.to;
	for (int i = 0; i < registry_device_count(r); i++) {
		const struct device *d = registry_device(r, i);
		int unit = registry_device_unit(r, d, map->day);
		if (unit != UNIT_NONE && d->heard_day != DAY_UNSET && d->heard_day >= since)
			heard[map->place[unit]] = true;
	}
	int32_t *last = calloc((size_t)map->n + 1, sizeof(*last));
	enum status s = last == NULL ? STATUS_NO_MEMORY : mentions_last(db, map, period, last);
	for (int i = 0; s == STATUS_OK && i < map->n; i++)
		heard[i] = heard[i] || last[i] != DAY_UNSET;
	free(last);
	return s;
}

/* Of what was divided all parts must be heard of. */
static bool is_heard(const struct unit_map *later, const bool *heard, int unit)
{
	const struct succession *next = NULL;
	int line = later->place[unit];
	bool all = unit_map_undivided(later, line);
	for (int i = 0; all && (next = registry_heir(later->registry, line, i)) != NULL; i++)
		all = heard[later->place[next->heir]];
	return heard[line] || (all && registry_heir(later->registry, line, 0) != NULL);
}

static enum status mark_by_later(struct database *db, const struct unit_map *map, struct period period,
				 int32_t today, int32_t day, bool *heard)
{
	struct unit_map later = {.top = UNIT_NONE};
	bool *heard_later = calloc((size_t)map->n + 1, sizeof(*heard_later));
	enum status s = heard_later == NULL ? STATUS_NO_MEMORY : unit_map_new(map->registry, day, &later);
	if (s == STATUS_OK)
		s = mark_lines(db, &later, period, today, heard_later);
	for (int i = 0; i < map->n && s == STATUS_OK; i++)
		heard[i] = unit_valid_on(registry_unit(map->registry, i), map->day) &&
			   is_heard(&later, heard_later, i);
	unit_map_free(&later);
	free(heard_later);
	return s;
}

enum status silence_mark_heard(struct database *db, const struct unit_map *map, struct period period, int32_t today,
			       bool *heard)
{
	int32_t end = period.to < today ? period.to : today;
	return map->day < end && map->same_to < end ? mark_by_later(db, map, period, today, end, heard)
						    : mark_lines(db, map, period, today, heard);
}
