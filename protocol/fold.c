#include "protocol/fold.h"

#include <stdlib.h>
#include <string.h>

static bool names_unit(const struct write *w, enum field field)
{
	return w->field == field && w->value.state == VALUE_TEXT;
}

/* Who writes, and when the hub took it. */
struct writer {
	const uint8_t *device;
	int32_t day;
};

static bool covers(const struct scope *scope, struct writer w, struct slice unit)
{
	return scope->covers(scope->context, w.device, w.day, unit);
}

/* The first half of rule 5: the device covers a unit stated for the thing, or, where none is, the earliest
 * device's. */
static bool covers_thing(const struct thing *t, const struct scope *scope, struct writer w, struct slice fallback)
{
	bool unit_stated = false;
	for (size_t i = 0; i < t->n_writes; i++) {
		if (!names_unit(&t->writes[i], FIELD_UNIT))
			continue;
		unit_stated = true;
		if (covers(scope, w, t->writes[i].value.text))
			return true;
	}
	return !unit_stated && covers(scope, w, fallback);
}

/*
 * The second half: the device covers a unit that decides for the thing, by the word of a device of the first half.
 * A device that names itself as the one who decides has no say by that.
 */
static bool covers_decider(const struct thing *t, const struct scope *scope, struct writer w,
			   const bool *first_half)
{
	for (size_t i = 0; i < t->n_writes; i++)
		if (names_unit(&t->writes[i], FIELD_DECIDED_BY) && first_half[t->writes[i].origin] &&
		    covers(scope, w, t->writes[i].value.text))
			return true;
	return false;
}

/* Which origins count: fills counts, whose first half is worked out before the second. */
static void judge_origins(const struct thing *t, const struct scope *scope, struct slice fallback,
			  bool *first_half, bool *counts)
{
	for (int half = 1; half <= 2; half++) {
		bool *out = half == 1 ? first_half : counts;
		struct writer before = {0};
		for (size_t i = 0; i < t->n_origins; i++) {
			const struct origin *o = &t->origins[i];
			struct writer w = {.device = o->device, .day = date_of(o->accepted_at)};
			if (i > 0 && w.day == before.day && memcmp(w.device, before.device, DEVICE_ID_LEN) == 0)
				out[i] = out[i - 1];
			else if (half == 1)
				out[i] = covers_thing(t, scope, w, fallback);
			else
				out[i] = first_half[i] || covers_decider(t, scope, w, first_half);
			before = w;
		}
	}
}

enum status fold_resolve(const struct thing *t, const struct scope *scope, struct resolved *ret_resolved)
{
	struct resolved r = {.thing = t, .unit_day = DAY_UNSET};
	/* Behind what counts there is room for its first half. */
	r.counts = calloc(2 * t->n_origins + 1, sizeof(*r.counts));
	if (r.counts == NULL)
		return STATUS_NO_MEMORY;
	struct slice fallback = {0};
	if (t->n_origins > 0) {
		r.unit_day = date_of(origin_stamp(&t->origins[0]));
		fallback = scope->device_unit(scope->context, t->origins[0].device, r.unit_day);
	}
	/* An indicator's unit is in its key, so whoever was let in at arrival writes for it. */
	if (t->kind == KIND_INDICATOR)
		memset(r.counts, 1, t->n_origins * sizeof(*r.counts));
	else
		judge_origins(t, scope, fallback, r.counts + t->n_origins, r.counts);
	for (size_t i = 0; i < t->n_origins; i++)
		r.known = r.known || r.counts[i];
	/* Writes stand in rule 2's order within a field: the last that counts wins. */
	for (size_t i = 0; i < t->n_writes; i++)
		if (r.counts[t->writes[i].origin])
			r.winner[t->writes[i].field] = &t->writes[i];
	r.unit = resolved_text(&r, FIELD_UNIT);
	if (r.unit.len == 0)
		r.unit = fallback;
	else
		r.unit_day = date_of(origin_stamp(&t->origins[r.winner[FIELD_UNIT]->origin]));
	*ret_resolved = r;
	return STATUS_OK;
}

void resolved_free(struct resolved *r)
{
	if (r == NULL)
		return;
	free(r->counts);
	r->counts = NULL;
}

int64_t resolved_number(const struct resolved *r, enum field field, int64_t otherwise)
{
	const struct write *w = r->winner[field];
	return w != NULL && w->value.state == VALUE_NUMBER ? w->value.number : otherwise;
}

struct slice resolved_text(const struct resolved *r, enum field field)
{
	const struct write *w = r->winner[field];
	return w != NULL && w->value.state == VALUE_TEXT ? w->value.text : (struct slice){0};
}

bool resolved_void(const struct resolved *r)
{
	return resolved_number(r, FIELD_VOID, 0) != 0;
}

int64_t resolved_status_at(const struct resolved *r)
{
	const struct write *winner = r->winner[FIELD_STATUS];
	if (winner == NULL || winner->value.state != VALUE_NUMBER)
		return TIME_UNSET;
	/* Writes of a field stand together, ascending: back over those that say the same. */
	for (const struct write *w = winner; w >= r->thing->writes && w->field == FIELD_STATUS; w--) {
		const struct origin *o = &r->thing->origins[w->origin];
		if (!r->counts[w->origin])
			continue;
		if (!value_equal(&w->value, &winner->value))
			break;
		if (w->status_at != TIME_UNSET)
			return w->status_at;
		if (o->time_stated)
			return origin_stamp(o);
	}
	return TIME_UNSET;
}

static int compare_history(const void *left, const void *right)
{
	const struct history_entry *a = left;
	const struct history_entry *b = right;
	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	/* Origins are ascending by rule 2. */
	return (a->write->origin > b->write->origin) - (a->write->origin < b->write->origin);
}

enum status fold_history(const struct resolved *r, enum field field, struct history_entry **ret_entries,
			 size_t *ret_count)
{
	const struct thing *t = r->thing;
	struct history_entry *entries = calloc(t->n_writes + 1, sizeof(*entries));
	if (entries == NULL)
		return STATUS_NO_MEMORY;
	size_t count = 0;
	for (size_t i = 0; i < t->n_writes; i++) {
		const struct write *w = &t->writes[i];
		if (w->field != field || !r->counts[w->origin])
			continue;
		const struct origin *o = &t->origins[w->origin];
		int64_t at = w->status_at != TIME_UNSET ? w->status_at : origin_stamp(o);
		entries[count++] = (struct history_entry){.day = date_of(at), .write = w, .origin = o};
	}
	qsort(entries, count, sizeof(*entries), compare_history);
	*ret_entries = entries;
	*ret_count = count;
	return STATUS_OK;
}
