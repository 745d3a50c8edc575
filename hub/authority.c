#include "hub/authority.h"

/* More than any list of units needs; whoever plants a tangle gets an answer in bounded time, and it is no. */
enum { REACH_MAX = 256, STEPS_MAX = 4096 };

/* Units still to be looked at, with the days for which they matter. */
struct reach {
	int count;
	int steps;
	struct unit_span at[REACH_MAX];
};

/* Without clearing the places: this is asked for every write. */
static void reach_begin(struct reach *reach)
{
	reach->count = 0;
	reach->steps = 0;
}

static void reach_add(struct reach *reach, int unit, int32_t from, int32_t to)
{
	if (from <= to && reach->count < REACH_MAX)
		reach->at[reach->count++] = (struct unit_span){.parent = unit, .from = from, .to = to};
}

static bool reach_next(struct reach *reach, struct unit_span *ret_at)
{
	if (reach->count == 0 || reach->steps++ == STEPS_MAX)
		return false;
	*ret_at = reach->at[--reach->count];
	return true;
}

static int32_t earlier(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t later(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* The unit into which all of a unit went at its end, up to a day; UNIT_NONE if there is none such. */
static int taken_over_by(const struct registry *r, int unit, int32_t day)
{
	const struct succession *next = NULL;
	int heir = UNIT_NONE;
	for (int i = 0; (next = registry_heir(r, unit, i)) != NULL; i++) {
		if (next->from > day || next->from - 1 != unit_last_day(registry_unit(r, unit)))
			continue;
		if (heir != UNIT_NONE || next->kind == SUCCESSION_SPLIT)
			return UNIT_NONE;
		heir = next->heir;
	}
	return heir;
}

/* True if `above` is the unit or took it over. Each heir begins later than the one before. */
static bool is_or_took(const struct registry *r, int above, int unit, int32_t day)
{
	while (unit != UNIT_NONE && unit != above)
		unit = taken_over_by(r, unit, day);
	return unit != UNIT_NONE;
}

/* True if on some day up to this one `below` was what `above` is or took over, or stood under it. */
static bool stood_over(const struct registry *r, int above, int below, int32_t day)
{
	struct reach reach;
	struct unit_span at;
	reach_begin(&reach);
	reach_add(&reach, below, unit_first_day(registry_unit(r, below)),
		  earlier(unit_last_day(registry_unit(r, below)), day));
	while (reach_next(&reach, &at)) {
		const struct unit_span *span = NULL;
		if (is_or_took(r, above, at.parent, day))
			return true;
		for (int i = 0; (span = registry_span(r, at.parent, i)) != NULL; i++)
			reach_add(&reach, span->parent, later(span->from, at.from), earlier(span->to, at.to));
	}
	return false;
}

static bool covers_unit(const struct registry *r, const struct device *device, int32_t day, int unit)
{
	struct posting posting;
	for (int i = 0; registry_posting(r, device, i, &posting) && (i == 0 || posting.from <= day); i++)
		if (posting.unit != UNIT_NONE && stood_over(r, posting.unit, unit, day))
			return true;
	return false;
}

/* True if the unit goes back, by merges and renames up to the day, to one that the device covers. */
static bool covers_forebear(const struct registry *r, const struct device *device, int32_t day, int unit)
{
	struct reach reach;
	struct unit_span at;
	reach_begin(&reach);
	reach_add(&reach, unit, 0, 0);
	while (reach_next(&reach, &at)) {
		const struct succession *before = NULL;
		for (int i = 0; (before = registry_forebear(r, at.parent, i)) != NULL; i++) {
			if (before->from > day || before->kind == SUCCESSION_SPLIT ||
			    before->kind == SUCCESSION_TRANSFER)
				continue;
			if (covers_unit(r, device, day, before->old))
				return true;
			reach_add(&reach, before->old, 0, 0);
		}
	}
	return false;
}

/* True if the unit has ended by the day and the device covers everything that became of it. */
static bool covers_heirs(const struct registry *r, const struct device *device, int32_t day, int unit)
{
	struct reach reach;
	struct unit_span at;
	bool any = false;
	reach_begin(&reach);
	reach_add(&reach, unit, 0, 0);
	while (reach_next(&reach, &at)) {
		const struct succession *next = NULL;
		int heirs = 0;
		if (at.parent != unit && covers_unit(r, device, day, at.parent))
			continue;
		for (int i = 0; (next = registry_heir(r, at.parent, i)) != NULL; i++) {
			if (next->from > day || next->from - 1 != unit_last_day(registry_unit(r, at.parent)))
				continue;
			reach_add(&reach, next->heir, 0, 0);
			heirs++;
			/* Of a division that names one part the others are not known. */
			if (next->kind == SUCCESSION_SPLIT && registry_heir(r, at.parent, 1) == NULL)
				return false;
		}
		if (heirs == 0)
			return false;
		any = true;
	}
	return any && reach.count == 0;
}

bool authority_covers(const struct registry *r, const struct device *device, int32_t day, struct slice code)
{
	for (int unit = registry_find_unit(r, code); unit != UNIT_NONE; unit = registry_unit_before(r, unit)) {
		int32_t first = unit_first_day(registry_unit(r, unit));
		if (first > day && registry_unit_before(r, unit) != UNIT_NONE)
			continue;
		int32_t until = later(day, first);
		if (covers_unit(r, device, until, unit) || covers_forebear(r, device, until, unit) ||
		    covers_heirs(r, device, until, unit))
			return true;
	}
	return false;
}

bool authority_ranked(const struct registry *r, const struct device *a, const struct device *b)
{
	struct posting of_a;
	struct posting of_b;
	for (int i = 0; registry_posting(r, a, i, &of_a); i++)
		for (int k = 0; registry_posting(r, b, k, &of_b); k++)
			if (of_a.unit != UNIT_NONE && of_b.unit != UNIT_NONE &&
			    (stood_over(r, of_a.unit, of_b.unit, INT32_MAX) ||
			     stood_over(r, of_b.unit, of_a.unit, INT32_MAX)))
				return true;
	return false;
}

/* True if a unit of the code `heir` came of this one. */
static bool leads_to(const struct registry *r, int unit, struct slice heir)
{
	struct reach reach;
	struct unit_span at;
	reach_begin(&reach);
	reach_add(&reach, unit, 0, 0);
	while (reach_next(&reach, &at)) {
		const struct succession *next = NULL;
		for (int i = 0; (next = registry_heir(r, at.parent, i)) != NULL; i++) {
			if (slice_equal(slice_str(registry_unit(r, next->heir)->code), heir))
				return true;
			reach_add(&reach, next->heir, 0, 0);
		}
	}
	return false;
}

static bool any_leads_to(const struct registry *r, struct slice old, struct slice heir)
{
	for (int unit = registry_find_unit(r, old); unit != UNIT_NONE; unit = registry_unit_before(r, unit))
		if (leads_to(r, unit, heir))
			return true;
	return false;
}

bool authority_follows(const struct registry *r, struct slice a, struct slice b)
{
	return any_leads_to(r, a, b) || any_leads_to(r, b, a);
}
