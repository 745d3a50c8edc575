#include "hub/mentions.h"

#include <string.h>

/* Which units it speaks of at all, so that a reader need not go through the days. */
static enum status note_unit(struct database *db, const struct mention *m)
{
	struct query q = query_start(db, "INSERT INTO speaks_of (device, unit) VALUES (?1, ?2)"
					 " ON CONFLICT DO NOTHING");
	query_blob(&q, 1, slice_of(m->device, DEVICE_ID_LEN));
	query_text(&q, 2, m->unit);
	return query_run(&q);
}

enum status mentions_note(struct database *db, const struct mention *m)
{
	struct query q = query_start(db, "INSERT INTO heard (device, unit, day, known_at) VALUES (?1, ?2, ?3, ?4)"
					 " ON CONFLICT DO UPDATE SET known_at = excluded.known_at"
					 " WHERE excluded.known_at < known_at");
	query_blob(&q, 1, slice_of(m->device, DEVICE_ID_LEN));
	query_text(&q, 2, m->unit);
	query_int(&q, 3, m->day);
	query_int(&q, 4, m->known_at);
	enum status s = query_run(&q);
	return s == STATUS_OK && database_changes(db) > 0 ? note_unit(db, m) : s;
}

/* --- reading --- */

struct listening {
	struct database *db;
	const struct unit_map *map;
	const struct device *device;
	char code[LIMIT_UNIT + 1];
	int32_t *last;
};

/* The day before the next one on which the device works elsewhere, or the code is another unit's. */
static int32_t same_until(const struct listening *l, int32_t day, int32_t to)
{
	const struct registry *r = l->map->registry;
	struct posting posting;
	int32_t until = to;
	for (int i = 1; registry_posting(r, l->device, i, &posting); i++)
		if (posting.from > day && posting.from <= until)
			until = posting.from - 1;
	for (int unit = registry_find_unit(r, slice_str(l->code)); unit != UNIT_NONE;
	     unit = registry_unit_before(r, unit)) {
		int32_t from = unit_first_day(registry_unit(r, unit));
		if (from > day && from <= until)
			until = from - 1;
	}
	return until;
}

static int32_t later(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/*
 * Whether the device works above the unit; of one that has ended by the day, or not begun, on its own last or
 * first. *since moves to the day from which on it has been so.
 */
static bool works_above(const struct listening *l, int unit, int32_t day, int32_t *since)
{
	enum { DEPTH_MAX = 64 /* far more than there are levels */ };
	const struct registry *r = l->map->registry;
	const struct unit *u = registry_unit(r, unit);
	const bool ended = day > unit_last_day(u);
	int32_t same = INT32_MIN;
	int32_t then = ended ? unit_last_day(u) : later(day, unit_first_day(u));
	int own = registry_device_unit(r, l->device, then);
	int at = registry_parent_on(r, unit, then, &same);
	for (int depth = 0; depth < DEPTH_MAX && at != UNIT_NONE && at != own; depth++)
		at = registry_parent_on(r, at, then, &same);
	if (ended)
		same = unit_last_day(u) + 1;
	*since = later(*since, same < day ? same : day);
	return at != UNIT_NONE && at == own;
}

/* Above it, or above what it has become. */
static bool speaks_from_above(const struct listening *l, int unit, int32_t day, int32_t *since)
{
	*since = INT32_MIN;
	return works_above(l, unit, day, since) || works_above(l, l->map->place[unit], day, since);
}

/* The last day up to one on which it spoke of the code; DAY_UNSET. */
static enum status find_day(const struct listening *l, struct period part, int32_t *ret_day)
{
	struct query q = query_start(l->db, "SELECT max(day) FROM heard WHERE device = ?1 AND unit = ?2"
					    " AND day BETWEEN ?3 AND ?4");
	query_blob(&q, 1, slice_of(l->device->id, DEVICE_ID_LEN));
	query_str(&q, 2, l->code);
	query_int(&q, 3, part.from);
	query_int(&q, 4, part.to);
	*ret_day = query_row(&q) && !query_is_null(&q, 0) ? (int32_t)query_get_int(&q, 0) : DAY_UNSET;
	return query_finish(&q);
}

/* The last day on which the device stood above; back by spans in which it did not. */
static enum status take_last(const struct listening *l, struct period part, int unit)
{
	int32_t *last = &l->last[l->map->place[unit]];
	int32_t day = DAY_UNSET;
	int32_t since = INT32_MIN;
	enum status s = find_day(l, part, &day);
	while (s == STATUS_OK && day != DAY_UNSET && !speaks_from_above(l, unit, day, &since)) {
		if (since <= part.from)
			return STATUS_OK;
		part.to = since - 1;
		s = find_day(l, part, &day);
	}
	if (s == STATUS_OK && day != DAY_UNSET && (*last == DAY_UNSET || day > *last))
		*last = day;
	return s;
}

/* What one device said of one code, by the spans in which both stand for the same. */
static enum status listen(const struct listening *l, struct period period)
{
	const struct registry *r = l->map->registry;
	enum status s = STATUS_OK;
	for (int64_t day = period.from; s == STATUS_OK && day <= period.to;) {
		struct period part = {.from = (int32_t)day, .to = same_until(l, (int32_t)day, period.to)};
		int own = registry_device_unit(r, l->device, part.from);
		int unit = registry_find_unit_on(r, slice_str(l->code), part.from);
		if (own != UNIT_NONE && unit != UNIT_NONE && unit != own && l->map->place[unit] != UNIT_NONE)
			s = take_last(l, part, unit);
		day = (int64_t)part.to + 1;
	}
	return s;
}

/* Both lists are in the order of the devices. */
enum status mentions_last(struct database *db, const struct unit_map *map, struct period period, int32_t *last)
{
	const struct registry *r = map->registry;
	struct query q = query_start(db, "SELECT device, unit FROM speaks_of ORDER BY device, unit");
	enum status s = STATUS_OK;
	for (int i = 0; i < map->n; i++)
		last[i] = DAY_UNSET;
	for (int i = 0; s == STATUS_OK && query_row(&q);) {
		struct listening l = {.db = db, .map = map, .last = last};
		struct slice id = query_get_blob(&q, 0);
		struct slice code = query_get_text(&q, 1);
		if (id.len != DEVICE_ID_LEN || code.len == 0 || code.len >= sizeof(l.code)) {
			s = STATUS_CORRUPT;
			break;
		}
		while (i < registry_device_count(r) && memcmp(registry_device(r, i)->id, id.data, id.len) < 0)
			i++;
		if (i == registry_device_count(r) || memcmp(registry_device(r, i)->id, id.data, id.len) != 0)
			continue;
		l.device = registry_device(r, i);
		memcpy(l.code, code.data, code.len);
		s = listen(&l, period);
	}
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

enum status mentions_copy_known(struct database *from, int64_t at, struct registry *r, struct database *to)
{
	enum status s = STATUS_OK;
	struct device device;
	struct query q = query_start(from, "SELECT device, unit, day, known_at FROM heard WHERE known_at <= ?1");
	query_int(&q, 1, at);
	while (s == STATUS_OK && query_row(&q)) {
		struct slice id = query_get_blob(&q, 0);
		if (id.len != DEVICE_ID_LEN)
			s = STATUS_CORRUPT;
		else if (registry_find_device(r, id.data, &device) == STATUS_OK)
			s = mentions_note(to, &(struct mention){.device = id.data,
								.unit = query_get_text(&q, 1),
								.day = (int32_t)query_get_int(&q, 2),
								.known_at = query_get_int(&q, 3)});
	}
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}
