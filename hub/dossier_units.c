#include "hub/dossier_units.h"

#include <stdlib.h>

#include "protocol/cbor.h"

/* Keeps of the entries those that name another unit than the one before, in place; returns how many. */
static size_t keep_changes(const struct registry *registry, struct history_entry *entries, size_t count)
{
	size_t kept = 0;
	int last = UNIT_NONE;
	for (size_t i = 0; i < count; i++) {
		if (entries[i].write->value.state != VALUE_TEXT)
			continue;
		struct slice code = entries[i].write->value.text;
		int unit = registry_find_unit_on(registry, code, entries[i].day);
		if (kept > 0 && unit == last &&
		    value_equal(&entries[i].write->value, &entries[kept - 1].write->value))
			continue;
		last = unit;
		entries[kept++] = entries[i];
	}
	return kept;
}

static void put_entries(const struct history_entry *entries, size_t count, struct bytes *out)
{
	cbor_put_array(out, count);
	for (size_t i = 0; i < count; i++) {
		struct slice code = entries[i].write->value.text;
		cbor_put_array(out, 2);
		cbor_put_int(out, entries[i].day);
		cbor_put_text(out, (const char *)code.data, code.len);
	}
}

enum status dossier_units_put(const struct registry *registry, const struct resolved *r, struct bytes *out)
{
	struct history_entry *entries = NULL;
	size_t count = 0;
	const struct write *winner = r->winner[FIELD_UNIT];
	/* Writes of a field stand together, the winner last: most dossiers have one of their unit, or none. */
	if (winner == NULL || winner == r->thing->writes || winner[-1].field != FIELD_UNIT)
		return STATUS_OK;
	enum status s = fold_history(r, FIELD_UNIT, &entries, &count);
	if (s != STATUS_OK)
		return s;
	count = keep_changes(registry, entries, count);
	if (count > 1)
		put_entries(entries, count, out);
	free(entries);
	return bytes_status(out);
}

bool dossier_units_nearest(struct slice units, int32_t day, struct slice *ret_unit, int32_t *ret_day)
{
	if (units.len == 0)
		return false;
	struct cbor r = cbor_reader(units.data, units.len);
	size_t count = cbor_array(&r, units.len);
	bool found = false;
	for (size_t i = 0; i < count && cbor_status(&r) == STATUS_OK; i++) {
		cbor_array_of(&r, 2);
		int32_t at = (int32_t)cbor_int(&r, INT32_MIN, INT32_MAX);
		struct slice code = cbor_text(&r, LIMIT_UNIT);
		if (cbor_status(&r) != STATUS_OK || (found && at > day))
			break;
		*ret_unit = code;
		*ret_day = at;
		found = true;
	}
	return found && cbor_status(&r) == STATUS_OK;
}
