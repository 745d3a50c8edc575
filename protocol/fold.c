#include "protocol/fold.h"

#include <stdlib.h>
#include <string.h>

static bool states_unit(const struct write *w, bool unit_only)
{
	return (w->field == FIELD_UNIT || (!unit_only && w->field == FIELD_DECIDED_BY)) &&
	       w->value.state == VALUE_TEXT;
}

static struct slice earliest_unit(const struct thing *t, const struct scope *scope)
{
	if (t->n_origins == 0)
		return (struct slice){0};
	return scope->device_unit(scope->context, t->origins[0].device);
}

/* Rule 5: does a device write for this thing? */
static bool device_covers(const struct thing *t, const struct scope *scope, const uint8_t *device, struct slice fallback)
{
	struct slice unit = scope->device_unit(scope->context, device);
	if (unit.len == 0)
		return false;
	bool unit_stated = false;
	for (size_t i = 0; i < t->n_writes; i++) {
		unit_stated = unit_stated || states_unit(&t->writes[i], true);
		if (states_unit(&t->writes[i], false) &&
		    scope->covers(scope->context, unit, t->writes[i].value.text))
			return true;
	}
	return !unit_stated && scope->covers(scope->context, unit, fallback);
}

enum status fold_resolve(const struct thing *t, const struct scope *scope, struct resolved *ret_resolved)
{
	struct resolved r = {.thing = t};
	r.counts = calloc(t->n_origins + 1, sizeof(*r.counts));
	if (r.counts == NULL)
		return STATUS_NO_MEMORY;
	struct slice fallback = earliest_unit(t, scope);
	for (size_t i = 0; i < t->n_origins; i++) {
		const uint8_t *device = t->origins[i].device;
		/* An indicator's unit is in its key, so whoever was let in at arrival writes for it. */
		if (t->kind == KIND_INDICATOR)
			r.counts[i] = true;
		else if (i > 0 && memcmp(device, t->origins[i - 1].device, DEVICE_ID_LEN) == 0)
			r.counts[i] = r.counts[i - 1];
		else
			r.counts[i] = device_covers(t, scope, device, fallback);
		r.known = r.known || r.counts[i];
	}
	/* Writes stand in rule 2's order within a field: the last that counts wins. */
	for (size_t i = 0; i < t->n_writes; i++)
		if (r.counts[t->writes[i].origin])
			r.winner[t->writes[i].field] = &t->writes[i];
	r.unit = resolved_text(&r, FIELD_UNIT);
	if (r.unit.len == 0)
		r.unit = fallback;
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
	const struct write *w = r->winner[FIELD_STATUS];
	if (w == NULL || w->value.state != VALUE_NUMBER)
		return TIME_UNSET;
	if (w->status_at != TIME_UNSET)
		return w->status_at;
	const struct origin *o = &r->thing->origins[w->origin];
	return o->time_stated ? origin_stamp(o) : TIME_UNSET;
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
