/*
 * Writes of one thing for the tests of the fold: devices, origins and changes out of few values, so that ties are
 * common, and a scope whose units are named by their place in the tree ("p", "p.d", "p.d.a").
 */
#ifndef MOTCUA_TESTS_FOLD_FIXTURE_H
#define MOTCUA_TESTS_FOLD_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random_fixture.h"

#include "protocol/fold.h"

#define NOON   INT64_C(1716354000000) /* 2024-05-22T12:00+07:00 */
#define MINUTE INT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

enum { THING_ROOM = 1024 * 1024 };

/* A write of device number `device` at a time, accepted a minute later. */
static inline struct origin origin_of(uint8_t device, int64_t changed_at, uint64_t seq)
{
	return (struct origin){.device = {device},
			       .incarnation = {1, 0},
			       .seq = seq,
			       .time_stated = true,
			       .changed_at = changed_at,
			       .accepted_at = changed_at + MINUTE};
}

static inline struct change dossier_change(void)
{
	struct change c = change_new(KIND_DOSSIER);
	c.key = slice_str("H06-1");
	return c;
}

/* Adds a change that is not there yet; the origin's time is the change's. */
static inline void add_change(struct thing *t, const struct origin *o, struct change c)
{
	bool fresh = false;
	c.changed_at = o->changed_at;
	assert_int_equal(thing_add(t, o, &c, &fresh), STATUS_OK);
	assert_true(fresh);
}

static inline void add_number(struct thing *t, const struct origin *o, enum field field, int64_t number)
{
	struct change c = dossier_change();
	change_set_number(&c, field, number);
	add_change(t, o, c);
}

static inline void add_text(struct thing *t, const struct origin *o, enum field field, const char *text)
{
	struct change c = dossier_change();
	change_set_text(&c, field, slice_str(text));
	add_change(t, o, c);
}

static inline void add_null(struct thing *t, const struct origin *o, enum field field)
{
	struct change c = dossier_change();
	change_set_null(&c, field);
	add_change(t, o, c);
}

/* --- a scope: context is an array of the units of devices 0 to 255, NULL where unknown --- */

static inline struct slice unit_of_device(const void *context, const uint8_t device[static DEVICE_ID_LEN])
{
	const char *const *units = context;
	return units[device[0]] == NULL ? (struct slice){0} : slice_str(units[device[0]]);
}

/* True if above is unit or the beginning of its name up to a dot. */
static inline bool unit_covers(const void *context, struct slice above, struct slice unit)
{
	(void)context;
	if (above.len == 0 || unit.len < above.len || memcmp(above.data, unit.data, above.len) != 0)
		return false;
	return unit.len == above.len || unit.data[above.len] == '.';
}

/* These devices stay where they are. */
static inline struct slice unit_of_device_on(const void *context, const uint8_t device[static DEVICE_ID_LEN],
					     int32_t day)
{
	(void)day;
	return unit_of_device(context, device);
}

static inline bool device_covers(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day,
				 struct slice unit)
{
	(void)day;
	return unit_covers(NULL, unit_of_device(context, device), unit);
}

static inline bool are_ranked(const void *context, const struct unit_word *a, const struct unit_word *b)
{
	struct slice of_a = unit_of_device(context, a->device);
	struct slice of_b = unit_of_device(context, b->device);
	return unit_covers(NULL, of_a, of_b) || unit_covers(NULL, of_b, of_a);
}

static inline struct scope scope_of(const char *const units[static 256])
{
	return (struct scope){.context = units,
			      .device_unit = unit_of_device_on,
			      .covers = device_covers,
			      .may_differ = are_ranked};
}

static inline struct resolved resolved_of(const struct thing *t, const char *const units[static 256])
{
	struct scope scope = scope_of(units);
	struct resolved r;
	assert_int_equal(fold_resolve(t, &scope, &r), STATUS_OK);
	return r;
}

/* --- random writes --- */

struct delivery {
	struct origin origin;
	struct change change;
};

static inline struct origin random_origin(struct random *r)
{
	struct origin o = {.device = {(uint8_t)random_below(r, 3)},
			   .incarnation = {1 + random_below(r, 2), random_below(r, 2) * UINT64_MAX},
			   .seq = 1 + random_below(r, 3),
			   .index = (uint32_t)random_below(r, 3),
			   .time_stated = random_below(r, 2) == 1};
	o.changed_at = NOON + (int64_t)random_below(r, 4) * 12 * HOUR;
	/* One in three claims a time after the hub's. */
	o.accepted_at = NOON + (int64_t)random_below(r, 3) * 12 * HOUR - CLOCK_TOLERANCE_MS;
	return o;
}

static inline struct change random_dossier(struct random *r)
{
	static const char *const units[] = {"p", "p.d", "p.d.a", "p.d.b", "p.e.a"};
	struct change c = dossier_change();
	if (random_below(r, 3) == 0)
		change_set_text(&c, FIELD_UNIT, slice_str(units[random_below(r, 5)]));
	if (random_below(r, 6) == 0)
		change_set_text(&c, FIELD_DECIDED_BY, slice_str(units[random_below(r, 5)]));
	if (random_below(r, 2) == 0) {
		change_set_number(&c, FIELD_STATUS, 1 + (int64_t)random_below(r, 10));
		if (random_below(r, 2) == 0)
			change_set_number(&c, FIELD_STATUS_AT, NOON + (int64_t)random_below(r, 5) * 6 * HOUR);
	}
	if (random_below(r, 2) == 0)
		change_set_number(&c, FIELD_DUE_AT, NOON + (int64_t)random_below(r, 5) * DAY);
	if (random_below(r, 5) == 0)
		change_set_null(&c, random_below(r, 2) == 0 ? FIELD_STATUS : FIELD_UNIT);
	if (c.fields[FIELD_STATUS].state != VALUE_NUMBER)
		c.fields[FIELD_STATUS_AT].state = VALUE_ABSENT;
	if (random_below(r, 5) == 0)
		change_set_number(&c, FIELD_VOID, (int64_t)random_below(r, 2));
	return c;
}

static inline bool same_record(const struct origin *a, const struct origin *b)
{
	return memcmp(a->device, b->device, DEVICE_ID_LEN) == 0 &&
	       a->incarnation.ordinal == b->incarnation.ordinal && a->incarnation.bits == b->incarnation.bits &&
	       a->seq == b->seq && a->index == b->index;
}

/* Up to max deliveries of different records; returns how many. */
static inline size_t random_deliveries(struct random *r, struct delivery *out, size_t max)
{
	size_t wanted = 1 + random_below(r, max);
	size_t count = 0;
	for (size_t tries = 0; count < wanted && tries < 4 * max; tries++) {
		struct origin o = random_origin(r);
		bool known = false;
		for (size_t i = 0; i < count; i++)
			known = known || same_record(&out[i].origin, &o);
		if (known)
			continue;
		out[count].origin = o;
		out[count].change = random_dossier(r);
		out[count++].change.changed_at = o.changed_at;
	}
	return count;
}

/* Adds each at least once, in a random order with repetitions. */
static inline struct thing delivered(struct random *r, const struct delivery *all, size_t count)
{
	struct thing t = thing_new(KIND_DOSSIER);
	bool seen[64] = {false};
	bool fresh = false;
	assert_in_range(count, 1, 64);
	for (size_t left = count; left > 0;) {
		size_t i = random_below(r, count);
		assert_int_equal(thing_add(&t, &all[i].origin, &all[i].change, &fresh), STATUS_OK);
		assert_int_equal(fresh, !seen[i]);
		left -= seen[i] ? 0 : 1;
		seen[i] = true;
	}
	return t;
}

static inline struct bytes canonical(const struct thing *t)
{
	struct bytes out = bytes_new(THING_ROOM);
	thing_put(t, &out);
	assert_int_equal(bytes_status(&out), STATUS_OK);
	return out;
}

#endif
